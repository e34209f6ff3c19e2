//! The links that were made for others: what can be listed and taken back, also before anybody came by one.
//!
//! Links themselves are signed and need no list. This one is for people; whoever is not in it is let in all
//! the same.

use std::{
    collections::VecDeque,
    fs, io,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use protocol::control::Role;
use serde::{Deserialize, Serialize};
use tracing::warn;
use transport::{TicketId, UnixSeconds};
use web::write_private;

/// The most links that are known at a time; of more the oldest are not listed any more.
const MAX_ISSUED: usize = 1024;

/// Which viewers a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LinkKind {
    /// One browser, once.
    Browser,
    /// Native viewers, again and again.
    Native,
}

/// A link that was made for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IssuedLink {
    /// The number of its ticket.
    pub ticket: TicketId,
    /// Which viewers it is for.
    pub kind: LinkKind,
    /// What they may do.
    pub role: Role,
    /// When it is worth nothing any more.
    pub expires: UnixSeconds,
}

/// Those that were made.
#[derive(Debug, Default)]
pub(crate) struct Issued {
    known: Mutex<VecDeque<IssuedLink>>,
    /// Where they are kept: links outlive a host that is started again.
    file: Option<PathBuf>,
}

impl Issued {
    /// Those that a file keeps, if there is one.
    pub(crate) fn kept_in(file: PathBuf) -> io::Result<Self> {
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let known = text.lines().filter_map(parse).take(MAX_ISSUED).collect();
        Ok(Self { known: Mutex::new(known), file: Some(file) })
    }

    /// Notes links that were made at `now`.
    pub(super) fn note(&self, links: impl IntoIterator<Item = IssuedLink>, now: UnixSeconds) {
        let mut known = self.lock();
        known.retain(|link| now < link.expires);
        known.extend(links);
        let too_many = known.len().saturating_sub(MAX_ISSUED);
        known.drain(..too_many);
        let Some(file) = &self.file else { return };
        let fresh = file.with_extension("new");
        let lines: String = known.iter().map(line).collect();
        if let Err(error) = write_private(&fresh, &lines).and_then(|()| fs::rename(&fresh, file)) {
            warn!(%error, file = %file.display(), "links will not be listed after a restart");
        }
    }

    /// Those whose time is not over at `now`, the oldest first.
    pub(crate) fn open(&self, now: UnixSeconds) -> Vec<IssuedLink> {
        self.lock().iter().filter(|link| now < link.expires).copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<IssuedLink>> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number, kind, role and end.
fn line(link: &IssuedLink) -> String {
    let kind = match link.kind {
        LinkKind::Browser => "browser",
        LinkKind::Native => "native",
    };
    let role = match link.role {
        Role::Control => "control",
        Role::View => "view",
    };
    format!("{:016x} {kind} {role} {}\n", link.ticket.0, link.expires.0)
}

fn parse(line: &str) -> Option<IssuedLink> {
    let mut words = line.split(' ');
    let ticket = TicketId(u64::from_str_radix(words.next()?, 16).ok()?);
    let kind = match words.next()? {
        "browser" => LinkKind::Browser,
        "native" => LinkKind::Native,
        _ => return None,
    };
    let role = match words.next()? {
        "control" => Role::Control,
        "view" => Role::View,
        _ => return None,
    };
    Some(IssuedLink { ticket, kind, role, expires: UnixSeconds(words.next()?.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(number: u64, expires: u64) -> IssuedLink {
        let (kind, role) = match number % 2 {
            0 => (LinkKind::Browser, Role::View),
            _ => (LinkKind::Native, Role::Control),
        };
        IssuedLink { ticket: TicketId(number), kind, role, expires: UnixSeconds(expires) }
    }

    #[test]
    fn links_are_known_until_their_time_is_over_also_after_a_restart() {
        let directory = tempfile::tempdir().expect("a directory");
        let fresh = || Issued::kept_in(directory.path().join("links")).expect("readable");
        let before = fresh();
        before.note([link(1, 50), link(2, 90)], UnixSeconds(0));
        before.note([link(u64::MAX, 70)], UnixSeconds(1));
        for issued in [&before, &fresh()] {
            assert_eq!(issued.open(UnixSeconds(49)), [link(1, 50), link(2, 90), link(u64::MAX, 70)]);
            assert_eq!(issued.open(UnixSeconds(70)), [link(2, 90)]);
        }
        before.note([], UnixSeconds(80));
        assert_eq!(fresh().open(UnixSeconds(0)), [link(2, 90)], "others need no place");
    }

    #[test]
    fn of_too_many_the_newest_are_known() {
        let issued = Issued::default();
        (0..3).for_each(|n| {
            issued.note((0..MAX_ISSUED as u64).map(|i| link(n * 10_000 + i, 9)), UnixSeconds(0))
        });
        let open = issued.open(UnixSeconds(0));
        assert_eq!((open.len(), open[0]), (MAX_ISSUED, link(20_000, 9)));
    }

    #[test]
    fn what_is_no_link_is_passed_over() {
        for wrong in ["", "x", "12 browser", "12 phone view 4", "12 browser owner 4", "12 native view soon"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
