//! Tickets: nothing but a signature makes one, and no text makes the check panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use transport::{TicketKey, UnixSeconds};

static KEY: LazyLock<TicketKey> = LazyLock::new(|| TicketKey::from_secret([0x5a; 32]));

fuzz_target!(|text: &str| {
    assert!(KEY.verify(text, UnixSeconds(0)).is_err(), "a forged ticket was accepted");
});
