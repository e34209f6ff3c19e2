//! `dormer links`: makes new links into a running session, or lists those that are open.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use protocol::control::Role;
use serde::{Deserialize, Serialize};

use super::{ask, print, print_json, time, unexpected};
use crate::{
    console::{Answer, MadeLink, OpenLink, Request},
    layers::layered,
    links::{LinkKind, ttl},
};

/// `dormer links`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LinksOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// What viewers with this link may do [default: control]
    #[arg(long, value_enum)]
    role: Option<RoleName>,
    /// How long the link can be used to join, such as 90s, 15m, 24h [default: 24h]
    #[arg(long, value_name = "TIME")]
    ttl: Option<String>,
    /// Make none: list those by which somebody can join, or has
    #[arg(long, conflicts_with_all = ["role", "ttl"])]
    #[serde(skip)]
    list: bool,
    /// Print JSON instead of lines
    #[arg(long)]
    json: bool,
}

layered!(LinksOptions { session, role, ttl, list, json });

/// The name of a role on the command line.
#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RoleName {
    /// See and use the windows
    Control,
    /// See the windows
    View,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Role {
        match name {
            RoleName::Control => Role::Control,
            RoleName::View => Role::View,
        }
    }
}

/// Makes links, or lists them.
pub(crate) fn links(options: LinksOptions) -> Result<()> {
    if options.list {
        return list(options.session, options.json);
    }
    let role = options.role.unwrap_or(RoleName::Control).into();
    let ttl = ttl(options.ttl.as_deref())?;
    let request = Request::Link { role, ttl_secs: ttl.as_secs() };
    let answer = ask(options.session, &request)?;
    let Answer::Link { native, browser } = &answer else { return Err(unexpected(&answer)) };
    if options.json {
        return print_json(&Made { browser: browser.as_ref(), native });
    }
    browser.iter().for_each(|made| print(&made.link));
    print(&native.link);
    let numbers = browser.iter().map(|made| format!("link {} is for the browser", made.ticket));
    let numbers = numbers.chain([format!("link {} for the native viewer", native.ticket)]);
    let numbers = numbers.collect::<Vec<_>>().join(", ");
    print(&format!("{numbers}; `dormer revoke LINK` takes one back"));
    Ok(())
}

/// What was made, as JSON.
#[derive(Serialize)]
struct Made<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<&'a MadeLink>,
    native: &'a MadeLink,
}

fn list(session: Option<PathBuf>, json: bool) -> Result<()> {
    let answer = ask(session, &Request::Links)?;
    let Answer::Links(open) = &answer else { return Err(unexpected(&answer)) };
    if json {
        return print_json(open);
    }
    open.iter().for_each(|link| print(&line(link)));
    Ok(())
}

fn line(link: &OpenLink) -> String {
    let kind = match link.kind {
        LinkKind::Browser => "browser",
        LinkKind::Native => "native",
    };
    let role = match link.role {
        Role::Control => "control",
        Role::View => "view",
    };
    let whose = if link.owner { ", the owner's own" } else { "" };
    let until = link.expires.map(|end| format!(", until {}", time(end))).unwrap_or_default();
    let used = if link.used { format!("{} here", link.here) } else { "not used".to_owned() };
    format!("{}  {kind}, {role}{whose}, {used}{until}", link.id)
}
