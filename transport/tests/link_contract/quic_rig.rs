//! Links over QUIC on the loopback interface.

use std::net::SocketAddr;

use dormer_transport::{
    ConnectError, HostIdentity, HostLink, Joined, LinkAddress, Right, TicketText, ViewerLink,
    quic::{QuicHost, QuicSettings, connect},
};
use protocol::control::Role;

use crate::{
    raw_quic::RawQuic,
    rig::{Entrance, IDLE_TIMEOUT, KEEP_ALIVE, Options, Rig, Tickets, introduction},
};

pub(crate) struct QuicRig {
    pub(crate) host: QuicHost,
    pub(crate) identity: HostIdentity,
    pub(crate) address: SocketAddr,
    pub(crate) settings: QuicSettings,
    tickets: Tickets,
    _state: tempfile::TempDir,
}

pub(crate) const SETTINGS: QuicSettings = QuicSettings {
    keep_alive: KEEP_ALIVE,
    idle_timeout: IDLE_TIMEOUT,
    hello_timeout: std::time::Duration::from_secs(5),
    datagrams: true,
};

impl QuicRig {
    pub(crate) fn with(settings: QuicSettings, options: Options) -> Self {
        let state = tempfile::tempdir().expect("a directory");
        let identity = HostIdentity::load_or_create(state.path()).expect("a key");
        let tickets = Tickets::new(options.limits);
        let settings = QuicSettings { hello_timeout: options.hello_timeout, ..settings };
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        let door = tickets.admission.clone();
        let host = QuicHost::bind(anywhere, &identity, door, settings).expect("binds");
        let address = host.local_addr().expect("bound");
        Self { host, identity, address, settings, tickets, _state: state }
    }

    /// A link that lets in as `role` for an hour.
    pub(crate) fn link(&self, role: Role) -> LinkAddress {
        self.link_with(self.tickets.text(Right::Join, role))
    }

    pub(crate) fn link_with(&self, ticket: TicketText) -> LinkAddress {
        let (host, port) = (self.address.ip().to_string(), self.address.port());
        LinkAddress { host, port, others: Vec::new(), tcp: Vec::new(), pin: self.identity.pin(), ticket }
    }
}

impl Rig for QuicRig {
    type Raw = RawQuic;

    async fn pair(&mut self) -> (HostLink, ViewerLink) {
        self.join().await
    }

    async fn raw(&mut self) -> (HostLink, RawQuic) {
        self.join_raw().await
    }

    async fn vanished(&mut self) -> HostLink {
        self.join_and_vanish().await
    }

    fn open_connections(&self) -> usize {
        self.host.open_connections()
    }
}

impl Entrance for QuicRig {
    fn start_with(options: Options) -> Self {
        Self::with(SETTINGS, options)
    }

    fn tickets(&self) -> &Tickets {
        &self.tickets
    }

    async fn accept(&mut self) -> Joined {
        self.host.accept().await.expect("the host is open")
    }

    fn connect(
        &self,
        ticket: TicketText,
    ) -> impl Future<Output = Result<ViewerLink, ConnectError>> + Send + 'static {
        let (link, settings) = (self.link_with(ticket), self.settings);
        async move { connect(&link, introduction(), settings).await.map(|(link, _)| link) }
    }

    async fn stranger(&mut self) -> Result<RawQuic, String> {
        RawQuic::connect(self.address).await.map_err(|error| error.to_string())
    }
}
