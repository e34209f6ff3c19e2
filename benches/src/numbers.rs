//! Percentiles, and how figures are written.

use std::time::Duration;

/// Durations, sorted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    /// The `percent`th percentile; zero without any.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).copied().unwrap_or_default()
    }

    /// The median.
    pub(crate) fn p50(&self) -> Duration {
        self.percentile(50)
    }

    /// What all but the slowest twentieth keep.
    pub(crate) fn p95(&self) -> Duration {
        self.percentile(95)
    }

    /// The greatest.
    pub(crate) fn max(&self) -> Duration {
        self.percentile(100)
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// `p50/p95 ms`
    pub(crate) fn text(&self) -> String {
        format!("{:.1}/{:.1} ms", ms(self.p50()), ms(self.p95()))
    }
}

impl FromIterator<Duration> for Sample {
    fn from_iter<I: IntoIterator<Item = Duration>>(durations: I) -> Self {
        let mut sorted: Vec<Duration> = durations.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted)
    }
}

/// Milliseconds.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Kilobits a second.
pub(crate) fn kbit(bytes: u64, within: Duration) -> f64 {
    bytes as f64 * 8.0 / 1000.0 / within.as_secs_f64()
}

/// How much of one core `used` is of `within`.
pub(crate) fn cores(used: Duration, within: Duration) -> f64 {
    used.as_secs_f64() / within.as_secs_f64()
}
