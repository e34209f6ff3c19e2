//! The host's clock, and what a thread has worked.

use std::{fs, path::PathBuf, time::Duration};

pub(crate) use ::clock::now;
use rustix::time::{ClockId, clock_gettime};

/// How long this thread has had a processor. It stands still while others have it, so it tells how much work
/// there was, however busy the machine is.
pub(crate) fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What `/proc` counts time in; the same on every machine that Linux runs on today.
const TICKS_PER_SECOND: u64 = 100;

/// How long a thread or process has had a processor, as others see it.
#[derive(Debug)]
pub(crate) struct Worked(Option<PathBuf>);

/// How it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work {
    /// How long it has had a processor.
    pub(crate) time: Duration,
    /// Whether it waits for something to happen; not for a processor, the disk, or whoever stopped it.
    pub(crate) asleep: bool,
}

impl Worked {
    /// Of the thread that asks.
    pub(crate) fn of_this_thread() -> Self {
        // It names the process and the thread.
        Self(
            fs::read_link("/proc/thread-self")
                .ok()
                .map(|link| PathBuf::from("/proc").join(link).join("stat")),
        )
    }

    /// Of all threads of a process together.
    pub(crate) fn of_process(id: u32) -> Self {
        Self(Some(PathBuf::from(format!("/proc/{id}/stat"))))
    }

    /// What it has done until now; `None` where nothing tells.
    pub(crate) fn look(&self) -> Option<Work> {
        read_stat(&fs::read_to_string(self.0.as_ref()?).ok()?)
    }
}

/// The state is the third field and the times are the 14th and 15th; the second is a name that may hold
/// anything.
fn read_stat(line: &str) -> Option<Work> {
    let (_, rest) = line.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let asleep = fields.next()? == "S";
    let mut time = fields.skip(10);
    let mut ticks = || time.next()?.parse::<u64>().ok();
    let ticks = ticks()?.checked_add(ticks()?)?;
    Some(Work { time: Duration::from_millis(ticks.saturating_mul(1000 / TICKS_PER_SECOND)), asleep })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_waits_has_not_worked() {
        let (worked_before, began) = (worked(), now());
        // Waits for as long as work would be noticed.
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        assert!(receiver.recv_timeout(Duration::from_millis(60)).is_err());
        let (work, passed) = (worked() - worked_before, now().since(began));
        assert!(work * 2 < passed, "{work:?} of {passed:?}");
    }

    #[test]
    fn others_see_a_thread_work() {
        let (work, told) = (Worked::of_this_thread(), std::sync::mpsc::channel());
        let before = work.look().expect("/proc tells").time;
        while worked() < before + Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        std::thread::scope(|scope| {
            scope.spawn(|| told.0.send(work.look()));
        });
        let seen = told.1.recv().expect("an answer").expect("/proc tells").time;
        assert!(seen >= before + Duration::from_millis(30), "{before:?} {seen:?}");
    }

    #[test]
    fn a_stat_line_is_read_whatever_the_name_is() {
        let line = "7 (a) S (b) S 1 7 7 0 -1 4194304 99 0 0 0 12 34 0 0 20 0 1 0 66591 3133440";
        let read = read_stat(line).expect("a line");
        assert_eq!(read, Work { time: Duration::from_millis(460), asleep: true });
        assert!(!read_stat(&line.replace(") S 1", ") R 1")).expect("a line").asleep);
        assert_eq!(read_stat("7 (a) S 1"), None);
    }
}
