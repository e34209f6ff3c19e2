//! One printed link over a LAN and over WireGuard, whatever becomes of either: a small MTU, no ICMP, large
//! packets that vanish, UDP that is blocked, another address, IPv6 alone. What is typed arrives once and in
//! order.
//!
//! Host and viewer have a network namespace each, with a LAN between them, and a wire that WireGuard's
//! program goes through.

use std::{
    fs::{self, File},
    os::fd::AsFd,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use dormer_tests::{Host, HostOptions, Process, Track, Until, Viewer, tools, wait};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::TempDir;

/// What the packages of Debian's have that these tests use.
const PROGRAMS: [&str; 6] = ["foot", "ip", "iptables", "nsenter", "wg", "wireguard-go"];

/// How long it may take until another way is found, on a slow, busy machine.
const STEP: Duration = Duration::from_secs(60);

/// A machine with a place in both networks.
struct Machine {
    space: String,
    /// No other one of the machine may be called like it: WireGuard's programs talk by sockets of its name.
    tunnel: String,
    /// WireGuard's program, once it runs.
    program: Option<Process>,
}

impl Machine {
    fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}n{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let (space, tunnel) = (format!("dormer-vpn-{name}"), format!("dw{name}"));
        shell(&format!("ip netns add {space} && ip -n {space} link set lo up"))?;
        Ok(Self { space, tunnel, program: None })
    }

    /// Starts what `start` starts within this machine.
    fn run<T: Send>(&self, start: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let space = File::open(format!("/run/netns/{}", self.space))?;
        // A thread of its own, since its network stays another.
        thread::scope(|scope| {
            let within = scope.spawn(|| {
                move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network))?;
                start()
            });
            within.join().ok().context("the thread is lost")?
        })
    }

    fn shell(&self, script: &str) -> Result<()> {
        shell(&format!("nsenter --net=/run/netns/{} sh -ec '{script}'", self.space))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.program = None;
        let _ = shell(&format!("ip netns del {}", self.space));
    }
}

/// Addresses of one family: the host's and the viewer's, on the LAN, on the wire that the tunnel goes
/// through, and in the tunnel.
struct Family {
    lan: [&'static str; 2],
    wire: [&'static str; 2],
    tunnel: [&'static str; 2],
    mask: u8,
    /// As links and endpoints write them.
    host_in_lan: &'static str,
    host_on_wire: &'static str,
    host_in_tunnel: &'static str,
}

const IPV4: Family = Family {
    lan: ["10.212.3.1", "10.212.3.2"],
    wire: ["10.212.1.1", "10.212.1.2"],
    tunnel: ["10.212.2.1", "10.212.2.2"],
    mask: 24,
    host_in_lan: "10.212.3.1",
    host_on_wire: "10.212.1.1",
    host_in_tunnel: "10.212.2.1",
};

const IPV6: Family = Family {
    lan: ["fd12:3::1", "fd12:3::2"],
    wire: ["fd12:1::1", "fd12:1::2"],
    tunnel: ["fd12:2::1", "fd12:2::2"],
    mask: 64,
    host_in_lan: "[fd12:3::1]",
    host_on_wire: "[fd12:1::1]",
    host_in_tunnel: "[fd12:2::1]",
};

/// Both machines, and what runs there.
struct Story {
    // Dropped in this order: programs before the machines that they run in.
    viewer: Option<Viewer>,
    host: Option<Host>,
    at_host: Machine,
    at_viewer: Machine,
    family: &'static Family,
    typed: String,
    _keys: TempDir,
}

impl Story {
    /// Lays the networks; `None` where the machine cannot, which is said.
    fn begin(test: &str, family: &'static Family, mtu: u16) -> Result<Option<Self>> {
        if !tools::is_root(test) || !tools::present(test, &PROGRAMS) {
            return Ok(None);
        }
        // It may be there without the kernel's part of it, or not for us.
        if let Err(error) = fs::File::options().read(true).write(true).open("/dev/net/tun") {
            tools::skip_where_impossible(test, &format!("/dev/net/tun: {error}"));
            return Ok(None);
        }
        let keys = TempDir::with_prefix("dormer-vpn-")?;
        let mut at_host = Machine::new()?;
        let mut at_viewer = Machine::new()?;
        let (h, v) = (&at_host.space, &at_viewer.space);
        for device in ["lan", "wire"] {
            shell(&format!("ip link add {device} netns {h} type veth peer name {device} netns {v}"))?;
        }
        for (side, machine) in [&mut at_host, &mut at_viewer].into_iter().enumerate() {
            let Family { lan, wire, tunnel, mask, .. } = family;
            let inner = machine.tunnel.clone();
            let nodad = if *mask == 64 { "nodad" } else { "" };
            for (device, address) in [("lan", lan[side]), ("wire", wire[side])] {
                machine.shell(&format!(
                    "ip addr add {address}/{mask} dev {device} {nodad}; ip link set {device} up"
                ))?;
            }
            let mut program = Command::new("wireguard-go");
            program.args(["--foreground", &inner]).stdin(Stdio::null()).stdout(Stdio::null());
            let started = machine.run(|| Process::start(&inner, &mut program, keys.path()))?;
            machine.program = Some(started);
            wait::until(STEP, "WireGuard's device", || Ok(machine.shell(&format!("wg show {inner}")).ok()))?;
            let key = keys.path().join(side.to_string());
            shell(&format!("umask 077; wg genkey >{0}; wg pubkey <{0} >{0}.public", key.display()))?;
            machine.shell(&format!(
                "ip addr add {}/{mask} dev {inner} {nodad}; ip link set {inner} mtu {mtu} up",
                tunnel[side]
            ))?;
        }
        let key = |side: u8, end: &str| keys.path().join(format!("{side}{end}")).display().to_string();
        let allowed = "allowed-ips 10.212.2.0/24,fd12:2::/64";
        at_host.shell(&format!(
            "wg set {} listen-port 51820 private-key {} peer $(cat {}) {allowed}",
            at_host.tunnel,
            key(0, ""),
            key(1, ".public")
        ))?;
        at_viewer.shell(&format!(
            "wg set {} private-key {} peer $(cat {}) endpoint {}:51820 {allowed} persistent-keepalive 1",
            at_viewer.tunnel,
            key(1, ""),
            key(0, ".public"),
            family.host_on_wire
        ))?;
        let typed = String::new();
        Ok(Some(Self { viewer: None, host: None, at_host, at_viewer, family, typed, _keys: keys }))
    }

    /// Starts the host, whose link names these addresses; the viewer joins by it, and its window is exact.
    fn joins(&mut self, addresses: &str) -> Result<Track> {
        let any = if self.family.mask == 64 { "[::]:0" } else { "0.0.0.0:0" };
        let command = "foot sh -c 'while read line; do echo \"$line\" >>\"$HOME/typed\"; done'";
        let options = HostOptions::command(["sh", "-c", command])
            .arguments(&["--quic", any, "--http", any, "--advertise", addresses])
            .arguments(&["--no-x11"]);
        let host = self.at_host.run(|| options.start())?;
        let link = host.link().to_owned();
        self.host = Some(host);
        let viewer = self.viewer.insert(self.at_viewer.run(|| Viewer::start(&link))?);
        let windows = viewer.wait_for(Until::Windows(1), STEP)?;
        let track = windows.first().context("waited for it")?.track;
        viewer.activate(track)?;
        // A picture that takes many large packets.
        viewer.resize(track, 1600, 1000)?;
        viewer.wait_for(Until::Configured(track), STEP)?;
        viewer.wait_for(Until::Exact(track), STEP)?;
        Ok(track)
    }

    /// Types a line; all lines so far arrive, each once and in order.
    fn types(&mut self, track: Track, line: &str) -> Result<()> {
        let (viewer, host) = (self.viewer.as_mut().context("joined")?, self.host.as_ref().context("joined")?);
        viewer.type_text(track, &format!("{line}\n"))?;
        self.typed += line;
        self.typed.push('\n');
        let file = host.file("typed");
        let arrived = |text: &String| text.len() >= self.typed.len();
        let text =
            wait::until(STEP, "what was typed", || Ok(fs::read_to_string(&file).ok().filter(arrived)))?;
        ensure!(text == self.typed, "typed {:?}, and {text:?} arrived", self.typed);
        Ok(())
    }

    fn transport(&mut self) -> Result<String> {
        let stats = self.viewer.as_mut().context("joined")?.stats()?;
        Ok(stats["transport"].as_str().context("a transport")?.to_owned())
    }

    /// On both machines.
    fn both(&self, script: &str) -> Result<()> {
        self.at_host.shell(script)?;
        self.at_viewer.shell(script)
    }
}

const NO_ICMP: &str = "iptables -A INPUT -p icmp -j DROP; iptables -A OUTPUT -p icmp -j DROP";
const NO_UDP: &str = "iptables -A INPUT -i dw+ -p udp -j DROP";
const NO_LAN: &str = "iptables -A INPUT -i lan -j DROP";

#[test]
fn packets_of_any_size_get_through() -> Result<()> {
    const VANISH: &str = "iptables -A INPUT -i dw+ -m length --length 1281: -j DROP";
    for (mtu, obstacles) in [(1420, ""), (1280, ""), (1420, NO_ICMP), (1280, NO_ICMP), (1420, VANISH)] {
        let name = "a VPN and the size of packets";
        let Some(mut story) = Story::begin(name, &IPV4, mtu)? else { return Ok(()) };
        story.both(obstacles)?;
        let track = story.joins(IPV4.host_in_tunnel).with_context(|| format!("{mtu} {obstacles}"))?;
        story.types(track, "over the tunnel")?;
        ensure!(story.transport()? == "quic", "{mtu} {obstacles}");
    }
    Ok(())
}

#[test]
fn udp_that_is_blocked_is_gone_around() -> Result<()> {
    let name = "a VPN without UDP";
    let Some(mut story) = Story::begin(name, &IPV4, 1420)? else { return Ok(()) };
    story.both(NO_UDP)?;
    let track = story.joins(IPV4.host_in_tunnel)?;
    story.types(track, "from the start")?;
    ensure!(story.transport()? == "websocket", "there is no other way");
    drop(story);

    let Some(mut story) = Story::begin(name, &IPV4, 1420)? else { return Ok(()) };
    let track = story.joins(IPV4.host_in_tunnel)?;
    story.types(track, "as long as UDP passes")?;
    story.both(NO_UDP)?;
    story.types(track, "when it is cut")?;
    story.types(track, "and on")?;
    ensure!(story.transport()? == "websocket", "there is no other way");
    Ok(())
}

#[test]
fn a_lan_and_a_vpn_stand_in_one_link() -> Result<()> {
    let name = "a LAN and a VPN";
    let addresses = format!("dormer://{},dormer://{}", IPV4.host_in_lan, IPV4.host_in_tunnel);
    let Some(mut story) = Story::begin(name, &IPV4, 1420)? else { return Ok(()) };
    story.both(NO_LAN)?;
    let track = story.joins(&addresses)?;
    story.types(track, "away from home")?;
    drop(story);

    let Some(mut story) = Story::begin(name, &IPV4, 1420)? else { return Ok(()) };
    let track = story.joins(&addresses)?;
    story.types(track, "at home")?;
    story.both(NO_LAN)?;
    story.types(track, "left home")?;
    story.types(track, "and on")
}

#[test]
fn another_address_in_the_vpn_loses_nothing() -> Result<()> {
    let Some(mut story) = Story::begin("a VPN and another address", &IPV4, 1420)? else { return Ok(()) };
    let track = story.joins(IPV4.host_in_tunnel)?;
    story.types(track, "from here")?;
    let device = &story.at_viewer.tunnel;
    story.at_viewer.shell(&format!("ip addr flush dev {device}; ip addr add 10.212.2.7/24 dev {device}"))?;
    story.types(track, "from there")?;
    story.types(track, "and on")
}

#[test]
fn ipv6_alone_will_do() -> Result<()> {
    let Some(mut story) = Story::begin("a VPN of IPv6", &IPV6, 1420)? else { return Ok(()) };
    let track = story.joins(IPV6.host_in_tunnel)?;
    story.types(track, "IPv6")?;
    ensure!(story.transport()? == "quic", "{}", story.transport()?);
    Ok(())
}

fn shell(script: &str) -> Result<()> {
    let output = Command::new("sh").args(["-ec", script]).stdin(Stdio::null()).output()?;
    ensure!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
