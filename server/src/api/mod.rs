//! The page's API for one session: entering, links for browsers, the start menu.
//!
//! Whoever connects is a stranger with bounded time and memory until a ticket was exchanged for a cookie; the
//! crate `web` sees to that. What the page asks of the session goes the way that the console's orders go.
//!
//! The requests are described in `docs/http.md`.

mod alive;
mod apps;
mod enter;
mod files;
mod icons;
mod people;
mod ranges;
mod request;
mod routes;
mod site;
mod sockets;
mod turn;

pub(crate) use site::{Entry, SessionSite, Ways};
pub(crate) use turn::{Turn, TurnLogin, TurnUri};

/// Where links begin, over WebSocket and over WebTransport.
pub(crate) const LINK_PATH: &str = "/api/link";
