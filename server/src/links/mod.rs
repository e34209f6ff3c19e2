//! Links into the session: how they are made, where they are announced, the file that scripts read them from.

mod announcement;
mod file;
mod issue;

pub(crate) use announcement::{Announcement, Printed};
pub(crate) use file::remove_own;
pub(crate) use issue::{LinkPair, Links, Spot, reachable, ttl};
