//! How often something is reported: at once as long as it is rare, at a steady pace when it is not.

use std::time::Duration;

use media::Timestamp;
use smithay::reexports::calloop::timer::{TimeoutAction, Timer};

use crate::clock;
use crate::wayland::State;

/// A few reports at once, and after those one every `gap`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    gap: Duration,
    burst: u32,
    /// When there would be room for all of a burst.
    settled: Timestamp,
}

impl Pace {
    pub(in crate::wayland) const fn new(burst: u32, gap: Duration) -> Self {
        Self { gap, burst, settled: Timestamp(0) }
    }

    /// Takes the room for one report; else says how long to wait for it.
    pub(in crate::wayland) fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        let settled = self.settled.max(now);
        let ahead = settled.since(now) + self.gap;
        let most = self.gap * self.burst;
        if ahead > most {
            return Err(ahead - most);
        }
        self.settled = settled + self.gap;
        Ok(())
    }
}

/// What is reported late wakes the loop, whose turn then ends with the report.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    at: Option<Timestamp>,
}

impl State {
    /// Has the loop turn once more after `wait` for reports that had no room now.
    pub(in crate::wayland) fn report_later(&mut self, wait: Duration) {
        let at = clock::now() + wait;
        if self.alarm.at.is_some_and(|earlier| earlier <= at) {
            return;
        }
        let inserted = self.events.insert_source(Timer::from_duration(wait), |_, (), state| {
            state.alarm.at = None;
            TimeoutAction::Drop
        });
        match inserted {
            Ok(_) => self.alarm.at = Some(at),
            Err(error) => tracing::warn!(%error, "what apps say cannot be reported in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_in_each_gap() {
        let mut pace = Pace::new(3, Duration::from_millis(10));
        let start = Timestamp(1_000_000);
        let taken = |pace: &mut Pace, at| (0..10).filter(|_| pace.take(at).is_ok()).count();
        assert_eq!(taken(&mut pace, start), 3);
        assert_eq!(pace.take(start), Err(Duration::from_millis(10)));
        assert_eq!(taken(&mut pace, start + Duration::from_millis(10)), 1);
        assert_eq!(taken(&mut pace, start + Duration::from_millis(35)), 2);
        assert_eq!(
            taken(&mut pace, start + Duration::from_secs(9)),
            3,
            "rest brings back no more than a burst"
        );
    }
}
