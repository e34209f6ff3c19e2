//! The flags of `dormer serve`, and the keys of its file with the same names.

use std::{
    ffi::OsString,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use serde::Deserialize;

use crate::{layers::layered, links::Printed};

/// Flags of `dormer serve`, and keys of its configuration file. What is absent has a default in
/// [`Config`](super::config::Config).
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServeOptions {
    /// Address for native viewers, UDP; port 0 picks one [default: all addresses, port 4460]
    #[arg(long, value_name = "ADDR")]
    pub(super) quic: Option<SocketAddr>,
    /// Address for browsers, TCP and UDP; port 0 picks one [default: all addresses, port 4461]
    #[arg(long, value_name = "ADDR")]
    pub(super) http: Option<SocketAddr>,
    /// Answer plain HTTP as well, for a proxy on this machine that ends TLS; --http must name a loopback
    /// address
    #[arg(long)]
    pub(super) http_plain: bool,
    /// Do not serve browsers
    #[arg(long)]
    pub(super) no_http: bool,
    /// The page's certificate chain, PEM, read anew when it changes [default: one of the host's own]
    #[arg(long, value_name = "FILE", requires = "http_key")]
    pub(super) http_cert: Option<PathBuf>,
    /// The key of --http-cert, PEM
    #[arg(long, value_name = "FILE", requires = "http_cert")]
    pub(super) http_key: Option<PathBuf>,
    /// A further name under which browsers reach the host; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) http_host: Vec<String>,
    /// A site that may show the page in a frame; may be given several times
    #[arg(long, value_name = "https://HOST")]
    pub(super) frame_ancestors: Vec<String>,
    /// Ports that WebRTC takes one of, UDP and TCP, as A-B or one [default: 4462-4470]
    #[arg(long, value_name = "A-B")]
    pub(super) webrtc_ports: Option<String>,
    /// An address under which browsers reach WebRTC's port from outside of a NAT; may be given several times
    #[arg(long, value_name = "IP")]
    pub(super) external_address: Vec<IpAddr>,
    /// A TURN server that relays for browsers whose network blocks UDP, as turn:HOST or turns:HOST with :PORT
    /// if it needs one; may be given several times
    #[arg(long, value_name = "URL")]
    pub(super) turn: Vec<String>,
    /// The secret that the TURN servers share with this host, for logins that expire (coturn:
    /// static-auth-secret)
    #[arg(long, value_name = "FILE")]
    pub(super) turn_secret_file: Option<PathBuf>,
    /// The name of a TURN login that does not expire; browsers learn it, and its password
    #[arg(long, value_name = "NAME")]
    pub(super) turn_user: Option<String>,
    /// The password of --turn-user
    #[arg(long, value_name = "FILE")]
    pub(super) turn_password_file: Option<PathBuf>,
    /// Where people reach the host, for links: HOST, HOST:PORT (the page's), https://HOST or dormer://HOST,
    /// both with or without a port; several by commas [default: the machine's own address, or that of --http
    /// or --quic]
    #[arg(long, env = "DORMER_ADVERTISE", value_name = "PLACE")]
    pub(super) advertise: Option<String>,
    /// Do not offer X11 to apps
    #[arg(long)]
    pub(super) no_x11: bool,
    /// Show the windows of an X display that runs already, such as :1, instead of a session of its own
    #[arg(long, value_name = ":N", conflicts_with = "no_x11")]
    pub(super) x11: Option<String>,
    /// Where the host's key lives [default: $XDG_STATE_HOME/dormer or ~/.local/state/dormer]
    #[arg(long, value_name = "DIR")]
    pub(super) state_dir: Option<PathBuf>,
    /// Write the links to this file, as JSON, when ready
    #[arg(long, value_name = "FILE")]
    pub(super) link_file: Option<PathBuf>,
    /// Which links to print: all; or once, a browser link that works once within 15 minutes, since logs last;
    /// or none [default: all; once for a container's first process]
    #[arg(long, value_name = "WHICH")]
    pub(super) print_links: Option<Printed>,
    /// How long the printed links can be used to join, such as 15m or 24h [default: 24h]
    #[arg(long, value_name = "TIME")]
    pub(super) ttl: Option<String>,
    /// The video encoder: auto, openh264, vaapi, nvenc or x264 [default: auto]
    #[arg(long, value_name = "NAME")]
    pub(super) encoder: Option<String>,
    /// The most viewers at a time [default: 32]
    #[arg(long, value_name = "N")]
    pub(super) max_viewers: Option<usize>,
    /// End the session when COMMAND ends
    #[arg(long)]
    pub(super) exit_with_command: bool,
    /// A first app and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    #[serde(deserialize_with = "words")]
    pub(super) command: Vec<OsString>,
}

layered!(ServeOptions {
    quic, http, http_plain, no_http, http_host, frame_ancestors, webrtc_ports, external_address, turn, advertise, no_x11, x11,
    state_dir, link_file, print_links, ttl, encoder, max_viewers, exit_with_command, command;
    [http_cert, http_key];
    [turn_secret_file, turn_user, turn_password_file]
});

fn words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<OsString>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.into_iter().map(OsString::from).collect())
}
