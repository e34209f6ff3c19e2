//! The control lane: attaching, window state, wishes of the viewer, clipboard.
//!
//! The first message of a viewer is [`ToHost::Hello`]; the host answers with [`ToViewer::Welcome`] or
//! [`ToViewer::Refused`]. Nothing else has any effect before that.

use std::fmt;

use bytes::Bytes;
use media::{
    ClipboardRequest, Configure as SourceConfigure, CursorImage, Drag, Icon, InputId, Logical, Notice, Scale,
    Size, TextInput, Timestamp, TrackId, VideoCodec, ViewerId, Window, WindowGrab,
};
use serde::{Deserialize, Serialize};

use crate::{Version, resume::Resume, version::VersionRange};

/// From viewer to host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ToHost {
    /// Asks to join.
    Hello(Hello),
    /// How this viewer wants a window to be: the newest counts. While the viewer holds the seat the window is
    /// asked to become so, and the answer is its state. The host keeps what the others say until they take
    /// the seat.
    Configure {
        /// Which.
        track: TrackId,
        /// Into what.
        configure: Configure,
    },
    /// The window has this viewer's keyboard focus now, `None` if none of the session's has.
    Focus {
        /// Which.
        track: Option<TrackId>,
    },
    /// The user pressed outside of all popups, or the desktop took the focus away.
    DismissPopups,
    /// The user begins to do something to windows that is no input of an app: to resize or maximise one. It
    /// takes the seat as a key does, unless somebody else is using the apps; the answer is
    /// [`ToViewer::Seat`].
    TakeSeat,
    /// Whether anybody can see the window: hidden ones are not encoded.
    Visible {
        /// Which.
        track: TrackId,
        /// Whether.
        visible: bool,
    },
    /// The viewer's keyboard layout: xkb text format, version 1, at most [`MAX_KEYMAP`] bytes.
    Keymap {
        /// The keymap.
        text: String,
    },
    /// Clipboard, either way.
    Clipboard(Clipboard),
    /// Asks for the host's time: to tell the offset of the clocks and the round trip.
    Ping {
        /// The viewer's time.
        viewer: Timestamp,
    },
    /// The viewer leaves for good.
    Goodbye,
}

impl ToHost {
    /// Whether input that its viewer sends later must not take effect sooner: a key needs its keymap, a paste
    /// what was copied before, a press must not open a menu that an earlier dismissal then closes. They are
    /// counted in [`Input::after`](crate::input::Input::after).
    pub fn goes_before_input(&self) -> bool {
        matches!(
            self,
            ToHost::Focus { .. }
                | ToHost::DismissPopups
                | ToHost::Keymap { .. }
                | ToHost::Clipboard(Clipboard::Offer { .. })
        )
    }
}

/// From host to viewer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ToViewer {
    /// The viewer is in. All windows, icons and the cursor follow.
    Welcome(Welcome),
    /// The viewer is not let in, or was thrown out. The link closes after this.
    Refused(Refusal),
    /// A window appeared or changed: its whole state.
    Window(Window),
    /// A window is gone.
    WindowGone {
        /// Which.
        track: TrackId,
    },
    /// An icon that windows name.
    Icon(Icon),
    /// How the pointer looks over the session's windows.
    Cursor(CursorImage),
    /// Whether this viewer holds the seat: its input reaches the apps, and windows are as it wants them.
    /// Without it, it shows windows as they are; what its user does next may take the seat.
    Seat {
        /// Whether.
        held: bool,
    },
    /// Clipboard, either way.
    Clipboard(Clipboard),
    /// An app rang the bell.
    Bell {
        /// Which window.
        track: TrackId,
    },
    /// This viewer's user drags content from a window, or does no more. Until then it tells of the pointer in
    /// the window that it is over, although a button is down.
    Drag {
        /// What is dragged; nil: nothing any more.
        drag: Option<Drag>,
    },
    /// This viewer's user began to drag a title bar or border that the app draws itself. The viewer's desktop
    /// moves or resizes the window from here on; the button counts as released for the app.
    Grabbed {
        /// Which window.
        track: TrackId,
        /// What the drag does.
        grab: WindowGrab,
    },
    /// The app with the keyboard takes text here. Only viewers that may type are told. At most one window
    /// takes text at a time; it takes none any more when it is gone.
    TextInput {
        /// Which window or popup.
        track: TrackId,
        /// Where in it; nil: nowhere that the app tells of. Text may be sent all the same.
        input: Option<TextInput>,
    },
    /// The app under this viewer's pointer wants all of its motion: until this is taken back, the window is
    /// gone or the pointer leaves, the viewer locks the pointer and sends
    /// [`RelativeMotion`](crate::input::InputEvent::RelativeMotion). A viewer that cannot goes on with motion
    /// to places: the app gets the way from each to the next.
    PointerLock {
        /// Which window; nil: none.
        track: Option<TrackId>,
    },
    /// Something was done to an app that people should know of: the viewer shows it in its user's words.
    Notice(Notice),
    /// The answer to [`ToHost::Ping`].
    Pong {
        /// As asked.
        viewer: Timestamp,
        /// The host's time.
        host: Timestamp,
    },
    /// The session ends.
    Goodbye {
        /// Why, for people.
        reason: String,
    },
}

/// Asks to join. `Debug` hides the ticket and the key, so that they get into no log.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Hello {
    /// What the viewer speaks.
    pub versions: VersionRange,
    /// The right to join, as it stands in the link.
    pub ticket: String,
    /// What the viewer is, for people: name and version. At most 128 bytes.
    pub agent: String,
    /// Video codecs it decodes.
    pub video: Vec<VideoCodec>,
    /// How the host knows the viewer again; nil: it never returns.
    #[serde(default)]
    pub resume: Option<Resume>,
}

/// The longest name and version of a viewer, in bytes.
pub const MAX_AGENT: usize = 128;
/// The most video codecs that a viewer lists.
pub const MAX_CODECS: usize = 16;

impl Hello {
    /// The version that both ends speak, if the viewer says nothing that breaks the protocol; else why it is
    /// refused.
    pub fn validate(&self) -> Result<Version, Refusal> {
        let refuse = |code, message| Err(Refusal { code, message });
        let version = match VersionRange::OURS.common(self.versions) {
            Ok(version) => version,
            Err(mismatch) => return refuse(RefusalCode::Version, mismatch.to_string()),
        };
        if self.agent.len() > MAX_AGENT || self.video.len() > MAX_CODECS {
            let message = "the viewer's description of itself is too long".to_owned();
            return refuse(RefusalCode::Protocol, message);
        }
        Ok(version)
    }
}

impl fmt::Debug for Hello {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hello { versions, ticket: _, agent, video, resume: _ } = self;
        f.debug_struct("Hello")
            .field("versions", versions)
            .field("agent", agent)
            .field("video", video)
            .finish_non_exhaustive()
    }
}

/// The viewer is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Welcome {
    /// What both speak from now on.
    pub version: Version,
    /// The session. A viewer that returns to the same session keeps its windows' places.
    pub session: String,
    /// This link's viewer.
    pub viewer: ViewerId,
    /// What it may do.
    pub role: Role,
    /// The host's time.
    pub now: Timestamp,
    /// The viewer is known from a link before: the newest event of its input lane that took effect. Those
    /// after it had none; the viewer sends them again, before all others, and goes on with its numbers. Nil:
    /// the viewer is new, what it may have held down is released, and its numbers begin with 1.
    #[serde(default)]
    pub resumed: Option<InputId>,
}

/// What a viewer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// See and use.
    Control,
    /// See.
    View,
}

/// Why a viewer is not let in, or was thrown out: a code for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people: what is wrong and what to do.
    pub message: String,
}

/// Kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// No common protocol version.
    Version,
    /// The ticket is not one of this host's.
    TicketInvalid,
    /// The ticket's time is over.
    TicketExpired,
    /// A message broke the rules of the protocol.
    Protocol,
    /// Too many viewers.
    Full,
    /// A queue that must not lose anything overflowed.
    Overflow,
    /// The viewer has come back over another link, which took the place of this one.
    Replaced,
    /// The session's owner removed the viewer.
    Removed,
}

/// What a window is asked to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Configure {
    /// The viewer's number for this wish, increasing; comes back as [`Window::configured`] in that viewer's
    /// messages.
    pub serial: u32,
    /// The size, `None` to let the app choose.
    pub size: Option<Size<Logical>>,
    /// Pixels per logical unit.
    pub scale: Scale,
    /// Fill the work area.
    pub maximized: bool,
    /// Fill the screen.
    pub fullscreen: bool,
    /// Being resized: more will follow soon.
    pub resizing: bool,
}

impl Configure {
    /// The same wish with the core's own serial, for the source.
    pub fn with_serial(self, serial: u32) -> SourceConfigure {
        let Configure { serial: _, size, scale, maximized, fullscreen, resizing } = self;
        SourceConfigure { serial, size, scale, maximized, fullscreen, resizing }
    }
}

/// Clipboard messages. The side that owns the content offers; the other requests; content comes in chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Clipboard {
    /// The sender owns the clipboard now, with content of these MIME types; empty: it owns it no more.
    Offer {
        /// At most [`MAX_MIMES`], each at most 256 bytes.
        mimes: Vec<String>,
    },
    /// The sender wants the content.
    Request {
        /// To name in the answer, chosen by the sender.
        request: ClipboardRequest,
        /// The type it wants.
        mime: String,
    },
    /// A part of the content, at most [`CLIPBOARD_CHUNK`] bytes.
    Content {
        /// Which request.
        request: ClipboardRequest,
        /// The part.
        #[cfg_attr(feature = "typescript", ts(type = "Uint8Array"))]
        data: Bytes,
        /// Whether it is the last.
        last: bool,
    },
    /// There is no such content, or it is over [`MAX_CLIPBOARD`].
    Unavailable {
        /// Which request.
        request: ClipboardRequest,
    },
}

/// The longest keymap that is accepted, in bytes. The usual ones have 50 to 70 kB.
pub const MAX_KEYMAP: usize = 512 << 10;

/// The most MIME types of one offer.
pub const MAX_MIMES: usize = 32;

/// The longest part of clipboard content in one message, in bytes.
pub const CLIPBOARD_CHUNK: usize = 256 << 10;

/// The longest clipboard content, in bytes.
pub const MAX_CLIPBOARD: usize = 16 << 20;
