//! Subsystems in containers, started as people start them. Docker is the test's own, in a directory of its
//! own; `DORMER_TEST_DOCKER` names one that stays, so that the next run need not build all anew.

use std::{
    env,
    fs::{self, File},
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{Process, binaries, tools, wait};

/// How long each step may take on a slow, busy machine.
pub const STEP: Duration = Duration::from_secs(120);

/// What stands for the licences of libraries in images that tests build.
pub const LICENCES: &str = "package_name: something\n";

/// A Docker of the test's own.
#[derive(Debug)]
pub struct Docker {
    daemon: Process,
    socket: String,
    directory: TempDir,
}

impl Docker {
    /// Starts it; where that cannot be, says that the test is skipped.
    pub fn start(test: &str) -> Result<Option<Self>> {
        let directory = TempDir::with_prefix("dormer-docker-")?;
        let path = |name: &str| directory.path().join(name);
        let data = env::var_os("DORMER_TEST_DOCKER").map_or_else(|| path("data"), PathBuf::from);
        let socket = format!("unix://{}", path("docker.sock").display());
        let mut command = Command::new("dockerd");
        command.arg("--data-root").arg(data).arg("--exec-root").arg(path("exec"));
        command.arg("--pidfile").arg(path("pid")).args(["--host", &socket, "--bridge", "none"]);
        command.args(["--default-address-pool", "base=10.213.0.0/16,size=24"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let daemon = Process::start("dockerd", &mut command, directory.path())?;
        let mut docker = Self { daemon, socket, directory };
        let started = wait::until(STEP, "Docker", || {
            if docker.daemon.ended()?.is_some() {
                bail!("it ended");
            }
            Ok(docker.run(&["info"])?.status.success().then_some(()))
        });
        match started {
            Ok(()) => {
                docker.remove_containers();
                Ok(Some(docker))
            }
            Err(error) => {
                let log = docker.daemon.log();
                let last = log.lines().last().unwrap_or_default();
                tools::skip_where_impossible(test, &format!("Docker cannot run here ({error}): {last}"));
                Ok(None)
            }
        }
    }

    fn remove_containers(&self) {
        let containers = self.ok(&["ps", "--all", "--quiet"]).unwrap_or_default();
        for container in containers.split_ascii_whitespace() {
            let _ = self.run(&["rm", "--force", "--volumes", container]);
        }
    }

    /// A command of Docker's.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(["--host", &self.socket]).args(arguments);
        command
    }

    /// Runs a command of Docker's.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(self.command(arguments).output()?)
    }

    /// Runs a command that has to succeed; what it printed.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        said(self.run(arguments)?, arguments)
    }

    /// Builds these images from the tree's binary, and what they begin with.
    pub fn build(&self, images: &[&str]) -> Result<()> {
        if !self.run(&["image", "inspect", "dormer/debian:12"])?.status.success() {
            self.script("base-image", &["dormer/debian:12"])?;
        }
        self.script("build", images)?;
        tell(&self.ok(&["images", "--format", "{{.Repository}} {{.Size}}"])?);
        Ok(())
    }

    fn script(&self, name: &str, arguments: &[&str]) -> Result<()> {
        let begun = Instant::now();
        let path = |name: &str| self.directory.path().join(name);
        let (log, licences) = (path("build.log"), path("licences"));
        fs::write(&licences, LICENCES)?;
        let output = File::create(&log)?;
        let status = Command::new(images().join(name))
            .args(arguments)
            .env("DOCKER", format!("{} --host {}", program(), self.socket))
            .env("BASE", "dormer/debian:12")
            // The test's network has no bridge for builds.
            .env("BUILD_ARGS", "--network host")
            .env("BINARY", &binaries()?.dormer)
            .env("LICENCES", licences)
            .env("CONTEXT", path("context"))
            .stdout(output.try_clone()?)
            .stderr(output)
            .status()?;
        ensure!(status.success(), "images/{name} {arguments:?}: {}", tail(&fs::read_to_string(&log)?));
        let took = begun.elapsed().as_secs_f32();
        tell(&format!("images/{name} {} took {took:.0} s", arguments.join(" ")));
        Ok(())
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        self.remove_containers();
        // Killed outright it would leave its mounts.
        let _ = self.daemon.signal(Signal::TERM);
        let _ = self.daemon.wait(STEP);
    }
}

/// What the compose files in `images/` start. Gone with its volumes when it is dropped.
#[derive(Debug)]
pub struct Subsystem<'a> {
    docker: &'a Docker,
    /// The image that its own file of settings names.
    image: &'a str,
    ports: Ports,
}

#[derive(Debug)]
struct Ports {
    page: u16,
    native: u16,
    webrtc: u16,
}

impl<'a> Subsystem<'a> {
    /// Starts one of this image, and waits until it is healthy.
    pub fn up(docker: &'a Docker, image: &'a str) -> Result<Self> {
        let page = free_port()?;
        let (native, webrtc) = (free_port()?, free_port()?);
        let subsystem = Self { docker, image, ports: Ports { page, native, webrtc } };
        let begun = Instant::now();
        subsystem.compose(&["up", "-d"])?;
        subsystem.is_healthy()?;
        tell(&format!("{image} healthy {:.1} s after `docker-compose up`", begun.elapsed().as_secs_f32()));
        Ok(subsystem)
    }

    /// Runs a command of docker-compose's.
    pub fn compose(&self, arguments: &[&str]) -> Result<String> {
        let Ports { page, native, webrtc } = self.ports;
        let mut command = Command::new("docker-compose");
        command.args(["--host", &self.docker.socket, "--project-name", "dormertest"]);
        command.args(["--file", "compose.yaml"]);
        let own = format!("{}/compose.yaml", self.image);
        if images().join(&own).exists() {
            command.args(["--file", &own]);
        }
        let output = command
            .args(arguments)
            .current_dir(images())
            .env("DORMER_HTTP_PORT", page.to_string())
            .env("DORMER_QUIC_PORT", native.to_string())
            .env("DORMER_WEBRTC_PORT", webrtc.to_string())
            .env("DORMER_ADVERTISE", format!("127.0.0.1:{page},dormer://127.0.0.1:{native}"))
            .stdin(Stdio::null())
            .output()?;
        said(output, arguments)
    }

    /// Runs a command in it; what that printed.
    pub fn exec(&self, command: &[&str]) -> Result<String> {
        self.compose(&[&["exec", "-T", "dormer"], command].concat())
    }

    /// Its container's id.
    pub fn container(&self) -> Result<String> {
        Ok(self.compose(&["ps", "--quiet", "dormer"])?.trim().to_owned())
    }

    /// What it logged.
    pub fn log(&self) -> Result<String> {
        self.compose(&["logs", "--no-color"])
    }

    /// Waits until it serves.
    pub fn is_healthy(&self) -> Result<()> {
        let healthy = wait::until(STEP, "a healthy subsystem", || Ok(self.exec(&["dormer", "health"]).ok()));
        healthy.map(drop).with_context(|| self.log().unwrap_or_default())
    }

    /// A new link for a native viewer.
    pub fn new_native_link(&self) -> Result<String> {
        let links = self.exec(&["dormer", "links"])?;
        let native = links.split_ascii_whitespace().find(|link| link.starts_with("dormer://"));
        Ok(native.context("a native link")?.to_owned())
    }
}

impl Drop for Subsystem<'_> {
    fn drop(&mut self) {
        let _ = self.compose(&["down", "--volumes"]);
    }
}

/// The folder of images.
pub fn images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../images")
}

/// What a program printed that has to succeed.
pub fn said(output: Output, arguments: &[&str]) -> Result<String> {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{arguments:?}: {}: {stdout}{stderr}", output.status);
    Ok(stdout.into_owned())
}

/// Figures for people; libtest shows them with `--nocapture`.
#[expect(clippy::print_stderr, reason = "what libtest captures")]
pub fn tell(figure: &str) {
    eprintln!("{}", figure.trim_end());
}

/// Debian's, where another comes before it on the path: its builds need no plugin.
fn program() -> &'static str {
    if Path::new("/usr/bin/docker").exists() { "/usr/bin/docker" } else { "docker" }
}

/// A port that is free for TCP and for UDP now.
fn free_port() -> Result<u16> {
    for _ in 0..64 {
        let port = TcpListener::bind("0.0.0.0:0")?.local_addr()?.port();
        if UdpSocket::bind(("0.0.0.0", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free for TCP and UDP")
}

fn tail(text: &str) -> &str {
    let start = text.ceil_char_boundary(text.len().saturating_sub(4000));
    &text[start..]
}
