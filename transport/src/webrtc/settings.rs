//! What a host over WebRTC is told.

use std::{net::IpAddr, ops::RangeInclusive, time::Duration};

/// Settings of a host over WebRTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebRtcSettings {
    /// The UDP ports to take from, and TCP ports of the same numbers. One is enough: all viewers share it.
    pub ports: RangeInclusive<u16>,
    /// The addresses of this machine that viewers are offered; empty: all it has.
    pub addresses: Vec<IpAddr>,
    /// Addresses under which viewers reach the same ports from outside, behind a NAT that forwards them or
    /// out of a container.
    pub external: Vec<IpAddr>,
    /// Whether ICE over TCP is offered as well, for networks that block UDP.
    pub tcp: bool,
    /// Times of its links.
    pub times: LinkTimes,
}

impl Default for WebRtcSettings {
    fn default() -> Self {
        Self {
            ports: 4462..=4470,
            addresses: Vec::new(),
            external: Vec::new(),
            tcp: true,
            times: LinkTimes::default(),
        }
    }
}

/// Times of a link over WebRTC, at either end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTimes {
    /// How often a quiet end asks the other whether it is there.
    pub keep_alive: Duration,
    /// After how much silence the other end counts as gone.
    pub idle_timeout: Duration,
    /// How long connecting may take until the host has heard a hello.
    pub hello_timeout: Duration,
}

impl Default for LinkTimes {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_millis(4600),
            idle_timeout: Duration::from_secs(9),
            hello_timeout: Duration::from_secs(5),
        }
    }
}
