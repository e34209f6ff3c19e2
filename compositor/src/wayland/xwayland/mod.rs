//! X11 apps: Xwayland, and the window manager that it needs.

pub(in crate::wayland) mod supervisor;
pub(in crate::wayland) mod x11;
