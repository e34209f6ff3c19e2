//! The task that drives one link over one QUIC connection, the same for both ends.

use std::{convert::Infallible, future::pending, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use protocol::Lane;
use quinn::{
    Connection, ConnectionError, Endpoint, ReadError, RecvStream, SendDatagramError, SendStream, VarInt,
    WriteError,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
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
pub(super) type ControlStream = (SendStream, RecvStream);

/// What a lane's loop returns: it never ends but for a reason.
type LaneResult = Result<Infallible, CloseReason>;

/// The figures of a connection.
pub(super) struct ConnectionProbe(pub(super) Connection);

impl Probe for ConnectionProbe {
    fn stats(&self) -> LinkStats {
        let stats = self.0.stats();
        LinkStats {
            transport: "quic",
            rtt: stats.path.rtt,
            sent_bytes: stats.udp_tx.bytes,
            sent_packets: stats.udp_tx.datagrams,
            received_bytes: stats.udp_rx.bytes,
            received_packets: stats.udp_rx.datagrams,
            lost_packets: stats.path.lost_packets,
            congestion_window: stats.path.cwnd,
            mtu: stats.path.current_mtu,
            peer: Some(self.0.remote_address()),
            queued_bytes: 0,
        }
    }
}

/// What drives a link.
pub(super) struct LinkTask<E: End> {
    pub(super) connection: Connection,
    pub(super) control: ControlStream,
    pub(super) driver: Driver<E>,
    /// The endpoint, if it serves this link alone: it moves to another socket when the network changes.
    pub(super) own_endpoint: Option<Endpoint>,
    /// After how much silence the other end counts as gone, for the reason given.
    pub(super) idle_timeout: Duration,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end.
    pub(super) roll_calls: Option<RollCalls>,
}

impl<E: End> LinkTask<E> {
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { connection, control, driver, own_endpoint, idle_timeout, mut roll_calls } = self;
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let Outgoing { control: control_queue, input, updates, unreliable } = outgoing;
        let (control_send, control_receive) = control;
        let mut closing = requests.clone();
        let last_words = async {
            let control = write_control(control_send, control_queue, requests.clone());
            let input = write_input(&connection, input, requests.clone());
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
            reason = ended(accept_streams(&connection, inbox.clone())) => reason,
            reason = ended(read_datagrams(&connection, inbox.clone())) => reason,
            reason = ended(write_updates(&connection, updates)) => reason,
            reason = ended(write_datagrams(&connection, unreliable)) => reason,
            reason = ended(notice_silence(&connection, idle_timeout)) => reason,
            reason = silent_at_roll_call(&connection, roll_calls.as_mut()) => with_farewell(reason),
            never = follow_network(own_endpoint.as_ref(), &mut network) => match never {},
        };
        // What the connection knows, if it has ended, is nearer to the truth than what a stream saw of it.
        let reason = match connection.close_reason() {
            Some(error) if reason != CloseReason::Local => reason_of(error, idle_timeout),
            _ => reason,
        };
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

/// Why a connection ended.
pub(super) fn reason_of(error: ConnectionError, idle_timeout: Duration) -> CloseReason {
    match error {
        ConnectionError::ApplicationClosed(close) => {
            CloseReason::from_farewell(close.error_code.into_inner(), &close.reason)
        }
        ConnectionError::TimedOut => CloseReason::Silence(idle_timeout),
        ConnectionError::LocallyClosed => CloseReason::Local,
        ConnectionError::Reset => CloseReason::Lost("the other end was restarted".to_owned()),
        other => CloseReason::Lost(crate::close::clean(&other.to_string())),
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
    connection: &Connection,
    mut queue: QueueReceiver<Frame>,
    mut requests: crate::link::RequestReceiver,
) -> Result<(), CloseReason> {
    let mut stream = None;
    loop {
        tokio::select! {
            biased;
            Some(frame) = queue.pop() => write_lane(connection, &mut stream, frame.item).await?,
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
    connection: &Connection,
    stream: &mut Option<SendStream>,
    frame: Frame,
) -> Result<(), CloseReason> {
    match stream {
        Some(stream) => framing::write(stream, frame.bytes).await.map_err(write_failed),
        None => {
            let mut opened = connection.open_uni().await.map_err(connection_failed)?;
            let _ = opened.set_priority(INPUT_PRIORITY);
            framing::write_only(&mut opened, frame.lane, frame.bytes).await.map_err(write_failed)?;
            *stream = Some(opened);
            Ok(())
        }
    }
}

/// One stream for each update. They are opened in order and written at the same time, so that one of higher priority
/// overtakes one that is under way.
async fn write_updates(connection: &Connection, mut queue: QueueReceiver<Frame>) -> LaneResult {
    let mut writes = JoinSet::new();
    loop {
        tokio::select! {
            Some(frame) = queue.pop() => {
                let mut stream = connection.open_uni().await.map_err(connection_failed)?;
                writes.spawn(async move {
                    let (frame, _share) = frame.into_parts();
                    let _ = stream.set_priority(frame.priority.min(INPUT_PRIORITY - 1));
                    framing::write_only(&mut stream, frame.lane, frame.bytes).await.map_err(write_failed)
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

async fn write_datagrams(connection: &Connection, mut queue: QueueReceiver<Frame>) -> LaneResult {
    let (mut motion, mut feedback) = (None, None);
    loop {
        let Some(frame) = queue.pop().await else { return pending().await };
        let frame = frame.item;
        let mut datagram = BytesMut::with_capacity(1 + frame.bytes.len());
        datagram.put_u8(lane_number(frame.lane));
        datagram.put_slice(&frame.bytes);
        match connection.send_datagram(datagram.freeze()) {
            Ok(()) => {}
            Err(SendDatagramError::ConnectionLost(error)) => return Err(connection_failed(error)),
            Err(
                SendDatagramError::TooLarge
                | SendDatagramError::UnsupportedByPeer
                | SendDatagramError::Disabled,
            ) => {
                let stream = if frame.lane == Lane::Motion { &mut motion } else { &mut feedback };
                write_lane(connection, stream, frame).await?;
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
async fn accept_streams<E: End>(connection: &Connection, inbox: Inbox<E>) -> LaneResult {
    let mut reads = JoinSet::new();
    loop {
        tokio::select! {
            stream = connection.accept_uni() => {
                let stream = stream.map_err(connection_failed)?;
                reads.spawn(read_stream(stream, inbox.clone()));
            }
            Some(read) = reads.join_next() => {
                read.map_err(|panicked| CloseReason::Lost(panicked.to_string()))??;
            }
        }
    }
}

async fn read_stream<E: End>(mut stream: RecvStream, inbox: Inbox<E>) -> Result<(), CloseReason> {
    let number = framing::read_lane_number(&mut stream).await.map_err(|error| match error {
        FrameError::Truncated => CloseReason::Protocol("a stream without a lane".to_owned()),
        FrameError::Stream(error) => stream_failed(error),
    })?;
    match lane_of(number) {
        Some(Lane::Control) | None => Err(CloseReason::Protocol(format!("a stream for lane {number}"))),
        Some(lane) => read_lane(&mut stream, lane, &inbox).await,
    }
}

async fn read_datagrams<E: End>(connection: &Connection, inbox: Inbox<E>) -> LaneResult {
    loop {
        let datagram: Bytes = connection.read_datagram().await.map_err(connection_failed)?;
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

async fn silent_at_roll_call(connection: &Connection, calls: Option<&mut RollCalls>) -> CloseReason {
    match calls {
        Some(calls) => roll_call::unanswered(connection, calls).await,
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

fn write_failed(error: WriteError) -> CloseReason {
    match error {
        WriteError::ConnectionLost(error) => connection_failed(error),
        WriteError::Stopped(_) | WriteError::ClosedStream | WriteError::ZeroRttRejected => {
            CloseReason::Protocol("it stopped a stream that must not be stopped".to_owned())
        }
    }
}

fn frame_failed(lane: Lane, error: FrameError) -> CloseReason {
    match error {
        FrameError::Truncated => CloseReason::Protocol(format!("the {lane:?} lane ended within a message")),
        FrameError::Stream(error) => stream_failed(error),
    }
}

fn stream_failed(error: ReadError) -> CloseReason {
    match error {
        ReadError::ConnectionLost(error) => connection_failed(error),
        ReadError::Reset(_) => CloseReason::Protocol("it reset a stream that must not be reset".to_owned()),
        other => CloseReason::Lost(other.to_string()),
    }
}

/// The final word comes from [`Connection::close_reason`].
fn connection_failed(error: ConnectionError) -> CloseReason {
    reason_of(error, Duration::ZERO)
}
