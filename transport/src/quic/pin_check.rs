//! Checks that a host has exactly the pinned public key, and that it owns it.
//!
//! Names, dates, issuers and usages in the certificate mean nothing: an expired certificate around the pinned key is as
//! good as a fresh one, and a perfect chain to any other key is refused. That includes certificates that the pinned key
//! signed for other keys.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rustls::{
    CertificateError, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use crate::identity::Pin;

/// Accepts one public key.
#[derive(Debug)]
pub(super) struct PinCheck {
    pin: Pin,
    algorithms: WebPkiSupportedAlgorithms,
    /// Set when a host with another key was refused, to tell people more than TLS does.
    mismatch: Arc<AtomicBool>,
}

impl PinCheck {
    /// The check, and whether it found another key.
    pub(super) fn new(pin: Pin) -> (Self, Arc<AtomicBool>) {
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let mismatch = Arc::new(AtomicBool::new(false));
        (Self { pin, algorithms, mismatch: Arc::clone(&mismatch) }, mismatch)
    }
}

impl ServerCertVerifier for PinCheck {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        if Pin::of_spki(&certificate.subject_public_key_info()) == self.pin {
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
