//! What a front end tells a link, and what it hears from it.

use std::sync::Arc;

use bytes::Bytes;
use media::{
    ClipboardRequest, CursorImage, Icon, Notice, Pixels, Region, Size, TextInput, Timestamp, TrackId,
    UpdateId, Window, WindowGrab,
};
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
    /// Ask a window to change. The front end numbers its wishes itself: the newest serial is the one that counts.
    Configure {
        /// Which.
        track: TrackId,
        /// Into what.
        configure: Configure,
    },
    /// Ask a window to close.
    Close(TrackId),
    /// Which window has the keyboard.
    Focus(Option<TrackId>),
    /// The user pressed outside of all popups.
    DismissPopups,
    /// The user does something to windows that is no input of an app: takes the seat, if nobody else is using the apps.
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
    /// Paste what the host offered; answered by [`Event::ClipboardContent`].
    ReadClipboard {
        /// The type that is wanted.
        mime: String,
    },
    /// The answer to [`Event::ClipboardWanted`].
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
    /// A window appeared or changed.
    Window(Window),
    /// A window is gone.
    WindowGone(TrackId),
    /// An icon that windows name.
    Icon(Icon),
    /// How the pointer looks over the session's windows.
    Cursor(CursorImage),
    /// Whether this viewer has the seat: its input reaches the apps, and windows are as it wants them.
    Seat {
        /// Whether.
        held: bool,
    },
    /// An app rang the bell.
    Bell(TrackId),
    /// The user drags a title bar or border that the app draws itself: the desktop takes over.
    Grabbed(TrackId, WindowGrab),
    /// The app with the keyboard takes text here, as far as it tells.
    TextInput(Option<(TrackId, TextInput)>),
    /// The app under the pointer wants all of its motion, or no more.
    PointerLock(Option<TrackId>),
    /// Something was done to an app that people should know of.
    Notice(Notice),
    /// Pixels of a window changed.
    Updated(Updated),
    /// The host has something to paste; empty: nothing any more.
    ClipboardOffered {
        /// MIME types on offer.
        mimes: Vec<String>,
    },
    /// What [`Command::ReadClipboard`] asked for, if there is any.
    ClipboardContent {
        /// The content.
        data: Option<Bytes>,
    },
    /// An app wants to paste what this side offered: to be answered by [`Command::ClipboardContent`].
    ClipboardWanted {
        /// To name in the answer.
        request: ClipboardRequest,
        /// The type that is wanted.
        mime: String,
    },
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
