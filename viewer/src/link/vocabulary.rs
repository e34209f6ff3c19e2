//! What a front end tells a link, and what it hears from it.

use std::sync::Arc;

use bytes::Bytes;
use media::{ClipboardRequest, Locks, Pixels, Region, Size, Timestamp, TrackId, UpdateId};
use protocol::{
    control::{Configure, Role},
    input::InputEvent,
};

use crate::{picture::Picture, stats::Report};

/// What a front end tells its link.
#[derive(Debug)]
pub enum Command {
    /// An input event of the user.
    Input {
        /// When it happened, on the viewer's clock.
        at: Timestamp,
        /// To which window.
        track: TrackId,
        /// What.
        event: InputEvent,
    },
    /// Let go of all keys, buttons and fingers.
    ReleaseAll,
    /// Ask a window to change. The front end numbers its wishes itself: the newest serial is the one that
    /// counts.
    Configure {
        /// Which.
        track: TrackId,
        /// Into what.
        configure: Configure,
    },
    /// Ask a window to close.
    Close(TrackId),
    /// End the app of a window, which does not answer.
    ForceQuit(TrackId),
    /// Which window has the keyboard.
    Focus(Option<TrackId>),
    /// The user pressed outside of all popups.
    DismissPopups,
    /// The user does something to windows that is no input of an app: takes the seat, if nobody else is using
    /// the apps.
    TakeSeat,
    /// Whether a window can be seen.
    Visible {
        /// Which.
        track: TrackId,
        /// Whether.
        visible: bool,
    },
    /// The keyboard's layout, in xkb text format.
    Keymap(String),
    /// Which locks are on at the user's keyboard.
    Locks(Locks),
    /// An update was shown.
    Presented {
        /// Of which window.
        track: TrackId,
        /// Which.
        update: UpdateId,
        /// When, on the viewer's clock.
        at: Timestamp,
    },
    /// Something can be pasted from this side; empty: nothing any more.
    OfferClipboard {
        /// MIME types on offer.
        mimes: Vec<String>,
    },
    /// Paste what the host offered; answered by
    /// [`ClipboardContent`](session::viewer::Event::ClipboardContent).
    ReadClipboard {
        /// The type that is wanted.
        mime: String,
    },
    /// The answer to [`ClipboardWanted`](session::viewer::Event::ClipboardWanted).
    ClipboardContent {
        /// Which request.
        request: ClipboardRequest,
        /// The content, if there is any.
        data: Option<Bytes>,
    },
    /// Report figures; answered by [`Event::Report`].
    Report,
    /// Say goodbye and end.
    Leave,
}

/// What a front end hears from its link.
#[derive(Clone, Debug)]
pub enum Event {
    /// The link's state changed.
    State(State),
    /// Something happened in the session.
    Session(session::viewer::Event),
    /// Pixels of a window changed.
    Updated(Updated),
    /// Figures.
    Report {
        /// The figures.
        report: Box<Report>,
        /// Whether [`Command::Report`] asked for them.
        asked: bool,
    },
}

/// The state of a link.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// The first connection is being made.
    Connecting,
    /// Connected; all windows follow anew.
    Online {
        /// What this viewer may do.
        role: Role,
    },
    /// The connection broke and is being made again; windows keep their last pictures.
    Reconnecting {
        /// What broke it.
        reason: String,
    },
    /// Over. The last event.
    Ended(End),
}

/// Why a link is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The front end left.
    Left,
    /// The session is over; why, for people.
    SessionOver(String),
    /// The host does not want this viewer, or cannot be reached: what is wrong and what to do.
    Failed(String),
}

/// An update was applied.
#[derive(Clone, Debug)]
pub struct Updated {
    /// To which track.
    pub track: TrackId,
    /// Which update; counts from 1 again on each connection.
    pub update: UpdateId,
    /// The picture's size.
    pub size: Size<Pixels>,
    /// What changed.
    pub region: Region,
    /// Whether the picture equals the app's, pixel by pixel.
    pub exact: bool,
    /// When it had been applied, on the viewer's clock.
    pub at: Timestamp,
    /// The pixels: a new picture for each connection.
    pub picture: Arc<Picture>,
}
