//! Windows: what they say, where they are, how they change and go.

use media::{Command, Configure, Point, Scale, Size, WindowKind};
use x11rb::{
    connection::Connection,
    properties::WmSizeHints,
    protocol::{
        Event,
        xproto::{AtomEnum, ConfigureWindowAux, ConnectionExt as _},
    },
};

use crate::{
    app::{App, Wish},
    host::Host,
};

#[test]
fn a_window_is_shown_as_it_says() {
    let Some(mut host) = Host::start() else { return };
    assert_eq!(host.xwayland(), None, "a session without X11 apps has no Xwayland");
    let app = App::connect(host.display);
    let wish = Wish { x: 200, y: 300, w: 320, h: 240, override_redirect: false, colour: 0x11_22_33 };
    let id = app.window(&wish);
    app.set_text(id, app.atom("_NET_WM_NAME"), app.atom("UTF8_STRING"), "Tür\u{202e}\n1".as_bytes());
    app.set_text(id, AtomEnum::WM_CLASS.into(), AtomEnum::STRING.into(), b"door\0Door\0");
    let hints = WmSizeHints {
        min_size: Some((100, 50)),
        max_size: Some((1000, 500)),
        base_size: Some((20, 10)),
        size_increment: Some((10, 5)),
        ..WmSizeHints::new()
    };
    hints.set_normal_hints(&app.conn, id).unwrap();
    let mut icon = vec![64, 64];
    icon.resize(2 + 64 * 64, 0xff00_ff00);
    app.set_values(id, app.atom("_NET_WM_ICON"), AtomEnum::CARDINAL.into(), &icon);
    let motif = app.atom("_MOTIF_WM_HINTS");
    app.set_values(id, motif, motif, &[2, 0, 0, 0, 0]);
    app.map(id);

    let sent = host.wait("icon", |event| match event {
        media::Event::Icon(icon) => Some(icon.clone()),
        _ => None,
    });
    assert_eq!((sent.side, &sent.rgba[..4]), (64, &[0, 255, 0, 255][..]));
    let window = host.window("window", |_| true);
    assert_eq!((window.kind, window.parent, window.position), (WindowKind::Toplevel, None, Point::new(0, 0)));
    assert_eq!((&*window.title, &*window.app_id), ("Tür1", "Door"));
    assert_eq!((window.size, window.scale), (Size::new(320, 240), Scale::ONE));
    assert_eq!(
        (window.limits.min, window.limits.max),
        (Some(Size::new(100, 50)), Some(Size::new(1000, 500)))
    );
    assert_eq!(
        (window.limits.base, window.limits.increment),
        (Some(Size::new(20, 10)), Some(Size::new(10, 5)))
    );
    assert_eq!(window.icon, Some(sent.id));
    assert!(window.states.client_decorated, "Motif's hints ask for no decorations");
    host.pixel(window.track, 5, 5, [0x33, 0x22, 0x11, 255]);
    app.fill(id, 0xff_00_00, 320, 240);
    host.pixel(window.track, 319, 239, [0, 0, 255, 255]);

    app.set_text(id, app.atom("_NET_WM_NAME"), app.atom("UTF8_STRING"), b"New");
    app.conn.flush().unwrap();
    host.window("new title", |window| window.title == "New");
    app.conn.unmap_window(id).unwrap();
    app.conn.flush().unwrap();
    host.gone(window.track);
    app.map(id);
    let again = host.window("window that comes again", |_| true);
    assert_ne!(again.track, window.track);
}

#[test]
fn menus_are_popups_of_their_window() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let other = app.toplevel("other", 300, 200, 0);
    let parent = app.toplevel("parent", 300, 200, 0);
    let (mut of_other, mut of_parent) = (None, None);
    while of_other.is_none() || of_parent.is_none() {
        let window = host.window("toplevels", |_| true);
        let place = if window.title == "other" { &mut of_other } else { &mut of_parent };
        *place = Some(window.track);
    }

    let wish = Wish { x: 30, y: 40, w: 80, h: 120, override_redirect: true, colour: 0xff_ff_ff };
    let menu = app.window(&wish);
    let transient_for = AtomEnum::WM_TRANSIENT_FOR.into();
    app.set_values(menu, transient_for, AtomEnum::WINDOW.into(), &[parent]);
    app.map(menu);
    let popup = host.window("menu", |window| window.kind == WindowKind::Popup);
    assert_eq!(
        (popup.parent, popup.position, popup.size),
        (of_parent, Point::new(30, 40), Size::new(80, 120))
    );
    host.pixel(popup.track, 1, 1, [255; 4]);

    let submenu = app.window(&Wish { x: 110, y: 50, ..wish });
    app.set_values(submenu, transient_for, AtomEnum::WINDOW.into(), &[menu]);
    app.map(submenu);
    let below =
        host.window("submenu", |window| window.track != popup.track && window.kind == WindowKind::Popup);
    assert_eq!((below.parent, below.position), (Some(popup.track), Point::new(80, 10)));

    app.conn.configure_window(menu, &ConfigureWindowAux::new().x(35).y(45)).unwrap();
    app.conn.flush().unwrap();
    host.window("moved menu", |window| window.track == popup.track && window.position == Point::new(35, 45));
    app.conn.unmap_window(submenu).unwrap();
    app.conn.unmap_window(menu).unwrap();
    app.conn.flush().unwrap();
    host.gone(below.track);
    host.gone(popup.track);

    host.send(Command::Focus(of_other));
    host.window("focus", |window| Some(window.track) == of_other && window.states.activated);
    let undeclared = app.window(&wish);
    app.map(undeclared);
    let popup = host.window("menu", |window| window.kind == WindowKind::Popup);
    assert_eq!(popup.parent, of_other, "a menu that says nothing belongs to the window that was used last");
    app.conn.destroy_window(other).unwrap();
    app.conn.flush().unwrap();
    host.gone(popup.track);
    host.gone(of_other.unwrap());
}

#[test]
fn a_configure_is_answered_once_its_size_is_shown() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    let configure = Configure {
        serial: 7,
        size: Some(Size::new(2500, 1300)),
        scale: Scale::ONE,
        maximized: true,
        fullscreen: false,
        resizing: false,
    };
    host.send(Command::Configure { track, configure });
    app.wait("configure", |event| match event {
        Event::ConfigureNotify(e) if e.window == id => ((e.width, e.height) == (2500, 1300)).then_some(()),
        _ => None,
    });
    let window = host.window("answer", |window| window.configured == 7);
    assert_eq!((window.size, window.states.maximized), (Size::new(2500, 1300), true));

    // The screen has grown with it, so that pointers reach all of it.
    host.point(track, 2490.0, 1290.0);
    host.press(true);
    host.press(false);
    let at = app.wait("press", |event| match event {
        Event::ButtonPress(e) => Some((e.event, e.event_x, e.event_y)),
        _ => None,
    });
    assert_eq!(at, (id, 2490, 1290));

    app.conn.configure_window(id, &ConfigureWindowAux::new().width(10).height(10)).unwrap();
    let same = Configure { serial: 8, ..configure };
    host.send(Command::Configure { track, configure: same });
    let window = host.window("answer", |window| window.configured == 8);
    assert_eq!(window.size, Size::new(2500, 1300), "an app cannot shrink a maximized window");
    let own = Configure { serial: 9, maximized: false, size: None, ..configure };
    host.send(Command::Configure { track, configure: own });
    let window = host.window("answer", |window| window.configured == 9);
    assert_eq!((window.size, window.states.maximized), (Size::new(300, 200), false));
}

#[test]
fn closing_is_asked_for_where_it_can_be() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("polite", 300, 200, 0);
    let (protocols, delete) = (app.atom("WM_PROTOCOLS"), app.atom("WM_DELETE_WINDOW"));
    app.set_values(id, protocols, AtomEnum::ATOM.into(), &[delete]);
    app.conn.flush().unwrap();
    let track = host.window("window", |_| true).track;
    // The property may be set after the window was mapped; a title behind it says that it has been read.
    app.set_text(id, AtomEnum::WM_NAME.into(), AtomEnum::STRING.into(), b"ready");
    app.conn.flush().unwrap();
    host.window("title", |window| window.title == "ready");
    host.send(Command::Close(track));
    let asked = app.wait("request to close", |event| match event {
        Event::ClientMessage(e) if e.type_ == protocols => Some(e.data.as_data32()[0]),
        _ => None,
    });
    assert_eq!(asked, delete);

    let rude = App::connect(host.display);
    rude.toplevel("rude", 300, 200, 0);
    let window = host.window("window", |window| window.title == "rude");
    host.send(Command::Close(window.track));
    rude.cut_off();
    host.gone(window.track);
}

#[test]
fn an_app_gets_the_states_it_wishes() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("window", 300, 200, 0);
    host.window("window", |_| true);
    let (state, fullscreen) = (app.atom("_NET_WM_STATE"), app.atom("_NET_WM_STATE_FULLSCREEN"));
    let wish = |on: u32| {
        use x11rb::protocol::xproto::{ClientMessageEvent, EventMask};
        let event = ClientMessageEvent::new(32, id, state, [on, fullscreen, 0, 1, 0]);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        app.conn.send_event(false, app.root, mask, event).unwrap();
        app.conn.flush().unwrap();
    };
    wish(1);
    host.window("fullscreen", |w| w.states.fullscreen && w.size == Size::new(1920, 1080));
    wish(0);
    host.window("its own size", |w| !w.states.fullscreen && w.size == Size::new(300, 200));
}

#[test]
fn a_tooltip_belongs_to_the_window_under_the_pointer_and_a_menu_of_keys_to_the_one_with_them() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    app.toplevel("0", 300, 200, 0);
    app.toplevel("1", 300, 200, 0);
    let mut tracks = [None, None];
    while tracks.contains(&None) {
        let window = host.window("windows", |_| true);
        tracks[usize::from(window.title == "1")] = Some(window.track);
    }
    let [first, second] = tracks.map(Option::unwrap);
    // Pops up, answers whose it is, and goes.
    let pops_up = |host: &mut Host| {
        let wish = Wish { x: 20, y: 30, w: 80, h: 20, override_redirect: true, colour: 0xff };
        let tip = app.window(&wish);
        app.map(tip);
        let shown = host.window("popup", |window| window.kind == WindowKind::Popup);
        app.conn.destroy_window(tip).unwrap();
        app.conn.flush().unwrap();
        host.gone(shown.track);
        shown.parent
    };
    host.send(Command::Focus(Some(first)));
    host.window("focus", |window| window.track == first && window.states.activated);
    for (pointed, expected) in [(second, second), (first, first), (second, second)] {
        host.point(pointed, 50.0, 50.0);
        host.press(true);
        host.press(false);
        app.wait("press", |event| matches!(event, Event::ButtonPress(_)).then_some(()));
        assert_eq!(pops_up(&mut host), Some(expected));
    }
    host.key(first, 30, true);
    host.key(first, 30, false);
    app.wait("key", |event| matches!(event, Event::KeyPress(_)).then_some(()));
    assert_eq!(pops_up(&mut host), Some(first), "keys were pressed there, wherever the pointer rests");
}

#[test]
fn what_lies_outside_of_a_windows_shape_is_not_seen() {
    use x11rb::protocol::{
        shape::{ConnectionExt as _, SK, SO},
        xproto::{ClipOrdering, Rectangle},
    };
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let wish = Wish { x: 0, y: 0, w: 60, h: 40, override_redirect: false, colour: 0xff_00_00 };
    let id = app.window(&wish);
    let shape = |rects: &[Rectangle]| {
        app.conn.shape_rectangles(SO::SET, SK::BOUNDING, ClipOrdering::UNSORTED, id, 0, 0, rects).unwrap();
        app.conn.flush().unwrap();
    };
    let (red, none) = ([0, 0, 255, 255], [0; 4]);
    shape(&[
        Rectangle { x: 10, y: 10, width: 20, height: 10 },
        Rectangle { x: 30, y: 15, width: 9, height: 20 },
    ]);
    app.map(id);
    let track = host.window("window", |_| true).track;
    for (x, y, expected) in
        [(5, 5, none), (10, 10, red), (29, 19, red), (30, 14, none), (38, 34, red), (39, 34, none)]
    {
        host.pixel(track, x, y, expected);
    }
    app.fill(id, 0xff, 60, 40);
    host.pixel(track, 10, 10, [255, 0, 0, 255]);
    host.pixel(track, 5, 5, none);
    // X paints what comes to be seen in the window's colour.
    shape(&[Rectangle { x: 0, y: 0, width: 8, height: 8 }]);
    host.pixel(track, 5, 5, red);
    host.pixel(track, 10, 10, none);
    app.conn.shape_mask(SO::SET, SK::BOUNDING, id, 0, 0, x11rb::NONE).unwrap();
    app.conn.flush().unwrap();
    host.pixel(track, 59, 39, red);
}
