//! How long things take here, app and network excluded. The bounds are far above what is measured on an idle
//! machine, so that a busy one passes; a fixed tick anywhere would not.

use std::time::{Duration, Instant};

use media::{Command, Event, KeyCode};

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];
const ROUNDS: u64 = 200;

/// The median of `times`, which a tick of 60 Hz would lift over 8 ms.
fn median(name: &str, mut times: Vec<Duration>) -> Duration {
    times.sort();
    let (p50, p95) = (times[times.len() / 2], times[times.len() * 95 / 100]);
    #[expect(clippy::print_stderr, reason = "figures are what a measurement is for")]
    {
        eprintln!("{name}: p50 {p50:?}, p95 {p95:?}");
    }
    p50
}

#[test]
fn keys_and_pictures_pass_without_a_tick() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(1920, 1080, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    let pictures = [app.picture(1920, 1080, RED), app.picture(1920, 1080, [255, 0, 0, 255])];
    let (mut keys, mut small, mut full) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let pressed = round % 2 == 0;
        let start = Instant::now();
        host.send(Command::Key { cause: cause(round), track, key: KeyCode(30), pressed });
        host.wait("dispatch", |event| matches!(event, Event::Dispatched { .. }).then_some(()));
        keys.push(start.elapsed());
        app.wait("key", |seen| matches!(seen, Seen::Key { .. }).then_some(()));

        let picture = &pictures[round as usize % 2];
        let start = Instant::now();
        picture.show(&window.surface);
        host.damage(track);
        full.push(start.elapsed());

        let start = Instant::now();
        window.surface.attach(Some(&picture.buffer), 0, 0);
        window.surface.damage_buffer(10, 10, 200, 20);
        window.surface.commit();
        app.push();
        host.damage(track);
        small.push(start.elapsed());
    }
    let tick = Duration::from_millis(8);
    assert!(median("key to dispatch", keys) < tick);
    assert!(median("commit to event, 200×20", small) < tick);
    assert!(median("commit to event, 1920×1080", full) < Duration::from_millis(25));
}
