//! What a host takes, and what viewers that come and go leave behind.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use dormer_tests::{Press, Session, Until, Viewer};

use crate::{
    Effort,
    numbers::{Sample, ms},
    table::Row,
};

/// A viewer is started ten times a second.
const PACE: Duration = Duration::from_millis(100);

/// A host asks those that it has not heard of when another comes, and gives them up after half a second.
const GIVEN_UP: Duration = Duration::from_secs(2);

/// Viewers are killed and restarted; each finds its windows.
pub(crate) fn restart(effort: Effort) -> Result<Vec<Row>> {
    let session = Session::start(&["--size", "1280x720"])?;
    let rounds = effort.of(100);
    let mut times = Vec::new();
    let mut memory = vec![with_one_viewer(&session)?];
    for round in 1..=rounds {
        let start = Instant::now();
        let (viewer, _) = Viewer::with_window(session.host.link())?;
        times.push(start.elapsed());
        viewer.kill()?;
        thread::sleep(PACE.saturating_sub(start.elapsed()));
        if round == rounds / 2 || round == rounds {
            memory.push(with_one_viewer(&session)?);
        }
    }
    let times: Sample = times.into_iter().collect();
    let [first, half, all] = memory[..] else { bail!("{rounds} rounds are too few") };
    let growth = all as f64 / half as f64 - 1.0;
    Ok(vec![
        Row::goal(
            &format!(
                "viewer killed and restarted {rounds} times: start of the process → windows back, p50/max"
            ),
            format!("{:.0}/{:.0} ms", ms(times.p50()), ms(times.max())),
            "≤ 300 ms each",
            times.max() <= Duration::from_millis(300),
        ),
        Row::goal(
            "the same: host's memory with one viewer, before, after half of them, after all",
            format!("{}, {}, {} MiB", mib(first), mib(half), mib(all)),
            "flat",
            growth < 0.05,
        ),
    ])
}

/// The host's memory in KiB while one viewer is there, and those before it are given up: how many of them are
/// still waited for would else decide, since each has a copy of the window.
fn with_one_viewer(session: &Session) -> Result<u64> {
    let (viewer, _) = Viewer::with_window(session.host.link())?;
    thread::sleep(GIVEN_UP);
    let memory = session.host.usage()?.memory_kib;
    viewer.kill()?;
    Ok(memory)
}

/// A host with one large window and one viewer.
pub(crate) fn memory(_: Effort) -> Result<Vec<Row>> {
    let session = Session::start(&["--size", "1920x1080"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    for number in 1..=50 {
        viewer.key(window.track, "a", Press::Tap)?;
        viewer.code_until(window.track, |code| code.input == number)?;
    }
    viewer.wait(Until::Exact(window.track))?;
    let kib = session.host.usage()?.memory_kib;
    let viewer_kib = viewer.usage()?.memory_kib;
    Ok(vec![
        Row::goal(
            "host's memory with one 1080p window",
            format!("{} MiB", mib(kib)),
            "≤ 60 MiB",
            kib <= 60 << 10,
        ),
        Row::told("viewer's memory with it, headless", format!("{} MiB", mib(viewer_kib))),
    ])
}

fn mib(kib: u64) -> String {
    format!("{:.1}", kib as f64 / 1024.0)
}
