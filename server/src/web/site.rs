//! What all requests share, in groups by what they are for.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use tokio::sync::{mpsc, oneshot};
use transport::{Admission, Joined, webrtc::WebRtcSignalling, webtransport};

use super::{
    alive::Instance, certificate::Certificates, hosts::Hosts, icons::Icons, problem::Problem,
    response_headers::SecurityHeaders, turn::Turn, visitors::Visitors,
};
use crate::{
    console::{Answer, Order, Request},
    links::{Announcement, Links},
};

/// The page's port for one session.
pub(crate) struct Site {
    pub(super) tls: Tls,
    pub(super) entry: Entry,
    pub(super) ways: Ways,
    /// Takes what the page asks of the session.
    orders: mpsc::Sender<Order>,
    pub(super) icons: Icons,
    /// Which process of the host this is.
    pub(super) instance: Instance,
}

/// What a browser must find true of this host, and what every answer tells it.
pub(crate) struct Tls {
    /// The names under which requests are answered.
    pub hosts: Hosts,
    /// The certificate for these names.
    pub certificates: Certificates,
    /// The headers of every answer.
    pub headers: SecurityHeaders,
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
    /// The pages that have entered.
    pub visitors: Mutex<Visitors>,
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

impl Site {
    /// Puts the groups together; fails if the system has no random numbers.
    pub(crate) fn new(tls: Tls, entry: Entry, ways: Ways, orders: mpsc::Sender<Order>) -> Result<Self> {
        Ok(Self { tls, entry, ways, orders, icons: Icons::default(), instance: Instance::new()? })
    }

    /// Asks the session, as the console does.
    pub(super) async fn order(&self, request: Request) -> Result<Answer, Problem> {
        let (answer, answered) = oneshot::channel();
        self.orders.send((request, answer)).await.map_err(|_| Problem::ending())?;
        match answered.await.map_err(|_| Problem::ending())? {
            Answer::Error(reason) => Err(Problem::impossible(reason)),
            answer => Ok(answer),
        }
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
