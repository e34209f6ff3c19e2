//! The offset between the viewer's clock and the host's, from pings.
//!
//! The answer that came back fastest says best how the clocks stand. Pings go out when a link begins and
//! every [`INTERVAL`] while pictures come, and every [`HOLDING`] while a key is held down; a link at rest is
//! silent.

use std::{collections::VecDeque, time::Duration};

use media::Timestamp;

use crate::held::HOLDING;

/// Between two pings while the link is in use.
const INTERVAL: Duration = Duration::from_secs(5);
/// The first pings of a link follow each other sooner.
const FIRST: Duration = Duration::from_millis(150);
/// How many of them.
const FIRST_PINGS: u32 = 3;
/// How many answers are compared.
const MAX_SAMPLES: usize = 8;

/// How the clocks stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    samples: VecDeque<Sample>,
    /// From the greeting, until the first answer.
    guess: i64,
    pings: u32,
    last_ping: Option<Timestamp>,
    used: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    round_trip: Duration,
    /// Host's clock minus viewer's, in microseconds.
    offset: i64,
}

impl Clock {
    /// A link begins: the host said what time it is.
    pub(crate) fn begin(&mut self, now: Timestamp, host: Timestamp) {
        *self = Self { guess: difference(host, now), ..Self::default() };
    }

    /// Something came: the link is in use.
    pub(crate) fn touch(&mut self) {
        self.used = true;
    }

    /// An answer came.
    pub(crate) fn pong(&mut self, now: Timestamp, viewer: Timestamp, host: Timestamp) {
        if viewer > now {
            return;
        }
        let round_trip = now.since(viewer);
        let middle = viewer + round_trip / 2;
        if self.samples.len() >= MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(Sample { round_trip, offset: difference(host, middle) });
    }

    /// When the next ping is due, if the link is in use. `holding`: whether a key is down that apps repeat.
    pub(crate) fn timeout(&self, holding: bool) -> Option<Timestamp> {
        match self.last_ping {
            None => Some(Timestamp(0)),
            Some(last) if self.pings < FIRST_PINGS => Some(last + FIRST),
            Some(last) if holding => Some(last + HOLDING),
            Some(last) => self.used.then_some(last + INTERVAL),
        }
    }

    /// Whether a ping goes now; notes that it went.
    pub(crate) fn due(&mut self, now: Timestamp, holding: bool) -> bool {
        let due = self.timeout(holding).is_some_and(|due| due <= now);
        if due {
            self.pings += 1;
            self.last_ping = Some(now);
            self.used = false;
        }
        due
    }

    /// The least round trip of the newest answers.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.best().map(|sample| sample.round_trip)
    }

    /// A host's time on the viewer's clock.
    pub(crate) fn to_viewer(&self, host: Timestamp) -> Timestamp {
        Timestamp(host.0.saturating_add_signed(self.offset().saturating_neg()))
    }

    /// Host's clock minus viewer's, in microseconds.
    pub(crate) fn offset(&self) -> i64 {
        self.best().map_or(self.guess, |sample| sample.offset)
    }

    fn best(&self) -> Option<&Sample> {
        self.samples.iter().min_by_key(|sample| sample.round_trip)
    }
}

fn difference(a: Timestamp, b: Timestamp) -> i64 {
    i64::try_from(i128::from(a.0) - i128::from(b.0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_answer_decides() {
        let mut clock = Clock::default();
        clock.begin(Timestamp(1_000), Timestamp(900_000));
        // True offset: 1_000_000. One slow way back, one even answer.
        clock.pong(Timestamp(70_000), Timestamp(10_000), Timestamp(1_020_000));
        clock.pong(Timestamp(120_000), Timestamp(100_000), Timestamp(1_110_000));
        assert_eq!(clock.offset(), 1_000_000);
        assert_eq!(clock.round_trip(), Some(Duration::from_millis(20)));
        assert_eq!(clock.to_viewer(Timestamp(1_500_000)), Timestamp(500_000));
    }

    #[test]
    fn a_link_at_rest_is_silent() {
        let mut clock = Clock::default();
        clock.begin(Timestamp(0), Timestamp(0));
        let mut now = Timestamp(0);
        for _ in 0..FIRST_PINGS {
            now = clock.timeout(false).expect("the first pings").max(now);
            assert!(clock.due(now, false));
        }
        assert_eq!(clock.timeout(false), None);
        clock.touch();
        assert_eq!(clock.timeout(false), Some(now + INTERVAL));
    }
}
