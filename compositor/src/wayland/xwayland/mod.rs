//! X11 apps: we are the window manager of an Xwayland, and show its windows as tracks like any others.
//!
//! What X11 is stands in [`crate::x11`]; here windows find their surfaces, and what follows from X is done to
//! tracks, the seat, the clipboard and what is dragged.
//!
//! Invariants:
//! - The root is as large as the largest window: the toplevel under the pointer is on top with its popups, so
//!   what lies below it at the same place gets nothing.
//! - A window is shown while it is mapped, its properties are known and its surface is ([`pairing::Link`]).
//! - X11 apps can do anything to each other, as X11 is; they harm no Wayland app, and limits end in the death
//!   of the one app ([`bounds`]).

mod bounds;
pub(in crate::wayland) mod bridge;
pub(in crate::wayland) mod brought;
pub(in crate::wayland) mod drags;
mod focus;
mod manage;
mod moves;
mod pairing;
mod place;
mod requests;
mod selection;
mod server;
mod shape;
mod shell;
pub(in crate::wayland) mod supervisor;
mod taste;
mod typing;
mod wheel;

use media::{Logical, Point, TrackId};
use x11rb::protocol::xproto::Window;

/// An X11 window as the role of a track.
#[derive(Debug)]
pub(crate) struct Shown {
    /// Which window.
    pub(in crate::wayland) window: Window,
    /// What it is a popup of; `None` for toplevels.
    pub(in crate::wayland) parent: Option<TrackId>,
    /// Where, relative to its parent.
    pub(in crate::wayland) position: Point<Logical>,
}
