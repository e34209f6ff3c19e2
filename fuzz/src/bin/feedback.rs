//! Messages of the feedback lane: Feedback.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Lane, feedback::Feedback};

fuzz_target!(|bytes: &[u8]| dormer_fuzz::round_trip::<Feedback>(Lane::Feedback, bytes));
