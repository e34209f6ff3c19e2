//! `dormer health`: whether a session serves, for those that watch over containers.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use compositor::Entrance;
use serde::{Deserialize, Serialize};

use crate::{
    console::{self, Answer, Request},
    layers::layered,
    paths,
};

/// Flags of `dormer health`, and keys of its configuration file.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of a line
    #[arg(long)]
    json: bool,
}

layered!(Options { session, json });

/// What a host says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// The host's version.
    pub version: String,
    /// For how many seconds it has run.
    pub up_secs: u64,
    /// Viewers that are connected.
    pub viewers: usize,
    /// Windows and popups that are open.
    pub windows: usize,
    /// Apps that were started and run.
    pub apps: usize,
    /// Whether apps of X11 can be started.
    pub x11: bool,
    /// Whether they have a session bus.
    pub bus: bool,
    /// Where apps connect.
    pub entrance: Entrance,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Report<'a> {
    Serving {
        serving: bool,
        #[serde(flatten)]
        health: &'a Health,
    },
    Not {
        serving: bool,
        reason: String,
    },
}

/// How long the session may take to let an app in.
const PATIENCE: Duration = Duration::from_secs(8);

/// Fails if no session serves.
pub(crate) fn health(options: Options) -> Result<()> {
    let state_dir = options.session.map_or_else(paths::default_state_dir, Ok)?;
    let found = ask(&state_dir);
    if options.json {
        let report = match &found {
            Ok(health) => Report::Serving { serving: true, health },
            Err(error) => Report::Not { serving: false, reason: format!("{error:#}") },
        };
        print(&serde_json::to_string(&report).context("no JSON form")?);
    } else if let Ok(health) = &found {
        print(&line(health));
    }
    found.map(drop)
}

/// What the host says, and whether apps are let in: these are two threads.
fn ask(state_dir: &Path) -> Result<Health> {
    let answer = console::ask(state_dir, &Request::Health)?;
    let Answer::Health(health) = answer else {
        return Err(anyhow!("the session gave an unexpected answer ({answer:?}); are both of one version?"));
    };
    let lets_in = health.entrance.answers(PATIENCE);
    lets_in.with_context(|| format!("apps get no answer at {}", health.entrance.path().display()))?;
    Ok(health)
}

fn line(health: &Health) -> String {
    let up = humantime::format_duration(Duration::from_secs(health.up_secs));
    let Health { viewers, windows, apps, .. } = health;
    format!("serving for {up}: {apps} apps, {windows} windows, {viewers} viewers")
}

#[expect(clippy::print_stdout, reason = "results of commands go to stdout")]
fn print(result: &str) {
    println!("{result}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orchestrators_read_whether_it_serves_and_why_not() {
        let health = Health {
            version: "1.0".to_owned(),
            up_secs: 61,
            viewers: 1,
            windows: 2,
            apps: 3,
            x11: true,
            bus: false,
            entrance: Entrance::Wayland("/run/wayland-1".into()),
        };
        let good = serde_json::to_value(Report::Serving { serving: true, health: &health }).expect("JSON");
        assert_eq!((good["serving"].as_bool(), good["windows"].as_u64()), (Some(true), Some(2)));
        let bad = Report::Not { serving: false, reason: "why".to_owned() };
        let bad = serde_json::to_value(bad).expect("JSON");
        assert_eq!(bad, serde_json::json!({"serving": false, "reason": "why"}));
        assert_eq!(line(&health), "serving for 1m 1s: 3 apps, 2 windows, 1 viewers");
    }
}
