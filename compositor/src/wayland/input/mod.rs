//! Input: what viewers do reaches apps, by one seat, and what apps do with the pointer.

pub(in crate::wayland) mod compiled;
pub(in crate::wayland) mod composition;
pub(in crate::wayland) mod cursor;
pub(in crate::wayland) mod devices;
pub(in crate::wayland) mod drag;
pub(in crate::wayland) mod held;
pub(in crate::wayland) mod keymap;
mod latin;
pub(in crate::wayland) mod pointer_lock;
pub(in crate::wayland) mod seat;
pub(in crate::wayland) mod spare;
pub(in crate::wayland) mod text;
pub(in crate::wayland) mod text_input;
