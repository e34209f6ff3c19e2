//! Links over QUIC on the loopback interface.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dormer_transport::{
    Doorkeeper, GateLimits, HostIdentity, HostLink, Joined, LinkAddress, Right, Ticket, TicketId, TicketKey,
    UnixSeconds, ViewerLink,
    quic::{Introduction, QuicHost, QuicSettings, connect},
};
use media::{Timestamp, ViewerId};
use protocol::{
    control::{Hello, Role, ToViewer, Welcome},
    version::VersionRange,
};

use crate::{
    raw_quic::RawQuic,
    rig::{Rig, soon},
};

/// Short enough for tests, long enough for a busy machine.
pub(crate) const SETTINGS: QuicSettings = QuicSettings {
    keep_alive: Duration::from_millis(400),
    idle_timeout: Duration::from_millis(1500),
    hello_timeout: Duration::from_secs(5),
    datagrams: true,
};

pub(crate) struct QuicRig {
    pub(crate) host: QuicHost,
    pub(crate) identity: HostIdentity,
    pub(crate) tickets: TicketKey,
    pub(crate) address: SocketAddr,
    _state: tempfile::TempDir,
}

impl QuicRig {
    pub(crate) fn start() -> Self {
        Self::with(SETTINGS, GateLimits::default())
    }

    pub(crate) fn with(settings: QuicSettings, limits: GateLimits) -> Self {
        let state = tempfile::tempdir().expect("a directory");
        let identity = HostIdentity::load_or_create(state.path()).expect("a key");
        let tickets = || TicketKey::load_or_create(state.path()).expect("a secret");
        let door = Arc::new(Doorkeeper::new("main", tickets(), limits));
        let anywhere = "127.0.0.1:0".parse().expect("an address");
        let host = QuicHost::bind(anywhere, &identity, door, settings).expect("binds");
        let address = host.local_addr().expect("bound");
        Self { host, identity, tickets: tickets(), address, _state: state }
    }

    /// A link that lets in as `role` for an hour.
    pub(crate) fn link(&self, role: Role) -> LinkAddress {
        self.link_with(&self.ticket(role))
    }

    pub(crate) fn ticket(&self, role: Role) -> Ticket {
        let expires = UnixSeconds::now().after(Duration::from_secs(3600));
        Ticket { id: TicketId(7), right: Right::Join, session: "main".to_owned(), role, expires }
    }

    pub(crate) fn link_with(&self, ticket: &Ticket) -> LinkAddress {
        LinkAddress {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            pin: self.identity.pin(),
            ticket: self.tickets.sign(ticket).expect("signs"),
        }
    }

    /// A hello that lets in.
    pub(crate) fn hello(&self) -> Hello {
        Hello {
            versions: VersionRange::OURS,
            ticket: self.link(Role::Control).ticket.expose().to_owned(),
            agent: "raw".to_owned(),
            video: vec![],
        }
    }

    /// Takes the next viewer that was let in, and welcomes it.
    pub(crate) async fn welcome(&mut self) -> Joined {
        let joined = soon(self.host.accept()).await.expect("the host is open");
        joined.link.send_control(&ToViewer::Welcome(Welcome {
            version: joined.version,
            session: "main".to_owned(),
            viewer: ViewerId(1),
            role: joined.role,
            now: Timestamp(1),
        }));
        joined
    }
}

pub(crate) fn introduction() -> Introduction {
    Introduction { agent: "test".to_owned(), video: vec![] }
}

impl Rig for QuicRig {
    type Raw = RawQuic;

    async fn pair(&mut self) -> (HostLink, ViewerLink) {
        let link = self.link(Role::Control);
        let (joined, viewer) = tokio::join!(self.welcome(), connect(&link, introduction(), SETTINGS));
        (joined.link, viewer.expect("connects").0)
    }

    async fn raw(&mut self) -> (HostLink, RawQuic) {
        let hello = self.hello();
        let mut raw = RawQuic::connect(self.address).await.expect("connects");
        let (joined, answer) = tokio::join!(self.welcome(), raw.hello(hello));
        assert!(matches!(answer, ToViewer::Welcome(_)), "{answer:?}");
        (joined.link, raw)
    }

    async fn vanished(&mut self) -> HostLink {
        let link = self.link(Role::Control);
        let (connected, gone) = tokio::sync::oneshot::channel();
        // The viewer's runtime ends right after it was let in: nobody is left to say goodbye.
        let machine = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("starts");
            let viewer = runtime.block_on(connect(&link, introduction(), SETTINGS)).expect("connects");
            drop(runtime);
            drop(viewer);
            connected.send(()).expect("the test waits");
        });
        let joined = self.welcome().await;
        soon(gone).await.expect("vanishes");
        machine.join().expect("ends");
        joined.link
    }

    fn open_connections(&self) -> usize {
        self.host.open_connections()
    }
}
