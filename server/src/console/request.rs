//! What a running host can be asked on its console.

use std::path::PathBuf;

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
}

impl Request {
    /// From the line that an asker wrote.
    pub(crate) fn read(line: &str) -> serde_json::Result<Self> {
        serde_json::from_str(line)
    }
}
