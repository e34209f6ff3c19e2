//! A host that shows the windows of an X display which runs already, with a window manager or without.

use std::{fs, process::Command};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Display, Host, HostOptions, Kind, Picture, Press, Process, Track, Until, Viewer, Window, tools,
    wait::{self, PATIENCE},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, ImageFormat, WindowClass},
    rust_connection::RustConnection,
};

/// A display with a terminal on it that was there before the host, and a viewer of that host.
struct Scene {
    viewer: Viewer,
    track: Track,
    host: Host,
    terminal: Process,
    _manager: Option<Process>,
    display: Display,
    // Dropped last: the processes write here.
    directory: TempDir,
}

impl Scene {
    /// `None` where a program is missing that the test needs.
    fn start(test: &str, manager: Option<&str>) -> Result<Option<Self>> {
        let programs: Vec<&str> = ["Xvfb", "xterm"].into_iter().chain(manager).collect();
        if !tools::present(test, &programs) {
            return Ok(None);
        }
        let directory = TempDir::with_prefix("dormer-attached-")?;
        let display = Display::xvfb(1000, 700)?;
        let command = |program: &str| {
            let mut command = Command::new(program);
            command.env("DISPLAY", display.name()).env("LC_ALL", "C.UTF-8").env_remove("WAYLAND_DISPLAY");
            command.env("HOME", directory.path());
            command
        };
        let manager = manager
            .map(|program| Process::start(program, &mut command(program), directory.path()))
            .transpose()?;
        if manager.is_some() {
            let connection = display.connect()?;
            let root = connection.setup().roots[0].root;
            let name = connection.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply()?.atom;
            wait::until(PATIENCE, "the window manager", || {
                let property = connection.get_property(false, root, name, 0_u32, 0, 1)?.reply()?;
                Ok((property.type_ != x11rb::NONE).then_some(()))
            })?;
        }
        let typed = directory.path().join("typed");
        let script = format!(
            "printf '\\033]0;before\\007'; read line; echo \"$line\" > {}; exec sleep 1000",
            typed.display()
        );
        let mut xterm = command("xterm");
        xterm.args(["-geometry", "60x12+40+60", "-title", "before", "-e", "sh", "-c", &script]);
        let terminal = Process::start("xterm", &mut xterm, directory.path())?;
        let host = HostOptions::default().arguments(&["--x11", &display.name()]).start()?;
        let mut viewer = Viewer::start(host.link())?;
        let windows = viewer.wait(Until::Title("before".into()))?;
        let named = windows.iter().find(|window| window.title == "before");
        let track = named.context("waited for it")?.track;
        Ok(Some(Self { viewer, track, host, terminal, _manager: manager, display, directory }))
    }

    fn window(&mut self) -> Result<Window> {
        self.viewer.window(self.track)
    }

    fn typed(&self) -> Result<String> {
        let file = self.directory.path().join("typed");
        wait::until(PATIENCE, "what was typed", || {
            Ok(fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')))
        })
    }

    /// The window right below the root that is so large, as X has it.
    fn on_display(&self, width: u32, height: u32) -> Result<u32> {
        let connection = self.display.connect()?;
        let root = connection.setup().roots[0].root;
        wait::until(PATIENCE, "a window of that size", || {
            for window in connection.query_tree(root)?.reply()?.children {
                let Ok(it) = connection.get_geometry(window)?.reply() else { continue };
                if (u32::from(it.width), u32::from(it.height)) == (width, height) {
                    return Ok(Some(window));
                }
            }
            Ok(None)
        })
    }

    /// Looks until the viewer has what the display has, pixel by pixel.
    fn shows_what_the_display_has(&mut self) -> Result<()> {
        let track = self.track;
        let window = self.window()?;
        let frame = self.on_display(window.width, window.height)?;
        let connection = self.display.connect()?;
        self.viewer.wait(Until::Exact(track))?;
        self.viewer.look_until(track, "the display's pixels", |picture| {
            let own = pixels(&connection, frame).ok()?;
            (picture.differing(&own) == 0 && own.colours() > 1).then_some(())
        })
    }
}

fn pixels(connection: &RustConnection, window: u32) -> Result<Picture> {
    let it = connection.get_geometry(window)?.reply()?;
    let image = connection.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, it.width, it.height, u32::MAX)?;
    Ok(Picture::from_bgra(it.width.into(), it.height.into(), image.reply()?.data))
}

/// Starts, shows, is typed into, changes its size and closes.
fn is_used(test: &str, manager: Option<&str>) -> Result<()> {
    let Some(mut scene) = Scene::start(test, manager)? else { return Ok(()) };
    let track = scene.track;
    scene.shows_what_the_display_has()?;

    scene.viewer.activate(track)?;
    scene.viewer.type_text(track, "hello ")?;
    scene.viewer.insert(track, "Grüße 世界")?;
    scene.viewer.key(track, "Return", Press::Tap)?;
    ensure!(scene.typed()? == "hello Grüße 世界\n", "the terminal read {:?}", scene.typed()?);
    scene.shows_what_the_display_has()?;

    let before = scene.window()?;
    scene.viewer.resize(track, before.width + 120, before.height + 91)?;
    scene.viewer.wait(Until::Configured(track))?;
    let after = wait::until(PATIENCE, "another size", || {
        let window = scene.viewer.window(track)?;
        Ok((window.width > before.width + 100 && window.height > before.height + 70).then_some(window))
    })?;
    if manager.is_none() {
        ensure!((after.width, after.height) == (before.width + 120, before.height + 91), "it is {after:?}");
    }
    scene.shows_what_the_display_has()?;

    scene.viewer.close(track)?;
    scene.viewer.wait(Until::Closed(track))?;
    scene.terminal.wait(PATIENCE)?;
    Ok(())
}

#[test]
fn a_terminal_of_a_bare_display_is_used() -> Result<()> {
    is_used("a bare display", None)
}

#[test]
fn a_terminal_in_a_window_managers_frame_is_used() -> Result<()> {
    is_used("a display with a window manager", Some("openbox"))
}

#[test]
fn a_window_that_is_dragged_by_its_frame_goes_as_far_as_the_pointer() -> Result<()> {
    let Some(mut scene) = Scene::start("dragging on a display", Some("openbox"))? else { return Ok(()) };
    let track = scene.track;
    let window = scene.window()?;
    let frame = scene.on_display(window.width, window.height)?;
    let connection = scene.display.connect()?;
    let place = || -> Result<(i16, i16)> {
        let it = connection.get_geometry(frame)?.reply()?;
        Ok((it.x, it.y))
    };
    let (x, y) = place()?;
    let (from_x, from_y) = (i16::try_from(window.width / 2)?, 8);
    let at = |dx: i16, dy: i16| json!({"do": "pointer", "track": track, "x": from_x + dx, "y": from_y + dy});
    let button = |mut request: Value, state: &str| {
        request["button"] = "left".into();
        request["state"] = state.into();
        request
    };
    scene.viewer.ask(button(at(0, 0), "press"))?;
    for (dx, dy) in [(50, 30), (90, 70), (20, 10)] {
        let viewer = &mut scene.viewer;
        wait::until(PATIENCE, "the window to follow", || {
            // The first motion only begins the drag, and a newer one may take the place of another.
            viewer.ask(at(dx + 1, dy))?;
            viewer.ask(at(dx, dy))?;
            Ok((place()? == (x + dx, y + dy)).then_some(()))
        })
        .with_context(|| format!("from {x}, {y} by {dx}, {dy} it came to {:?}", place()))?;
    }
    scene.viewer.ask(button(at(20, 10), "release"))?;
    Ok(())
}

#[test]
fn a_display_is_left_as_it_was_found() -> Result<()> {
    let Some(mut scene) = Scene::start("what is left of a session on a display", None)? else {
        return Ok(());
    };
    let track = scene.track;
    let connection = scene.display.connect()?;
    let setup = connection.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let meanings = || -> Result<Vec<u32>> {
        let all = connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        // There may be more columns than before, of nothing.
        let columns = all.keysyms.chunks(usize::from(all.keysyms_per_keycode));
        Ok(columns.map(|column| column[0]).collect())
    };
    let held = || -> Result<bool> {
        let keys = connection.query_keymap()?.reply()?.keys;
        let buttons = connection.query_pointer(setup.roots[0].root)?.reply()?.mask;
        Ok(keys.iter().any(|key| *key != 0) || u16::from(buttons) != 0)
    };
    let before = meanings()?;
    scene.viewer.activate(track)?;
    scene.viewer.insert(track, "世界")?;
    scene.viewer.key(track, "a", Press::Press)?;
    scene.viewer.ask(
        json!({"do": "pointer", "track": track, "x": 20, "y": 20, "button": "left", "state": "press"}),
    )?;
    wait::until(PATIENCE, "what is held", || Ok((held()? && meanings()? != before).then_some(())))?;
    scene.host.terminate()?;
    ensure!(!held()? && meanings()? == before, "something is left: held {}, {:?}", held()?, meanings()?);
    Ok(())
}

#[test]
fn menus_lie_where_they_do_on_the_display_and_what_is_covered_is_shown_and_used() -> Result<()> {
    let Some(mut scene) = Scene::start("menus of a display", None)? else { return Ok(()) };
    let track = scene.track;
    scene.shows_what_the_display_has()?;
    let before = scene.window()?;
    let below = scene.on_display(before.width, before.height)?;
    let connection = scene.display.connect()?;
    let screen = &connection.setup().roots[0];
    let place = connection.get_geometry(below)?.reply()?;
    let border = i32::from(place.border_width);

    // A window over all of it, and a menu over that.
    let make = |x: i16, y: i16, w: u16, h: u16, colour: u32, free: u32| -> Result<u32> {
        let id = connection.generate_id()?;
        let aux = CreateWindowAux::new().background_pixel(colour).override_redirect(free);
        connection.create_window(0, id, screen.root, x, y, w, h, 0, WindowClass::INPUT_OUTPUT, 0, &aux)?;
        connection.map_window(id)?;
        connection.flush()?;
        Ok(id)
    };
    let cover = make(0, 0, 900, 600, 0x11_2233, 0)?;
    scene.viewer.wait(Until::Windows(2))?;
    scene.shows_what_the_display_has()?;
    scene.viewer.click(track, 20.0, 20.0, "left")?;
    wait::until(PATIENCE, "the terminal under the pointer", || {
        let at = connection.query_pointer(screen.root)?.reply()?;
        Ok((at.child == below).then_some(()))
    })?;

    let menu = make(130, 150, 80, 50, 0x44_5566, 1)?;
    scene.viewer.wait(Until::Popups(1))?;
    let windows = scene.viewer.windows()?;
    let popup = windows.iter().find(|window| window.kind == Kind::Popup).context("waited for it")?;
    let expected = (130 - i32::from(place.x) - border, 150 - i32::from(place.y) - border);
    ensure!((popup.x, popup.y) == expected && popup.parent == Some(track), "it is {popup:?}, {expected:?}");
    scene.viewer.look_until(popup.track, "the menu's colour", |picture| {
        let all = picture.bgra.chunks_exact(4).all(|pixel| pixel[..3] == [0x66, 0x55, 0x44]);
        (all && (picture.width, picture.height) == (80, 50)).then_some(())
    })?;
    connection.configure_window(menu, &ConfigureWindowAux::new().x(140).width(90))?;
    connection.flush()?;
    wait::until(PATIENCE, "the menu's new place", || {
        let windows = scene.viewer.windows()?;
        Ok(windows
            .iter()
            .any(|it| it.kind == Kind::Popup && (it.x, it.width) == (expected.0 + 10, 90))
            .then_some(()))
    })?;
    connection.destroy_window(menu)?;
    connection.flush()?;
    scene.viewer.wait(Until::Popups(0))?;
    connection.unmap_window(cover)?;
    connection.flush()?;
    scene.viewer.wait(Until::Windows(1))?;
    Ok(())
}

#[test]
fn apps_start_on_the_display_and_the_session_ends_with_it() -> Result<()> {
    let Some(mut scene) = Scene::start("apps of a display", None)? else { return Ok(()) };
    scene.host.run(&["xterm", "-title", "second"])?;
    scene.viewer.wait(Until::Title("second".into()))?;
    let healthy = scene.host.ask("health", &[])?;
    ensure!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stderr));
    let Scene { host, display, .. } = &mut scene;
    let mut server = i32::try_from(display.process().pid()).ok().and_then(rustix::process::Pid::from_raw);
    let server = server.take().context("a process id is positive")?;
    rustix::process::kill_process(server, rustix::process::Signal::TERM)?;
    let status = wait::until(PATIENCE, "the host's end", || host.ended())?;
    ensure!(!status.success() && host.log().contains("the X display has ended"), "{status}: {}", host.log());
    Ok(())
}

#[test]
fn a_display_that_is_not_there_is_named() -> Result<()> {
    let (status, said) = HostOptions::default().arguments(&["--x11", ":4711"]).run_to_its_end()?;
    ensure!(!status.success() && said.contains(":4711"), "{said}");
    let (status, said) = HostOptions::default().arguments(&["--x11", "elsewhere:0"]).run_to_its_end()?;
    ensure!(!status.success() && said.contains("elsewhere:0"), "{said}");
    Ok(())
}
