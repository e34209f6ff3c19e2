//! What all requests share, in groups by what they are for.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;
use axum::response::Response;
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
};
use transport::{
    Admission, Joined, Permit, PreAuthError, PreAuthLimiter, PreAuthLimits, webrtc::WebRtcSignalling,
    websocket, webtransport,
};
use web::{Asked, MAX_CONNECTIONS, MAX_CONNECTIONS_OF_PREFIX, Problem, Site, Tls, TlsStream, Visitors};

use super::{alive::Instance, icons::Icons, routes, sockets, turn::Turn};
use crate::{
    console::{Answer, Order, Request},
    files::Files,
    links::{Announcement, Links},
};

/// Links count no longer once they joined: there is a limit on viewers.
const CONNECTIONS: PreAuthLimits = PreAuthLimits {
    pending: MAX_CONNECTIONS,
    busy: MAX_CONNECTIONS,
    pending_of_prefix: MAX_CONNECTIONS_OF_PREFIX,
    failures: u32::MAX,
    forgiven_after: Duration::from_secs(1),
};

/// The page's port for one session.
pub(crate) struct SessionSite {
    tls: Tls,
    connections: PreAuthLimiter,
    pub(super) entry: Entry,
    pub(super) ways: Ways,
    /// Takes what the page asks of the session.
    orders: mpsc::Sender<Order>,
    pub(super) icons: Icons,
    /// Which process of the host this is.
    pub(super) instance: Instance,
}

/// Who may enter: pages with a ticket, which they exchange for a cookie.
pub(crate) struct Entry {
    /// Judges tickets.
    pub admission: Arc<Admission>,
    /// Makes links and tickets.
    pub links: Links,
    /// Replaces links that were used.
    pub announcement: Arc<Announcement>,
    /// How long links that a page makes can be used.
    pub ttl: Duration,
    /// The session's files.
    pub files: Arc<Files>,
    /// The pages that have entered.
    pub visitors: Arc<Mutex<Visitors>>,
}

/// The ways in which a page that has entered can make a link.
pub(crate) struct Ways {
    /// The certificates that the page must expect.
    pub webtransport: Arc<webtransport::Certificates>,
    /// Answers offers.
    pub webrtc: WebRtcSignalling,
    /// Relays that browsers are told of.
    pub turn: Option<Turn>,
    /// Takes viewers that joined over WebSocket.
    pub websocket: mpsc::Sender<Joined>,
}

impl SessionSite {
    /// Puts the groups together; fails if the system has no random numbers.
    pub(crate) fn new(tls: Tls, entry: Entry, ways: Ways, orders: mpsc::Sender<Order>) -> Result<Self> {
        let (connections, instance) = (PreAuthLimiter::new(CONNECTIONS), Instance::new()?);
        Ok(Self { tls, connections, entry, ways, orders, icons: Icons::default(), instance })
    }

    /// Asks the session, as the console does.
    pub(super) async fn order(&self, request: Request) -> Result<Answer, Problem> {
        let (answer, answered) = oneshot::channel();
        self.orders.send((request, answer)).await.map_err(|_| Problem::ending())?;
        let answer = answered.await.map_err(|_| Problem::ending())?;
        if let Answer::Error(reason) = answer { Err(Problem::impossible(reason)) } else { Ok(answer) }
    }
}

impl Site for SessionSite {
    type Permit = Permit;
    type Refusal = PreAuthError;

    fn tls(&self) -> &Tls {
        &self.tls
    }

    fn authority(&self) -> Option<String> {
        self.entry.links.page_authority()
    }

    fn admit(&self, socket: &TcpStream, peer: SocketAddr) -> Result<Permit, PreAuthError> {
        let permit = self.connections.approach(peer.ip(), Instant::now());
        // It may become a link.
        websocket::tune(socket);
        permit
    }

    async fn answer(self: Arc<Self>, asked: Asked) -> Response {
        routes::answer(self, asked).await
    }

    /// A native viewer, in a network that lets no UDP through.
    async fn take_other(self: Arc<Self>, stream: TlsStream, peer: SocketAddr, permit: Permit) {
        sockets::take(&self, stream, peer).await;
        drop(permit);
    }
}

impl Entry {
    /// The pages that have entered.
    pub(super) fn visitors(&self) -> MutexGuard<'_, Visitors> {
        // Nothing panics while it is held.
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the cookie: sessions on one machine share a browser's cookies.
    pub(super) fn cookie_name(&self) -> String {
        format!("__Host-dormer-{}", self.links.session)
    }
}
