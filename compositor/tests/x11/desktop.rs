//! What X11 apps find of a desktop: settings, a screen, a list of windows, a cursor.

use media::{Command, Configure, CursorImage, Event, Scale, Size};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{AtomEnum, ConnectionExt as _},
};

use crate::{app::App, host::Host};

/// The first values of a property.
fn values(app: &App, window: u32, name: &str) -> Vec<u32> {
    let name = app.atom(name);
    let reply = app.conn.get_property(false, window, name, AtomEnum::ANY, 0, 256).unwrap().reply().unwrap();
    reply.value32().map(Iterator::collect).unwrap_or_default()
}

/// The bytes of a property.
fn bytes(app: &App, window: u32, name: &str) -> Vec<u8> {
    let name = app.atom(name);
    app.conn.get_property(false, window, name, AtomEnum::ANY, 0, 4096).unwrap().reply().unwrap().value
}

/// Waits until what the root says is this: it is told at the end of a turn of the host's loop.
fn becomes(app: &App, host: &mut Host, name: &str, expected: &[u32]) {
    let deadline = std::time::Instant::now() + crate::host::PATIENCE;
    while values(app, app.root, name) != expected {
        let found = values(app, app.root, name);
        assert!(std::time::Instant::now() < deadline, "{name} stays {found:?}");
        // Each question has the host and the server take a turn.
        host.send(Command::PointerLeft);
    }
}

#[test]
fn apps_find_settings_and_resources() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    host.window("window", |_| true);
    let selection = app.atom("_XSETTINGS_S0");
    let owner = app.conn.get_selection_owner(selection).unwrap().reply().unwrap().owner;
    assert_ne!(owner, 0, "somebody tells settings");
    let settings = bytes(&app, owner, "_XSETTINGS_SETTINGS");
    for name in ["Xft/DPI", "Net/DoubleClickTime", "Gdk/WindowScalingFactor", "Gtk/CursorThemeSize"] {
        assert!(settings.windows(name.len()).any(|part| part == name.as_bytes()), "{name} is told");
    }
    let resources = String::from_utf8(bytes(&app, app.root, "RESOURCE_MANAGER")).unwrap();
    assert!(resources.contains("Xft.dpi:\t96\n"), "{resources:?}");
}

#[test]
fn what_users_set_outlives_the_last_app() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    let server = host.xwayland().expect("a server");
    let name = AtomEnum::RESOURCE_MANAGER.into();
    app.set_text(app.root, name, AtomEnum::STRING.into(), b"XTerm*background: black\n");
    app.conn
        .change_keyboard_control(&x11rb::protocol::xproto::ChangeKeyboardControlAux::new().bell_percent(7))
        .unwrap();
    app.conn.flush().unwrap();
    app.atom("a question that is answered after that");
    drop(app);
    host.gone(track);
    let line = std::fs::read(format!("/proc/{}/cmdline", server.as_raw_nonzero())).expect("it runs");
    let ends = line.split(|&byte| byte == 0).any(|word| word == b"-terminate");
    assert!(!ends, "it would end some seconds after the last app");
    let app = App::connect(host.display);
    assert_eq!(bytes(&app, app.root, "RESOURCE_MANAGER"), b"XTerm*background: black\n");
    assert_eq!(app.conn.get_keyboard_control().unwrap().reply().unwrap().bell_percent, 7);
    assert_eq!(host.xwayland(), Some(server));
}

#[test]
fn the_desktop_is_as_large_as_the_viewers_screen() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    becomes(&app, &mut host, "_NET_WORKAREA", &[0, 0, 1920, 1080]);
    let fill = |serial, size, maximized| Configure {
        serial,
        size: Some(size),
        scale: Scale::ONE,
        maximized,
        fullscreen: !maximized,
        resizing: false,
    };
    let configure = fill(1, Size::new(1280, 750), true);
    host.send(Command::Configure { track, configure });
    becomes(&app, &mut host, "_NET_WORKAREA", &[0, 0, 1280, 750]);
    let configure = fill(2, Size::new(1280, 800), false);
    host.send(Command::Configure { track, configure });
    becomes(&app, &mut host, "_NET_DESKTOP_GEOMETRY", &[1280, 800]);
    becomes(&app, &mut host, "_NET_WORKAREA", &[0, 0, 1280, 750]);
    // A viewer that says no size gets the one that the window had.
    let configure = Configure { serial: 3, size: None, fullscreen: false, ..configure };
    host.send(Command::Configure { track, configure });
    host.window("its own size", |window| window.configured == 3 && window.size == Size::new(300, 200));
}

#[test]
fn the_lists_of_windows_are_true() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let mut tracks = Vec::new();
    let mut ids = Vec::new();
    for title in ["0", "1", "2"] {
        ids.push(app.toplevel(title, 300, 200, 0));
        tracks.push(host.window("window", |window| window.title == title).track);
    }
    becomes(&app, &mut host, "_NET_CLIENT_LIST", &ids);
    for at in [2, 0, 1] {
        host.send(Command::Focus(Some(tracks[at])));
    }
    becomes(&app, &mut host, "_NET_ACTIVE_WINDOW", &[ids[1]]);
    becomes(&app, &mut host, "_NET_CLIENT_LIST_STACKING", &[ids[2], ids[0], ids[1]]);
    app.conn.destroy_window(ids[0]).unwrap();
    app.conn.flush().unwrap();
    host.gone(tracks[0]);
    becomes(&app, &mut host, "_NET_CLIENT_LIST", &ids[1..]);
    becomes(&app, &mut host, "_NET_CLIENT_LIST_STACKING", &[ids[2], ids[1]]);
}

#[test]
fn a_window_without_a_cursor_of_its_own_has_an_arrow() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    host.point(track, 100.0, 100.0);
    let (hotspot, size) = host.wait("cursor", |event| match event {
        Event::Cursor(CursorImage::Picture { hotspot, size, .. }) => Some((*hotspot, *size)),
        _ => None,
    });
    // An arrow points with its tip, a cross with its middle.
    assert!(hotspot.x * 4 < size.w as i32 && hotspot.y * 4 < size.h as i32, "{hotspot:?} in {size:?}");
}

#[test]
fn an_app_that_manages_settings_itself_may() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let own = app.toplevel("window", 300, 200, 0);
    host.window("window", |_| true);
    let selection = app.atom("_XSETTINGS_S0");
    let before = app.conn.get_selection_owner(selection).unwrap().reply().unwrap().owner;
    let mask = x11rb::protocol::xproto::EventMask::STRUCTURE_NOTIFY;
    let aux = x11rb::protocol::xproto::ChangeWindowAttributesAux::new().event_mask(mask);
    app.conn.change_window_attributes(before, &aux).unwrap();
    app.conn.set_selection_owner(own, selection, x11rb::CURRENT_TIME).unwrap();
    // Who takes a manager's place waits for the end of its window.
    app.wait("end of the other", |event| match event {
        x11rb::protocol::Event::DestroyNotify(e) if e.window == before => Some(()),
        _ => None,
    });
}
