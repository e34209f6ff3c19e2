//! What strangers may send before anybody knows them: an offer over HTTPS, and packets to WebRTC's port.
#![no_main]

#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/peer/sdp.rs"]
mod sdp;
#[allow(dead_code)]
#[path = "../../../transport/src/webrtc/ice/stun.rs"]
mod stun;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(user) = stun::user(bytes) {
        assert!(user.len() < bytes.len());
    }
    let Ok(offer) = std::str::from_utf8(bytes) else { return };
    let checked = sdp::check_offer(offer);
    if let Ok(kept) = checked {
        // Lines may have become a byte longer each.
        let again = kept.len() > bytes.len() || sdp::check_offer(&kept).is_ok();
        assert!(again, "what was let through is let through again");
        let _ = (sdp::video_sections(&kept), sdp::asks_for_keyframes(&kept));
    }
});
