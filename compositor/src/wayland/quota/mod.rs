//! Quotas: everything that counts and bounds what one app may take.

pub(in crate::wayland) mod banned;
pub(in crate::wayland) mod clients;
pub(in crate::wayland) mod extensions;
pub(in crate::wayland) mod later;
pub(in crate::wayland) mod notices;
pub(in crate::wayland) mod objects;
pub(in crate::wayland) mod pace;
pub(in crate::wayland) mod requests;
pub(in crate::wayland) mod selections;
pub(in crate::wayland) mod unapplied;
pub(in crate::wayland) mod unread;
pub(in crate::wayland) mod watchdog;
