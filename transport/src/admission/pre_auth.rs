//! How many pending peers may wait to be admitted, and how often their prefix may fail.
//!
//! Failures cost only those who fail: what a peer shows is looked at first. Whoever shows something wrong
//! after too many failures is told to wait, and not what was wrong.
//!
//! A prefix is what one attacker usually has: the /24 of an IPv4 address, the /56 of an IPv6 address. Memory
//! is bounded: when too many prefixes have failed, the one whose failures are the oldest is forgotten.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use thiserror::Error;

/// The bounds of the limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PreAuthLimits {
    /// The most pending peers at once.
    pub pending: usize,
    /// From how many pending peers on a new one must prove its address first.
    pub busy: usize,
    /// The most pending peers of one prefix at once.
    pub pending_of_prefix: usize,
    /// How often a prefix may fail in a row.
    pub failures: u32,
    /// After how long one failure is forgiven.
    pub forgiven_after: Duration,
}

impl Default for PreAuthLimits {
    fn default() -> Self {
        Self {
            pending: 64,
            busy: 16,
            pending_of_prefix: 16,
            failures: 20,
            forgiven_after: Duration::from_secs(3),
        }
    }
}

/// The most prefixes whose failures are remembered.
const MAX_REMEMBERED: usize = 4096;

/// Why a pending peer is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PreAuthError {
    /// Too many wait already.
    #[error("too many connections wait to be let in")]
    Crowded,
    /// It failed, as its prefix did too often of late.
    #[error("too many failed attempts from this address's neighbourhood; wait a minute")]
    Failures,
}

/// The limiter. Clones are the same limiter.
#[derive(Clone, Debug)]
pub struct PreAuthLimiter {
    limits: PreAuthLimits,
    crowd: Arc<Mutex<Crowd>>,
}

#[derive(Debug, Default)]
struct Crowd {
    pending: usize,
    prefixes: HashMap<Prefix, PrefixState>,
}

#[derive(Clone, Copy, Debug, Default)]
struct PrefixState {
    pending: usize,
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

/// One pending peer's place; given back when dropped.
#[derive(Debug)]
#[must_use = "a pending peer counts only as long as its permit is kept"]
pub struct Permit {
    limiter: PreAuthLimiter,
    prefix: Prefix,
}

impl PreAuthLimiter {
    /// Nobody stands at it.
    pub fn new(limits: PreAuthLimits) -> Self {
        Self { limits, crowd: Arc::default() }
    }

    /// Lets a pending peer up to it, if not too many wait.
    pub fn approach(&self, address: IpAddr, now: Instant) -> Result<Permit, PreAuthError> {
        let prefix = Prefix::of(address);
        let mut crowd = self.crowd();
        let known = crowd.prefixes.get(&prefix).copied().unwrap_or_default().at(now, self.limits);
        if crowd.pending >= self.limits.pending || known.pending >= self.limits.pending_of_prefix {
            return Err(PreAuthError::Crowded);
        }
        crowd.pending += 1;
        crowd.prefixes.insert(prefix, PrefixState { pending: known.pending + 1, ..known });
        Ok(Permit { limiter: self.clone(), prefix })
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.crowd().pending >= self.limits.busy
    }

    /// Whether an address's prefix has failed too often of late, or so many of it wait that somebody may
    /// claim to be them.
    pub(crate) fn is_suspect(&self, address: IpAddr, now: Instant) -> bool {
        let known = self.crowd().prefixes.get(&Prefix::of(address)).copied().unwrap_or_default();
        known.at(now, self.limits).failures >= self.limits.failures
            || known.pending > self.limits.pending_of_prefix / 2
    }

    /// Counts a failure of somebody at this address, who may be told the reason, or else only this.
    pub(crate) fn fail(&self, address: IpAddr, now: Instant) -> Result<(), PreAuthError> {
        self.count_failure(Prefix::of(address), now)
    }

    fn count_failure(&self, prefix: Prefix, now: Instant) -> Result<(), PreAuthError> {
        let most = self.limits.failures;
        let mut crowd = self.crowd();
        let known = crowd.prefixes.get(&prefix).copied().unwrap_or_default().at(now, self.limits);
        if known.failures >= most {
            return Err(PreAuthError::Failures);
        }
        let failed = PrefixState { failures: known.failures + 1, counted_at: Some(now), ..known };
        crowd.prefixes.insert(prefix, failed);
        crowd.forget_oldest();
        if failed.failures == most {
            tracing::warn!(?prefix, "too many failed attempts: wrong ones are told to wait for a while");
        }
        Ok(())
    }

    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        // Nothing panics while it is held, and counters stay usable even if something did.
        self.crowd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The pending peer had no right to what it asked for. It may be told the reason, or else only this.
    pub fn fail(&self, now: Instant) -> Result<(), PreAuthError> {
        self.limiter.count_failure(self.prefix, now)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut crowd = self.limiter.crowd();
        crowd.pending -= 1;
        if let Some(known) = crowd.prefixes.get_mut(&self.prefix) {
            known.pending -= 1;
            if known.is_empty() {
                crowd.prefixes.remove(&self.prefix);
            }
        }
        crowd.forget_oldest();
    }
}

impl PrefixState {
    /// The same with failures forgiven up to `now`.
    fn at(self, now: Instant, limits: PreAuthLimits) -> Self {
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
        self.pending == 0 && self.failures == 0
    }
}

impl Crowd {
    fn forget_oldest(&mut self) {
        if self.prefixes.len() <= MAX_REMEMBERED {
            return;
        }
        let idle = self.prefixes.iter().filter(|(_, known)| known.pending == 0);
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

    fn limiter() -> PreAuthLimiter {
        PreAuthLimiter::new(PreAuthLimits {
            pending: 4,
            busy: 2,
            pending_of_prefix: 2,
            failures: 3,
            ..PreAuthLimits::default()
        })
    }

    #[test]
    fn strangers_are_limited_in_all_and_by_neighbourhood() {
        let (limiter, now) = (limiter(), Instant::now());
        let passes = ["10.0.0.1", "10.0.0.2"].map(|a| limiter.approach(address(a), now).expect("room"));
        assert!(limiter.is_busy());
        assert_eq!(limiter.approach(address("10.0.0.3"), now).expect_err("full"), PreAuthError::Crowded);
        assert_eq!(
            limiter.approach(address("::ffff:10.0.0.3"), now).expect_err("same"),
            PreAuthError::Crowded
        );
        let others = ["10.0.1.1", "2001:db8::1"].map(|a| limiter.approach(address(a), now).expect("room"));
        assert_eq!(limiter.approach(address("10.9.0.1"), now).expect_err("full"), PreAuthError::Crowded);
        drop((passes, others));
        assert!(!limiter.is_busy());
        assert!(limiter.crowd().prefixes.is_empty(), "nothing is remembered of those who left in peace");
    }

    #[test]
    fn failures_of_a_neighbourhood_cost_who_fails_until_forgiven_and_keep_nobody_away() {
        let (limiter, now) = (limiter(), Instant::now());
        let fail = |host, at| limiter.approach(address(host), at).expect("room").fail(at);
        for host in ["2001:db8::1", "2001:db8:0:ff::2", "2001:db8::3"] {
            assert_eq!(fail(host, now), Ok(()));
        }
        for _ in 0..100 {
            assert_eq!(fail("2001:db8:0:1::9", now), Err(PreAuthError::Failures));
            assert_eq!(limiter.fail(address("2001:db8::9"), now), Err(PreAuthError::Failures));
        }
        assert!(limiter.is_suspect(address("2001:db8::1"), now));
        drop(limiter.approach(address("2001:db8::1"), now).expect("who is right is not kept away"));
        assert_eq!(fail("2001:db8:0:100::1", now), Ok(()), "another neighbourhood");
        let later = now + limiter.limits.forgiven_after;
        assert_eq!(fail("2001:db8::1", later), Ok(()), "one is forgiven, however many there were");
        assert_eq!(fail("2001:db8::1", later), Err(PreAuthError::Failures));
    }

    #[test]
    fn ten_thousand_guesses_from_everywhere_take_bounded_memory() {
        let (limiter, now) = (limiter(), Instant::now());
        for guess in 0..10_000u32 {
            let from = IpAddr::from((guess << 8).to_be_bytes());
            limiter.approach(from, now).expect("room").fail(now).expect("its first");
        }
        assert!(limiter.crowd().prefixes.len() <= MAX_REMEMBERED);
    }
}
