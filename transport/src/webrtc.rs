//! Links over WebRTC, for browsers.
//!
//! A viewer's offer and the host's answer travel over HTTPS. The host is ICE lite: it offers its addresses, and takes
//! the connectivity checks of whoever was told its password. Lanes are three data channels that the viewer
//! opens: `control` (control and input), `updates`, and `motion` (motion and feedback, which may be lost).
//!
//! The WebRTC library is used as its core without sockets or tasks, so that one UDP port serves all viewers, what waits
//! to be sent is ours to order, and what a peer may make us hold has our bounds.

mod addresses;
mod aside;
mod beside;
mod connection;
mod echo;
mod host;
mod lanes;
mod liveness;
mod originals;
mod outbox;
mod peer;
mod pieces;
mod pump;
mod renewal;
mod repair;
mod rtcp;
mod sdp;
mod settings;
mod slots;
mod sockets;
mod stun;
mod tcp;
mod viewer;
mod wire;

pub use host::{Answer, AnswerError, WebRtcDesk, WebRtcHost};
pub use settings::{LinkTimes, WebRtcSettings};
pub use viewer::{Signalling, ViewerSettings, connect};
