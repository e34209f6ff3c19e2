//! The largest and the least of what was measured lately.

use std::{collections::VecDeque, time::Duration};

use media::Timestamp;

/// The most values kept: beyond, the newest value replaces the one before it.
const MAX_KEPT: usize = 32;

/// The largest of the newest values. Time passes only by new values, so that silence forgets nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Largest(VecDeque<(Timestamp, u64)>);

impl Largest {
    /// Adds a value and forgets those older than `window`.
    pub(crate) fn add(&mut self, now: Timestamp, value: u64, window: Duration) {
        while self.0.back().is_some_and(|(_, smaller)| *smaller <= value) {
            self.0.pop_back();
        }
        while self.0.len() >= MAX_KEPT {
            self.0.pop_back();
        }
        self.0.push_back((now, value));
        while self.0.len() > 1 && self.0.front().is_some_and(|(at, _)| now.since(*at) > window) {
            self.0.pop_front();
        }
    }

    /// Forgets all but this value.
    pub(crate) fn reset(&mut self, now: Timestamp, value: u64) {
        self.0.clear();
        self.0.push_back((now, value));
    }

    /// The largest, if anything was measured.
    pub(crate) fn get(&self) -> Option<u64> {
        self.0.front().map(|(_, value)| *value)
    }

    /// Whether the bound holds.
    pub(crate) fn is_bounded(&self) -> bool {
        self.0.len() <= MAX_KEPT
    }
}

/// The least duration of a window of time that moves on with new values only.
#[derive(Clone, Debug)]
pub(crate) struct Least {
    window: Duration,
    kept: VecDeque<(Timestamp, Duration)>,
}

impl Least {
    /// Over this window.
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, kept: VecDeque::new() }
    }

    /// Adds a value and forgets those that are too old.
    pub(crate) fn add(&mut self, now: Timestamp, value: Duration) {
        while self.kept.back().is_some_and(|(_, greater)| *greater >= value) {
            self.kept.pop_back();
        }
        while self.kept.len() >= MAX_KEPT {
            self.kept.pop_back();
        }
        self.kept.push_back((now, value));
        while self.kept.len() > 1 && self.kept.front().is_some_and(|(at, _)| now.since(*at) > self.window) {
            self.kept.pop_front();
        }
    }

    /// The least, if anything was measured.
    pub(crate) fn get(&self) -> Option<Duration> {
        self.kept.front().map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_lasts_for_the_window_and_through_silence() {
        let mut largest = Largest::default();
        let window = Duration::from_secs(1);
        largest.add(Timestamp(0), 9, window);
        largest.add(Timestamp(500_000), 5, window);
        assert_eq!(largest.get(), Some(9));
        largest.add(Timestamp(1_200_000), 4, window);
        assert_eq!(largest.get(), Some(5));
        largest.add(Timestamp(90_000_000), 1, window);
        assert_eq!(largest.get(), Some(1), "only the newest is left after a long silence");
    }

    #[test]
    fn the_least_follows_a_longer_path_after_the_window() {
        let mut least = Least::new(Duration::from_secs(10));
        least.add(Timestamp(0), Duration::from_millis(10));
        for second in 1..=10 {
            least.add(Timestamp(second * 1_000_000), Duration::from_millis(50));
            assert_eq!(least.get(), Some(Duration::from_millis(10)));
        }
        least.add(Timestamp(10_500_000), Duration::from_millis(51));
        assert_eq!(least.get(), Some(Duration::from_millis(50)));
    }
}
