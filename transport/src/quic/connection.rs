//! The task that drives one link over one QUIC connection, the same for both ends.

use std::{convert::Infallible, future::pending, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use protocol::Lane;
use quinn::{Connection, Endpoint, RecvStream, SendDatagramError, SendStream, VarInt};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    carrier::Carrier,
    failures::{connection_failed, frame_failed, stream_failed, write_failed},
    framing::{self, FrameError},
    roll_call,
};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::QueueReceiver,
    lanes::{lane_number, lane_of},
    link::{Driver, End, Frame, Inbox, Outgoing},
    roll_call::RollCalls,
    stats::{LinkStats, Probe},
};

/// The control lane overtakes everything, input everything but that.
const CONTROL_PRIORITY: i32 = i32::MAX;
const INPUT_PRIORITY: i32 = i32::MAX - 1;

/// How long a link that closes waits for its last words to get through.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The two halves of the control stream.
pub(crate) type ControlStream = (SendStream, RecvStream);

/// What a lane's loop returns: it never ends but for a reason.
type LaneResult = Result<Infallible, CloseReason>;

/// The figures of a connection.
pub(super) struct ConnectionProbe<C>(pub(super) C);

impl<C: Carrier> Probe for ConnectionProbe<C> {
    fn stats(&self) -> LinkStats {
        let connection = self.0.connection();
        let stats = connection.stats();
        LinkStats {
            transport: C::NAME,
            rtt: stats.path.rtt,
            sent_bytes: stats.udp_tx.bytes,
            sent_packets: stats.udp_tx.datagrams,
            received_bytes: stats.udp_rx.bytes,
            received_packets: stats.udp_rx.datagrams,
            lost_packets: stats.path.lost_packets,
            congestion_window: stats.path.cwnd,
            mtu: stats.path.current_mtu,
            peer: Some(connection.remote_address()),
            queued_bytes: 0,
        }
    }
}

/// What drives a link.
pub(super) struct LinkTask<C, E: End> {
    pub(super) carrier: C,
    pub(super) control: ControlStream,
    pub(super) driver: Driver<E>,
    /// The endpoint, if it serves this link alone: it moves to another socket when the network changes.
    pub(super) own_endpoint: Option<Endpoint>,
    /// After how much silence the other end counts as gone, for the reason given.
    pub(super) idle_timeout: Duration,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end.
    pub(super) roll_calls: Option<RollCalls>,
}

impl<C: Carrier, E: End> LinkTask<C, E> {
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { carrier, control, driver, own_endpoint, idle_timeout, mut roll_calls } = self;
        let connection = carrier.connection().clone();
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let Outgoing { control: control_queue, input, updates, unreliable } = outgoing;
        let (control_send, control_receive) = control;
        let mut closing = requests.clone();
        let last_words = async {
            let control = write_control(control_send, control_queue, requests.clone());
            let input = write_input(&carrier, input, requests.clone());
            tokio::try_join!(control, input)
        };
        let mut network = requests.clone();
        let (reason, farewell) = tokio::select! {
            asked = async {
                // The control lane drains first; so wait for it, but not for ever.
                let asked = closing.close().await;
                sleep(LAST_WORDS).await;
                asked
            } => asked,
            asked = last_words => match asked {
                Ok((asked, ())) => asked,
                Err(reason) => with_farewell(reason),
            },
            reason = ended(read_control(control_receive, inbox.clone())) => reason,
            reason = ended(accept_streams(&carrier, inbox.clone())) => reason,
            reason = ended(read_datagrams(&carrier, inbox.clone())) => reason,
            reason = ended(write_updates(&carrier, updates)) => reason,
            reason = ended(write_datagrams(&carrier, unreliable)) => reason,
            reason = ended(notice_silence(&connection, idle_timeout)) => reason,
            reason = silent_at_roll_call(&carrier, roll_calls.as_mut()) => with_farewell(reason),
            reason = carrier.farewell() => with_farewell(reason),
            never = follow_network(own_endpoint.as_ref(), &mut network) => match never {},
        };
        let reason = match reason {
            CloseReason::Local => CloseReason::Local,
            other => carrier.explain(other, idle_timeout).await,
        };
        // Where this takes too long, the connection ends without a word.
        let _ = timeout(LAST_WORDS, carrier.close(&farewell)).await;
        connection.close(VarInt::from_u32(farewell.code as u32), farewell.message.as_bytes());
        end.closed(reason);
        drop(inbox);
        if let Some(endpoint) = own_endpoint {
            // Gives the farewell the time to leave the socket; the peer's silence is no reason to wait longer.
            let _ = timeout(LAST_WORDS, endpoint.wait_idle()).await;
        }
        end.finished();
    }
}

fn with_farewell(reason: CloseReason) -> (CloseReason, Farewell) {
    let farewell = reason.farewell();
    (reason, farewell)
}

async fn ended(lane: impl Future<Output = LaneResult>) -> (CloseReason, Farewell) {
    match lane.await {
        Ok(never) => match never {},
        Err(reason) => with_farewell(reason),
    }
}

/// Writes the control lane until the handles ask to close; then what is queued, and returns what they asked for.
async fn write_control(
    mut stream: SendStream,
    mut queue: QueueReceiver<Frame>,
    mut requests: crate::link::RequestReceiver,
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
async fn write_input(
    carrier: &impl Carrier,
    mut queue: QueueReceiver<Frame>,
    mut requests: crate::link::RequestReceiver,
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
async fn write_updates(carrier: &impl Carrier, mut queue: QueueReceiver<Frame>) -> LaneResult {
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

async fn write_datagrams(carrier: &impl Carrier, mut queue: QueueReceiver<Frame>) -> LaneResult {
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

async fn read_control<E: End>(mut stream: RecvStream, inbox: Inbox<E>) -> LaneResult {
    read_lane(&mut stream, Lane::Control, &inbox).await?;
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
async fn accept_streams<E: End>(carrier: &impl Carrier, inbox: Inbox<E>) -> LaneResult {
    let mut reads = JoinSet::new();
    loop {
        tokio::select! {
            stream = carrier.connection().accept_uni() => {
                let stream = stream.map_err(connection_failed)?;
                reads.spawn(read_stream(carrier.clone(), stream, inbox.clone()));
            }
            Some(read) = reads.join_next() => {
                read.map_err(|panicked| CloseReason::Lost(panicked.to_string()))??;
            }
        }
    }
}

async fn read_stream<E: End>(
    carrier: impl Carrier,
    mut stream: RecvStream,
    inbox: Inbox<E>,
) -> Result<(), CloseReason> {
    if !carrier.claim(&mut stream).await? {
        return Ok(());
    }
    let number = framing::read_lane_number(&mut stream).await.map_err(|error| match error {
        FrameError::Truncated => CloseReason::Protocol("a stream without a lane".to_owned()),
        FrameError::Stream(error) => stream_failed(error),
    })?;
    match lane_of(number) {
        Some(Lane::Control) | None => Err(CloseReason::Protocol(format!("a stream for lane {number}"))),
        Some(lane) => read_lane(&mut stream, lane, &inbox).await,
    }
}

async fn read_datagrams<E: End>(carrier: &impl Carrier, inbox: Inbox<E>) -> LaneResult {
    loop {
        let datagram: Bytes = carrier.connection().read_datagram().await.map_err(connection_failed)?;
        let Some(datagram) = carrier.own(datagram) else { continue };
        let Some((&number, message)) = datagram.split_first() else {
            return Err(CloseReason::Protocol("an empty datagram".to_owned()));
        };
        match lane_of(number) {
            Some(lane @ (Lane::Motion | Lane::Feedback)) => inbox.offer(lane, message)?,
            Some(_) | None => return Err(CloseReason::Protocol(format!("a datagram for lane {number}"))),
        }
    }
}

/// How finely silence is measured.
const SILENCE_STEPS: u32 = 10;

/// Ends the link when nothing came in for a while. QUIC's own timer starts anew when this end sends after a pause, and
/// would let a host that has much to say wait for a viewer that is gone for longer than it may.
async fn notice_silence(connection: &Connection, limit: Duration) -> LaneResult {
    let received = || connection.stats().udp_rx.datagrams;
    let (mut seen, mut silent) = (received(), 0);
    while silent < SILENCE_STEPS {
        sleep(limit / SILENCE_STEPS).await;
        let now = received();
        silent = if now == seen { silent + 1 } else { 0 };
        seen = now;
    }
    Err(CloseReason::Silence(limit))
}

async fn silent_at_roll_call(carrier: &impl Carrier, calls: Option<&mut RollCalls>) -> CloseReason {
    match calls {
        Some(calls) => roll_call::unanswered(carrier, calls).await,
        None => pending().await,
    }
}

/// Moves the endpoint to a new socket whenever the network changes.
async fn follow_network(
    endpoint: Option<&Endpoint>,
    requests: &mut crate::link::RequestReceiver,
) -> Infallible {
    loop {
        requests.network_change().await;
        let Some(endpoint) = endpoint else { continue };
        let moved =
            endpoint.local_addr().and_then(super::viewer::socket_like).and_then(|s| endpoint.rebind(s));
        if let Err(error) = moved {
            tracing::warn!(%error, "the link stays on its old socket");
        }
    }
}
