//! X11 as a window manager speaks it: atoms, properties, windows, states, selections, over a connection that
//! never waits.
//!
//! This is a library. It knows neither Wayland nor whoever shows the windows: [`Manager`]'s methods say in
//! what they return what is to be done. It reads no clock and sets no timer, but for
//! [`Wire::settle`](wire::Wire::settle).
//!
//! Invariants:
//! - Nothing waits for X: answers are read behind fences ([`wire`]), so that an app which grabs the X server
//!   holds up X11 apps alone.
//! - Every toplevel lies at the root's origin: menus find room where they would on a screen, and pointers are
//!   never clamped.
//! - What an app says is cleaned and bounded when it is read.

pub(crate) mod atoms;
pub(crate) mod cookie;
mod desktop;
pub(crate) mod drag;
pub(crate) mod focus;
pub(crate) mod geometry;
mod icons;
pub(crate) mod manager;
pub(crate) mod moveresize;
pub(crate) mod names;
pub(crate) mod properties;
pub(crate) mod selection;
pub(crate) mod settings;
pub(crate) mod shape;
pub(crate) mod sockets;
pub(crate) mod states;
pub(crate) mod transfer;
pub(crate) mod windows;
pub(crate) mod wire;

pub(crate) use self::{manager::Manager, selection::Kind};
