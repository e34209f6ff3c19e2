//! Why a link ended.

use std::time::Duration;

use protocol::{Lane, control::Refusal};
use thiserror::Error;

/// Why a link ended. Each is a sentence for people; match on the variant in programs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CloseReason {
    /// This end closed it.
    #[error("closed by this end")]
    Local,
    /// The other end closed it in order.
    #[error("the other end left{}", colon(.0))]
    Left(String),
    /// The host did not let this viewer in, or threw it out.
    #[error("refused: {}", .0.message)]
    Refused(Refusal),
    /// The other end says that this end broke a rule.
    #[error("the other end closed the link: {0}")]
    Rejected(String),
    /// Nothing was heard from the other end for too long.
    #[error("nothing was heard from the other end for {} seconds", .0.as_secs_f32())]
    Silence(Duration),
    /// The other end broke a rule of the protocol.
    #[error("the other end broke the protocol: {0}")]
    Protocol(String),
    /// The other end stopped within a message or dropped a stream. Whoever is killed does so too.
    #[error("the other end broke off: {0}")]
    Cut(String),
    /// A queue that must not lose anything was full: the other end takes less than it is owed.
    #[error("the other end is too slow: the queue of the {0:?} lane is full")]
    Overflow(Lane),
    /// A message was too large for its lane: a mistake of this end.
    #[error("a message of {length} bytes is too large for the {lane:?} lane")]
    Oversized {
        /// Which lane.
        lane: Lane,
        /// The message's length.
        length: usize,
    },
    /// The transport failed.
    #[error("connection lost: {0}")]
    Lost(String),
}

/// What the other end is told when this end closes: a code for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Farewell {
    pub(crate) code: CloseCode,
    pub(crate) message: String,
}

/// Codes on the wire, the same for every transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CloseCode {
    Left = 0,
    Refused = 1,
    Protocol = 2,
    Overflow = 3,
}

/// The longest sentence that is sent or shown when a link closes, in bytes.
const MAX_MESSAGE: usize = 256;

impl CloseCode {
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        [Self::Left, Self::Refused, Self::Protocol, Self::Overflow]
            .into_iter()
            .find(|&code| code as u64 == number)
    }
}

impl CloseReason {
    /// What to tell the other end, if this end is the one that closes.
    pub(crate) fn farewell(&self) -> Farewell {
        let code = match self {
            CloseReason::Protocol(_) | CloseReason::Cut(_) => CloseCode::Protocol,
            CloseReason::Overflow(_) | CloseReason::Oversized { .. } => CloseCode::Overflow,
            CloseReason::Refused(_) => CloseCode::Refused,
            CloseReason::Local
            | CloseReason::Left(_)
            | CloseReason::Rejected(_)
            | CloseReason::Silence(_)
            | CloseReason::Lost(_) => CloseCode::Left,
        };
        let message = match self {
            CloseReason::Protocol(what) | CloseReason::Cut(what) => what.clone(),
            CloseReason::Local => String::new(),
            CloseReason::Left(_)
            | CloseReason::Refused(_)
            | CloseReason::Rejected(_)
            | CloseReason::Silence(_)
            | CloseReason::Overflow(_)
            | CloseReason::Oversized { .. }
            | CloseReason::Lost(_) => self.to_string(),
        };
        Farewell { code, message: clean(&message) }
    }

    /// What the other end's farewell means here.
    pub(crate) fn from_farewell(code: u64, message: &[u8]) -> Self {
        let message = clean(&String::from_utf8_lossy(message));
        match CloseCode::from_number(code) {
            Some(CloseCode::Left) => CloseReason::Left(message),
            Some(CloseCode::Refused | CloseCode::Protocol | CloseCode::Overflow) | None => {
                CloseReason::Rejected(message)
            }
        }
    }
}

/// Cuts a sentence of the peer's to what can be shown: short, and without control characters.
pub(crate) fn clean(text: &str) -> String {
    let mut clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let end = (0..=MAX_MESSAGE.min(clean.len())).rev().find(|&at| clean.is_char_boundary(at));
    clean.truncate(end.expect("0 is a boundary"));
    clean
}

fn colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn farewells_are_short_and_printable() {
        let long = CloseReason::from_farewell(2, "ä\u{1b}[31m".repeat(200).as_bytes());
        let CloseReason::Rejected(message) = long else { panic!("{long:?}") };
        assert!(message.len() <= MAX_MESSAGE && !message.contains('\u{1b}'), "{message}");
        assert_eq!(CloseReason::from_farewell(0, b"bye"), CloseReason::Left("bye".to_owned()));
        assert_eq!(CloseReason::from_farewell(9, b"\xff"), CloseReason::Rejected("\u{fffd}".to_owned()));
    }
}
