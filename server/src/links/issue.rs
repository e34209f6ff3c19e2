//! Makes links into the session.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use protocol::control::Role;
use transport::{
    LinkAddress, OwnAddresses, Pin, Place, Right, Ticket, TicketId, TicketKey, TicketText, UnixSeconds,
    link_address::MAX_PLACES,
};

use super::issued::{Issued, IssuedLink, LinkKind};
use crate::usage::Usage;

/// Where one of the host's ports is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    given: Vec<Place>,
    bound: SocketAddr,
}

impl Spot {
    /// The places that were given, or else where the bound address is reached.
    pub(crate) fn new(given: Vec<Place>, bound: SocketAddr) -> Self {
        Self { given, bound }
    }

    /// All places, the likeliest first. Networks come and go, so they are looked at anew.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut places = self.given.clone();
        if places.is_empty() {
            let port = self.bound.port();
            let own = reachable(self.bound.ip(), transport::own_addresses());
            places.extend(own.into_iter().map(|address| Place { host: address.to_string(), port }));
        }
        places.truncate(MAX_PLACES);
        places
    }

    /// What people should know of links that name a guess.
    pub(crate) fn advice(&self) -> Option<String> {
        let own = transport::own_addresses();
        let guesses = self.given.is_empty() && self.bound.ip().is_unspecified();
        (guesses && !own.has_route).then(|| no_route(&reachable(self.bound.ip(), own)))
    }
}

fn no_route(named: &[IpAddr]) -> String {
    let named: Vec<String> = named.iter().map(IpAddr::to_string).collect();
    format!(
        "this machine has no default route, so links name {}; if people reach it otherwise, say where: --advertise HOST \
         (DORMER_ADVERTISE)",
        named.join(", ")
    )
}

/// Under which addresses others reach what is bound to this one.
pub(crate) fn reachable(bound: IpAddr, own: OwnAddresses) -> Vec<IpAddr> {
    if !bound.is_unspecified() {
        return vec![bound];
    }
    let mut all = own.all;
    all.retain(|address| bound.is_ipv6() || address.is_ipv4());
    if all.is_empty() {
        all.push(Ipv4Addr::LOCALHOST.into());
    }
    all
}

/// Makes links into one session.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// The session's name.
    pub session: String,
    /// Where native viewers connect.
    pub native: Spot,
    /// Where they do so over TCP, if browsers are served.
    pub tcp: Option<Spot>,
    /// Where the page is, if browsers are served.
    pub browser: Option<Spot>,
    /// The host's key.
    pub pin: Pin,
    /// Signs.
    pub tickets: TicketKey,
    /// Knows those that were made for others.
    pub issued: Arc<Issued>,
}

/// The links of one role.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LinkPair {
    /// For the native viewer, again and again.
    pub native: String,
    /// For a browser, once.
    pub browser: Option<String>,
}

/// Links that were made for others, with the numbers of their tickets.
#[derive(Debug)]
pub(crate) struct SharedLinks {
    /// For the native viewer.
    pub native: (String, TicketId),
    /// For a browser, if those are served.
    pub browser: Option<(String, TicketId)>,
}

impl Links {
    /// Links for others that can be used to join for `ttl`.
    pub(crate) fn share(&self, role: Role, ttl: Duration) -> Result<SharedLinks> {
        let now = UnixSeconds::now();
        let expires = now.after(ttl);
        let native = self.native(Right::Join, role, expires)?;
        let browser = self.page(Right::Page, role, expires)?;
        let issued = |kind, ticket| IssuedLink { ticket, kind, role, expires };
        let pages = browser.as_ref().map(|(_, ticket)| issued(LinkKind::Browser, *ticket));
        self.issued.note(pages.into_iter().chain([issued(LinkKind::Native, native.1)]), now);
        Ok(SharedLinks { native, browser })
    }

    /// A link for somebody else's browser that holds until then, if browsers are served.
    pub(crate) fn share_page(&self, role: Role, expires: UnixSeconds) -> Result<Option<String>> {
        let Some((link, ticket)) = self.page(Right::Page, role, expires)? else { return Ok(None) };
        let issued = IssuedLink { ticket, kind: LinkKind::Browser, role, expires };
        self.issued.note([issued], UnixSeconds::now());
        Ok(Some(link))
    }

    /// A link for the native viewer.
    pub(super) fn shared_native(&self, role: Role, ttl: Duration) -> Result<String> {
        Ok(self.native(Right::Join, role, UnixSeconds::now().after(ttl))?.0)
    }

    /// The same for the session's owner: links that are there when its time is over stay.
    pub(super) fn own_native(&self, ttl: Duration) -> Result<String> {
        Ok(self.native(Right::OwnJoin, Role::Control, UnixSeconds::now().after(ttl))?.0)
    }

    fn native(&self, right: Right, role: Role, expires: UnixSeconds) -> Result<(String, TicketId)> {
        let (ticket, id) = self.ticket(right, role, expires)?;
        let mut places = self.native.places().into_iter();
        let Place { host, port } = places.next().context("every port is somewhere")?;
        let tcp = self.tcp.as_ref().map(Spot::places).unwrap_or_default();
        let (others, pin) = (places.collect(), self.pin);
        Ok((LinkAddress { host, port, others, tcp, pin, ticket }.to_link(), id))
    }

    /// A link for a browser, with the number of its ticket, if browsers are served.
    pub(super) fn browser(&self, role: Role, ttl: Duration) -> Result<Option<(String, TicketId)>> {
        self.page(Right::Page, role, UnixSeconds::now().after(ttl))
    }

    /// The same for the session's owner, whose right lasts as long as it is used.
    pub(super) fn own_browser(&self, ttl: Duration) -> Result<Option<(String, TicketId)>> {
        self.page(Right::OwnPage, Role::Control, UnixSeconds::now().after(ttl))
    }

    fn page(&self, right: Right, role: Role, expires: UnixSeconds) -> Result<Option<(String, TicketId)>> {
        let Some(authority) = self.page_authority() else { return Ok(None) };
        let (ticket, id) = self.ticket(right, role, expires)?;
        Ok(Some((format!("https://{authority}/#ticket={}", ticket.expose()), id)))
    }

    /// Where native viewers find the session, the likeliest place first.
    pub(crate) fn native_places(&self) -> Vec<String> {
        self.native.places().iter().map(Place::to_string).collect()
    }

    /// Where browsers find it, if they are served.
    pub(crate) fn pages(&self) -> Vec<String> {
        self.authorities().iter().map(|authority| format!("https://{authority}/")).collect()
    }

    /// Host and port of the page, as links name them, if browsers are served.
    pub(crate) fn page_authority(&self) -> Option<String> {
        self.authorities().into_iter().next()
    }

    fn authorities(&self) -> Vec<String> {
        let places = self.browser.as_ref().map(Spot::places).unwrap_or_default();
        places.iter().map(authority).collect()
    }

    /// The same link under the page's other addresses. An address bar holds only one.
    pub(super) fn elsewhere(&self, link: &str) -> Vec<String> {
        let authorities = self.authorities();
        let Some((_, rest)) = link.split_once("/#") else { return Vec::new() };
        authorities.iter().skip(1).map(|authority| format!("https://{authority}/#{rest}")).collect()
    }

    /// A ticket for one hello of a page that was let in, and its number.
    pub(crate) fn join_once(&self, role: Role, expires: UnixSeconds) -> Result<(TicketText, TicketId)> {
        self.ticket(Right::JoinOnce, role, expires)
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

/// Host and port as browsers write them.
fn authority(place: &Place) -> String {
    let with_port = place.to_string();
    with_port.strip_suffix(":443").map_or(with_port.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    fn spot(port: u16) -> Spot {
        Spot::new(Vec::new(), (Ipv6Addr::LOCALHOST, port).into())
    }

    fn links(browser_port: Option<u16>) -> Links {
        Links {
            session: "main".to_owned(),
            native: spot(4460),
            tcp: browser_port.map(spot),
            browser: browser_port.map(spot),
            pin: Pin::of_spki(b"key"),
            tickets: TicketKey::from_secret([1; 32]),
            issued: Arc::default(),
        }
    }

    #[test]
    fn a_browser_link_keeps_its_ticket_in_the_fragment() {
        let links_here = links(Some(4461));
        let shared = links_here.share(Role::View, Duration::from_secs(9)).expect("made");
        let (browser, number) = shared.browser.expect("served");
        let known = links_here.issued.open(UnixSeconds::now());
        assert_eq!(known.iter().map(|link| link.ticket).collect::<Vec<_>>(), [number, shared.native.1]);
        let (place, ticket) = browser.split_once("#ticket=").expect("a fragment");
        assert_eq!(place, "https://[::1]:4461/");
        let ticket = links(None).tickets.verify(ticket, UnixSeconds::now()).expect("valid");
        assert_eq!((ticket.right, ticket.role), (Right::Page, Role::View));
        assert_eq!(ticket.id, number);
        assert_eq!(links(None).share(Role::View, Duration::from_secs(9)).expect("made").browser, None);
    }

    #[test]
    fn links_name_every_place_and_say_what_to_do_where_that_is_a_guess() {
        let place = |host: &str, port| Place { host: host.to_owned(), port };
        let given = vec![place("10.0.0.1", 8443), place("2001:db8::7", 443)];
        let bound = (Ipv6Addr::UNSPECIFIED, 4461).into();
        let many = Links { browser: Some(Spot::new(given, bound)), ..links(Some(4461)) };
        let (link, _) = many.browser(Role::View, Duration::from_secs(9)).expect("made").expect("served");
        assert!(link.starts_with("https://10.0.0.1:8443/#ticket="), "{link}");
        let ticket = link.split_once('#').expect("a fragment").1;
        assert_eq!(many.elsewhere(&link), [format!("https://[2001:db8::7]/#{ticket}")]);
        let native: LinkAddress =
            many.shared_native(Role::View, Duration::from_secs(9)).expect("made").parse().expect("a link");
        assert_eq!(native.tcp, [place("::1", 4461)]);

        let own = |all: &[&str]| OwnAddresses {
            all: all.iter().map(|address| address.parse().expect("an address")).collect(),
            has_route: false,
        };
        let [v4, v6] = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
        let both = own(&["10.0.0.1", "2001:db8::7"]);
        assert_eq!(reachable(v6, both.clone()), both.all);
        assert_eq!(reachable(v4, both.clone()), both.all[..1], "nobody listens on the other");
        let alone = reachable(v6, own(&[]));
        assert_eq!(alone, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
        let said = no_route(&alone);
        assert!(said.contains("127.0.0.1") && said.contains("--advertise"), "{said}");
    }
}
