//! The closed vocabulary between a source of windows (a compositor, an X display, a simulation in tests) and
//! the session core: events come out of a source, commands go in.
//!
//! Everything in an [`Event`] has been cleaned and bounded by the source, since apps are not trusted.
//! Everything in a [`Command`] has been checked by the core, since viewers are not trusted; a source still
//! ignores commands that name a track which is gone.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    AppId, Cause, ClipboardRequest, Icon, Logical, Notice, Position, Region, Scale, Size, TextInput,
    Timestamp, TrackId, Window,
};

/// What a source can do. It says so first of all; what it cannot do, it is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Windows take the sizes, scales and states that viewers want: [`Command::Configure`] is answered. Else
    /// they are as their apps made them.
    pub resizes: bool,
    /// Keys mean what the keymap of whoever presses them says: [`Command::Keymap`] is heeded. Else they mean
    /// what the source's own says.
    pub keymaps: bool,
    /// Menus close when they are told to, by [`Command::DismissPopups`]. Else they see by themselves that the
    /// user presses elsewhere.
    pub dismisses: bool,
}

impl Capabilities {
    /// All of it.
    pub const ALL: Self = Self { resizes: true, keymaps: true, dismisses: true };
}

impl Default for Capabilities {
    fn default() -> Self {
        Self::ALL
    }
}

/// What a source reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A window appeared or any of its state changed. A window is reported once it has its first picture.
    Window(Window),
    /// A window is gone, with its popups' own reports before it.
    WindowGone(TrackId),
    /// Pixels of a track changed.
    Damaged {
        /// Which track.
        track: TrackId,
        /// The size of its picture now.
        size: crate::Size<crate::Pixels>,
        /// What changed, within that size; all of it after a change of size.
        region: Region,
        /// When the app committed it, on the host's clock.
        captured: Timestamp,
        /// The input this commit most likely answers: the newest dispatched to this app since its last
        /// commit.
        cause: Option<Cause>,
    },
    /// An app asked when to draw a track's next frame, by a commit that changed no pixel of it. As after
    /// [`Event::Damaged`], [`Command::FrameDone`] is owed; until that comes this is not said again.
    FrameWanted(TrackId),
    /// Whose window it is; said once, after the first [`Event::Window`].
    App {
        /// Which window.
        track: TrackId,
        /// Windows of one app may be drawn by one thread, which waits for each of them.
        app: AppId,
    },
    /// An input event was handed to an app.
    Dispatched {
        /// Which.
        cause: Cause,
        /// When, on the host's clock.
        at: Timestamp,
    },
    /// The content of an icon that windows name.
    Icon(Icon),
    /// The cursor changed for whoever points at the session.
    Cursor(CursorImage),
    /// An app put something on the clipboard; empty when nothing is there any more.
    ClipboardOffered {
        /// MIME types on offer.
        mimes: Vec<String>,
    },
    /// Content that [`Command::ReadClipboard`] asked for. `None` if there was none or it was too large or too
    /// slow.
    ClipboardContent {
        /// Which request.
        request: ClipboardRequest,
        /// The content.
        data: Option<Bytes>,
    },
    /// An app pastes what a viewer offered. Must be answered by [`Command::ClipboardContent`].
    ClipboardWanted {
        /// To name in the answer.
        request: ClipboardRequest,
        /// The type it wants, one of those offered.
        mime: String,
    },
    /// An app rang the bell.
    Bell(TrackId),
    /// The user began to drag a title bar or border that the app draws itself: the viewer's desktop takes
    /// over.
    Grabbed {
        /// Which window.
        track: TrackId,
        /// What the drag does.
        grab: WindowGrab,
    },
    /// The app with the keyboard takes text here, or no more. At most one track has one at a time: it ends
    /// there before it begins elsewhere, and it ends with its window.
    TextInput {
        /// In which window or popup.
        track: TrackId,
        /// Where in it; `None`: nowhere that the app tells of.
        input: Option<TextInput>,
    },
    /// The app under the pointer wants all of its motion, as [`Command::RelativeMotion`], while the pointer
    /// stays where it is; `None`: no more. Ends with its window without a report.
    PointerLock(Option<TrackId>),
    /// The user drags content from a window, or does no more. While a drag is under way, the pointer is told
    /// of in the window that it is over, not in the one where the button went down.
    Drag(Option<Drag>),
    /// Something was done to an app that people should know of.
    Notice(Notice),
}

/// What a source is told to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A key went down or up.
    Key {
        /// Who pressed it.
        cause: Cause,
        /// The window that has the viewer's focus.
        track: TrackId,
        /// Which.
        key: KeyCode,
        /// Down or up.
        pressed: bool,
    },
    /// A text was entered that has no keys: any Unicode.
    Text {
        /// Who entered it.
        cause: Cause,
        /// Where.
        track: TrackId,
        /// Which; bounded by the protocol.
        text: String,
    },
    /// A text is being composed: it stands at the caret until it changes, ends, or a [`Command::Text`] takes
    /// its place. Apps that do not tell of their text inputs do not see it.
    Preedit {
        /// Who composes.
        cause: Cause,
        /// Where.
        track: TrackId,
        /// What there is of it; empty: the composition ends. Bounded by the protocol.
        text: String,
        /// Its caret or selection, as byte offsets at character boundaries within it, in order; `None`: not
        /// shown.
        cursor: Option<(u32, u32)>,
    },
    /// The pointer moved.
    Motion {
        /// Who moved it.
        cause: Cause,
        /// Over which window; popups are tracks of their own.
        track: TrackId,
        /// To where in it.
        position: Position<Logical>,
    },
    /// The pointer was moved by this much, while an app has locked it ([`Event::PointerLock`]).
    RelativeMotion {
        /// Who moved it.
        cause: Cause,
        /// Which window locked it.
        track: TrackId,
        /// Rightwards, in logical units.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// The pointer left all windows. A lock ends.
    PointerLeft,
    /// A button went down or up at the place where the pointer is.
    Button {
        /// Who pressed it.
        cause: Cause,
        /// Which.
        button: Button,
        /// Down or up.
        pressed: bool,
    },
    /// The wheel turned or fingers scrolled at the place where the pointer is.
    Scroll {
        /// Who scrolled.
        cause: Cause,
        /// How.
        axis: Axis,
    },
    /// Fingers on a touch screen.
    Touch {
        /// Whose.
        cause: Cause,
        /// Over which window the touch began.
        track: TrackId,
        /// What changed.
        points: Vec<TouchPoint>,
    },
    /// Files that stand in the session were dropped onto a window: offer them to its app there.
    DropFiles {
        /// Which.
        track: TrackId,
        /// Where in it.
        position: Position<Logical>,
        /// Which files, as `text/uri-list` (RFC 2483) has them.
        list: String,
    },
    /// Give the keyboard to a window, or to none.
    Focus(Option<TrackId>),
    /// The user pressed outside of all popups: those that grab are dismissed.
    DismissPopups,
    /// Ask a window to change. The answer is the window's next state with `configured` set to `serial`.
    Configure {
        /// Which.
        track: TrackId,
        /// Into what.
        configure: Configure,
    },
    /// Ask a window to close; it may refuse or ask the user.
    Close(TrackId),
    /// End the app of a window, whatever it holds: it does not answer, and its user waits no longer.
    ForceQuit(TrackId),
    /// Let the app draw its next frame: a viewer can take it now, or it is time although nobody looks.
    FrameDone {
        /// Which.
        track: TrackId,
        /// When the last picture was shown, on the host's clock, as well as is known.
        at: Timestamp,
    },
    /// Use this keymap (xkb text format, version 1) for the keyboard. If it does not compile, the last stays.
    Keymap(String),
    /// These locks are on, whatever keys did before.
    Locks(Locks),
    /// A viewer has something to paste: announce it to apps. Empty: it has not any more.
    OfferClipboard {
        /// MIME types on offer.
        mimes: Vec<String>,
    },
    /// Content for a [`Event::ClipboardWanted`]; `None` if the viewer had none.
    ClipboardContent {
        /// Which request.
        request: ClipboardRequest,
        /// The content.
        data: Option<Bytes>,
    },
    /// A viewer pastes what an app offered. Answered by [`Event::ClipboardContent`].
    ReadClipboard {
        /// To name in the answer.
        request: ClipboardRequest,
        /// The type it wants.
        mime: String,
    },
}

/// Content on its way from one window to another, by the pointer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Drag {
    /// What is drawn at the pointer, if the app says so; its hotspot is the pointer's place.
    pub picture: Option<CursorImage>,
}

/// What a drag of a window's own title bar or border does, until the button is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum WindowGrab {
    /// Moves the window.
    Move,
    /// Moves its top border; the others likewise.
    ResizeTop,
    /// Moves its bottom border.
    ResizeBottom,
    /// Moves its left border.
    ResizeLeft,
    /// Moves its right border.
    ResizeRight,
    /// Moves its top left corner; the others likewise.
    ResizeTopLeft,
    /// Moves its top right corner.
    ResizeTopRight,
    /// Moves its bottom left corner.
    ResizeBottomLeft,
    /// Moves its bottom right corner.
    ResizeBottomRight,
}

/// What a window is asked to become. Serials grow within one session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Configure {
    /// Comes back as [`Window::configured`].
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

/// A key as Linux' evdev numbers it (`linux/input-event-codes.h`): a place on the keyboard, not a letter. X11
/// and xkb count 8 more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct KeyCode(pub u16);

/// The locks of a keyboard that are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Locks {
    /// Caps Lock.
    pub caps: bool,
    /// Num Lock.
    pub num: bool,
}

/// A button of a pointing device, as evdev numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Button(pub u16);

impl Button {
    /// `BTN_LEFT`
    pub const LEFT: Button = Button(0x110);
    /// `BTN_RIGHT`
    pub const RIGHT: Button = Button(0x111);
    /// `BTN_MIDDLE`
    pub const MIDDLE: Button = Button(0x112);
}

/// One scroll event. Positive is right and down: content moves left and up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Axis {
    /// How the user scrolled.
    pub modality: Modality,
    /// Horizontally, in logical units.
    pub dx: f64,
    /// Vertically, in logical units.
    pub dy: f64,
    /// Horizontally, in 120ths of a detent of a wheel; 0 unless a wheel.
    pub detents_x: i32,
    /// Vertically, likewise.
    pub detents_y: i32,
}

/// What a scroll event was made with, as in `wl_pointer.axis_source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// A wheel with detents.
    Wheel,
    /// Fingers on a touchpad; both deltas zero means they were lifted.
    Finger,
    /// Anything else without detents.
    Continuous,
}

/// One finger's change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TouchPoint {
    /// Which finger, while it is down.
    pub id: u32,
    /// What it did.
    pub phase: TouchPhase,
    /// Where, relative to the track on which the touch began.
    pub position: Position<Logical>,
}

/// What a finger did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum TouchPhase {
    /// Touched the screen.
    Down,
    /// Moved.
    Move,
    /// Left the screen.
    Up,
    /// The whole gesture is void.
    Cancel,
}

/// How the pointer looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum CursorImage {
    /// Not at all.
    Hidden,
    /// By name: viewers draw their own theme's.
    Named(CursorShape),
    /// By picture, at most [`CursorImage::MAX_SIDE`] wide and high.
    Picture {
        /// Width and height in pixels.
        size: Size<crate::Pixels>,
        /// The pixel that points.
        hotspot: crate::Point<crate::Pixels>,
        /// Pixels per logical unit.
        scale: Scale,
        /// R G B A, alpha straight, rows without padding.
        #[cfg_attr(feature = "typescript", ts(type = "Uint8Array"))]
        rgba: Bytes,
    },
}

impl CursorImage {
    /// The largest cursor that is passed on.
    pub const MAX_SIDE: u32 = 256;
}

/// Cursor shapes, named as in CSS and wp-cursor-shape-v1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the CSS cursor of its name")]
pub enum CursorShape {
    #[default]
    Default,
    ContextMenu,
    Help,
    Pointer,
    Progress,
    Wait,
    Cell,
    Crosshair,
    Text,
    VerticalText,
    Alias,
    Copy,
    Move,
    NoDrop,
    NotAllowed,
    Grab,
    Grabbing,
    EResize,
    NResize,
    NeResize,
    NwResize,
    SResize,
    SeResize,
    SwResize,
    WResize,
    EwResize,
    NsResize,
    NeswResize,
    NwseResize,
    ColResize,
    RowResize,
    AllScroll,
    ZoomIn,
    ZoomOut,
}
