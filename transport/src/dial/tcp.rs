//! Reaches a host over TCP: TLS with the key of the link, then the messages of WebSocket, without HTTP before
//! them.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    admission::introduction::ConnectError,
    identity::{Pin, SERVER_NAME},
    link_address::LinkAddress,
    pinned_certificate::{Pinned, PinnedCertificate},
    race::race,
    websocket::{self, WebSocketSettings},
};

/// A connection to the right host.
pub(super) struct Reached {
    pub(super) stream: Box<TlsStream<TcpStream>>,
    pub(super) peer: SocketAddr,
}

/// Tries all places of the link.
pub(super) async fn reach(
    address: &LinkAddress,
    settings: WebSocketSettings,
) -> Result<Reached, ConnectError> {
    let pin = address.pin;
    race(address.tcp.iter().cloned(), settings.hello_timeout, |peer| dial(peer, pin)).await
}

async fn dial(peer: SocketAddr, pin: Pin) -> Result<Reached, ConnectError> {
    let (check, mismatch) = PinnedCertificate::new(Pinned::Key(pin));
    let stream = TcpStream::connect(peer).await?;
    websocket::tune(&stream);
    let name = ServerName::try_from(SERVER_NAME).map_err(io::Error::other)?;
    let connected = TlsConnector::from(Arc::new(config(check)?)).connect(name, stream).await;
    match connected {
        Ok(stream) => Ok(Reached { stream: Box::new(stream), peer }),
        Err(_) if mismatch.load(Ordering::Relaxed) => Err(ConnectError::WrongKey { host: peer.to_string() }),
        Err(error) => Err(error.into()),
    }
}

fn config(check: PinnedCertificate) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let mut tls = builder
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(check))
        .with_no_client_auth();
    tls.alpn_protocols = vec![websocket::TCP_ALPN.to_vec()];
    tls.enable_sni = false;
    tls.resumption = rustls::client::Resumption::disabled();
    Ok(tls)
}
