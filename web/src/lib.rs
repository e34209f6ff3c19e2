//! What a page's port needs, whoever serves it: connections within limits, TLS, the names of the host,
//! cookies, problems, the headers of every answer, and the embedded page.
//!
//! Whoever connects has bounded time and memory. Requests are answered only under names that are this host's,
//! those that change something only from the page itself. A [`Site`] says who may connect and answers.
//!
//! The requests of a session's host are described in `docs/http.md`.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod accept;
mod body;
mod connection;
mod cookies;
mod hosts;
pub mod page;
mod private_file;
mod problem;
mod response_headers;
mod site;
mod tls;

pub use accept::{Listener, MAX_CONNECTIONS, MAX_CONNECTIONS_OF_PREFIX};
pub use body::{discard, json};
pub use cookies::{Full, Gone, Holder, Visitor, Visitors, cookie, set_cookie};
pub use hosts::{Hosts, NamedHost, check_origin, is_host};
pub use private_file::write_private;
pub use problem::Problem;
pub use response_headers::{BadAncestor, FrameAncestor, SecurityHeaders};
pub use site::{Asked, Site, Tls, TlsStream};
pub use tls::{CertificateError, Certificates, Source};
