//! The wire codec: MessagePack with named fields. Unknown fields are skipped, so that additions do not break
//! peers.

use std::io::Cursor;

use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::Lane;

/// Encodes one message.
pub fn encode<M: Serialize>(message: &M) -> Vec<u8> {
    // Our messages hold no maps with keys that fail and no IO: serialising to memory cannot fail.
    rmp_serde::to_vec_named(message).expect("messages serialise to memory")
}

/// Decodes one whole message that came on `lane`.
///
/// Never panics and never takes more memory than a small multiple of `bytes`, whatever they are.
pub fn decode<M: DeserializeOwned>(lane: Lane, bytes: &[u8]) -> Result<M, DecodeError> {
    if bytes.len() > lane.max_message() {
        return Err(DecodeError::TooLong { lane, length: bytes.len() });
    }
    let mut deserializer = rmp_serde::Deserializer::new(Cursor::new(bytes));
    deserializer.set_max_depth(MAX_DEPTH);
    let message = M::deserialize(&mut deserializer)
        .map_err(|reason| DecodeError::Malformed { lane, reason: reason.to_string() })?;
    let read = usize::try_from(deserializer.position()).unwrap_or(usize::MAX);
    if read < bytes.len() {
        return Err(DecodeError::Trailing { lane, extra: bytes.len() - read });
    }
    Ok(message)
}

/// The deepest nesting that any of our messages has is 8.
const MAX_DEPTH: usize = 32;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Longer than the lane allows.
    #[error("a message of {length} bytes on the {lane:?} lane is over its limit of {} bytes", lane.max_message())]
    TooLong {
        /// Where it came.
        lane: Lane,
        /// How long it is or claims to be.
        length: usize,
    },
    /// Not MessagePack, or not of the expected form.
    #[error("a malformed message on the {lane:?} lane: {reason}")]
    Malformed {
        /// Where it came.
        lane: Lane,
        /// What the parser says.
        reason: String,
    },
    /// Bytes behind the message.
    #[error("{extra} stray bytes behind a message on the {lane:?} lane")]
    Trailing {
        /// Where it came.
        lane: Lane,
        /// How many.
        extra: usize,
    },
}
