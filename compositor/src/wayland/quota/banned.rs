//! Processes whose connections had to be shut, since nothing else ended their requests: each time that takes
//! the loop's time from everybody, so they wait before they may connect again, longer from time to time.

use std::{collections::HashMap, time::Duration};

use media::Timestamp;
use rustix::process::Pid;

use crate::wayland::quota::clients::Full;

/// How long a process waits after the first time, and at most; it doubles in between.
const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// After so long without another time, all is forgotten. The system uses numbers of processes again.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);

/// How many processes are remembered; the one that comes free first makes room.
const MOST: usize = 1024;

/// Processes that wait.
#[derive(Debug, Default)]
pub(crate) struct Barred(HashMap<Pid, Bar>);

#[derive(Clone, Copy, Debug)]
struct Bar {
    times: u32,
    until: Timestamp,
}

impl Barred {
    /// A connection of this process had to be shut. How long it waits now.
    pub(in crate::wayland) fn shut(&mut self, now: Timestamp, process: Pid) -> Duration {
        self.0.retain(|_, bar| now < bar.until + FORGOTTEN);
        if self.0.len() >= MOST
            && let Some(first) = self.0.iter().min_by_key(|(_, bar)| bar.until).map(|(process, _)| *process)
        {
            self.0.remove(&first);
        }
        let bar = self.0.entry(process).or_insert(Bar { times: 0, until: now });
        bar.times = bar.times.saturating_add(1);
        let doubled = 1_u32.checked_shl(bar.times - 1).unwrap_or(u32::MAX);
        let wait = FIRST.saturating_mul(doubled).min(LONGEST);
        bar.until = now + wait;
        wait
    }

    /// Whether a process may connect.
    pub(in crate::wayland) fn check(&self, now: Timestamp, process: Pid) -> Result<(), Full> {
        match self.0.get(&process) {
            Some(bar) if now < bar.until => {
                Err(Full::Barred { times: bar.times, left: bar.until.since(now) })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(number: i32) -> Pid {
        Pid::from_raw(number).expect("positive")
    }

    #[test]
    fn each_time_a_process_waits_twice_as_long_and_others_do_not() {
        let (mut barred, mut now) = (Barred::default(), Timestamp(1_000_000));
        for (times, seconds) in [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 320), (7, 640), (8, 900)] {
            barred.shut(now, process(7));
            let wait = Duration::from_secs(seconds);
            assert_eq!(barred.check(now, process(7)), Err(Full::Barred { times, left: wait }));
            assert_eq!(barred.check(now, process(8)), Ok(()));
            now = now + wait;
            assert_eq!(barred.check(now, process(7)), Ok(()));
        }
        barred.shut(now + LONGEST + FORGOTTEN, process(7));
        assert!(matches!(
            barred.check(now + LONGEST + FORGOTTEN, process(7)),
            Err(Full::Barred { times: 1, .. })
        ));
    }

    #[test]
    fn not_more_than_so_many_are_remembered_and_the_newest_are() {
        let mut barred = Barred::default();
        for number in 1..=3000 {
            barred.shut(Timestamp(number as u64), process(number));
        }
        assert_eq!(barred.0.len(), MOST);
        assert!(barred.check(Timestamp(3000), process(3000)).is_err());
    }
}
