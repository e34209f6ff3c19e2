//! `dormer stop`: ends a running session.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{print, print_json};
use crate::{console, layers::layered, paths};

/// `dormer stop`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StopOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of lines
    #[arg(long)]
    json: bool,
}

layered!(StopOptions { session, json });

#[derive(Serialize)]
struct Stopped {
    stopped: bool,
}

/// Ends the session, and waits until it has.
pub(crate) fn stop(options: StopOptions) -> Result<()> {
    let state_dir = options.session.map_or_else(paths::default_state_dir, Ok)?;
    let (apps, wait) = console::stop(&state_dir)?;
    if !options.json {
        print(&format!("asked the session to end; apps that are asked first: {apps}"));
    }
    wait()?;
    if options.json {
        return print_json(&Stopped { stopped: true });
    }
    print("the session has ended");
    Ok(())
}
