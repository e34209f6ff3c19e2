//! Real apps through real QUIC into the headless viewer: type and read it back, open a menu, resize, close.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Kind, Picture, Press, Track, Until, Viewer, Window, tools,
    wait::{self, PATIENCE},
};
use serde_json::json;

/// Letters on and off the keyboard, and some that need three bytes.
const TEXT: &str = "Grüße 世界";

#[test]
fn foot_takes_text_and_gives_it_back() -> Result<()> {
    if !tools::present("foot", &["foot"]) {
        return Ok(());
    }
    let (_host, mut viewer, window) = terminal(&["foot", "--config=/dev/null"])?;
    // It has no menus.
    resizes_and_closes(&mut viewer, &window)
}

#[test]
fn xterm_takes_text_and_gives_it_back() -> Result<()> {
    if !tools::present("xterm", &["xterm", "Xwayland"]) {
        return Ok(());
    }
    let (_host, mut viewer, window) = terminal(&["xterm", "-u8", "-fa", "monospace", "-e"])?;
    // Its menu stands as long as the button is held.
    let track = window.track;
    let left = |viewer: &mut Viewer, x: i32, y: i32, state: &str| {
        let request =
            json!({"do": "pointer", "track": track, "x": x, "y": y, "button": "left", "state": state});
        viewer.ask(request)
    };
    viewer.key(track, "Control_L", Press::Press)?;
    left(&mut viewer, 40, 30, "press")?;
    let windows = viewer.wait(Until::Popups(1))?;
    shows_a_menu(&mut viewer, track, &windows)?;
    // Out of the menu, where nothing is chosen.
    left(&mut viewer, 2, 2, "release")?;
    viewer.key(track, "Control_L", Press::Release)?;
    viewer.wait(Until::Popups(0))?;
    resizes_and_closes(&mut viewer, &window)
}

#[test]
fn a_gtk3_editor_works_over_wayland() -> Result<()> {
    if !tools::present("l3afpad over Wayland", &["l3afpad"]) {
        return Ok(());
    }
    editor("wayland")
}

#[test]
fn a_gtk3_editor_works_over_x11() -> Result<()> {
    if !tools::present("l3afpad over X11", &["l3afpad", "Xwayland"]) {
        return Ok(());
    }
    editor("x11")
}

#[test]
fn a_gtk4_app_opens_its_menu_resizes_and_closes() -> Result<()> {
    if !tools::present("gtk4-widget-factory", &["gtk4-widget-factory"]) {
        return Ok(());
    }
    let host = Host::start(["gtk4-widget-factory"])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    // The first entry has the keyboard and its text is selected.
    viewer.wait(Until::Exact(track))?;
    let before = viewer.screenshot(track)?;
    viewer.type_text(track, TEXT)?;
    shows_typed_text(&mut viewer, track, &before)?;
    viewer.keys(track, &["ctrl+a", "ctrl+c"])?;
    let mut copied = String::new();
    wait::until(PATIENCE, "the typed text on the clipboard", || {
        copied = viewer.clipboard_get().unwrap_or_else(|error| format!("{error:#}"));
        Ok((copied == TEXT).then_some(()))
    })
    .map_err(|error| error.context(format!("the clipboard holds {copied:?}")))?;
    // The context menu of the entry.
    opens_and_dismisses_a_menu(&mut viewer, track, "shift+F10")?;
    resizes(&mut viewer, &window)?;
    viewer.close(track)?;
    viewer.wait(Until::Closed(track))?;
    Ok(())
}

#[test]
fn a_qt6_app_opens_its_menu_plays_and_closes() -> Result<()> {
    if !tools::present("cutemaze", &["cutemaze"]) {
        return Ok(());
    }
    // Games are not on everybody's path.
    let program = tools::find("cutemaze").context("found just now")?;
    let host = Host::start([program.to_str().context("a path")?])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    viewer.wait(Until::Exact(track))?;
    let before = viewer.screenshot(track)?;
    // Qt takes keys once it has seen that its window is active, and shows nothing of that. Its game rests
    // when a menu opens.
    wait::until(PATIENCE, "a move in the maze", || {
        // One of four walls may be in the way.
        viewer.keys(track, &["Up", "Right", "Down", "Left", "Right", "Up", "Down"])?;
        let _ = viewer.wait_for(Until::Changed(track), Duration::from_secs(1));
        Ok((viewer.screenshot(track)? != before).then_some(()))
    })?;
    opens_and_dismisses_a_menu(&mut viewer, track, "alt+g")?;
    resizes(&mut viewer, &window)?;
    viewer.close(track)?;
    viewer.wait(Until::Closed(track))?;
    Ok(())
}

#[test]
fn a_qt6_editor_takes_text_opens_its_menu_and_closes() -> Result<()> {
    if !tools::present("focuswriter", &["focuswriter"]) {
        return Ok(());
    }
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, "")?;
    let host = Host::start(["focuswriter", file.to_str().context("a path")?])?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    // Its window is there before its page is, which is nearly white.
    viewer.look_until(track, "the page", |picture| {
        picture.luma(picture.width / 2, picture.height / 2).filter(|luma| *luma > 240)
    })?;
    viewer.wait(Until::Exact(track))?;
    let before = viewer.screenshot(track)?;
    viewer.type_text(track, TEXT)?;
    shows_typed_text(&mut viewer, track, &before)?;
    viewer.key(track, "ctrl+s", Press::Tap)?;
    file_holds(&file, TEXT)?;
    // The context menu of its text.
    viewer.click(track, f64::from(window.width) / 2.0, f64::from(window.height) / 2.0, "right")?;
    let windows = viewer.wait(Until::Popups(1))?;
    shows_a_menu(&mut viewer, track, &windows)?;
    viewer.key(track, "Escape", Press::Tap)?;
    viewer.wait(Until::Popups(0))?;
    // It fills the screen: the other Qt app is resized.
    viewer.close(track)?;
    viewer.wait(Until::Closed(track))?;
    Ok(())
}

/// A terminal that runs `cat` into a file: what is typed must stand there, and the window must show something
/// of it.
fn terminal(command: &[&str]) -> Result<(Host, Viewer, Window)> {
    let directory = tempfile::tempdir()?;
    let typed = directory.path().join("typed");
    let script = format!("cat > {}", typed.display());
    let host = Host::start(command.iter().copied().chain(["sh", "-c", &script]))?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    viewer.activate(track)?;
    viewer.look_until(track, "the cursor", |picture| (picture.colours() > 1).then_some(()))?;
    viewer.wait(Until::Exact(track))?;
    let before = viewer.screenshot(track)?;

    viewer.type_text(track, TEXT)?;
    shows_typed_text(&mut viewer, track, &before)?;
    viewer.key(track, "Return", Press::Tap)?;
    // Keys by place and by modifiers arrive as well as text.
    viewer.keys(track, &["h", "shift+h", "1", "shift+1", "Return"])?;
    file_holds(&typed, &format!("{TEXT}\nhH1!\n"))?;

    Ok((host, viewer, window))
}

/// The window is asked to close, does so, and `cat` ends with it.
fn resizes_and_closes(viewer: &mut Viewer, window: &Window) -> Result<()> {
    resizes(viewer, window)?;
    viewer.close(window.track)?;
    viewer.wait(Until::Closed(window.track))?;
    Ok(())
}

/// A GTK3 editor: types, saves by shortcut, opens a menu, resizes, closes.
fn editor(backend: &str) -> Result<()> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, "")?;
    let name = file.display().to_string();
    let host = HostOptions::command(["l3afpad", &name]).variable("GDK_BACKEND", backend).start()?;
    let (mut viewer, window) = Viewer::with_window(host.link())?;
    let track = window.track;
    ensure!(window.title.contains("note.txt"), "the title is {:?}", window.title);
    viewer.activate(track)?;
    viewer.wait(Until::Exact(track))?;

    let before = viewer.screenshot(track)?;
    viewer.type_text(track, TEXT)?;
    shows_typed_text(&mut viewer, track, &before)?;
    // An edited file is marked in the title.
    viewer.wait(Until::Title("*".into()))?;
    viewer.key(track, "ctrl+s", Press::Tap)?;
    file_holds(&file, TEXT)?;

    opens_and_dismisses_a_menu(&mut viewer, track, "alt+f")?;
    resizes(&mut viewer, &window)?;
    viewer.close(track)?;
    viewer.wait(Until::Closed(track))?;
    Ok(())
}

fn file_holds(file: &Path, wanted: &str) -> Result<()> {
    let mut seen = String::new();
    wait::until(PATIENCE, "the typed text in the file", || {
        seen = std::fs::read_to_string(file).unwrap_or_default();
        Ok((seen.trim_end() == wanted.trim_end()).then_some(()))
    })
    .map_err(|error| error.context(format!("the file holds {seen:?}")))
}

/// A menu opens, is a popup of the window and has a picture; Escape takes it away.
fn opens_and_dismisses_a_menu(viewer: &mut Viewer, track: Track, key: &str) -> Result<()> {
    viewer.key(track, key, Press::Tap)?;
    let windows = viewer.wait(Until::Popups(1))?;
    shows_a_menu(viewer, track, &windows)?;
    viewer.key(track, "Escape", Press::Tap)?;
    viewer.wait(Until::Popups(0))?;
    Ok(())
}

/// The one popup is the window's and shows something.
fn shows_a_menu(viewer: &mut Viewer, track: Track, windows: &[Window]) -> Result<()> {
    let popup = windows.iter().find(|window| window.kind == Kind::Popup).context("waited for it")?;
    ensure!(popup.parent == Some(track), "the menu belongs to {:?}", popup.parent);
    let menu =
        viewer.look_until(popup.track, "a drawn menu", |menu| (menu.colours() > 1).then(|| menu.clone()))?;
    ensure!(menu.width >= 20 && menu.height >= 20, "a menu of {menu:?}");
    Ok(())
}

/// The text is seen, as exactly as the app drew it.
fn shows_typed_text(viewer: &mut Viewer, track: Track, before: &Picture) -> Result<()> {
    let drawn = |picture: &Picture| (picture.differing(before) > 200).then_some(());
    viewer.look_until(track, "typed text", drawn)?;
    viewer.wait(Until::Exact(track))?;
    drawn(&viewer.screenshot(track)?).context("the exact picture does not show the text")
}

/// The window takes about the size that it is asked for, says so, and its picture has it. Terminals snap to
/// characters.
fn resizes(viewer: &mut Viewer, window: &Window) -> Result<()> {
    let (width, height) = (window.width + 120, window.height + 90);
    viewer.resize(window.track, width, height)?;
    viewer.wait(Until::Configured(window.track))?;
    // Qt answers before it has drawn.
    let near = |now: u32, wanted: u32| now.abs_diff(wanted) <= 40;
    let now = wait::until(PATIENCE, "about the size that was asked for", || {
        let now = viewer.window(window.track)?;
        Ok((near(now.width, width) && near(now.height, height)).then_some(now))
    })?;
    let shown = |width, height| (width, height) == (now.width as usize, now.height as usize);
    viewer.look_until(window.track, "a picture of the new size", |picture| {
        shown(picture.width, picture.height).then_some(())
    })
}
