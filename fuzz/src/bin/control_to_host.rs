//! Messages of the control lane: ToHost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Lane, control::ToHost};

fuzz_target!(|bytes: &[u8]| dormer_fuzz::round_trip::<ToHost>(Lane::Control, bytes));
