//! Logs go to stderr, as text for people or as JSON for machines.

use std::io::IsTerminal;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::{layers::layered, usage::Usage};

/// What to log and how.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    /// What to log: error, warn, info, debug, trace, or a filter such as `info,dormer_session=debug`
    /// [default: info]
    #[arg(long, global = true, env = "DORMER_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How to write logs [default: text]
    #[arg(long, global = true, value_enum)]
    log_format: Option<Format>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

/// Libraries that speak at length of what is no trouble.
const DEFAULT: &str = "info,smithay=warn,rtc=error";

layered!(Options { log, log_format });

/// Lines that wait for a reader of stderr; more are dropped, since a reader that stalls must not stall the
/// session.
const LINES: usize = 4096;

/// Libraries that see cookies and tickets never tell details, whatever the filter says: no log holds a
/// secret.
const LIBRARIES: [&str; 4] = ["h2=warn", "hyper=warn", "hyper_util=warn", "rtc=error"];

/// Writes what is still to be logged when dropped: to be kept until the end.
pub(crate) type Logging = WorkerGuard;

/// Starts logging for the whole process.
pub(crate) fn start(options: &Options) -> Result<Logging> {
    let filter = options.log.as_deref().unwrap_or(DEFAULT);
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| Usage(format!("--log '{filter}' is no filter ({error}); try --log info")))?;
    let filter = LIBRARIES.iter().fold(filter, |filter, quiet| {
        filter.add_directive(quiet.parse().expect("a fixed directive is well formed"))
    });
    let (writer, logging) =
        NonBlockingBuilder::default().buffered_lines_limit(LINES).lossy(true).finish(std::io::stderr());
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match options.log_format.unwrap_or_default() {
        Format::Text => logs.with_target(false).with_ansi(colours).init(),
        Format::Json => logs.json().init(),
    }
    Ok(logging)
}
