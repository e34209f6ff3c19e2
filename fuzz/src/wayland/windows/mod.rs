//! The compositor's windows, as far as they are fuzzed.

#[allow(dead_code)]
#[path = "../../../../compositor/src/wayland/windows/icons.rs"]
pub(crate) mod icons;
