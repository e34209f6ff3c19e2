//! Who a host is: an ECDSA P-256 key made at its first start. Links carry the [`Pin`] of exactly this public
//! key.
//!
//! The certificate is only the envelope that TLS wants around the key: it is signed anew by the key itself at
//! every start, and its names and dates mean nothing to a viewer. The pin alone decides.

use std::{fmt, path::Path, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use ring::{digest, hmac};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    sign::CertifiedKey,
};
use thiserror::Error;

use crate::secret_file::{self, SecretFileError};

/// The name under which hosts present themselves in TLS. It says nothing: the pin decides.
pub(crate) const SERVER_NAME: &str = "dormer";

/// The file in the state directory that holds the private key.
const FILE: &str = "host-key.pem";

/// A host's key and the certificate around it.
pub struct HostIdentity {
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

impl HostIdentity {
    /// Reads the key in `state`, or makes one if there is none.
    pub fn load_or_create(state: &Path) -> Result<Self, SecretFileError> {
        let pem = secret_file::load_or_create(state, FILE, || {
            let key =
                KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| SecretFileError::Generate)?;
            Ok(key.serialize_pem().into_bytes())
        })?;
        let corrupt =
            |problem: &str| SecretFileError::Corrupt { path: state.join(FILE), problem: problem.to_owned() };
        let pem = String::from_utf8(pem).map_err(|_| corrupt("not a PEM file"))?;
        let key = KeyPair::from_pem(&pem).map_err(|_| corrupt("not a private key in PEM form"))?;
        if key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(corrupt("not an ECDSA P-256 key"));
        }
        Self::from_key(key).ok_or_else(|| corrupt("the key signs no certificate"))
    }

    fn from_key(key: KeyPair) -> Option<Self> {
        let mut params = CertificateParams::new([SERVER_NAME.to_owned()]).ok()?;
        params.distinguished_name.push(DnType::CommonName, "dormer host");
        let certificate = params.self_signed(&key).ok()?.der().clone();
        Some(Self { key, certificate })
    }

    /// What viewers must find.
    pub fn pin(&self) -> Pin {
        Pin::of_spki(&self.key.subject_public_key_info())
    }

    /// Both, for TLS over TCP.
    pub fn certified_key(&self) -> Result<CertifiedKey, rustls::Error> {
        let provider = rustls::crypto::ring::default_provider();
        CertifiedKey::from_der(self.certificates(), self.private_key(), &provider)
    }

    /// The certificate chain, for TLS.
    pub(crate) fn certificates(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.clone()]
    }

    /// The private key, for TLS.
    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }

    /// A key for another purpose that stays the same as long as the host's key does.
    pub(crate) fn derived_key(&self, purpose: &[u8]) -> hmac::Key {
        let root = hmac::Key::new(hmac::HMAC_SHA256, self.key.serialized_der());
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, purpose).as_ref())
    }
}

impl fmt::Debug for HostIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostIdentity").field("pin", &self.pin()).finish_non_exhaustive()
    }
}

/// One exact public key: the SHA-256 of its SubjectPublicKeyInfo in DER. As text 43 characters of unpadded
/// base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin([u8; 32]);

impl Pin {
    /// The pin of a public key.
    pub fn of_spki(spki_der: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, spki_der);
        Self(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

impl FromStr for Pin {
    type Err = PinFormatError;

    fn from_str(text: &str) -> Result<Self, PinFormatError> {
        if text.len() != 43 {
            return Err(PinFormatError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| PinFormatError)?;
        Ok(Self(bytes.try_into().map_err(|_| PinFormatError)?))
    }
}

/// A text is not a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a pin has 43 letters, digits, '-' and '_'")]
pub struct PinFormatError;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_host_keeps_its_identity_over_restarts() {
        let state = tempfile::tempdir().expect("a directory");
        let first = HostIdentity::load_or_create(state.path()).expect("made").pin();
        let second = HostIdentity::load_or_create(state.path()).expect("read").pin();
        assert_eq!(first, second);
        let other = tempfile::tempdir().expect("a directory");
        assert_ne!(first, HostIdentity::load_or_create(other.path()).expect("made").pin());
    }

    #[test]
    fn a_corrupt_key_is_refused_with_what_to_do() {
        let state = tempfile::tempdir().expect("a directory");
        HostIdentity::load_or_create(state.path()).expect("made");
        let path = state.path().join(FILE);
        let whole = fs::read(&path).expect("reads");
        for damaged in
            [&b""[..], b"\xff\xfe", &whole[..whole.len() / 2], b"-----BEGIN PRIVATE KEY-----\nAAAA\n"]
        {
            fs::write(&path, damaged).expect("writes");
            let refusal = HostIdentity::load_or_create(state.path()).expect_err("corrupt").to_string();
            assert!(refusal.contains("corrupt") && refusal.contains("delete it"), "{refusal}");
        }
    }

    #[test]
    fn a_pin_survives_text_and_nothing_else_is_one() {
        let pin = Pin::of_spki(b"key");
        assert_eq!(pin.to_string().parse(), Ok(pin));
        let text = pin.to_string();
        for wrong in ["", &text[1..], &format!("{text}A"), &text.replace(&text[..1], "+"), &"=".repeat(43)] {
            assert_eq!(wrong.parse::<Pin>(), Err(PinFormatError), "{wrong}");
        }
    }

    #[test]
    fn debug_output_holds_no_private_key() {
        let state = tempfile::tempdir().expect("a directory");
        let identity = HostIdentity::load_or_create(state.path()).expect("made");
        assert_eq!(format!("{identity:?}"), format!("HostIdentity {{ pin: {:?}, .. }}", identity.pin()));
    }
}
