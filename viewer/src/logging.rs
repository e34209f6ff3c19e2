//! Logs go to stderr, as text for people or as JSON for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::{
    cli::Usage,
    config::{Config, LogFormat},
};

/// Starts logging for the whole process.
pub(crate) fn start(config: &Config) -> Result<(), Usage> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| Usage(format!("--log '{}' is no filter ({error}); try --log info", config.log)))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => logs.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
