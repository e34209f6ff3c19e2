//! The machine's clocks: the one place where they are read.
//!
//! It is for the edges of the program. What decides, in `session` and elsewhere, takes the time as a
//! parameter.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

use std::time::{Duration, SystemTime};

use media::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// Now, in microseconds of `CLOCK_MONOTONIC`: all processes of a machine agree on it, and it never goes back.
pub fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Monotonic);
    let micros = time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1000);
    // This clock starts at zero.
    Timestamp(u64::try_from(micros).unwrap_or(0))
}

/// A moment on the wall clock, in whole seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub u64);

impl UnixSeconds {
    /// What the machine's clock says.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(since.as_secs())
    }

    /// This moment and `later` on.
    pub fn after(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn it_never_goes_back_and_runs_as_the_standard_library_s_does() {
        let (before, started) = (now(), Instant::now());
        let mut last = before;
        while started.elapsed() < Duration::from_millis(2) {
            let next = now();
            assert!(next >= last);
            last = next;
        }
        assert!(last.since(before) >= Duration::from_millis(1), "{last} after {before}");
    }
}
