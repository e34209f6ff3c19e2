//! What `dormer-view` can be told, by flags or by a file with the same names. Flags win.

use std::{
    fs,
    io::{BufRead, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use serde::Deserialize;

use crate::cli::Usage;

/// Shows the windows of a Dormer session: one local window for each remote one
#[derive(Debug, Default, Parser, Deserialize)]
#[command(name = "dormer-view", version)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Options {
    /// The link that the host printed, or - to read it from the first line of stdin. Other users of this
    /// machine can see command lines: prefer -, --link-file or DORMER_LINK
    #[arg(value_name = "LINK", env = "DORMER_LINK", hide_env_values = true)]
    link: Option<String>,
    /// Read the link from this file: what `dormer serve --link-file` writes, or a bare link
    #[arg(long, value_name = "FILE")]
    link_file: Option<PathBuf>,
    /// Of a link file, take the link that can see but not use
    #[arg(long)]
    view_only: bool,
    /// Open no windows; take JSON requests from stdin and answer on stdout, one a line
    #[arg(long)]
    headless: bool,
    /// Print a JSON line a second: transport, round trip, rates, latency of each stage
    #[arg(long)]
    stats: bool,
    /// Take the settings that no flag gives from this TOML file; its keys are the flags' names
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// What to log: error, warn, info, debug, trace, or a filter such as `info,dormer_session=debug`
    /// [default: info]
    #[arg(long, env = "DORMER_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// How to write logs [default: text]
    #[arg(long, value_enum)]
    log_format: Option<LogFormat>,
    /// Write the man page and the completions for shells into this directory, and end
    #[arg(long, value_name = "DIR", hide = true, exclusive = true)]
    #[serde(skip)]
    pub(crate) manual: Option<PathBuf>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

/// What `dormer-view` does, complete.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where the link stands.
    pub(crate) link: LinkSource,
    /// Automation instead of windows.
    pub(crate) headless: bool,
    /// A line of figures a second.
    pub(crate) stats: bool,
    /// Which logs.
    pub(crate) log: String,
    /// How.
    pub(crate) log_format: LogFormat,
}

/// Where the link stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LinkSource {
    /// Here.
    Given(String),
    /// In the first line of stdin.
    Stdin,
    /// In a file.
    File {
        /// Which.
        path: PathBuf,
        /// Whether to take the link that cannot use the windows.
        view_only: bool,
    },
}

impl Config {
    /// Puts flags, file and defaults together.
    pub(crate) fn resolve(flags: Options) -> Result<Config> {
        let options = match &flags.config {
            Some(path) => {
                let file = read(path)?;
                flags.or(file)
            }
            None => flags,
        };
        let link = match (options.link, options.link_file) {
            (Some(link), None) if link == "-" => LinkSource::Stdin,
            (Some(link), None) => LinkSource::Given(link),
            (None, Some(path)) => LinkSource::File { path, view_only: options.view_only },
            (Some(_), Some(_)) => return Err(usage("give a LINK or a --link-file, not both")),
            (None, None) => {
                return Err(usage(
                    "no link; give the dormer:// link that `dormer serve` printed, or --link-file FILE",
                ));
            }
        };
        Ok(Config {
            link,
            headless: options.headless,
            stats: options.stats,
            log: options.log.unwrap_or_else(|| DEFAULT_LOG.into()),
            log_format: options.log_format.unwrap_or_default(),
        })
    }
}

/// The window library speaks at length of things that are no trouble.
const DEFAULT_LOG: &str = "info,winit=error,sctk_adwaita=off";

impl Options {
    fn or(self, file: Options) -> Options {
        // A link on the command line replaces a link of the file, whatever form either has.
        let (link, link_file) = match (self.link, self.link_file) {
            (None, None) => (file.link, file.link_file),
            given => given,
        };
        Options {
            link,
            link_file,
            view_only: self.view_only || file.view_only,
            headless: self.headless || file.headless,
            stats: self.stats || file.stats,
            config: None,
            manual: None,
            log: self.log.or(file.log),
            log_format: self.log_format.or(file.log_format),
        }
    }
}

impl LinkSource {
    /// The link's text.
    pub(crate) fn read(&self) -> Result<String> {
        let text = match self {
            LinkSource::Given(link) => link.clone(),
            LinkSource::Stdin => {
                prompt();
                let mut line = String::new();
                std::io::stdin().lock().read_line(&mut line).context("cannot read the link from stdin")?;
                line
            }
            LinkSource::File { path, view_only } => {
                let text = fs::read_to_string(path).with_context(|| {
                    format!("cannot read the link file {}; is the host ready?", path.display())
                })?;
                in_file(&text, *view_only)
                    .map_err(|reason| usage(&format!("the link file {} {reason}", path.display())))?
            }
        };
        Ok(text.trim().to_owned())
    }
}

/// Asks whoever sits at the terminal.
#[expect(clippy::print_stderr, reason = "a question, not a result")]
fn prompt() {
    if std::io::stdin().is_terminal() {
        eprint!("Link: ");
    }
}

/// What `dormer serve --link-file` writes, as far as it concerns native viewers.
#[derive(Deserialize)]
struct LinkFile {
    version: u32,
    native: Option<String>,
    view_only: Option<ViewOnly>,
}

#[derive(Deserialize)]
struct ViewOnly {
    native: Option<String>,
}

fn in_file(text: &str, view_only: bool) -> Result<String, String> {
    if !text.trim_start().starts_with('{') {
        return Ok(text.to_owned());
    }
    let file: LinkFile = serde_json::from_str(text)
        .map_err(|error| format!("is damaged ({error}); let `dormer serve --link-file` write it again"))?;
    if file.version != 1 {
        return Err(format!("has format {}, this viewer reads 1; update the older of the two", file.version));
    }
    let link = if view_only { file.view_only.and_then(|links| links.native) } else { file.native };
    link.ok_or_else(|| "names no link for native viewers; start the host with --quic".into())
}

fn read(path: &Path) -> Result<Options> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))?;
    toml::from_str(&text).map_err(|error| {
        let reason = error.message().trim().replace('\n', " ");
        usage(&format!(
            "{}: {reason}; keys are the flags of `dormer-view --help` without dashes in front",
            path.display()
        ))
    })
}

fn usage(message: &str) -> anyhow::Error {
    Usage(message.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn the_file_speaks_in_flags_and_flags_win() {
        let file: Options =
            toml::from_str("link = 'dormer://a'\nheadless = true\nlog-format = 'json'").expect("valid");
        let flags = Options { link: Some("dormer://b".into()), ..Default::default() };
        let config = Config::resolve(flags.or(file)).expect("complete");
        assert_eq!(config.link, LinkSource::Given("dormer://b".into()));
        assert!(config.headless);
        assert_eq!(config.log_format, LogFormat::Json);
    }

    #[test]
    fn unknown_keys_are_refused_by_name() {
        let error = toml::from_str::<Options>("headles = true").expect_err("a typing mistake").to_string();
        assert!(error.contains("headles"), "{error}");
    }

    #[test]
    fn a_missing_link_says_where_to_get_one() {
        let error = Config::resolve(Options::default()).expect_err("no link");
        assert!(error.is::<Usage>() && error.to_string().contains("dormer serve"), "{error}");
    }

    #[test]
    fn a_link_file_is_json_of_the_host_or_a_bare_link() {
        let json = r#"{"version":1,"pid":1,"native":"dormer://a","view_only":{"native":"dormer://b"},"browser":"x"}"#;
        assert_eq!(in_file(json, false).as_deref(), Ok("dormer://a"));
        assert_eq!(in_file(json, true).as_deref(), Ok("dormer://b"));
        assert_eq!(in_file("dormer://c\n", false).as_deref(), Ok("dormer://c\n"));
        assert!(in_file("{", false).expect_err("damaged").contains("damaged"));
        assert!(in_file(r#"{"version":2}"#, false).expect_err("newer").contains("format 2"));
    }
}
