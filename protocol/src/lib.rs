//! Messages between host and viewer, version negotiation, and the wire codec. No IO.
//!
//! One family of messages per [`Lane`]: [`control`] in both directions, [`input`] and [`feedback`] from
//! viewer to host, [`update`] from host to viewer. `docs/protocol.md` is the reference for other
//! implementations; the golden vectors in `protocol/vectors/` are run against every one of them.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod control;
pub mod feedback;
pub mod input;
pub mod lane;
pub mod resume;
pub mod update;
pub mod version;
pub mod wire;

pub use lane::Lane;
pub use version::Version;
pub use wire::{DecodeError, decode, encode};
