//! What a host says of itself and of those that are here.

use std::net::SocketAddr;

use protocol::control::Role;
use serde::{Deserialize, Serialize};
use transport::TicketId;

use crate::{health::Health, links::LinkKind};

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// The session's name.
    pub session: String,
    /// Since when it is served, in seconds since 1970.
    pub since: u64,
    /// What orchestrators ask for.
    #[serde(flatten)]
    pub health: Health,
    /// Where native viewers find it: hosts and ports.
    pub native: Vec<String>,
    /// Where browsers find it.
    pub browser: Vec<String>,
    /// The viewer whose keys and pointer reach the apps.
    pub seat: Option<String>,
}

/// A viewer that is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Present {
    /// Its number, as in the log.
    pub id: String,
    /// Where it is.
    pub address: SocketAddr,
    /// What it may do.
    pub role: Role,
    /// What carries its link.
    pub transport: String,
    /// Since when it is here, in seconds since 1970.
    pub since: u64,
    /// The number of the link's ticket by which it came, as in the log, where that is known.
    pub link: Option<String>,
    /// Whether its keys and pointer reach the apps.
    pub seat: bool,
}

/// A link that was just made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeLink {
    /// The link: who has it can join.
    pub link: String,
    /// The number of its ticket, by which it can be taken back.
    pub ticket: String,
}

impl From<(String, TicketId)> for MadeLink {
    fn from((link, ticket): (String, TicketId)) -> Self {
        Self { link, ticket: format!("{ticket:?}") }
    }
}

/// A link by which somebody can join, or has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenLink {
    /// The number of its ticket, by which it can be taken back.
    pub id: String,
    /// Which viewers it is for.
    pub kind: LinkKind,
    /// What they may do.
    pub role: Role,
    /// Whether it is the owner's own.
    pub owner: bool,
    /// When it ends, in seconds since 1970, where that is known.
    pub expires: Option<u64>,
    /// Whether somebody has come by it.
    pub used: bool,
    /// How many are here by it.
    pub here: usize,
}

/// A viewer that had to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removed {
    /// Which.
    #[serde(flatten)]
    pub viewer: Present,
    /// Whether it can come back by the same link.
    pub may_return: bool,
}
