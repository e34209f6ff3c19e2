//! The answer to an upgrade request.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest;

/// What every server appends before hashing, to show that it knows WebSocket.
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The value of `Sec-WebSocket-Accept` for a request's `Sec-WebSocket-Key`; `None` if that is no key.
pub fn accept_key(key: &str) -> Option<String> {
    let is_key = STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16);
    // SHA-1 is what the standard says; no secret depends on it.
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{MAGIC}").as_bytes());
    is_key.then(|| STANDARD.encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_that_of_the_standard_s_example() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ==").as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        for wrong in ["", "short", "dGhlIHNhbXBsZSBub25jZ!==", "dGhlIHNhbXBsZSBub25jZQ"] {
            assert_eq!(accept_key(wrong), None, "{wrong}");
        }
    }
}
