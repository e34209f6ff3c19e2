//! An app that reads nothing for a while: it works on something, and its user goes on.

use media::{Command, KeyCode, Position};

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// Many times more than a socket holds.
const TIMES: usize = 4000;

#[test]
fn an_app_that_reads_late_gets_all_that_was_done_meanwhile() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let _window = app.mapped(200, 100, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    app.wait("focus", |seen| matches!(seen, Seen::KeyboardEnter(_)).then_some(()));

    for n in 0..TIMES {
        let position = Position::new((n % 190) as f64, (n % 90) as f64);
        host.send(Command::Motion { cause: cause(1), track, position });
        for pressed in [true, false] {
            host.send(Command::Key { cause: cause(2), track, key: KeyCode(30 + (n % 5) as u16), pressed });
        }
        // Each is carried out by itself, as when it comes from a hand.
        host.settle();
    }

    // Nobody does anything any more: it is the app's reading alone that brings the rest.
    for n in 0..TIMES {
        for wanted in [true, false] {
            let key = app.wait("a key", |seen| match seen {
                Seen::Key { key, pressed, .. } => Some((*key, *pressed)),
                _ => None,
            });
            assert_eq!(key, (30 + (n % 5) as u32, wanted), "key {n}");
        }
    }
    app.sync();
}

#[test]
fn another_app_is_served_meanwhile() {
    let mut host = Host::start();
    let mut late = App::connect(&host);
    let _window = late.mapped(200, 100, RED);
    let track = host.window("window", |_| true).track;
    for n in 0..TIMES {
        let position = Position::new((n % 190) as f64, (n % 90) as f64);
        host.send(Command::Motion { cause: cause(1), track, position });
        host.settle();
    }
    let mut other = App::connect(&host);
    let _window = other.mapped(20, 10, RED);
    other.sync();
    late.sync();
}
