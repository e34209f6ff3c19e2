//! Links over WebTransport: what browsers have of QUIC.
//!
//! Within a WebTransport session over HTTP/3 the lanes are those of QUIC, and so is the task that drives
//! them: only what stands before the bytes of streams and datagrams differs, and how a link ends. Browsers
//! accept the host by the hash of its certificate, which must live for two weeks at most: see
//! [`Certificates`].
//!
//! A connection carries one session. Its request names the page that opened it (`Origin`), which is checked.

mod certificates;
mod host;
mod http3;
mod session;
mod viewer;

use std::{fmt, sync::Arc, time::Duration};

pub use certificates::{CertificateError, Certificates};
pub use host::WebTransportHost;
pub use viewer::{Target, connect};

pub use crate::pinned_certificate::CertificateHash;
use crate::quic::{QuicSettings, settings::Protocol};

/// Which pages may open links.
#[derive(Clone)]
pub struct Origins(Arc<Judge>);

/// Whether an origin may, given the host and port that the request is for.
type Judge = dyn Fn(&str, &str) -> bool + Send + Sync;

impl Origins {
    /// Exactly these, as browsers write them: `https://host:port`, without the port if it is 443.
    pub fn listed(origins: impl IntoIterator<Item = String>) -> Self {
        let origins: Vec<String> = origins.into_iter().map(|origin| origin.to_ascii_lowercase()).collect();
        Self::judged_by(move |origin, _| origins.contains(&origin.to_ascii_lowercase()))
    }

    /// Those for which this holds, given the origin and the host and port that the request is for.
    pub fn judged_by(allows: impl Fn(&str, &str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(allows))
    }

    fn allow(&self, origin: &str, authority: &str) -> bool {
        (self.0)(origin, authority)
    }
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origins(…)")
    }
}

/// How links over WebTransport are set up. Times are as in [`QuicSettings`].
#[derive(Clone, Debug)]
pub struct WebTransportSettings {
    /// How often a host looks whether an idle viewer lives: browsers do not tell by themselves.
    pub keep_alive: Duration,
    /// After how much silence the other end counts as gone.
    pub idle_timeout: Duration,
    /// How long a pending peer may take to say hello, and a host to answer.
    pub hello_timeout: Duration,
    /// The path of the address that leads to links.
    pub path: String,
    /// Which pages may open links.
    pub origins: Origins,
}

impl WebTransportSettings {
    /// The usual times.
    pub fn new(path: impl Into<String>, origins: Origins) -> Self {
        let QuicSettings { keep_alive, idle_timeout, hello_timeout, .. } = QuicSettings::default();
        Self { keep_alive, idle_timeout, hello_timeout, path: path.into(), origins }
    }

    fn quic(&self) -> QuicSettings {
        let &Self { keep_alive, idle_timeout, hello_timeout, .. } = self;
        QuicSettings { keep_alive, idle_timeout, hello_timeout, datagrams: true }
    }
}

/// Streams that HTTP/3 itself opens: one for its settings, two for the compression of headers, and some that
/// it is allowed to open for no reason.
const HTTP3_STREAMS: u32 = 6;

/// What is spoken: a request's stream and the control lane's, both opened by the viewer; `uni` streams of the
/// peer.
const fn protocol(bidi: u32, uni: u32) -> Protocol {
    Protocol { alpn: b"h3", bidi, uni }
}
