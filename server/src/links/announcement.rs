//! The links that stand where people look for them, and the replacement of those that were used up.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use clap::ValueEnum;
use protocol::control::Role;
use serde::Deserialize;
use tracing::{info, warn};
use transport::TicketId;

use super::{
    file::LinkFile,
    issue::{LinkPair, Links, Spot},
};

/// Which links are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Printed {
    /// All, and those that replace used ones
    All,
    /// One for a browser, which works once and not for long: what is printed stands in logs
    Once,
    /// None
    None,
}

impl Printed {
    /// What a container's first process prints stands in the container's logs.
    pub(crate) fn usual() -> Self {
        if std::process::id() == 1 { Self::Once } else { Self::All }
    }
}

/// How long a link works that stands in logs.
const IN_LOGS: Duration = Duration::from_secs(15 * 60);

/// The links that stand in the link file and on the terminal. A browser link works once: when it was used,
/// another takes its place, so that the next one who looks finds one that works.
#[derive(Debug)]
pub(crate) struct Announcement {
    links: Links,
    ttl: Duration,
    file: Option<PathBuf>,
    printed: Printed,
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
    /// Makes the links, writes them to `file` and prints those that are to be printed.
    pub(crate) fn publish(
        links: Links,
        ttl: Duration,
        file: Option<PathBuf>,
        printed: Printed,
    ) -> Result<Self> {
        let shown = Shown::fresh(&links, ttl)?;
        write(&shown, file.as_ref())?;
        match printed {
            Printed::All => print(&links, &shown),
            Printed::Once => {
                if let Some((link, _)) = links.own_browser(IN_LOGS)? {
                    print_link(OPEN_ONCE, &link);
                    print_elsewhere(&links, &link);
                }
            }
            Printed::None => {}
        }
        info!(native = %listed(&links.native), page = links.browser.as_ref().map(listed), "ready");
        Ok(Self { links, ttl, file, printed, shown: Mutex::new(shown) })
    }

    /// How long the links that stand there should stand: others are made while those still work.
    pub(crate) fn refresh_after(&self) -> Duration {
        self.ttl / 2
    }

    /// Makes all links anew, so that those in the file always work. Writes a file: not for the network's
    /// thread.
    pub(crate) fn refresh(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let renewed = Shown::fresh(&self.links, self.ttl).and_then(|fresh| {
            *shown = fresh;
            write(&shown, self.file.as_ref())
        });
        if let Err(error) = renewed {
            warn!("the link file cannot be renewed: {error:#}");
        }
    }

    /// Replaces the link of this ticket, if it is one that was announced. Writes a file: not for the
    /// network's thread.
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
        let fresh = match role {
            Role::Control => self.links.own_browser(self.ttl)?,
            Role::View => self.links.browser(role, self.ttl)?,
        };
        let Some((link, ticket)) = fresh else { return Ok(()) };
        let (pair, slot, label) = match role {
            Role::Control => (&mut shown.control, 0, OPEN_NEXT),
            Role::View => (&mut shown.view, 1, LOOK_NEXT),
        };
        if self.printed == Printed::All {
            print_link(label, &link);
        }
        pair.browser = Some(link);
        shown.browser_tickets[slot] = Some(ticket);
        write(shown, self.file.as_ref())
    }
}

impl Shown {
    fn fresh(links: &Links, ttl: Duration) -> Result<Self> {
        let (own, own_ticket) = links.own_browser(ttl)?.unzip();
        let (look, look_ticket) = links.browser(Role::View, ttl)?.unzip();
        let control = LinkPair { native: links.own_native(ttl)?, browser: own };
        let view = LinkPair { native: links.shared_native(Role::View, ttl)?, browser: look };
        Ok(Self { control, view, browser_tickets: [own_ticket, look_ticket] })
    }
}

fn write(shown: &Shown, file: Option<&PathBuf>) -> Result<()> {
    file.map_or(Ok(()), |path| LinkFile::new(&shown.control, &shown.view).write(path))
}

const OPEN_ONCE: &str = "Open in a browser, once, within 15 minutes (`dormer links` makes others): ";
const OPEN_NEXT: &str = "That link was used. For the next browser: ";
const LOOK_NEXT: &str = "That link was used. To look on only:      ";

#[expect(clippy::print_stdout, reason = "the links are the result of the command")]
fn print(links: &Links, shown: &Shown) {
    if let (Some(control), Some(view)) = (&shown.control.browser, &shown.view.browser) {
        println!("Open in a browser:           {control}");
        print_elsewhere(links, control);
        println!("To look on only:             {view}");
    }
    println!("Open in the native viewer:   dormer-view '{}'", shown.control.native);
    println!("To look on only:             dormer-view '{}'", shown.view.native);
}

/// The same link under the host's other addresses, for people in another network.
fn print_elsewhere(links: &Links, link: &str) {
    for other in links.elsewhere(link) {
        print_link("  or, from another network:  ", &other);
    }
}

/// All places of a port, for the log.
fn listed(spot: &Spot) -> String {
    spot.places().iter().map(|place| place.to_string()).collect::<Vec<_>>().join(" ")
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
            native: Spot::new(Vec::new(), "[::1]:4460".parse().expect("an address")),
            tcp: None,
            browser: Some(Spot::new(Vec::new(), "[::1]:1".parse().expect("an address"))),
            pin: Pin::of_spki(b"key"),
            tickets: TicketKey::from_secret([1; 32]),
            issued: Default::default(),
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
            Announcement::publish(links(), Duration::from_secs(60), Some(path.clone()), Printed::None)
                .expect("published");
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
        announcement.refresh();
        let fresh = read();
        assert_ne!(fresh["native"], after["native"], "links are made anew before they expire");
        assert_ne!(fresh["view_only"]["browser"], after["view_only"]["browser"]);
    }
}
