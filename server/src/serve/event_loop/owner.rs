//! What the session's owner asks on the console: who is here, and who has to go.

use std::sync::Arc;

use clock::now;
use media::ViewerId;
use transport::{TicketId, UnixSeconds};

use super::{EventLoop, LinkEnd};
use crate::{
    console::{Answer, OpenLink, Present, Removed, Status, Who},
    links::LinkKind,
    serve::rights::{self, Hold},
};

impl EventLoop {
    /// How the session stands.
    pub(super) fn status(&self) -> Status {
        let links = &self.ways_in.links;
        Status {
            session: links.session.clone(),
            since: UnixSeconds::now().0.saturating_sub(self.since.elapsed().as_secs()),
            health: self.health(),
            native: links.native_places(),
            browser: links.pages(),
            seat: self.core.seat_holder().map(|viewer| viewer.to_string()),
        }
    }

    /// Those that are here, in the order in which they came.
    pub(super) fn present(&self) -> Vec<Present> {
        let mut here: Vec<_> = self.core.viewers().map(|(viewer, _)| viewer).collect();
        here.sort_unstable();
        here.into_iter().filter_map(|viewer| self.describe(viewer)).collect()
    }

    /// The links that are open: those that somebody can still join by, and those by which somebody has.
    pub(super) fn open_links(&self) -> Vec<OpenLink> {
        let now = UnixSeconds::now();
        let rights = &self.ways_in.rights;
        let here = |ticket| self.viewers.values().filter(|link| link.link == Some(ticket)).count();
        let entered = rights.pages(now).into_iter().map(|(ticket, page)| OpenLink {
            id: format!("{ticket:?}"),
            kind: LinkKind::Browser,
            role: page.role,
            owner: page.slides,
            expires: Some(page.expires.0),
            used: true,
            here: here(ticket),
        });
        let issued = self.ways_in.links.issued.open(now).into_iter().filter(|link| rights.is_open(link));
        let issued = issued.map(|link| OpenLink {
            id: format!("{:?}", link.ticket),
            kind: link.kind,
            role: link.role,
            owner: false,
            expires: Some(link.expires.0),
            used: here(link.ticket) > 0,
            here: here(link.ticket),
        });
        let mut open: Vec<OpenLink> = entered.chain(issued).collect();
        // Of the links in the host's own file only those that somebody is here by.
        for (viewer, link) in &self.viewers {
            let Some((ticket, present)) = link.link.zip(self.describe(*viewer)) else { continue };
            let id = format!("{ticket:?}");
            if open.iter().all(|known| known.id != id) {
                open.push(OpenLink {
                    id,
                    kind: LinkKind::Native,
                    role: present.role,
                    owner: link.hold == Hold::Lasting,
                    expires: link.hold.end().map(|end| end.0),
                    used: true,
                    here: here(ticket),
                });
            }
        }
        open
    }

    /// Removes viewers, and ends the rights that were theirs alone.
    pub(super) fn kick(&mut self, who: Who) -> Answer {
        let removed = match who {
            Who::All => self.remove(|_, _| true),
            Who::Viewer(number) => {
                let one = ViewerId(number);
                let page = self.viewers.get(&one).map(|link| link.hold).filter(|hold| hold.is_a_page_s());
                if self.describe(one).is_none() {
                    let what = "`dormer viewers` lists those that are here";
                    return Answer::Error(format!("there is no viewer {one}; {what}"));
                }
                // What a browser shows in several tabs is there by one right.
                self.remove(|viewer, link| viewer == one || page == Some(link.hold))
            }
        };
        let rights = &self.ways_in.rights;
        let removed = removed.into_iter();
        Answer::Removed(
            removed.map(|(viewer, hold)| Removed { viewer, may_return: !rights.end(hold) }).collect(),
        )
    }

    /// Takes a link back, and removes those that came by it.
    pub(super) fn revoke(&mut self, ticket: TicketId) -> Answer {
        if let Err(refusal) = self.ways_in.rights.revoke(ticket) {
            return Answer::Error(refusal.message);
        }
        let announcement = Arc::clone(&self.ways_in.announcement);
        // It may be one of those in the link file, which always work. It writes that.
        tokio::task::spawn_blocking(move || announcement.refresh());
        let removed = self.remove(|_, link| link.link == Some(ticket)).into_iter();
        Answer::Removed(removed.map(|(viewer, _)| Removed { viewer, may_return: false }).collect())
    }

    /// Removes those that are meant: who they were, and by what right they were there.
    fn remove(&mut self, is_meant: impl Fn(ViewerId, &LinkEnd) -> bool) -> Vec<(Present, Hold)> {
        let mut meant: Vec<_> =
            self.viewers.iter().filter(|(viewer, link)| is_meant(**viewer, link)).collect();
        meant.sort_unstable_by_key(|(viewer, _)| **viewer);
        let meant = meant.into_iter().map(|(viewer, link)| (*viewer, link.hold));
        // All are described before one goes: with it the seat moves on.
        let meant: Vec<_> =
            meant.filter_map(|(viewer, hold)| Some((viewer, self.describe(viewer)?, hold))).collect();
        let remove = |(viewer, present, hold)| {
            self.core.handle_right_ended(now(), viewer, rights::removed());
            (present, hold)
        };
        meant.into_iter().map(remove).collect()
    }

    fn describe(&self, viewer: ViewerId) -> Option<Present> {
        let link = self.viewers.get(&viewer)?;
        let (_, role) = self.core.viewers().find(|(here, _)| *here == viewer)?;
        let stats = link.sender.stats();
        Some(Present {
            id: viewer.to_string(),
            address: stats.peer.unwrap_or(link.address),
            role,
            transport: stats.transport.to_owned(),
            since: link.since.0,
            link: link.link.map(|ticket| format!("{ticket:?}")),
            seat: self.core.seat_holder() == Some(viewer),
        })
    }
}
