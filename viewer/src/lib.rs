//! The native and the headless viewer.
//!
//! Three threads: the front end (windows, or automation on stdin and stdout), the network thread (a link and
//! the sans-IO viewer core), and the decode thread (updates to pixels). Only messages cross between them;
//! pixels alone are shared, in a [`picture::Picture`] for each track. An update goes network → decode → front
//! end without waiting for any tick.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod cli;
mod clipboard;
mod config;
pub mod decode;
pub mod headless;
pub mod input;
pub mod link;
mod logging;
pub mod picture;
pub mod present;
mod stats;
mod windows;

pub use cli::run;
