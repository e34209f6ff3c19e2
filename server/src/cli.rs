//! The command line: what it offers, and how its errors become one line and an exit code.

use std::{ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use protocol::control::Role;

use crate::{commands, config::ServeOptions, doctor, logging, serve};

/// Apps run in a container somewhere else and appear here as windows.
#[derive(Debug, Parser)]
#[command(name = "dormer", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    log: logging::Options,
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
    /// Say what this machine has and what it lacks, with the reason
    Doctor(doctor::Options),
}

/// Which running session a command speaks to.
#[derive(Debug, Args)]
pub(crate) struct SessionOption {
    /// State directory of the running host [default: as for `dormer serve`]
    #[arg(long, value_name = "DIR")]
    pub session: Option<PathBuf>,
}

/// `dormer run`
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub session: SessionOption,
    /// The program and its arguments, or the id of an app that `dormer apps` lists
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,
}

/// `dormer apps`
#[derive(Debug, Args)]
pub(crate) struct AppsOptions {
    #[command(flatten)]
    pub session: SessionOption,
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// `dormer links`
#[derive(Debug, Args)]
pub(crate) struct LinksOptions {
    #[command(flatten)]
    pub session: SessionOption,
    /// What viewers with this link may do
    #[arg(long, value_enum, default_value = "control")]
    pub role: RoleName,
    /// How long the link can be used to join, such as 90s, 15m, 24h
    #[arg(long, value_parser = humantime::parse_duration, default_value = "24h")]
    pub ttl: Duration,
}

/// The name of a role on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleName {
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

/// Runs the command that the process was started with.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let _logging = match logging::start(&cli.log) {
        Ok(logging) => logging,
        Err(error) => return fail(&error),
    };
    let result = match cli.command {
        Command::Serve(options) => serve::serve(*options),
        Command::Run(options) => commands::run(options),
        Command::Apps(options) => commands::apps(options),
        Command::Links(options) => commands::links(options),
        Command::Doctor(options) => doctor::doctor(&options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Mistakes in the use of a command, as opposed to failures of a right one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub String);

#[expect(clippy::print_stderr, reason = "the one place where a command says why it failed")]
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("dormer: {error:#}");
    ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn everything_behind_the_command_belongs_to_it() {
        let cli = Cli::parse_from(["dormer", "run", "foot", "--title", "x"]);
        let Command::Run(options) = cli.command else { panic!("run expected") };
        assert_eq!(options.command, ["foot", "--title", "x"]);
    }
}
