//! Links: what parses survives the round trip, and hides its ticket.
#![no_main]

use libfuzzer_sys::fuzz_target;
use transport::LinkAddress;

fuzz_target!(|text: &str| {
    if let Ok(address) = text.parse::<LinkAddress>() {
        assert_eq!(address.to_link().parse(), Ok(address));
    }
});
