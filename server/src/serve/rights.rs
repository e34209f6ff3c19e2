//! By whose right each link is there. It ends with that.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use protocol::control::{Refusal, RefusalCode};
use tokio::{
    sync::Notify,
    time::{Interval, MissedTickBehavior, interval},
};
use transport::{Admission, Joined, OWN_RIGHT, Right, TicketId, UnixSeconds};
use web::{Holder, Visitor, Visitors};

use crate::links::{IssuedLink, LinkKind};

/// How often it is looked whether the time of a right is over. By the wall clock, which may jump, and goes on
/// while the machine sleeps.
const LOOK: Duration = Duration::from_millis(500);

/// By what right a viewer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// The owner's own: it lasts as long as the link.
    Lasting,
    /// That of a ticket, which ends at a time.
    Until(UnixSeconds),
    /// That of a page which entered.
    Page(Holder),
}

impl Hold {
    /// Whether it is that of one page, and nobody else's.
    pub(super) fn is_a_page_s(self) -> bool {
        matches!(self, Hold::Page(_))
    }

    /// When it ends, where that is known of the link alone.
    pub(super) fn end(self) -> Option<UnixSeconds> {
        match self {
            Hold::Until(end) => Some(end),
            Hold::Lasting | Hold::Page(_) => None,
        }
    }
}

/// Knows whose rights have ended.
pub(super) struct Rights {
    admission: Arc<Admission>,
    /// Links that were taken back since the session began: whoever was let in before may join only now.
    revoked: HashSet<TicketId>,
    visitors: Arc<Mutex<Visitors>>,
    ended: Arc<Notify>,
    look: Interval,
}

impl Rights {
    /// Those of links, and those of the pages that have entered. Needs a tokio runtime.
    pub(super) fn new(admission: Arc<Admission>, visitors: Arc<Mutex<Visitors>>) -> Self {
        let ended = lock(&visitors).ended();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { admission, revoked: HashSet::new(), visitors, ended, look }
    }

    /// By what right a viewer joins.
    pub(super) fn of(&self, joined: &Joined) -> Result<Hold, Refusal> {
        if self.revoked.contains(&joined.ticket) {
            return Err(removed());
        }
        match joined.right {
            Right::OwnJoin => Ok(Hold::Lasting),
            // Tickets of pages admit nobody.
            Right::Join | Right::Page | Right::OwnPage => Ok(Hold::Until(joined.expires)),
            Right::JoinOnce => {
                let holder = lock(&self.visitors).take(joined.ticket.0, UnixSeconds::now());
                holder.map(Hold::Page).ok_or_else(over)
            }
        }
    }

    /// Whether a right still stands, which a link uses: an owner's page's is put off by that.
    pub(super) fn uses(&self, hold: Hold) -> bool {
        let now = UnixSeconds::now();
        match hold {
            Hold::Lasting => true,
            Hold::Until(end) => now < end,
            Hold::Page(holder) => lock(&self.visitors).uses(holder, now, OWN_RIGHT),
        }
    }

    /// The link by which a viewer came that joined by this ticket, where that is known.
    pub(super) fn link(&self, hold: Hold, ticket: TicketId) -> Option<TicketId> {
        match hold {
            Hold::Lasting | Hold::Until(_) => Some(ticket),
            Hold::Page(holder) => lock(&self.visitors).link(holder).map(TicketId),
        }
    }

    /// Ends the right of a page. That of a native link is its ticket's, which others may have as well: it
    /// stays. Whether the right has ended.
    pub(super) fn end(&self, hold: Hold) -> bool {
        if let Hold::Page(holder) = hold {
            lock(&self.visitors).remove(holder);
        }
        hold.is_a_page_s()
    }

    /// Whether a link can still be used by somebody who was not let in by it yet, as far as is known.
    pub(super) fn is_open(&self, link: &IssuedLink) -> bool {
        let used_up = link.kind == LinkKind::Browser && self.admission.is_used(link.ticket);
        !used_up && !self.admission.is_revoked(link.ticket)
    }

    /// The pages that have entered, by their links.
    pub(super) fn pages(&self, now: UnixSeconds) -> Vec<(TicketId, Visitor)> {
        let mut pages: Vec<_> = lock(&self.visitors).by_link(now).collect();
        pages.sort_unstable_by_key(|(link, visitor)| (visitor.expires, *link));
        pages.into_iter().map(|(link, visitor)| (TicketId(link), visitor)).collect()
    }

    /// Ends all rights that came of a link.
    pub(super) fn revoke(&mut self, link: TicketId) -> Result<(), Refusal> {
        self.admission.revoke(link, UnixSeconds::now())?;
        self.revoked.insert(link);
        lock(&self.visitors).remove_by_link(link.0);
        Ok(())
    }

    /// Waits until a right may have ended. May be cancelled without loss.
    pub(super) async fn change(&mut self) {
        tokio::select! {
            () = self.ended.notified() => {}
            _ = self.look.tick() => {}
        }
    }
}

/// What a viewer is told whose right has ended.
pub(super) fn over() -> Refusal {
    let message = "you have left, or the time of your link is over; ask for a new link".to_owned();
    Refusal { code: RefusalCode::TicketExpired, message }
}

/// What a viewer is told whom the owner removed.
pub(super) fn removed() -> Refusal {
    let message = "removed by the owner; ask for a new link to come back".to_owned();
    Refusal { code: RefusalCode::Removed, message }
}

fn lock(visitors: &Mutex<Visitors>) -> MutexGuard<'_, Visitors> {
    // Nothing panics while it is held.
    visitors.lock().unwrap_or_else(PoisonError::into_inner)
}
