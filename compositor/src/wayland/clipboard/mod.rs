//! Selections between apps, viewers and X11.

pub(in crate::wayland) mod pipes;
pub(in crate::wayland) mod selection;
