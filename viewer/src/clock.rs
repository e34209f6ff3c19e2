//! The viewer's clock.

use media::Timestamp;
use rustix::time::{ClockId, clock_gettime};

/// Now, in microseconds of the machine's monotonic clock.
pub(crate) fn now() -> Timestamp {
    let time = clock_gettime(ClockId::Monotonic);
    let micros = time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_nsec / 1000);
    // The monotonic clock starts at zero and does not go back.
    Timestamp(u64::try_from(micros).unwrap_or(0))
}
