//! The native and the headless viewer.
