//! One viewer's link: a rate that changes, a delay, loss. What waits at the sender goes by priority; what was
//! lost is sent once more a round trip later, so updates overtake one another.

use std::time::Duration;

use media::Timestamp;

/// Bytes of one packet.
const PACKET: usize = 1200;

/// How a link behaves.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// Bits per second, each from its instant on.
    pub(crate) rates: Vec<(Timestamp, u64)>,
    /// From one end to the other.
    pub(crate) delay: Duration,
    /// Of a packet, or of a datagram in the other direction.
    pub(crate) loss: f64,
}

impl Profile {
    pub(crate) fn lan() -> Self {
        Self::steady(1_000_000_000, Duration::from_micros(200))
    }

    pub(crate) fn steady(rate: u64, delay: Duration) -> Self {
        Self { rates: vec![(Timestamp(0), rate)], delay, loss: 0.0 }
    }

    pub(crate) fn with_loss(self, loss: f64) -> Self {
        Self { loss, ..self }
    }

    pub(crate) fn then(mut self, at: Timestamp, rate: u64) -> Self {
        self.rates.push((at, rate));
        self
    }

    fn rate(&self, now: Timestamp) -> u64 {
        self.rates.iter().rev().find(|(from, _)| *from <= now).map_or(0, |(_, rate)| *rate)
    }
}

/// The way down.
#[derive(Debug)]
pub(crate) struct Link<T> {
    pub(crate) profile: Profile,
    waiting: Vec<Waiting<T>>,
    busy: bool,
    pub(crate) bytes: u64,
    order: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    priority: i32,
    order: u64,
    left: usize,
    late: Duration,
    item: Option<T>,
}

/// What a link does next.
pub(crate) enum Step<T> {
    /// Nothing waits.
    Idle,
    /// Busy until then; what has left whole by then arrives at its own time.
    Busy { until: Timestamp, arrived: Option<(Timestamp, T)> },
}

impl<T> Link<T> {
    pub(crate) fn new(profile: Profile) -> Self {
        Self { profile, waiting: Vec::new(), busy: false, bytes: 0, order: 0 }
    }

    /// Queues something; says whether the link was idle and must be stepped.
    pub(crate) fn push(&mut self, bytes: usize, priority: i32, item: T) -> bool {
        self.order += 1;
        self.bytes += bytes as u64;
        let waiting = Waiting {
            priority,
            order: self.order,
            left: bytes.max(1),
            late: Duration::ZERO,
            item: Some(item),
        };
        self.waiting.push(waiting);
        !std::mem::replace(&mut self.busy, true)
    }

    /// Sends one packet.
    pub(crate) fn step(&mut self, now: Timestamp, random: &mut impl FnMut() -> f64) -> Step<T> {
        let first = self.waiting.iter_mut().max_by_key(|w| (w.priority, std::cmp::Reverse(w.order)));
        let Some(first) = first else {
            self.busy = false;
            return Step::Idle;
        };
        let bytes = first.left.min(PACKET);
        first.left -= bytes;
        if random() < self.profile.loss {
            first.late = first.late.max(self.profile.delay * 2 + Duration::from_millis(10));
        }
        let time = bytes as u64 * 8 * 1_000_000 / self.profile.rate(now).max(1);
        let until = now + Duration::from_micros(time.max(1));
        let mut arrived = None;
        if first.left == 0 {
            let at = until + self.profile.delay + first.late;
            arrived = first.item.take().map(|item| (at, item));
            self.waiting.retain(|w| w.item.is_some());
        }
        Step::Busy { until, arrived }
    }

    /// The link is cut: what waits is lost.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
