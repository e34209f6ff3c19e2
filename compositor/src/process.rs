//! Processes of apps: what they do, and their end.

use std::{fs, path::PathBuf, time::Duration};

use rustix::process::{Pid, Signal, kill_process};

/// What `/proc` counts time in; the same on every machine that Linux runs on today.
const TICKS_PER_SECOND: u64 = 100;

/// A process, which is not mistaken for one that has got its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pid: Pid,
    /// When it began, in ticks since the machine did.
    began: u64,
}

/// What a process with all of its threads does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    /// How long it has had processors.
    pub(crate) time: Duration,
    pub(crate) doing: Doing,
}

/// What it does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// All of its threads wait for something to happen, or somebody has stopped it.
    Nothing,
    /// A thread waits for the disk or the like, none works.
    Blocked,
    /// A thread works, or would if it had a processor.
    Works,
}

impl Process {
    /// The one with this number now, unless it is this one.
    pub(crate) fn of(pid: Pid) -> Option<Self> {
        if pid == rustix::process::getpid() {
            return None;
        }
        let began = read(&PathBuf::from(format!("/proc/{}/stat", pid.as_raw_nonzero())))?.began;
        Some(Self { pid, began })
    }

    /// Its number.
    pub(crate) fn pid(self) -> Pid {
        self.pid
    }

    /// What it does; `None` if it is gone, or nothing tells.
    pub(crate) fn look(self) -> Option<Activity> {
        let folder = PathBuf::from(format!("/proc/{}", self.pid.as_raw_nonzero()));
        let all = read(&folder.join("stat")).filter(|stat| stat.began == self.began)?;
        let threads = fs::read_dir(folder.join("task")).ok()?.flatten();
        let doing = threads.filter_map(|thread| read(&thread.path().join("stat"))).map(|stat| stat.doing);
        // A process that has just ended has no threads.
        let doing = doing.max_by_key(|doing| *doing as u8).unwrap_or(all.doing);
        Some(Activity { time: all.time, doing })
    }

    /// Ends it, whatever it does.
    pub(crate) fn kill(self) {
        if self.look().is_none() {
            return;
        }
        if let Err(error) = kill_process(self.pid, Signal::KILL) {
            tracing::debug!(%error, pid = self.pid.as_raw_nonzero(), "a process cannot be ended");
        }
    }
}

/// What the kernel says of a process or thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    doing: Doing,
    time: Duration,
    began: u64,
}

fn read(path: &PathBuf) -> Option<Stat> {
    parse(&fs::read_to_string(path).ok()?)
}

/// The state is the third field, the times are the 14th and 15th, its beginning is the 22nd; the second is a
/// name that may hold anything.
fn parse(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at - 3)?.parse::<u64>().ok();
    let doing = match *fields.first()? {
        "R" => Doing::Works,
        "D" => Doing::Blocked,
        _ => Doing::Nothing,
    };
    let ticks = number(14)?.checked_add(number(15)?)?;
    let time = Duration::from_millis(ticks.saturating_mul(1000 / TICKS_PER_SECOND));
    Some(Stat { doing, time, began: number(22)? })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_name_is() {
        let line = "7 (a) R (b) T 1 7 7 0 -1 4194304 99 0 0 0 12 34 0 0 20 0 1 0 66591 3133440";
        let time = Duration::from_millis(460);
        assert_eq!(parse(line), Some(Stat { doing: Doing::Nothing, time, began: 66591 }));
        assert_eq!(parse(&line.replace(") T 1", ") R 1")).map(|stat| stat.doing), Some(Doing::Works));
        assert_eq!(parse("7 (a) S 1"), None);
    }

    #[test]
    fn a_process_is_ended_once_and_nobody_else_in_its_place() {
        let mut child = Command::new("sleep").arg("1000").spawn().expect("a process");
        let pid = Pid::from_child(&child);
        let process = Process::of(pid).expect("it is there");
        Process { began: process.began + 1, ..process }.kill();
        assert!(process.look().is_some(), "that was another");
        process.kill();
        assert!(!child.wait().expect("its end").success());
        assert_eq!(process.look(), None);
        assert_eq!(Process::of(rustix::process::getpid()), None, "we are nobody's app");
    }
}
