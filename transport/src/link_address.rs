//! The text that people pass on to let somebody join:
//! `dormer://HOST:PORT/#pin=…&also=HOST:PORT&tcp=PORT&ticket=…`.
//!
//! A host is in several networks at once, and who has its link is in one of them: so a link names all its
//! places.
//!
//! Everything secret stands in the fragment, which no program sends to a server by itself. Unknown keys in
//! the fragment are skipped, so that later versions can add some.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use thiserror::Error;

use crate::{
    identity::{Pin, PinFormatError},
    ticket::{self, TicketText},
};

/// The longest text that is looked at, in bytes.
pub const MAX_LENGTH: usize = 4096;

/// The most places of one kind that a link names; further ones are skipped.
pub const MAX_PLACES: usize = 8;

const SCHEME: &str = "dormer://";

/// Where a host can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.parse::<Ipv6Addr>() {
            Ok(address) => write!(f, "[{address}]:{}", self.port),
            Err(_) => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Where a host is, which key it must have, and the right to join. `Debug` hides the ticket; there is no
/// `Display`, so that a link gets into a log only on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkAddress {
    /// A name or an address, without brackets.
    pub host: String,
    /// The UDP port.
    pub port: u16,
    /// Where else it may be, over UDP.
    pub others: Vec<Place>,
    /// Where it may be over TCP, for networks that let no UDP through.
    pub tcp: Vec<Place>,
    /// The host's public key.
    pub pin: Pin,
    /// The right to join.
    pub ticket: TicketText,
}

impl LinkAddress {
    /// The text to pass on. It holds the ticket.
    pub fn to_link(&self) -> String {
        let Self { pin, ticket, .. } = self;
        let also: String = self.others.iter().map(|place| format!("&also={place}")).collect();
        let tcp = match self.tcp.first() {
            // Most hosts have the same port everywhere.
            Some(first) if self.tcp == self.hosts_at(first.port) => format!("&tcp={}", first.port),
            _ => self.tcp.iter().map(|place| format!("&tcp={place}")).collect(),
        };
        format!("{SCHEME}{}/#pin={pin}{also}{tcp}&ticket={}", self.first(), ticket.expose())
    }

    /// Where the host may be, over UDP, the likeliest place first.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        std::iter::once(self.first()).chain(self.others.iter().cloned())
    }

    /// All of its hosts and ports, to show to people.
    pub fn authority(&self) -> String {
        self.places().map(|place| place.to_string()).collect::<Vec<_>>().join(", ")
    }

    fn first(&self) -> Place {
        Place { host: self.host.clone(), port: self.port }
    }

    /// Every host of the link at one port.
    fn hosts_at(&self, port: u16) -> Vec<Place> {
        let mut all: Vec<Place> = Vec::new();
        for Place { host, .. } in self.places() {
            if !all.iter().any(|known| known.host == host) {
                all.push(Place { host, port });
            }
        }
        all.truncate(MAX_PLACES);
        all
    }
}

impl FromStr for LinkAddress {
    type Err = LinkAddressError;

    fn from_str(text: &str) -> Result<Self, LinkAddressError> {
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(LinkAddressError::TooLong);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(LinkAddressError::Scheme)?;
        let (place, fragment) = rest.split_once('#').ok_or(LinkAddressError::NoFragment)?;
        let authority = place.strip_suffix('/').unwrap_or(place);
        if authority.contains(['/', '?', '@']) {
            return Err(LinkAddressError::Place);
        }
        let Place { host, port } = split_authority(authority)?;
        let Fragment { pin, ticket, others, tcp } = parse_fragment(fragment)?;
        let mut address = Self { host, port, others, tcp: Vec::new(), pin, ticket };
        for place in tcp {
            match place {
                Tcp::Everywhere(port) => address.tcp.extend(address.hosts_at(port)),
                Tcp::At(place) => address.tcp.push(place),
            }
        }
        address.tcp.truncate(MAX_PLACES);
        Ok(address)
    }
}

/// Why a text is not a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LinkAddressError {
    /// Too long to be one.
    #[error("the link is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Of another kind.
    #[error("a link begins with {SCHEME}")]
    Scheme,
    /// Cut off, as shells do with what follows an unquoted `#` or `&`.
    #[error("the link has no part behind '#'; copy it whole, and put it in quotes in a shell")]
    NoFragment,
    /// More than host and port before the fragment.
    #[error("a link has only HOST:PORT/ between {SCHEME} and '#'")]
    Place,
    /// The host is not one.
    #[error("the link names no valid host; IPv6 addresses stand in [ ]")]
    Host,
    /// The port is missing or not one.
    #[error("the link names no port between 1 and 65535")]
    Port,
    /// No pin.
    #[error("the link has no pin; copy it whole")]
    NoPin,
    /// A pin that is none.
    #[error("the link's pin is damaged: {0}")]
    Pin(#[from] PinFormatError),
    /// No ticket.
    #[error("the link has no ticket; copy it whole, and put it in quotes in a shell")]
    NoTicket,
    /// A ticket that cannot be one.
    #[error("the link's ticket is damaged; copy it whole")]
    Ticket,
    /// The same key twice.
    #[error("the link names its pin or its ticket twice")]
    Twice,
}

fn split_authority(authority: &str) -> Result<Place, LinkAddressError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(LinkAddressError::Host)?;
            let address: Ipv6Addr = address.parse().map_err(|_| LinkAddressError::Host)?;
            (address.to_string(), port.strip_prefix(':').ok_or(LinkAddressError::Port)?)
        }
        None => {
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            if !is_host(host) {
                return Err(LinkAddressError::Host);
            }
            (host.to_owned(), port)
        }
    };
    Ok(Place { host, port: read_port(port).ok_or(LinkAddressError::Port)? })
}

/// Only digits: the standard parser would take a sign as well.
fn read_port(port: &str) -> Option<u16> {
    let port = Some(port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    port.and_then(|port| port.parse().ok()).filter(|&port| port != 0)
}

/// A name as in DNS, or an IPv4 address.
fn is_host(host: &str) -> bool {
    matches!(host.parse(), Ok(IpAddr::V4(_)))
        || (1..=253).contains(&host.len())
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
            && !host.starts_with(['-', '.'])
}

/// What stands behind `#`.
struct Fragment {
    pin: Pin,
    ticket: TicketText,
    others: Vec<Place>,
    tcp: Vec<Tcp>,
}

/// What a link says of TCP.
enum Tcp {
    /// All hosts of the link have this port.
    Everywhere(u16),
    /// One place.
    At(Place),
}

fn parse_fragment(fragment: &str) -> Result<Fragment, LinkAddressError> {
    let (mut pin, mut ticket) = (None, None);
    let (mut others, mut tcp) = (Vec::new(), Vec::new());
    for part in fragment.split('&') {
        let (slot, value) = match part.split_once('=') {
            Some(("pin", value)) => (&mut pin, value),
            Some(("ticket", value)) => (&mut ticket, value),
            Some(("also", value)) => {
                others.push(split_authority(value)?);
                continue;
            }
            Some(("tcp", value)) => {
                tcp.push(match read_port(value) {
                    Some(port) => Tcp::Everywhere(port),
                    None => Tcp::At(split_authority(value)?),
                });
                continue;
            }
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return Err(LinkAddressError::Twice);
        }
    }
    let pin = pin.ok_or(LinkAddressError::NoPin)?.parse()?;
    let ticket = ticket.ok_or(LinkAddressError::NoTicket)?;
    let is_base64url = ticket.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !is_base64url || !(1..=ticket::MAX_TEXT).contains(&ticket.len()) {
        return Err(LinkAddressError::Ticket);
    }
    others.truncate(MAX_PLACES - 1);
    tcp.truncate(MAX_PLACES);
    Ok(Fragment { pin, ticket: TicketText::new(ticket), others, tcp })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(host: &str, port: u16) -> LinkAddress {
        LinkAddress {
            host: host.to_owned(),
            port,
            others: Vec::new(),
            tcp: Vec::new(),
            pin: Pin::of_spki(b"key"),
            ticket: TicketText::new("VGhlIHNlY3JldA"),
        }
    }

    fn place(host: &str, port: u16) -> Place {
        Place { host: host.to_owned(), port }
    }

    #[test]
    fn all_places_of_a_host_stand_in_its_link_and_an_older_viewer_takes_the_first() {
        let lan = address("192.168.1.5", 4460);
        let others = vec![place("10.0.0.1", 4460), place("2001:db8::7", 5000), place("box.example", 4460)];
        let tcp = ["192.168.1.5", "10.0.0.1", "2001:db8::7", "box.example"].map(|host| place(host, 4461));
        let all = LinkAddress { others, tcp: tcp.to_vec(), ..lan.clone() };
        let link = all.to_link();
        assert_eq!(link.parse(), Ok(all.clone()));
        assert!(link.starts_with("dormer://192.168.1.5:4460/#pin="), "{link}");
        assert!(link.contains("&also=[2001:db8::7]:5000&") && link.contains("&tcp=4461&"), "{link}");
        let published = LinkAddress { tcp: vec![place("box.example", 8443)], ..all };
        assert_eq!(published.to_link().parse(), Ok(published));
        let many: String = (1..20).map(|port| format!("&also=h:{port}&tcp=h:{port}")).collect();
        let many: LinkAddress =
            lan.to_link().replace("&ticket", &format!("{many}&ticket")).parse().expect("a link");
        assert_eq!((many.places().count(), many.tcp.len()), (MAX_PLACES, MAX_PLACES));
    }

    #[test]
    fn links_survive_the_round_trip() {
        for host in ["127.0.0.1", "::1", "2001:db8::7", "host.example", "my_box"] {
            let address = address(host, 4433);
            assert_eq!(address.to_link().parse(), Ok(address));
        }
        let link = address("::1", 1).to_link();
        assert!(link.starts_with("dormer://[::1]:1/#pin="), "{link}");
    }

    #[test]
    fn debug_hides_the_ticket() {
        let shown = format!("{:?}", address("h", 1));
        assert!(!shown.contains("VGhlIHNlY3JldA") && shown.contains("pin"), "{shown}");
    }

    #[test]
    fn unknown_keys_and_a_missing_slash_are_tolerated() {
        let plain = address("h", 1);
        let link = plain.to_link();
        assert_eq!(link.replace("#pin", "#later=1&flag&pin").parse(), Ok(plain.clone()));
        assert_eq!(link.replace("/#", "#").parse(), Ok(plain.clone()));
        assert_eq!(format!(" {link}\n").parse(), Ok(plain));
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        use LinkAddressError as E;
        let good = address("h", 1).to_link();
        let long = format!("{good}{}", "x".repeat(MAX_LENGTH));
        for (link, error) in [
            ("https://h:1/#pin=a".to_owned(), E::Scheme),
            (good.split('#').next().expect("a place").to_owned(), E::NoFragment),
            (good.split("&ticket").next().expect("a pin").to_owned(), E::NoTicket),
            (good.replace("pin=", "pen="), E::NoPin),
            (good.replace("pin=", "pin=A"), E::Pin(PinFormatError)),
            (good.replace("h:1", "h"), E::Port),
            (good.replace("h:1", "h:0"), E::Port),
            (good.replace("h:1", "h:+1"), E::Port),
            (good.replace("h:1", "h:65536"), E::Port),
            (good.replace("h:1", "[::1]"), E::Port),
            (good.replace("h:1", "::1:1"), E::Host),
            (good.replace("h:1", "[::1:1"), E::Host),
            (good.replace("h:1", "[h]:1"), E::Host),
            (good.replace("h:1", ":1"), E::Host),
            (good.replace("h:1", "h h:1"), E::Host),
            (good.replace("h:1", "user@h:1"), E::Place),
            (good.replace("&ticket", "&also=h&ticket"), E::Port),
            (good.replace("&ticket", "&tcp=h h:1&ticket"), E::Host),
            (good.replace("h:1/", "h:1/path"), E::Place),
            (good.replace("h:1/", "h:1/?ticket=x"), E::Place),
            (good.replace("ticket=", "ticket=%20"), E::Ticket),
            (good.replace("ticket=VGhlIHNlY3JldA", "ticket="), E::Ticket),
            (format!("{good}&ticket=x"), E::Twice),
            (long, E::TooLong),
        ] {
            assert_eq!(link.parse::<LinkAddress>(), Err(error), "{link}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,60}", prefix in prop::sample::select(vec!["", SCHEME, "dormer://[::1]:4/#pin="])) {
            let _ = format!("{prefix}{text}").parse::<LinkAddress>();
        }
    }
}
