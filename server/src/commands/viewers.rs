//! `dormer viewers`: who is in a running session.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use protocol::control::Role;
use serde::Deserialize;

use super::{ask, print, print_json, time, unexpected};
use crate::{
    console::{Answer, Present, Request},
    layers::layered,
};

/// `dormer viewers`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ViewersOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// Print JSON instead of lines
    #[arg(long)]
    json: bool,
}

layered!(ViewersOptions { session, json });

/// Lists the viewers.
pub(crate) fn viewers(options: ViewersOptions) -> Result<()> {
    let answer = ask(options.session, &Request::Viewers)?;
    let Answer::Viewers(viewers) = &answer else { return Err(unexpected(&answer)) };
    if options.json {
        return print_json(viewers);
    }
    if viewers.is_empty() {
        print("nobody is here; `dormer links` makes links");
    }
    viewers.iter().for_each(|viewer| print(&line(viewer)));
    Ok(())
}

fn line(viewer: &Present) -> String {
    let Present { id, address, role, transport, since, link, seat } = viewer;
    let role = match role {
        Role::Control => "control",
        Role::View => "view",
    };
    let link = link.as_ref().map(|link| format!("  link {link}")).unwrap_or_default();
    let seat = if *seat { "  has the seat" } else { "" };
    format!("{id:4}  {address}  {role:7}  {transport:12}  since {}{link}{seat}", time(*since))
}
