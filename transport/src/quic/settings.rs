//! How our QUIC connections are set up. All figures that bound memory or decide when a peer counts as gone
//! are here.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use quinn::{
    ClientConfig, ConnectionId, ConnectionIdGenerator, EndpointConfig, IdleTimeout, MtuDiscoveryConfig,
    ServerConfig, TransportConfig, VarInt,
    congestion::BbrConfig,
    crypto::rustls::{NoInitialCipherSuite, QuicClientConfig, QuicServerConfig},
};
use ring::rand::{SecureRandom, SystemRandom};
use rustix::net::sockopt;
use rustls::client::danger::ServerCertVerifier;
use socket2::{Domain, Socket, Type};

use crate::identity::HostIdentity;

/// The name of our protocol in TLS' negotiation. Its versions are negotiated in the hello.
const ALPN: &[u8] = b"dormer/1";

/// Times that tests shorten and nobody else should need to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuicSettings {
    /// How often an idle viewer shows that it lives. A question and its answer are 168 bytes with IPv6 and
    /// UDP: more often would break the promise that an idle link stays below 0.3 kbit/s.
    pub keep_alive: Duration,
    /// After how much silence the other end counts as gone; it is noticed within a tenth more.
    pub idle_timeout: Duration,
    /// How long a pending peer may take to say hello, and a host to answer.
    pub hello_timeout: Duration,
    /// Whether this end takes datagrams. Without them motion and feedback come on streams.
    pub datagrams: bool,
}

impl Default for QuicSettings {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_millis(4600),
            idle_timeout: Duration::from_secs(9),
            hello_timeout: Duration::from_secs(5),
            datagrams: true,
        }
    }
}

/// What is spoken over a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    /// Its name in TLS.
    pub(crate) alpn: &'static [u8],
    /// Bidirectional streams that the peer may have open at once.
    pub(crate) bidi: u32,
    /// Unidirectional streams that it may have open at once; a pending peer, if it is the host that listens.
    pub(crate) uni: u32,
}

/// Update streams at once. At 120 ms round trip it takes 64 to send 500 updates a second.
pub(crate) const UPDATE_STREAMS: u32 = 64;

/// What a host buffers of one viewer's stream. Messages may be larger: they are read piecemeal.
const HOST_STREAM_WINDOW: u32 = 128 << 10;
/// What a host buffers of one viewer before and after it was let in: control, input and two streams that
/// replace datagrams.
const PENDING_WINDOW: u32 = 32 << 10;
const HOST_WINDOW: u32 = 4 * HOST_STREAM_WINDOW;

/// What a viewer buffers of one stream.
const VIEWER_STREAM_WINDOW: u32 = 1 << 20;
/// What a viewer buffers in all. As large as all streams together, so that streams that wait for room in the
/// inbox cannot starve the one that it waits for.
const VIEWER_WINDOW: u32 = (UPDATE_STREAMS + 1) * VIEWER_STREAM_WINDOW;

/// What a host may have on its way to one viewer: 100 ms of 640 Mbit/s.
const HOST_SEND_WINDOW: u64 = 8 << 20;
const VIEWER_SEND_WINDOW: u64 = 1 << 20;

/// What waits of datagrams that came in; older ones give way.
const DATAGRAM_WINDOW: usize = 64 << 10;

/// Streams that a viewer may open for its lanes: input, motion, feedback.
pub(crate) const LANE_STREAMS: u32 = 3;

impl QuicSettings {
    pub(super) fn server(&self, identity: &HostIdentity) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_no_client_auth()
            .with_single_cert(identity.certificates(), identity.private_key())?;
        // Viewers alone keep their links alive: one end is enough, and a host must not pay for viewers that
        // are gone.
        self.server_with(tls, Protocol { alpn: ALPN, bidi: 1, uni: 0 }, None)
    }

    /// Settings of a host. `keep_alive` is for viewers that do not show by themselves that they live.
    pub(crate) fn server_with(
        &self,
        mut tls: rustls::ServerConfig,
        protocol: Protocol,
        keep_alive: Option<Duration>,
    ) -> Result<ServerConfig, TlsError> {
        tls.alpn_protocols = vec![protocol.alpn.to_vec()];
        // No resumption: every connection proves the key anew, and idle bytes are saved.
        tls.send_tls13_tickets = 0;
        let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
        let mut transport = self.transport();
        transport
            .max_concurrent_bidi_streams(protocol.bidi.into())
            .max_concurrent_uni_streams(protocol.uni.into())
            .stream_receive_window(HOST_STREAM_WINDOW.into())
            .receive_window(PENDING_WINDOW.into())
            .send_window(HOST_SEND_WINDOW)
            .keep_alive_interval(keep_alive);
        config.transport_config(Arc::new(transport)).max_incoming(256).incoming_buffer_size(64 << 10);
        config.incoming_buffer_size_total(4 << 20);
        Ok(config)
    }

    pub(super) fn client(&self, verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, TlsError> {
        self.client_with(
            verifier,
            Protocol { alpn: ALPN, bidi: 0, uni: UPDATE_STREAMS },
            Some(self.keep_alive),
        )
    }

    /// Settings of a viewer.
    pub(crate) fn client_with(
        &self,
        verifier: Arc<dyn ServerCertVerifier>,
        protocol: Protocol,
        keep_alive: Option<Duration>,
    ) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        tls.alpn_protocols = vec![protocol.alpn.to_vec()];
        tls.enable_sni = false;
        tls.resumption = rustls::client::Resumption::disabled();
        let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
        let mut transport = self.transport();
        transport
            .max_concurrent_bidi_streams(protocol.bidi.into())
            .max_concurrent_uni_streams(protocol.uni.into())
            .stream_receive_window(VIEWER_STREAM_WINDOW.into())
            .receive_window(VIEWER_WINDOW.into())
            .send_window(VIEWER_SEND_WINDOW)
            .keep_alive_interval(keep_alive);
        config.transport_config(Arc::new(transport));
        Ok(config)
    }

    /// What both ends have in common.
    fn transport(&self) -> TransportConfig {
        let mut discovery = MtuDiscoveryConfig::default();
        // The path's limit is found at the start; looking again every hour costs an idle link nothing.
        discovery.interval(Duration::from_secs(3600));
        let idle = IdleTimeout::try_from(self.idle_timeout).expect("idle time-outs are seconds");
        let mut transport = TransportConfig::default();
        transport
            .max_idle_timeout(Some(idle))
            .congestion_controller_factory(Arc::new(BbrConfig::default()))
            .mtu_discovery_config(Some(discovery))
            .initial_rtt(Duration::from_millis(100))
            // Updates of one priority go one after the other: the first is whole sooner, the last no later.
            .send_fairness(false)
            .datagram_receive_buffer_size(self.datagrams.then_some(DATAGRAM_WINDOW))
            // Motion and feedback of the last moments: what is older is worth nothing.
            .datagram_send_buffer_size(8 << 10);
        transport
    }

    /// Settings of a host's endpoint. Its key makes the tokens by which a host that was restarted tells
    /// viewers at once that it does not know their links any more.
    pub(crate) fn host_endpoint(identity: &HostIdentity) -> EndpointConfig {
        Self::endpoint(EndpointConfig::new(Arc::new(identity.derived_key(b"dormer stateless reset"))))
    }

    /// Settings of a viewer's endpoint.
    pub(crate) fn viewer_endpoint() -> EndpointConfig {
        Self::endpoint(EndpointConfig::default())
    }

    fn endpoint(mut config: EndpointConfig) -> EndpointConfig {
        config.cid_generator(|| Box::new(ShortIds(SystemRandom::new())));
        config
    }
}

/// Random connection ids of half the usual length: enough for the few links of a session, and less for an
/// idle link to send. They are not secrets: packets are.
struct ShortIds(SystemRandom);

impl ConnectionIdGenerator for ShortIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; 4];
        // Without random numbers TLS would have failed before.
        self.0.fill(&mut id).expect("the system has random numbers");
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        4
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

/// What sockets hold while their thread is busy. The system may allow less.
const SOCKET_BUFFER: usize = 4 << 20;

/// A UDP socket on `address` with room for bursts. All addresses of IPv6 are those of IPv4 as well, whatever
/// the system's default for that is.
pub(crate) fn socket(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(socket2::Protocol::UDP))?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    let socket = UdpSocket::from(socket);
    sockopt::set_socket_recv_buffer_size(&socket, SOCKET_BUFFER)?;
    sockopt::set_socket_send_buffer_size(&socket, SOCKET_BUFFER)?;
    Ok(socket)
}

pub(super) fn authenticated_window() -> VarInt {
    HOST_WINDOW.into()
}

/// TLS could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("TLS cannot be set up: {0}")]
pub(crate) struct TlsError(String);

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<NoInitialCipherSuite> for TlsError {
    fn from(error: NoInitialCipherSuite) -> Self {
        Self(error.to_string())
    }
}
