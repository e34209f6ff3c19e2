//! What a host says of itself and of those that are here.

use std::net::SocketAddr;

use protocol::control::Role;
use serde::{Deserialize, Serialize};

use crate::health::Health;

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

/// A viewer that had to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removed {
    /// Which.
    #[serde(flatten)]
    pub viewer: Present,
    /// Whether it can come back by the same link.
    pub may_return: bool,
}
