//! The lanes of QUIC and WebTransport: a stream that arrives in any pieces gives the messages that were
//! written, or ends the link, and takes no more memory than arrived.
#![no_main]

// Links need more of it than this target.
#[allow(dead_code)]
#[path = "../../../transport/src/quic/framing.rs"]
mod framing;

use std::{
    collections::VecDeque,
    convert::Infallible,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use framing::{FrameError, Source, read_length, read_message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pieces: Vec<Vec<u8>>| {
    let read = pin!(read(pieces)).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(read, Poll::Ready(()), "nothing waits");
});

/// What has arrived of a stream.
struct Arrived(VecDeque<Bytes>);

impl Source for Arrived {
    type Error = Infallible;

    async fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(bytes) = self.chunk(buffer.len() - filled).await? else { break };
            buffer[filled..filled + bytes.len()].copy_from_slice(&bytes);
            filled += bytes.len();
        }
        Ok(filled)
    }

    async fn chunk(&mut self, most: usize) -> Result<Option<Bytes>, Infallible> {
        let Some(first) = self.0.front_mut() else { return Ok(None) };
        let bytes = first.split_to(most.min(first.len()));
        if first.is_empty() {
            self.0.pop_front();
        }
        Ok(Some(bytes))
    }
}

/// Reads a lane as links do.
async fn read(pieces: Vec<Vec<u8>>) {
    let whole = pieces.concat();
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty()).map(Bytes::from);
    let mut stream = Arrived(pieces.collect());
    let Ok(number) = framing::read_lane_number(&mut stream).await else {
        return assert!(whole.is_empty());
    };
    let Some(lane) = protocol::lane::Lane::from_id(number) else { return };
    let mut again = vec![number];
    let truncated = loop {
        let length = match read_length(&mut stream).await {
            Ok(Some(length)) if length <= lane.max_message() => length,
            Ok(Some(_)) => return,
            Ok(None) => break false,
            Err(FrameError::Truncated) => break true,
            Err(FrameError::Stream(never)) => match never {},
        };
        match read_message(&mut stream, length).await {
            Ok(message) => {
                assert_eq!(message.len(), length);
                assert!(message.capacity() <= 2 * whole.len().max(64 << 10), "memory for what is not there");
                again.extend(u32::try_from(length).expect("lanes limit messages").to_be_bytes());
                again.extend(message);
            }
            Err(FrameError::Truncated) => break true,
            Err(FrameError::Stream(never)) => match never {},
        }
    };
    assert!(whole.starts_with(&again));
    assert_eq!(whole.len() == again.len(), !truncated, "all was read, or the end is missing");
}
