//! The namespaces, and the wires between them.

use std::{fs::File, net::Ipv4Addr, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};

use super::{Shape, queue::Direction};

/// A way to another place. The namespaces go with it, and with them all that was set up.
#[derive(Debug)]
pub struct Network {
    names: Names,
    far: Ipv4Addr,
    towards: Option<Direction>,
    back: Option<Direction>,
}

/// What is called how. Interfaces have at most 15 characters.
#[derive(Debug)]
struct Names {
    router: String,
    far: String,
    near_wire: String,
    router_near: String,
    router_far: String,
    far_wire: String,
}

/// What is missing to have such a network here, if anything.
pub fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("network namespaces need root".to_owned());
    }
    ["ip", "iptables", "nsenter"]
        .into_iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_err())
        .map(|tool| format!("the program {tool} is not installed"))
}

impl Network {
    /// Builds namespaces, wires and routes, all of this shape.
    pub fn build(shape: Shape) -> Result<Self> {
        let id = std::process::id();
        let names = Names::of(id);
        // Networks of one /28 each in a range for private use, by process: tests may run side by side.
        let base = u32::from(Ipv4Addr::new(10, 213, 0, 0)) + (id % 4096) * 16;
        let address = |offset| Ipv4Addr::from(base + offset);
        let [near, router_near, router_far, far] = [1, 2, 5, 6].map(address);
        let mut network = Self { names, far, towards: None, back: None };
        network.lay(near, router_near, router_far)?;
        network.queue(shape)?;
        Ok(network)
    }

    /// Where the far side is, seen from here.
    pub fn address(&self) -> Ipv4Addr {
        self.far
    }

    /// A command that runs on the far side.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", path(&self.names.far).display())).arg("--").arg(program);
        command
    }

    /// The network is another from now on.
    pub fn reshape(&self, shape: Shape) {
        self.towards.iter().chain(&self.back).for_each(|direction| direction.reshape(shape));
    }

    fn lay(&self, near: Ipv4Addr, router_near: Ipv4Addr, router_far: Ipv4Addr) -> Result<()> {
        let Names { router, far, near_wire, router_near: rn, router_far: rf, far_wire } = &self.names;
        let far_address = self.far;
        ip(&format!("netns add {router}"))?;
        ip(&format!("netns add {far}"))?;
        ip(&format!("link add {near_wire} type veth peer name {rn} netns {router}"))?;
        ip(&format!("-n {router} link add {rf} type veth peer name {far_wire} netns {far}"))?;
        ip(&format!("addr add {near}/30 dev {near_wire}"))?;
        ip(&format!("-n {router} addr add {router_near}/30 dev {rn}"))?;
        ip(&format!("-n {router} addr add {router_far}/30 dev {rf}"))?;
        ip(&format!("-n {far} addr add {far_address}/30 dev {far_wire}"))?;
        // Browsers end requests when an address appears: no further one shall come after a while.
        ip(&format!("link set {near_wire} addrgenmode none"))?;
        ip(&format!("link set {near_wire} up"))?;
        for (space, wire) in
            [(router, rn), (router, rf), (far, far_wire), (router, &"lo".to_owned()), (far, &"lo".to_owned())]
        {
            ip(&format!("-n {space} link set {wire} up"))?;
        }
        ip(&format!("-n {far} route add default via {router_far}"))?;
        ip(&format!("route add {far_address}/32 via {router_near} dev {near_wire}"))?;
        self.in_router(&["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    }

    fn queue(&mut self, shape: Shape) -> Result<()> {
        let space = path(&self.names.router);
        for (number, wire) in [(0, self.names.router_near.clone()), (1, self.names.router_far.clone())] {
            let space = File::open(&space).context("the router's namespace is gone")?;
            let direction = Direction::start(space, number, shape)?;
            *(if number == 0 { &mut self.towards } else { &mut self.back }) = Some(direction);
            let number = number.to_string();
            self.in_router(&[
                "iptables",
                "-A",
                "FORWARD",
                "-i",
                &wire,
                "-j",
                "NFQUEUE",
                "--queue-num",
                &number,
            ])?;
        }
        Ok(())
    }

    fn in_router(&self, words: &[&str]) -> Result<()> {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", path(&self.names.router).display())).arg("--").args(words);
        run(&mut command)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.towards = None;
        self.back = None;
        for space in [&self.names.far, &self.names.router] {
            // Those that were never made cannot go.
            let _ = ip(&format!("netns del {space}"));
        }
        let _ = ip(&format!("link del {}", self.names.near_wire));
    }
}

impl Names {
    fn of(id: u32) -> Self {
        Self {
            router: format!("dormer-router-{id}"),
            far: format!("dormer-far-{id}"),
            near_wire: format!("dn{id}"),
            router_near: format!("drn{id}"),
            router_far: format!("drf{id}"),
            far_wire: format!("df{id}"),
        }
    }
}

fn path(space: &str) -> PathBuf {
    PathBuf::from("/run/netns").join(space)
}

fn ip(words: &str) -> Result<()> {
    run(Command::new("ip").args(words.split(' ')))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?} does not start"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
