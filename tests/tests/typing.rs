//! Composed text at the app's caret, and locked pointers: the test app tells exactly what came, real apps
//! take it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Press, Session, TextInput, Track, Until, Viewer,
    testapp::Entry,
    tools,
    wait::{self, PATIENCE},
};
use rustix::process::Signal;

const TEXT: &str = "世界 ü";

#[test]
fn composed_text_reaches_the_app_and_its_caret_the_viewer() -> Result<()> {
    let session = Session::start(&["--text-input"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    let caret = viewer.text_input(track)?;
    let expected = TextInput { x: 40, y: 60, width: 1, height: 18, purpose: "name".into(), multiline: true };
    ensure!(caret == expected, "{caret:?}");
    for text in ["s", "shi", "世", ""] {
        viewer.compose(track, text)?;
    }
    viewer.compose(track, "shijie")?;
    viewer.insert(track, TEXT)?;
    let inserted = Entry::Inserted { text: TEXT.into() };
    session.reported("the text", |entry| *entry == inserted)?;
    let composed = |text: &str| {
        let end = i32::try_from(text.len()).unwrap_or(-1);
        let cursor = if text.is_empty() { -1 } else { end };
        Entry::Composed { text: text.into(), begin: cursor, end: cursor }
    };
    let mut expected: Vec<Entry> = ["s", "shi", "世", "", "shijie"].map(composed).into();
    expected.extend([inserted, composed("")]);
    session.reported("the end of the composition", |_| true)?;
    let of_text = |entry: &Entry| matches!(entry, Entry::Composed { .. } | Entry::Inserted { .. });
    let seen: Vec<Entry> = session.entries()?.into_iter().filter(of_text).collect();
    ensure!(seen == expected, "{seen:?}");
    let caret = wait::until(PATIENCE, "the caret behind the text", || {
        Ok(Some(viewer.text_input(track)?).filter(|caret| caret.x != 40))
    })?;
    ensure!(caret.x == 80, "four characters of 10: {caret:?}");
    ensure!(
        !session.entries()?.iter().any(|entry| matches!(entry, Entry::Key { .. })),
        "no keys were needed"
    );
    Ok(())
}

#[test]
fn a_viewer_that_leaves_leaves_no_composed_text_behind() -> Result<()> {
    let session = Session::start(&["--text-input"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    viewer.activate(window.track)?;
    viewer.text_input(window.track)?;
    viewer.compose(window.track, "shi")?;
    session
        .reported("composed text", |entry| matches!(entry, Entry::Composed { text, .. } if text == "shi"))?;
    drop(viewer);
    session.reported("its end", |entry| {
        matches!(entry, Entry::Composed { text, .. } if text.is_empty())
            || *entry == Entry::Focus { held: false }
    })
}

#[test]
fn a_locked_pointer_loses_nothing_of_its_way() -> Result<()> {
    let session = Session::start(&["--lock-pointer"])?;
    let (mut viewer, window) = Viewer::with_window(session.host.link())?;
    let track = window.track;
    ensure!(viewer.push(track, 1.0, 1.0).is_err(), "nothing has locked the pointer");
    viewer.activate(track)?;
    viewer.click(track, 100.0, 100.0, "left")?;
    viewer.wait(Until::Locked(track))?;
    for n in 0..50 {
        viewer.push(track, f64::from(n) / 4.0, -1.5)?;
    }
    // Ways may be united while the app's display is busy; all of it counts.
    let expected = (0..50).fold((0, 0), |(x, y), n| (x + n * 64, y - 384));
    wait::until(PATIENCE, "the last of it", || {
        let sum = session.entries()?.iter().fold((0, 0), |(x, y), entry| match entry {
            Entry::Pushed { dx, dy } => (x + dx, y + dy),
            _ => (x, y),
        });
        ensure!(sum.0 <= expected.0 && sum.1 >= expected.1, "{sum:?} is more than {expected:?}");
        Ok((sum == expected).then_some(()))
    })?;
    // Another press of the app's lets the pointer go.
    viewer.click(track, 100.0, 100.0, "left")?;
    wait::until(PATIENCE, "the end of the lock", || {
        let locked = viewer.windows()?.iter().any(|window| window.locked);
        Ok((!locked).then_some(()))
    })
}

#[test]
fn text_is_composed_in_a_terminal() -> Result<()> {
    if !tools::present("compose in foot", &["foot"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let typed = directory.path().join("typed");
    let script = format!("cat > {}", typed.display());
    let host = Host::start(["foot", "--config=/dev/null", "sh", "-c", &script])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    composes_into(&mut viewer, track)?;
    viewer.key(track, "Return", Press::Tap)?;
    // Right behind a key, in the right order.
    viewer.type_text(track, "a")?;
    viewer.insert(track, "ü")?;
    viewer.keys(track, &["b", "Return"])?;
    file_holds(&typed, &format!("{TEXT}\naüb\n"))
}

#[test]
fn text_is_composed_in_a_gtk3_editor() -> Result<()> {
    if !tools::present("compose in l3afpad", &["l3afpad"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, "")?;
    let host = Host::start(["l3afpad", file.to_str().context("a path")?])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    let before = viewer.text_input(track)?;
    composes_into(&mut viewer, track)?;
    viewer.type_text(track, "a")?;
    viewer.insert(track, "ü")?;
    viewer.type_text(track, "b")?;
    viewer.key(track, "ctrl+s", Press::Tap)?;
    file_holds(&file, &format!("{TEXT}aüb"))?;
    wait::until(PATIENCE, "the caret further to the right", || {
        let after = viewer.text_input(track)?;
        // GTK3 tells where it was before the newest letters.
        Ok((after.x > before.x).then_some(()))
    })
}

#[test]
fn text_is_composed_in_a_gtk4_app() -> Result<()> {
    if !tools::present("compose in gtk4-widget-factory", &["gtk4-widget-factory"]) {
        return Ok(());
    }
    let host = Host::start(["gtk4-widget-factory"])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    composes_into(&mut viewer, track)?;
    viewer.keys(track, &["ctrl+a", "ctrl+c"])?;
    let mut copied = String::new();
    wait::until(PATIENCE, "the composed text on the clipboard", || {
        copied = viewer.clipboard_get().unwrap_or_else(|error| format!("{error:#}"));
        Ok((copied == TEXT).then_some(()))
    })
    .with_context(|| format!("the clipboard holds {copied:?}"))
}

/// Composes a text step by step: each step is seen at the caret, and only the last stays.
fn composes_into(viewer: &mut Viewer, track: Track) -> Result<()> {
    viewer.text_input(track)?;
    viewer.wait(Until::Exact(track))?;
    for step in ["s", "shi", "shijie"] {
        let before = viewer.screenshot(track)?;
        viewer.compose(track, step)?;
        viewer.look_until(track, step, |picture| (*picture != before).then_some(()))?;
    }
    viewer.insert(track, TEXT)
}

fn file_holds(file: &Path, wanted: &str) -> Result<()> {
    let mut last = String::new();
    wait::until(PATIENCE, "the text in the file", || {
        last = std::fs::read_to_string(file).unwrap_or_default();
        Ok((last == wanted).then_some(()))
    })
    .with_context(|| format!("the file holds {last:?}"))
}

/// Text that the viewer's keyboard has no keys for, and keys, in turns; the app is stopped in the middle.
fn types_in_turns(viewer: &mut Viewer, track: Track, app: u32) -> Result<String> {
    let mut expected = String::new();
    let mut turn = |viewer: &mut Viewer, text: &str| -> Result<()> {
        viewer.insert(track, text)?;
        viewer.keys(track, &["1", "2", "3", "4", "Return"])?;
        expected.push_str(&format!("{text}1234\n"));
        Ok(())
    };
    turn(viewer, "Grüße 世界 €")?;
    signal(app, Signal::STOP)?;
    for text in ["Ωμέγα", "привет, мир!", "世界界世", "ÀÉÎ ñ ß"] {
        turn(viewer, text)?;
    }
    // What it is told meanwhile lies in its socket: its window's frames go on for nobody.
    viewer.stats()?;
    signal(app, Signal::CONT)?;
    turn(viewer, "ABCDEFGHIJKLMNOPQRSTUVWXYZ{}|~@#^&*()_+")?;
    turn(viewer, "€")?;
    Ok(expected)
}

fn signal(pid: u32, signal: Signal) -> Result<()> {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).context("a process")?;
    Ok(rustix::process::kill_process(pid, signal)?)
}

fn types_into_a_terminal(command: &[&str]) -> Result<()> {
    if !tools::present("type in turns", &command[..1]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let (typed, pid) = (directory.path().join("typed"), directory.path().join("pid"));
    let script = format!("echo $PPID > {}; cat > {}", pid.display(), typed.display());
    let host = Host::start(command.iter().copied().chain(["sh", "-c", &script]))?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.activate(window.track)?;
    let app = wait::until(PATIENCE, "the terminal's number", || {
        Ok(std::fs::read_to_string(&pid).ok().and_then(|text| text.trim().parse().ok()))
    })?;
    let expected = types_in_turns(&mut viewer, window.track, app)?;
    file_holds(&typed, &expected)
}

#[test]
fn text_and_keys_in_turns_reach_foot() -> Result<()> {
    types_into_a_terminal(&["foot", "--config=/dev/null"])
}

#[test]
fn text_and_keys_in_turns_reach_xterm() -> Result<()> {
    types_into_a_terminal(&["xterm", "-e"])
}

/// A page whose title is what was typed into it. Typing begins when the page has heard that it has the
/// keyboard: Chromium drops keys that it reads in one go with that.
fn types_into_chromium(platform: &str) -> Result<()> {
    if !tools::present("type in turns", &["chromium"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let page = directory.path().join("page.html");
    let script = "text.oninput = () => { document.title = 'typed:' + text.value.replaceAll('\\n', '/') };
        const look = () => document.hasFocus() && document.activeElement === text
            ? document.title = 'ready' : requestAnimationFrame(look); look()";
    std::fs::write(
        &page,
        format!(
            "<meta charset=utf-8><title>empty</title><textarea id=text autofocus></textarea><script>{script}</script>"
        ),
    )?;
    let profile = format!("--user-data-dir={}", directory.path().join("profile").display());
    let (ozone, app) = (format!("--ozone-platform={platform}"), format!("--app=file://{}", page.display()));
    let host =
        Host::start(["chromium", "--no-sandbox", "--no-first-run", "--disable-gpu", &profile, &ozone, &app])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let shown = |viewer: &mut Viewer, title: &str| {
        let mut last = String::new();
        wait::until(PATIENCE, "a title", || {
            let windows = viewer.windows()?;
            last = windows.iter().map(|window| window.title.clone()).collect();
            Ok(windows.into_iter().find(|window| window.title == title))
        })
        .with_context(|| format!("the title is {last:?}"))
    };
    viewer.activate(window.track)?;
    let track = shown(&mut viewer, "ready")?.track;
    viewer.wait(Until::Exact(track))?;
    let browser = host.descendants()?.into_iter().find(|pid| {
        let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.contains(&profile) && !line.contains("--type=") && line.contains("chromium")
    });
    let expected = types_in_turns(&mut viewer, track, browser.context("Chromium runs")?)?;
    shown(&mut viewer, &format!("typed:{}", expected.replace('\n', "/")))?;
    Ok(())
}

#[test]
fn text_and_keys_in_turns_reach_chromium_over_wayland() -> Result<()> {
    types_into_chromium("wayland")
}

#[test]
fn text_and_keys_in_turns_reach_chromium_over_x11() -> Result<()> {
    types_into_chromium("x11")
}

/// What is typed is saved, and read in the file.
fn types_into_an_editor(backend: &str) -> Result<()> {
    if !tools::present("type in turns", &["l3afpad"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, "")?;
    let host = HostOptions::command(["l3afpad", file.to_str().context("a path")?])
        .variable("GDK_BACKEND", backend)
        .start()?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    viewer.activate(window.track)?;
    viewer.wait(Until::Exact(window.track))?;
    let editor = host.descendants()?.into_iter().find(|pid| {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "l3afpad")
    });
    let expected = types_in_turns(&mut viewer, window.track, editor.context("the editor runs")?)?;
    viewer.key(window.track, "ctrl+s", Press::Tap)?;
    file_holds(&file, &expected)
}

#[test]
fn text_and_keys_in_turns_reach_a_gtk3_editor_over_wayland() -> Result<()> {
    types_into_an_editor("wayland")
}

#[test]
fn text_and_keys_in_turns_reach_a_gtk3_editor_over_x11() -> Result<()> {
    types_into_an_editor("x11")
}
