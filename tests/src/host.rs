//! A real host with its apps, as a test starts it.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tempfile::TempDir;

use crate::{Process, binaries, process::Usage, wait};

/// How long a host may take to end its apps and itself.
const POLITE: Duration = Duration::from_secs(10);

/// How a host is started.
#[derive(Clone, Debug, Default)]
pub struct HostOptions {
    arguments: Vec<String>,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    first_process: bool,
    user: Option<u32>,
}

/// What the host writes for those that want to join.
#[derive(Clone, Debug, Deserialize)]
pub struct LinkFile {
    /// The version of this file.
    pub version: u32,
    /// The host's process.
    pub pid: u32,
    /// For native viewers.
    pub native: String,
    /// For one browser.
    pub browser: String,
    /// For those who may only look.
    pub view_only: ViewLinks,
}

/// Links for those who may only look.
#[derive(Clone, Debug, Deserialize)]
pub struct ViewLinks {
    /// For native viewers.
    pub native: String,
    /// For one browser.
    pub browser: String,
}

/// A running host. Ends with its apps when dropped.
#[derive(Debug)]
pub struct Host {
    process: Process,
    first_process: bool,
    links: LinkFile,
    // Dropped last: the processes write here.
    directory: TempDir,
}

impl HostOptions {
    /// A host that runs `command`.
    pub fn command<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Self {
        Self { command: command.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Adds flags of `dormer serve`.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// Adds a variable to the environment of the host and its apps.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Makes it the first process of a process namespace, as in a container. Only root can.
    pub fn first_process(mut self) -> Self {
        self.first_process = true;
        self
    }

    /// Runs it as this user, who may have no name. Only root can.
    pub fn user(mut self, user: u32) -> Self {
        self.user = Some(user);
        self
    }

    /// Starts the host and waits until it is ready.
    pub fn start(self) -> Result<Host> {
        let first_process = self.first_process;
        let (mut process, directory) = self.spawn()?;
        let link_file = directory.path().join("link.json");
        let links = wait::until(wait::PATIENCE, "the host's link file", || {
            if let Some(status) = process.ended()? {
                bail!("the host ended ({status}) before it was ready:\n{}", process.log());
            }
            Ok(std::fs::read(&link_file).ok())
        })?;
        let links: LinkFile = serde_json::from_slice(&links).context("the link file")?;
        let pid = if first_process { 1 } else { process.pid() };
        ensure!(links.version == 1 && links.pid == pid, "the link file says {links:?}");
        Ok(Host { process, first_process, links, directory })
    }

    /// Starts a host that ends by itself; how it ended, and what it said on standard error.
    pub fn run_to_its_end(self) -> Result<(ExitStatus, String)> {
        let (mut process, _directory) = self.spawn()?;
        let status = process.wait(wait::PATIENCE)?;
        Ok((status, process.log()))
    }

    fn spawn(self) -> Result<(Process, TempDir)> {
        let directory = TempDir::with_prefix("dormer-")?;
        let link_file = directory.path().join("link.json");
        let mut command = base_command("serve", directory.path())?;
        if let Some(user) = self.user {
            for path in [directory.path().to_owned(), directory.path().join("run")] {
                std::os::unix::fs::chown(&path, Some(user), Some(user))?;
            }
            let user = user.to_string();
            command = within(&["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"], &command);
        }
        if self.first_process {
            command = within(&["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--"], &command);
        }
        command.args(["--webrtc-ports", "0"]);
        let given = |flag: &str| self.arguments.iter().any(|argument| argument == flag);
        for flag in ["--quic", "--http"] {
            if !given(flag) {
                command.args([flag, "127.0.0.1:0"]);
            }
        }
        if !given("--state-dir") {
            command.arg("--state-dir").arg(directory.path().join("state"));
        }
        command.arg("--link-file").arg(&link_file).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if !self.command.is_empty() {
            command.arg("--").args(&self.command);
        }
        command.stdout(std::fs::File::create(directory.path().join("host.stdout"))?);
        let process = Process::start("host", &mut command, directory.path())?;
        Ok((process, directory))
    }
}

impl Host {
    /// Starts a host with one command.
    pub fn start<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Result<Self> {
        HostOptions::command(command).start()
    }

    /// A link with the right to see and use.
    pub fn link(&self) -> &str {
        &self.links.native
    }

    /// A link with the right to see.
    pub fn view_link(&self) -> &str {
        &self.links.view_only.native
    }

    /// A link for one browser, as the link file has it now: one that was used is replaced there.
    pub fn browser_link(&self) -> Result<String> {
        Ok(self.read_links()?.browser)
    }

    /// The same with the right to see.
    pub fn browser_view_link(&self) -> Result<String> {
        Ok(self.read_links()?.view_only.browser)
    }

    fn read_links(&self) -> Result<LinkFile> {
        serde_json::from_slice(&std::fs::read(self.file("link.json"))?).context("the link file")
    }

    /// All that the host printed.
    pub fn output(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.file("host.stdout"))?)
    }

    /// A directory that lives as long as the host.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A file in that directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs a command that speaks to this host.
    pub fn ask(&self, subcommand: &str, arguments: &[&str]) -> Result<std::process::Output> {
        self.dormer(subcommand, arguments)
    }

    /// Starts one more app in the session.
    pub fn run(&self, command: &[&str]) -> Result<()> {
        let output = self.dormer("run", &[&["--"], command].concat())?;
        ensure!(output.status.success(), "`dormer run` failed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Makes a new native link; `arguments` are those of `dormer links`.
    pub fn new_link(&self, arguments: &[&str]) -> Result<String> {
        let links = self.new_links(arguments)?;
        let link = links.iter().find(|link| link.starts_with("dormer://"));
        Ok(link.with_context(|| format!("no native link in {links:?}"))?.clone())
    }

    /// Makes new links of every kind.
    pub fn new_links(&self, arguments: &[&str]) -> Result<Vec<String>> {
        let output = self.dormer("links", arguments)?;
        ensure!(
            output.status.success(),
            "`dormer links` failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8(output.stdout)?;
        Ok(text.split_ascii_whitespace().map(str::to_owned).collect())
    }

    /// The home of its apps.
    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    /// All that the host logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The host's process, or the one that holds its namespace.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The host itself, as seen from outside of its namespace.
    fn own_pid(&self) -> Result<u32> {
        if !self.first_process {
            return Ok(self.pid());
        }
        children(self.pid()).first().copied().context("the process namespace has ended")
    }

    /// What the host uses now, apps excluded.
    pub fn usage(&self) -> Result<Usage> {
        self.process.usage()
    }

    /// Whether the host still runs.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.process.ended()?.is_none())
    }

    /// Asks the host to end and waits until it has.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.process.wait(POLITE)
    }

    /// Sends the host a signal, unless it has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.process.ended()?.is_some() {
            return Ok(());
        }
        let pid = i32::try_from(self.own_pid()?).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("a process id is positive")?, signal)?)
    }

    /// How it ended, once it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.ended()
    }

    /// Ends the host without a chance to say goodbye or to end its apps, which end by losing it.
    pub fn crash(mut self) -> Result<()> {
        self.process.kill()
    }

    /// The process ids of all that the host started, and what those started.
    pub fn descendants(&self) -> Result<Vec<u32>> {
        let mut found = vec![self.own_pid()?];
        let mut next = 0;
        while let Some(&parent) = found.get(next) {
            found.extend(children(parent));
            next += 1;
        }
        Ok(found.split_off(1))
    }

    fn dormer(&self, subcommand: &str, arguments: &[&str]) -> Result<std::process::Output> {
        let mut command = base_command(subcommand, self.directory.path())?;
        command.arg("--session").arg(self.directory.path().join("state")).args(arguments);
        Ok(command.output()?)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Apps end with a polite host; one that does not end is killed with `process`.
        let _ = self.terminate();
    }
}

/// All that a process has started or taken in, ended ones that nobody has waited for included.
fn children(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let children =
        tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let numbers = |text: String| text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    children.flat_map(|text| -> Vec<u32> { numbers(text) }).collect()
}

/// The same command, started by another.
fn within(starter: &[&str], command: &Command) -> Command {
    let mut within = Command::new(starter[0]);
    within.args(&starter[1..]).arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => within.env(name, value),
            None => within.env_remove(name),
        };
    }
    within
}

/// A command of the host, in an environment that says nothing of the machine's own desktop.
fn base_command(subcommand: &str, directory: &Path) -> Result<Command> {
    let runtime = directory.join("run");
    if !runtime.is_dir() {
        std::fs::create_dir(&runtime)?;
        std::fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    }
    let mut command = Command::new(&binaries()?.dormer);
    command.arg(subcommand).stdin(Stdio::null());
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XAUTHORITY"] {
        command.env_remove(name);
    }
    command.env("XDG_RUNTIME_DIR", &runtime).env("HOME", directory);
    // Toolkits start quickly and alike: no accessibility bus, no portals, no GPU.
    command.env("DBUS_SESSION_BUS_ADDRESS", "disabled:").env("NO_AT_BRIDGE", "1").env("GTK_A11Y", "none");
    command.env("GSETTINGS_BACKEND", "memory").env("GTK_USE_PORTAL", "0");
    command.env("GSK_RENDERER", "cairo").env("QT_QPA_PLATFORM", "wayland").env("LC_ALL", "C.UTF-8");
    Ok(command)
}
