//! Fetching what other programs have on the clipboard: one request for each format at a time.

use media::ClipboardRequest;
use protocol::control::MAX_CLIPBOARD;

use crate::clipboard::Format;

/// Content on its way.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) request: ClipboardRequest,
    pub(super) format: Format,
    /// What has come, if it comes in pieces; an empty one is the last.
    pieces: Option<Vec<u8>>,
}

/// What came of a property that appeared.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// A piece, or that there will be pieces.
    More,
    /// All of it.
    Whole(Vec<u8>),
    /// Nothing, or too much.
    None,
}

impl Fetch {
    /// The owner was asked.
    pub(super) fn new(request: ClipboardRequest, format: Format) -> Self {
        Self { request, format, pieces: None }
    }

    /// Whether pieces are awaited.
    pub(super) fn is_in_pieces(&self) -> bool {
        self.pieces.is_some()
    }

    /// It will come in pieces.
    pub(super) fn begin_pieces(&mut self) -> Arrival {
        self.pieces = Some(Vec::new());
        Arrival::More
    }

    /// A piece, or all of it, has come.
    pub(super) fn arrived(&mut self, bytes: Option<Vec<u8>>) -> Arrival {
        match (bytes, &mut self.pieces) {
            (None, _) => Arrival::None,
            (Some(bytes), None) => Arrival::Whole(bytes),
            (Some(last), Some(pieces)) if last.is_empty() => Arrival::Whole(std::mem::take(pieces)),
            (Some(piece), Some(pieces)) if pieces.len() + piece.len() <= MAX_CLIPBOARD => {
                pieces.extend(piece);
                Arrival::More
            }
            (Some(_), Some(_)) => {
                tracing::warn!(
                    limit = MAX_CLIPBOARD,
                    "what is on the clipboard is too long; nothing is pasted"
                );
                Arrival::None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together_and_bounded() {
        let mut fetch = Fetch::new(ClipboardRequest(1), Format::Png);
        assert_eq!(fetch.begin_pieces(), Arrival::More);
        assert_eq!(fetch.arrived(Some(vec![1, 2])), Arrival::More);
        assert_eq!(fetch.arrived(Some(vec![3])), Arrival::More);
        assert_eq!(fetch.arrived(Some(Vec::new())), Arrival::Whole(vec![1, 2, 3]));
        let mut fetch = Fetch::new(ClipboardRequest(2), Format::Png);
        fetch.begin_pieces();
        assert_eq!(fetch.arrived(Some(vec![0; MAX_CLIPBOARD])), Arrival::More);
        assert_eq!(fetch.arrived(Some(vec![0])), Arrival::None);
    }
}
