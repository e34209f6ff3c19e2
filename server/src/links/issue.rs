//! Makes links into the session.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result};
use protocol::control::Role;
use transport::{LinkAddress, Pin, Right, Ticket, TicketId, TicketKey, TicketText, UnixSeconds};

use crate::usage::Usage;

/// Where viewers connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Place {
    /// The one that was given, or else the one that is bound.
    pub(crate) fn of(given: Option<(&str, Option<u16>)>, bound: SocketAddr, port: u16) -> Self {
        match given {
            Some((host, named)) => Self { host: host.to_owned(), port: named.unwrap_or(port) },
            None => Self { host: advertised(bound), port },
        }
    }
}

/// Makes links into one session.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// The session's name.
    pub session: String,
    /// What native links name.
    pub native: Place,
    /// What browser links name, if browsers are served.
    pub browser: Option<Place>,
    /// The host's key.
    pub pin: Pin,
    /// Signs.
    pub tickets: TicketKey,
}

/// The links of one role.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LinkPair {
    /// For the native viewer, again and again.
    pub native: String,
    /// For a browser, once.
    pub browser: Option<String>,
}

impl Links {
    /// Links that can be used to join for `ttl`.
    pub(crate) fn pair(&self, role: Role, ttl: Duration) -> Result<LinkPair> {
        let native = self.native(role, ttl)?;
        let browser = self.browser(role, ttl)?.map(|(link, _)| link);
        Ok(LinkPair { native, browser })
    }

    /// A link for the native viewer.
    pub(super) fn native(&self, role: Role, ttl: Duration) -> Result<String> {
        let (ticket, _) = self.ticket(Right::Join, role, UnixSeconds::now().after(ttl))?;
        let Place { host, port } = self.native.clone();
        Ok(LinkAddress { host, port, pin: self.pin, ticket }.to_link())
    }

    /// A link for a browser, with the number of its ticket, if browsers are served.
    pub(crate) fn browser(&self, role: Role, ttl: Duration) -> Result<Option<(String, TicketId)>> {
        self.page(Right::Page, role, ttl)
    }

    /// The same for the session's owner, whose right lasts as long as it is used.
    pub(super) fn own_browser(&self, ttl: Duration) -> Result<Option<(String, TicketId)>> {
        self.page(Right::OwnPage, Role::Control, ttl)
    }

    fn page(&self, right: Right, role: Role, ttl: Duration) -> Result<Option<(String, TicketId)>> {
        let Some(authority) = self.page_authority() else { return Ok(None) };
        let (ticket, id) = self.ticket(right, role, UnixSeconds::now().after(ttl))?;
        Ok(Some((format!("https://{authority}/#ticket={}", ticket.expose()), id)))
    }

    /// Host and port of the page, as links name them, if browsers are served.
    pub(crate) fn page_authority(&self) -> Option<String> {
        self.browser.as_ref().map(|place| authority(&place.host, place.port))
    }

    /// A ticket for one hello of a page that was let in.
    pub(crate) fn join_once(&self, role: Role, expires: UnixSeconds) -> Result<TicketText> {
        Ok(self.ticket(Right::JoinOnce, role, expires)?.0)
    }

    fn ticket(&self, right: Right, role: Role, expires: UnixSeconds) -> Result<(TicketText, TicketId)> {
        let id = TicketId::random().context("no random numbers")?;
        let ticket = Ticket { id, right, session: self.session.clone(), role, expires };
        Ok((self.tickets.sign(&ticket).context("cannot sign a ticket")?, id))
    }
}

/// How long links can be used to join.
pub(crate) fn ttl(given: Option<&str>) -> Result<Duration, Usage> {
    let ttl = given.unwrap_or("24h");
    humantime::parse_duration(ttl)
        .map_err(|_| Usage(format!("--ttl '{ttl}' is no time; write for example 90s, 15m or 24h")))
}

/// Host and port as they stand in an address.
fn authority(host: &str, port: u16) -> String {
    let with_port = with_port(host, port);
    // As browsers write it.
    with_port.strip_suffix(":443").map_or(with_port.clone(), str::to_owned)
}

fn with_port(host: &str, port: u16) -> String {
    match host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]:{port}"),
        Err(_) => format!("{host}:{port}"),
    }
}

/// What links name as the host: the address that is bound, or the one by which others reach this machine.
pub(crate) fn advertised(bound: SocketAddr) -> String {
    let address = if bound.ip().is_unspecified() { outward_address() } else { bound.ip() };
    address.to_string()
}

/// The address of the interface that leads outwards. Nothing is sent: connecting a UDP socket only asks for a route, to
/// an address that is reserved for documentation (RFC 5737).
pub(crate) fn outward_address() -> IpAddr {
    let ask = || {
        let socket = UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    };
    ask().map_or(IpAddr::from([127, 0, 0, 1]), |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(browser_port: Option<u16>) -> Links {
        Links {
            session: "main".to_owned(),
            native: Place { host: "::1".to_owned(), port: 4460 },
            browser: browser_port.map(|port| Place { host: "::1".to_owned(), port }),
            pin: Pin::of_spki(b"key"),
            tickets: TicketKey::from_secret([1; 32]),
        }
    }

    #[test]
    fn a_browser_link_keeps_its_ticket_in_the_fragment() {
        let pair = links(Some(4461)).pair(Role::View, Duration::from_secs(9)).expect("made");
        let browser = pair.browser.expect("served");
        let (place, ticket) = browser.split_once("#ticket=").expect("a fragment");
        assert_eq!(place, "https://[::1]:4461/");
        let ticket = links(None).tickets.verify(ticket, UnixSeconds::now()).expect("valid");
        assert_eq!((ticket.right, ticket.role), (Right::Page, Role::View));
        assert_eq!(links(None).pair(Role::View, Duration::from_secs(9)).expect("made").browser, None);
    }
}
