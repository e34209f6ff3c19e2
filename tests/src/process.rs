//! Child processes that never outlive their test, and what they use.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::Duration,
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

use crate::{binaries, wait};

/// How much of a log is shown when a test fails.
const LOG_TAIL: usize = 6000;

/// One child. Its log is shown if its test fails; it is killed when dropped.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its standard error in a log file below `directory`.
    pub fn start(name: &str, command: &mut Command, directory: &Path) -> Result<Self> {
        let log = directory.join(format!("{name}.stderr"));
        command.stderr(File::create(&log)?);
        let child = command.spawn().with_context(|| format!("{name} ({command:?}) does not start"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// The child itself, to take its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that it wrote to standard error.
    pub fn log(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for its end.
    pub fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        wait::until(deadline, &what, || self.ended())
    }

    /// Sends a signal, unless it has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.ended()?.is_none() {
            let pid = i32::try_from(self.pid())
                .ok()
                .and_then(Pid::from_raw)
                .context("a child's pid is positive")?;
            kill_process(pid, signal)?;
        }
        Ok(())
    }

    /// Kills it without a chance to clean up.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.child.wait()?;
        Ok(())
    }

    /// What it uses now.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child that cannot be killed has ended.
        let _ = self.kill();
        if binaries::is_test() {
            self.show_log();
        }
    }
}

impl Process {
    /// Tests show what they print only if they fail.
    #[expect(clippy::print_stderr, reason = "what libtest captures")]
    fn show_log(&self) {
        let log = self.log();
        let start = log.ceil_char_boundary(log.len().saturating_sub(LOG_TAIL));
        eprintln!("--- {} said:\n{}---", self.name, &log[start..]);
    }
}

/// What a process uses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Processor time of all its present threads since they started.
    pub cpu: Duration,
    /// Resident memory in KiB.
    pub memory_kib: u64,
}

impl Usage {
    /// Reads `/proc`. Scheduler statistics are exact to the nanosecond; `stat` counts in ticks of 10 ms.
    pub fn of(pid: u32) -> Result<Self> {
        let mut cpu = Duration::ZERO;
        for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else { continue };
            let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
            cpu += Duration::from_nanos(nanoseconds.context("schedstat begins with a number")?);
        }
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory_kib = memory.and_then(|field| field.trim().split(' ').next()?.parse().ok());
        Ok(Self { cpu, memory_kib: memory_kib.context("status names VmRSS")? })
    }
}
