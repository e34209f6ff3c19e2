//! What the host core is told about a viewer that joins, and what it asks its surroundings to do.

use std::time::Duration;

use media::{Command, EncodeJob, TrackId, Update, ViewerId};
use protocol::control::{Hello, Refusal, Role, ToViewer};

/// Settings of a session.
#[derive(Clone, Debug)]
pub struct Config {
    /// The session's name, told to every viewer: one that returns to the same session keeps its windows.
    pub session: String,
    /// The most viewers at a time; more are refused with `Full`.
    pub max_viewers: usize,
    /// The most windows that viewers are told of; more stay unseen, with a line in the log.
    pub max_windows: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { session: "session".to_owned(), max_viewers: 32, max_windows: 1024 }
    }
}

/// A viewer whose ticket has been verified asks to join.
#[derive(Clone, Debug)]
pub struct Join {
    /// What it said. The core negotiates the version; the ticket has been checked before.
    pub hello: Hello,
    /// What its ticket allows.
    pub role: Role,
    /// The link's round trip as the transport's handshake measured it, if it did: a better start for rate
    /// control.
    pub round_trip: Option<Duration>,
}

/// What the surroundings of the core are to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send a message on the viewer's control lane.
    Send {
        /// To whom.
        viewer: ViewerId,
        /// What.
        message: ToViewer,
    },
    /// Send an update on the viewer's update lane. It must reach the viewer unless the link ends.
    SendUpdate {
        /// To whom.
        viewer: ViewerId,
        /// What.
        update: Update,
        /// What waits with a greater number goes first.
        priority: i32,
        /// What the link takes, in bits per second: for transports that pace what they send.
        bitrate: u64,
    },
    /// Encode; the answer is [`Host::handle_encoded`](super::Host::handle_encoded), always, unless the viewer
    /// or the track is forgotten.
    Encode(EncodeJob),
    /// Tell the source of windows.
    Source(Command),
    /// The encoder drops what it keeps for this viewer.
    ForgetViewer(ViewerId),
    /// The encoder drops what it keeps for this track.
    ForgetTrack(TrackId),
    /// Send [`ToViewer::Refused`] and close the link. The core has forgotten the viewer already;
    /// `handle_gone` is allowed and does nothing.
    Disconnect {
        /// Whose link.
        viewer: ViewerId,
        /// Why.
        refusal: Refusal,
    },
}

/// How one viewer's link does, for logs and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStats {
    /// The estimated rate in bits per second.
    pub bitrate: u64,
    /// The least round trip seen lately, through the whole viewer; `None` before the first feedback.
    pub round_trip: Option<Duration>,
    /// Bytes of updates sent and not yet confirmed.
    pub outstanding: usize,
    /// Up to how many of those the link may have.
    pub window: usize,
}
