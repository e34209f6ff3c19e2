//! Links into the session: makes them, writes them where people look for them, and replaces those that were used up.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use protocol::control::Role;
use tracing::{info, warn};
use transport::{LinkAddress, Pin, Right, Ticket, TicketId, TicketKey, TicketText, UnixSeconds};

use crate::link_file::LinkFile;

/// Makes links into one session.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    /// The session's name.
    pub session: String,
    /// The name or address that links name.
    pub host: String,
    /// The UDP port of native viewers.
    pub native_port: u16,
    /// The port of browsers, if they are served.
    pub browser_port: Option<u16>,
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
    fn native(&self, role: Role, ttl: Duration) -> Result<String> {
        let (ticket, _) = self.ticket(Right::Join, role, UnixSeconds::now().after(ttl))?;
        let (host, port) = (self.host.clone(), self.native_port);
        Ok(LinkAddress { host, port, pin: self.pin, ticket }.to_link())
    }

    /// A link for a browser, with the number of its ticket, if browsers are served.
    pub(crate) fn browser(&self, role: Role, ttl: Duration) -> Result<Option<(String, TicketId)>> {
        let Some(port) = self.browser_port else { return Ok(None) };
        let (ticket, id) = self.ticket(Right::Page, role, UnixSeconds::now().after(ttl))?;
        let authority = authority(&self.host, port);
        Ok(Some((format!("https://{authority}/#ticket={}", ticket.expose()), id)))
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

/// Host and port as they stand in an address.
pub(crate) fn authority(host: &str, port: u16) -> String {
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

/// The links that stand in the link file and on the terminal. A browser link works once: when it was used, another takes
/// its place, so that the next one who looks finds one that works.
#[derive(Debug)]
pub(crate) struct Announcement {
    links: Links,
    ttl: Duration,
    file: Option<PathBuf>,
    shown: Mutex<Shown>,
}

#[derive(Debug)]
struct Shown {
    control: LinkPair,
    view: LinkPair,
    /// The tickets of the browser links.
    browser_tickets: [Option<TicketId>; 2],
}

impl Announcement {
    /// Makes the links, writes them to `file` and prints them.
    pub(crate) fn publish(links: Links, ttl: Duration, file: Option<PathBuf>) -> Result<Self> {
        let (control, control_ticket) = fresh(&links, Role::Control, ttl)?;
        let (view, view_ticket) = fresh(&links, Role::View, ttl)?;
        let shown = Shown { control, view, browser_tickets: [control_ticket, view_ticket] };
        write(&shown, file.as_ref())?;
        print(&shown);
        info!(host = %links.host, port = links.native_port, browser_port = links.browser_port, "ready");
        Ok(Self { links, ttl, file, shown: Mutex::new(shown) })
    }

    /// Replaces the link of this ticket, if it is one that was announced. Writes a file: not for the network's thread.
    pub(crate) fn used(&self, ticket: TicketId) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let role = match shown.browser_tickets.iter().position(|&known| known == Some(ticket)) {
            Some(0) => Role::Control,
            Some(_) => Role::View,
            None => return,
        };
        if let Err(error) = self.replace(&mut shown, role) {
            warn!("the used browser link cannot be replaced: {error:#}");
        }
    }

    fn replace(&self, shown: &mut Shown, role: Role) -> Result<()> {
        let Some((link, ticket)) = self.links.browser(role, self.ttl)? else { return Ok(()) };
        let (pair, slot, label) = match role {
            Role::Control => (&mut shown.control, 0, OPEN_NEXT),
            Role::View => (&mut shown.view, 1, LOOK_NEXT),
        };
        print_link(label, &link);
        pair.browser = Some(link);
        shown.browser_tickets[slot] = Some(ticket);
        write(shown, self.file.as_ref())
    }
}

fn fresh(links: &Links, role: Role, ttl: Duration) -> Result<(LinkPair, Option<TicketId>)> {
    let native = links.native(role, ttl)?;
    let (browser, ticket) = links.browser(role, ttl)?.unzip();
    Ok((LinkPair { native, browser }, ticket))
}

fn write(shown: &Shown, file: Option<&PathBuf>) -> Result<()> {
    file.map_or(Ok(()), |path| LinkFile::new(&shown.control, &shown.view).write(path))
}

const OPEN_NEXT: &str = "That link was used. For the next browser: ";
const LOOK_NEXT: &str = "That link was used. To look on only:      ";

#[expect(clippy::print_stdout, reason = "the links are the result of the command")]
fn print(shown: &Shown) {
    if let (Some(control), Some(view)) = (&shown.control.browser, &shown.view.browser) {
        println!("Open in a browser:           {control}");
        println!("To look on only:             {view}");
    }
    println!("Open in the native viewer:   dormer-view '{}'", shown.control.native);
    println!("To look on only:             dormer-view '{}'", shown.view.native);
}

#[expect(clippy::print_stdout, reason = "as above")]
fn print_link(label: &str, link: &str) {
    println!("{label}{link}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(browser_port: Option<u16>) -> Links {
        Links {
            session: "main".to_owned(),
            host: "::1".to_owned(),
            native_port: 4460,
            browser_port,
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

    #[test]
    fn only_the_link_that_was_used_is_replaced_in_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("links.json");
        let read = || -> serde_json::Value {
            serde_json::from_slice(&std::fs::read(&path).expect("written")).expect("JSON")
        };
        let announcement = Announcement::publish(links(Some(1)), Duration::from_secs(60), Some(path.clone()))
            .expect("published");
        let before = read();
        let ticket =
            before["browser"].as_str().and_then(|link| link.split_once("ticket=")).expect("a ticket").1;
        let ticket = links(None).tickets.verify(ticket, UnixSeconds::now()).expect("valid");
        announcement.used(ticket.id);
        let after = read();
        assert_ne!(before["browser"], after["browser"]);
        assert_eq!(before["native"], after["native"]);
        assert_eq!(before["view_only"], after["view_only"]);
        announcement.used(ticket.id);
        assert_eq!(read(), after, "a ticket that does not stand there any more changes nothing");
    }
}
