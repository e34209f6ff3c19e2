//! The apps of a session as processes: started with the session's environment, watched, and ended politely.

use std::{collections::HashMap, ffi::OsString, io, path::PathBuf, process::ExitStatus, time::Duration};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    process::{Child, Command},
    sync::mpsc,
    time,
};
use tracing::{info, warn};

/// How long an app may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(3);

/// The most apps started by us that run at a time; what they start themselves is the container's business.
const MAX_APPS: usize = 256;

/// What apps find in their environment.
#[derive(Clone, Debug)]
pub(crate) struct SessionEnv {
    /// The Wayland socket's name.
    pub wayland_display: String,
    /// The number of the X display, if there is one.
    pub x11_display: Option<u32>,
    /// The session's `XDG_RUNTIME_DIR`.
    pub runtime_dir: PathBuf,
}

/// One app ended.
#[derive(Debug)]
pub(crate) struct AppEnded {
    /// Its process.
    pub pid: u32,
    /// How, or why that is not known.
    pub status: io::Result<ExitStatus>,
}

/// The running apps. Each leads a process group of its own, so that its helpers end with it.
#[derive(Debug)]
pub(crate) struct Apps {
    env: SessionEnv,
    running: HashMap<u32, String>,
    ended: mpsc::UnboundedSender<AppEnded>,
    /// Whether they were asked to end: however they do it then is fine.
    ending: bool,
}

impl Apps {
    /// No apps yet. Ends of apps are reported on `ended`, one report an app.
    pub(crate) fn new(env: SessionEnv, ended: mpsc::UnboundedSender<AppEnded>) -> Self {
        Self { env, running: HashMap::new(), ended, ending: false }
    }

    /// Starts an app and returns its process id.
    pub(crate) fn start(
        &mut self,
        command: &[OsString],
        directory: Option<PathBuf>,
    ) -> Result<u32, StartError> {
        let (program, arguments) = command.split_first().ok_or(StartError::Empty)?;
        if self.running.len() >= MAX_APPS {
            return Err(StartError::TooMany);
        }
        let name = program.to_string_lossy().into_owned();
        let child =
            self.command(program, arguments, directory).spawn().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => StartError::NotFound(name.clone()),
                _ => StartError::Failed(name.clone(), error),
            })?;
        // A process that was just spawned and not waited for has an id.
        let pid = child.id().expect("a fresh child has a process id");
        info!(pid, app = %name, "app started");
        self.running.insert(pid, name);
        tokio::spawn(watch(child, pid, self.ended.clone()));
        Ok(pid)
    }

    /// Takes note of an app's end.
    pub(crate) fn handle_ended(&mut self, ended: &AppEnded) {
        let Some(name) = self.running.remove(&ended.pid) else { return };
        match &ended.status {
            Ok(status) if status.success() || self.ending => info!(pid = ended.pid, app = %name, "app ended"),
            Ok(status) => warn!(pid = ended.pid, app = %name, %status, "app failed"),
            Err(error) => warn!(pid = ended.pid, app = %name, %error, "app lost"),
        }
    }

    /// Asks all apps to end, waits a moment, and ends those that did not.
    pub(crate) async fn end_all(&mut self, ended: &mut mpsc::UnboundedReceiver<AppEnded>) {
        self.ending = true;
        self.signal_all(Signal::TERM);
        let everybody_left = async {
            while !self.running.is_empty() {
                match ended.recv().await {
                    Some(report) => self.handle_ended(&report),
                    None => break,
                }
            }
        };
        if time::timeout(GRACE, everybody_left).await.is_err() {
            warn!(apps = self.running.len(), "apps did not end when asked to; killing them");
        }
        // Also for helpers in the groups of apps that did end.
        self.signal_all(Signal::KILL);
    }

    fn signal_all(&self, signal: Signal) {
        for pid in self.running.keys() {
            let group = i32::try_from(*pid).ok().and_then(Pid::from_raw);
            // It may have ended since: then there is nobody to signal.
            let _ = group.map(|group| kill_process_group(group, signal));
        }
    }

    fn command(&self, program: &OsString, arguments: &[OsString], directory: Option<PathBuf>) -> Command {
        let env = &self.env;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .process_group(0)
            .stdin(std::process::Stdio::null())
            .env("WAYLAND_DISPLAY", &env.wayland_display)
            .env("XDG_RUNTIME_DIR", &env.runtime_dir)
            .env("XDG_SESSION_TYPE", "wayland")
            .env("XDG_CURRENT_DESKTOP", "Dormer")
            .env("QT_QPA_PLATFORM", "wayland;xcb")
            .env_remove("WAYLAND_SOCKET")
            .env_remove("XAUTHORITY")
            .env_remove("DORMER_LOG");
        match env.x11_display {
            Some(number) => command.env("DISPLAY", format!(":{number}")),
            None => command.env_remove("DISPLAY"),
        };
        if let Some(directory) = directory {
            command.current_dir(directory);
        }
        command
    }
}

async fn watch(mut child: Child, pid: u32, ended: mpsc::UnboundedSender<AppEnded>) {
    let status = child.wait().await;
    // Nobody listens any more once the host ends.
    let _ = ended.send(AppEnded { pid, status });
}

/// Why an app was not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// No program was named.
    #[error("no command was given")]
    Empty,
    /// The bound on apps is reached.
    #[error("{MAX_APPS} apps are running already; close some first")]
    TooMany,
    /// There is no such program.
    #[error("there is no program '{0}' here; `dormer apps` lists what can be started")]
    NotFound(String),
    /// The system refused.
    #[error("cannot start '{0}': {1}")]
    Failed(String, #[source] io::Error),
}
