//! What `dormer serve` can be told, by flags or by a file with the same names. Flags win.

mod http;
mod turn;

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use anyhow::Result;
use clap::Args;
use encoder::select::{Choice, Selection, UnknownBackend};
use serde::Deserialize;

pub(crate) use http::HttpConfig;

use crate::{cli::Usage, paths};

/// Flags of `dormer serve`, and keys of its configuration file. What is absent has a default in [`Config`].
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServeOptions {
    /// Address for native viewers, UDP; port 0 picks one [default: 0.0.0.0:4460]
    #[arg(long, value_name = "ADDR")]
    quic: Option<SocketAddr>,
    /// Address for browsers, TCP and UDP; port 0 picks one [default: all addresses, port 4461]
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Do not serve browsers
    #[arg(long)]
    no_http: bool,
    /// The page's certificate chain, PEM, read anew when it changes [default: one of the host's own]
    #[arg(long, value_name = "FILE", requires = "http_key")]
    http_cert: Option<PathBuf>,
    /// The key of --http-cert, PEM
    #[arg(long, value_name = "FILE", requires = "http_cert")]
    http_key: Option<PathBuf>,
    /// A further name under which browsers reach the host; may be given several times
    #[arg(long, value_name = "NAME")]
    http_host: Vec<String>,
    /// A site that may show the page in a frame; may be given several times
    #[arg(long, value_name = "https://HOST")]
    frame_ancestors: Vec<String>,
    /// Ports that WebRTC takes one of, UDP and TCP, as A-B or one [default: 4462-4470]
    #[arg(long, value_name = "A-B")]
    webrtc_ports: Option<String>,
    /// An address under which browsers reach WebRTC's port from outside of a NAT; may be given several times
    #[arg(long, value_name = "IP")]
    external_address: Vec<IpAddr>,
    /// A TURN server that relays for browsers whose network blocks UDP, as turn:HOST or turns:HOST with :PORT if it needs one; may be
    /// given several times
    #[arg(long, value_name = "URL")]
    turn: Vec<String>,
    /// The secret that the TURN servers share with this host, for logins that expire (coturn: static-auth-secret)
    #[arg(long, value_name = "FILE")]
    turn_secret_file: Option<PathBuf>,
    /// The name of a TURN login that does not expire; browsers learn it, and its password
    #[arg(long, value_name = "NAME")]
    turn_user: Option<String>,
    /// The password of --turn-user
    #[arg(long, value_name = "FILE")]
    turn_password_file: Option<PathBuf>,
    /// Name or address that links name [default: the machine's own, or that of --http or --quic]
    #[arg(long, value_name = "HOST")]
    advertise: Option<String>,
    /// Do not offer X11 to apps
    #[arg(long)]
    no_x11: bool,
    /// Where the host's key lives [default: $XDG_STATE_HOME/dormer or ~/.local/state/dormer]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Write the links to this file, as JSON, when ready
    #[arg(long, value_name = "FILE")]
    link_file: Option<PathBuf>,
    /// How long the printed links can be used to join, such as 15m or 24h [default: 24h]
    #[arg(long, value_name = "TIME")]
    ttl: Option<String>,
    /// The video encoder: auto, openh264, vaapi, nvenc or x264 [default: auto]
    #[arg(long, value_name = "NAME")]
    encoder: Option<String>,
    /// The most viewers at a time [default: 32]
    #[arg(long, value_name = "N")]
    max_viewers: Option<usize>,
    /// End the session when COMMAND ends
    #[arg(long)]
    exit_with_command: bool,
    /// A first app and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    #[serde(deserialize_with = "words")]
    command: Vec<OsString>,
}

/// What `dormer serve` does, complete.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where native viewers connect.
    pub quic: SocketAddr,
    /// Whether and how browsers are served.
    pub http: Option<HttpConfig>,
    /// What links name instead of the bound address.
    pub advertise: Option<String>,
    /// Whether X11 apps can run.
    pub x11: bool,
    /// Where the key lives.
    pub state_dir: PathBuf,
    /// Where to write the links.
    pub link_file: Option<PathBuf>,
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
            quic: options.quic.unwrap_or_else(|| (Ipv4Addr::UNSPECIFIED, DEFAULT_PORT).into()),
            advertise: options.advertise,
            x11: !options.no_x11,
            state_dir: options.state_dir.map_or_else(paths::default_state_dir, Ok)?,
            link_file: options.link_file,
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

impl ServeOptions {
    /// These, and what they leave open from a file.
    pub(crate) fn or(self, file: ServeOptions) -> ServeOptions {
        // A login is one whole: not something of each.
        let (turn_secret_file, turn_user, turn_password_file) = if self.has_turn_login() {
            (self.turn_secret_file, self.turn_user, self.turn_password_file)
        } else {
            (file.turn_secret_file, file.turn_user, file.turn_password_file)
        };
        ServeOptions {
            quic: self.quic.or(file.quic),
            http: self.http.or(file.http),
            no_http: self.no_http || file.no_http,
            // A pair: not one of each.
            http_key: if self.http_cert.is_some() { self.http_key } else { file.http_key },
            http_cert: self.http_cert.or(file.http_cert),
            http_host: some_or(self.http_host, file.http_host),
            frame_ancestors: some_or(self.frame_ancestors, file.frame_ancestors),
            webrtc_ports: self.webrtc_ports.or(file.webrtc_ports),
            external_address: some_or(self.external_address, file.external_address),
            turn: some_or(self.turn, file.turn),
            turn_secret_file,
            turn_user,
            turn_password_file,
            advertise: self.advertise.or(file.advertise),
            no_x11: self.no_x11 || file.no_x11,
            state_dir: self.state_dir.or(file.state_dir),
            link_file: self.link_file.or(file.link_file),
            ttl: self.ttl.or(file.ttl),
            encoder: self.encoder.or(file.encoder),
            max_viewers: self.max_viewers.or(file.max_viewers),
            exit_with_command: self.exit_with_command || file.exit_with_command,
            command: some_or(self.command, file.command),
        }
    }

    fn has_turn_login(&self) -> bool {
        self.turn_secret_file.is_some() || self.turn_user.is_some() || self.turn_password_file.is_some()
    }
}

/// How long links can be used to join.
pub(crate) fn ttl(given: Option<&str>) -> Result<Duration, Usage> {
    let ttl = given.unwrap_or("24h");
    humantime::parse_duration(ttl)
        .map_err(|_| Usage(format!("--ttl '{ttl}' is no time; write for example 90s, 15m or 24h")))
}

fn some_or<T>(flags: Vec<T>, file: Vec<T>) -> Vec<T> {
    if flags.is_empty() { file } else { flags }
}

fn words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<OsString>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(OsString::from).collect())
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
        assert_eq!(config.quic.port(), 9);
        assert!(!config.x11);
        assert_eq!(config.command, ["foot", "-e", "sh"]);
    }

    #[test]
    fn a_missing_encoder_says_what_to_use_instead() {
        let options = ServeOptions { encoder: Some("nvenc".into()), ..Default::default() };
        let error = Config::resolve(options).expect_err("not in this build").to_string();
        assert!(error.contains("nvenc") && error.contains("auto"), "{error}");
    }
}
