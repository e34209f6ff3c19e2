//! `dormer links`: makes new links into a running session.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use protocol::control::Role;
use serde::Deserialize;

use super::{ask, print, unexpected};
use crate::{
    console::{Answer, Request},
    layers::layered,
    links::ttl,
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
}

layered!(LinksOptions { session, role, ttl });

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

/// Makes links.
pub(crate) fn links(options: LinksOptions) -> Result<()> {
    let role = options.role.unwrap_or(RoleName::Control).into();
    let ttl = ttl(options.ttl.as_deref())?;
    let request = Request::Link { role, ttl_secs: ttl.as_secs() };
    let answer = ask(options.session, &request)?;
    let Answer::Link { native, browser } = &answer else { return Err(unexpected(&answer)) };
    browser.iter().for_each(|link| print(link));
    print(native);
    Ok(())
}
