//! Whether the other end lives and how far it is: what was asked, what was heard, and when.

use std::{
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};

use super::frame::MAX_CONTROL;
use crate::stats::{LinkStats, Probe};

/// The numbers beside the lanes'. A question holds what its asker knows of the round trip, in microseconds, 4
/// bytes, big-endian, 0 if nothing; an answer holds nothing.
pub(super) const QUESTION: u8 = 255;
pub(super) const ANSWER: u8 = 254;

/// The number of what follows a message that nothing else follows, and holds nothing. TCP notices a lost
/// packet by what arrives after it (RACK, RFC 8985); a last one that is lost it repeats only after 200 ms
/// more than two round trips.
pub(super) const FOLLOWER: u8 = 253;

/// The length of a question, the longest of the messages that are not of a lane.
pub(super) const MAX_PULSE: usize = 4;

/// What reader and writer of one link tell each other, and the link's figures.
pub(super) struct Pulse {
    peer: Option<SocketAddr>,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    /// When anything came in last.
    heard: watch::Sender<Instant>,
    /// When the question was sent that was not answered yet.
    asked: watch::Sender<Option<Instant>>,
    known: Mutex<Known>,
    /// Wakes the writer.
    wanted: Notify,
}

#[derive(Default)]
struct Known {
    round_trip: Option<Duration>,
    due: Due,
}

/// What the writer owes besides messages. Each of a kind replaces the one before, so it cannot grow.
#[derive(Default)]
pub(super) struct Due {
    pub(super) question: bool,
    pub(super) answer: bool,
    pub(super) pong: Option<Vec<u8>>,
}

impl Pulse {
    /// Of a connection that was just made.
    pub(super) fn new(peer: Option<SocketAddr>) -> Self {
        Self {
            peer,
            sent_bytes: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            heard: watch::Sender::new(Instant::now()),
            asked: watch::Sender::new(None),
            known: Mutex::default(),
            wanted: Notify::new(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.heard.send_replace(Instant::now());
    }

    /// A first guess, until a question is answered.
    pub(super) fn guess_round_trip(&self, round_trip: Duration) {
        self.known().round_trip.get_or_insert(round_trip);
    }

    /// The other end asks, and tells what it knows.
    pub(super) fn was_asked(&self, message: &[u8]) {
        let told = message.try_into().map_or(0, u32::from_be_bytes);
        let mut known = self.known();
        known.due.answer = true;
        if told != 0 && self.asked.borrow().is_none() {
            known.round_trip = Some(Duration::from_micros(told.into()));
        }
        self.wanted.notify_one();
    }

    /// The other end answers.
    pub(super) fn was_answered(&self) {
        if let Some(asked) = self.asked.send_replace(None) {
            self.known().round_trip = Some(asked.elapsed());
        }
    }

    /// The other end pings, which is WebSocket's own question.
    pub(super) fn was_pinged(&self, payload: Vec<u8>) {
        debug_assert!(payload.len() as u64 <= MAX_CONTROL);
        self.known().due.pong = Some(payload);
        self.wanted.notify_one();
    }

    /// Has the writer ask.
    pub(super) fn ask(&self) {
        self.known().due.question = true;
        self.wanted.notify_one();
    }

    /// Waits until a question was sent and answered.
    pub(super) async fn answered(&self) {
        let mut asked = self.asked.subscribe();
        // The channel lives as long as this.
        let _ = asked.wait_for(Option::is_some).await;
        let _ = asked.wait_for(Option::is_none).await;
    }

    /// Takes what the writer owes.
    pub(super) fn due(&self) -> Due {
        std::mem::take(&mut self.known().due)
    }

    /// Waits until the writer may owe something.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// The question that is to be sent now; `None` while another waits for its answer.
    pub(super) fn question(&self) -> Option<[u8; 4]> {
        let first = self.asked.send_if_modified(|asked| {
            let first = asked.is_none();
            *asked = asked.or_else(|| Some(Instant::now()));
            first
        });
        let micros = self.known().round_trip.unwrap_or_default().as_micros();
        first.then(|| u32::try_from(micros).unwrap_or(u32::MAX).to_be_bytes())
    }

    /// When anything came in last.
    pub(super) fn heard(&self) -> Instant {
        *self.heard.borrow()
    }

    /// The round trip as far as it is known.
    pub(super) fn round_trip(&self) -> Duration {
        self.known().round_trip.unwrap_or_default()
    }

    /// Asks, and returns once the question is out: it waits behind what is under way already.
    pub(super) async fn ask_now(&self) {
        let mut asked = self.asked.subscribe();
        self.ask();
        // The channel lives as long as this.
        let _ = asked.wait_for(Option::is_some).await;
    }
}

/// The figures of a link over WebSocket. TCP keeps those of packets and congestion to itself.
impl Probe for std::sync::Arc<Pulse> {
    fn stats(&self) -> LinkStats {
        LinkStats {
            transport: "websocket",
            rtt: self.known().round_trip.unwrap_or_default(),
            sent_bytes: self.sent_bytes.load(Ordering::Relaxed),
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
            peer: self.peer,
            ..LinkStats::default()
        }
    }
}
