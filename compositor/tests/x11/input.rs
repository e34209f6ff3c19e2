//! Input: keys, presses and the keyboard's focus reach the right window at the right place.

use media::Command;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xproto::{AtomEnum, ConnectionExt as _},
    },
};

use crate::{
    app::{App, Wish},
    host::Host,
};

const KEY_A: u16 = 30;
/// X counts keys from here.
const X_OFFSET: u8 = 8;

#[test]
fn keys_reach_the_window_that_has_the_focus_at_once() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let windows = [app.toplevel("0", 300, 200, 0), app.toplevel("1", 300, 200, 0)];
    let mut tracks = [None, None];
    while tracks.contains(&None) {
        let window = host.window("windows", |_| true);
        tracks[usize::from(window.title == "1")] = Some(window.track);
    }
    // The key follows the focus on another connection; it must not overtake it.
    for round in 0..20 {
        let which = round % 2;
        let track = tracks[which].unwrap();
        host.send(Command::Focus(Some(track)));
        host.key(track, KEY_A, true);
        host.key(track, KEY_A, false);
        let (window, key) = app.wait("key", |event| match event {
            Event::KeyPress(e) => Some((e.event, e.detail)),
            _ => None,
        });
        assert_eq!((window, key), (windows[which], KEY_A as u8 + X_OFFSET), "in round {round}");
    }
    host.send(Command::Focus(None));
    app.wait("loss of the focus", |event| matches!(event, Event::FocusOut(_)).then_some(()));
}

#[test]
fn presses_reach_the_window_that_was_pointed_at() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let windows = [app.toplevel("0", 300, 200, 0), app.toplevel("1", 300, 200, 0)];
    let mut tracks = [None, None];
    while tracks.contains(&None) {
        let window = host.window("windows", |_| true);
        tracks[usize::from(window.title == "1")] = Some(window.track);
    }
    let press = |host: &mut Host, track, x: f64, y: f64| {
        host.point(track, x, y);
        host.press(true);
        host.press(false);
        app.wait("press", |event| match event {
            Event::ButtonPress(e) => Some((e.event, e.event_x, e.event_y)),
            _ => None,
        })
    };
    // Both lie at the same place of the root.
    for round in 0..20_i16 {
        let which = round as usize % 2;
        let at = press(&mut host, tracks[which].unwrap(), f64::from(20 + round), 30.0);
        assert_eq!(at, (windows[which], 20 + round, 30), "in round {round}");
    }

    let wish = Wish { x: 10, y: 10, w: 100, h: 100, override_redirect: true, colour: 0xff };
    let menu = app.window(&wish);
    app.set_values(menu, AtomEnum::WM_TRANSIENT_FOR.into(), AtomEnum::WINDOW.into(), &[windows[0]]);
    app.map(menu);
    let popup = host.window("menu", |window| window.parent == tracks[0]).track;
    assert_eq!(press(&mut host, tracks[1].unwrap(), 50.0, 50.0), (windows[1], 50, 50));
    assert_eq!(press(&mut host, popup, 40.0, 45.0), (menu, 40, 45));
    assert_eq!(press(&mut host, tracks[0].unwrap(), 150.0, 50.0), (windows[0], 150, 50));
    assert_eq!(press(&mut host, popup, 41.0, 46.0), (menu, 41, 46));
}

#[test]
fn presses_elsewhere_are_told_to_menus() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    host.point(track, 20.0, 20.0);
    host.press(true);
    host.press(false);
    let time = app.wait("press", |event| match event {
        Event::ButtonPress(e) => Some(e.time),
        _ => None,
    });
    let wish = Wish { x: 10, y: 10, w: 100, h: 100, override_redirect: true, colour: 0xff };
    let menu = app.window(&wish);
    app.set_values(menu, AtomEnum::WM_TRANSIENT_FOR.into(), AtomEnum::WINDOW.into(), &[id]);
    app.map(menu);
    host.window("menu", |window| window.parent == Some(track));
    use x11rb::protocol::xproto::{EventMask, GrabMode, GrabStatus};
    let grabbed = app
        .conn
        .grab_pointer(
            true,
            menu,
            EventMask::BUTTON_PRESS,
            GrabMode::ASYNC,
            GrabMode::ASYNC,
            0_u32,
            0_u32,
            time,
        )
        .unwrap();
    assert_eq!(grabbed.reply().unwrap().status, GrabStatus::SUCCESS);
    app.conn.flush().unwrap();
    host.send(Command::DismissPopups);
    let (x, y) = app.wait("press", |event| match event {
        Event::ButtonPress(e) => Some((e.root_x, e.root_y)),
        _ => None,
    });
    assert!(x > 110 && y > 110, "the press lies outside of the menu: {x}, {y}");
}

#[test]
fn a_game_that_hides_the_pointer_and_puts_it_back_has_all_its_motion() {
    use x11rb::protocol::{
        xfixes::ConnectionExt as _,
        xproto::{ChangeWindowAttributesAux, EventMask},
    };
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("game", 300, 200, 0);
    let (font, cursor) = (app.conn.generate_id().unwrap(), app.conn.generate_id().unwrap());
    app.conn.open_font(font, b"cursor").unwrap();
    app.conn.create_glyph_cursor(cursor, font, font, 68, 69, 0, 0, 0, 0xffff, 0xffff, 0xffff).unwrap();
    let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::POINTER_MOTION).cursor(cursor);
    app.conn.change_window_attributes(id, &aux).unwrap();
    app.conn.xfixes_query_version(5, 0).unwrap().reply().unwrap();
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    let motion = |app: &App| {
        app.wait("motion", |event| match event {
            Event::MotionNotify(e) => Some((e.event_x, e.event_y)),
            _ => None,
        })
    };
    host.point(track, 20.0, 30.0);
    assert_eq!(motion(&app), (20, 30));
    app.conn.xfixes_hide_cursor(id).unwrap();
    let centre = || {
        app.conn.warp_pointer(x11rb::NONE, id, 0, 0, 0, 0, 150, 100).unwrap();
        app.conn.flush().unwrap();
    };
    centre();
    while motion(&app) != (150, 100) {}
    host.wait("lock", |event| (*event == media::Event::PointerLock(Some(track))).then_some(()));
    for _ in 0..20 {
        let cause = host.cause();
        host.send(Command::RelativeMotion { cause, track, dx: 9.0, dy: -4.0 });
        assert_eq!(motion(&app), (159, 96));
        centre();
        assert_eq!(motion(&app), (150, 100), "the way back is motion as well");
    }
    app.conn.xfixes_show_cursor(id).unwrap();
    app.conn.flush().unwrap();
    host.wait("end of the lock", |event| (*event == media::Event::PointerLock(None)).then_some(()));
}

#[test]
fn what_is_not_pointed_at_gets_nothing() {
    use x11rb::protocol::{
        shape::{ConnectionExt as _, SK, SO},
        xproto::{ClipOrdering, Rectangle},
    };
    let Some(mut host) = Host::start() else { return };
    let (holed, other) = (App::connect(host.display), App::connect(host.display));
    other.toplevel("below", 300, 200, 0);
    host.window("window", |window| window.title == "below");
    let id = holed.toplevel("holed", 300, 200, 0);
    let track = host.window("window", |window| window.title == "holed").track;
    let frame = Rectangle { x: 0, y: 0, width: 300, height: 50 };
    holed.conn.shape_rectangles(SO::SET, SK::INPUT, ClipOrdering::UNSORTED, id, 0, 0, &[frame]).unwrap();
    holed.conn.get_input_focus().unwrap().reply().unwrap();
    let click = |host: &mut Host, x: f64, y: f64| {
        host.point(track, x, y);
        host.press(true);
        host.press(false);
    };
    let pressed = |app: &App| {
        app.wait("press", |event| match event {
            Event::ButtonPress(e) => Some((e.event, e.event_x, e.event_y)),
            _ => None,
        })
    };
    click(&mut host, 40.0, 30.0);
    assert_eq!(pressed(&holed), (id, 40, 30));
    // Into the hole, and beside it again.
    click(&mut host, 60.0, 120.0);
    click(&mut host, 61.0, 31.0);
    assert_eq!(pressed(&holed), (id, 61, 31), "a hole is nobody's");

    // Windows that come later lie elsewhere for their user, be they menus or not.
    other.toplevel("later", 300, 200, 0);
    host.window("window", |window| window.title == "later");
    click(&mut host, 62.0, 32.0);
    assert_eq!(pressed(&holed), (id, 62, 32));
    let wish = Wish { x: 0, y: 0, w: 200, h: 200, override_redirect: true, colour: 0 };
    let stranger = other.window(&wish);
    other.map(stranger);
    host.window("window", |window| window.kind == media::WindowKind::Popup);
    click(&mut host, 63.0, 33.0);
    assert_eq!(pressed(&holed), (id, 63, 33));
    let raised = x11rb::protocol::xproto::ConfigureWindowAux::new()
        .stack_mode(x11rb::protocol::xproto::StackMode::ABOVE);
    other.conn.configure_window(stranger, &raised).unwrap();
    other.conn.get_input_focus().unwrap().reply().unwrap();
    other.set_text(stranger, AtomEnum::WM_NAME.into(), AtomEnum::STRING.into(), b"raised");
    other.conn.flush().unwrap();
    host.window("the raised one", |window| window.title == "raised");
    click(&mut host, 64.0, 34.0);
    assert_eq!(pressed(&holed), (id, 64, 34));
    other.conn.get_input_focus().unwrap().reply().unwrap();
    while let Some(event) = other.conn.poll_for_event().unwrap() {
        assert!(!matches!(event, Event::ButtonPress(_)), "another window was pressed: {event:?}");
    }
}

#[test]
fn a_title_bar_that_an_app_draws_moves_its_window() {
    use media::WindowGrab;
    use x11rb::protocol::xproto::{ClientMessageEvent, EventMask};
    let Some(mut host) = Host::start() else { return };
    let (app, other) = (App::connect(host.display), App::connect(host.display));
    let id = app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    let name = app.atom("_NET_WM_MOVERESIZE");
    let supported = app.atom("_NET_SUPPORTED");
    let reply = app.conn.get_property(false, app.root, supported, AtomEnum::ATOM, 0, 1000).unwrap();
    assert!(reply.reply().unwrap().value32().unwrap().any(|atom| atom == name), "toolkits look for it");
    let drag = |app: &App, direction: u32| {
        let event = ClientMessageEvent::new(32, id, name, [20, 20, direction, 1, 1]);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        app.conn.send_event(false, app.root, mask, event).unwrap();
        app.conn.flush().unwrap();
    };
    let pressed = |app: &App| {
        app.wait("press", |event| matches!(event, Event::ButtonPress(_)).then_some(()));
    };
    let grabbed = |host: &mut Host| {
        host.wait("drag", |event| match event {
            media::Event::Grabbed { track, grab } => Some((*track, *grab)),
            _ => None,
        })
    };
    // Without a button that is down there is nothing to drag with. The title is read after that.
    drag(&app, 8);
    app.set_text(id, AtomEnum::WM_NAME.into(), AtomEnum::STRING.into(), b"dragged");
    app.conn.flush().unwrap();
    host.window("title", |window| window.title == "dragged");
    for (direction, wanted) in
        [(8, WindowGrab::Move), (4, WindowGrab::ResizeBottomRight), (7, WindowGrab::ResizeLeft)]
    {
        host.point(track, 20.0, 20.0);
        host.press(true);
        pressed(&app);
        drag(&app, direction);
        assert_eq!(grabbed(&mut host), (track, wanted));
        host.press(false);
    }
    // Nor with one that is down elsewhere.
    let elsewhere = other.toplevel("other", 300, 200, 0);
    let others = host.window("window", |window| window.title == "other").track;
    host.point(others, 20.0, 20.0);
    host.press(true);
    pressed(&other);
    drag(&app, 8);
    let event = ClientMessageEvent::new(32, elsewhere, name, [20, 20, 0, 1, 1]);
    let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    app.conn.send_event(false, app.root, mask, event).unwrap();
    app.conn.flush().unwrap();
    assert_eq!(grabbed(&mut host), (others, WindowGrab::ResizeTopLeft));
}
