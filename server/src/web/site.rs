//! What all requests share.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use tokio::sync::{mpsc, oneshot};
use transport::{Doorkeeper, Joined, webrtc::WebRtcDesk, webtransport};

use super::{
    alive::Instance,
    certificate::Certificates,
    hosts::Hosts,
    icons::Icons,
    problem::Problem,
    response_headers::{FrameAncestor, SecurityHeaders},
    turn::Turn,
    visitors::Visitors,
};
use crate::{
    console::{Answer, Order, Request},
    links::{Announcement, Links},
};

/// The page's port for one session.
pub(crate) struct Site {
    pub(super) instance: Instance,
    pub(super) hosts: Hosts,
    /// What links name: host and port.
    pub(super) authority: String,
    pub(super) certificates: Certificates,
    pub(super) headers: SecurityHeaders,
    /// Whether other sites may show the page in frames.
    pub(super) framed: bool,
    pub(super) cookie_name: String,
    pub(super) doorkeeper: Arc<Doorkeeper>,
    pub(super) links: Links,
    pub(super) announcement: Arc<Announcement>,
    /// How long links that a page makes can be used.
    pub(super) ttl: Duration,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) joined: mpsc::Sender<Joined>,
    pub(super) webtransport: Arc<webtransport::Certificates>,
    pub(super) webrtc: WebRtcDesk,
    /// Relays that browsers are told of.
    pub(super) turn: Option<Turn>,
    pub(super) icons: Icons,
    visitors: Mutex<Visitors>,
}

/// What a [`Site`] is made of.
pub(crate) struct SiteParts {
    pub hosts: Hosts,
    pub authority: String,
    pub certificates: Certificates,
    pub frame_ancestors: Vec<FrameAncestor>,
    pub doorkeeper: Arc<Doorkeeper>,
    pub links: Links,
    pub announcement: Arc<Announcement>,
    pub ttl: Duration,
    pub orders: mpsc::Sender<Order>,
    pub joined: mpsc::Sender<Joined>,
    pub webtransport: Arc<webtransport::Certificates>,
    pub webrtc: WebRtcDesk,
    pub turn: Option<Turn>,
}

impl Site {
    /// Puts the parts together.
    pub(crate) fn new(parts: SiteParts) -> Result<Self> {
        Ok(Self {
            instance: Instance::new()?,
            hosts: parts.hosts,
            authority: parts.authority,
            certificates: parts.certificates,
            headers: SecurityHeaders::new(&parts.frame_ancestors),
            framed: !parts.frame_ancestors.is_empty(),
            cookie_name: format!("__Host-dormer-{}", parts.links.session),
            doorkeeper: parts.doorkeeper,
            links: parts.links,
            announcement: parts.announcement,
            ttl: parts.ttl,
            orders: parts.orders,
            joined: parts.joined,
            webtransport: parts.webtransport,
            webrtc: parts.webrtc,
            turn: parts.turn,
            icons: Icons::default(),
            visitors: Mutex::default(),
        })
    }

    /// The pages that were let in.
    pub(super) fn visitors(&self) -> MutexGuard<'_, Visitors> {
        // Nothing panics while it is held.
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
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
