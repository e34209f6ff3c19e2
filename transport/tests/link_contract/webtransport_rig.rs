//! Links over WebTransport on the loopback interface.

use std::{net::SocketAddr, sync::Arc};

use dormer_transport::{
    ConnectError, HostIdentity, HostLink, Joined, TicketText, UnixSeconds, ViewerLink,
    webtransport::{Certificates, Origins, Target, WebTransportHost, WebTransportSettings, connect},
};

use crate::{
    raw_webtransport::RawWebTransport,
    rig::{Entrance, IDLE_TIMEOUT, KEEP_ALIVE, Options, Rig, Tickets, introduction},
};

/// The page that may open links here.
pub(crate) const ORIGIN: &str = "https://localhost:4461";

pub(crate) const PATH: &str = "/link";

pub(crate) struct WebTransportRig {
    pub(crate) host: WebTransportHost,
    pub(crate) address: SocketAddr,
    pub(crate) certificates: Arc<Certificates>,
    pub(crate) settings: WebTransportSettings,
    tickets: Tickets,
    _state: tempfile::TempDir,
}

impl WebTransportRig {
    /// What the host's page knows of it.
    pub(crate) fn target(&self) -> Target {
        let hashes = self.certificates.hashes().to_vec();
        Target { address: self.address, hashes, origin: ORIGIN.to_owned() }
    }
}

impl Rig for WebTransportRig {
    type Raw = RawWebTransport;

    async fn pair(&mut self) -> (HostLink, ViewerLink) {
        self.join().await
    }

    async fn raw(&mut self) -> (HostLink, RawWebTransport) {
        self.join_raw().await
    }

    async fn vanished(&mut self) -> HostLink {
        self.join_and_vanish().await
    }

    fn open_connections(&self) -> usize {
        self.host.open_connections()
    }
}

impl Entrance for WebTransportRig {
    fn start_with(options: Options) -> Self {
        let state = tempfile::tempdir().expect("a directory");
        let identity = HostIdentity::load_or_create(state.path()).expect("a key");
        let tickets = Tickets::new(options.limits);
        let certificates = Arc::new(Certificates::new(UnixSeconds::now).expect("made"));
        let settings = WebTransportSettings {
            keep_alive: KEEP_ALIVE,
            idle_timeout: IDLE_TIMEOUT,
            hello_timeout: options.hello_timeout,
            ..WebTransportSettings::new(PATH, Origins::listed([ORIGIN.to_owned()]))
        };
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        let (door, shown) = (tickets.admission.clone(), Arc::clone(&certificates));
        let host = WebTransportHost::bind(anywhere, &identity, door, shown, settings.clone()).expect("binds");
        let address = host.local_addr().expect("bound");
        Self { host, address, certificates, settings, tickets, _state: state }
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
        let (target, settings) = (self.target(), self.settings.clone());
        async move { connect(target, &ticket, introduction(), settings).await.map(|(link, _)| link) }
    }

    async fn stranger(&mut self) -> Result<RawWebTransport, String> {
        RawWebTransport::connect(self.address, PATH, ORIGIN).await
    }
}
