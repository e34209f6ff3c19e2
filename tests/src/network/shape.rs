//! What a network does to packets, as a calculation without clocks.

use std::time::{Duration, Instant};

/// What a network is like, the same in each direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// How long a packet travels.
    pub delay: Duration,
    /// Bits per second, headers of IP included; `None`: no limit.
    pub rate: Option<u64>,
    /// The share of packets that are lost, 0 to 1.
    pub loss: f64,
    /// The longest that a packet waits for those before it: a router's queue.
    pub queue: Duration,
    /// Whether nothing passes at all.
    pub cut: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self { delay: Duration::ZERO, rate: None, loss: 0.0, queue: Duration::from_millis(200), cut: false }
    }
}

/// One direction: packets leave one after the other at the rate, then travel for the delay.
#[derive(Debug)]
pub struct Wire {
    shape: Shape,
    free_at: Option<Instant>,
    newest: Option<Instant>,
    random: u64,
}

impl Wire {
    /// A wire whose losses follow from `seed` alone.
    pub fn new(shape: Shape, seed: u64) -> Self {
        Self { shape, free_at: None, newest: None, random: seed | 1 }
    }

    /// The wire is another from now on, for packets that come.
    pub fn reshape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// When a packet that comes `now` arrives; `None` if it never does.
    pub fn carry(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let Shape { delay, rate, loss, queue, cut } = self.shape;
        if cut || self.draw() < loss {
            return None;
        }
        let begins = self.free_at.filter(|free| *free > now).unwrap_or(now);
        if begins.duration_since(now) > queue {
            return None;
        }
        let takes = rate.map_or(Duration::ZERO, |rate| {
            Duration::from_nanos((bytes as u64).saturating_mul(8_000_000_000) / rate.max(1))
        });
        self.free_at = Some(begins + takes);
        let arrives = begins + takes + delay;
        // A wire does not reorder, also when its delay shrinks.
        let arrives = self.newest.map_or(arrives, |newest| newest.max(arrives));
        self.newest = Some(arrives);
        Some(arrives)
    }

    /// The next number in [0, 1) of a xorshift generator: the same losses in every run with the same packets.
    fn draw(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn packets_queue_at_the_rate_and_then_travel() {
        let now = Instant::now();
        let mut wire = Wire::new(Shape { delay: 40 * MS, rate: Some(8_000_000), ..Shape::default() }, 1);
        assert_eq!(wire.carry(now, 1000), Some(now + 41 * MS));
        assert_eq!(wire.carry(now, 1000), Some(now + 42 * MS));
        assert_eq!(wire.carry(now + 10 * MS, 1000), Some(now + 51 * MS));
    }

    #[test]
    fn a_full_queue_drops_and_empties_again() {
        let now = Instant::now();
        let mut wire = Wire::new(Shape { rate: Some(8000), queue: 2000 * MS, ..Shape::default() }, 1);
        let carried = (0..10).filter(|_| wire.carry(now, 1000).is_some()).count();
        assert_eq!(carried, 3, "one under way and two seconds' worth behind it");
        assert!(wire.carry(now + 1000 * MS, 1000).is_some());
    }

    #[test]
    fn losses_are_as_frequent_as_asked_and_the_same_in_every_run() {
        let now = Instant::now();
        let lost = |seed| {
            let mut wire = Wire::new(Shape { loss: 0.02, ..Shape::default() }, seed);
            (0..10_000).filter(|_| wire.carry(now, 100).is_none()).count()
        };
        assert!((150..250).contains(&lost(7)), "{}", lost(7));
        assert_eq!(lost(7), lost(7));
    }

    #[test]
    fn nothing_passes_a_cut_and_order_is_kept_when_the_way_gets_shorter() {
        let now = Instant::now();
        let mut wire = Wire::new(Shape { delay: 50 * MS, ..Shape::default() }, 1);
        let first = wire.carry(now, 100).expect("passes");
        wire.reshape(Shape { cut: true, ..Shape::default() });
        assert_eq!(wire.carry(now, 100), None);
        wire.reshape(Shape::default());
        assert_eq!(wire.carry(now, 100), Some(first));
    }
}
