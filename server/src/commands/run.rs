//! `dormer run`: starts one more app in a running session.

use std::{env, ffi::OsString, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;

use super::{ask, print, unexpected};
use crate::{
    console::{Answer, Request},
    layers::layered,
    usage::Usage,
};

/// `dormer run`
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RunOptions {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    session: Option<PathBuf>,
    /// The program and its arguments, or the id of an app that `dormer apps` lists
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    #[serde(skip)]
    pub command: Vec<OsString>,
}

layered!(RunOptions { session, command });

/// Starts one more app.
pub(crate) fn run(options: RunOptions) -> Result<()> {
    let words = options.command.into_iter().map(|word| {
        word.into_string().map_err(|word| Usage(format!("'{}' is not UTF-8", word.to_string_lossy())))
    });
    let command = words.collect::<Result<Vec<_>, _>>()?;
    let directory = env::current_dir().context("the current directory is gone; change to another")?;
    let answer = ask(options.session, &Request::Run { command, directory: Some(directory) })?;
    let Answer::Started { pid } = answer else { return Err(unexpected(&answer)) };
    print(&pid.to_string());
    Ok(())
}
