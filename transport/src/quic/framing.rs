//! Messages on streams: each follows its length in 4 bytes, big-endian.

use bytes::Bytes;
use protocol::Lane;
use quinn::{ReadError, ReadExactError, RecvStream, SendStream, WriteError};

/// The most memory that is taken on the word of a length alone.
const MAX_PREALLOCATED: usize = 64 << 10;

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
    let head = [prefix, &[lane.id()], &length.to_be_bytes()].concat();
    stream.write_all_chunks(&mut [Bytes::from(head), message]).await
}

/// Writes the lane's number only: a stream without messages, which means nothing.
pub(super) async fn write_nothing(stream: &mut SendStream, lane: Lane) -> Result<(), WriteError> {
    stream.write_all(&[lane.id()]).await
}

/// Where a lane is read from: a stream of QUIC's, or what stands for one where nothing is sent.
pub(super) trait Source {
    /// Why it breaks.
    type Error;

    /// Fills the buffer and says how much of it: less than all only where the stream ends.
    async fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error>;

    /// What comes next, at most so much; `None` where the stream ends.
    async fn chunk(&mut self, most: usize) -> Result<Option<Bytes>, Self::Error>;
}

impl Source for RecvStream {
    type Error = ReadError;

    async fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        match self.read_exact(buffer).await {
            Ok(()) => Ok(buffer.len()),
            Err(ReadExactError::FinishedEarly(filled)) => Ok(filled),
            Err(ReadExactError::ReadError(error)) => Err(error),
        }
    }

    async fn chunk(&mut self, most: usize) -> Result<Option<Bytes>, ReadError> {
        Ok(self.read_chunk(most, true).await?.map(|chunk| chunk.bytes))
    }
}

/// Why no message was read.
#[derive(Debug)]
pub(super) enum FrameError<E = ReadError> {
    /// The stream ended within a message.
    Truncated,
    /// The stream was reset, or the connection is gone.
    Stream(E),
}

impl<E> From<E> for FrameError<E> {
    fn from(error: E) -> Self {
        Self::Stream(error)
    }
}

/// Reads the lane's number at the start of a stream.
pub(super) async fn read_lane_number<S: Source>(stream: &mut S) -> Result<u8, FrameError<S::Error>> {
    let mut number = [0];
    if stream.fill(&mut number).await? == 0 { Err(FrameError::Truncated) } else { Ok(number[0]) }
}

/// Reads the length of the next message; `None` if the stream ended in order.
pub(super) async fn read_length<S: Source>(stream: &mut S) -> Result<Option<usize>, FrameError<S::Error>> {
    let mut length = [0; 4];
    match stream.fill(&mut length).await? {
        4 => Ok(Some(u32::from_be_bytes(length) as usize)),
        0 => Ok(None),
        _ => Err(FrameError::Truncated),
    }
}

/// Reads a message of `length` bytes. Memory grows with what has arrived, not with what was announced.
pub(super) async fn read_message<S: Source>(
    stream: &mut S,
    length: usize,
) -> Result<Vec<u8>, FrameError<S::Error>> {
    let mut message = Vec::with_capacity(length.min(MAX_PREALLOCATED));
    while message.len() < length {
        let chunk = stream.chunk(length - message.len()).await?.ok_or(FrameError::Truncated)?;
        message.extend_from_slice(&chunk);
    }
    Ok(message)
}
