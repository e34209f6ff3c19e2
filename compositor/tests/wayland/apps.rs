//! Real apps: they show windows, react to keys, open menus. Those that are not installed are named and left
//! out.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command as Process, Stdio},
};

use media::{Command, Configure, Event, KeyCode, Scale, Size, TrackId, Window, WindowKind};

use crate::host::{Host, cause};

const KEY_ENTER: KeyCode = KeyCode(28);
const KEY_F10: KeyCode = KeyCode(68);
const KEY_A: KeyCode = KeyCode(30);

/// A running app that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts an app, or tells that it is not there.
pub(crate) fn start(host: &Host, program: &str, args: &[&str]) -> Option<Running> {
    start_with(host, program, args, |_| ())
}

/// The same, with more to set.
pub(crate) fn start_with(
    host: &Host,
    program: &str,
    args: &[&str],
    set: impl FnOnce(&mut Process),
) -> Option<Running> {
    let Some(path) = installed(program) else {
        skipped(program);
        return None;
    };
    let mut process = Process::new(path);
    process
        .args(args)
        .env("XDG_RUNTIME_DIR", host.dir.path())
        .env("WAYLAND_DISPLAY", &host.display)
        .env("GDK_BACKEND", "wayland")
        .env("QT_QPA_PLATFORM", "wayland")
        .env("GSK_RENDERER", "cairo")
        .env("HOME", host.dir.path())
        .env_remove("DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    set(&mut process);
    process.spawn().ok().map(Running)
}

/// Tells that an app is not there.
pub(crate) fn skipped(program: &str) {
    // `make test` has installed everything. The macro's words would be libtest's, who keeps them to itself.
    let complete = std::env::var_os("DORMER_TESTS_COMPLETE").is_some();
    assert!(!complete, "{program} is not installed; `make setup-test` installs its package");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {program} is not installed");
}

pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([PathBuf::from("/usr/games")]);
    dirs.map(|dir| dir.join(program)).find(|file| Path::is_file(file))
}

fn shown(host: &mut Host) -> Window {
    let window = host.window("window", |window| window.kind == WindowKind::Toplevel);
    host.frame_done(window.track);
    host.send(Command::Focus(Some(window.track)));
    window
}

fn tap(host: &Host, track: TrackId, key: KeyCode, input: u64) {
    for pressed in [true, false] {
        host.send(Command::Key { cause: cause(input), track, key, pressed });
    }
}

/// Waits for the commit that answers an input, drawing all frames until then.
fn answered(host: &mut Host, track: TrackId, input: u64) {
    loop {
        let (_, _, cause_of) = host.damage(track);
        host.frame_done(track);
        if cause_of == Some(cause(input)) {
            return;
        }
    }
}

/// Waits for a window's state, drawing all frames of another until then: an app may have drawn once more than
/// was waited for, and goes on only when that was shown.
fn becomes(host: &mut Host, track: TrackId, what: &str, wanted: impl Fn(&Window) -> bool) -> Window {
    loop {
        let seen = host.wait(what, |event| match event {
            Event::Damaged { track: damaged, .. } if *damaged == track => Some(None),
            Event::Window(window) if wanted(window) => Some(Some(window.clone())),
            _ => None,
        });
        match seen {
            Some(window) => return window,
            None => host.frame_done(track),
        }
    }
}

#[test]
fn foot_shows_its_window_and_answers_keys_and_resizes() {
    let mut host = Host::start();
    let Some(_foot) = start(&host, "foot", &["--config=/dev/null", "sh", "-c", "cat"]) else { return };
    let window = shown(&mut host);
    assert!(!window.states.client_decorated, "the viewer draws foot's title bar");
    tap(&host, window.track, KEY_A, 1);
    answered(&mut host, window.track, 1);
    tap(&host, window.track, KEY_ENTER, 2);
    answered(&mut host, window.track, 2);
    let configure = Configure {
        serial: 5,
        size: Some(Size::new(501, 333)),
        scale: Scale::ONE,
        maximized: false,
        fullscreen: false,
        resizing: false,
    };
    host.send(Command::Configure { track: window.track, configure });
    let resized = becomes(&mut host, window.track, "resized window", |window| window.configured == 5);
    assert!(resized.size.w.abs_diff(501) < 20 && resized.size.h.abs_diff(333) < 20, "{:?}", resized.size);
}

#[test]
fn a_gtk3_editor_takes_text_and_opens_its_menu_as_a_popup() {
    let mut host = Host::start();
    let Some(_editor) = start(&host, "l3afpad", &[]) else { return };
    let window = shown(&mut host);
    let text = Command::Text { cause: cause(1), track: window.track, text: "grüße 世界".into() };
    host.send(text);
    becomes(&mut host, window.track, "changed title", |window| window.title.starts_with('*'));
    tap(&host, window.track, KEY_F10, 2);
    let menu = becomes(&mut host, window.track, "menu", |seen| seen.kind == WindowKind::Popup);
    assert_eq!(menu.parent, Some(window.track));
    host.send(Command::DismissPopups);
    host.gone(menu.track);
}

#[test]
fn a_gtk4_app_shows_its_window_and_answers_keys() {
    let mut host = Host::start();
    let Some(_app) = start(&host, "gtk4-widget-factory", &[]) else { return };
    let window = shown(&mut host);
    tap(&host, window.track, KEY_F10, 1);
    answered(&mut host, window.track, 1);
}

#[test]
fn a_qt6_app_shows_its_window_and_answers_keys() {
    let mut host = Host::start();
    let Some(_app) = start(&host, "cutemaze", &[]) else { return };
    let window = shown(&mut host);
    assert!(!window.states.client_decorated, "the viewer draws Qt's title bar");
    tap(&host, window.track, KEY_F10, 1);
    answered(&mut host, window.track, 1);
}

#[test]
fn weston_simple_shm_draws_as_often_as_it_is_let() {
    let mut host = Host::start();
    let Some(_app) = start(&host, "weston-simple-shm", &[]) else { return };
    let window = shown(&mut host);
    for _ in 0..30 {
        host.damage(window.track);
        host.frame_done(window.track);
    }
}
