//! The apps of a session as processes: started with the session's environment, watched, and ended politely,
//! with all that they started themselves.

#![cfg_attr(
    not(test),
    expect(clippy::wildcard_enum_match_arm, reason = "kinds of errors are the standard library's")
)]

use std::{
    collections::{HashMap, HashSet, VecDeque},
    ffi::OsString,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use compositor::Starts;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::{
    process::{Child, Command},
    sync::{mpsc, oneshot},
    time,
};
use tracing::{info, warn};

use crate::{
    bus::Bus,
    output::{Readers, Tail},
    processes::{self, Descendant},
    session_env::SessionEnv,
};

/// How long apps may take to end after they were asked to. Whoever stops a container waits for all of it.
const GRACE: Duration = Duration::from_millis(1800);

/// How often it is looked whether all have ended.
const LOOK: Duration = Duration::from_millis(25);

/// Tells which app of the session a process comes from, also once it has gone into the background.
const NUMBER: &str = "DORMER_APP";

/// The most apps started by us that run at a time, and so the most of their ends that wait to be heard; what
/// they start themselves is the container's business.
pub(crate) const MAX_APPS: usize = 256;

/// The most apps that are remembered after their end.
const MAX_REMEMBERED: usize = 32;

/// The most that wait for the end of one app.
const MAX_WAITING: usize = 16;

/// How an app that was started here does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Its program.
    pub name: String,
    /// How it ended, if it has.
    pub ended: Option<Ending>,
    /// The last lines that it printed.
    pub output: Vec<String>,
}

/// How an app ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ending {
    /// Whether it meant to.
    pub well: bool,
    /// For people.
    pub status: String,
}

/// One app ended.
#[derive(Debug)]
pub(crate) struct AppEnded {
    /// Its process.
    pub pid: u32,
    /// How, or why that is not known.
    pub status: io::Result<ExitStatus>,
}

#[derive(Debug)]
struct Running {
    name: String,
    tail: Tail,
    /// Who waits for its end.
    waiting: Vec<oneshot::Sender<Option<Outcome>>>,
}

/// The running apps. Each leads a process group of its own, so that its helpers end with it.
#[derive(Debug)]
pub(crate) struct Apps {
    env: SessionEnv,
    bus: Option<Bus>,
    running: HashMap<u32, Running>,
    /// The newest that ended.
    gone: VecDeque<(u32, Outcome)>,
    /// How many were started.
    started: u64,
    /// Tells the compositor that a user wants an app.
    starts: Starts,
    ended: mpsc::Sender<AppEnded>,
    /// Who wants to know of an app that fails.
    askers: HashMap<u32, oneshot::Sender<String>>,
    /// Whether they were asked to end: however they do it then is fine.
    ending: bool,
}

impl Apps {
    /// No apps yet, but their bus. `starts` hears of each that is started. Ends of apps are reported on
    /// `ended`, one report an app.
    pub(crate) fn new(mut env: SessionEnv, starts: Starts, ended: mpsc::Sender<AppEnded>) -> Self {
        let bus = Bus::start(&mut env);
        let (running, gone, askers) = (HashMap::new(), VecDeque::new(), HashMap::new());
        Self { env, bus, running, gone, started: 0, starts, ended, askers, ending: false }
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
        self.keep_bus();
        let name = program.to_string_lossy().into_owned();
        let mut command = self.command(program, arguments, directory);
        command.env(NUMBER, (self.started + 1).to_string());
        self.starts.note();
        let mut child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StartError::NotFound(name.clone()),
            _ => StartError::Failed(name.clone(), error),
        })?;
        self.started += 1;
        // A process that was just spawned and not waited for has an id.
        let pid = child.id().expect("a fresh child has a process id");
        info!(pid, app = %name, "app started");
        let tail = Tail::default();
        let readers = Readers::of(&mut child, &name, pid, &tail);
        self.gone.retain(|(other, _)| *other != pid);
        self.running.insert(pid, Running { name, tail, waiting: Vec::new() });
        tokio::spawn(watch(child, readers, pid, self.ended.clone()));
        Ok(pid)
    }

    /// Tells how an app ended, once it has: at once, if that was before; nothing of one that is not known.
    pub(crate) fn tell_of_end(&mut self, pid: u32, asker: oneshot::Sender<Option<Outcome>>) {
        let Some(app) = self.running.get_mut(&pid) else {
            let known = self.gone.iter().find(|(other, _)| *other == pid);
            // An asker that went away needs no answer.
            return drop(asker.send(known.map(|(_, outcome)| outcome.clone())));
        };
        app.waiting.retain(|asker| !asker.is_closed());
        if app.waiting.len() < MAX_WAITING {
            app.waiting.push(asker);
        } else {
            drop(asker.send(None));
        }
    }

    /// Tells if an app fails; without a word when it ends well.
    pub(crate) fn tell_of_failure(&mut self, pid: u32) -> oneshot::Receiver<String> {
        let (asker, failed) = oneshot::channel();
        self.askers.insert(pid, asker);
        failed
    }

    /// What they find in their environment.
    pub(crate) fn env(&self) -> &SessionEnv {
        &self.env
    }

    /// How many run that were started here.
    pub(crate) fn running(&self) -> usize {
        self.running.len()
    }

    /// Takes note of an app's end.
    pub(crate) fn handle_ended(&mut self, ended: &AppEnded) {
        let Some(app) = self.running.remove(&ended.pid) else { return };
        let name = self.remember(ended, app);
        let asker = self.askers.remove(&ended.pid);
        if let (Ok(status), Some(asker)) = (&ended.status, asker)
            && !status.success()
        {
            // It may have waited long enough.
            let _ = asker.send(format!("'{name}' ended ({status})"));
        }
        match &ended.status {
            Ok(status) if status.success() || self.ending => info!(pid = ended.pid, app = %name, "app ended"),
            Ok(status) => warn!(pid = ended.pid, app = %name, %status, "app failed"),
            Err(error) => warn!(pid = ended.pid, app = %name, %error, "app lost"),
        }
    }

    /// Tells those who wait how an app ended, and keeps that for a while. Answers its name.
    fn remember(&mut self, ended: &AppEnded, Running { name, tail, waiting }: Running) -> String {
        let ending = match &ended.status {
            Ok(status) => Ending { well: status.success(), status: status.to_string() },
            Err(error) => Ending { well: false, status: error.to_string() },
        };
        let outcome = Outcome { name: name.clone(), ended: Some(ending), output: tail.lines() };
        for asker in waiting {
            // It may have waited long enough.
            let _ = asker.send(Some(outcome.clone()));
        }
        if self.gone.len() >= MAX_REMEMBERED {
            self.gone.pop_front();
        }
        self.gone.push_back((ended.pid, outcome));
        name
    }

    /// Whether something still runs that came from the first app, which has ended itself. What does not say
    /// where it comes from counts as well.
    pub(crate) fn first_left_something(&self) -> bool {
        let bus = self.bus.as_ref().map(Bus::pid);
        let of_another = |process: &Descendant| {
            self.running.contains_key(&process.child)
                || bus == Some(process.child)
                || processes::variable_of(process.pid, NUMBER).is_some_and(|number| number != "1")
        };
        self.guests().iter().any(|process| !of_another(process))
    }

    /// Whether something runs that apps started through their bus.
    pub(crate) fn bus_started_something(&self) -> bool {
        let Some(bus) = self.bus.as_ref().map(Bus::pid) else { return false };
        processes::descendants().iter().any(|process| process.child == bus && process.pid != bus)
    }

    /// Asks all apps to end, and what they left behind, waits a moment, and ends those that did not.
    pub(crate) async fn end_all(&mut self, ended: &mut mpsc::Receiver<AppEnded>) {
        self.ending = true;
        self.signal_all(Signal::TERM);
        let everybody_left = async {
            let mut look = time::interval(LOOK);
            while !self.guests().is_empty() {
                tokio::select! {
                    Some(report) = ended.recv() => self.handle_ended(&report),
                    _ = look.tick() => {}
                }
            }
        };
        if time::timeout(GRACE, everybody_left).await.is_err() {
            let late: HashSet<String> = self.guests().into_iter().map(|process| process.name).collect();
            warn!(apps = ?late, "not all apps ended when asked to; killing them");
        }
        self.signal_all(Signal::KILL);
    }

    /// Whole groups at once, so that none of an app's processes starts another meanwhile; then what has left
    /// its group.
    fn signal_all(&self, signal: Signal) {
        for pid in self.running.keys() {
            let group = i32::try_from(*pid).ok().and_then(Pid::from_raw);
            // It may have ended since: then there is nobody to signal.
            let _ = group.map(|group| kill_process_group(group, signal));
        }
        let others = self.guests().into_iter().filter(|process| !self.running.contains_key(&process.group));
        others.for_each(|process| processes::send(signal, process.pid));
    }

    /// All that runs in this session but for what serves it.
    fn guests(&self) -> Vec<Descendant> {
        let bus = self.bus.as_ref().map(Bus::pid);
        let serves = |process: &Descendant| {
            let is_server = compositor::SERVERS.contains(&process.name.as_str());
            process.pid == process.child && (is_server || bus == Some(process.pid))
        };
        processes::descendants().into_iter().filter(|process| !serves(process)).collect()
    }

    /// A bus that died is replaced before the next app starts.
    fn keep_bus(&mut self) {
        if self.bus.as_mut().is_some_and(|bus| !bus.runs()) {
            warn!("the session bus has died, and is started again");
            self.bus = Bus::start(&mut self.env);
        }
    }

    fn command(&self, program: &OsString, arguments: &[OsString], directory: Option<PathBuf>) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.env.apply_to(command.as_std_mut());
        if let Some(directory) = directory {
            command.current_dir(directory);
        }
        command
    }
}

async fn watch(mut child: Child, readers: Readers, pid: u32, ended: mpsc::Sender<AppEnded>) {
    let status = child.wait().await;
    readers.finish().await;
    // Nobody listens any more once the host ends.
    let _ = ended.send(AppEnded { pid, status }).await;
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
