//! Under which addresses others reach this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Under which addresses others reach this machine, the likeliest first. They may change at any time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAddresses {
    /// Without loopback, and without those that mean nothing off their interface.
    pub all: Vec<IpAddr>,
    /// Whether there is a route that leads outwards: else `all` is a guess.
    pub has_route: bool,
}

/// Looks at this machine's interfaces and routes.
pub fn own_addresses() -> OwnAddresses {
    choose([outward(V4_OUTSIDE.into()), outward(V6_OUTSIDE.into())], interfaces())
}

/// Reserved for documentation (RFC 5737, RFC 3849): nobody has them, and every default route leads there.
const V4_OUTSIDE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const V6_OUTSIDE: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// The address of the interface that leads outwards. Nothing is sent: connecting a UDP socket only asks for a
/// route.
fn outward(outside: IpAddr) -> Option<IpAddr> {
    let any = match outside {
        IpAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        IpAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect((outside, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| is_reachable(*address))
}

fn choose(outward: [Option<IpAddr>; 2], mut found: Vec<IpAddr>) -> OwnAddresses {
    let has_route = outward.iter().any(Option::is_some);
    found.retain(|address| is_reachable(*address));
    found.sort_by_key(|address| address.is_ipv6());
    let mut all: Vec<IpAddr> = Vec::new();
    for address in outward.into_iter().flatten().chain(found) {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    OwnAddresses { all, has_route }
}

fn is_reachable(address: IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified() && !is_link_local(address)
}

pub(crate) fn interfaces() -> Vec<IpAddr> {
    match rtc::shared::ifaces::ifaces() {
        Ok(interfaces) => interfaces.into_iter().filter_map(|each| each.addr).map(|each| each.ip()).collect(),
        Err(error) => {
            tracing::warn!(%error, "this machine does not tell its addresses");
            Vec::new()
        }
    }
}

/// Such addresses mean nothing without the interface they are on.
pub(crate) fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn what_leads_outwards_comes_first_and_all_that_others_reach_follows() {
        let found =
            addresses(&["127.0.0.1", "fd00::5", "10.0.0.1", "192.0.2.7", "fe80::1", "::1", "2001:db8::7"]);
        let [v4, v6] = [addresses(&["192.0.2.7"])[0], addresses(&["2001:db8::7"])[0]];
        let known = choose([Some(v4), Some(v6)], found.clone());
        assert_eq!(known.all, addresses(&["192.0.2.7", "2001:db8::7", "10.0.0.1", "fd00::5"]));
        assert!(known.has_route);
        let only_v6 = choose([None, Some(v6)], addresses(&["::1", "2001:db8::7"]));
        assert_eq!(only_v6, OwnAddresses { all: vec![v6], has_route: true });
        let guessed = choose([None, None], found);
        assert!(!guessed.has_route);
        assert_eq!(guessed.all, addresses(&["10.0.0.1", "192.0.2.7", "fd00::5", "2001:db8::7"]));
    }
}
