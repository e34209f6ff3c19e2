//! The links that stand where people look for them, and the replacement of those that were used up.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use protocol::control::Role;
use tracing::{info, warn};
use transport::TicketId;

use super::{
    file::LinkFile,
    issue::{LinkPair, Links},
};

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
    use transport::{Pin, TicketKey, UnixSeconds};

    use super::*;

    fn links() -> Links {
        Links {
            session: "main".to_owned(),
            host: "::1".to_owned(),
            native_port: 4460,
            browser_port: Some(1),
            pin: Pin::of_spki(b"key"),
            tickets: TicketKey::from_secret([1; 32]),
        }
    }

    #[test]
    fn only_the_link_that_was_used_is_replaced_in_the_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("links.json");
        let read = || -> serde_json::Value {
            serde_json::from_slice(&std::fs::read(&path).expect("written")).expect("JSON")
        };
        let announcement =
            Announcement::publish(links(), Duration::from_secs(60), Some(path.clone())).expect("published");
        let before = read();
        let ticket =
            before["browser"].as_str().and_then(|link| link.split_once("ticket=")).expect("a ticket").1;
        let ticket = links().tickets.verify(ticket, UnixSeconds::now()).expect("valid");
        announcement.used(ticket.id);
        let after = read();
        assert_ne!(before["browser"], after["browser"]);
        assert_eq!(before["native"], after["native"]);
        assert_eq!(before["view_only"], after["view_only"]);
        announcement.used(ticket.id);
        assert_eq!(read(), after, "a ticket that does not stand there any more changes nothing");
    }
}
