//! Parts of the compositor beside one another, as they are there.

#[allow(dead_code)]
#[path = "../../../compositor/src/wayland/sanitize.rs"]
pub(crate) mod sanitize;
pub(crate) mod windows;
pub(crate) mod x11;
