//! Messages of the update lane: Update.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{Lane, update::Update};

fuzz_target!(|bytes: &[u8]| dormer_fuzz::round_trip::<Update>(Lane::Update, bytes));
