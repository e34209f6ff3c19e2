//! A QUIC viewer that trusts every host and sends whatever it is told to.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use protocol::{Lane, control::ToViewer, decode};
use quinn::{
    Connection, ConnectionError, Endpoint, RecvStream, SendStream, crypto::rustls::QuicClientConfig,
};
use rustls::{
    DigitallySignedStruct, Error, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

use crate::rig::{RawStranger, RawViewer, lane_number, soon};

pub(crate) struct RawQuic {
    pub(crate) connection: Connection,
    pub(crate) control: (SendStream, RecvStream),
    streams: HashMap<Lane, SendStream>,
    /// Dropping the last handle would end the connection.
    _endpoint: Endpoint,
}

impl RawQuic {
    /// Connects without a word.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, ConnectionError> {
        let endpoint = Endpoint::client("127.0.0.1:0".parse().expect("an address")).expect("binds");
        let connecting = endpoint
            .connect_with(gullible_config(b"dormer/1"), address, "anything")
            .expect("a valid configuration");
        let connection = soon(connecting).await?;
        let control = connection.open_bi().await?;
        Ok(Self { connection, control, streams: HashMap::new(), _endpoint: endpoint })
    }

    async fn stream(&mut self, lane: Lane) -> &mut SendStream {
        if lane == Lane::Control {
            return &mut self.control.0;
        }
        if !self.streams.contains_key(&lane) {
            let mut stream = soon(self.connection.open_uni()).await.expect("opens");
            stream.write_all(&[lane_number(lane)]).await.expect("writes");
            self.streams.insert(lane, stream);
        }
        self.streams.get_mut(&lane).expect("just there")
    }
}

impl RawViewer for RawQuic {
    async fn send(&mut self, lane: Lane, message: &[u8]) {
        match lane {
            Lane::Motion | Lane::Feedback => {
                let datagram = [&[lane_number(lane)], message].concat();
                self.connection.send_datagram(datagram.into()).expect("is sent");
            }
            Lane::Control | Lane::Input | Lane::Update => self.announce(lane, message.len(), message).await,
        }
    }

    async fn announce(&mut self, lane: Lane, length: usize, part: &[u8]) {
        let stream = self.stream(lane).await;
        let length = u32::try_from(length).expect("a length");
        // The host may have closed already because of what came before.
        let _ = soon(stream.write_all(&length.to_be_bytes())).await;
        let _ = soon(stream.write_all(part)).await;
    }

    async fn finish(&mut self, lane: Lane) {
        self.stream(lane).await.finish().expect("open");
    }

    async fn closed(&mut self) -> String {
        match soon(self.connection.closed()).await {
            ConnectionError::ApplicationClosed(close) => String::from_utf8_lossy(&close.reason).into_owned(),
            other => panic!("closed without a reason: {other}"),
        }
    }
}

impl RawStranger for RawQuic {
    async fn hear(&mut self) -> ToViewer {
        let mut length = [0; 4];
        soon(self.control.1.read_exact(&mut length)).await.expect("a length");
        let mut message = vec![0; u32::from_be_bytes(length) as usize];
        soon(self.control.1.read_exact(&mut message)).await.expect("a message");
        decode(Lane::Control, &message).expect("well formed")
    }

    async fn gone(&mut self) {
        soon(self.connection.closed()).await;
    }
}

/// Trusts every host.
pub(crate) fn gullible_config(alpn: &[u8]) -> quinn::ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Gullible))
        .with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("fit for QUIC")))
}

/// Believes everybody.
#[derive(Debug)]
struct Gullible;

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}
