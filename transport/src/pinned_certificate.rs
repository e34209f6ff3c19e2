//! Checks that a host shows exactly what its viewers were told of it beforehand, and that it owns the key.
//!
//! Names, dates, issuers and usages in a certificate mean nothing: an expired certificate around the pinned
//! key is as good as a fresh one, and a perfect chain to any other key is refused. That includes certificates
//! that the pinned key signed for other keys.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use crate::identity::Pin;

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CertificateHash([u8; 32]);

impl CertificateHash {
    /// The hash of a certificate.
    pub fn of(certificate_der: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, certificate_der);
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// From base64 with padding.
    pub fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().map(Self).ok()
    }

    /// In base64 with padding.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }
}

impl fmt::Debug for CertificateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateHash({})", self.to_base64())
    }
}

/// What a viewer was told of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pinned {
    /// Its public key, by links.
    Key(Pin),
    /// Its certificates, as browsers are told of them (`serverCertificateHashes`).
    Certificates(Vec<CertificateHash>),
}

impl Pinned {
    fn is(&self, certificate: &CertificateDer<'_>) -> Result<bool, Error> {
        Ok(match self {
            Pinned::Key(pin) => {
                Pin::of_spki(&ParsedCertificate::try_from(certificate)?.subject_public_key_info()) == *pin
            }
            Pinned::Certificates(hashes) => hashes.contains(&CertificateHash::of(certificate)),
        })
    }
}

/// Accepts what is pinned, and nothing else.
#[derive(Debug)]
pub(crate) struct PinnedCertificate {
    pinned: Pinned,
    algorithms: WebPkiSupportedAlgorithms,
    /// Set when a host that shows something else was refused, to tell people more than TLS does.
    mismatch: Arc<AtomicBool>,
}

impl PinnedCertificate {
    /// The verifier, and whether it met something else.
    pub(crate) fn new(pinned: Pinned) -> (Self, Arc<AtomicBool>) {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let mismatch = Arc::new(AtomicBool::new(false));
        (Self { pinned, algorithms, mismatch: Arc::clone(&mismatch) }, mismatch)
    }
}

impl ServerCertVerifier for PinnedCertificate {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.pinned.is(end_entity)? {
            return Ok(ServerCertVerified::assertion());
        }
        self.mismatch.store(true, Ordering::Relaxed);
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
