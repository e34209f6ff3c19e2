//! What a link knows about its path.

use std::{net::SocketAddr, time::Duration};

/// What a link knows about its path, for rate control and `--stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Which transport carries the link.
    pub transport: &'static str,
    /// The smoothed round trip.
    pub rtt: Duration,
    /// Bytes sent, from the UDP payload on upwards.
    pub sent_bytes: u64,
    /// Packets sent.
    pub sent_packets: u64,
    /// Bytes received, from the UDP payload on upwards.
    pub received_bytes: u64,
    /// Packets received.
    pub received_packets: u64,
    /// Packets that were sent and got lost.
    pub lost_packets: u64,
    /// How many bytes may be on their way unacknowledged.
    pub congestion_window: u64,
    /// The largest UDP payload that is known to get through.
    pub mtu: u16,
    /// Where the other end is now, if the transport has addresses.
    pub peer: Option<SocketAddr>,
    /// Bytes of updates handed to the link that it has not handed to its transport yet.
    pub queued_bytes: u64,
}

/// Where a link's handle gets the figures from.
pub(crate) trait Probe: Send + Sync {
    /// The present figures; `queued_bytes` is filled in by the link.
    fn stats(&self) -> LinkStats;
}
