//! Where windows come from: a headless Wayland compositor with Xwayland, or an X display that runs already.
//!
//! One thread owns all of it: [`Compositor::spawn`] starts it. Commands go in through
//! [`Handle::send`], events come out through the sink, in the order in which they happened. Nothing else
//! crosses, but for the pixels in each track's [`media::Canvas`], which are written before the
//! [`media::Event::Damaged`] that tells of them.
//!
//! Apps are not trusted: whatever one of them does harms only itself. A picture for which there is no memory
//! is not taken; other [`Limits`] end in a disconnect of that app. Either way the log has one line on it, and
//! viewers are told. And every text, size and region in an event is cleaned and bounded.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod attached;
mod clock;
mod config;
mod event;
mod handle;
mod icons;
mod memory;
mod process;
mod queue;
mod ready;
mod text;
mod wayland;
mod x11;

pub use config::{Config, Limits, Source, Starts};
pub use event::Event;
pub use handle::{Compositor, Handle, Overflow, StartError};
pub use ready::{AppEnv, Entrance, Ready, SERVERS};
