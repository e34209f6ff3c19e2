//! Writes the lanes of a link to its connection.

use std::future::pending;

use bytes::{BufMut, BytesMut};
use protocol::Lane;
use quinn::{SendDatagramError, SendStream};
use tokio::{task::JoinSet, time::timeout};

use super::{
    connection::LaneResult,
    failures::{connection_failed, write_failed},
    framing,
    session::QuicSession,
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::QueueReceiver,
    link::{QueuedMessage, RequestReceiver, life::FAREWELL_TIMEOUT},
};

/// The priority of a lane's stream: what is more urgent overtakes.
const fn priority(lane: Lane) -> i32 {
    i32::MAX - lane.spec().rank as i32
}

/// Writes the control lane until the handles ask to close; then what is queued, and returns what they asked
/// for.
pub(super) async fn write_control(
    mut stream: SendStream,
    mut queue: QueueReceiver<QueuedMessage>,
    mut requests: RequestReceiver,
) -> Result<(CloseReason, Farewell), CloseReason> {
    // A stream that ended has no priority: the first write will tell.
    let _ = stream.set_priority(priority(Lane::Control));
    let asked = loop {
        tokio::select! {
            biased;
            Some(frame) = queue.pop() => framing::write(&mut stream, frame.item.bytes).await.map_err(write_failed)?,
            asked = requests.close() => break asked,
        }
    };
    // Fails only if the stream ended before, and then there is nothing to wait for.
    if stream.finish().is_ok() {
        let _ = timeout(FAREWELL_TIMEOUT, stream.stopped()).await;
    }
    Ok(asked)
}

/// Writes the input lane until the handles ask to close; then what is queued, so that no key is lost that was
/// pressed before.
pub(super) async fn write_input(
    session: &impl QuicSession,
    mut queue: QueueReceiver<QueuedMessage>,
    mut requests: RequestReceiver,
) -> Result<(), CloseReason> {
    let mut stream = None;
    loop {
        tokio::select! {
            biased;
            Some(frame) = queue.pop() => write_lane(session, &mut stream, frame.item).await?,
            _ = requests.close() => break,
        }
    }
    if let Some(mut stream) = stream
        && stream.finish().is_ok()
    {
        let _ = timeout(FAREWELL_TIMEOUT, stream.stopped()).await;
    }
    Ok(())
}

/// Writes to the stream of a lane, which is opened when it is first needed.
async fn write_lane(
    session: &impl QuicSession,
    stream: &mut Option<SendStream>,
    frame: QueuedMessage,
) -> Result<(), CloseReason> {
    match stream {
        Some(stream) => framing::write(stream, frame.bytes).await.map_err(write_failed),
        None => {
            let mut opened = session.connection().open_uni().await.map_err(connection_failed)?;
            let _ = opened.set_priority(priority(Lane::Input));
            framing::write_only(&mut opened, session.stream_prefix(), frame.lane, frame.bytes)
                .await
                .map_err(write_failed)?;
            *stream = Some(opened);
            Ok(())
        }
    }
}

/// One stream for each update. They are opened in order and written at the same time, so that one of higher
/// priority overtakes one that is under way.
pub(super) async fn write_updates(
    session: &impl QuicSession,
    mut queue: QueueReceiver<QueuedMessage>,
) -> LaneResult {
    let mut writes = JoinSet::new();
    loop {
        tokio::select! {
            Some(frame) = queue.pop() => {
                let mut stream = session.connection().open_uni().await.map_err(connection_failed)?;
                let session = session.clone();
                writes.spawn(async move {
                    let (frame, _share) = frame.into_parts();
                    let _ = stream.set_priority(frame.priority.min(priority(Lane::Update)));
                    framing::write_only(&mut stream, session.stream_prefix(), frame.lane, frame.bytes).await.map_err(write_failed)
                    // Dropping the stream finishes it.
                });
            }
            Some(written) = writes.join_next() => {
                written.map_err(|panicked| CloseReason::Lost(panicked.to_string()))??;
            }
            else => return pending().await,
        }
    }
}

pub(super) async fn write_datagrams(
    session: &impl QuicSession,
    mut queue: QueueReceiver<QueuedMessage>,
) -> LaneResult {
    let (mut motion, mut feedback) = (None, None);
    loop {
        let Some(frame) = queue.pop().await else { return pending().await };
        let frame = frame.item;
        let prefix = session.datagram_prefix();
        let mut datagram = BytesMut::with_capacity(prefix.len() + 1 + frame.bytes.len());
        datagram.put_slice(prefix);
        datagram.put_u8(frame.lane.id());
        datagram.put_slice(&frame.bytes);
        match session.connection().send_datagram(datagram.freeze()) {
            Ok(()) => {}
            Err(SendDatagramError::ConnectionLost(error)) => return Err(connection_failed(error)),
            Err(
                SendDatagramError::TooLarge
                | SendDatagramError::UnsupportedByPeer
                | SendDatagramError::Disabled,
            ) => {
                let stream = if frame.lane == Lane::Motion { &mut motion } else { &mut feedback };
                write_lane(session, stream, frame).await?;
            }
        }
    }
}
