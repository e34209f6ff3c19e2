//! Pixels of a region to the ops of an update.
//!
//! A [`Pool`] of threads takes [`media::EncodeJob`]s and answers each with a [`media::Encoded`]. For every
//! viewer of every track it remembers what that viewer shows, and sends only what differs:
//!
//! - what moved as a whole becomes a [`media::Op::Copy`] (`scroll`);
//! - what is small, text-like or affordable becomes lossless [`media::Op::Tile`]s (`tile`);
//! - sustained motion, and what is far too large for the link, becomes [`media::Op::Video`] of its rectangle
//!   ([`video`], decided in `classify`). It is remembered as lossy and sent again as tiles when the core asks
//!   for it.
//!
//! Invariant: outside of the region reported as lossy a viewer that applied all ops shows exactly the pixels
//! that were read from the canvas.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod select;
pub mod video;

mod cells;
mod classify;
mod diff;
mod pool;
mod scroll;
mod shown;
mod streams;
mod tile;

pub use pool::{Pool, PoolConfig};
pub use select::{Backend, Choice, Selection};
