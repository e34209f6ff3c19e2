//! Bytes on the wire for what people do most: typing, and scrolling text.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use dormer_tests::{
    Host, Press, Until, Viewer, Window,
    network::{Proxy, Shape},
    tools,
};

use crate::{
    Effort,
    numbers::{cores, kbit},
    table::Row,
};

const SIZE: (u32, u32) = (1280, 720);
/// Ten keys a second.
const PACE: Duration = Duration::from_millis(100);

/// Text typed into a terminal.
pub(crate) fn typing(effort: Effort) -> Result<Vec<Row>> {
    let what = "typing into a terminal, 10 keys/s, to the viewer";
    if !tools::present("typing", &["foot"]) {
        return Ok(vec![Row::skipped(what, "foot is not installed")]);
    }
    let host = Host::start(["foot", "--config=/dev/null", "cat"])?;
    let (proxy, mut viewer, window) = join(&host)?;
    let keys = effort.of(100);
    let (start, bytes, used) = (Instant::now(), proxy.bytes(), host.usage()?);
    for (number, letter) in ('a'..='z').cycle().take(keys as usize).enumerate() {
        viewer.key(window.track, &letter.to_string(), Press::Tap)?;
        thread::sleep((PACE * (number as u32 + 1)).saturating_sub(start.elapsed()));
    }
    let within = start.elapsed();
    let (down, up) = (proxy.bytes().0 - bytes.0, proxy.bytes().1 - bytes.1);
    let processor = cores(host.usage()?.cpu.saturating_sub(used.cpu), within);
    let rate = kbit(down, within);
    let exact = viewer.wait_for(Until::Exact(window.track), Duration::from_secs(2)).is_ok();
    Ok(vec![
        Row::goal(
            what,
            format!("{rate:.0} kbit/s, {}", if exact { "exact" } else { "not exact" }),
            "≤ 80 kbit/s, exact",
            rate <= 80.0 && exact,
        ),
        Row::told("the same, from the viewer", format!("{:.0} kbit/s", kbit(up, within))),
        Row::told("the same, host's processor", format!("{processor:.3} cores")),
    ])
}

/// A terminal that prints three lines thirty times a second.
pub(crate) fn scrolling(effort: Effort) -> Result<Vec<Row>> {
    let what = "scrolling text in a terminal, 1280×720, 3 lines 30 times/s";
    if !tools::present("scrolling", &["foot"]) {
        return Ok(vec![Row::skipped(what, "foot is not installed")]);
    }
    let directory = tempfile::tempdir()?;
    let (text, go) = (directory.path().join("text"), directory.path().join("go"));
    fs::write(&text, prose(20_000))?;
    let script = format!(
        "until [ -e {go} ]; do sleep 0.05; done; \
         n=0; while IFS= read -r line; do printf '%s\\n' \"$line\"; n=$((n+1)); \
         [ $((n % 3)) = 0 ] && sleep 0.0315; done < {text}",
        go = go.display(),
        text = text.display(),
    );
    let host = Host::start(["foot", "--config=/dev/null", "sh", "-c", &script])?;
    let (proxy, mut viewer, window) = join(&host)?;
    fs::write(&go, "")?;
    viewer.wait(Until::Changed(window.track))?;
    // The first screens fill, and rates are found.
    let _ = viewer.wait_for(Until::Closed(window.track), Duration::from_secs(3));

    let length = Duration::from_secs(effort.of(20).into());
    let (start, bytes, used) = (Instant::now(), proxy.bytes(), host.usage()?);
    let before = viewer.count("updates")?;
    // The window stays open: this only passes the time, at no cost.
    let _ = viewer.wait_for(Until::Closed(window.track), length);
    let (within, updates) = (start.elapsed(), viewer.count("updates")? - before);
    let rate = kbit(proxy.bytes().0 - bytes.0, within) / 1000.0;
    let processor = cores(host.usage()?.cpu.saturating_sub(used.cpu), within);
    let per_second = updates as f64 / within.as_secs_f64();
    Ok(vec![
        Row::goal(
            what,
            format!("{rate:.2} Mbit/s at {per_second:.0} updates/s"),
            "≤ 0.9 Mbit/s at 30/s",
            rate <= 0.9 && per_second >= 28.0,
        ),
        Row::told("the same, host's processor", format!("{processor:.2} cores")),
    ])
}

/// A viewer behind a network that only counts, with its one window at the size that rivals were measured
/// with.
fn join(host: &Host) -> Result<(Proxy, Viewer, Window)> {
    let proxy = Proxy::start(host.link(), Shape { queue: Duration::from_secs(1), ..Shape::default() })?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(host.link())?)?;
    viewer.activate(window.track)?;
    viewer.resize(window.track, SIZE.0, SIZE.1)?;
    viewer.wait(Until::Configured(window.track)).context("the terminal's new size")?;
    viewer.wait(Until::Exact(window.track))?;
    Ok((proxy, viewer, window))
}

/// Lines of words, none like another.
fn prose(lines: u32) -> String {
    const WORDS: [&str; 16] = [
        "window", "light", "through", "the", "of", "a", "roof", "glass", "and", "under", "house", "far",
        "street", "open", "evening", "quiet",
    ];
    let mut state = 1u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(state >> 60) as usize]
    };
    (0..lines).map(|line| format!("{line:>5} {}\n", [(); 14].map(|()| word()).join(" "))).collect()
}
