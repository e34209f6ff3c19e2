//! From the window system's events to the session's input.

pub(crate) mod edges;
pub(crate) mod keyboard;
pub(crate) mod keymap;
pub(crate) mod locks;
pub(crate) mod pointer;
pub(crate) mod touch;
