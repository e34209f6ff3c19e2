//! What a session promises its viewers: exact pixels, several viewers with roles, and a life of its own.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Code, Display, HostOptions, Kind, Press, Process, Session, Until, Viewer, binaries,
    testapp::Entry,
    tools,
    wait::{self, PATIENCE},
};
use media::TouchPhase;
use serde_json::{Value, json};

const KEY_A: u32 = 30;
const KEY_B: u32 = 48;

/// Within so long a host notices that a viewer is gone, as docs/protocol.md promises.
const NOTICED: Duration = Duration::from_secs(10);

#[test]
fn a_key_arrives_and_its_answer_is_seen() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    ensure!(window.title == "Dormer test app" && window.app_id == "dormer-testapp", "{window:?}");
    ensure!((window.width, window.height) == (640, 400), "{window:?}");
    for number in 1..=20 {
        viewer.key(window.track, "a", Press::Tap)?;
        viewer.code_until(window.track, |code| code.input == number)?;
    }
    Ok(())
}

#[test]
fn what_rests_is_shown_exactly() -> Result<()> {
    let mut session = Session::start(&["--size", "1280x720", "--motion", "30"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.code_until(window.track, |code| code.frame >= 60)?;
    session.app.motion(None)?;
    // The last picture in motion may be on its way still: the app says which it is.
    let last = wait::until(PATIENCE, "the app to rest", || {
        let (before, after) = (session.app.code()?, session.app.code()?);
        Ok((before == after).then_some(after))
    })?;
    let rested = Instant::now();
    viewer.code_until(window.track, |code| code == last)?;
    viewer.wait_for(Until::Exact(window.track), Duration::from_secs(2).saturating_sub(rested.elapsed()))?;
    let (code, own) = session.dump()?;
    ensure!(code == last, "the app painted {code:?} after {last:?}");
    let shown = viewer.screenshot(window.track)?;
    ensure!(shown.differing(&own) == 0, "{} of its pixels differ", shown.differing(&own));
    Ok(())
}

#[test]
fn a_window_that_nobody_sees_gets_no_pictures_and_is_exact_when_it_is_seen() -> Result<()> {
    hides_and_shows(&[])
}

#[test]
fn so_does_a_window_of_an_x11_app() -> Result<()> {
    if !tools::present("a hidden X11 window", &["Xwayland"]) {
        return Ok(());
    }
    hides_and_shows(&["--x11"])
}

fn hides_and_shows(app: &[&str]) -> Result<()> {
    let mut session = Session::start(&[app, &["--motion", "60"]].concat())?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.code_until(window.track, |code| code.frame >= 30)?;
    viewer.visible(window.track, false)?;
    wait::until(PATIENCE, "the last picture", || {
        let (updates, frame) = (viewer.count("updates")?, session.app.code()?.frame);
        wait::until(PATIENCE, "pictures that nobody sees", || {
            Ok((session.app.code()?.frame > frame + 1).then_some(()))
        })?;
        Ok((viewer.count("updates")? == updates).then_some(()))
    })?;
    let hidden = session.app.code()?.frame;
    viewer.visible(window.track, true)?;
    viewer.code_until(window.track, |code| code.frame > hidden + 10)?;
    viewer.visible(window.track, false)?;
    session.app.motion(None)?;
    let last = wait::until(PATIENCE, "the app to rest", || {
        let (before, after) = (session.app.code()?, session.app.code()?);
        Ok((before == after).then_some(after))
    })?;
    viewer.visible(window.track, true)?;
    viewer.code_until(window.track, |code| code == last)?;
    viewer.wait(Until::Exact(window.track))?;
    let (_, own) = session.dump()?;
    let shown = viewer.screenshot(window.track)?;
    ensure!(shown.differing(&own) == 0, "{} of its pixels differ", shown.differing(&own));
    Ok(())
}

#[test]
fn the_memory_of_a_window_that_was_large_comes_back() -> Result<()> {
    const LARGE: u64 = (3840 * 2160 * 4) >> 10;
    let session = Session::start(&["--size", "700x500"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.wait(Until::Exact(window.track))?;
    let start = session.host.usage()?.memory_kib;
    for _ in 0..10 {
        for (width, height) in [(3840, 2160), (700, 500)] {
            viewer.resize(window.track, width, height)?;
            viewer.wait(Until::Configured(window.track))?;
        }
    }
    viewer.wait(Until::Exact(window.track))?;
    // A video's encoder is given up when nothing has moved for a while. Before, four such pictures were kept and more.
    wait::until(PATIENCE, "the host to give its memory back", || {
        let more = session.host.usage()?.memory_kib.saturating_sub(start);
        Ok((more < 2 * LARGE).then_some(()))
    })
}

#[test]
fn a_resized_window_is_exact() -> Result<()> {
    let mut session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    for (width, height) in [(800, 600), (301, 203), (1280, 720)] {
        viewer.resize(window.track, width, height)?;
        viewer.wait(Until::Configured(window.track))?;
        viewer.wait(Until::Exact(window.track))?;
        let (_, own) = session.dump()?;
        let shown = viewer.screenshot(window.track)?;
        ensure!((shown.width, shown.height) == (width as usize, height as usize), "{shown:?}");
        ensure!(shown.differing(&own) == 0, "{} of its pixels differ", shown.differing(&own));
    }
    Ok(())
}

#[test]
fn a_popup_is_a_track_that_a_press_outside_dismisses() -> Result<()> {
    let session = Session::start(&["--popup"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.click(window.track, 300.0, 200.0, "right")?;
    let windows = viewer.wait(Until::Popups(1))?;
    let popup = windows.iter().find(|window| window.kind == Kind::Popup).context("waited for it")?;
    ensure!(popup.parent == Some(window.track), "{popup:?}");
    ensure!((popup.x.abs_diff(300) <= 1) && (popup.y.abs_diff(200) <= 1), "{popup:?}");
    ensure!((popup.width, popup.height) == (200, 140), "{popup:?}");
    viewer.code_until(popup.track, |code| code.input == 1)?;
    viewer.click(window.track, 20.0, 380.0, "left")?;
    viewer.wait(Until::Popups(0))?;
    session.reported("the popup's end", |entry| *entry == Entry::Popup { open: false })
}

#[test]
fn the_wheel_turns_by_detents_in_both_directions() -> Result<()> {
    turns_the_wheel(&[])
}

#[test]
fn the_wheel_turns_by_detents_in_an_x11_app() -> Result<()> {
    if !tools::present("the wheel in an X11 app", &["Xwayland"]) {
        return Ok(());
    }
    turns_the_wheel(&["--x11"])
}

fn turns_the_wheel(app: &[&str]) -> Result<()> {
    let session = Session::start(app)?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    for (dx, dy) in [(0, 2), (0, -1), (1, 0)] {
        let turn = json!({"do": "scroll", "track": window.track, "x": 50, "y": 60, "dx": dx, "dy": dy});
        viewer.ask(turn)?;
    }
    // In order, so that the last turn is the end of all.
    session.reported("the last turn", |entry| *entry == Entry::Scrolled { dx: 120, dy: 0 })?;
    let sum = |(x, y), entry: &Entry| match entry {
        Entry::Scrolled { dx, dy } => (x + dx, y + dy),
        _ => (x, y),
    };
    let turned = session.entries()?.iter().fold((0, 0), sum);
    ensure!(turned == (120, 120), "{:?}", session.entries()?);
    Ok(())
}

#[test]
fn fingers_touch_move_and_leave_where_they_are_put() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    let mut touch =
        |points: Value| viewer.ask(json!({"do": "touch", "track": window.track, "points": points}));
    let finger = |id: u32, phase: &str, x: i32, y: i32| json!({"id": id, "phase": phase, "x": x, "y": y});
    touch(json!([finger(0, "down", 100, 200), finger(1, "down", 300, 200)]))?;
    touch(json!([finger(0, "move", 110, 210)]))?;
    touch(json!([finger(1, "up", 300, 200)]))?;
    touch(json!([finger(0, "up", 110, 210)]))?;
    let told = |finger, phase, x, y| Entry::Touched { finger, phase, x, y };
    let expected = [
        told(0, TouchPhase::Down, 100, 200),
        told(1, TouchPhase::Down, 300, 200),
        told(0, TouchPhase::Move, 110, 210),
        told(1, TouchPhase::Up, 0, 0),
        told(0, TouchPhase::Up, 0, 0),
    ];
    session.reported("the last finger's leave", |entry| *entry == expected[4])?;
    let touched = |entry: &Entry| matches!(entry, Entry::Touched { .. });
    let seen: Vec<Entry> = session.entries()?.into_iter().filter(touched).collect();
    ensure!(seen == expected, "{seen:?}");
    Ok(())
}

#[test]
fn an_x11_window_is_shown_exactly() -> Result<()> {
    if !tools::present("an X11 window's pixels", &["Xwayland"]) {
        return Ok(());
    }
    let mut session = Session::start(&["--x11", "--size", "800x600"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    for number in 1..=3 {
        viewer.key(window.track, "a", Press::Tap)?;
        viewer.code_until(window.track, |code| code.input == number)?;
    }
    viewer.wait(Until::Exact(window.track))?;
    let (code, own) = session.dump()?;
    let shown = viewer.screenshot(window.track)?;
    ensure!(code.input == 3 && shown.differing(&own) == 0, "{} of its pixels differ", shown.differing(&own));
    Ok(())
}

#[test]
fn closing_is_a_request_to_the_app() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.close(window.track)?;
    viewer.wait(Until::Closed(window.track))?;
    session.reported("the wish to close", |entry| *entry == Entry::Close)
}

#[test]
fn a_session_lives_on_without_viewers() -> Result<()> {
    let mut session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.key(window.track, "a", Press::Tap)?;
    viewer.code_until(window.track, |code| code.input == 1)?;
    ensure!(viewer.quit()?.success(), "a viewer that quits ends well");
    // The app paints on while nobody looks, if slowly.
    let before = session.app.motion(Some(30))?;
    wait::until(PATIENCE, "a frame that nobody sees", || {
        Ok((session.app.code()?.frame > before.frame).then_some(()))
    })?;
    session.app.motion(None)?;
    let (mut viewer, again) = Viewer::with_window(session.host.link())?;
    ensure!(again.track == window.track, "a window keeps its track: {again:?}");
    viewer.key(again.track, "a", Press::Tap)?;
    viewer.code_until(again.track, |code| code.input == 2)?;
    Ok(())
}

#[test]
fn a_viewer_killed_100_times_finds_its_windows_again_and_leaves_nothing_behind() -> Result<()> {
    let session = Session::start(&["--size", "1280x720"])?;
    let mut memory = Vec::new();
    for round in 0..100 {
        let (mut viewer, window) =
            Viewer::with_window(session.host.link()).with_context(|| format!("round {round}"))?;
        viewer.code_until(window.track, |_| true).with_context(|| format!("round {round}"))?;
        viewer.kill()?;
        memory.push(session.host.usage()?.memory_kib);
    }
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.key(window.track, "a", Press::Tap)?;
    viewer.code_until(window.track, |code| code.input == 1)?;
    // Viewers that were killed are noticed only after the idle time-out: some rounds' worth of them is
    // normal.
    let (early, late) = (memory[..50].iter().max().copied(), memory.last().copied());
    let (early, late) = (early.context("rounds ran")?, late.context("rounds ran")?);
    ensure!(late < early + early / 4, "memory grew: {memory:?} KiB");
    Ok(())
}

#[test]
fn two_viewers_see_the_same_and_one_that_may_only_look_changes_nothing() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut user, window) = Viewer::with_window(session.host.link())?;
    let (mut guest, same) = Viewer::with_window(session.host.view_link())?;
    ensure!(same.track == window.track && same.title == window.title, "{same:?}");
    user.key(window.track, "a", Press::Tap)?;
    user.code_until(window.track, |code| code.input == 1)?;
    guest.code_until(window.track, |code| code.input == 1)?;

    // Whether the viewer or the host refuses, the app must not see it.
    let _ = guest.key(window.track, "b", Press::Tap);
    let _ = guest.type_text(window.track, "b");
    let _ = guest.click(window.track, 50.0, 50.0, "left");
    let _ = guest.resize(window.track, 800, 600);
    let _ = guest.close(window.track);
    // What the guest sent has reached the host by the time that it sees the next answer.
    user.key(window.track, "a", Press::Tap)?;
    user.code_until(window.track, |code| code.input >= 2)?;
    let code = guest.code_until(window.track, |code| code.input >= 2)?;
    user.key(window.track, "a", Press::Tap)?;
    let code_after = user.code_until(window.track, |code| code.input >= 3)?;
    ensure!((code.input, code_after.input) == (2, 3), "the guest's input arrived: {:?}", session.entries()?);
    let odd = |entry: &&Entry| match entry {
        Entry::Key { key, .. } => *key != KEY_A,
        Entry::Button { .. } | Entry::Close | Entry::Size { .. } => true,
        _ => false,
    };
    ensure!(session.entries()?.iter().find(odd).is_none(), "{:?}", session.entries()?);
    Ok(())
}

#[test]
fn viewers_take_turns_and_no_key_of_either_is_lost() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut first, window) = Viewer::with_window(session.host.link())?;
    let (mut second, _) = Viewer::with_window(session.host.link())?;
    for turn in 0..2 {
        first.key(window.track, "a", Press::Tap)?;
        first.code_until(window.track, |code| code.input == 2 * turn + 1)?;
        // The first has not rested yet: this waits for it.
        second.key(window.track, "b", Press::Tap)?;
        second.code_until(window.track, |code| code.input == 2 * turn + 2)?;
    }
    Ok(())
}

#[test]
fn keys_pressed_right_before_a_viewer_leaves_arrive() -> Result<()> {
    let session = Session::start(&[])?;
    for number in 1..=10 {
        let (mut viewer, window) = Viewer::with_window(session.host.link())?;
        viewer.key(window.track, "a", Press::Tap)?;
        let status = viewer.quit()?;
        ensure!(status.success(), "the viewer ended with {status}");
        let presses = |entries: Vec<Entry>| {
            entries
                .iter()
                .filter(|entry| matches!(entry, Entry::Key { key: KEY_A, pressed: true, .. }))
                .count()
        };
        wait::until(PATIENCE, "the key", || Ok((presses(session.entries()?) == number).then_some(())))?;
    }
    Ok(())
}

#[test]
fn a_held_key_is_released_when_its_viewer_dies() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.key(window.track, "b", Press::Press)?;
    viewer.code_until(window.track, |code| code.input == 1)?;
    viewer.kill()?;
    wait::until(NOTICED, "the release of the key", || {
        let released = |entry: &Entry| matches!(entry, Entry::Key { key: KEY_B, pressed: false, .. });
        Ok(session.entries()?.iter().any(released).then_some(()))
    })
}

#[test]
fn a_viewer_that_stalls_does_not_slow_another() -> Result<()> {
    let session = Session::start(&["--motion", "30"])?;
    let (mut stalled, _) = Viewer::with_window(session.host.link())?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    stalled.freeze(true)?;
    // Three seconds' worth of frames. A host that waited for the stalled viewer would show the last of them
    // all the same, but only some in between: each update has another frame.
    let (start, before) = (viewer.code_until(window.track, |_| true)?, viewer.count("updates")?);
    viewer.code_until(window.track, |code| code.frame > start.frame + 90)?;
    let seen = viewer.count("updates")? - before;
    ensure!(seen >= 45, "only {seen} different pictures of 90");
    stalled.freeze(false)
}

#[test]
fn sigterm_ends_apps_and_host_politely() -> Result<()> {
    let mut session = Session::start(&[])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    let apps = session.host.descendants()?;
    ensure!(!apps.is_empty(), "the app is a child of the host");
    let status = session.host.terminate()?;
    ensure!(status.success(), "the host ended with {status}: {}", session.host.log());
    let answer = viewer.wait(Until::Closed(window.track));
    let told = |error: &anyhow::Error| format!("{error:#}").contains("the session is over");
    ensure!(answer.as_ref().map_or_else(told, |_| true), "the viewer was not told: {answer:?}");
    wait::until(PATIENCE, "the end of all apps", || {
        let alive = |pid: &u32| {
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
        };
        Ok((!apps.iter().any(alive)).then_some(()))
    })
}

#[test]
fn the_host_ends_with_its_command_if_asked_to() -> Result<()> {
    let run =
        |command: &str| HostOptions::command([command]).arguments(&["--exit-with-command"]).run_to_its_end();
    let (status, said) = run("true")?;
    ensure!(status.code() == Some(0), "{status}: {said}");
    let (status, said) = run("false")?;
    ensure!(status.code() == Some(1), "{status}: {said}");
    let reason = said.lines().filter(|line| line.starts_with("dormer:")).collect::<Vec<_>>();
    ensure!(reason.len() == 1 && reason[0].contains("the app failed"), "not one clear line: {said}");
    Ok(())
}

#[test]
fn one_more_app_can_be_started_in_a_running_session() -> Result<()> {
    let session = Session::start(&[])?;
    let (mut viewer, _) = Viewer::with_window(session.host.link())?;
    session.host.run(&[binaries()?.testapp.to_str().context("a path")?, "--title", "Second"])?;
    viewer.wait(Until::Title("Second".into()))?;
    viewer.wait(Until::Windows(2))?;
    Ok(())
}

#[test]
fn the_native_viewer_shows_the_window_and_takes_keys() -> Result<()> {
    if !tools::present("the native viewer", &["Xvfb", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&[])?;
    let display = Display::xvfb(1024, 768)?;
    let mut command = std::process::Command::new(&binaries()?.view);
    command.arg(session.host.link()).env("DISPLAY", display.name()).env_remove("WAYLAND_DISPLAY");
    let _viewer = Process::start("native", &mut command, session.host.directory())?;
    let look = |what: &str, wanted: &dyn Fn(Code) -> bool| {
        wait::until(PATIENCE, what, || Ok(Code::find(&display.grab()?).filter(|(_, _, code)| wanted(*code))))
    };
    let (x, y, _) = look("the window on the display", &|_| true)?;
    let xdotool = |arguments: &[&str]| -> Result<()> {
        let status =
            std::process::Command::new("xdotool").args(arguments).env("DISPLAY", display.name()).status()?;
        ensure!(status.success(), "xdotool {arguments:?}: {status}");
        Ok(())
    };
    xdotool(&["mousemove", &(x + 300).to_string(), &(y + 200).to_string(), "click", "1"])?;
    look("the click's number", &|code| code.input == 1)?;
    // Without a window manager nobody gives the window the keyboard.
    xdotool(&["search", "--onlyvisible", "--name", "Dormer test app", "windowfocus", "--sync"])?;
    xdotool(&["key", "a"])?;
    look("the key's number", &|code| code.input == 2)?;
    session.reported("the key", |entry| matches!(entry, Entry::Key { key: KEY_A, pressed: true, .. }))
}
