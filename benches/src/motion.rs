//! A window full of motion.

use std::{
    fs::File,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::Result;
use dormer_tests::{
    Code, Display, Process, Session, Until, Viewer, binaries,
    network::{Proxy, Shape},
    testapp::Entry,
    tools, wait,
};
use serde_json::Value;

use crate::{
    Effort,
    numbers::{cores, kbit, ms},
    table::Row,
};

const SIZE: (u32, u32) = (1280, 720);

pub(crate) fn run(effort: Effort) -> Result<Vec<Row>> {
    let mut rows = on_a_display(effort)?;
    rows.extend(headless(effort)?);
    Ok(rows)
}

/// The native viewer, which decodes and draws on a virtual display.
fn on_a_display(effort: Effort) -> Result<Vec<Row>> {
    let what = "1280×720, 30 fps, native viewer";
    if !tools::present("motion on a display", &["Xvfb"]) {
        return Ok(vec![Row::skipped(what, "Xvfb is not installed")]);
    }
    let mut session = session()?;
    let display = Display::xvfb(SIZE.0, SIZE.1)?;
    let stats = session.host.file("stats");
    let mut command = Command::new(&binaries()?.view);
    command.arg("--stats").arg(session.host.link()).stdout(File::create(&stats)?);
    command.env("DISPLAY", display.name()).env_remove("WAYLAND_DISPLAY");
    let viewer = Process::start("dormer-view", &mut command, session.host.directory())?;
    let reports = || -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(&stats)?;
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    };
    // Motion must be recognised before it is measured.
    let skipped = wait::until(wait::PATIENCE, "some seconds of motion", || {
        let seen = reports()?.len();
        Ok((seen >= 5).then_some(seen))
    })?;

    let seconds = effort.of(20) as usize;
    let (host, view, start) = (session.host.usage()?, viewer.usage()?, Instant::now());
    let first = session.app.code()?;
    let all = wait::until(Duration::from_secs(60), "reports of the viewer", || {
        let all = reports()?;
        Ok((all.len() >= skipped + seconds).then_some(all))
    })?;
    let (within, last) = (start.elapsed(), session.app.code()?);
    let used =
        [session.host.usage()?.cpu.saturating_sub(host.cpu), viewer.usage()?.cpu.saturating_sub(view.cpu)];
    let figure = |report: &Value, name: &str| report[name].as_f64().unwrap_or_default();
    let measured = &all[skipped..skipped + seconds];
    let mean =
        |name: &str| measured.iter().map(|report| figure(report, name)).sum::<f64>() / measured.len() as f64;
    let made = f64::from(last.frame - first.frame) / within.as_secs_f64();
    Ok(vec![frames(what, mean("presented_s"), made), processor(what, used.map(|used| cores(used, within)))])
}

/// The headless viewer, which decodes and compares.
fn headless(effort: Effort) -> Result<Vec<Row>> {
    let what = "1280×720, 30 fps, headless viewer";
    let mut session = session()?;
    let proxy =
        Proxy::start(session.host.link(), Shape { queue: Duration::from_secs(1), ..Shape::default() })?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    // Motion must be recognised before it is measured.
    viewer.code_until(window.track, |code| code.frame > 90)?;

    let length = Duration::from_secs(effort.of(20).into());
    let (host, view) = (session.host.usage()?, viewer.usage()?);
    let (start, bytes, first) = (Instant::now(), proxy.bytes().0, session.app.code()?);
    let updates = viewer.count("updates")?;
    // The window stays open: this only passes the time, at no cost.
    let _ = viewer.wait_for(Until::Closed(window.track), length);
    let (within, last, updates) = (start.elapsed(), session.app.code()?, viewer.count("updates")? - updates);
    let used =
        [session.host.usage()?.cpu.saturating_sub(host.cpu), viewer.usage()?.cpu.saturating_sub(view.cpu)];
    let rate = kbit(proxy.bytes().0 - bytes, within) / 1000.0;
    let made = f64::from(last.frame - first.frame) / within.as_secs_f64();

    session.app.motion(None)?;
    let at_rest = rest(&mut session, &mut viewer, &window)?;
    Ok(vec![
        frames(what, updates as f64 / within.as_secs_f64(), made),
        processor(what, used.map(|used| cores(used, within))),
        Row::told(&format!("{what}: on the wire"), format!("{rate:.1} Mbit/s")),
        Row::goal(
            "after motion: every pixel the app's",
            format!("{:.0} ms", ms(at_rest)),
            "≤ 2000 ms",
            at_rest <= Duration::from_secs(2),
        ),
    ])
}

fn session() -> Result<Session> {
    Session::start(&["--size", &format!("{}x{}", SIZE.0, SIZE.1), "--motion", "30"])
}

fn frames(what: &str, shown: f64, made: f64) -> Row {
    let measured = format!("{shown:.1}/s of {made:.1}/s made");
    Row::goal(&format!("{what}: updates presented"), measured, "≥ 29/s", shown >= 29.0)
}

fn processor(what: &str, [host, viewer]: [f64; 2]) -> Row {
    let both = host + viewer;
    let measured = format!("{both:.2} cores ({host:.2} + {viewer:.2})");
    Row::goal(&format!("{what}: processor, host + viewer"), measured, "≤ 1 core", both <= 1.0)
}

/// From the app's last commit until the viewer holds its exact pixels.
fn rest(session: &mut Session, viewer: &mut Viewer, window: &dormer_tests::Window) -> Result<Duration> {
    let last = session.dump()?;
    viewer.code_until(window.track, |code| code == last.0)?;
    viewer.wait(Until::Exact(window.track))?;
    let exact = dormer_tests::testapp::now_us();
    let shown = viewer.screenshot(window.track)?;
    anyhow::ensure!(Code::of(&shown) == Some(last.0), "the app went on to move");
    anyhow::ensure!(
        shown.differing(&last.1) == 0,
        "{} pixels differ although exact",
        shown.differing(&last.1)
    );
    let committed = session.entries()?.into_iter().rev().find_map(|entry| match entry {
        Entry::Frame { at, .. } => Some(at),
        _ => None,
    });
    Ok(Duration::from_micros(exact.saturating_sub(committed.unwrap_or(exact))))
}
