//! What `dormer serve` does: its options and their defaults, checked.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Result;
use compositor::Source;
use encoder::select::{Choice, Selection, UnknownBackend};

use super::{advertise::Advertised, http::HttpConfig, options::ServeOptions};
use crate::{
    links::{Printed, ttl},
    paths,
    usage::Usage,
};

/// What `dormer serve` does, complete.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where native viewers connect; nothing for the usual port on all addresses.
    pub quic: Option<SocketAddr>,
    /// Whether and how browsers are served.
    pub http: Option<HttpConfig>,
    /// What links name instead of the bound address.
    pub advertise: Advertised,
    /// Where windows come from.
    pub source: Source,
    /// Where the key lives.
    pub state_dir: PathBuf,
    /// Where to write the links.
    pub link_file: Option<PathBuf>,
    /// Which links are printed.
    pub print_links: Printed,
    /// How long printed links can be used to join.
    pub ttl: Duration,
    /// Which video encoder is used.
    pub encoder: Selection,
    /// The most viewers at a time.
    pub max_viewers: usize,
    /// Whether the first app's end is the session's.
    pub exit_with_command: bool,
    /// The first app; empty for none.
    pub command: Vec<OsString>,
}

impl Config {
    /// Puts settings and defaults together.
    pub(crate) fn resolve(options: ServeOptions) -> Result<Config> {
        let ttl = ttl(options.ttl.as_deref())?;
        let encoder = encoder_of(options.encoder.as_deref())?;
        if options.exit_with_command && options.command.is_empty() {
            return Err(Usage("--exit-with-command needs a COMMAND behind --".into()).into());
        }
        let http = if options.no_http { None } else { Some(HttpConfig::resolve(&options)?) };
        Ok(Config {
            http,
            quic: options.quic,
            advertise: Advertised::read(options.advertise.as_deref().unwrap_or_default())?,
            source: source_of(options.x11, options.no_x11)?,
            state_dir: options.state_dir.map_or_else(paths::default_state_dir, Ok)?,
            link_file: options.link_file,
            print_links: options.print_links.unwrap_or_else(Printed::usual),
            ttl,
            encoder,
            max_viewers: options.max_viewers.unwrap_or(32).max(1),
            exit_with_command: options.exit_with_command,
            command: options.command,
        })
    }
}

/// Where native viewers connect unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 4460;

/// Where browsers connect unless told otherwise.
pub(crate) const DEFAULT_HTTP_PORT: u16 = 4461;

fn source_of(display: Option<String>, no_x11: bool) -> Result<Source, Usage> {
    let Some(display) = display else { return Ok(Source::Wayland { x11_apps: !no_x11 }) };
    let number = display.strip_prefix(':').and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(_) if no_x11 => Err(Usage("--x11 and --no-x11 exclude each other".to_owned())),
        Some(_) => Ok(Source::X11(display)),
        None => Err(Usage(format!("--x11 {display}: name a display of this machine as :N"))),
    }
}

fn encoder_of(name: Option<&str>) -> Result<Selection, Usage> {
    let choice = name
        .map_or(Ok(Choice::Auto), str::parse)
        .map_err(|error: UnknownBackend| Usage(error.to_string()))?;
    choice.select().map_err(|error| Usage(format!("{error}; use --encoder auto")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_speaks_in_flags_and_flags_win() {
        let file = "quic = '127.0.0.1:7'\nno-x11 = true\ncommand = ['foot', '-e', 'sh']";
        let file: ServeOptions = toml::from_str(file).expect("valid");
        let flags =
            ServeOptions { quic: Some("127.0.0.1:9".parse().expect("an address")), ..Default::default() };
        let config = Config::resolve(ServeOptions { state_dir: Some("/nowhere".into()), ..flags.or(file) });
        let config = config.expect("complete");
        assert_eq!(config.quic.map(|address| address.port()), Some(9));
        assert_eq!(config.source, Source::Wayland { x11_apps: false });
        assert_eq!(config.command, ["foot", "-e", "sh"]);
    }

    #[test]
    fn a_missing_encoder_says_what_to_use_instead() {
        let options = ServeOptions { encoder: Some("nvenc".into()), ..Default::default() };
        let error = Config::resolve(options).expect_err("not in this build").to_string();
        assert!(error.contains("nvenc") && error.contains("auto"), "{error}");
    }
}
