//! From nothing to windows in a container: the images are built, the subsystem is started as people start it,
//! used, stopped, killed and started again. Docker is the test's own, in a directory of its own;
//! `DORMER_TEST_DOCKER` names one that stays, so that the next run need not build all anew.

use std::{
    env,
    fs::{self, File},
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{Process, Track, Until, Viewer, binaries, https::Site, tools, wait};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long each step may take on a slow, busy machine.
const STEP: Duration = Duration::from_secs(120);

/// What is copied in an editor.
const COPIED: &str = "Zeile für Zeile";

/// The uid of somebody whom the image does not know.
const NOBODY: &str = "4711:4711";

/// The hardening of `images/compose.yaml`, for those that are started without it.
const HARDENED: [&str; 8] = [
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--shm-size=64m",
    "--network=none",
    "--tmpfs=/tmp:mode=1777",
    "--stop-timeout=3",
    "--name=anybody",
];

/// Its usual limits are higher than what a machine may allow, and its health checks need systemd.
const PODMAN: [&str; 3] = ["--no-healthcheck", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];

#[test]
fn a_subsystem_goes_from_nothing_to_windows_and_through_restarts() -> Result<()> {
    const TEST: &str = "a subsystem in a container";
    if !tools::is_root(TEST) || !tools::present(TEST, &["dockerd", "docker-compose", "mmdebstrap", "strip"]) {
        return Ok(());
    }
    let Some(docker) = Docker::start(TEST)? else { return Ok(()) };
    docker.build()?;
    let subsystem = Subsystem::up(&docker)?;
    let site = subsystem.opens_by_the_printed_link()?;
    let cookie = site.enter()?;
    let link = subsystem.new_native_link()?;
    subsystem.runs_three_apps(&link)?;
    subsystem.keeps_no_zombies()?;
    let kept = subsystem.state()?;

    // Docker kills what has not ended after three seconds: then the exit code is not 0.
    docker.ok(&["stop", "--time", "3", &subsystem.container()?])?;
    ensure!(subsystem.exit_code()? == 0, "it did not end by itself: {}", subsystem.log()?);
    subsystem.compose(&["up", "-d"])?;
    subsystem.is_as_it_was(&link, &site, &cookie, &kept)?;

    docker.ok(&["kill", "--signal", "KILL", &subsystem.container()?])?;
    subsystem.compose(&["up", "-d"])?;
    subsystem.is_as_it_was(&link, &site, &cookie, &kept)?;
    subsystem.compose(&["down", "--volumes"])?;
    Engine::Docker(&docker).runs_as_anybody()?;
    podman_runs_the_same_image(&docker)
}

/// The image that Docker built, in podman's own store.
fn podman_runs_the_same_image(docker: &Docker) -> Result<()> {
    const TEST: &str = "a subsystem in podman";
    if !tools::present(TEST, &["podman"]) {
        return Ok(());
    }
    let directory = TempDir::with_prefix("dormer-podman-")?;
    let podman = Podman { directory };
    let archive = podman.directory.path().join("image.tar");
    docker.ok(&["save", "--output", &archive.display().to_string(), "dormer/linux"])?;
    let engine = Engine::Podman(&podman);
    engine.ok(&["load", "--quiet", "--input", &archive.display().to_string()])?;
    fs::remove_file(archive)?;
    let trial = ["--rm", "--network=none", "--entrypoint=true", "dormer/linux"];
    let tried = engine.run(&[&["run"], &PODMAN[..], &trial].concat())?;
    if !tried.status.success() {
        let why = String::from_utf8_lossy(&tried.stderr);
        tools::skip_where_impossible(TEST, &format!("podman cannot run any container here: {}", why.trim()));
        return Ok(());
    }
    engine.runs_as_anybody()
}

/// What runs containers.
enum Engine<'a> {
    Docker(&'a Docker),
    Podman(&'a Podman),
}

impl Engine<'_> {
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        match self {
            Self::Docker(docker) => docker.run(arguments),
            Self::Podman(podman) => podman.run(arguments),
        }
    }

    fn ok(&self, arguments: &[&str]) -> Result<String> {
        said(self.run(arguments)?, arguments)
    }

    /// What this one needs besides.
    fn needs(&self) -> &[&'static str] {
        match self {
            Self::Docker(_) => &[],
            Self::Podman(_) => &PODMAN,
        }
    }

    /// Nobody knows this user, nothing is mounted, and the root is read-only.
    fn runs_as_anybody(&self) -> Result<()> {
        let user = format!("--user={NOBODY}");
        let app = ["dormer/linux", "serve", "--", "xterm", "-e", "sleep", "1000"];
        self.ok(&[&["run", "--detach", &user][..], &HARDENED, self.needs(), &app].concat())?;
        let window = wait::until(STEP, "a window of a user without a name", || {
            let output = self.run(&["exec", "anybody", "dormer", "health", "--json"])?;
            let health: Option<Value> = serde_json::from_slice(&output.stdout).ok();
            Ok(health.filter(|health| health["windows"] == 1))
        });
        window.with_context(|| self.ok(&["logs", "anybody"]).unwrap_or_default())?;
        self.ok(&["stop", "anybody"])?;
        let code = self.ok(&["inspect", "--format", "{{.State.ExitCode}}", "anybody"])?;
        ensure!(code.trim() == "0", "it did not end by itself: {code}");
        self.ok(&["rm", "--force", "anybody"]).map(drop)
    }
}

/// A store of podman's of the test's own.
struct Podman {
    directory: TempDir,
}

impl Podman {
    fn run(&self, arguments: &[&str]) -> Result<Output> {
        let path = |name: &str| self.directory.path().join(name);
        let mut command = Command::new("podman");
        command.arg("--root").arg(path("root")).arg("--runroot").arg(path("run"));
        // Without systemd there is nobody else who could keep them.
        command.args(["--cgroup-manager", "cgroupfs", "--events-backend", "file"]).args(arguments);
        Ok(command.stdin(Stdio::null()).output()?)
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // Its layers are mounts, which the directory's removal would not end.
        let _ = self.run(&["rm", "--all", "--force", "--time", "0"]);
        let _ = self.run(&["rmi", "--all", "--force"]);
    }
}

/// A Docker of the test's own.
struct Docker {
    daemon: Process,
    socket: String,
    directory: TempDir,
}

impl Docker {
    /// Starts it; where that cannot be, says that the test is skipped.
    fn start(test: &str) -> Result<Option<Self>> {
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

    fn run(&self, arguments: &[&str]) -> Result<Output> {
        Ok(Command::new(program()).args(["--host", &self.socket]).args(arguments).output()?)
    }

    fn ok(&self, arguments: &[&str]) -> Result<String> {
        said(self.run(arguments)?, arguments)
    }

    /// The base, and the images on it, from the tree's binary.
    fn build(&self) -> Result<()> {
        let tree =
            Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this crate lies in the workspace")?;
        let docker = format!("{} --host {}", program(), self.socket);
        let log = self.directory.path().join("build.log");
        let script = |name: &str, arguments: &[&str]| -> Result<()> {
            let begun = Instant::now();
            let output = File::create(&log)?;
            let status = Command::new(tree.join("images").join(name))
                .args(arguments)
                .env("DOCKER", &docker)
                .env("BASE", "dormer/debian:12")
                // The test's network has no bridge for builds.
                .env("BUILD_ARGS", "--network host")
                .env("BINARY", &binaries()?.dormer)
                .env("CONTEXT", self.directory.path().join("context"))
                .stdout(output.try_clone()?)
                .stderr(output)
                .status()?;
            ensure!(status.success(), "images/{name} {arguments:?}: {}", tail(&fs::read_to_string(&log)?));
            tell(&format!(
                "images/{name} {} took {:.0} s",
                arguments.join(" "),
                begun.elapsed().as_secs_f32()
            ));
            Ok(())
        };
        if !self.run(&["image", "inspect", "dormer/debian:12"])?.status.success() {
            script("base-image", &["dormer/debian:12"])?;
        }
        script("build", &["base", "linux"])?;
        tell(&self.ok(&["images", "--format", "{{.Repository}} {{.Size}}"])?);
        Ok(())
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        self.remove_containers();
        // Killed outright it would leave its mounts.
        let _ = self.daemon.signal(rustix::process::Signal::TERM);
        let _ = self.daemon.wait(STEP);
    }
}

/// What `images/compose.yaml` starts.
struct Subsystem<'a> {
    docker: &'a Docker,
    ports: Ports,
}

struct Ports {
    page: u16,
    native: u16,
    webrtc: u16,
}

impl<'a> Subsystem<'a> {
    fn up(docker: &'a Docker) -> Result<Self> {
        let page = free_port()?;
        let (native, webrtc) = (free_port()?, free_port()?);
        let subsystem = Self { docker, ports: Ports { page, native, webrtc } };
        let begun = Instant::now();
        subsystem.compose(&["up", "-d"])?;
        subsystem.is_healthy()?;
        tell(&format!("healthy {:.1} s after `docker-compose up`", begun.elapsed().as_secs_f32()));
        Ok(subsystem)
    }

    fn compose(&self, arguments: &[&str]) -> Result<String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../images/compose.yaml");
        let Ports { page, native, webrtc } = self.ports;
        let output = Command::new("docker-compose")
            .args(["--host", &self.docker.socket, "--project-name", "dormertest", "--file"])
            .arg(&file)
            .args(arguments)
            .env("DORMER_HTTP_PORT", page.to_string())
            .env("DORMER_QUIC_PORT", native.to_string())
            .env("DORMER_WEBRTC_PORT", webrtc.to_string())
            .env("DORMER_ADVERTISE", format!("127.0.0.1:{page},dormer://127.0.0.1:{native}"))
            .stdin(Stdio::null())
            .output()?;
        said(output, arguments)
    }

    fn exec(&self, command: &[&str]) -> Result<String> {
        self.compose(&[&["exec", "-T", "dormer"], command].concat())
    }

    fn container(&self) -> Result<String> {
        Ok(self.compose(&["ps", "--quiet", "dormer"])?.trim().to_owned())
    }

    fn exit_code(&self) -> Result<i64> {
        let code = self.docker.ok(&["inspect", "--format", "{{.State.ExitCode}}", &self.container()?])?;
        Ok(code.trim().parse()?)
    }

    fn log(&self) -> Result<String> {
        self.compose(&["logs", "--no-color"])
    }

    fn is_healthy(&self) -> Result<()> {
        let healthy = wait::until(STEP, "a healthy subsystem", || Ok(self.exec(&["dormer", "health"]).ok()));
        healthy.map(drop).with_context(|| self.log().unwrap_or_default())
    }

    /// One link for a browser, and nothing else that gives a right, stands in the log.
    fn opens_by_the_printed_link(&self) -> Result<Site> {
        let log = self.log()?;
        let links: Vec<&str> =
            log.split_ascii_whitespace().filter(|word| word.contains("#ticket=")).collect();
        let [link] = links.as_slice() else { bail!("{} links in {log}", links.len()) };
        ensure!(!log.contains("dormer://"), "{log}");
        Site::of(link)
    }

    fn new_native_link(&self) -> Result<String> {
        let links = self.exec(&["dormer", "links"])?;
        let native = links.split_ascii_whitespace().find(|link| link.starts_with("dormer://"));
        Ok(native.context("a native link")?.to_owned())
    }

    fn runs_three_apps(&self, link: &str) -> Result<()> {
        self.exec(&[
            "dormer",
            "run",
            "foot",
            "sh",
            "-c",
            "read line; echo \"$line\" > ~/kept; exec sleep 1000",
        ])?;
        let mut viewer = Viewer::start(link)?;
        let shown = viewer.wait_for(Until::Windows(1), STEP)?;
        let terminal = shown.first().context("waited for it")?.track;
        viewer.activate(terminal)?;
        viewer.type_text(terminal, "Grüße, Welt\n")?;
        self.has_kept()?;
        self.exec(&["dormer", "run", "xterm"])?;
        viewer.wait_for(Until::Windows(2), STEP)?;
        self.exec(&["dormer", "run", "l3afpad"])?;
        let shown = viewer.wait_for(Until::Windows(3), STEP)?;
        let editor = shown.iter().find(|window| window.app_id.to_lowercase().contains("l3afpad"));
        copies(&mut viewer, editor.with_context(|| format!("an editor among {shown:?}"))?.track)
    }

    fn has_kept(&self) -> Result<()> {
        let kept = wait::until(STEP, "what was typed", || Ok(self.exec(&["cat", "/home/dormer/kept"]).ok()))?;
        ensure!(kept == "Grüße, Welt\n", "{kept:?}");
        Ok(())
    }

    fn keeps_no_zombies(&self) -> Result<()> {
        let many = "i=0; while [ $i -lt 1000 ]; do (exec true &); i=$((i+1)); done; touch ~/many";
        self.exec(&["dormer", "run", "sh", "-c", many])?;
        wait::until(STEP, "many orphans", || Ok(self.exec(&["ls", "/home/dormer/many"]).ok()))?;
        wait::until(STEP, "the end of all orphans", || {
            let states = self.exec(&["ps", "-A", "-o", "stat="])?;
            Ok((!states.lines().any(|state| state.starts_with('Z'))).then_some(()))
        })
    }

    /// What lies in the state volume.
    fn state(&self) -> Result<String> {
        self.exec(&["sh", "-c", "find /var/lib/dormer | sort"])
    }

    /// The same links, the same browsers, the same home, nothing of the former process; apps are new.
    fn is_as_it_was(&self, link: &str, site: &Site, cookie: &str, kept: &str) -> Result<()> {
        self.is_healthy()?;
        self.has_kept()?;
        let state = self.state()?;
        ensure!(state == kept, "something is left behind: {kept} became {state}");
        let mut viewer = Viewer::start(link)?;
        self.exec(&["dormer", "run", "xterm"])?;
        viewer.wait_for(Until::Windows(1), STEP)?;
        let joined = site.ask(&site.post("/api/join").cookie(cookie))?;
        ensure!(joined.status == 200 && joined.json()?["role"] == "control", "{joined:?}");
        let again = site.ask(&site.post("/api/enter").json(&json!({"ticket": site.ticket})))?;
        ensure!(again.code()? == "ticket-invalid", "a link that was used works again: {again:?}");
        Ok(())
    }
}

/// Types into an editor, and what is copied there comes to the viewer.
fn copies(viewer: &mut Viewer, editor: Track) -> Result<()> {
    viewer.activate(editor)?;
    viewer.type_text(editor, COPIED)?;
    wait::until(STEP, "what was copied", || {
        viewer.keys(editor, &["ctrl+a", "ctrl+c"])?;
        Ok(viewer.clipboard_get().ok().filter(|text| text == COPIED))
    })
    .map(drop)
}

/// Debian's, where another comes before it on the path: its builds need no plugin.
fn program() -> &'static str {
    if Path::new("/usr/bin/docker").exists() { "/usr/bin/docker" } else { "docker" }
}

fn said(output: Output, arguments: &[&str]) -> Result<String> {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{arguments:?}: {}: {stdout}{stderr}", output.status);
    Ok(stdout.into_owned())
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

/// Figures for people; libtest shows them with `--nocapture`.
#[expect(clippy::print_stderr, reason = "what libtest captures")]
fn tell(figure: &str) {
    eprintln!("{}", figure.trim_end());
}
