//! Links over WebSocket (RFC 6455), for networks that let no UDP through and browsers without anything
//! better.
//!
//! Each binary message is the lane's number and one message of it. Besides the lanes there are a question and
//! an answer, by which each end knows that the other lives, and how long the way is: TCP alone does not tell.
//! There is one stream, so a large update delays what comes after it; therefore little is handed to the
//! socket at a time, and whenever there is room the most urgent message goes first.
//!
//! The HTTP part belongs to whoever serves HTTP: it answers the upgrade with [`accept_key`], [`tune`]s the
//! socket, and hands the stream behind it to [`accept`]. The framing is our own, so that every length is
//! checked against the limit of its lane, or the smaller one of strangers, before memory is taken, and large
//! updates are written without a copy.

mod frame;
mod handshake;
mod host;
mod pulse;
mod reader;
mod sorting;
mod task;
mod tune;
mod viewer;
mod writer;

use std::time::Duration;

/// How the same messages are called in TLS' negotiation where no HTTP comes before them: native viewers have
/// no page.
pub const TCP_ALPN: &[u8] = b"dormer/1-tcp";

pub use handshake::accept_key;
pub use host::{AcceptError, accept};
pub use tune::tune;
pub use viewer::connect;

/// Times that tests shorten and nobody else should need to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocketSettings {
    /// How often a host asks whether the viewer still lives.
    pub heartbeat: Duration,
    /// After how much silence the other end counts as gone.
    pub idle_timeout: Duration,
    /// How long a pending peer may take to say hello, and a host to answer.
    pub hello_timeout: Duration,
}

impl Default for WebSocketSettings {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(4600),
            idle_timeout: Duration::from_secs(9),
            hello_timeout: Duration::from_secs(5),
        }
    }
}
