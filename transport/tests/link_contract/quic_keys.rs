//! A viewer trusts exactly the pinned key: whatever else a host presents is refused before the ticket is
//! sent.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use dormer_transport::{
    LinkAddress, Pin, TicketText,
    quic::{ConnectError, connect},
};
use quinn::{Endpoint, ServerConfig, crypto::rustls::QuicServerConfig};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519,
    PublicKeyData, date_time_ymd,
};
use rustls::{
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use crate::{
    quic_rig::SETTINGS,
    rig::{introduction, soon},
};

fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key")
}

fn pin(key: &KeyPair) -> Pin {
    Pin::of_spki(&key.subject_public_key_info())
}

/// What hosts of ours present.
fn params() -> CertificateParams {
    let mut params = CertificateParams::new(["dormer".to_owned()]).expect("a valid name");
    params.distinguished_name.push(DnType::CommonName, "dormer host");
    params
}

fn self_signed(params: CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
    params.self_signed(key).expect("signs").der().clone()
}

/// A host that presents `chain` and signs with `key`, whether they belong together or not.
struct Impostor {
    endpoint: Endpoint,
    /// Somebody sent something after the handshake.
    heard: Arc<AtomicBool>,
}

impl Impostor {
    fn present(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = provider.key_provider.load_private_key(der).expect("a key of ours");
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Always(Arc::new(CertifiedKey::new(chain, signer)))));
        tls.alpn_protocols = vec![b"dormer/1".to_vec()];
        let config =
            ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).expect("fit for QUIC")));
        let endpoint = Endpoint::server(config, "127.0.0.1:0".parse().expect("an address")).expect("binds");
        let heard = Arc::new(AtomicBool::new(false));
        tokio::spawn(listen(endpoint.clone(), Arc::clone(&heard)));
        Self { endpoint, heard }
    }

    async fn meets(&self, pin: Pin) -> ConnectError {
        let address = self.endpoint.local_addr().expect("bound");
        let link = LinkAddress {
            host: address.ip().to_string(),
            port: address.port(),
            others: Vec::new(),
            tcp: Vec::new(),
            pin,
            ticket: TicketText::new("c2VjcmV0"),
        };
        soon(connect(&link, introduction(), SETTINGS))
            .await
            .map(|_| ())
            .expect_err("it never welcomes anybody")
    }

    async fn is_refused_by(&self, pin: Pin) {
        let error = self.meets(pin).await;
        assert!(matches!(error, ConnectError::WrongKey { .. }), "{error}");
        assert!(!self.heard.load(Ordering::Relaxed), "the ticket was sent");
    }
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

async fn listen(endpoint: Endpoint, heard: Arc<AtomicBool>) {
    while let Some(incoming) = endpoint.accept().await {
        let Ok(connection) = incoming.await else { continue };
        if connection.accept_bi().await.is_ok() {
            heard.store(true, Ordering::Relaxed);
            connection.close(0u32.into(), b"heard enough");
        }
    }
}

#[tokio::test]
async fn another_key_under_the_same_name_is_refused() {
    let (pinned, other) = (key(), key());
    Impostor::present(vec![self_signed(params(), &other)], &other).is_refused_by(pin(&pinned)).await;
}

#[tokio::test]
async fn expired_and_future_certificates_of_another_key_are_refused() {
    let (pinned, other) = (key(), key());
    for (from, to) in [(1990, 1991), (2190, 2191)] {
        let mut dated = params();
        (dated.not_before, dated.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        Impostor::present(vec![self_signed(dated, &other)], &other).is_refused_by(pin(&pinned)).await;
    }
}

#[tokio::test]
async fn a_certificate_that_the_pinned_key_signed_for_another_key_is_refused() {
    let (pinned, other) = (key(), key());
    let mut authority = params();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = self_signed(authority.clone(), &pinned);
    let derived = params().signed_by(&other, &Issuer::from_params(&authority, &pinned)).expect("signs");
    let chain = vec![derived.der().clone(), root];
    Impostor::present(chain, &other).is_refused_by(pin(&pinned)).await;
}

#[tokio::test]
async fn the_pinned_key_further_up_the_chain_does_not_help() {
    let (pinned, other) = (key(), key());
    let chain = vec![self_signed(params(), &other), self_signed(params(), &pinned)];
    Impostor::present(chain, &other).is_refused_by(pin(&pinned)).await;
}

#[tokio::test]
async fn the_pinned_certificate_without_its_key_is_refused() {
    let (pinned, other) = (key(), key());
    let impostor = Impostor::present(vec![self_signed(params(), &pinned)], &other);
    let error = impostor.meets(pin(&pinned)).await;
    assert!(matches!(error, ConnectError::Closed(_)), "{error}");
    assert!(!impostor.heard.load(Ordering::Relaxed), "the ticket was sent");
}

#[tokio::test]
async fn a_key_of_another_kind_is_refused() {
    let other = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
    let impostor = Impostor::present(vec![self_signed(params(), &other)], &other);
    let error = impostor.meets(pin(&other)).await;
    assert!(matches!(error, ConnectError::Closed(_)), "{error}");
    assert!(!impostor.heard.load(Ordering::Relaxed), "the ticket was sent");
}

#[tokio::test]
async fn the_pin_alone_decides_dates_and_names_do_not() {
    let pinned = key();
    let mut strange = CertificateParams::new(["somewhere.else".to_owned()]).expect("a valid name");
    (strange.not_before, strange.not_after) = (date_time_ymd(1990, 1, 1), date_time_ymd(1991, 1, 1));
    let host = Impostor::present(vec![self_signed(strange, &pinned)], &pinned);
    host.meets(pin(&pinned)).await;
    assert!(host.heard.load(Ordering::Relaxed), "the right key was refused");
}
