//! What is said on a host's console: a line is a request, which survives the round trip, or it is refused.
#![no_main]

// The host needs more of it than this target.
#[allow(dead_code)]
#[path = "../../../server/src/console/request.rs"]
mod request;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use request::Request;
use transport::UnixSeconds;

fuzz_target!(|line: &str| {
    let Ok(request) = Request::read(line) else { return };
    if let Request::Link { ttl_secs, .. } = request {
        // However long it is to be good for.
        assert!(UnixSeconds::now().after(Duration::from_secs(ttl_secs)) >= UnixSeconds(ttl_secs));
    }
    let ours = serde_json::to_string(&request).expect("plain data");
    assert!(!ours.contains('\n'), "a request is one line");
    let again = Request::read(&ours).expect("our own line is understood");
    assert_eq!(format!("{again:?}"), format!("{request:?}"));
});
