//! A window full of motion.

use std::time::{Duration, Instant};

use anyhow::Result;
use dormer_tests::{Code, Session, Until, Viewer, testapp::Entry};

use crate::{
    Effort,
    numbers::{cores, kbit},
    proxy::{Proxy, Shape},
    table::Row,
};

pub(crate) fn run(effort: Effort) -> Result<Vec<Row>> {
    let mut session = Session::start(&["--size", "1280x720", "--motion", "30"])?;
    let proxy =
        Proxy::start(session.host.link(), Shape { queue: Duration::from_secs(1), ..Shape::default() })?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    // Motion must be recognised before it is measured.
    viewer.code_until(window.track, |code| code.frame > 60)?;

    let length = Duration::from_secs(effort.of(20).into());
    let (host, view) = (session.host.usage()?, viewer.usage()?);
    let (start, bytes, first) = (Instant::now(), proxy.bytes().0, session.app.code()?);
    let presented = viewer.count("presented")?;
    // The window stays open: this only passes the time, at no cost.
    let _ = viewer.wait_for(Until::Closed(window.track), length);
    let (within, last, updates) =
        (start.elapsed(), session.app.code()?, viewer.count("presented")? - presented);
    let host_used = cores(session.host.usage()?.cpu.saturating_sub(host.cpu), within);
    let view_used = cores(viewer.usage()?.cpu.saturating_sub(view.cpu), within);
    let rate = kbit(proxy.bytes().0 - bytes, within) / 1000.0;
    let per_second = updates as f64 / within.as_secs_f64();
    let made = f64::from(last.frame - first.frame) / within.as_secs_f64();

    session.app.motion(None)?;
    let at_rest = rest(&mut session, &mut viewer, &window)?;
    let both = host_used + view_used;
    Ok(vec![
        Row::goal(
            "1280×720, 30 fps: updates presented",
            format!("{per_second:.1}/s of {made:.1}/s made"),
            "≥ 29/s",
            per_second >= 29.0,
        ),
        Row::goal(
            "1280×720, 30 fps: processor, host + viewer",
            format!("{both:.2} cores ({host_used:.2} + {view_used:.2})"),
            "≤ 1 core",
            both <= 1.0,
        ),
        Row::told("1280×720, 30 fps: to the viewer", format!("{rate:.1} Mbit/s")),
        Row::goal(
            "after motion: every pixel the app's",
            format!("{:.0} ms", at_rest.as_secs_f64() * 1000.0),
            "≤ 2000 ms",
            at_rest <= Duration::from_secs(2),
        ),
    ])
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
