//! `dormer status`: how a running session stands.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::Args;
use serde::Deserialize;

use super::{ask, print, print_json, time, unexpected};
use crate::{
    console::{Answer, Request, Status},
    layers::layered,
};

/// `dormer status`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct StatusOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of lines
    #[arg(long)]
    json: bool,
}

layered!(StatusOptions { session, json });

/// Says how the session stands.
pub(crate) fn status(options: StatusOptions) -> Result<()> {
    let answer = ask(options.session, &Request::Status)?;
    let Answer::Status(status) = &answer else { return Err(unexpected(&answer)) };
    if options.json {
        return print_json(status);
    }
    print(&lines(status));
    Ok(())
}

fn lines(status: &Status) -> String {
    let Status { session, since, health, native, browser, seat } = status;
    let up = humantime::format_duration(Duration::from_secs(health.up_secs));
    let browser = if browser.is_empty() { "not served".to_owned() } else { browser.join(" ") };
    let seat = seat.as_ref().map_or("nobody".to_owned(), String::clone);
    let since = time(*since);
    [
        format!("session   {session}, version {}", health.version),
        format!("since     {since}, for {up}"),
        format!("apps      {}", health.apps),
        format!("windows   {}", health.windows),
        format!("viewers   {}", health.viewers),
        format!("seat      {seat}"),
        format!("native    {}", native.join(" ")),
        format!("browsers  {browser}"),
    ]
    .join("\n")
}
