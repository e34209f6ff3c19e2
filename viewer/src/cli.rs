//! Running the binary: how its errors become one line and an exit code.

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::{
    config::{Config, Options},
    headless, logging, present,
};

/// Runs `dormer-view` with the arguments of the process: 0 when the user or the session ended it, 1 when it failed, 2
/// when it was used wrongly.
pub fn run() -> ExitCode {
    match view(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Mistakes in the use of the command, as opposed to failures of a right one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

fn view(options: Options) -> Result<()> {
    let config = Config::resolve(options)?;
    logging::start(&config)?;
    let link = config.link.read()?;
    let link = link.parse().map_err(|error| Usage(format!("this is no link: {error}")))?;
    if config.headless { headless::run(link, config.stats) } else { present::run(link, config.stats) }
}

#[expect(clippy::print_stderr, reason = "the one place where the command says why it failed")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("dormer-view: {error:#}");
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}
