//! Which tickets were used that may be used only once.
//!
//! Memory is bounded: what has expired is forgotten, and while too many are remembered no further one is
//! accepted. Those of browser links are kept over a restart, since the session's links are: a file has a line
//! for each.

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::ticket::{Ticket, TicketId, UnixSeconds};

/// The most that are remembered: 256 KiB or so.
const MAX_REMEMBERED: usize = 8192;

/// The used tickets of one right.
#[derive(Debug, Default)]
pub(crate) struct UsedTickets {
    expiries: HashMap<TicketId, UnixSeconds>,
    /// Where they are kept.
    file: Option<PathBuf>,
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
    /// Those that a file keeps, if there is one, and that have not expired.
    pub(crate) fn kept_in(file: PathBuf, now: UnixSeconds) -> io::Result<Self> {
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let mut expiries: HashMap<_, _> = text.lines().filter_map(parse).collect();
        expiries.retain(|_, expires| now < *expires);
        let lines: String = expiries.iter().map(|(id, expires)| line(*id, *expires)).collect();
        let fresh = file.with_extension("new");
        let _ = fs::remove_file(&fresh);
        write(&fresh, &lines)?;
        fs::rename(&fresh, &file)?;
        Ok(Self { expiries, file: Some(file) })
    }

    /// Whether this ticket was used.
    pub(crate) fn has(&self, id: TicketId) -> bool {
        self.expiries.contains_key(&id)
    }

    /// Uses a valid ticket.
    pub(crate) fn use_up(&mut self, ticket: &Ticket, now: UnixSeconds) -> Result<(), NotUsable> {
        self.add(ticket.id, ticket.expires, now)
    }

    /// Counts a ticket as used until it expires.
    pub(crate) fn add(
        &mut self,
        id: TicketId,
        expires: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<(), NotUsable> {
        if self.has(id) {
            return Err(NotUsable::UsedBefore);
        }
        if self.expiries.len() >= MAX_REMEMBERED {
            self.expiries.retain(|_, &mut expires| now < expires);
        }
        if self.expiries.len() >= MAX_REMEMBERED {
            return Err(NotUsable::TooMany);
        }
        self.expiries.insert(id, expires);
        if let Some(file) = &self.file
            && let Err(error) = write(file, &line(id, expires))
        {
            tracing::warn!(%error, file = %file.display(), "a used link would work again after a restart");
        }
        Ok(())
    }
}

/// Appends to a file that only its owner can read.
fn write(file: &Path, lines: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(file)?;
    file.write_all(lines.as_bytes())
}

fn line(id: TicketId, expires: UnixSeconds) -> String {
    format!("{:016x} {}\n", id.0, expires.0)
}

/// A line that was cut off says nothing.
fn parse(line: &str) -> Option<(TicketId, UnixSeconds)> {
    let (id, expires) = line.split_once(' ')?;
    Some((TicketId(u64::from_str_radix(id, 16).ok()?), UnixSeconds(expires.parse().ok()?)))
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

    #[test]
    fn what_was_used_stays_used_over_a_restart_until_it_expires() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("used");
        let at = |now| UsedTickets::kept_in(file.clone(), UnixSeconds(now)).expect("readable");
        for id in 1..4 {
            at(0).use_up(&ticket(id, 60 + id), UnixSeconds(0)).expect("fresh");
        }
        write(&file, "cut o").expect("written");
        assert_eq!(at(1).use_up(&ticket(2, 62), UnixSeconds(1)), Err(NotUsable::UsedBefore));
        assert_eq!(at(62).expiries.len(), 1, "two have expired");
        assert_eq!(fs::read_to_string(&file).expect("readable").lines().count(), 1);
    }
}
