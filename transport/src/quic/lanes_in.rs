//! Reads the lanes of a link from its connection.

use std::future::pending;

use bytes::Bytes;
use protocol::Lane;
use quinn::RecvStream;
use tokio::{sync::watch, task::JoinSet};

use super::{
    connection::LaneResult,
    failures::{connection_failed, frame_failed, stream_failed},
    framing::{self, FrameError},
    session::QuicSession,
};
use crate::{
    close::CloseReason,
    link::{End, Inbox},
};

/// Counts the streams that are being read.
#[derive(Default)]
pub(super) struct Reading(watch::Sender<usize>);

/// A stream that is being read; until it is dropped.
pub(super) struct UnderWay(watch::Sender<usize>);

impl Reading {
    pub(super) fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay(self.0.clone())
    }

    /// Waits until none is being read.
    pub(super) async fn done(&self) {
        // The channel lives as long as this.
        let _ = self.0.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Reads a stream that means nothing to a link to its end: some of HTTP/3's own may not be stopped.
pub(crate) async fn drain(mut stream: RecvStream) {
    while let Ok(Some(_)) = stream.read_chunk(usize::MAX, false).await {}
}

/// Reads the control lane for as long as the link lives.
pub(super) async fn read_control<E: End>(
    mut stream: RecvStream,
    inbox: Inbox<E>,
    under_way: UnderWay,
) -> LaneResult {
    read_lane(&mut stream, Lane::Control, &inbox).await?;
    drop(under_way);
    // The peer finished its half: it is about to close the connection and say why.
    pending().await
}

/// Hands over the messages of one stream until it ends.
async fn read_lane<E: End>(stream: &mut RecvStream, lane: Lane, inbox: &Inbox<E>) -> Result<(), CloseReason> {
    while let Some(length) = framing::read_length(stream).await.map_err(|e| frame_failed(lane, e))? {
        let share = inbox.admit(lane, length).await?;
        let message = framing::read_message(stream, length).await.map_err(|e| frame_failed(lane, e))?;
        inbox.deliver(lane, &message, share).await?;
    }
    Ok(())
}

/// Takes the peer's unidirectional streams, and reads each in a task of its own.
pub(super) async fn accept_streams<E: End>(
    session: &impl QuicSession,
    inbox: Inbox<E>,
    reading: &Reading,
) -> LaneResult {
    let mut reads = JoinSet::new();
    loop {
        tokio::select! {
            stream = session.connection().accept_uni() => match stream {
                Ok(stream) => {
                    reads.spawn(read_stream(session.clone(), stream, inbox.clone(), reading.begin()));
                }
                Err(error) => {
                    // What came in before the connection was closed is still read.
                    while reads.join_next().await.is_some() {}
                    return Err(connection_failed(error));
                }
            },
            Some(read) = reads.join_next() => {
                read.map_err(|panicked| CloseReason::Lost(panicked.to_string()))??;
            }
        }
    }
}

async fn read_stream<E: End>(
    session: impl QuicSession,
    mut stream: RecvStream,
    inbox: Inbox<E>,
    under_way: UnderWay,
) -> Result<(), CloseReason> {
    if !session.claim(&mut stream).await? {
        drop(under_way);
        drain(stream).await;
        return Ok(());
    }
    let number = framing::read_lane_number(&mut stream).await.map_err(|error| match error {
        FrameError::Truncated => CloseReason::Cut("a stream without a lane".to_owned()),
        FrameError::Stream(error) => stream_failed(error),
    })?;
    match Lane::from_id(number) {
        Some(Lane::Control) | None => Err(CloseReason::Protocol(format!("a stream for lane {number}"))),
        Some(lane) => read_lane(&mut stream, lane, &inbox).await,
    }
}

/// Hands over what comes in datagrams.
pub(super) async fn read_datagrams<E: End>(session: &impl QuicSession, inbox: Inbox<E>) -> LaneResult {
    loop {
        let datagram: Bytes = session.connection().read_datagram().await.map_err(connection_failed)?;
        let Some(datagram) = session.own(datagram) else { continue };
        let Some((&number, message)) = datagram.split_first() else {
            return Err(CloseReason::Protocol("an empty datagram".to_owned()));
        };
        match Lane::from_id(number) {
            Some(lane @ (Lane::Motion | Lane::Feedback)) => inbox.offer(lane, message)?,
            Some(_) | None => return Err(CloseReason::Protocol(format!("a datagram for lane {number}"))),
        }
    }
}
