//! The way of packets: addresses, the sockets that all peers of a host share, and ICE over TCP.

pub(crate) mod addresses;
pub(crate) mod sockets;
mod stun;
mod tcp;
pub(crate) mod wire;
