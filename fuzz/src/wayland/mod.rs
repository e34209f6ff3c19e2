//! Parts of the compositor beside one another, as they are there.

#[allow(dead_code)]
#[path = "../../../compositor/src/wayland/icons.rs"]
pub(crate) mod icons;
#[allow(dead_code)]
#[path = "../../../compositor/src/wayland/words.rs"]
pub(crate) mod words;
pub(crate) mod x11;
