//! Processes of apps: what they do, and their end.

use std::{fs, path::PathBuf, time::Duration};

use rustix::{
    process::{Pid, Signal, kill_process},
    time::{ClockId, clock_gettime},
};

/// What `/proc` counts time in; the same on every machine that Linux runs on today.
const TICKS_PER_SECOND: u64 = 100;

/// A process, which is not mistaken for one that has got its number later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pid: Pid,
    /// When it began, in ticks since the machine did.
    began: u64,
}

/// So many ancestors of a process are looked at.
const ANCESTORS: usize = 256;

/// A moment as processes' beginnings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(u64);

impl Moment {
    /// This one.
    pub(crate) fn now() -> Self {
        let time = clock_gettime(ClockId::Boottime);
        let whole = |part: i64| u64::try_from(part).unwrap_or(0);
        Self(whole(time.tv_sec) * TICKS_PER_SECOND + whole(time.tv_nsec) / (1_000_000_000 / TICKS_PER_SECOND))
    }
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
    /// Somebody has stopped all of its threads.
    Stopped,
    /// All of its threads wait for something to happen, or are stopped.
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

    /// Whether it began since `moment`.
    pub(crate) fn is_since(self, moment: Moment) -> bool {
        self.began >= moment.0
    }

    /// Whether it began since `moment` and is what `by` started, or what the host started since then: by a
    /// viewer's wish, or in place of a launcher that has ended.
    pub(crate) fn led_to_by(self, by: Option<Process>, moment: Moment) -> bool {
        let mut all_since = self.is_since(moment);
        if !all_since {
            return false;
        }
        let mut at = self.pid;
        for _ in 0..ANCESTORS {
            let Some(stat) = read(&PathBuf::from(format!("/proc/{}/stat", at.as_raw_nonzero()))) else {
                return false;
            };
            if at != self.pid {
                if by == Some(Process { pid: at, began: stat.began }) {
                    return true;
                }
                all_since &= stat.began >= moment.0;
            }
            match Pid::from_raw(stat.parent) {
                Some(parent) if parent != Pid::INIT && parent != rustix::process::getpid() => at = parent,
                // Whoever came into the container from outside has no parent in it.
                _ => return all_since,
            }
        }
        false
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
    /// The number of its parent, 0 if that is none of this container.
    parent: i32,
}

fn read(path: &PathBuf) -> Option<Stat> {
    parse(&fs::read_to_string(path).ok()?)
}

/// The state is the third field, the parent the fourth, the times are the 14th and 15th, its beginning is the
/// 22nd; the second is a name that may hold anything.
fn parse(line: &str) -> Option<Stat> {
    let (_, rest) = line.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at - 3)?.parse::<u64>().ok();
    let doing = match *fields.first()? {
        "R" => Doing::Works,
        "D" => Doing::Blocked,
        "T" | "t" => Doing::Stopped,
        _ => Doing::Nothing,
    };
    let ticks = number(14)?.checked_add(number(15)?)?;
    let time = Duration::from_millis(ticks.saturating_mul(1000 / TICKS_PER_SECOND));
    let parent = fields.get(1)?.parse().ok()?;
    Some(Stat { doing, time, began: number(22)?, parent })
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };

    use super::*;

    #[test]
    fn a_line_is_read_whatever_the_name_is() {
        let line = "7 (a) R (b) T 1 7 7 0 -1 4194304 99 0 0 0 12 34 0 0 20 0 1 0 66591 3133440";
        let time = Duration::from_millis(460);
        assert_eq!(parse(line), Some(Stat { doing: Doing::Stopped, time, began: 66591, parent: 1 }));
        assert_eq!(parse(&line.replace(") T 1", ") S 1")).map(|stat| stat.doing), Some(Doing::Nothing));
        assert_eq!(parse(&line.replace(") T 1", ") R 1")).map(|stat| stat.doing), Some(Doing::Works));
        assert_eq!(parse("7 (a) S 1"), None);
    }

    #[test]
    fn what_a_process_started_is_led_to_by_it_and_by_nobody_else() {
        let script = "sleep 1000 & echo $!; wait";
        let mut shell = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().expect("sh");
        let mut line = String::new();
        BufReader::new(shell.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let number = line.trim().parse().ok().and_then(Pid::from_raw).expect("a number");
        let started = Process::of(number).expect("it is there");
        let by = Process::of(Pid::from_child(&shell)).expect("it is there");
        let mut other = Command::new("sleep").arg("1000").spawn().expect("a process");
        let stranger = Process::of(Pid::from_child(&other)).expect("it is there");

        assert!(started.led_to_by(Some(by), Moment(started.began)), "the shell led to it");
        assert!(started.led_to_by(None, Moment(by.began)), "the host has started both");
        assert!(!started.led_to_by(Some(by), Moment(started.began + 1)), "it was there before");
        let late = Process { began: by.began + 1, ..started };
        assert!(late.led_to_by(Some(by), Moment(by.began + 1)));
        assert!(!late.led_to_by(Some(stranger), Moment(by.began + 1)), "the shell was there before");
        started.kill();
        by.kill();
        stranger.kill();
        let _ = (shell.wait(), other.wait());
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
