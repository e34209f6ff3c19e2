//! The sans-IO core of Dormer: what each viewer is owed, and what a viewer holds.
//!
//! [`host::Host`] stands between a source of windows, the encoder and the links of all viewers.
//! [`viewer::Viewer`] stands at the other end of one link. Neither does IO or reads a clock: facts go in by
//! `handle_*` with the present instant, decisions come out of `poll_action`, and `poll_timeout` says when
//! `handle_timeout` is due. After every `handle_*` the caller drains `poll_action` until it returns `None`;
//! so the queue between the two holds no more than what one call caused.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod chunks;
mod held;
pub mod host;
pub mod viewer;
