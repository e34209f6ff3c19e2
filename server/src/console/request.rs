//! What a running host can be asked on its console.

use std::{path::PathBuf, str::FromStr};

use protocol::control::Role;
use serde::{Deserialize, Serialize};

/// What a running host can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(crate) enum Request {
    /// Start an app. A command of one word may also be an app's id in the catalogue.
    Run {
        /// Program and arguments.
        command: Vec<String>,
        /// Where the asker stands, if it stands anywhere on this machine.
        directory: Option<PathBuf>,
    },
    /// List the catalogue.
    Apps,
    /// Say how an app ended that was started here, once it has.
    Outcome {
        /// Its process.
        pid: u32,
    },
    /// Say how the session is.
    Health,
    /// Make links.
    Link {
        /// What viewers with it may do.
        role: Role,
        /// For how many seconds it can be used to join.
        ttl_secs: u64,
    },
    /// Offer files of the session to the app at a place of its window.
    Drop {
        /// Which window.
        track: u32,
        /// Where in it, in logical units.
        x: f64,
        /// As `x`, downwards.
        y: f64,
        /// Which files, as `text/uri-list` has them.
        list: String,
    },
    /// Say how the session stands.
    Status,
    /// List the links that are open.
    Links,
    /// List the viewers that are here.
    Viewers,
    /// Remove viewers.
    Kick {
        /// Which.
        who: Who,
    },
    /// Take a link back, and remove those that came by it.
    Revoke {
        /// The number of its ticket.
        ticket: u64,
    },
    /// End the session.
    Stop,
}

/// Which viewers are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Who {
    /// All that are here.
    All,
    /// The one with this number.
    Viewer(u32),
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let number = text.strip_prefix('v').unwrap_or(text).parse().ok();
        let wrong = || "name a viewer as `dormer viewers` does, such as v1, or all".to_owned();
        number.map(Self::Viewer).ok_or_else(wrong)
    }
}

impl Request {
    /// From the line that an asker wrote.
    pub(crate) fn read(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(line)
    }
}
