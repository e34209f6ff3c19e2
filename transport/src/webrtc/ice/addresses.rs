//! Under which addresses a host is offered to a viewer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{
    own_addresses::{interfaces, is_link_local},
    webrtc::WebRtcSettings,
};

/// The most addresses of this machine that are offered.
const MAX_ADDRESSES: usize = 16;

/// The addresses to listen on for a viewer that is at `viewer`, the best first: those that were set, or all
/// that this machine has. Loopback is for viewers on this machine.
pub(crate) fn offered(settings: &WebRtcSettings, viewer: IpAddr) -> Vec<IpAddr> {
    if !settings.addresses.is_empty() {
        return settings.addresses.clone();
    }
    choose(interfaces(), viewer.to_canonical())
}

fn choose(mut found: Vec<IpAddr>, viewer: IpAddr) -> Vec<IpAddr> {
    found.retain(|address| !address.is_loopback() && !is_link_local(*address) && !address.is_unspecified());
    found.sort_by_key(|address| address.is_ipv6());
    found.dedup();
    found.truncate(MAX_ADDRESSES);
    if viewer.is_loopback() || found.is_empty() {
        found.insert(0, Ipv4Addr::LOCALHOST.into());
        found.insert(1, Ipv6Addr::LOCALHOST.into());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    #[test]
    fn only_who_is_on_this_machine_is_offered_loopback() {
        let found = || addresses(&["127.0.0.1", "2001:db8::5", "fe80::1", "192.0.2.1", "169.254.3.4", "::1"]);
        let far = choose(found(), addresses(&["198.51.100.9"])[0]);
        assert_eq!(far, addresses(&["192.0.2.1", "2001:db8::5"]));
        let here = choose(found(), addresses(&["::1"])[0]);
        assert_eq!(here, addresses(&["127.0.0.1", "::1", "192.0.2.1", "2001:db8::5"]));
    }

    #[test]
    fn a_machine_without_a_network_can_still_be_used() {
        let alone = choose(addresses(&["127.0.0.1"]), addresses(&["198.51.100.9"])[0]);
        assert_eq!(alone, addresses(&["127.0.0.1", "::1"]));
    }
}
