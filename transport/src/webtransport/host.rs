//! The host's side of WebTransport.

use std::{io, net::SocketAddr, sync::Arc};

use quinn::Connection;

use super::{Certificates, HTTP3_STREAMS, WebTransportSettings, http3, protocol, session::Session};
use crate::{
    admission::Admission,
    identity::HostIdentity,
    link::Joined,
    quic::{
        BindError, QuicSettings,
        accept::{Listener, Reception, Setup, Unreceived},
        connection::ControlStream,
        settings::TlsError,
    },
};

/// A UDP socket on which browsers join one session. Needs a tokio runtime; one thread is enough.
#[derive(Debug)]
pub struct WebTransportHost(Listener);

impl WebTransportHost {
    /// Listens on `address`; port 0 lets the system choose. The identity is not shown to anybody: it lets a
    /// host that was restarted tell viewers at once that it does not know their links any more.
    pub fn bind(
        address: SocketAddr,
        identity: &HostIdentity,
        admission: Arc<Admission>,
        certificates: Arc<Certificates>,
        settings: WebTransportSettings,
    ) -> Result<Self, BindError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(TlsError::from)?
            .with_no_client_auth()
            .with_cert_resolver(certificates);
        let quic = settings.quic();
        Listener::open(Setup {
            address,
            endpoint: QuicSettings::host_endpoint(identity),
            server: quic.server_with(tls, protocol(2, HTTP3_STREAMS), None)?,
            admission,
            settings: quic,
            reception: Web(Arc::new(settings)),
            no_error: http3::NO_ERROR,
        })
        .map(Self)
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next viewer that was let in; `None` once the host was closed. May be cancelled without loss.
    pub async fn accept(&mut self) -> Option<Joined> {
        self.0.accept().await
    }

    /// How many connections are open, those that are not let in yet included.
    pub fn open_connections(&self) -> usize {
        self.0.open_connections()
    }

    /// Ends all connections and waits until the viewers know, for at most a second. Pages hear `reason` only
    /// from links that were closed before.
    pub async fn close(self, reason: &str) {
        self.0.close(reason).await;
    }
}

/// HTTP/3 and a session come between TLS and the hello.
#[derive(Clone)]
struct Web(Arc<WebTransportSettings>);

impl Reception for Web {
    type Session = Session;

    const OTHER_STREAMS: u32 = HTTP3_STREAMS;

    async fn receive(&self, connection: Connection) -> Result<(Session, ControlStream), Unreceived> {
        http3::receive(connection, &self.0).await
    }
}
