//! Links over QUIC.
//!
//! The control lane is the one bidirectional stream, opened by the viewer. Every other reliable lane is a
//! unidirectional stream that begins with the lane's number: one for input, and one for each update. Motion
//! and feedback travel in datagrams that begin with the lane's number, or on a stream of their own if
//! datagrams cannot carry them. On streams every message follows its length.

pub(crate) mod accept;
pub(crate) mod connection;
mod failures;
mod framing;
mod host;
pub(crate) mod lanes_in;
mod lanes_out;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod viewer;

pub(crate) use failures::reason_of;
pub use host::{BindError, QuicHost};
pub use settings::QuicSettings;
pub use viewer::connect;

pub use crate::admission::introduction::{ConnectError, Introduction};
