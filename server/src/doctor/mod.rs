//! `dormer doctor`: what this machine has and what it lacks, each with the reason and the way out.

mod container;
mod packages;

use std::{
    env,
    fmt::Write,
    fs,
    net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use encoder::select::{Backend, Probe};
use serde::{Deserialize, Serialize};
use transport::OwnAddresses;

use crate::{layers::layered, serve};

/// Flags of `dormer doctor`, and keys of its configuration file.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

layered!(Options { json });

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// It is there.
    Good,
    /// It is not there; something that is optional will not work.
    Absent,
    /// Nothing works without it.
    Broken,
}

/// One thing that was looked for.
#[derive(Debug, Serialize)]
struct Finding {
    /// What.
    name: &'static str,
    verdict: Verdict,
    /// What was found, or why not.
    detail: String,
    /// What to do; empty where nothing needs to be done.
    remedy: String,
}

/// Looks at everything and prints it; fails if a session could not run.
pub(crate) fn doctor(options: &Options) -> Result<()> {
    let findings = examine();
    print(&if options.json { json(&findings)? } else { table(&findings) });
    let broken = findings.iter().filter(|finding| finding.verdict == Verdict::Broken).count();
    if broken > 0 {
        bail!(
            "{broken} of {} checks say that a session cannot run here; the table says what to do",
            findings.len()
        );
    }
    Ok(())
}

fn examine() -> Vec<Finding> {
    let mut findings = encoders();
    findings.extend([
        gpu(),
        packages::packages(),
        keymaps(),
        xwayland(),
        x11_sockets(),
        addresses(&transport::own_addresses()),
        udp_port(),
        page_port(),
        page(),
        bbr(),
        udp_buffers(),
        apps(),
        sound(),
    ]);
    findings.extend(container::surroundings());
    findings
}

fn good(name: &'static str, detail: impl Into<String>) -> Finding {
    Finding { name, verdict: Verdict::Good, detail: detail.into(), remedy: String::new() }
}

fn absent(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { name, verdict: Verdict::Absent, detail: detail.into(), remedy: remedy.into() }
}

fn broken(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { verdict: Verdict::Broken, ..absent(name, detail, remedy) }
}

fn encoders() -> Vec<Finding> {
    let name = |backend| match backend {
        Backend::OpenH264 => "openh264",
        Backend::Vaapi => "vaapi",
        Backend::Nvenc => "nvenc",
        Backend::X264 => "x264",
    };
    let found = encoder::select::probe().into_iter();
    found
        .map(|Probe { backend, usable }| match usable {
            Ok(()) => good(name(backend), "video encoder, works"),
            Err(reason) => absent(name(backend), reason, ""),
        })
        .collect()
}

fn gpu() -> Finding {
    let nodes = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let mut names: Vec<_> = nodes.map(|node| node.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with("renderD"));
    match names.first() {
        Some(name) => good("gpu", format!("/dev/dri/{name}; this version encodes in software all the same")),
        None => absent("gpu", "no render node in /dev/dri; pictures are made in software", ""),
    }
}

fn keymaps() -> Finding {
    let root = keymap_root();
    if root.join("rules/evdev").is_file() {
        good("keymaps", root.display().to_string())
    } else {
        broken("keymaps", format!("{} holds no keyboard layouts", root.display()), "install xkb-data")
    }
}

fn keymap_root() -> PathBuf {
    env::var_os("XKB_CONFIG_ROOT").map_or_else(|| PathBuf::from("/usr/share/X11/xkb"), PathBuf::from)
}

fn xwayland() -> Finding {
    match program("Xwayland") {
        Some(path) => good("xwayland", path.display().to_string()),
        None => {
            absent("xwayland", "not found; X11 apps cannot run", "install xwayland, or serve with --no-x11")
        }
    }
}

/// A host makes the folder itself, and does without it where it cannot.
fn x11_sockets() -> Finding {
    let directory = Path::new("/tmp/.X11-unix");
    let writable = |path: &Path| rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok();
    if writable(directory) {
        good("x11 sockets", "/tmp/.X11-unix can be written")
    } else if !directory.exists() && directory.parent().is_some_and(writable) {
        good("x11 sockets", "/tmp/.X11-unix is made by the host")
    } else {
        good("x11 sockets", "/tmp/.X11-unix cannot be written; X11 apps connect by an abstract socket")
    }
}

fn addresses(own: &OwnAddresses) -> Finding {
    let named: Vec<String> = own.all.iter().map(IpAddr::to_string).collect();
    match (own.has_route, named.as_slice()) {
        (true, _) => good("addresses", named.join(", ")),
        (false, []) => absent("addresses", "none that others reach: links name 127.0.0.1", ADVERTISE),
        (false, _) => absent("addresses", format!("{}; no default route", named.join(", ")), ADVERTISE),
    }
}

/// What helps where this machine doesn't know how people reach it.
const ADVERTISE: &str = "say where people reach it: serve with --advertise HOST (DORMER_ADVERTISE)";

fn udp_port() -> Finding {
    let port = serve::DEFAULT_PORT;
    match UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)) {
        Ok(_) => good("udp port", format!("{port} is free")),
        Err(error) => {
            absent("udp port", format!("{port}: {error}"), "serve with --quic ADDR:0, or end what uses it")
        }
    }
}

fn page_port() -> Finding {
    let port = serve::DEFAULT_HTTP_PORT;
    let here = (Ipv4Addr::UNSPECIFIED, port);
    match TcpListener::bind(here).map(drop).and_then(|()| UdpSocket::bind(here).map(drop)) {
        Ok(()) => good("page port", format!("{port} is free, TCP and UDP")),
        Err(error) => {
            absent("page port", format!("{port}: {error}"), "serve with --http ADDR:0, or end what uses it")
        }
    }
}

fn page() -> Finding {
    let (files, bytes) = web::page::size();
    good("page", format!("embedded: {files} files, {} kB as sent", bytes.div_ceil(1000)))
}

/// Links over WebSocket depend on it where packets are lost.
fn bbr() -> Finding {
    let known = fs::read_to_string("/proc/sys/net/ipv4/tcp_available_congestion_control").unwrap_or_default();
    if known.split_ascii_whitespace().any(|name| name == "bbr") {
        good("bbr", "TCP can use it for WebSocket links")
    } else {
        absent(
            "bbr",
            "TCP cannot use it: WebSocket links suffer from loss",
            "modprobe tcp_bbr, as root of the machine",
        )
    }
}

fn udp_buffers() -> Finding {
    /// Below this, bursts of a large update overflow the socket and cost a round trip.
    const ENOUGH: u64 = 1 << 20;
    let limit = |name: &str| -> Option<u64> {
        fs::read_to_string(format!("/proc/sys/net/core/{name}")).ok()?.trim().parse().ok()
    };
    match limit("wmem_max").zip(limit("rmem_max")).map(|(send, receive)| send.min(receive)) {
        Some(bytes) if bytes < ENOUGH => absent(
            "udp buffers",
            format!("at most {} KiB; large updates may lose packets", bytes >> 10),
            "sysctl -w net.core.rmem_max=2097152 net.core.wmem_max=2097152",
        ),
        Some(bytes) => good("udp buffers", format!("up to {} KiB", bytes >> 10)),
        None => good("udp buffers", "the limits cannot be read here"),
    }
}

fn apps() -> Finding {
    let count = crate::catalogue::installed(None).len();
    if count > 0 {
        good("apps", format!("{count} with a desktop entry"))
    } else {
        absent(
            "apps",
            "no program has a desktop entry",
            "install some, such as foot; others can be run by name",
        )
    }
}

fn sound() -> Finding {
    let servers = ["pipewire", "pulseaudio"].into_iter().filter_map(program);
    let found: Vec<_> = servers.map(|path| path.display().to_string()).collect();
    let detail = if found.is_empty() { "no sound server".to_owned() } else { found.join(", ") };
    absent("sound", format!("{detail}; this version does not carry sound"), "")
}

/// Where a program is, if it is on the path.
fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file())
}

fn table(findings: &[Finding]) -> String {
    let mut text = String::new();
    for Finding { name, verdict, detail, remedy } in findings {
        let mark = match verdict {
            Verdict::Good => "ok",
            Verdict::Absent => "--",
            Verdict::Broken => "!!",
        };
        let way_out = if remedy.is_empty() { String::new() } else { format!(" → {remedy}") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark}  {name:12} {detail}{way_out}");
    }
    text.trim_end().to_owned()
}

fn json(findings: &[Finding]) -> Result<String> {
    serde_json::to_string(findings).context("no JSON form")
}

#[expect(clippy::print_stdout, reason = "results of commands go to stdout")]
fn print(result: &str) {
    println!("{result}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_missing_says_why() {
        let findings = examine();
        assert!(findings.iter().all(|finding| !finding.detail.is_empty()));
        assert!(
            findings.iter().all(|finding| finding.verdict != Verdict::Broken || !finding.remedy.is_empty())
        );
        assert!(table(&findings).contains("openh264"));
    }

    #[test]
    fn a_machine_that_does_not_know_how_it_is_reached_says_how_to_tell_it() {
        let lan: IpAddr = "192.0.2.7".parse().expect("an address");
        let found = |all: &[IpAddr], has_route| addresses(&OwnAddresses { all: all.to_vec(), has_route });
        assert_eq!(found(&[lan], true).verdict, Verdict::Good);
        for guessed in [found(&[lan], false), found(&[], false)] {
            assert!(guessed.remedy.contains("--advertise"), "{}", guessed.detail);
        }
    }
}
