//! Keys, text, pointer and touch reach the surface that is meant, and the commit that answers names its
//! cause.

use std::{thread, time::Duration};

use media::{Axis, Button, Cause, Command, Event, KeyCode, Modality, Position, TouchPhase, TouchPoint};
use wayland_client::{Proxy, protocol::wl_subcompositor::WlSubcompositor};

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// A keymap with one key, 30, that bears ä.
const KEYMAP: &str = "xkb_keymap {
    xkb_keycodes \"t\" { minimum = 8; maximum = 255; indicator 1 = \"Caps Lock\"; <AC01> = 38; };
    xkb_types \"t\" { type \"ONE_LEVEL\" { modifiers = none; level_name[1] = \"Any\"; }; };
    xkb_compatibility \"t\" { };
    xkb_symbols \"t\" { key <AC01> { [ adiaeresis ] }; };
};";

#[test]
fn a_key_reaches_the_focused_window_and_its_commit_names_it() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    host.damage(track);
    host.send(Command::Focus(Some(track)));
    host.send(Command::Key { cause: cause(5), track, key: KeyCode(30), pressed: true });
    app.wait("key", |seen| matches!(seen, Seen::Key { key: 30, pressed: true, .. }).then_some(()));
    host.wait("dispatch", |event| {
        matches!(event, Event::Dispatched { cause: c, .. } if *c == cause(5)).then_some(())
    });
    app.picture(10, 10, RED).show(&window.surface);
    assert_eq!(host.damage(track).2, Some(cause(5)));
    app.picture(10, 10, RED).show(&window.surface);
    assert_eq!(host.damage(track).2, None, "one commit answers one input");
}

#[test]
fn a_viewers_keymap_is_installed_and_a_bad_one_is_not() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    app.told();
    host.send(Command::Keymap("xkb_keymap { nonsense".into()));
    let including = "xkb_symbols \"t\" { include \"us\"";
    host.send(Command::Keymap(KEYMAP.replace("xkb_symbols \"t\" {", including).replace("adiaeresis", "b")));
    host.send(Command::Keymap(KEYMAP.into()));
    let keymap = app.wait("keymap", |seen| match seen {
        Seen::Keymap(text) => Some(text.clone()),
        _ => None,
    });
    assert!(keymap.contains("adiaeresis"), "the first keymap after a bad one is the good one");
    host.send(Command::Keymap("neither".into()));
    host.send(Command::Key { cause: cause(1), track, key: KeyCode(30), pressed: true });
    app.wait("key", |seen| {
        assert!(!matches!(seen, Seen::Keymap(_)), "the last good keymap stays");
        matches!(seen, Seen::Key { key: 30, .. }).then_some(())
    });
}

#[test]
fn text_is_typed_by_codes_that_mean_nothing_and_the_viewers_keys_stay() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Keymap(KEYMAP.into()));
    host.send(Command::Focus(Some(track)));
    host.send(Command::Text { cause: cause(1), track, text: "β世äβ".into() });
    let (mut keymap, mut typed) = (String::new(), Vec::new());
    app.wait("the text", |seen| {
        match seen {
            Seen::Keymap(text) => keymap.clone_from(text),
            Seen::Key { key, pressed: true, .. } => typed.push((*key, keymap.clone())),
            _ => (),
        }
        (typed.len() == 4).then_some(())
    });
    assert_eq!(typed.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [183, 184, 30, 183]);
    let first = &typed[0].1;
    assert!(first.contains("U03B2") && first.contains("U4E16") && first.contains("adiaeresis"), "{first}");
    assert!(typed.iter().all(|(_, keymap)| keymap == first), "one keymap does for all of it");
}

#[test]
fn the_pointer_is_relative_to_the_window_without_its_shadow() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    window.shell.set_window_geometry(10, 12, 40, 30);
    app.picture(60, 60, RED).show(&window.surface);
    let track = host.window("window", |_| true).track;
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(1.0, 2.5) });
    let (surface, x, y) = app.wait("pointer", |seen| match seen {
        Seen::PointerEnter { surface, x, y, .. } => Some((surface.clone(), *x, *y)),
        _ => None,
    });
    assert_eq!((surface, x, y), (window.surface.id(), 11.0, 14.5));
    let axis = Axis { modality: Modality::Wheel, dx: 0.0, dy: 15.0, detents_x: 0, detents_y: 120 };
    host.send(Command::Scroll { cause: cause(2), axis });
    app.wait("scroll", |seen| matches!(seen, Seen::Axis(value) if *value == 10.0).then_some(()));
    host.send(Command::PointerLeft);
    app.wait("leave", |seen| matches!(seen, Seen::PointerLeave).then_some(()));
}

#[test]
fn subsurfaces_under_the_pointer_get_it_and_a_pressed_button_keeps_it() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    let subcompositor: WlSubcompositor = app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
    let child = app.compositor.create_surface(&app.qh(), ());
    let subsurface = subcompositor.get_subsurface(&child, &window.surface, &app.qh(), ());
    subsurface.set_position(20, 20);
    app.picture(10, 10, RED).show(&child);
    app.picture(60, 60, RED).show(&window.surface);
    let track = host.window("window", |_| true).track;
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(25.0, 26.0) });
    app.wait("pointer", |seen| match seen {
        Seen::PointerEnter { surface, x, y, .. } => {
            assert_eq!((surface, *x, *y), (&child.id(), 5.0, 6.0));
            Some(())
        }
        _ => None,
    });
    host.send(Command::Button { cause: cause(2), button: Button::LEFT, pressed: true });
    host.send(Command::Motion { cause: cause(3), track, position: Position::new(50.0, 51.0) });
    app.wait("drag", |seen| {
        assert!(!matches!(seen, Seen::PointerLeave), "a pressed button keeps the pointer");
        match seen {
            Seen::Motion { x, y } => {
                assert_eq!((*x, *y), (30.0, 31.0));
                Some(())
            }
            _ => None,
        }
    });
}

/// Buttons name their places. Text fields take a motion with a button down for a drag, and select.
#[test]
fn a_click_in_one_place_is_no_motion() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(60, 60, RED);
    let track = host.window("window", |_| true).track;
    let to = |x| Command::Motion { cause: cause(1), track, position: Position::new(x, 9.0) };
    let left = |pressed| Command::Button { cause: cause(2), button: Button::LEFT, pressed };
    host.send(to(8.0));
    app.wait("pointer", |seen| matches!(seen, Seen::PointerEnter { .. }).then_some(()));
    for command in [left(true), to(8.0), left(false), to(10.0)] {
        host.send(command);
    }
    let mut buttons = 0;
    app.wait("motion", |seen| match seen {
        Seen::Button { .. } => {
            buttons += 1;
            None
        }
        Seen::Motion { x, .. } => Some(*x),
        _ => None,
    });
    assert_eq!(buttons, 2, "nothing moved before both");
}

/// Two clicks two seconds apart that a link brings in one go are no double click, and of two viewers neither
/// turns the clock back.
#[test]
fn apps_are_told_when_the_user_did_it() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(60, 60, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(8.0, 9.0) });
    app.wait("pointer", |seen| matches!(seen, Seen::PointerEnter { .. }).then_some(()));
    let start = clock::now();
    let end = start + Duration::from_secs(3);
    while clock::now() < end {
        thread::yield_now();
    }
    let clicks = [0, 2_000, 1_000, 2_500].map(|ms| start + Duration::from_millis(ms));
    for (at, pressed) in clicks.into_iter().zip([true, false, true, false]) {
        host.send(Command::Button { cause: Cause { at, ..cause(2) }, button: Button::LEFT, pressed });
    }
    let times: Vec<u32> = (0..4)
        .map(|_| {
            app.wait("button", |seen| match seen {
                Seen::Button { time, .. } => Some(*time),
                _ => None,
            })
        })
        .collect();
    assert_eq!([1, 2, 3].map(|n| times[n] - times[0]), [2_000, 2_000, 2_500]);
}

#[test]
fn touches_reach_the_window() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(60, 60, RED);
    let track = host.window("window", |_| true).track;
    let down = TouchPoint { id: 4, phase: TouchPhase::Down, position: Position::new(8.0, 9.0) };
    host.send(Command::Touch { cause: cause(1), track, points: vec![down] });
    app.wait("touch", |seen| matches!(seen, Seen::TouchDown { x: 8.0, y: 9.0 }).then_some(()));
    host.wait("dispatch", |event| matches!(event, Event::Dispatched { .. }).then_some(()));
}

#[test]
fn input_for_a_window_that_is_gone_has_no_effect() {
    let mut host = Host::start();
    let track = media::TrackId(99);
    host.send(Command::Key { cause: cause(1), track, key: KeyCode(30), pressed: true });
    host.send(Command::Motion { cause: cause(2), track, position: Position::new(f64::NAN, 0.0) });
    host.send(Command::Close(track));
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    host.window("a living compositor", |_| true);
}
