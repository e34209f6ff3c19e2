//! Pictures: an app's commit becomes pixels of a track's canvas, and the app may draw again.

pub(in crate::wayland) mod blit;
pub(in crate::wayland) mod capture;
pub(in crate::wayland) mod commit;
pub(in crate::wayland) mod compose;
pub(in crate::wayland) mod frames;
pub(in crate::wayland) mod layout;
pub(in crate::wayland) mod shm;
