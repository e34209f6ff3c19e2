//! The native viewer on a Wayland desktop. The desktop is a session too: a viewer of its own sees what stands
//! on it.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Kind, Picture, Press, Session, Track, Until, Viewer, Window, binaries,
    testapp::Entry,
    tools,
    wait::{self, PATIENCE},
};

const LEFT: u32 = 0x110;
const RIGHT: u32 = 0x111;

/// An app's session, the native viewer's desktop, and somebody who works there.
struct Desk {
    session: Session,
    viewer: Viewer,
    window: Window,
    _desktop: Host,
}

impl Desk {
    fn new() -> Result<Self> {
        let session = Session::start(&["--popup"])?;
        let native = binaries()?.view.to_str().context("a path")?;
        let desktop = Host::start([native, session.host.link()])?;
        let (mut viewer, window) = Viewer::with_window(desktop.link())?;
        viewer.activate(window.track)?;
        session.reported("the keyboard", |entry| *entry == Entry::Focus { held: true })?;
        Ok(Self { session, viewer, window, _desktop: desktop })
    }

    /// Presses the right button there, and waits for the popup that it opens: the `n`th.
    fn open(&mut self, track: Track, (x, y): (f64, f64), n: usize) -> Result<Window> {
        self.viewer.click(track, x, y, "right")?;
        let windows = self.viewer.wait(Until::Popups(n))?;
        let popup = |window: &&Window| window.kind == Kind::Popup && window.parent == Some(track);
        windows.iter().find(popup).cloned().with_context(|| format!("no popup of {track:?} in {windows:?}"))
    }

    fn reported(&self, button: u32, pressed: bool, at: (i32, i32)) -> Result<()> {
        let near = |a: i32, b: i32| a.abs_diff(b) <= 1;
        self.session.reported("the button", |entry| {
            matches!(entry, Entry::Button { button: it, pressed: down, x, y, .. }
                if (*it, *down) == (button, pressed) && near(*x, at.0) && near(*y, at.1))
        })
    }
}

#[test]
fn a_menu_stands_where_the_app_put_it_and_may_leave_its_window() -> Result<()> {
    let mut desk = Desk::new()?;
    ensure!((desk.window.width, desk.window.height) == (640, 400), "{:?}", desk.window);
    let menu = desk.open(desk.window.track, (560.0, 350.0), 1)?;
    ensure!(menu.x.abs_diff(561) <= 1 && menu.y.abs_diff(351) <= 1, "{menu:?}");
    ensure!((menu.width, menu.height) == (200, 140), "{menu:?}");
    // It shows the app's own picture.
    desk.viewer.code_until(menu.track, |code| code.input == 1)?;
    Ok(())
}

#[test]
fn a_press_in_a_menu_reaches_the_app_which_may_close_it_before_the_button_is_up() -> Result<()> {
    let mut desk = Desk::new()?;
    let menu = desk.open(desk.window.track, (300.0, 200.0), 1)?;
    desk.viewer.click(menu.track, 50.0, 40.0, "left")?;
    desk.reported(LEFT, true, (50, 40))?;
    desk.viewer.wait(Until::Popups(0))?;
    let up = |entry: &Entry| matches!(entry, Entry::Button { button: LEFT, pressed: false, .. });
    desk.session.reported("the release", up)?;
    // Nothing is stuck: the next press is one.
    desk.viewer.click(desk.window.track, 100.0, 120.0, "left")?;
    desk.reported(LEFT, true, (100, 120))
}

#[test]
fn menus_of_menus_stand_on_each_other_and_go_together() -> Result<()> {
    let mut desk = Desk::new()?;
    let menu = desk.open(desk.window.track, (300.0, 200.0), 1)?;
    let inner = desk.open(menu.track, (150.0, 100.0), 2)?;
    desk.reported(RIGHT, true, (150, 100))?;
    ensure!(inner.x.abs_diff(151) <= 1 && inner.y.abs_diff(101) <= 1, "{inner:?}");
    let third = desk.open(inner.track, (30.0, 20.0), 3)?;
    desk.viewer.code_until(third.track, |code| code.input == 3)?;
    // A press in the window, where no menu is.
    desk.viewer.click(desk.window.track, 20.0, 380.0, "left")?;
    desk.viewer.wait(Until::Popups(0))?;
    let closed = || -> Result<usize> {
        let closed = |entry: &Entry| *entry == Entry::Popup { open: false };
        Ok(desk.session.entries()?.into_iter().filter(closed).count())
    };
    wait::until(PATIENCE, "all three to go", || Ok((closed()? == 3).then_some(())))?;
    // The desktop had nothing to complain of: the viewer goes on.
    desk.viewer.key(desk.window.track, "a", Press::Tap)?;
    desk.session.reported("a key", |entry| matches!(entry, Entry::Key { key: 30, pressed: true, .. }))
}

#[test]
fn a_menu_that_is_open_already_is_there_when_the_viewer_comes() -> Result<()> {
    let session = Session::start(&["--popup"])?;
    let (mut first, window) = Viewer::with_window(session.host.link())?;
    first.click(window.track, 300.0, 200.0, "right")?;
    first.wait(Until::Popups(1))?;
    let native = binaries()?.view.to_str().context("a path")?;
    let desktop = Host::start([native, session.host.link()])?;
    let mut viewer = Viewer::start(desktop.link())?;
    let windows = viewer.wait(Until::Popups(1))?;
    let popup = windows.iter().find(|window| window.kind == Kind::Popup).context("waited for it")?;
    ensure!(popup.x.abs_diff(301) <= 1 && popup.y.abs_diff(201) <= 1, "{popup:?}");
    Ok(())
}

#[test]
fn text_goes_between_the_desktop_and_an_app_without_an_x_server() -> Result<()> {
    if !tools::present("copy and paste on a Wayland desktop", &["l3afpad"]) {
        return Ok(());
    }
    const TEXT: &str = "Fenster: ℵ₀ – 世界\nsecond line";
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("note.txt");
    std::fs::write(&file, "")?;
    let name = file.to_str().context("a path")?;
    let session = HostOptions::command(["l3afpad", name]).variable("GDK_BACKEND", "wayland").start()?;
    let native = binaries()?.view.to_str().context("a path")?;
    let desktop = HostOptions::command([native, session.link()]).arguments(&["--no-x11"]).start()?;
    let (mut viewer, window) = Viewer::with_window(desktop.link())?;
    let track = window.track;
    viewer.clipboard_set(TEXT)?;
    viewer.activate(track)?;
    // The app takes keys once it has seen that its window has the keyboard, and shows it in its title that it
    // was changed.
    wait::until(PATIENCE, "the pasted text", || {
        viewer.keys(track, &["ctrl+a", "ctrl+v", "ctrl+s"])?;
        Ok(holds(&file, TEXT).then_some(()))
    })?;
    // And the other way: something else is typed, and copied.
    viewer.keys(track, &["ctrl+a", "a", "b", "c", "ctrl+a", "ctrl+c"])?;
    wait::until(PATIENCE, "the copied text", || {
        Ok(viewer.clipboard_get().is_ok_and(|text| text == "abc").then_some(()))
    })
}

fn holds(file: &Path, text: &str) -> bool {
    std::fs::read_to_string(file).is_ok_and(|content| content.trim_end() == text)
}

#[test]
fn what_is_transparent_in_a_menu_is_so_on_the_desktop() -> Result<()> {
    if !tools::present("menus with round corners", &["l3afpad"]) {
        return Ok(());
    }
    let session = HostOptions::command(["l3afpad"]).variable("GDK_BACKEND", "wayland").start()?;
    let (mut beside, window) = Viewer::with_window(session.link())?;
    beside.click(window.track, 300.0, 200.0, "right")?;
    let app = picture_of_popup(&mut beside)?;
    let sees_through = app.bgra.chunks_exact(4).filter(|pixel| pixel[3] < 255).count();
    ensure!(
        (1..200).contains(&sees_through),
        "{sees_through} pixels of {app:?} can be seen through: its corners"
    );

    let native = binaries()?.view.to_str().context("a path")?;
    let desktop = Host::start([native, session.link()])?;
    let mut viewer = Viewer::start(desktop.link())?;
    ensure!(picture_of_popup(&mut viewer)? == app, "the desktop shows something else");
    Ok(())
}

fn picture_of_popup(viewer: &mut Viewer) -> Result<Picture> {
    let windows = viewer.wait(Until::Popups(1))?;
    let popup = windows.iter().find(|window| window.kind == Kind::Popup).context("waited for it")?.track;
    viewer.wait(Until::Exact(popup))?;
    viewer.screenshot(popup)
}
