//! How many strangers may stand at the door, and how often their neighbourhood may fail.
//!
//! A neighbourhood is what one attacker usually has: the /24 of an IPv4 address, the /56 of an IPv6 address. Memory is
//! bounded: when too many neighbourhoods have failed, the one whose failures are the oldest is forgotten.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use thiserror::Error;

/// The bounds of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLimits {
    /// The most strangers at once.
    pub strangers: usize,
    /// From how many strangers on a new one must prove its address first.
    pub busy: usize,
    /// The most strangers of one neighbourhood at once.
    pub strangers_of_prefix: usize,
    /// How often a neighbourhood may fail in a row.
    pub failures: u32,
    /// After how long one failure is forgiven.
    pub forgiven_after: Duration,
}

impl Default for GateLimits {
    fn default() -> Self {
        Self {
            strangers: 64,
            busy: 16,
            strangers_of_prefix: 16,
            failures: 20,
            forgiven_after: Duration::from_secs(3),
        }
    }
}

/// The most neighbourhoods whose failures are remembered.
const MAX_REMEMBERED: usize = 4096;

/// Why a stranger is not let up to the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TurnedAway {
    /// Too many stand there already.
    #[error("too many connections wait to be let in")]
    Crowded,
    /// Its neighbourhood failed too often of late.
    #[error("too many failed attempts from this address's neighbourhood; wait a minute")]
    Failures,
}

/// The gate. Clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    limits: GateLimits,
    crowd: Arc<Mutex<Crowd>>,
}

#[derive(Debug, Default)]
struct Crowd {
    strangers: usize,
    prefixes: HashMap<Prefix, Neighbourhood>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Neighbourhood {
    strangers: usize,
    failures: u32,
    /// When `failures` was last brought up to date; `None` if it never failed.
    counted_at: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Prefix {
    V4([u8; 3]),
    V6([u8; 7]),
}

impl Prefix {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Prefix::V4(*v4.octets().first_chunk().expect("4 bytes")),
            IpAddr::V6(v6) => Prefix::V6(*v6.octets().first_chunk().expect("16 bytes")),
        }
    }
}

/// One stranger's place at the door; given back when dropped.
#[derive(Debug)]
#[must_use = "a stranger counts only as long as its pass is kept"]
pub struct Pass {
    gate: Gate,
    prefix: Prefix,
}

impl Gate {
    /// Nobody stands at it.
    pub fn new(limits: GateLimits) -> Self {
        Self { limits, crowd: Arc::default() }
    }

    /// Lets a stranger up to it, if not too many stand there and its neighbours have not failed too often.
    pub fn approach(&self, address: IpAddr, now: Instant) -> Result<Pass, TurnedAway> {
        let prefix = Prefix::of(address);
        let mut crowd = self.crowd();
        let known = crowd.prefixes.get(&prefix).copied().unwrap_or_default().at(now, self.limits);
        if known.failures >= self.limits.failures {
            return Err(TurnedAway::Failures);
        }
        if crowd.strangers >= self.limits.strangers || known.strangers >= self.limits.strangers_of_prefix {
            return Err(TurnedAway::Crowded);
        }
        crowd.strangers += 1;
        crowd.prefixes.insert(prefix, Neighbourhood { strangers: known.strangers + 1, ..known });
        Ok(Pass { gate: self.clone(), prefix })
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.crowd().strangers >= self.limits.busy
    }

    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        // Nothing panics while it is held, and counters stay usable even if something did.
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// The stranger had no right to what it asked for.
    pub fn fail(&self, now: Instant) {
        let mut crowd = self.gate.crowd();
        if let Some(known) = crowd.prefixes.get_mut(&self.prefix) {
            let known_now = known.at(now, self.gate.limits);
            *known = Neighbourhood { failures: known_now.failures + 1, counted_at: Some(now), ..known_now };
            if known.failures == self.gate.limits.failures {
                tracing::warn!(prefix = ?self.prefix, "too many failed attempts: new ones are turned away for a while");
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut crowd = self.gate.crowd();
        crowd.strangers -= 1;
        if let Some(known) = crowd.prefixes.get_mut(&self.prefix) {
            known.strangers -= 1;
            if known.is_empty() {
                crowd.prefixes.remove(&self.prefix);
            }
        }
        crowd.forget_oldest();
    }
}

impl Neighbourhood {
    /// The same with failures forgiven up to `now`.
    fn at(self, now: Instant, limits: GateLimits) -> Self {
        let Some(counted_at) = self.counted_at else { return self };
        let passed = now.saturating_duration_since(counted_at);
        let forgiven = passed.as_millis() / limits.forgiven_after.as_millis().max(1);
        let forgiven = u32::try_from(forgiven).unwrap_or(u32::MAX);
        if forgiven >= self.failures {
            return Self { failures: 0, counted_at: None, ..self };
        }
        let counted_at = Some(counted_at + limits.forgiven_after * forgiven);
        Self { failures: self.failures - forgiven, counted_at, ..self }
    }

    fn is_empty(self) -> bool {
        self.strangers == 0 && self.failures == 0
    }
}

impl Crowd {
    fn forget_oldest(&mut self) {
        if self.prefixes.len() <= MAX_REMEMBERED {
            return;
        }
        let idle = self.prefixes.iter().filter(|(_, known)| known.strangers == 0);
        if let Some(oldest) = idle.min_by_key(|(_, known)| known.counted_at).map(|(&prefix, _)| prefix) {
            self.prefixes.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn gate() -> Gate {
        Gate::new(GateLimits {
            strangers: 4,
            busy: 2,
            strangers_of_prefix: 2,
            failures: 3,
            ..GateLimits::default()
        })
    }

    #[test]
    fn strangers_are_limited_in_all_and_by_neighbourhood() {
        let (gate, now) = (gate(), Instant::now());
        let passes = ["10.0.0.1", "10.0.0.2"].map(|a| gate.approach(address(a), now).expect("room"));
        assert!(gate.is_busy());
        assert_eq!(gate.approach(address("10.0.0.3"), now).expect_err("full"), TurnedAway::Crowded);
        assert_eq!(gate.approach(address("::ffff:10.0.0.3"), now).expect_err("same"), TurnedAway::Crowded);
        let others = ["10.0.1.1", "2001:db8::1"].map(|a| gate.approach(address(a), now).expect("room"));
        assert_eq!(gate.approach(address("10.9.0.1"), now).expect_err("full"), TurnedAway::Crowded);
        drop((passes, others));
        assert!(!gate.is_busy());
        assert!(gate.crowd().prefixes.is_empty(), "nothing is remembered of those who left in peace");
    }

    #[test]
    fn failures_of_a_neighbourhood_turn_it_away_until_forgiven() {
        let (gate, now) = (gate(), Instant::now());
        for host in ["2001:db8::1", "2001:db8:0:ff::2", "2001:db8::3"] {
            gate.approach(address(host), now).expect("room").fail(now);
        }
        let refused = gate.approach(address("2001:db8:0:1::9"), now).expect_err("failed before");
        assert_eq!(refused, TurnedAway::Failures);
        drop(gate.approach(address("2001:db8:0:100::1"), now).expect("another neighbourhood"));
        let later = now + gate.limits.forgiven_after;
        gate.approach(address("2001:db8::1"), later).expect("one is forgiven").fail(later);
        assert!(gate.approach(address("2001:db8::1"), later).is_err());
    }

    #[test]
    fn ten_thousand_guesses_from_everywhere_take_bounded_memory() {
        let (gate, now) = (gate(), Instant::now());
        for guess in 0..10_000u32 {
            let from = IpAddr::from((guess << 8).to_be_bytes());
            gate.approach(from, now).expect("room").fail(now);
        }
        assert!(gate.crowd().prefixes.len() <= MAX_REMEMBERED);
    }
}
