//! `dormer apps`: lists the apps that can be started in a running session.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;

use super::{ask, print, unexpected};
use crate::{
    catalogue::App,
    console::{Answer, Request},
    layers::layered,
};

/// `dormer apps`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AppsOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

layered!(AppsOptions { session, json });

/// Lists what can be started.
pub(crate) fn apps(options: AppsOptions) -> Result<()> {
    let answer = ask(options.session, &Request::Apps)?;
    let Answer::Apps(apps) = &answer else { return Err(unexpected(&answer)) };
    if options.json {
        print(&serde_json::to_string(apps).context("no JSON form")?);
    } else {
        print(&table(apps));
    }
    Ok(())
}

fn table(apps: &[App]) -> String {
    if apps.is_empty() {
        return "no app has a desktop entry here; start programs by name with `dormer run`".into();
    }
    let width = apps.iter().map(|app| app.id.chars().count()).max().unwrap_or(0);
    let rows = apps.iter().map(|app| format!("{:width$}  {}", app.id, app.name));
    rows.collect::<Vec<_>>().join("\n")
}
