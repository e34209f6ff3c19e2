//! Links into the session: how they are made, where they are announced, the file that scripts read them from.

mod announcement;
mod file;
mod issue;
mod issued;

pub(crate) use announcement::{Announcement, Printed};
pub(crate) use file::remove_own;
pub(crate) use issue::{Links, SharedLinks, Spot, reachable, ttl};
pub(crate) use issued::{Issued, IssuedLink, LinkKind};
