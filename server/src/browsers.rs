//! How browsers come in: the page's port and what belongs to it, first bound, then opened.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{sync::mpsc, task::JoinHandle};
use transport::{
    Doorkeeper, HostIdentity, Joined, UnixSeconds,
    webrtc::{WebRtcHost, WebRtcSettings},
    webtransport::{self, Origins, WebTransportHost, WebTransportSettings},
};

use crate::{
    config::{self, Config, HttpConfig},
    console::Order,
    links::{self, Announcement, Links},
    web::{Certificates, FrameAncestor, Hosts, LINK_PATH, Listener, Site, SiteParts, Turn},
};

/// Viewers that joined over WebSocket and wait to be taken.
const MAX_WAITING: usize = 16;

/// How often a pair of free ports of the same number is looked for.
const ATTEMPTS: u32 = 16;

/// The ways in for browsers, bound: their ports are known, and nobody is let in yet.
pub(crate) struct Browsers {
    listener: Listener,
    hosts: Hosts,
    certificates: Certificates,
    frame_ancestors: Vec<FrameAncestor>,
    short_lived: Arc<webtransport::Certificates>,
    webtransport: WebTransportHost,
    webrtc: WebRtcHost,
    turn: Option<Turn>,
    doorkeeper: Arc<Doorkeeper>,
}

/// What the rest of the host gives to the page.
pub(crate) struct Session {
    /// Makes links.
    pub links: Links,
    /// Replaces links that were used.
    pub announcement: Arc<Announcement>,
    /// How long links that a page makes can be used.
    pub ttl: Duration,
    /// Takes what the page asks of the session.
    pub orders: mpsc::Sender<Order>,
}

/// The ways in for browsers, open.
pub(crate) struct OpenToBrowsers {
    page: JoinHandle<()>,
    over_websocket: mpsc::Receiver<Joined>,
    webtransport: WebTransportHost,
    webrtc: WebRtcHost,
}

impl Browsers {
    /// Binds them, unless browsers are not to be served.
    pub(crate) async fn bind(
        config: &Config,
        identity: &HostIdentity,
        doorkeeper: &Arc<Doorkeeper>,
    ) -> Result<Option<Self>> {
        let Some(http) = &config.http else { return Ok(None) };
        let short_lived = Arc::new(webtransport::Certificates::new(UnixSeconds::now)?);
        let mut attempts = 0;
        let (listener, hosts, webtransport) = loop {
            attempts += 1;
            let listener = Listener::bind(http.address, config::DEFAULT_HTTP_PORT).await?;
            let address = listener.address();
            let advertised = config.advertise.clone().unwrap_or_else(|| links::advertised(address));
            let hosts = Hosts::new(http.names.iter().cloned().chain([advertised]));
            let settings = WebTransportSettings::new(LINK_PATH, own_origins(&hosts));
            let (doorkeeper, certificates) = (Arc::clone(doorkeeper), Arc::clone(&short_lived));
            match WebTransportHost::bind(address, identity, doorkeeper, certificates, settings) {
                Ok(webtransport) => break (listener, hosts, webtransport),
                // Of a port that the system chose, only TCP's half is sure to be free.
                Err(_) if http.address.is_some_and(|wish| wish.port() == 0) && attempts < ATTEMPTS => {}
                Err(error) => {
                    return Err(error).context("links of browsers need the page's port for UDP as well");
                }
            }
        };
        let address = listener.address();
        let certificates = certificates(config, http, &hosts, address)?;
        let webrtc = WebRtcHost::new(webrtc_settings(http, address), Arc::clone(doorkeeper));
        let (frame_ancestors, doorkeeper) = (http.frame_ancestors.clone(), Arc::clone(doorkeeper));
        let ways_in = Self {
            listener,
            hosts,
            certificates,
            frame_ancestors,
            short_lived,
            webtransport,
            webrtc,
            turn: http.turn.clone(),
            doorkeeper,
        };
        Ok(Some(ways_in))
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Lets browsers in.
    pub(crate) fn open(self, session: Session) -> Result<OpenToBrowsers> {
        let Session { links, announcement, ttl, orders } = session;
        let (joined, over_websocket) = mpsc::channel(MAX_WAITING);
        let site = Site::new(SiteParts {
            hosts: self.hosts,
            authority: links::authority(&links.host, self.listener.address().port()),
            certificates: self.certificates,
            frame_ancestors: self.frame_ancestors,
            doorkeeper: self.doorkeeper,
            links,
            announcement,
            ttl,
            orders,
            joined,
            webtransport: self.short_lived,
            webrtc: self.webrtc.desk(),
            turn: self.turn,
        })?;
        let page = self.listener.serve(Arc::new(site))?;
        let (webtransport, webrtc) = (self.webtransport, self.webrtc);
        Ok(OpenToBrowsers { page, over_websocket, webtransport, webrtc })
    }
}

impl OpenToBrowsers {
    /// The next viewer; `None` if there will be none any more. May be cancelled without loss.
    pub(crate) async fn accept(&mut self) -> Option<Joined> {
        tokio::select! {
            Some(joined) = self.over_websocket.recv() => Some(joined),
            Some(joined) = self.webtransport.accept() => Some(joined),
            Some(joined) = self.webrtc.accept() => Some(joined),
            else => None,
        }
    }

    /// Lets nobody in any more, and waits until those who were know that it is over.
    pub(crate) async fn close(self, reason: &str) {
        self.page.abort();
        tokio::join!(self.webtransport.close(reason), self.webrtc.close(reason));
    }
}

/// Links are for the host's own page only, under any of the host's names.
fn own_origins(hosts: &Hosts) -> Origins {
    let hosts = hosts.clone();
    Origins::judged_by(move |origin, authority| hosts.is_own_page(origin, authority))
}

/// Its own certificate is for its names, and for the addresses under which it may be reached.
fn certificates(
    config: &Config,
    http: &HttpConfig,
    hosts: &Hosts,
    bound: SocketAddr,
) -> Result<Certificates> {
    let is_address = |name: &String| name.parse::<IpAddr>().is_ok();
    let (addresses, names): (Vec<_>, Vec<_>) = hosts.names().iter().cloned().partition(is_address);
    let named = addresses.iter().filter_map(|address| address.parse().ok());
    let own = if bound.ip().is_unspecified() { links::outward_address() } else { bound.ip() };
    let local = [own, Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let all: Vec<IpAddr> = named.chain(local).chain(http.external_addresses.iter().copied()).collect();
    Certificates::load(http.certificate.clone(), &config.state_dir, &names, &all)
        .context("the page has no certificate")
}

/// WebRTC is offered where the page is.
fn webrtc_settings(http: &HttpConfig, bound: SocketAddr) -> WebRtcSettings {
    let addresses = if bound.ip().is_unspecified() { Vec::new() } else { vec![bound.ip()] };
    WebRtcSettings {
        ports: http.webrtc_ports.clone(),
        addresses,
        external: http.external_addresses.clone(),
        ..WebRtcSettings::default()
    }
}
