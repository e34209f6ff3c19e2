//! X11 apps as the session core sees them: a real Xwayland, and apps of our own on it.

mod app;
mod busy;
mod clipboard;
mod configures;
mod desktop;
mod host;
mod hostile;
mod input;
mod responding;
mod texts;
mod wheels;
mod windows;
