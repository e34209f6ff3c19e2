//! Logs go to stderr, as text for people or as JSON for machines.

use std::io::IsTerminal;

use anyhow::Result;
use clap::{Args, ValueEnum};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::cli::Usage;

/// What to log and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What to log: error, warn, info, debug, trace, or a filter such as `info,dormer_session=debug`
    #[arg(
        long,
        global = true,
        env = "DORMER_LOG",
        default_value = "info,smithay=warn,rtc=error",
        value_name = "FILTER"
    )]
    log: String,
    /// How to write logs
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Lines that wait for a reader of stderr; more are dropped, since a reader that stalls must not stall the session.
const LINES: usize = 4096;

/// Libraries that see cookies and tickets never tell details, whatever the filter says: no log holds a secret.
const LIBRARIES: [&str; 4] = ["h2=warn", "hyper=warn", "hyper_util=warn", "rtc=error"];

/// Writes what is still to be logged when dropped: to be kept until the end.
pub(crate) type Logging = WorkerGuard;

/// Starts logging for the whole process.
pub(crate) fn start(options: &Options) -> Result<Logging> {
    let filter = EnvFilter::try_new(&options.log)
        .map_err(|error| Usage(format!("--log '{}' is no filter ({error}); try --log info", options.log)))?;
    let filter = LIBRARIES.iter().fold(filter, |filter, quiet| {
        filter.add_directive(quiet.parse().expect("a fixed directive is well formed"))
    });
    let (writer, logging) =
        NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).finish(std::io::stderr());
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match options.log_format {
        Format::Text => logs.with_target(false).with_ansi(colours).init(),
        Format::Json => logs.json().init(),
    }
    Ok(logging)
}
