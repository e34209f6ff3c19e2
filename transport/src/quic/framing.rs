//! Messages on streams: each follows its length in 4 bytes, big-endian.

use bytes::Bytes;
use protocol::Lane;
use quinn::{ReadError, ReadExactError, RecvStream, SendStream, WriteError};

use crate::lanes::lane_number;

/// The most memory that is taken on the word of a length alone.
const TRUSTED: usize = 64 << 10;

/// Writes one message.
pub(super) async fn write(stream: &mut SendStream, message: Bytes) -> Result<(), WriteError> {
    let length = u32::try_from(message.len()).expect("lanes limit messages to far less");
    stream.write_all_chunks(&mut [Bytes::copy_from_slice(&length.to_be_bytes()), message]).await
}

/// Writes what is all there is on this stream: the prefix, the lane's number and one message.
pub(super) async fn write_only(
    stream: &mut SendStream,
    prefix: &[u8],
    lane: Lane,
    message: Bytes,
) -> Result<(), WriteError> {
    let length = u32::try_from(message.len()).expect("lanes limit messages to far less");
    let head = [prefix, &[lane_number(lane)], &length.to_be_bytes()].concat();
    stream.write_all_chunks(&mut [Bytes::from(head), message]).await
}

/// Writes the lane's number only: a stream without messages, which means nothing.
pub(super) async fn write_nothing(stream: &mut SendStream, lane: Lane) -> Result<(), WriteError> {
    stream.write_all(&[lane_number(lane)]).await
}

/// Why no message was read.
#[derive(Debug)]
pub(super) enum FrameError {
    /// The stream ended within a message.
    Truncated,
    /// The stream was reset, or the connection is gone.
    Stream(ReadError),
}

impl From<ReadError> for FrameError {
    fn from(error: ReadError) -> Self {
        Self::Stream(error)
    }
}

/// Reads the lane's number at the start of a stream.
pub(super) async fn read_lane_number(stream: &mut RecvStream) -> Result<u8, FrameError> {
    let mut number = [0];
    stream.read_exact(&mut number).await.map_err(|error| match error {
        ReadExactError::FinishedEarly(_) => FrameError::Truncated,
        ReadExactError::ReadError(error) => FrameError::Stream(error),
    })?;
    Ok(number[0])
}

/// Reads the length of the next message; `None` if the stream ended in order.
pub(super) async fn read_length(stream: &mut RecvStream) -> Result<Option<usize>, FrameError> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length).await {
        Ok(()) => Ok(Some(u32::from_be_bytes(length) as usize)),
        Err(ReadExactError::FinishedEarly(0)) => Ok(None),
        Err(ReadExactError::FinishedEarly(_)) => Err(FrameError::Truncated),
        Err(ReadExactError::ReadError(error)) => Err(FrameError::Stream(error)),
    }
}

/// Reads a message of `length` bytes. Memory grows with what has arrived, not with what was announced.
pub(super) async fn read_message(stream: &mut RecvStream, length: usize) -> Result<Vec<u8>, FrameError> {
    let mut message = Vec::with_capacity(length.min(TRUSTED));
    while message.len() < length {
        let chunk = stream.read_chunk(length - message.len(), true).await?.ok_or(FrameError::Truncated)?;
        message.extend_from_slice(&chunk.bytes);
    }
    Ok(message)
}
