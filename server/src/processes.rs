//! All that runs below this process, from `/proc`. As a container's first process or as a subreaper, a host
//! keeps everything that its apps started below itself, also what went into the background.

use std::{fs, thread, time::Duration};

use rustix::process::{Pid, Signal, getpid, kill_process};

/// One process that runs below ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Descendant {
    /// Its number.
    pub pid: u32,
    /// The child of ours that it descends from, or is.
    pub child: u32,
    /// Its process group.
    pub group: u32,
    /// Its program's name, cut off after 15 bytes.
    pub name: String,
}

/// Those that run now. Such as have ended and wait for their parent do not count.
pub(crate) fn descendants() -> Vec<Descendant> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let stats: Vec<Stat> = numbers.filter_map(Stat::of).collect();
    below(std::process::id(), &stats)
}

/// What `name` is in the environment that a process was started with, if that can be read.
pub(crate) fn variable_of(pid: u32, name: &str) -> Option<String> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables =
        environment.split(|&byte| byte == 0).filter_map(|text| std::str::from_utf8(text).ok());
    variables.find_map(|text| text.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// Sends a signal, unless the process has ended or is not ours to signal.
pub(crate) fn send(signal: Signal, pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// How often what is left is killed: something may be starting more meanwhile.
const ROUNDS: u32 = 200;

/// Kills everything that still runs below this process, and waits for that. Blocks for a moment.
pub(crate) fn kill_all_that_is_left() {
    for _ in 0..ROUNDS {
        let left = descendants();
        if left.is_empty() {
            return;
        }
        left.iter().for_each(|process| send(Signal::KILL, process.pid));
        thread::sleep(Duration::from_millis(5));
    }
    tracing::warn!(
        processes = descendants().len(),
        pid = getpid().as_raw_nonzero(),
        "some processes cannot be killed"
    );
}

/// What `/proc/PID/stat` says.
#[derive(Clone, Debug)]
struct Stat {
    pid: u32,
    parent: u32,
    group: u32,
    name: String,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::parse(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name stands in parentheses and may hold any character, parentheses too.
    fn parse(pid: u32, text: &str) -> Option<Self> {
        let (head, fields) = text.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let mut fields = fields.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        let runs = !matches!(state, "Z" | "X" | "x");
        runs.then(|| Self { pid, parent, group, name: name.to_owned() })
    }
}

fn below(own: u32, stats: &[Stat]) -> Vec<Descendant> {
    let mut found: Vec<Descendant> = Vec::new();
    let mut parents = vec![(own, None)];
    while let Some((parent, child)) = parents.pop() {
        for stat in stats.iter().filter(|stat| stat.parent == parent) {
            // What was read bit by bit may go round in a circle.
            if found.iter().any(|known| known.pid == stat.pid) || stat.pid == own {
                continue;
            }
            let child = child.unwrap_or(stat.pid);
            parents.push((stat.pid, Some(child)));
            found.push(Descendant { pid: stat.pid, child, group: stat.group, name: stat.name.clone() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let stat = Stat::parse(7, "7 (a) S (b) R 3 4 5 0 -1").expect("well formed");
        assert_eq!((stat.name.as_str(), stat.parent, stat.group), ("a) S (b", 3, 4));
        assert!(Stat::parse(7, "7 (a) Z 3 4 5").is_none(), "it has ended");
        assert!(Stat::parse(7, "7 (a").is_none() && Stat::parse(7, "").is_none());
    }

    #[test]
    fn all_that_descends_from_a_process_is_found_with_the_child_it_comes_from() {
        let stat = |pid, parent| Stat { pid, parent, group: pid, name: String::new() };
        let stats =
            [stat(1, 0), stat(2, 1), stat(10, 1), stat(11, 10), stat(12, 11), stat(13, 10), stat(20, 2)];
        let mut found: Vec<_> = below(10, &stats).iter().map(|found| (found.pid, found.child)).collect();
        found.sort_unstable();
        assert_eq!(found, [(11, 11), (12, 11), (13, 13)]);
        assert_eq!(below(1, &[stat(1, 2), stat(2, 1)]).len(), 1, "a circle ends");
    }

    #[test]
    fn a_variable_is_read_where_it_can_be() {
        let path = std::env::var("PATH").expect("set");
        assert_eq!(variable_of(std::process::id(), "PATH"), Some(path));
        assert_eq!(variable_of(std::process::id(), "PAT"), None);
    }
}
