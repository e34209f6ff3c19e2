//! Messages of the input lane: Input.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Lane, input::Input};

fuzz_target!(|bytes: &[u8]| dormer_fuzz::round_trip::<Input>(Lane::Input, bytes));
