//! A histogram of durations with logarithmic buckets: small, of fixed size, right to about 6 %.

use std::time::Duration;

/// Buckets of each doubling.
const STEPS: usize = 8;
/// Doublings of a microsecond that are told apart: up to two minutes.
const OCTAVES: usize = 27;

/// How often which duration was seen.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: Box<[u32]>,
    count: u64,
    largest: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: vec![0; STEPS * OCTAVES].into(), count: 0, largest: Duration::ZERO }
    }
}

impl Histogram {
    /// Counts a duration.
    pub fn record(&mut self, duration: Duration) {
        let bucket = &mut self.buckets[bucket_of(duration)];
        *bucket = bucket.saturating_add(1);
        self.count += 1;
        self.largest = self.largest.max(duration);
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The duration that `share` (0 to 1) of all do not exceed; `None` if none was counted.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let wanted = ((self.count as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.buckets.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        })?;
        Some(middle_of(bucket).min(self.largest))
    }

    /// The usual three percentiles; `None` if nothing was counted.
    pub fn summary(&self) -> Option<Summary> {
        Some(Summary {
            count: self.count,
            p50: self.quantile(0.50)?,
            p95: self.quantile(0.95)?,
            p99: self.quantile(0.99)?,
            max: self.largest,
        })
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buckets.fill(0);
        self.count = 0;
        self.largest = Duration::ZERO;
    }
}

/// What a [`Histogram`] says in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many durations.
    pub count: u64,
    /// Half were not longer.
    pub p50: Duration,
    /// 95 % were not longer.
    pub p95: Duration,
    /// 99 % were not longer.
    pub p99: Duration,
    /// None was longer.
    pub max: Duration,
}

fn bucket_of(duration: Duration) -> usize {
    let micros = (duration.as_micros().max(1) as f64).log2() * STEPS as f64;
    (micros as usize).min(STEPS * OCTAVES - 1)
}

fn middle_of(bucket: usize) -> Duration {
    let micros = 2f64.powf((bucket as f64 + 0.5) / STEPS as f64);
    Duration::from_micros(micros.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_a_few_percent() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.summary(), None);
        for micros in 1..=10_000 {
            histogram.record(Duration::from_micros(micros));
        }
        let summary = histogram.summary().expect("counted");
        for (got, expected) in [(summary.p50, 5000.0), (summary.p95, 9500.0), (summary.p99, 9900.0)] {
            let error = got.as_micros() as f64 / expected - 1.0;
            assert!(error.abs() < 0.07, "{got:?} for {expected} µs");
        }
        assert_eq!((summary.count, summary.max), (10_000, Duration::from_millis(10)));
    }

    #[test]
    fn the_ends_of_the_range_are_counted() {
        let mut histogram = Histogram::default();
        histogram.record(Duration::ZERO);
        histogram.record(Duration::MAX);
        assert_eq!(histogram.count(), 2);
        assert!(histogram.quantile(1.0).is_some());
        histogram.clear();
        assert_eq!(histogram.quantile(0.5), None);
    }
}
