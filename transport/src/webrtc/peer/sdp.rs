//! What a viewer's offer may hold. It is checked before the parser of the WebRTC library sees it.

use thiserror::Error;

/// The longest offer, in bytes.
pub(crate) const MAX_SDP: usize = 64 << 10;

/// The most lines. A browser's offer with all of ours has about 250.
const MAX_LINES: usize = 2000;

/// The longest line, in bytes.
const MAX_LINE: usize = 1024;

/// Media sections: video slots, sound, data channels, and as many that were refused.
const MAX_SECTIONS: usize = 12;

/// Why an offer is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum OfferError {
    #[error("the offer is too long")]
    TooLong,
    #[error("the offer has no data channels")]
    NoChannels,
    #[error("the offer has characters that no session description has")]
    NotText,
}

/// The offer without the viewer's candidates: the host is ICE lite and answers whoever proves to know its
/// password, so it needs none, and no name in them is ever resolved.
pub(crate) fn check_offer(offer: &str) -> Result<String, OfferError> {
    if offer.len() > MAX_SDP {
        return Err(OfferError::TooLong);
    }
    let mut checked = String::with_capacity(offer.len());
    let (mut lines, mut sections, mut channels) = (0, 0, 0);
    for line in offer.lines() {
        lines += 1;
        sections += usize::from(line.starts_with("m="));
        channels += usize::from(line.starts_with("m=application "));
        if line.len() > MAX_LINE || lines > MAX_LINES || sections > MAX_SECTIONS {
            return Err(OfferError::TooLong);
        }
        if line.chars().any(char::is_control) {
            return Err(OfferError::NotText);
        }
        let of_viewer = ["a=candidate:", "a=remote-candidates:", "a=end-of-candidates"];
        if !line.is_empty() && !of_viewer.iter().any(|prefix| line.starts_with(prefix)) {
            checked.push_str(line);
            checked.push_str("\r\n");
        }
    }
    if channels == 1 { Ok(checked) } else { Err(OfferError::NoChannels) }
}

/// How many videos the viewer takes.
pub(crate) fn video_sections(offer: &str) -> usize {
    offer.lines().filter(|line| line.starts_with("m=video ")).count()
}

/// Whether the viewer's browser is to be heard when it asks for keyframes: not if the page takes frames
/// before it.
pub(crate) fn asks_for_keyframes(offer: &str) -> bool {
    let asks = |line: &str| line.ends_with(" nack pli") || line.ends_with(" ccm fir");
    offer.lines().any(|line| line.starts_with("a=rtcp-fb:") && asks(line))
}

/// The value of the first attribute of that name.
pub(crate) fn attribute<'a>(sdp: &'a str, name: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| line.strip_prefix("a=")?.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: &str = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";

    #[test]
    fn candidates_of_viewers_are_not_looked_at() {
        let offer = format!("v=0\r\n{CHANNELS}a=mid:0\r\na=candidate:1 1 udp 1 evil.example 9 typ host\r\n");
        assert_eq!(check_offer(&offer), Ok(format!("v=0\r\n{CHANNELS}a=mid:0\r\n")));
    }

    #[test]
    fn everything_in_an_offer_is_bounded() {
        assert_eq!(check_offer("v=0\r\n"), Err(OfferError::NoChannels));
        assert_eq!(check_offer(&CHANNELS.repeat(2)), Err(OfferError::NoChannels));
        let video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n".repeat(MAX_SECTIONS);
        assert_eq!(check_offer(&format!("{CHANNELS}{video}")), Err(OfferError::TooLong));
        assert_eq!(
            check_offer(&format!("{CHANNELS}a={}\r\n", "x".repeat(MAX_LINE))),
            Err(OfferError::TooLong)
        );
        assert_eq!(
            check_offer(&format!("{CHANNELS}{}", "a=x\r\n".repeat(MAX_LINES))),
            Err(OfferError::TooLong)
        );
        assert_eq!(check_offer(&" ".repeat(MAX_SDP + 1)), Err(OfferError::TooLong));
        assert_eq!(check_offer(&format!("{CHANNELS}a=\u{7}\r\n")), Err(OfferError::NotText));
    }

    #[test]
    fn browsers_that_agreed_on_keyframe_requests_are_heard() {
        assert!(asks_for_keyframes("v=0\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n"));
        assert!(asks_for_keyframes("a=rtcp-fb:102 ccm fir\r\n"));
        assert!(!asks_for_keyframes("v=0\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 transport-cc\r\n"));
    }

    #[test]
    fn attributes_are_found_by_their_whole_name() {
        let sdp = "v=0\r\na=ice-ufragment:no\r\na=ice-ufrag:yes \r\n";
        assert_eq!(attribute(sdp, "ice-ufrag"), Some("yes"));
        assert_eq!(attribute(sdp, "ice-pwd"), None);
    }
}
