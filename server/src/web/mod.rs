//! The page's port: HTTPS with the browser viewer, its API, and the links that browsers make.
//!
//! Whoever connects is a stranger with bounded time and memory until a ticket was exchanged for a cookie. Requests are
//! answered only under names that are this host's, those that change something only from the page itself. What the page
//! asks of the session goes the way that the console's orders go.
//!
//! The requests are described in `docs/http.md`.

mod accept;
mod alive;
mod apps;
mod certificate;
mod connection;
mod enter;
mod hosts;
mod icons;
mod own_certificate;
mod page;
mod problem;
mod request;
mod response_headers;
mod routes;
mod site;
mod sockets;
mod turn;
mod visitors;

pub(crate) use accept::Listener;
pub(crate) use certificate::{Certificates, Source};
pub(crate) use hosts::{Hosts, is_host};
pub(crate) use response_headers::{FrameAncestor, SecurityHeaders};
pub(crate) use site::{Entry, Site, Tls, Ways};
pub(crate) use turn::{Turn, TurnLogin, TurnUri};
pub(crate) use visitors::Visitors;

/// Where links begin, over WebSocket and over WebTransport.
pub(crate) const LINK_PATH: &str = "/api/link";

/// How many files the embedded page has, and its size as it is sent, in bytes.
pub(crate) fn page_size() -> (usize, usize) {
    page::size()
}
