//! Where windows come from: a headless Wayland compositor with Xwayland.
