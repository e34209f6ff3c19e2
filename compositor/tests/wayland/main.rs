//! The compositor as apps and the session core see it: an app of our own on a real socket on one side,
//! commands and events on the other.

mod activation;
mod app;
mod apps;
mod busy;
mod capture;
mod clipboard;
mod crossing;
mod cursor;
mod data_control;
mod drag;
mod endless;
mod extensions;
mod extremes;
mod floods;
mod frames;
mod hoards;
mod host;
mod hostile;
mod input;
mod latency;
mod log;
mod pointer_lock;
mod popups;
mod protocols;
mod responding;
mod stalled;
mod surfaces;
mod table;
mod text_input;
mod texts;
mod toplevel_icon;
mod truthful;
mod unread;
mod windows;
#[path = "../x11/app.rs"]
#[allow(dead_code, reason = "the other tests of X11 use the rest")]
mod x11;
