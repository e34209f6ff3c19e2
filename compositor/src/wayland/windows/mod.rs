//! Windows: what apps make of their surfaces, and what viewers are told of it.

pub(in crate::wayland) mod activation;
pub(in crate::wayland) mod decoration;
pub(in crate::wayland) mod foreign;
pub(in crate::wayland) mod grabs;
pub(in crate::wayland) mod invited;
pub(in crate::wayland) mod listed;
pub(in crate::wayland) mod pings;
pub(in crate::wayland) mod popups;
pub(in crate::wayland) mod reports;
pub(in crate::wayland) mod sandbox;
pub(in crate::wayland) mod screen;
pub(in crate::wayland) mod shell;
pub(in crate::wayland) mod toplevel_icon;
pub(in crate::wayland) mod toplevels;
pub(in crate::wayland) mod tracks;
pub(in crate::wayland) mod wishes;
