//! How browsers come in: the page's port and what belongs to it, first bound, then opened.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use anyhow::{Context, Result};
use tokio::{sync::mpsc, task::JoinHandle};
use transport::{
    Admission, HostIdentity, Joined, UnixSeconds,
    webrtc::{WebRtcHost, WebRtcSettings},
    websocket,
    webtransport::{self, Origins, WebTransportHost, WebTransportSettings},
};
use web::{Certificates, Hosts, Listener, SecurityHeaders, Tls};

use super::{
    config::{Config, DEFAULT_HTTP_PORT},
    http::HttpConfig,
};
use crate::{
    api::{Entry, LINK_PATH, SessionSite, Ways},
    console::Order,
    links,
    usage::Usage,
};

/// Viewers that joined over WebSocket and wait to be taken.
const MAX_WAITING: usize = 16;

/// How often a pair of free ports of the same number is looked for.
const ATTEMPTS: u32 = 16;

/// The page's port and the ways of its links, bound: their ports are known, and nobody is let in yet.
pub(super) struct Browsers {
    listener: Listener,
    tls: Tls,
    ways: Ways,
    arrivals: Arrivals,
}

/// Where viewers that have joined from browsers arrive.
struct Arrivals {
    websocket: mpsc::Receiver<Joined>,
    webtransport: WebTransportHost,
    webrtc: WebRtcHost,
}

/// The same, serving.
pub(super) struct OpenToBrowsers {
    page: JoinHandle<()>,
    arrivals: Arrivals,
}

/// The page's port, for TCP and for UDP, and the names under which it answers.
struct Ports {
    listener: Listener,
    hosts: Hosts,
    webtransport: WebTransportHost,
}

impl Browsers {
    /// Binds them, unless browsers are not to be served.
    pub(super) fn bind(
        config: &Config,
        identity: &HostIdentity,
        admission: &Arc<Admission>,
    ) -> Result<Option<Self>> {
        let Some(http) = &config.http else { return Ok(None) };
        let short_lived = Arc::new(webtransport::Certificates::new(UnixSeconds::now)?);
        let Ports { listener, hosts, webtransport } =
            bind_ports(config, http, identity, admission, &short_lived)?;
        let address = listener.address();
        let certificates = certificates(config, http, &hosts, address)?;
        certificates
            .also_speak(websocket::TCP_ALPN, identity.certified_key().context("the key is of no use")?);
        let webrtc = WebRtcHost::new(webrtc_settings(http, address), Arc::clone(admission));
        let (joined, websocket) = mpsc::channel(MAX_WAITING);
        let headers = SecurityHeaders::new(&http.frame_ancestors);
        Ok(Some(Self {
            listener,
            tls: Tls { hosts, certificates, headers, plain: http.plain },
            ways: Ways {
                webtransport: short_lived,
                webrtc: webrtc.signalling(),
                turn: http.turn.clone(),
                websocket: joined,
            },
            arrivals: Arrivals { websocket, webtransport, webrtc },
        }))
    }

    /// Where the page is.
    pub(super) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Lets browsers in. What the page asks of the session goes to `orders`.
    pub(super) fn open(self, entry: Entry, orders: mpsc::Sender<Order>) -> Result<OpenToBrowsers> {
        let site = SessionSite::new(self.tls, entry, self.ways, orders)?;
        let page = self.listener.serve(Arc::new(site)).context("TLS cannot be set up")?;
        Ok(OpenToBrowsers { page, arrivals: self.arrivals })
    }
}

impl OpenToBrowsers {
    /// The next viewer; `None` if there will be none any more. May be cancelled without loss.
    pub(super) async fn accept(&mut self) -> Option<Joined> {
        let Arrivals { websocket, webtransport, webrtc } = &mut self.arrivals;
        tokio::select! {
            Some(joined) = websocket.recv() => Some(joined),
            Some(joined) = webtransport.accept() => Some(joined),
            Some(joined) = webrtc.accept() => Some(joined),
            else => None,
        }
    }

    /// Lets nobody in any more, and waits until those who were know that it is over.
    pub(super) async fn close(self, reason: &str) {
        self.page.abort();
        let Arrivals { webtransport, webrtc, .. } = self.arrivals;
        tokio::join!(webtransport.close(reason), webrtc.close(reason));
    }
}

/// Binds one port for the page, over TCP, and for WebTransport, over UDP.
fn bind_ports(
    config: &Config,
    http: &HttpConfig,
    identity: &HostIdentity,
    admission: &Arc<Admission>,
    short_lived: &Arc<webtransport::Certificates>,
) -> Result<Ports> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let listener = Listener::bind(http.address, DEFAULT_HTTP_PORT).with_context(|| {
            let port = http.address.map_or_else(|| format!("port {DEFAULT_HTTP_PORT}"), |it| it.to_string());
            format!(
                "TCP {port} cannot be used for the page; choose another with --http ADDR:0, or use --no-http"
            )
        })?;
        let address = listener.address();
        let advertised = config.advertise.hosts().map(str::to_owned);
        let hosts = Hosts::new(http.names.iter().cloned().chain(advertised));
        let settings = WebTransportSettings::new(LINK_PATH, own_origins(&hosts));
        let (admission, certificates) = (Arc::clone(admission), Arc::clone(short_lived));
        match WebTransportHost::bind(address, identity, admission, certificates, settings) {
            Ok(webtransport) => return Ok(Ports { listener, hosts, webtransport }),
            // Of a port that the system chose, only TCP's half is sure to be free.
            Err(_) if http.address.is_some_and(|wish| wish.port() == 0) && attempts < ATTEMPTS => {}
            Err(error) => {
                return Err(error).context("links of browsers need the page's port for UDP as well");
            }
        }
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
    let own = links::reachable(bound.ip(), transport::own_addresses());
    let local = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
    let external = http.external_addresses.iter().copied();
    let all: Vec<IpAddr> = named.chain(own).chain(local).chain(external).collect();
    let loaded = Certificates::load(http.certificate.clone(), &config.state_dir, &names, &all);
    let loaded = loaded.map_err(|error| match error.is_in_given_files() {
        true => anyhow::Error::new(Usage(format!("--http-cert, --http-key: {error}"))),
        false => error.into(),
    });
    loaded.context("the page has no certificate")
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
