//! X11 apps: we are the window manager of an Xwayland, and show its windows as tracks like any others.
//!
//! Invariants:
//! - Nothing waits for X: answers are read behind fences ([`wire`]), so that an app which grabs the X server holds up
//!   X11 apps alone.
//! - Every toplevel lies at the root's origin, and the root is as large as the largest of them: menus find room where
//!   they would on a screen, and pointers are never clamped. The toplevel under the pointer is on top with its popups,
//!   so what lies below it at the same place gets nothing.
//! - A window is shown while it is mapped, its properties are known and its surface is ([`windows::Link`]).
//! - X11 apps can do anything to each other, as X11 is; they harm no Wayland app, and limits end in the death of the
//!   one app ([`bounds`]).

mod atoms;
mod bounds;
pub(crate) mod cookie;
mod drags;
mod focus;
mod manage;
mod manager;
mod pairing;
mod place;
mod properties;
mod requests;
mod selection;
pub(in crate::wayland) mod server;
mod shape;
pub(in crate::wayland) mod shell;
pub(in crate::wayland) mod sockets;
mod transfer;
mod typing;
mod wheel;
mod windows;
mod wire;

use media::{Logical, Point, TrackId};
use x11rb::protocol::xproto::Window;

pub(in crate::wayland) use self::{manager::Manager, selection::Kind, typing::Typing};

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
