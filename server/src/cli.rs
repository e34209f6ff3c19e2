//! The command line: what it offers, and how its errors become one line and an exit code.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand, error::ErrorKind};

use crate::{
    commands::{
        self, AppsOptions, KickOptions, LinksOptions, RevokeOptions, RunOptions, StatusOptions, StopOptions,
        ViewersOptions,
    },
    config_file::ConfigFile,
    doctor, health, logging,
    serve::{self, ServeOptions},
    usage::Usage,
};

/// Apps run in a container somewhere else and appear here as windows.
#[derive(Debug, Parser)]
#[command(name = "dormer", version, propagate_version = true, about, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    log: logging::Options,
    /// Take the settings that no flag gives from this TOML file; its keys are the command's flags
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a session, serve it to viewers, and run COMMAND in it
    Serve(Box<ServeOptions>),
    /// Start one more app in a running session
    Run(RunOptions),
    /// List the apps that can be started in a running session
    Apps(AppsOptions),
    /// Make new links into a running session
    Links(LinksOptions),
    /// Say how a running session stands
    Status(StatusOptions),
    /// List the viewers of a running session
    Viewers(ViewersOptions),
    /// Remove viewers from a running session
    Kick(KickOptions),
    /// Take a link back, and remove those that came by it
    Revoke(RevokeOptions),
    /// End a running session: its apps politely, then the host
    Stop(StopOptions),
    /// Say whether a session serves: 0 if it does
    Health(health::Options),
    /// Say what this machine has and what it lacks, with the reason
    Doctor(doctor::Options),
    /// Write the man pages and the completions for shells into a directory
    #[command(hide = true)]
    Manual {
        /// Where
        directory: PathBuf,
    },
}

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let result = match Cli::try_parse() {
        Ok(cli) => execute(cli),
        // Help and versions are answers, not errors.
        Err(answer) if !answer.use_stderr() => answer.exit(),
        Err(help) if help.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => help.exit(),
        Err(mistake) => Err(Usage(one_line(&mistake)).into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn execute(cli: Cli) -> Result<()> {
    let mut file = ConfigFile::read(cli.config.as_deref())?;
    let log = cli.log.or(file.take_logging()?);
    let _logging = logging::start(&log)?;
    match cli.command {
        Command::Serve(options) => serve::serve(options.or(file.settings()?)),
        Command::Run(options) => commands::run(options.or(file.settings()?)),
        Command::Apps(options) => commands::apps(options.or(file.settings()?)),
        Command::Links(options) => commands::links(options.or(file.settings()?)),
        Command::Status(options) => commands::status(options.or(file.settings()?)),
        Command::Viewers(options) => commands::viewers(options.or(file.settings()?)),
        Command::Kick(options) => commands::kick(options.or(file.settings()?)),
        Command::Revoke(options) => commands::revoke(options.or(file.settings()?)),
        Command::Stop(options) => commands::stop(options.or(file.settings()?)),
        Command::Health(options) => health::health(options.or(file.settings()?)),
        Command::Doctor(options) => doctor::doctor(&options.or(file.settings()?)),
        Command::Manual { directory } => write_manual(&directory),
    }
}

fn write_manual(directory: &Path) -> Result<()> {
    let written = manual::write(Cli::command(), directory);
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

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("dormer: {error:#}");
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_mistake_is_one_line_that_says_what_to_do() {
        for words in
            [&["serve", "--bogus"][..], &["links", "--role", "guest"], &["run"], &["dance"], &["kick", "me"]]
        {
            let mistake = Cli::try_parse_from(["dormer"].iter().chain(words)).expect_err("a mistake");
            let line = one_line(&mistake);
            assert!(!line.contains('\n') && line.contains("--help") && !line.starts_with("error"), "{line}");
            let named = words.last().expect("words").trim_start_matches('-');
            assert!(line.contains(named) || line.contains("<COMMAND>"), "{line}");
        }
    }

    #[test]
    fn every_command_tells_its_version() {
        for command in ["serve", "run", "apps", "links", "status", "kick", "stop", "health", "doctor"] {
            let answer = Cli::try_parse_from(["dormer", command, "--version"]).expect_err("an answer");
            assert_eq!(answer.kind(), ErrorKind::DisplayVersion, "{command}");
        }
    }

    #[test]
    fn everything_behind_the_command_belongs_to_it() {
        let cli = Cli::parse_from(["dormer", "run", "foot", "--title", "x"]);
        let Command::Run(options) = cli.command else { panic!("run expected") };
        assert_eq!(options.command, ["foot", "--title", "x"]);
    }
}
