//! Networks fail: a viewer says so, keeps its windows, and goes on where it was as soon as it can.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Code, Desktop, Host, HostOptions, Press, Session, Until, Viewer, binaries,
    network::{Proxy, Shape},
    testapp::Entry,
    tools,
    wait::{self, PATIENCE},
};

const CUT: Shape =
    Shape { delay: Duration::ZERO, rate: None, loss: 0.0, queue: Duration::from_millis(200), cut: true };

/// Keys by their places.
const A: u32 = 30;
const B: u32 = 48;
const C: u32 = 46;
const SHIFT: u32 = 42;

/// A link outlives this long an outage: shorter than any time-out.
const SHORT: Duration = Duration::from_millis(3900);

#[test]
fn a_lost_link_is_told_to_scripts_and_made_again_with_the_same_windows() -> Result<()> {
    let (mut session, proxy) = behind_a_network()?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    viewer.wait(Until::Exact(window.track))?;
    proxy.reshape(CUT);
    wait::until(PATIENCE, "the end of the link", || {
        Ok((state(&mut viewer)? == "reconnecting").then_some(()))
    })?;
    let kept = viewer.window(window.track)?;
    ensure!(kept.title == window.title && !kept.exact, "nobody knows what the app shows now: {kept:?}");
    ensure!(viewer.key(window.track, "a", Press::Tap).is_err(), "a key that goes nowhere is no success");

    // Meanwhile the app paints something else.
    session.app.motion(Some(30))?;
    wait::until(PATIENCE, "frames that nobody sees", || Ok((session.app.code()?.frame > 20).then_some(())))?;
    session.app.motion(None)?;
    proxy.reshape(Shape::default());
    wait::until(PATIENCE, "a new link", || Ok((state(&mut viewer)? == "live").then_some(())))?;
    viewer.wait(Until::Exact(window.track))?;
    let (code, own) = session.dump()?;
    viewer.code_until(window.track, |seen| seen == code)?;
    viewer.wait(Until::Exact(window.track))?;
    ensure!(viewer.screenshot(window.track)?.differing(&own) == 0, "the picture is not the app's");
    viewer.key(window.track, "a", Press::Tap)?;
    viewer.code_until(window.track, |code| code.input == 1)?;
    Ok(())
}

#[test]
fn a_lost_link_is_seen_in_the_native_viewer_and_made_again_with_the_same_windows() -> Result<()> {
    if !tools::present("a lost link of the native viewer", &["Xvfb", "openbox", "xdotool"]) {
        return Ok(());
    }
    let (session, proxy) = behind_a_network()?;
    let desktop = Desktop::managed()?;
    let _native = desktop.view_with(&proxy.link(session.host.link())?, &[])?;
    let window = desktop.window("Dormer test app")?;
    let code_on_display = || Ok(Code::find(&desktop.display().grab()?).map(|(_, _, code)| code));
    wait::until(PATIENCE, "the picture", code_on_display)?;
    let light = || -> Result<u64> {
        let (place, grab) = (desktop.place(window)?, desktop.display().grab()?);
        let (left, top) = (usize::try_from(place.x)? + 200, usize::try_from(place.y)? + 200);
        let pixels = (0..100).flat_map(|y| (0..100).map(move |x| (left + x, top + y)));
        Ok(pixels.filter_map(|(x, y)| grab.luma(x, y)).map(u64::from).sum())
    };
    let bright = light()?;
    proxy.reshape(CUT);
    wait::until(PATIENCE, "a title that says so", || {
        Ok(desktop.title(window)?.ends_with("reconnecting…").then_some(()))
    })?;
    wait::until(PATIENCE, "a dimmed picture", || {
        // Half as bright, but for rounding.
        Ok((light()? * 2).abs_diff(bright).le(&(bright / 20)).then_some(()))
    })?;

    desktop.focus(window)?;
    desktop.xdotool(&["key", "b", "c"])?;

    proxy.reshape(Shape::default());
    wait::until(PATIENCE, "the title as it was", || {
        Ok((desktop.title(window)? == "Dormer test app").then_some(()))
    })?;
    wait::until(PATIENCE, "the picture as bright as it was", || {
        Ok((light()?.abs_diff(bright) <= bright / 20).then_some(()))
    })?;
    desktop.xdotool(&["key", "a"])?;
    wait::until(PATIENCE, "the answers to three keys", || {
        Ok(code_on_display()?.filter(|code| code.input == 3).map(drop))
    })?;
    ensure!(presses(&session)? == [B, C, A], "what was typed meanwhile: {:?}", session.entries()?);
    Ok(())
}

#[test]
fn what_was_typed_into_a_dying_link_arrives_over_the_next_once_and_in_order() -> Result<()> {
    let (session, proxy) = behind_a_network()?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    viewer.code_until(window.track, |_| true)?;
    viewer.key(window.track, "a", Press::Tap)?;
    viewer.code_until(window.track, |code| code.input == 1)?;
    proxy.reshape(CUT);
    viewer.key(window.track, "b", Press::Tap)?;
    // Down for the viewer alone; up on another link.
    viewer.key(window.track, "Shift_L", Press::Press)?;
    viewer.key(window.track, "c", Press::Tap)?;
    wait::until(PATIENCE, "the end of the link", || {
        Ok((state(&mut viewer)? == "reconnecting").then_some(()))
    })?;
    ensure!(presses(&session)? == [A], "the network was not cut");
    proxy.reshape(Shape::default());
    viewer.key(window.track, "Shift_L", Press::Release)?;
    viewer.key(window.track, "a", Press::Tap)?;
    viewer.code_until(window.track, |code| code.input == 5)?;
    ensure!(presses(&session)? == [A, B, SHIFT, C, A], "{:?}", session.entries()?);
    let keys = session.entries()?.into_iter().filter_map(|entry| match entry {
        Entry::Key { key, pressed, .. } => Some((key, pressed)),
        _ => None,
    });
    let shift = [(SHIFT, true), (C, true), (C, false), (SHIFT, false)];
    ensure!(keys.collect::<Vec<_>>()[4..8] == shift, "held over two links: {:?}", session.entries()?);
    Ok(())
}

#[test]
fn a_short_outage_breaks_no_link_and_loses_no_key() -> Result<()> {
    let (session, proxy) = behind_a_network()?;
    let (mut viewer, window) = Viewer::with_window(&proxy.link(session.host.link())?)?;
    viewer.code_until(window.track, |_| true)?;
    proxy.reshape(CUT);
    let start = Instant::now();
    viewer.key(window.track, "a", Press::Tap)?;
    while start.elapsed() < SHORT {
        ensure!(state(&mut viewer)? == "live", "given up after {:?}", start.elapsed());
        // Nothing can come.
        let _ = viewer.wait_for(Until::Changed(window.track), Duration::from_millis(100));
    }
    ensure!(presses(&session)?.is_empty(), "the network was not cut");
    proxy.reshape(Shape::default());
    wait::until(PATIENCE, "the answer to the key", || {
        ensure!(state(&mut viewer)? == "live", "the link broke");
        Ok(viewer.code(window.track)?.filter(|code| code.input == 1).map(drop))
    })
}

#[test]
fn a_host_that_was_started_anew_is_joined_again_by_the_same_link() -> Result<()> {
    if !tools::present("a new host for a native viewer", &["Xvfb"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let state = directory.path().join("state");
    let port = UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    let start = || -> Result<Host> {
        let address = format!("127.0.0.1:{port}");
        let arguments = ["--quic", &address, "--state-dir", state.to_str().context("a path")?];
        HostOptions::command([binaries()?.testapp.to_str().context("a path")?]).arguments(&arguments).start()
    };
    let host = start()?;
    let (mut viewer, _) = Viewer::with_window(host.link())?;
    let desktop = Desktop::bare()?;
    let mut native = desktop.view(&host)?;
    desktop.window("Dormer test app")?;
    host.crash()?;
    let again = start()?;

    wait::until(PATIENCE, "both viewers at the new host", || {
        Ok((again.log().matches("viewer joined").count() == 2).then_some(()))
    })?;
    wait::until(PATIENCE, "the window of its app", || {
        Ok(viewer.windows().is_ok_and(|windows| windows.len() == 1).then_some(()))
    })?;
    desktop.window("Dormer test app")?;
    ensure!(native.ended()?.is_none(), "the native viewer gave up: {}", native.log());
    Ok(())
}

#[test]
fn where_no_udp_gets_through_a_link_runs_over_tcp_and_returns_to_udp_by_itself() -> Result<()> {
    let (session, proxy) = behind_a_network()?;
    proxy.reshape(CUT);
    let (mut viewer, window) = Viewer::with_window(&proxy.link_and_tcp(session.host.link())?)?;
    viewer.wait(Until::Exact(window.track))?;
    let mut pressed = 0;
    let mut press = |viewer: &mut Viewer| -> Result<()> {
        viewer.key(window.track, "a", Press::Tap)?;
        pressed += 1;
        viewer.code_until(window.track, |code| code.input == pressed).map(drop)
    };
    press(&mut viewer)?;

    proxy.reshape(Shape::default());
    wait::until(PATIENCE * 4, "a picture that comes over UDP", || {
        let before = proxy.bytes().0;
        if state(&mut viewer)? == "live" && before > 0 {
            press(&mut viewer)?;
        }
        // More than what keeps a link alive.
        Ok((proxy.bytes().0 > before + 1000).then_some(()))
    })?;

    // In mid-session it is the same.
    proxy.reshape(CUT);
    wait::until(PATIENCE, "the end of the link", || {
        Ok((state(&mut viewer)? == "reconnecting").then_some(()))
    })?;
    wait::until(PATIENCE, "a link over TCP", || Ok((state(&mut viewer)? == "live").then_some(())))?;
    press(&mut viewer)
}

fn behind_a_network() -> Result<(Session, Proxy)> {
    let session = Session::start(&[])?;
    let proxy = Proxy::start(session.host.link(), Shape::default())?;
    Ok((session, proxy))
}

fn state(viewer: &mut Viewer) -> Result<String> {
    Ok(viewer.stats()?["state"].as_str().context("the state has a name")?.to_owned())
}

/// Which keys the app saw go down.
fn presses(session: &Session) -> Result<Vec<u32>> {
    let pressed = session.entries()?.into_iter().filter_map(|entry| match entry {
        Entry::Key { key, pressed: true, .. } => Some(key),
        _ => None,
    });
    Ok(pressed.collect())
}
