//! Links between host and viewer: QUIC, TLS, pins and tickets.
//!
//! A [`Link`] is one viewer's live connection. Above it nobody knows which transport carries it: each
//! transport is a task that moves the frames of a link's lanes, and [`HostLink`] and [`ViewerLink`] are the
//! same two types for all.
//!
//! A host binds a [`quic::QuicHost`] and takes a [`Joined`] for each viewer that its [`Admission`] lets in; a
//! viewer calls [`dial::join`] with a [`LinkAddress`]. Then both do the same:
//!
//! ```no_run
//! # use dormer_transport::{HostIncoming, Joined};
//! # use protocol::control::ToViewer;
//! # async fn serve(mut joined: Joined, welcome: ToViewer) {
//! joined.link.send_control(&welcome);
//! let sender = joined.link.sender().clone(); // for wherever updates come from
//! loop {
//!     match joined.link.recv().await {
//!         HostIncoming::Control(message) => { /* … */ }
//!         HostIncoming::Input(input) => { /* … */ }
//!         HostIncoming::Feedback(feedback) => { /* … */ }
//!         HostIncoming::KeyframeWanted { track, stream } => { /* … */ }
//!         HostIncoming::Closed(reason) => break,
//!     }
//! }
//! # }
//! ```
//!
//! Invariants:
//! - Sending never blocks. Every queue has a bound; what happens at the bound is written at the lane's send
//!   function.
//! - Every length a peer claims is checked against the lane's limit before memory is taken.
//! - Nothing a viewer sends has any effect before its [`Hello`](protocol::control::Hello) was admitted by the
//!   [`Admission`].
//! - Secrets (tickets, keys) are in no `Debug` output and in no error.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod admission;
mod close;
pub mod dial;
pub mod identity;
mod lane_queue;
mod link;
pub mod link_address;
mod liveness_probe;
mod own_addresses;
mod pinned_certificate;
pub mod quic;
mod race;
mod secret_file;
mod session_name;
mod stats;
pub mod ticket;
pub mod webrtc;
pub mod websocket;
pub mod webtransport;

pub use admission::handshake::Rejected;
pub use admission::introduction::{ConnectError, Introduction, resume_key};
pub use admission::pre_auth::{Permit, PreAuthError, PreAuthLimiter, PreAuthLimits};
pub use admission::{Admission, BadLink, Grant, OWN_RIGHT, Redeemed};
pub use close::CloseReason;
pub use identity::{HostIdentity, Pin};
pub use link::{
    Host, HostIncoming, HostLink, HostSender, Joined, Link, Sender, Viewer, ViewerIncoming, ViewerLink,
    ViewerSender,
};
pub use link_address::{LinkAddress, Place};
pub use own_addresses::{OwnAddresses, own_addresses};
pub use secret_file::SecretFileError;
pub use session_name::session_name;
pub use stats::LinkStats;
pub use ticket::{Right, Ticket, TicketError, TicketId, TicketKey, TicketText, UnixSeconds};
