//! Clipboard content in messages of bounded size.

use bytes::Bytes;
use media::ClipboardRequest;
use protocol::control::{CLIPBOARD_CHUNK, Clipboard};

/// The content as messages, the last marked; one empty message for no bytes.
pub(crate) fn content(request: ClipboardRequest, mut data: Bytes) -> impl Iterator<Item = Clipboard> {
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let part = data.split_to(data.len().min(CLIPBOARD_CHUNK));
        done = data.is_empty();
        Some(Clipboard::Content { request, data: part, last: done })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_cut_and_only_its_last_part_says_so() {
        for length in [0, 1, CLIPBOARD_CHUNK, CLIPBOARD_CHUNK + 1, 3 * CLIPBOARD_CHUNK] {
            let whole = Bytes::from((0..length).map(|i| i as u8).collect::<Vec<u8>>());
            let mut joined = Vec::new();
            let parts: Vec<Clipboard> = content(ClipboardRequest(7), whole.clone()).collect();
            for (i, part) in parts.iter().enumerate() {
                let Clipboard::Content { request, data, last } = part else { panic!("{part:?}") };
                assert_eq!((*request, *last), (ClipboardRequest(7), i + 1 == parts.len()));
                assert!(data.len() <= CLIPBOARD_CHUNK);
                joined.extend_from_slice(data);
            }
            assert_eq!(joined, whole);
        }
    }
}
