//! Certificates that browsers accept by their hash: ECDSA P-256, valid for less than two weeks, so renewed
//! all the time.
//!
//! There are always two, the current one and the next. New handshakes take the current one; a page is told
//! the hashes of both, so what it was told holds for at least one period after. Keys live in memory only.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use thiserror::Error;
use time::OffsetDateTime;

use crate::{identity::SERVER_NAME, pinned_certificate::CertificateHash, ticket::UnixSeconds};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// For how long a certificate is the next one, and then for how long the current one.
const PERIOD: Duration = Duration::from_secs(5 * DAY.as_secs());

/// How long before it was made a certificate is valid, for viewers whose clocks are slow; as long it is valid
/// after its last use. With two periods this makes 12 days, and browsers want at most 14.
const SLACK: Duration = DAY;

/// A certificate could not be made.
#[derive(Debug, Error)]
#[error("no certificate for WebTransport could be made: {0}")]
pub struct CertificateError(String);

/// The current and the next certificate, renewed in time.
pub struct Certificates {
    clock: Box<dyn Fn() -> UnixSeconds + Send + Sync>,
    pair: Mutex<Pair>,
}

#[derive(Clone)]
struct Pair {
    current: Certificate,
    next: Certificate,
    /// When `current` became that.
    since: UnixSeconds,
}

#[derive(Clone)]
struct Certificate {
    hash: CertificateHash,
    key: Arc<CertifiedKey>,
}

impl Certificates {
    /// Makes the first two. `clock` tells the time, now and later: [`UnixSeconds::now`].
    pub fn new(clock: impl Fn() -> UnixSeconds + Send + Sync + 'static) -> Result<Self, CertificateError> {
        let pair = Pair::new(clock())?;
        Ok(Self { clock: Box::new(clock), pair: Mutex::new(pair) })
    }

    /// What pages are told: the hashes of the current certificate and of the next.
    pub fn hashes(&self) -> [CertificateHash; 2] {
        let Pair { current, next, .. } = self.pair();
        [current.hash, next.hash]
    }

    /// The pair of this moment.
    fn pair(&self) -> Pair {
        // What it holds is whole even if something panicked.
        let mut pair = self.pair.lock().unwrap_or_else(PoisonError::into_inner);
        match pair.at((self.clock)()) {
            Ok(renewed) => *pair = renewed,
            Err(error) => tracing::error!(%error, "the certificate for WebTransport stays the old one"),
        }
        pair.clone()
    }
}

impl Pair {
    fn new(now: UnixSeconds) -> Result<Self, CertificateError> {
        Ok(Self { current: Certificate::new(now)?, next: Certificate::new(now)?, since: now })
    }

    /// The pair that follows from this one. Over a sleep of many days, or a clock that was set back, none of
    /// the old is kept.
    fn at(&self, now: UnixSeconds) -> Result<Self, CertificateError> {
        let over = self.since.after(PERIOD);
        if now.after(SLACK) < self.since || now >= over.after(PERIOD) {
            return Self::new(now);
        }
        if now < over {
            return Ok(self.clone());
        }
        Ok(Self { current: self.next.clone(), next: Certificate::new(now)?, since: over })
    }
}

impl Certificate {
    fn new(now: UnixSeconds) -> Result<Self, CertificateError> {
        let failed = |error: &dyn fmt::Display| CertificateError(error.to_string());
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| failed(&e))?;
        let mut params = CertificateParams::new([SERVER_NAME.to_owned()]).map_err(|e| failed(&e))?;
        params.distinguished_name.push(DnType::CommonName, "dormer host");
        params.not_before = date(UnixSeconds(now.0.saturating_sub(SLACK.as_secs())))?;
        params.not_after = date(now.after(PERIOD * 2 + SLACK))?;
        let certificate: CertificateDer<'static> =
            params.self_signed(&key).map_err(|e| failed(&e))?.der().clone();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = rustls::crypto::ring::default_provider();
        let signer = provider.key_provider.load_private_key(private).map_err(|e| failed(&e))?;
        let hash = CertificateHash::of(&certificate);
        Ok(Self { hash, key: Arc::new(CertifiedKey::new(vec![certificate], signer)) })
    }
}

fn date(moment: UnixSeconds) -> Result<OffsetDateTime, CertificateError> {
    let seconds = i64::try_from(moment.0).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|error| CertificateError(error.to_string()))
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.pair().current.key)
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    const START: u64 = 1_800_000_000;

    /// Certificates whose clock the test sets.
    fn certificates() -> (Arc<AtomicU64>, Certificates) {
        let clock = Arc::new(AtomicU64::new(START));
        let reads = Arc::clone(&clock);
        let certificates = Certificates::new(move || UnixSeconds(reads.load(Ordering::Relaxed)));
        (clock, certificates.expect("made"))
    }

    fn days(days: u64) -> u64 {
        START + days * DAY.as_secs()
    }

    #[test]
    fn the_next_certificate_becomes_the_current_one() {
        let (clock, certificates) = certificates();
        let [first, second] = certificates.hashes();
        assert_ne!(first, second);
        clock.store(days(5) - 1, Ordering::Relaxed);
        assert_eq!(certificates.hashes(), [first, second]);
        clock.store(days(5), Ordering::Relaxed);
        let [current, third] = certificates.hashes();
        assert_eq!(current, second, "what pages were told before still holds");
        assert!(third != first && third != second);
        clock.store(days(10), Ordering::Relaxed);
        assert_eq!(certificates.hashes()[0], third);
    }

    #[test]
    fn handshakes_take_the_certificate_whose_hash_is_named_first() {
        let (clock, certificates) = certificates();
        for day in [0, 4, 5, 11, 60] {
            clock.store(days(day), Ordering::Relaxed);
            let presented = certificates.pair().current.key;
            assert_eq!(CertificateHash::of(&presented.cert[0]), certificates.hashes()[0]);
        }
    }

    #[test]
    fn a_certificate_is_valid_for_as_long_as_it_is_used_and_browsers_allow() {
        assert!(PERIOD * 2 + SLACK * 2 <= DAY * 14);
        let (clock, certificates) = certificates();
        for day in 0..40 {
            clock.store(days(day), Ordering::Relaxed);
            let Pair { since, .. } = certificates.pair();
            assert!(since.0 <= days(day) && days(day) < since.after(PERIOD).0, "day {day}");
        }
    }

    #[test]
    fn after_a_long_sleep_or_a_wrong_clock_all_is_new() {
        let (clock, certificates) = certificates();
        let old = certificates.hashes();
        for moment in [days(10), days(3)] {
            clock.store(moment, Ordering::Relaxed);
            let new = certificates.hashes();
            assert!(new.iter().all(|hash| !old.contains(hash)));
        }
        let now = certificates.hashes();
        clock.store(days(2) + 1, Ordering::Relaxed);
        assert_eq!(certificates.hashes(), now, "a clock that is corrected a little changes nothing");
    }
}
