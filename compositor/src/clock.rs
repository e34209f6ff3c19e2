//! The host's clock: microseconds of `CLOCK_MONOTONIC`, as all host crates use it.

use media::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// The instant now.
pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Monotonic);
    let micros = i128::from(time.tv_sec) * 1_000_000 + i128::from(time.tv_nsec) / 1_000;
    Timestamp(u64::try_from(micros).unwrap_or(0))
}
