//! Writes the lanes of a link to its connection.

use std::future::pending;

use bytes::{BufMut, BytesMut};
use protocol::Lane;
use quinn::{SendDatagramError, SendStream};
use tokio::{task::JoinSet, time::timeout};

use super::{
    carrier::Carrier,
    connection::{LAST_WORDS, LaneResult},
    failures::{connection_failed, write_failed},
    framing,
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::QueueReceiver,
    lanes::lane_number,
    link::{Frame, RequestReceiver},
};

/// The control lane overtakes everything, input everything but that.
const CONTROL_PRIORITY: i32 = i32::MAX;
const INPUT_PRIORITY: i32 = i32::MAX - 1;

/// Writes the control lane until the handles ask to close; then what is queued, and returns what they asked for.
pub(super) async fn write_control(
    mut stream: SendStream,
    mut queue: QueueReceiver<Frame>,
    mut requests: RequestReceiver,
) -> Result<(CloseReason, Farewell), CloseReason> {
    // A stream that ended has no priority: the first write will tell.
    let _ = stream.set_priority(CONTROL_PRIORITY);
    let asked = loop {
        tokio::select! {
            biased;
            Some(frame) = queue.pop() => framing::write(&mut stream, frame.item.bytes).await.map_err(write_failed)?,
            asked = requests.close() => break asked,
        }
    };
    // Fails only if the stream ended before, and then there is nothing to wait for.
    if stream.finish().is_ok() {
        let _ = timeout(LAST_WORDS, stream.stopped()).await;
    }
    Ok(asked)
}

/// Writes the input lane until the handles ask to close; then what is queued, so that no key is lost that was pressed
/// before.
pub(super) async fn write_input(
    carrier: &impl Carrier,
    mut queue: QueueReceiver<Frame>,
    mut requests: RequestReceiver,
) -> Result<(), CloseReason> {
    let mut stream = None;
    loop {
        tokio::select! {
            biased;
            Some(frame) = queue.pop() => write_lane(carrier, &mut stream, frame.item).await?,
            _ = requests.close() => break,
        }
    }
    if let Some(mut stream) = stream
        && stream.finish().is_ok()
    {
        let _ = timeout(LAST_WORDS, stream.stopped()).await;
    }
    Ok(())
}

/// Writes to the stream of a lane, which is opened when it is first needed.
async fn write_lane(
    carrier: &impl Carrier,
    stream: &mut Option<SendStream>,
    frame: Frame,
) -> Result<(), CloseReason> {
    match stream {
        Some(stream) => framing::write(stream, frame.bytes).await.map_err(write_failed),
        None => {
            let mut opened = carrier.connection().open_uni().await.map_err(connection_failed)?;
            let _ = opened.set_priority(INPUT_PRIORITY);
            framing::write_only(&mut opened, carrier.stream_prefix(), frame.lane, frame.bytes)
                .await
                .map_err(write_failed)?;
            *stream = Some(opened);
            Ok(())
        }
    }
}

/// One stream for each update. They are opened in order and written at the same time, so that one of higher priority
/// overtakes one that is under way.
pub(super) async fn write_updates(carrier: &impl Carrier, mut queue: QueueReceiver<Frame>) -> LaneResult {
    let mut writes = JoinSet::new();
    loop {
        tokio::select! {
            Some(frame) = queue.pop() => {
                let mut stream = carrier.connection().open_uni().await.map_err(connection_failed)?;
                let carrier = carrier.clone();
                writes.spawn(async move {
                    let (frame, _share) = frame.into_parts();
                    let _ = stream.set_priority(frame.priority.min(INPUT_PRIORITY - 1));
                    framing::write_only(&mut stream, carrier.stream_prefix(), frame.lane, frame.bytes).await.map_err(write_failed)
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

pub(super) async fn write_datagrams(carrier: &impl Carrier, mut queue: QueueReceiver<Frame>) -> LaneResult {
    let (mut motion, mut feedback) = (None, None);
    loop {
        let Some(frame) = queue.pop().await else { return pending().await };
        let frame = frame.item;
        let prefix = carrier.datagram_prefix();
        let mut datagram = BytesMut::with_capacity(prefix.len() + 1 + frame.bytes.len());
        datagram.put_slice(prefix);
        datagram.put_u8(lane_number(frame.lane));
        datagram.put_slice(&frame.bytes);
        match carrier.connection().send_datagram(datagram.freeze()) {
            Ok(()) => {}
            Err(SendDatagramError::ConnectionLost(error)) => return Err(connection_failed(error)),
            Err(
                SendDatagramError::TooLarge
                | SendDatagramError::UnsupportedByPeer
                | SendDatagramError::Disabled,
            ) => {
                let stream = if frame.lane == Lane::Motion { &mut motion } else { &mut feedback };
                write_lane(carrier, stream, frame).await?;
            }
        }
    }
}
