//! How much one viewer's link takes, learnt from feedback alone.
//!
//! In the spirit of BBR: the rate is the largest at which bytes were confirmed lately, the round trip the
//! least time from sending an update to its feedback, and so many bytes may be under way as fill the path at
//! that rate, and a little more, by which a faster path is found. What differs is the grain: updates, not
//! packets. So a lone picture is judged by how much longer it took than the least round trip, and delay
//! beyond what the estimate explains, seen twice or still growing, lowers the estimate at once.
//!
//! Invariants: `outstanding` is the sum of what `sent` holds; `sent` is bounded by [`MAX_UPDATES`]; lost
//! feedback never stops the sender for longer than the time-out.

use std::{collections::VecDeque, time::Duration};

use media::{Timestamp, TrackId, UpdateId};
use protocol::feedback::Feedback;

use super::filter::{Largest, Least};

/// What is assumed of a link before anything was measured, in bytes a second.
const UNKNOWN_RATE: u64 = 10_000_000 / 8;
/// The least and the largest rate that is believed, in bytes a second.
const RATES: (u64, u64) = (4_000, 1_250_000_000);
/// Bytes that may be under way before anything was measured: one picture of a window goes at once.
const FIRST_WINDOW: usize = 64 << 10;
/// The least and the largest extra bytes under way, whatever the path holds.
const FLOORS: (usize, usize) = (4 << 10, 32 << 10);
/// How long at the estimated rate the extra bytes take.
const FLOOR_TIME: Duration = Duration::from_millis(40);
/// The largest window in bytes.
const MAX_WINDOW: usize = 8 << 20;
/// The most updates under way.
const MAX_UPDATES: usize = 512;
/// Bytes that an update costs on top of its content.
const OVERHEAD: usize = 100;
/// Delay that means nothing: scheduling, timers, retransmission of one packet on a short path.
const JITTER: Duration = Duration::from_millis(20);
/// Updates in a row that must be late before the estimate is lowered for good.
const LATE_IN_A_ROW: u32 = 2;
/// Fewer bytes than these say nothing about a rate by being late.
const LEAST_EVIDENCE: usize = 4 << 10;
/// An update that finds the link free tells its rate from this size on.
const MIN_ALONE: usize = 2 << 10;
/// Delays are not measured more finely.
const RESOLUTION: Duration = Duration::from_millis(3);
/// The least time-out.
const LEAST_TIMEOUT: Duration = Duration::from_secs(1);
/// The longest time-out that repeated time-outs lead to.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(8);
/// How long the fastest that was measured is remembered, for [`Rate::peak`].
const PEAK_WINDOW: Duration = Duration::from_secs(30);
/// Rounds without growth after which the path counts as full.
const FLAT_ROUNDS: u32 = 3;

/// One viewer's link.
#[derive(Clone, Debug)]
pub(crate) struct Rate {
    sent: VecDeque<Sent>,
    outstanding: usize,
    delivered: u64,
    /// When the newest confirmed update was confirmed, arrived at the viewer (its clock), and had been sent.
    newest: Option<Confirmed>,
    rate: Largest,
    /// The fastest for long, whatever made the estimate fall meanwhile. An update's own time at the estimate
    /// would be far too long when that is too low; the round trip would then seem shorter than it is,
    /// everything late, and the estimate would never rise again.
    peak: Largest,
    round_trip: Least,
    smoothed: Option<Duration>,
    phase: Phase,
    /// Samples of updates sent before this many bytes are delivered say nothing about the link's limit.
    idle_until: u64,
    /// Feedbacks in a row that were later than the estimate explains.
    late: u32,
    progress: Timestamp,
    timeouts: u32,
    /// When all that was sent has left, as the estimate foresees.
    free_at: Timestamp,
}

/// What the control is after.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Growing fast, since the path's limit has not been seen.
    Search {
        /// The rate that the next round is measured against.
        reached: u64,
        /// Rounds without growth.
        flat: u32,
        /// The round ends when this much is delivered.
        round_end: u64,
    },
    /// Near the limit, trying a little more all the time.
    Steady,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    track: TrackId,
    id: UpdateId,
    bytes: usize,
    at: Timestamp,
    /// Bytes that the link has still to take before it has taken this, by the estimate; itself included.
    backlog: usize,
    delivered: u64,
    newest: Option<Confirmed>,
    /// Whether the sender had nothing more to send around then.
    idle: bool,
}

#[derive(Clone, Copy, Debug)]
struct Confirmed {
    /// Whether nothing that was sent before it was still under way: else what it overtook has left in part,
    /// and the bytes that follow came sooner than they left.
    clean: bool,
    at: Timestamp,
    arrived: Timestamp,
    sent: Timestamp,
}

impl Rate {
    /// A new link, whose transport may have measured its round trip.
    pub(crate) fn new(now: Timestamp, round_trip: Option<Duration>) -> Self {
        let mut least = Least::new(Duration::from_secs(10));
        if let Some(round_trip) = round_trip {
            least.add(now, round_trip);
        }
        Self {
            sent: VecDeque::new(),
            outstanding: 0,
            delivered: 0,
            newest: None,
            rate: Largest::default(),
            peak: Largest::default(),
            round_trip: least,
            smoothed: None,
            phase: Phase::Search { reached: 0, flat: 0, round_end: 0 },
            idle_until: 0,
            late: 0,
            progress: now,
            timeouts: 0,
            free_at: now,
        }
    }

    /// An update was handed to the link.
    pub(crate) fn sent(&mut self, now: Timestamp, track: TrackId, id: UpdateId, content: usize) {
        let bytes = content + OVERHEAD;
        if self.outstanding == 0 {
            self.progress = now;
            self.newest = None;
        }
        let rate = self.rate.get().unwrap_or(UNKNOWN_RATE);
        self.free_at = self.free_at.max(now) + time_of(bytes, rate);
        self.outstanding += bytes;
        self.sent.push_back(Sent {
            track,
            id,
            bytes,
            at: now,
            backlog: bytes_in(rate, self.free_at.since(now)).clamp(bytes, self.outstanding),
            delivered: self.delivered,
            newest: self.newest,
            idle: self.delivered < self.idle_until,
        });
        while self.sent.len() > MAX_UPDATES {
            self.drop_oldest();
        }
    }

    /// The viewer confirmed an update, and with it all earlier ones of its track.
    pub(crate) fn feedback(&mut self, now: Timestamp, feedback: &Feedback) {
        let mut newest: Option<Sent> = None;
        let mut bytes = 0;
        self.sent.retain(|sent| {
            let confirmed = sent.track == feedback.track && sent.id <= feedback.update;
            if confirmed {
                bytes += sent.bytes;
                newest = Some(*sent);
            }
            !confirmed
        });
        let Some(newest) = newest else { return };
        self.outstanding -= bytes;
        self.delivered += bytes as u64;
        self.progress = now;
        self.timeouts = 0;
        let clean = self.sent.front().is_none_or(|oldest| oldest.at >= newest.at);
        if newest.id == feedback.update {
            self.learn(now, feedback, newest, clean);
        }
        let (arrived, sent) = (feedback.received_at, newest.at);
        self.newest = Some(Confirmed { clean, at: now, arrived, sent });
    }

    /// The transport measured a round trip of its own.
    pub(crate) fn measured(&mut self, now: Timestamp, round_trip: Duration) {
        self.round_trip.add(now, round_trip);
    }

    /// All that was owed has been asked for and the window has room: what is sent until now says little about
    /// the link's limit.
    pub(crate) fn nothing_to_send(&mut self) {
        self.idle_until = self.delivered + self.outstanding.max(1) as u64;
    }

    /// The updates of a track that is gone will hardly be confirmed.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        self.sent.retain(|sent| sent.track != track);
        self.outstanding = self.sent.iter().map(|sent| sent.bytes).sum();
    }

    /// Bytes under way.
    pub(crate) fn outstanding(&self) -> usize {
        self.outstanding
    }

    /// The least round trip known.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip.get()
    }

    /// Bits per second that the link takes.
    pub(crate) fn bitrate(&self, now: Timestamp) -> u64 {
        self.effective(now) * 8
    }

    /// How many bytes may be under way.
    pub(crate) fn window(&self, now: Timestamp) -> usize {
        if self.sent.len() >= MAX_UPDATES {
            return 0;
        }
        let rate = self.effective(now);
        let floor = bytes_in(rate, FLOOR_TIME).clamp(FLOORS.0, FLOORS.1);
        let Some(round_trip) = self.round_trip.get() else { return FIRST_WINDOW };
        let path = bytes_in(rate, round_trip);
        let (path, first) = match self.phase {
            Phase::Search { .. } if self.rate.get().is_none() => (path, FIRST_WINDOW),
            Phase::Search { .. } => (path * 2, 0),
            Phase::Steady => (path + path / 4, 0),
        };
        (path + floor).clamp(first, MAX_WINDOW)
    }

    /// When [`Rate::handle_timeout`] is due.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        (self.outstanding > 0).then(|| self.progress + self.patience())
    }

    /// Nothing was confirmed for long: what is under way is written off, so that the newest pixels get a
    /// chance.
    pub(crate) fn handle_timeout(&mut self, now: Timestamp) -> bool {
        if self.timeout().is_none_or(|due| now < due) {
            return false;
        }
        self.sent.clear();
        self.outstanding = 0;
        self.newest = None;
        self.timeouts += 1;
        self.progress = now;
        let rate = self.rate.get().unwrap_or(UNKNOWN_RATE) / 2;
        self.rate.reset(now, rate.clamp(RATES.0, RATES.1));
        self.phase = Phase::Steady;
        true
    }

    /// Whether the sum is right and the bound holds.
    pub(crate) fn is_consistent(&self) -> bool {
        self.outstanding == self.sent.iter().map(|sent| sent.bytes).sum::<usize>()
            && self.sent.len() <= MAX_UPDATES
            && self.rate.is_bounded()
            && self.peak.is_bounded()
    }

    fn learn(&mut self, now: Timestamp, feedback: &Feedback, sent: Sent, clean: bool) {
        // The viewer's own work is no property of the link. Its clock may lie; only its own link suffers.
        let shown = feedback.presented_at.unwrap_or(feedback.decoded_at).max(feedback.decoded_at);
        let held = shown.since(feedback.received_at);
        let took = now.since(sent.at);
        let took = took.saturating_sub(held).max(took / 4).max(Duration::from_micros(100));
        let before = self.round_trip.get();
        let own = self.peak.get().map_or(Duration::ZERO, |rate| time_of(sent.bytes, rate));
        self.round_trip.add(now, took.saturating_sub(own).max(took / 4));
        self.smoothed = Some(self.smoothed.map_or(took, |smoothed| (smoothed * 7 + took) / 8));
        let excess = took.saturating_sub(before.unwrap_or(took));

        let sample = self.sample(now, feedback, sent, excess, before.is_some());
        self.peak.add(now, sample, PEAK_WINDOW);
        let known = self.rate.get();
        // What overtook it took its time too.
        let carried = usize::try_from(self.delivered - sent.delivered).unwrap_or(usize::MAX);
        let carried = carried.max(sent.backlog);
        if self.is_late(carried, excess) {
            self.late += 1;
            self.phase = Phase::Steady;
        } else {
            self.late = 0;
        }
        if self.late >= LATE_IN_A_ROW {
            let most = per_second(carried.max(LEAST_EVIDENCE), excess);
            let lower = sample.clamp(most / 2, most);
            self.rate.reset(now, lower.clamp(RATES.0, known.unwrap_or(RATES.1)));
            return;
        }
        let clean = clean && sent.newest.is_none_or(|newest| newest.clean);
        if clean && (!sent.idle || known.is_none_or(|known| sample > known)) {
            let window = (self.smoothed.unwrap_or_default() * 8)
                .clamp(Duration::from_millis(250), Duration::from_secs(2));
            self.rate.add(now, sample, window);
        }
        self.advance_search(sent);
    }

    /// The rate at which bytes were confirmed around this update.
    fn sample(
        &self,
        now: Timestamp,
        feedback: &Feedback,
        sent: Sent,
        excess: Duration,
        known_before: bool,
    ) -> u64 {
        let delivered = usize::try_from(self.delivered - sent.delivered).unwrap_or(usize::MAX);
        let sample = match sent.newest {
            Some(newest) => {
                // Arrivals on the viewer's clock do not know the way back; a clock that stands is not
                // believed.
                let arrivals = feedback.received_at.since(newest.arrived);
                let here = now.since(newest.at);
                let interval = if arrivals > here / 2 { arrivals } else { here };
                per_second(delivered, interval.max(sent.at.since(newest.sent)))
            }
            None => per_second(delivered, now.since(sent.at)),
        };
        let alone = sent.backlog == sent.bytes && sent.bytes >= MIN_ALONE;
        let sample = match self.round_trip.get() {
            // The link was free, so it took this update's bytes in what exceeds the round trip; or faster,
            // where that is too little to be measured. The bound keeps a wrong round trip from doing harm.
            Some(round_trip) if alone && known_before => {
                let took = excess.max(RESOLUTION).max(round_trip / 8);
                let most = self.rate.get().map_or(RATES.1, |rate| rate * 2);
                sample.max(per_second(sent.bytes, took).min(most))
            }
            _ => sample,
        };
        sample.clamp(RATES.0, RATES.1)
    }

    /// Whether an update took so much longer than what was before it explains that not even the
    /// retransmission of a packet does.
    fn is_late(&self, carried: usize, excess: Duration) -> bool {
        let (Some(rate), Some(round_trip)) = (self.rate.get(), self.round_trip.get()) else { return false };
        excess > time_of(carried, rate) * 3 / 2 + JITTER + round_trip
    }

    fn advance_search(&mut self, sent: Sent) {
        let (Some(rate), Phase::Search { reached, flat, round_end }) = (self.rate.get(), self.phase) else {
            return;
        };
        if sent.idle || sent.delivered < round_end {
            return;
        }
        let round_end = self.delivered;
        self.phase = if rate > reached + reached / 4 {
            Phase::Search { reached: rate, flat: 0, round_end }
        } else if flat + 1 < FLAT_ROUNDS {
            Phase::Search { reached, flat: flat + 1, round_end }
        } else {
            Phase::Steady
        };
    }

    /// The estimate, lowered while the oldest update under way is later than it explains.
    fn effective(&self, now: Timestamp) -> u64 {
        let rate = self.rate.get().unwrap_or(UNKNOWN_RATE);
        let (Some(oldest), Some(round_trip)) = (self.sent.front(), self.round_trip.get()) else {
            return rate;
        };
        let excess = now.since(oldest.at).saturating_sub(round_trip);
        let carried = self.outstanding.max(oldest.backlog);
        if self.is_late(carried, excess) {
            per_second(carried.max(LEAST_EVIDENCE), excess).clamp(RATES.0, rate)
        } else {
            rate
        }
    }

    fn patience(&self) -> Duration {
        let round_trip = self.smoothed.or(self.round_trip.get()).unwrap_or_default();
        let drain = time_of(self.outstanding, self.rate.get().unwrap_or(UNKNOWN_RATE));
        let patience = (round_trip * 4 + drain).max(LEAST_TIMEOUT);
        (patience * 2u32.saturating_pow(self.timeouts)).min(LONGEST_TIMEOUT)
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.sent.pop_front() {
            self.outstanding -= oldest.bytes;
        }
    }
}

fn bytes_in(rate: u64, time: Duration) -> usize {
    let bytes = u128::from(rate) * time.as_micros() / 1_000_000;
    usize::try_from(bytes).unwrap_or(usize::MAX / 4).min(usize::MAX / 4)
}

fn time_of(bytes: usize, rate: u64) -> Duration {
    Duration::from_micros((bytes as u64).saturating_mul(1_000_000) / rate.max(1))
}

fn per_second(bytes: usize, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(100);
    (bytes as u64).saturating_mul(1_000_000) / micros
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: TrackId = TrackId(1);

    fn feedback(update: u64, at: Timestamp) -> Feedback {
        Feedback {
            track: TRACK,
            update: UpdateId(update),
            received_at: at,
            decoded_at: at,
            presented_at: None,
        }
    }

    #[test]
    fn a_later_feedback_stands_for_all_before_it() {
        let mut rate = Rate::new(Timestamp(0), None);
        for id in 1..=5 {
            rate.sent(Timestamp(id), TRACK, UpdateId(id), 1000);
        }
        rate.feedback(Timestamp(50_000), &feedback(4, Timestamp(25_000)));
        assert_eq!(rate.outstanding(), 1000 + OVERHEAD);
        rate.feedback(Timestamp(51_000), &feedback(3, Timestamp(26_000)));
        assert_eq!(rate.outstanding(), 1000 + OVERHEAD, "an old one changes nothing");
        assert!(rate.is_consistent());
    }

    #[test]
    fn silence_writes_off_what_is_under_way_and_each_time_later() {
        let mut rate = Rate::new(Timestamp(0), Some(Duration::from_millis(20)));
        let mut now = Timestamp(0);
        let mut waits = Vec::new();
        for id in 1..=4 {
            rate.sent(now, TRACK, UpdateId(id), 2000);
            let due = rate.timeout().expect("under way");
            assert!(!rate.handle_timeout(due - Duration::from_millis(1)));
            assert!(rate.handle_timeout(due));
            waits.push(due.since(now));
            now = due;
            assert_eq!(rate.outstanding(), 0);
            assert!(rate.window(now) >= FLOORS.0, "there is always room for the newest pixels");
        }
        assert!(waits[0] >= LEAST_TIMEOUT && waits.is_sorted() && waits[3] <= LONGEST_TIMEOUT, "{waits:?}");
    }

    /// A film over 10 Mbit/s and 80 ms, of which some seconds come late, as when packets of each picture are
    /// lost.
    #[test]
    fn an_estimate_that_fell_rises_again_and_leaves_the_round_trip_alone() {
        const TRIP: Duration = Duration::from_millis(80);
        let mut rate = Rate::new(Timestamp(0), Some(TRIP));
        let mut lowest = u64::MAX;
        for id in 1..=600 {
            let sent = Timestamp(id * 33_000);
            rate.sent(sent, TRACK, UpdateId(id), 10_000);
            let late = Duration::from_millis(if (100..160).contains(&id) { 250 } else { 0 });
            let arrived = sent + TRIP / 2 + Duration::from_millis(8) + late;
            let heard = arrived + TRIP / 2;
            rate.feedback(heard, &feedback(id, arrived));
            lowest = lowest.min(rate.bitrate(heard));
        }
        let end = Timestamp(600 * 33_000);
        assert!(lowest < 1_000_000, "it fell: {lowest}");
        assert!(rate.bitrate(end) > 5_000_000, "and rose: {}", rate.bitrate(end));
        assert!(rate.round_trip().is_some_and(|trip| trip >= TRIP * 9 / 10), "{:?}", rate.round_trip());
    }

    #[test]
    fn a_viewers_slow_decoder_is_no_slow_link() {
        let mut rate = Rate::new(Timestamp(0), Some(Duration::from_millis(10)));
        for id in 1..=20 {
            let now = Timestamp(id * 200_000);
            rate.sent(now, TRACK, UpdateId(id), 50_000);
            let (arrived, shown) = (now + Duration::from_millis(14), now + Duration::from_millis(114));
            let feedback = Feedback { decoded_at: shown, ..feedback(id, arrived) };
            rate.feedback(shown + Duration::from_millis(5), &feedback);
        }
        assert!(rate.bitrate(Timestamp(5_000_000)) > 10_000_000, "{}", rate.bitrate(Timestamp(5_000_000)));
    }
}
