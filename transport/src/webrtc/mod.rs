//! Links over WebRTC, for browsers.
//!
//! A viewer's offer and the host's answer travel over HTTPS. The host is ICE lite: it offers its addresses,
//! and takes the connectivity checks of whoever was told its password. Lanes are three data channels that the
//! viewer opens: `control` (control and input), `updates`, and `motion` (motion and feedback, which may be
//! lost).
//!
//! The WebRTC library is used as its core without sockets or tasks, so that one UDP port serves all viewers,
//! what waits to be sent is ours to order, and what a peer may make us hold has our bounds.

mod arq;
mod connection;
mod ice;
mod message;
mod peer;
mod settings;
mod signalling;
mod video_rtp;
mod viewer;

pub use settings::{LinkTimes, WebRtcSettings};
pub use signalling::{Answer, AnswerError, WebRtcHost, WebRtcSignalling};
pub use viewer::{SignallingClient, ViewerSettings, connect};
