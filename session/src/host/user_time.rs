//! When a viewer's user did something, on the host's clock.
//!
//! Input that a link held up arrives in one go. Apps judge by the times of events: two clicks are a double
//! click or not, a press is a long one, a finger flings. So they are told when the user did it, not when the
//! host heard of it. Viewers have clocks of their own; the message that was quickest of late shows how far
//! one is off, as in the clock filter of NTP (RFC 5905, section 10).
//!
//! Invariants, whatever a viewer says: a time is never later than now, never before the one told before, and
//! never older than [`MAX_DELAY`].

use std::time::Duration;

use media::Timestamp;

/// How old input can be: a viewer sends again what it kept while its link was down, and keeps it so long.
const MAX_DELAY: Duration = Duration::from_secs(15);

/// How long the quickest message counts, at least; twice as long at most. Clocks drift by some 0.1 ms in a
/// second at worst.
const WINDOW: Duration = Duration::from_secs(60);

/// One viewer's clock against the host's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UserTime {
    /// The least that the host's clock was ahead of the viewer's when input came, in microseconds: in this
    /// window and in the one before.
    quickest: (Option<i64>, Option<i64>),
    since: Timestamp,
    newest: Timestamp,
}

impl UserTime {
    /// Input came that happened at `said` on the viewer's clock: when that was on the host's.
    pub(crate) fn of(&mut self, now: Timestamp, said: Timestamp) -> Timestamp {
        let ahead = now.0.wrapping_sub(said.0).cast_signed();
        if now.since(self.since) >= WINDOW {
            (self.quickest, self.since) = ((None, self.quickest.0), now);
        }
        let least = |known: Option<i64>| known.map_or(ahead, |known| known.min(ahead));
        self.quickest.0 = Some(least(self.quickest.0));
        let delay = ahead.saturating_sub(least(self.quickest.0).min(least(self.quickest.1)));
        let delay = Duration::from_micros(delay.unsigned_abs()).min(MAX_DELAY);
        self.newest = (now - delay).max(self.newest).min(now);
        self.newest
    }

    /// When the newest happened of which the host knows.
    pub(crate) fn newest(&self) -> Timestamp {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000;
    /// The host's clock began long before the viewer's.
    const AHEAD: u64 = 5_000 * SECOND;

    fn of(time: &mut UserTime, now: u64, said: u64) -> u64 {
        time.of(Timestamp(now), Timestamp(said)).0
    }

    #[test]
    fn what_comes_in_one_go_keeps_its_times() {
        let mut time = UserTime::default();
        assert_eq!(of(&mut time, AHEAD + SECOND, SECOND), AHEAD + SECOND);
        let late = AHEAD + 9 * SECOND;
        let clicks = [2, 4, 5, 8].map(|at| of(&mut time, late, at * SECOND));
        assert_eq!(clicks, [2, 4, 5, 8].map(|at| AHEAD + at * SECOND));
    }

    #[test]
    fn a_clock_that_drifts_is_followed() {
        let mut time = UserTime::default();
        for minute in 0..100 {
            // The viewer's clock loses 5 ms a minute: each message seems to be later than the last.
            let at = minute * 60 * SECOND;
            let told = of(&mut time, AHEAD + at, at - minute * 5_000);
            assert!(AHEAD + at - told <= 15_000, "{} µs", AHEAD + at - told);
        }
    }

    proptest! {
        #[test]
        fn times_grow_and_are_not_to_come(steps in prop::collection::vec((0..40 * SECOND, any::<u64>()), 1..80)) {
            let (mut time, mut now, mut before) = (UserTime::default(), 0, 0);
            for (passed, said) in steps {
                now += passed;
                let told = of(&mut time, now, said);
                prop_assert!(told <= now && told >= before);
                prop_assert!(now - told <= MAX_DELAY.as_micros() as u64);
                before = told;
            }
        }
    }
}
