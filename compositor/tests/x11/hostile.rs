//! Apps that are out of order harm themselves alone.

use media::{ClipboardRequest, Command, Size, Window};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, WindowClass},
    wrapper::ConnectionExt as _,
};

use crate::{
    app::{App, Wish},
    host::Host,
};

const TINY: Wish = Wish { x: 0, y: 0, w: 10, h: 10, override_redirect: false, colour: 0 };

#[test]
fn an_app_with_too_many_windows_is_cut_off() {
    let Some(mut host) = Host::start() else { return };
    let good = App::connect(host.display);
    good.toplevel("good", 300, 200, 0);
    let track = host.window("window", |_| true).track;

    let many = App::connect(host.display);
    flood(&many, 10_000, false, false);
    many.cut_off();
    let shown = App::connect(host.display);
    flood(&shown, 1_000, false, true);
    shown.cut_off();
    let menus = App::connect(host.display);
    // Each of these has a surface at once; with very many more of them Xwayland itself gives up.
    flood(&menus, 300, true, true);
    menus.cut_off();

    let title = AtomEnum::WM_NAME.into();
    let id = good.toplevel("another", 100, 100, 0);
    good.set_text(id, title, AtomEnum::STRING.into(), b"still there");
    good.conn.flush().unwrap();
    host.window("window of the good app", |window| window.title == "still there" && window.track != track);
}

/// Makes windows until the server has had enough.
fn flood(app: &App, count: u32, override_redirect: bool, mapped: bool) {
    let aux = CreateWindowAux::new().override_redirect(u32::from(override_redirect));
    for _ in 0..count {
        let Ok(id) = app.conn.generate_id() else { return };
        let class = WindowClass::INPUT_OUTPUT;
        if app.conn.create_window(0, id, app.root, 0, 0, 10, 10, 0, class, 0, &aux).is_err()
            || (mapped && app.conn.map_window(id).is_err())
        {
            return;
        }
    }
}

#[test]
fn absurd_sizes_and_texts_are_bounded() {
    let Some(mut host) = Host::start() else { return };
    let large = App::connect(host.display);
    large.window(&Wish { w: 60_000, h: 2, override_redirect: true, ..TINY });
    large.cut_off();

    let app = App::connect(host.display);
    let id = app.window(&Wish { w: 60_000, h: 2, ..TINY });
    let (name, utf8) = (app.atom("_NET_WM_NAME"), app.atom("UTF8_STRING"));
    for _ in 0..16 {
        let part = "ä\u{202e}\n".repeat(30_000);
        app.conn.change_property8(PropMode::APPEND, id, name, utf8, part.as_bytes()).unwrap();
    }
    app.set_values(id, app.atom("_NET_WM_ICON"), AtomEnum::CARDINAL.into(), &[u32::MAX; 60_000]);
    app.set_values(id, AtomEnum::WM_NORMAL_HINTS.into(), AtomEnum::WM_SIZE_HINTS.into(), &[u32::MAX; 18]);
    app.set_values(id, AtomEnum::WM_TRANSIENT_FOR.into(), AtomEnum::WINDOW.into(), &[id]);
    app.set_text(id, AtomEnum::WM_CLASS.into(), AtomEnum::STRING.into(), &[0xff; 60_000]);
    app.map(id);
    let window = host.window("window", |_| true);
    assert_eq!(window.size, Size::new(media::MAX_DIMENSION, 2));
    assert!(window.title.len() <= Window::MAX_TEXT && window.title.chars().all(|c| c == 'ä'));
    assert!(window.app_id.len() <= Window::MAX_TEXT);
    assert_eq!((window.icon, window.parent), (None, None));
}

#[test]
fn an_app_that_grabs_the_server_holds_up_x11_alone() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    app.conn.grab_server().unwrap();
    app.conn.get_input_focus().unwrap().reply().unwrap();
    let begun = std::time::Instant::now();
    for round in 1..100 {
        host.send(Command::Focus(Some(track)));
        host.point(track, 5.0, 5.0);
        host.send(Command::Focus(None));
        host.send(Command::ReadClipboard { request: ClipboardRequest(round), mime: "text/plain".into() });
        host.wait("answer", |event| match event {
            media::Event::ClipboardContent { request, .. } => {
                (*request == ClipboardRequest(round)).then_some(())
            }
            _ => None,
        });
    }
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
}

#[test]
fn messages_that_nobody_expects_are_passed_over() {
    use x11rb::protocol::xproto::ClientMessageEvent;
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    let names = [
        "WL_SURFACE_ID",
        "WL_SURFACE_SERIAL",
        "_NET_WM_STATE",
        "_NET_ACTIVE_WINDOW",
        "_DORMER_FENCE",
        "WM_CHANGE_STATE",
    ];
    let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    for kind in names.map(|name| app.atom(name)) {
        for window in [id, app.root, 0, 0x20_0001, u32::MAX] {
            for data in [[0; 5], [1, 2, 3, 4, 5], [u32::MAX; 5]] {
                let event = ClientMessageEvent::new(32, window, kind, data);
                app.conn.send_event(false, app.root, mask, event).unwrap();
                app.conn
                    .send_event(false, app.root, mask, ClientMessageEvent { format: 8, ..event })
                    .unwrap();
            }
        }
    }
    app.set_text(id, AtomEnum::WM_NAME.into(), AtomEnum::STRING.into(), b"after");
    app.conn.flush().unwrap();
    host.window("title", |window| window.track == track && window.title == "after");
}

#[test]
fn a_killed_xwayland_is_replaced() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    let xwayland = host.xwayland().expect("a process");
    rustix::process::kill_process(xwayland, rustix::process::Signal::KILL).unwrap();
    host.gone(track);
    let again = App::connect(host.display);
    again.toplevel("again", 300, 200, 0);
    host.window("window", |window| window.title == "again");
}

#[test]
fn an_app_with_too_many_pixels_is_kept_within_bounds() {
    let limit = 600 << 20;
    let Some(mut host) = Host::with(|config| config.limits.session_bytes = limit) else { return };
    let good = App::connect(host.display);
    good.toplevel("good", 300, 200, 0);
    host.window("window", |_| true);
    let app = App::connect(host.display);
    for _ in 0..4 {
        app.map(app.window(&Wish { w: 8192, h: 8192, ..TINY }));
    }
    let mut bytes = 0;
    for _ in 0..4 {
        let size = host.window("window that was made smaller", |window| window.size.w > 1).size;
        bytes += u64::from(size.w) * u64::from(size.h) * 4;
    }
    assert!(bytes < limit, "{bytes}");
    let app = App::connect(host.display);
    for _ in 0..4 {
        let id = app.window(&Wish { w: 8192, h: 8192, override_redirect: true, ..TINY });
        if app.conn.map_window(id).is_err() {
            break;
        }
    }
    app.cut_off();
    good.toplevel("another", 100, 100, 0);
    host.window("window of the good app", |window| window.title == "another");
}
