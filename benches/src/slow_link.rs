//! Two viewers of one session, one of them behind a slow, long link.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use dormer_tests::{
    Press, Session, Track, Until, Viewer,
    network::{Proxy, Shape},
    testapp::{Entry, now_us},
};

use crate::{Effort, numbers::Sample, table::Row};

/// 2 Mbit/s, 100 ms round trip, a queue of 200 ms.
const SLOW: Shape = Shape {
    rate: Some(2_000_000),
    delay: Duration::from_millis(50),
    loss: 0.0,
    queue: Duration::from_millis(200),
    cut: false,
};
/// Ten keys a second: faster than people type.
const PACE: Duration = Duration::from_millis(100);

/// What a viewer showed, and when (microseconds of the monotonic clock).
#[derive(Clone, Copy, Debug)]
struct Seen {
    at: u64,
    input: u32,
}

pub(crate) fn run(effort: Effort) -> Result<Vec<Row>> {
    let session = Session::start(&["--size", "1280x720"])?;
    let proxy = Proxy::start(session.host.link(), SLOW)?;
    let (mut fast, window) = Viewer::with_window(session.host.link())?;
    let (mut slow, _) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    slow.wait(Until::Exact(window.track))?;

    let stop = Arc::new(AtomicBool::new(false));
    let watcher = {
        let (stop, track) = (stop.clone(), window.track);
        thread::spawn(move || watch(&mut slow, track, &stop))
    };
    let typed = type_keys(&mut fast, window.track, effort.of(100));
    stop.store(true, Ordering::Relaxed);
    let seen = watcher.join().map_err(|_| anyhow!("the watching thread panicked"))?;
    let ((answers, lost), seen) = (typed?, seen?);

    let oldest = oldest(&seen, now_us(), &session.entries()?)?;
    Ok(vec![
        Row::goal(
            "two viewers: keys whose answer the fast one did not show",
            lost.to_string(),
            "0",
            lost == 0,
        ),
        Row::told("two viewers: key → picture in the fast one, with screenshots", answers.text()),
        Row::goal(
            "two viewers: oldest picture behind 2 Mbit/s and 100 ms, typing",
            format!("{:.0} ms ({} packets dropped)", oldest.as_secs_f64() * 1000.0, proxy.dropped()),
            "≤ 500 ms",
            oldest <= Duration::from_millis(500),
        ),
    ])
}

/// Types at a steady pace; answers how long each took to show, and how many were not shown before the next.
fn type_keys(viewer: &mut Viewer, track: Track, count: u32) -> Result<(Sample, u32)> {
    let (mut times, mut lost) = (Vec::new(), 0);
    for number in 1..=count {
        let start = Instant::now();
        viewer.key(track, "a", Press::Tap)?;
        while start.elapsed() < PACE {
            let _ = viewer.wait_for(Until::Changed(track), PACE.saturating_sub(start.elapsed()));
            if viewer.code(track)?.is_some_and(|code| code.input == number) {
                times.push(start.elapsed());
                break;
            }
        }
        lost += u32::from(times.len() as u32 + lost < number);
        thread::sleep(PACE.saturating_sub(start.elapsed()));
    }
    Ok((times.into_iter().collect(), lost))
}

fn watch(viewer: &mut Viewer, track: Track, stop: &AtomicBool) -> Result<Vec<Seen>> {
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let _ = viewer.wait_for(Until::Changed(track), Duration::from_millis(500));
        let code = viewer.code(track)?.context("a viewer never shows half an update")?;
        seen.push(Seen { at: now_us(), input: code.input });
    }
    Ok(seen)
}

/// A picture is old from the moment that the app has painted a newer one until the viewer shows that or a
/// still newer. What the viewer showed last it showed until `end`.
fn oldest(seen: &[Seen], end: u64, entries: &[Entry]) -> Result<Duration> {
    let painted = |number: u32| {
        entries.iter().find_map(|entry| match entry {
            Entry::Reaction { input, committed, .. } if *input == number => Some(*committed),
            _ => None,
        })
    };
    let ends = seen.iter().skip(1).map(|next| next.at).chain([end]);
    let ages = seen
        .iter()
        .zip(ends)
        .filter_map(|(shown, until)| Some(until.saturating_sub(painted(shown.input + 1)?)));
    ages.max().map(Duration::from_micros).context("the slow viewer was not seen to be behind at any time")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(input: u32, committed: u64) -> Entry {
        Entry::Reaction { input, frame: input, received: committed, committed }
    }

    #[test]
    fn a_picture_is_old_until_a_newer_one_is_shown() {
        let seen = [Seen { at: 100, input: 0 }, Seen { at: 500, input: 1 }, Seen { at: 900, input: 2 }];
        let entries = [painted(1, 200), painted(2, 600)];
        assert_eq!(oldest(&seen, 1000, &entries).expect("seen"), Duration::from_micros(300));
    }

    #[test]
    fn a_viewer_that_stopped_is_behind_to_the_end() {
        let entries = [painted(1, 200)];
        let stuck = [Seen { at: 100, input: 0 }];
        assert_eq!(oldest(&stuck, 5000, &entries).expect("seen"), Duration::from_micros(4800));
        assert!(oldest(&[], 5000, &entries).is_err(), "nothing was looked at");
    }
}
