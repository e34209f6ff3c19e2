//! Links over QUIC on the loopback interface.

use std::{cell::RefCell, net::SocketAddr, sync::Arc, time::Duration};

use dormer_transport::{
    Doorkeeper, GateLimits, HostIdentity, HostLink, Joined, LinkAddress, Ticket, TicketId, TicketKey,
    UnixSeconds, ViewerLink,
    quic::{Introduction, QuicHost, QuicSettings, connect},
};
use media::{Timestamp, ViewerId};
use protocol::control::{Role, ToViewer, Welcome};

use crate::rig::{Rig, soon};

/// Short enough for tests, long enough for a busy machine.
pub(crate) const SETTINGS: QuicSettings = QuicSettings {
    keep_alive: Duration::from_millis(400),
    idle_timeout: Duration::from_millis(1500),
    hello_timeout: Duration::from_secs(5),
};

pub(crate) struct QuicRig {
    pub(crate) host: RefCell<QuicHost>,
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
        Self { host: RefCell::new(host), identity, tickets: tickets(), address, _state: state }
    }

    /// A link that lets in as `role` for an hour.
    pub(crate) fn link(&self, role: Role) -> LinkAddress {
        let ticket = Ticket {
            id: TicketId(7),
            session: "main".to_owned(),
            role,
            expires: UnixSeconds::now().after(Duration::from_secs(3600)),
        };
        LinkAddress {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            pin: self.identity.pin(),
            ticket: self.tickets.sign(&ticket).expect("signs"),
        }
    }

    /// Takes the next viewer that was let in, and welcomes it.
    pub(crate) async fn welcome(&self) -> Joined {
        // Tests of one rig take viewers one after the other.
        #[expect(clippy::await_holding_refcell_ref, reason = "nobody else borrows it meanwhile")]
        let joined = soon(self.host.borrow_mut().accept()).await.expect("the host is open");
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
    async fn pair(&self) -> (HostLink, ViewerLink) {
        let link = self.link(Role::Control);
        let (joined, viewer) = tokio::join!(self.welcome(), connect(&link, introduction(), SETTINGS));
        (joined.link, viewer.expect("connects").0)
    }
}
