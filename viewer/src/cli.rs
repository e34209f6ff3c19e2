//! Running the binary: how its errors become one line and an exit code.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser};

use crate::{
    config::{Config, Options},
    headless, logging, present,
};

/// Runs `dormer-view` with the arguments of the process: 0 when the user or the session ended it, 1 when it
/// failed, 2 when it was used wrongly.
pub fn run() -> ExitCode {
    memory::give_back_large_blocks();
    let result = match Options::try_parse() {
        Ok(options) => view(options),
        // Help and versions are answers, not errors.
        Err(answer) if !answer.use_stderr() => answer.exit(),
        Err(mistake) => Err(Usage(one_line(&mistake)).into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Mistakes in the use of the command, as opposed to failures of a right one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

fn view(options: Options) -> Result<()> {
    if let Some(directory) = &options.manual {
        return write_manual(directory);
    }
    let config = Config::resolve(options)?;
    logging::start(&config)?;
    let link = config.link.read()?;
    let link = link.parse().map_err(|error| Usage(format!("this is no link: {error}")))?;
    if config.headless { headless::run(link, config.stats) } else { present::run(link, config.stats) }
}

fn write_manual(directory: &Path) -> Result<()> {
    let written = manual::write(Options::command(), directory);
    written.with_context(|| format!("cannot write the manual into {}", directory.display()))
}

/// What clap says over several lines, without the usage.
fn one_line(mistake: &clap::Error) -> String {
    let text = mistake.to_string();
    let said = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let said = said.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let said = said.collect::<Vec<_>>().join(" ");
    format!("{}; --help lists what there is", said.trim_start_matches("error: "))
}

#[expect(clippy::print_stderr, reason = "the one place where the command says why it failed")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("dormer-view: {error:#}");
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_line_that_says_what_to_do() {
        let mistake = Options::try_parse_from(["dormer-view", "--log-format", "xml"]).expect_err("a mistake");
        let line = one_line(&mistake);
        assert!(line.contains("xml") && line.contains("json") && line.contains("--help"), "{line}");
        assert!(!line.contains('\n') && !line.starts_with("error"), "{line}");
    }
}
