//! Native viewers' links over TCP on the loopback interface: the messages of WebSocket over TLS. Who breaks
//! the rules does so without TLS, which changes nothing of them.

use std::{net::SocketAddr, sync::Arc};

use dormer_transport::{
    ConnectError, HostIdentity, HostLink, Joined, LinkAddress, Pin, Place, TicketText, ViewerLink,
    dial::{self, DialSettings, Way},
    websocket::{TCP_ALPN, accept},
};
use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    quic_rig,
    raw_websocket::RawWebSocket,
    rig::{Entrance, Options, Rig, Tickets, introduction},
    websocket_rig::{Counted, WebSocketRig},
};

pub(crate) struct TcpRig {
    plain: WebSocketRig,
    address: SocketAddr,
    pin: Pin,
    /// Where nobody answers.
    silent: UdpSocket,
    door: JoinHandle<()>,
}

impl Rig for TcpRig {
    type Raw = RawWebSocket;

    async fn pair(&mut self) -> (HostLink, ViewerLink) {
        self.join().await
    }

    async fn raw(&mut self) -> (HostLink, RawWebSocket) {
        self.plain.raw().await
    }

    async fn vanished(&mut self) -> HostLink {
        self.plain.vanished().await
    }

    fn open_connections(&self) -> usize {
        self.plain.open_connections()
    }
}

impl Entrance for TcpRig {
    fn start_with(options: Options) -> Self {
        let plain = WebSocketRig::start_with(options);
        let state = tempfile::tempdir().expect("a directory");
        let identity = HostIdentity::load_or_create(state.path()).expect("a key");
        let tls = TlsAcceptor::from(Arc::new(server(identity.certified_key().expect("fit for TLS"))));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        listener.set_nonblocking(true).expect("is told");
        let listener = TcpListener::from_std(listener).expect("a socket");
        let address = listener.local_addr().expect("bound");
        let (admission, settings) = (plain.tickets.admission.clone(), plain.settings);
        let (entry, open) = (plain.entry.clone(), Arc::clone(&plain.open));
        let door = tokio::spawn(async move {
            loop {
                let (stream, peer) = listener.accept().await.expect("accepts");
                let stream = Counted::new(stream, &open);
                let (admission, entry, tls) = (Arc::clone(&admission), entry.clone(), tls.clone());
                tokio::spawn(async move {
                    let Ok(stream) = tls.accept(stream).await else { return };
                    if let Ok(joined) = accept(stream, peer, &admission, settings).await {
                        // The test may have ended.
                        let _ = entry.send(joined).await;
                    }
                });
            }
        });
        let silent = std::net::UdpSocket::bind("127.0.0.1:0").expect("binds");
        silent.set_nonblocking(true).expect("is told");
        let silent = UdpSocket::from_std(silent).expect("a socket");
        Self { plain, address, pin: identity.pin(), silent, door }
    }

    fn tickets(&self) -> &Tickets {
        self.plain.tickets()
    }

    async fn accept(&mut self) -> Joined {
        self.plain.accept().await
    }

    fn connect(
        &self,
        ticket: TicketText,
    ) -> impl Future<Output = Result<ViewerLink, ConnectError>> + Send + 'static {
        let silent = self.silent.local_addr().expect("bound");
        let link = LinkAddress {
            host: silent.ip().to_string(),
            port: silent.port(),
            others: Vec::new(),
            tcp: vec![Place { host: self.address.ip().to_string(), port: self.address.port() }],
            pin: self.pin,
            ticket,
        };
        let settings = DialSettings { quic: quic_rig::SETTINGS, websocket: self.plain.settings };
        async move {
            let (link, _, way) = dial::join(&link, introduction(), settings, Some(Way::Tcp)).await?;
            assert_eq!(way, Way::Tcp);
            Ok(link)
        }
    }

    async fn stranger(&mut self) -> Result<RawWebSocket, String> {
        self.plain.stranger().await
    }
}

impl Drop for TcpRig {
    fn drop(&mut self) {
        self.door.abort();
    }
}

fn server(key: CertifiedKey) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Always(Arc::new(key))));
    tls.alpn_protocols = vec![TCP_ALPN.to_vec()];
    tls
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn a_ticket_is_shown_to_no_other_key_over_tcp() {
    use dormer_transport::Right;
    use protocol::control::Role;

    let mut rig = TcpRig::start();
    rig.pin = Pin::of_spki(b"another");
    let ticket = rig.tickets().text(Right::Join, Role::Control);
    let error = rig.connect(ticket).await.map(drop).expect_err("it has another key");
    assert!(matches!(error, ConnectError::WrongKey { .. }), "{error}");
}
