//! What a host takes, and what viewers that come and go leave behind.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use dormer_tests::{Press, Session, Until, Viewer};

use crate::{
    Effort,
    numbers::{Sample, ms},
    table::Row,
};

/// A viewer is started ten times a second.
const PACE: Duration = Duration::from_millis(100);

/// Viewers are killed and restarted; each finds its windows.
pub(crate) fn restart(effort: Effort) -> Result<Vec<Row>> {
    let session = Session::start(&["--size", "1280x720"])?;
    let rounds = effort.of(100);
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        let (viewer, _) = Viewer::with_window(session.host.link())?;
        times.push(start.elapsed());
        viewer.kill()?;
        memory.push(session.host.usage()?.memory_kib);
        // Viewers that are gone hold their place until the host has asked them in vain: half a second.
        thread::sleep(PACE.saturating_sub(start.elapsed()));
    }
    let times: Sample = times.into_iter().collect();
    // Some that are gone are always still waited for, now one more, now one less, and each has a copy of the window: what is
    // usual must not rise.
    let usual = |rounds: &[u64]| {
        let mut rounds = rounds.to_vec();
        rounds.sort_unstable();
        rounds.get(rounds.len() / 2).copied().context("rounds ran")
    };
    let (first, second) = memory.split_at(memory.len() / 2);
    let (first, second) = (usual(first)?, usual(second)?);
    let growth = second as f64 / first as f64 - 1.0;
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
            "the same: host's memory after the first, median of the first half, of the second",
            format!("{}, {}, {} MiB", mib(memory[0]), mib(first), mib(second)),
            "flat",
            growth < 0.05,
        ),
    ])
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
