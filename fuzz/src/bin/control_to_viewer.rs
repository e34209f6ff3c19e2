//! Messages of the control lane: ToViewer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Lane, control::ToViewer};

fuzz_target!(|bytes: &[u8]| dormer_fuzz::round_trip::<ToViewer>(Lane::Control, bytes));
