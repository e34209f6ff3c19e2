//! When the next moving picture is due.

use std::time::Duration;

use rustix::time::Timespec;

/// A steady beat. One that was missed is not made up for.
#[derive(Debug, Default)]
pub(super) struct Ticker {
    next: Option<u64>,
}

impl Ticker {
    /// How long to wait from `now` (microseconds) until the next picture; `None`: for ever.
    pub(super) fn until_due(&mut self, interval: Option<Duration>, now: u64) -> Option<Timespec> {
        interval?;
        let wait = Duration::from_micros(self.next.get_or_insert(now).saturating_sub(now));
        Some(Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: i64::from(wait.subsec_nanos()) })
    }

    /// Whether the next picture is due at `now`; if so, the one after it is planned.
    pub(super) fn take_due(&mut self, interval: Option<Duration>, now: u64) -> bool {
        let Some(interval) = interval else {
            self.next = None;
            return false;
        };
        let next = *self.next.get_or_insert(now);
        if now < next {
            return false;
        }
        let interval = interval.as_micros() as u64;
        self.next = Some(if now - next > interval { now + interval } else { next + interval });
        true
    }
}
