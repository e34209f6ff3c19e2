//! The task that drives one link over one QUIC connection, the same for both ends.

use std::{
    convert::Infallible,
    future::pending,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use quinn::{Endpoint, RecvStream, SendStream, VarInt};
use tokio::time::{sleep_until, timeout, timeout_at};

use super::{
    lanes_in::{Reading, accept_streams, read_control, read_datagrams},
    lanes_out::{write_control, write_datagrams, write_input, write_updates},
    session::QuicSession,
};
use crate::{
    close::{CloseReason, Farewell},
    link::{
        Driver, End, Inbox, Outgoing, RequestReceiver,
        life::{FAREWELL_TIMEOUT, LastWords, Lifecycle},
    },
    liveness_probe::ProbeRequests,
    stats::{LinkStats, Probe},
};

/// The two halves of the control stream.
pub(crate) type ControlStream = (SendStream, RecvStream);

/// What a lane's loop returns: it never ends but for a reason.
pub(super) type LaneResult = Result<Infallible, CloseReason>;

/// The figures of a connection.
pub(super) struct ConnectionProbe<C>(pub(super) C);

impl<C: QuicSession> Probe for ConnectionProbe<C> {
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
    pub(super) session: C,
    pub(super) control: ControlStream,
    pub(super) driver: Driver<E>,
    /// The endpoint, if it serves this link alone: it moves to another socket when the network changes.
    pub(super) own_endpoint: Option<Endpoint>,
    /// After how much silence the other end counts as gone, for the reason given.
    pub(super) idle_timeout: Duration,
    /// Hears when the host asks whether its viewers are still there; `None` at the viewer's end.
    pub(super) probes: Option<ProbeRequests>,
}

impl<C: QuicSession, E: End> LinkTask<C, E> {
    /// Moves messages until the link ends.
    pub(super) async fn run(self) {
        let Self { session, control, driver, own_endpoint, idle_timeout, probes } = self;
        let (outgoing, inbox, requests, end) = driver.into_parts();
        let life = Lifecycle::new(Instant::now(), idle_timeout);
        let mut carrying = Carrying { session: &session, life, probes, idle_timeout };
        carrying.carry(control, outgoing, inbox, requests, own_endpoint.as_ref()).await;
        let life = carrying.life;
        let reason = life.reason().cloned().unwrap_or(CloseReason::Local);
        let farewell = match life.last_words() {
            LastWords::Say(farewell) => farewell,
            LastWords::Reply | LastWords::Nothing => reason.farewell(),
        };
        end.closed(reason);
        if let Some(until) = life.poll_timeout() {
            // Where this takes too long, the connection ends without a word.
            let _ = timeout_at(until.into(), session.close(&farewell)).await;
        }
        session.connection().close(VarInt::from_u32(farewell.code as u32), farewell.message.as_bytes());
        if let Some(endpoint) = own_endpoint {
            // Gives the farewell the time to leave the socket; the peer's silence is no reason to wait
            // longer.
            let _ = timeout(FAREWELL_TIMEOUT, endpoint.wait_idle()).await;
        }
        end.finished();
    }
}

/// A link whose messages move.
struct Carrying<'a, C> {
    session: &'a C,
    life: Lifecycle,
    probes: Option<ProbeRequests>,
    idle_timeout: Duration,
}

/// What happens to it.
enum Event {
    /// The handles want it closed.
    Asked((CloseReason, Farewell)),
    /// What must not be lost is out, or cannot get out.
    Drained(Result<(), CloseReason>),
    /// It cannot go on.
    Ended(CloseReason),
    /// The host wants to know at once whether its viewer lives.
    ProbeWanted,
    /// The viewer answered.
    Answered,
    /// Time has passed.
    Tick,
}

impl<C: QuicSession> Carrying<'_, C> {
    /// Moves messages as long as the link carries any. When this returns, nothing of the inbox is left here.
    async fn carry<E: End>(
        &mut self,
        (control_send, control_receive): ControlStream,
        outgoing: Outgoing,
        inbox: Inbox<E>,
        requests: RequestReceiver,
        own_endpoint: Option<&Endpoint>,
    ) {
        let session = self.session;
        let Outgoing { control, input, updates, unreliable } = outgoing;
        let (mut closing, mut network) = (requests.clone(), requests.clone());
        let reading = Reading::default();
        let mut drained = pin!(unless_closed(session, async {
            let control = write_control(control_send, control, requests.clone());
            let input = write_input(session, input, requests.clone());
            tokio::try_join!(control, input).map(|_| ())
        }));
        let mut ended = pin!(async {
            tokio::select! {
                reason = failure(session, read_control(control_receive, inbox.clone(), reading.begin())) => reason,
                reason = failure(session, accept_streams(session, inbox.clone(), &reading)) => reason,
                reason = failure(session, read_datagrams(session, inbox.clone())) => reason,
                reason = failure(session, write_updates(session, updates)) => reason,
                reason = failure(session, write_datagrams(session, unreliable)) => reason,
                reason = peer_left(session, &reading) => reason,
                never = session.beat() => match never {},
                never = follow_network(own_endpoint, &mut network) => match never {},
            }
        });
        let mut signs = SignsOfLife::new(session.signs_of_life(), self.idle_timeout);
        let mut answered = pin!(None);
        while self.life.carries() {
            let due = self.life.poll_timeout().map_or(signs.next, |due| due.min(signs.next));
            let event = tokio::select! {
                biased;
                asked = closing.close(), if self.life.is_open() => Event::Asked(asked),
                drained = &mut drained => Event::Drained(drained),
                reason = &mut ended => Event::Ended(reason),
                () = wanted(self.probes.as_mut()) => Event::ProbeWanted,
                () = once(answered.as_mut()) => Event::Answered,
                () = sleep_until(due.into()) => Event::Tick,
            };
            if matches!(event, Event::ProbeWanted) {
                answered.set(Some(session.answered()));
            }
            self.apply(event, &mut signs).await;
        }
    }

    async fn apply(&mut self, event: Event, signs: &mut SignsOfLife) {
        let now = Instant::now();
        if signs.look(self.session.signs_of_life(), now) {
            self.life.handle_heard(now);
        }
        match event {
            Event::Asked(asked) => self.life.handle_request(now, asked),
            Event::Drained(Ok(())) => self.life.handle_drained(now),
            Event::Drained(Err(reason)) | Event::Ended(reason) => {
                let local = reason == CloseReason::Local;
                let reason =
                    if local { reason } else { self.session.explain(reason, self.idle_timeout).await };
                self.life.handle_end(now, reason);
            }
            Event::ProbeWanted => {
                let round_trip = self.session.connection().rtt();
                self.life.handle_probe(now, C::PROBE_TIMEOUT, round_trip);
            }
            Event::Answered => self.life.handle_heard(now),
            Event::Tick => self.life.handle_timeout(now),
        }
    }
}

/// How finely silence is measured.
const SILENCE_STEPS: u32 = 10;

/// Looks now and then whether the other end showed that it lives. QUIC's own timer starts anew when this end
/// sends after a pause, and would let a host that has much to say wait for a viewer that is gone for longer
/// than it may.
struct SignsOfLife {
    seen: u64,
    every: Duration,
    next: Instant,
}

impl SignsOfLife {
    fn new(seen: u64, idle_timeout: Duration) -> Self {
        let every = idle_timeout / SILENCE_STEPS;
        Self { seen, every, next: Instant::now() + every }
    }

    /// Whether there was one since the last look.
    fn look(&mut self, signs: u64, now: Instant) -> bool {
        self.next = now + self.every;
        std::mem::replace(&mut self.seen, signs) != signs
    }
}

/// Waits until somebody wants to know whether the other end lives.
async fn wanted(probes: Option<&mut ProbeRequests>) {
    match probes {
        Some(probes) => probes.next().await,
        None => pending().await,
    }
}

/// Waits for a future that may not be there, and takes it out when it is done.
async fn once<F: Future<Output = ()>>(mut future: Pin<&mut Option<F>>) {
    match future.as_mut().as_pin_mut() {
        Some(running) => running.await,
        None => return pending().await,
    }
    future.set(None);
}

/// Why a lane ended; if it failed because the connection is closed, that is told elsewhere.
async fn failure(session: &impl QuicSession, lane: impl Future<Output = LaneResult>) -> CloseReason {
    match unless_closed(session, lane).await {
        Ok(never) => match never {},
        Err(reason) => reason,
    }
}

/// The outcome of a lane; if it failed because the connection is closed, that is told elsewhere.
async fn unless_closed<T>(
    session: &impl QuicSession,
    lane: impl Future<Output = Result<T, CloseReason>>,
) -> Result<T, CloseReason> {
    let outcome = lane.await;
    if outcome.is_err() && session.connection().close_reason().is_some() {
        return pending().await;
    }
    outcome
}

/// Returns when the peer has left and what it sent before was read: it may overtake that.
async fn peer_left(session: &impl QuicSession, reading: &Reading) -> CloseReason {
    let left = tokio::select! {
        farewell = session.farewell() => farewell,
        // Why is found out later.
        error = session.connection().closed() => CloseReason::Lost(error.to_string()),
    };
    // What its owner does not take cannot be waited for.
    let _ = timeout(FAREWELL_TIMEOUT, reading.done()).await;
    left
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
