//! The task that drives one link over one QUIC connection, the same for both ends.

use std::{convert::Infallible, future::pending, time::Duration};

use quinn::{Endpoint, RecvStream, SendStream, VarInt};
use tokio::time::{sleep, timeout};

use super::{
    carrier::Carrier,
    lanes_in::{Reading, accept_streams, read_control, read_datagrams},
    lanes_out::{write_control, write_datagrams, write_input, write_updates},
    roll_call,
};
use crate::{
    close::{CloseReason, Farewell},
    link::{Driver, End, Outgoing},
    roll_call::RollCalls,
    stats::{LinkStats, Probe},
};

/// How long a link that closes waits for its last words to get through.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(1);

/// The two halves of the control stream.
pub(crate) type ControlStream = (SendStream, RecvStream);

/// What a lane's loop returns: it never ends but for a reason.
pub(super) type LaneResult = Result<Infallible, CloseReason>;

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
        let reading = Reading::default();
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
            asked = unless_closed(&carrier, last_words) => match asked {
                Ok((asked, ())) => asked,
                Err(reason) => with_farewell(reason),
            },
            reason = ended(&carrier, read_control(control_receive, inbox.clone(), reading.begin())) => reason,
            reason = ended(&carrier, accept_streams(&carrier, inbox.clone(), &reading)) => reason,
            reason = ended(&carrier, read_datagrams(&carrier, inbox.clone())) => reason,
            reason = ended(&carrier, write_updates(&carrier, updates)) => reason,
            reason = ended(&carrier, write_datagrams(&carrier, unreliable)) => reason,
            reason = ended(&carrier, notice_silence(&carrier, idle_timeout)) => reason,
            reason = silent_at_roll_call(&carrier, roll_calls.as_mut()) => with_farewell(reason),
            reason = peer_left(&carrier, &reading) => with_farewell(reason),
            never = carrier.beat() => match never {},
            never = follow_network(own_endpoint.as_ref(), &mut network) => match never {},
        };
        let reason = match reason {
            CloseReason::Local => CloseReason::Local,
            other => carrier.explain(other, idle_timeout).await,
        };
        let hears = !matches!(reason, CloseReason::Silence(_));
        end.closed(reason);
        drop(inbox);
        if hears {
            // Where this takes too long, the connection ends without a word.
            let _ = timeout(LAST_WORDS, carrier.close(&farewell)).await;
        }
        connection.close(VarInt::from_u32(farewell.code as u32), farewell.message.as_bytes());
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

async fn ended(carrier: &impl Carrier, lane: impl Future<Output = LaneResult>) -> (CloseReason, Farewell) {
    match unless_closed(carrier, lane).await {
        Ok(never) => match never {},
        Err(reason) => with_farewell(reason),
    }
}

/// The outcome of a lane; if it failed because the connection is closed, that is told elsewhere.
async fn unless_closed<T>(
    carrier: &impl Carrier,
    lane: impl Future<Output = Result<T, CloseReason>>,
) -> Result<T, CloseReason> {
    let outcome = lane.await;
    if outcome.is_err() && carrier.connection().close_reason().is_some() {
        return pending().await;
    }
    outcome
}

/// Returns when the peer has left and what it sent before was read: it may overtake that.
async fn peer_left(carrier: &impl Carrier, reading: &Reading) -> CloseReason {
    let left = tokio::select! {
        farewell = carrier.farewell() => farewell,
        // Why is found out later.
        error = carrier.connection().closed() => CloseReason::Lost(error.to_string()),
    };
    // What its owner does not take cannot be waited for.
    let _ = timeout(LAST_WORDS, reading.done()).await;
    left
}

/// How finely silence is measured.
const SILENCE_STEPS: u32 = 10;

/// Ends the link when nothing came in for a while. QUIC's own timer starts anew when this end sends after a pause, and
/// would let a host that has much to say wait for a viewer that is gone for longer than it may.
async fn notice_silence(carrier: &impl Carrier, limit: Duration) -> LaneResult {
    let (mut seen, mut silent) = (carrier.signs_of_life(), 0);
    while silent < SILENCE_STEPS {
        sleep(limit / SILENCE_STEPS).await;
        let now = carrier.signs_of_life();
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
