//! The whole state of one window, as every message about it carries it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Logical, Point, Scale, Size, TrackId};

/// Everything a viewer must know to show one window. Full and idempotent: attaching to a session and
/// following a change are the same message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Window {
    /// Which track shows it.
    pub track: TrackId,
    /// Whether it is a window of its own or a popup of another.
    pub kind: WindowKind,
    /// The window it belongs to: always for popups, sometimes for dialogs.
    pub parent: Option<TrackId>,
    /// The title, cleaned and bounded.
    pub title: String,
    /// The app's id, as in its `.desktop` file; cleaned and bounded.
    pub app_id: String,
    /// The icon, if the app gave one: its content comes once, in a message of its own.
    pub icon: Option<IconId>,
    /// Popups: relative to the parent's top left corner. Toplevels: zero, since viewers place them.
    pub position: Point<Logical>,
    /// The size of the window without its shadows.
    pub size: Size<Logical>,
    /// How many pixels one logical unit is.
    pub scale: Scale,
    /// The sizes the app can have.
    pub limits: SizeLimits,
    /// States the app has acknowledged.
    pub states: States,
    /// The newest viewer's configure that this state answers, 0 before the first.
    pub configured: u32,
    /// Place in the stack, greater is nearer to the user; unique among a session's windows.
    pub stacking: u32,
}

/// What kind of window it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum WindowKind {
    /// A window of its own.
    Toplevel,
    /// A menu, a tooltip, a drop-down: placed by the app relative to its parent, may leave the parent's
    /// bounds.
    Popup,
}

/// The sizes a window can have. Zero never stands for "unlimited"; absence does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SizeLimits {
    /// Not smaller than this.
    pub min: Option<Size<Logical>>,
    /// Not larger than this.
    pub max: Option<Size<Logical>>,
    /// Sizes are `base` plus a multiple of this (terminals).
    pub increment: Option<Size<Logical>>,
    /// Where increments start.
    pub base: Option<Size<Logical>>,
}

/// States of a toplevel, as in xdg-shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct States {
    /// Has the keyboard; drawn as active.
    pub activated: bool,
    /// Fills the work area.
    pub maximized: bool,
    /// Fills the screen.
    pub fullscreen: bool,
    /// Not shown, by wish of the user or of the app.
    pub minimized: bool,
    /// Being resized by the user.
    pub resizing: bool,
    /// A dialog that keeps its parent from being used.
    pub modal: bool,
    /// Wants the user's attention.
    pub urgent: bool,
    /// The app draws its own title bar and borders, the viewer must not.
    pub client_decorated: bool,
    /// The app does not answer: it hangs, or was stopped. Its user can wait, or have it ended.
    #[serde(default)]
    pub unresponsive: bool,
    /// Shows something that people watch without touching anything, as a film: the screen must stay on.
    #[serde(default)]
    pub awake: bool,
}

/// An icon by its content: a hash of 53 bits, so that every language holds it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct IconId(#[cfg_attr(feature = "typescript", ts(type = "number"))] pub u64);

impl IconId {
    /// The id of the icon whose content has this hash.
    pub const fn of_hash(hash: u64) -> Self {
        IconId(hash >> 11)
    }
}

/// The content of an icon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Icon {
    /// Which windows' icon it is.
    pub id: IconId,
    /// Width and height in pixels, at most [`Icon::MAX_SIDE`].
    pub side: u32,
    /// `side` × `side` pixels, R G B A, alpha straight.
    #[cfg_attr(feature = "typescript", ts(type = "Uint8Array"))]
    pub rgba: Bytes,
}

impl Icon {
    /// The largest icon that is passed on.
    pub const MAX_SIDE: u32 = 128;
}

impl Window {
    /// The longest title and app id in bytes; sources cut what is longer at a character boundary.
    pub const MAX_TEXT: usize = 1024;
}
