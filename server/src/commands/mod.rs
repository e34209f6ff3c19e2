//! The commands that speak to a running session: `dormer run`, `apps`, `links`, `status`, `viewers`, `kick`,
//! `revoke`, `stop`.

mod apps;
mod kick;
mod links;
mod run;
mod status;
mod stop;
mod viewers;

use std::{
    path::PathBuf,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

pub(crate) use apps::{AppsOptions, apps};
pub(crate) use kick::{KickOptions, RevokeOptions, kick, revoke};
pub(crate) use links::{LinksOptions, links};
pub(crate) use run::{RunOptions, run};
pub(crate) use status::{StatusOptions, status};
pub(crate) use stop::{StopOptions, stop};
pub(crate) use viewers::{ViewersOptions, viewers};

use crate::{
    console::{self, Answer, Request},
    paths,
};

fn ask(session: Option<PathBuf>, request: &Request) -> Result<Answer> {
    let state_dir = session.map_or_else(paths::default_state_dir, Ok)?;
    console::ask(&state_dir, request)
}

fn unexpected(answer: &Answer) -> anyhow::Error {
    anyhow!("the session gave an unexpected answer ({answer:?}); are both of one version?")
}

#[expect(clippy::print_stdout, reason = "results of commands go to stdout")]
fn print(result: &str) {
    println!("{result}");
}

fn print_json(result: &impl Serialize) -> Result<()> {
    print(&serde_json::to_string(result).context("no JSON form")?);
    Ok(())
}

/// A time in seconds since 1970, for people.
fn time(seconds: u64) -> String {
    /// The end of the year 9999: later times have no such form.
    const LAST: u64 = 253_402_300_799;
    let time = UNIX_EPOCH + Duration::from_secs(seconds.min(LAST));
    humantime::format_rfc3339_seconds(time).to_string()
}
