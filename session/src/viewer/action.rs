//! What the viewer core asks its surroundings to do, and how they see its state.

use bytes::Bytes;
use media::{
    ClipboardRequest, CursorImage, Drag, Icon, Notice, TextInput, TrackId, Update, VideoCodec, ViewerId,
    Window, WindowGrab,
};
use protocol::{
    control::{Refusal, Role, ToHost},
    feedback::Feedback,
    input::Input,
    resume::ResumeKey,
};
use thiserror::Error;

/// What a viewer is.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The right to join, as it stands in the link.
    pub ticket: String,
    /// Name and version, for people.
    pub agent: String,
    /// Video codecs that it decodes.
    pub video: Vec<VideoCodec>,
    /// By what its host knows it again on its next link; `None`: by nothing.
    pub resume: Option<ResumeKey>,
}

/// How a viewer stands to its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not yet welcomed for the first time.
    Connecting,
    /// In the session.
    Live {
        /// The session's name.
        session: String,
        /// Its number for this link.
        viewer: ViewerId,
        /// What it may do.
        role: Role,
    },
    /// The link broke; the windows stay as they were until the next welcome, and what the user does waits for
    /// it.
    Reconnecting {
        /// The session's name.
        session: String,
        /// What it might do.
        role: Role,
    },
    /// For good.
    Closed(End),
}

/// Why it is over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum End {
    /// The host does not let the viewer in, or threw it out.
    #[error("the host refuses: {}", .0.message)]
    Refused(Refusal),
    /// The session ends.
    #[error("the session ends: {0}")]
    Goodbye(String),
    /// The host broke the protocol's rules.
    #[error("the host broke the protocol: {0}")]
    Protocol(String),
}

/// What the surroundings of the core are to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Send to the host. Without a link there is nobody to send it to: it is dropped, as the core expects.
    Send(Outbound),
    /// Apply to the copy of its track, and report [`handle_applied`](super::Viewer::handle_applied). Updates
    /// of a track come in order. The one with the number 1 begins a new copy: what was there before, pixels
    /// and decoders, is of an earlier link and must not be built upon.
    Apply(Update),
    /// Tell the front end.
    Tell(Event),
    /// The state changed.
    State(State),
}

/// What goes to the host.
#[derive(Clone, Debug, PartialEq)]
pub enum Outbound {
    /// On the control lane.
    Control(ToHost),
    /// On the input lane.
    Input(Input),
    /// On the motion lane; only the newest need be sent.
    Motion(Input),
    /// On the feedback lane.
    Feedback(Feedback),
}

/// What the front end is told: it shows windows, and takes part in the clipboard.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A window appeared or changed: its whole state. It is to be shown once its first update was applied.
    Window(Window),
    /// A window is gone.
    WindowGone(TrackId),
    /// The content of an icon that windows name.
    Icon(Icon),
    /// How the pointer looks over the session's windows.
    Cursor(CursorImage),
    /// Whether this viewer has the seat: its input reaches the apps, and windows are as it wants them. After
    /// a welcome it comes behind all windows.
    Seat {
        /// Whether it does.
        held: bool,
    },
    /// An app rang the bell.
    Bell(TrackId),
    /// The user drags a title bar or border that the app draws: the desktop takes over, held buttons are
    /// released.
    Grabbed(TrackId, WindowGrab),
    /// The app with the keyboard takes text here; `None`: nowhere that it tells of. It ends with its window
    /// too.
    TextInput(Option<(TrackId, TextInput)>),
    /// The app under the pointer locks it, in this window: from here on relative motion is sent; `None`: no
    /// more.
    PointerLock(Option<TrackId>),
    /// The user drags content from a window: the pointer is to be told of in the window that it is over;
    /// `None`: no more.
    Drag(Option<Drag>),
    /// Something was done to an app that people should know of.
    Notice(Notice),
    /// The session's clipboard has content of these types; none: it is empty.
    ClipboardOffered {
        /// MIME types.
        mimes: Vec<String>,
    },
    /// Somebody in the session pastes what this viewer offered: answer with
    /// [`provide_clipboard`](super::Viewer::provide_clipboard).
    ClipboardWanted {
        /// To name in the answer.
        request: ClipboardRequest,
        /// The type.
        mime: String,
    },
    /// What [`request_clipboard`](super::Viewer::request_clipboard) asked for; `None` if there is none.
    ClipboardContent {
        /// Which request.
        request: ClipboardRequest,
        /// The content.
        data: Option<Bytes>,
    },
}

/// Why an input was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsent {
    /// There is no link.
    #[error("not connected")]
    NotLive,
    /// The ticket allows only to look.
    #[error("this link allows only to look, not to use")]
    ViewOnly,
    /// There is no such window.
    #[error("no such window")]
    NoWindow,
    /// The key or button is down or up already.
    #[error("nothing changes by it")]
    NoChange,
    /// Over a bound of the protocol.
    #[error("the input is longer than the protocol allows, or its position is no number")]
    Bounds,
}
