//! The text that people pass on to let somebody join: `dormer://HOST:PORT/#pin=…&ticket=…`.
//!
//! Everything secret stands in the fragment, which no program sends to a server by itself. Unknown keys in
//! the fragment are skipped, so that later versions can add some.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

use thiserror::Error;

use crate::{
    identity::{Pin, PinFormatError},
    ticket::{self, TicketText},
};

/// The longest text that is looked at, in bytes.
pub const MAX_LENGTH: usize = 1024;

const SCHEME: &str = "dormer://";

/// Where a host is, which key it must have, and the right to join. `Debug` hides the ticket; there is no
/// `Display`, so that a link gets into a log only on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkAddress {
    /// A name or an address, without brackets.
    pub host: String,
    /// The UDP port.
    pub port: u16,
    /// The host's public key.
    pub pin: Pin,
    /// The right to join.
    pub ticket: TicketText,
}

impl LinkAddress {
    /// The text to pass on. It holds the ticket.
    pub fn to_link(&self) -> String {
        let LinkAddress { host: _, port: _, pin, ticket } = self;
        format!("{SCHEME}{}/#pin={pin}&ticket={}", self.authority(), ticket.expose())
    }

    /// Host and port, to show to people.
    pub fn authority(&self) -> String {
        match self.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]:{}", self.port),
            Err(_) => format!("{}:{}", self.host, self.port),
        }
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
        let (host, port) = split_authority(authority)?;
        let (pin, ticket) = parse_fragment(fragment)?;
        Ok(Self { host, port, pin, ticket })
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

fn split_authority(authority: &str) -> Result<(String, u16), LinkAddressError> {
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
    // Only digits: the standard parser would take a sign as well.
    let port = Some(port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()));
    let port = port.and_then(|port| port.parse().ok()).filter(|&port| port != 0);
    Ok((host, port.ok_or(LinkAddressError::Port)?))
}

/// A name as in DNS, or an IPv4 address.
fn is_host(host: &str) -> bool {
    matches!(host.parse(), Ok(IpAddr::V4(_)))
        || (1..=253).contains(&host.len())
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
            && !host.starts_with(['-', '.'])
}

fn parse_fragment(fragment: &str) -> Result<(Pin, TicketText), LinkAddressError> {
    let (mut pin, mut ticket) = (None, None);
    for part in fragment.split('&') {
        let (slot, value) = match part.split_once('=') {
            Some(("pin", value)) => (&mut pin, value),
            Some(("ticket", value)) => (&mut ticket, value),
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
    Ok((pin, TicketText::new(ticket)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(host: &str, port: u16) -> LinkAddress {
        LinkAddress {
            host: host.to_owned(),
            port,
            pin: Pin::of_spki(b"key"),
            ticket: TicketText::new("VGhlIHNlY3JldA"),
        }
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
