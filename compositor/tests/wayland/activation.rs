//! Which windows may come to the front by themselves.

use dormer_compositor::Starts;
use media::{Command, TrackId};
use wayland_protocols::xdg::activation::v1::client::{
    xdg_activation_token_v1::XdgActivationTokenV1, xdg_activation_v1::XdgActivationV1,
};

use crate::{
    app::{App, AppWindow, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

fn token(app: &mut App, activation: &XdgActivationV1, serial: u32) -> String {
    let token: XdgActivationTokenV1 = activation.get_activation_token(&app.qh(), ());
    token.set_serial(serial, &app.seat);
    token.commit();
    app.wait("token", |seen| match seen {
        Seen::Token(token) => Some(token.clone()),
        _ => None,
    })
}

#[test]
fn a_token_that_input_led_to_brings_the_focus_and_any_other_only_attention() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    let first = host.window("window", |_| true).track;
    let second_window = app.mapped(10, 10, RED);
    let second = host.window("window", |window| window.track != first).track;
    let activation: XdgActivationV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_activation_v1");

    let unfounded = token(&mut app, &activation, 0);
    activation.activate(unfounded, &second_window.surface);
    app.sync();
    host.window("urgent window", |window| window.track == second && window.states.urgent);

    host.send(Command::Focus(Some(first)));
    host.send(Command::Key { cause: cause(1), track: first, key: media::KeyCode(30), pressed: true });
    let serial = app.wait("key", |seen| match seen {
        Seen::Key { serial, .. } => Some(*serial),
        _ => None,
    });
    let founded = token(&mut app, &activation, serial);
    activation.activate(founded, &second_window.surface);
    app.sync();
    host.window("raised window", |window| window.track == second && !window.states.urgent);
    let serial = app.configured(&second_window.surface);
    second_window.shell.ack_configure(serial);
    second_window.surface.commit();
    app.sync();
    host.window("activated window", |window| window.track == second && window.states.activated);
}

/// A key goes down and up in a window; answers the serial of its press as its app knows it.
fn typed(host: &Host, app: &mut App, track: TrackId) -> u32 {
    let press =
        |input, pressed| Command::Key { cause: cause(input), track, key: media::KeyCode(30), pressed };
    host.send(Command::Focus(Some(track)));
    host.send(press(1, true));
    host.send(press(2, false));
    let key = |app: &mut App, down| {
        app.wait("key", |seen| match seen {
            Seen::Key { serial, pressed, .. } if *pressed == down => Some(*serial),
            _ => None,
        })
    };
    let serial = key(app, true);
    key(app, false);
    serial
}

/// A host, and an app whose window has the keyboard and was typed into.
fn in_use(starts: &Starts) -> (Host, App, AppWindow, TrackId) {
    let mut host = Host::with(|config| config.starts = starts.clone());
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    typed(&host, &mut app, track);
    (host, app, window, track)
}

#[test]
fn a_window_that_opens_by_itself_is_below_the_one_that_is_typed_into_and_urgent() {
    let (mut host, mut app, _window, first) = in_use(&Starts::default());
    let mut other = App::connect(&host);
    let _other_window = other.mapped(10, 10, RED);
    // Viewers are told first that the window in use is higher: at no time is the new one above it.
    let mut height = 0;
    let new = host.wait("new window", |event| match event {
        media::Event::Window(window) if window.track == first => {
            height = window.stacking;
            None
        }
        media::Event::Window(window) => Some(window.clone()),
        _ => None,
    });
    assert!(new.states.urgent && !new.states.activated);
    assert!(new.stacking < height, "{} is above {height}", new.stacking);
    typed(&host, &mut app, first);

    host.send(Command::Focus(Some(new.track)));
    host.window("calm window", |window| window.track == new.track && !window.states.urgent);
}

#[test]
fn what_belongs_to_the_app_in_use_or_was_asked_for_opens_on_top() {
    let starts = Starts::default();
    let (mut host, mut app, window, first) = in_use(&starts);
    let height = |host: &mut Host, not: &[TrackId]| {
        let new = host.window("new window", |window| !not.contains(&window.track));
        assert!(!new.states.urgent);
        new
    };
    let dialog = app.toplevel();
    dialog.toplevel.set_parent(Some(&window.toplevel));
    let picture = app.picture(5, 5, RED);
    picture.show(&dialog.surface);
    app.sync();
    let dialog = height(&mut host, &[first]);
    assert_eq!(dialog.parent, Some(first));

    let mut asked = App::connect(&host);
    starts.note();
    let _asked_window = asked.mapped(10, 10, RED);
    let asked = height(&mut host, &[first, dialog.track]);
    assert!(asked.stacking > dialog.stacking);
}

#[test]
fn a_token_is_void_once_its_user_types_on() {
    let (mut host, mut app, _window, first) = in_use(&Starts::default());
    let serial = typed(&host, &mut app, first);
    let activation: XdgActivationV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_activation_v1");
    let mut other = App::connect(&host);
    let other_window = other.toplevel();
    let others: XdgActivationV1 = other.globals.bind(&other.qh(), 1..=1, ()).expect("xdg_activation_v1");
    let [late, fresh] = [true, false].map(|late| {
        let token = token(&mut app, &activation, serial);
        if late {
            typed(&host, &mut app, first);
        }
        token
    });
    others.activate(late, &other_window.surface);
    let picture = other.picture(10, 10, RED);
    picture.show(&other_window.surface);
    other.sync();
    let new = host.window("urgent window", |window| window.track != first);
    assert!(new.states.urgent && !new.states.activated);
    others.activate(fresh, &other_window.surface);
    other.sync();
    host.window("raised window", |window| window.track == new.track && !window.states.urgent);
}
