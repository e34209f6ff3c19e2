//! Which tickets were used that may be used only once.
//!
//! Memory is bounded: what has expired is forgotten, and while too many are remembered no further one is accepted. They
//! are not kept over a restart, since a restarted host begins a new session and the old one's tickets are worth nothing.

use std::collections::HashMap;

use crate::ticket::{Ticket, TicketId, UnixSeconds};

/// The most that are remembered: 256 KiB or so.
const MAX_REMEMBERED: usize = 8192;

/// The used tickets of one right.
#[derive(Debug, Default)]
pub(crate) struct UsedTickets {
    expiries: HashMap<TicketId, UnixSeconds>,
}

/// Why a ticket cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotUsable {
    /// It was used before.
    UsedBefore,
    /// Too many others were used of late.
    TooMany,
}

impl UsedTickets {
    /// Uses a valid ticket.
    pub(crate) fn use_up(&mut self, ticket: &Ticket, now: UnixSeconds) -> Result<(), NotUsable> {
        if self.expiries.contains_key(&ticket.id) {
            return Err(NotUsable::UsedBefore);
        }
        if self.expiries.len() >= MAX_REMEMBERED {
            self.expiries.retain(|_, &mut expires| now < expires);
        }
        if self.expiries.len() >= MAX_REMEMBERED {
            return Err(NotUsable::TooMany);
        }
        self.expiries.insert(ticket.id, ticket.expires);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use protocol::control::Role;

    use super::*;
    use crate::ticket::Right;

    fn ticket(id: u64, expires: u64) -> Ticket {
        Ticket {
            id: TicketId(id),
            right: Right::JoinOnce,
            session: "main".to_owned(),
            role: Role::View,
            expires: UnixSeconds(expires),
        }
    }

    #[test]
    fn a_ticket_is_used_once() {
        let mut used = UsedTickets::default();
        assert_eq!(used.use_up(&ticket(1, 60), UnixSeconds(0)), Ok(()));
        assert_eq!(used.use_up(&ticket(1, 60), UnixSeconds(59)), Err(NotUsable::UsedBefore));
        assert_eq!(used.use_up(&ticket(2, 60), UnixSeconds(59)), Ok(()));
    }

    #[test]
    fn a_flood_of_tickets_is_refused_until_they_expire_and_none_works_twice() {
        let mut used = UsedTickets::default();
        let most = MAX_REMEMBERED as u64;
        for id in 0..most {
            used.use_up(&ticket(id, 60 + id % 2), UnixSeconds(0)).expect("room");
        }
        assert_eq!(used.use_up(&ticket(most, 99), UnixSeconds(59)), Err(NotUsable::TooMany));
        assert_eq!(used.use_up(&ticket(most, 99), UnixSeconds(60)), Ok(()), "half have expired");
        assert_eq!(used.use_up(&ticket(1, 61), UnixSeconds(60)), Err(NotUsable::UsedBefore));
        assert!(used.expiries.len() <= MAX_REMEMBERED / 2 + 1);
    }
}
