//! A compositor that does not get on: what viewers do meanwhile takes no memory without end.

use std::sync::{Arc, Mutex, mpsc};

use compositor::{Compositor, Config, Event, Handle, Overflow, Source};
use dormer_compositor as compositor;
use media::{Cause, Command, InputId, KeyCode, Position, Timestamp, TrackId, ViewerId};

use crate::host::PATIENCE;

const FLOODER: ViewerId = ViewerId(1);
const OTHER: ViewerId = ViewerId(2);
const WINDOW: TrackId = TrackId(1);

/// A compositor that stands still at its next event for as long as `hold` is held.
fn compositor(hold: &Arc<Mutex<()>>) -> (Handle, mpsc::Receiver<Event>, tempfile::TempDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut config = Config::new(dir.path());
    config.source = Source::Wayland { x11_apps: false };
    let (sender, events) = mpsc::channel();
    let hold = hold.clone();
    let sink = move |event| {
        drop(hold.lock().expect("never poisoned"));
        let _ = sender.send(event);
    };
    (Compositor::spawn(config, sink).expect("a compositor"), events, dir)
}

/// Asked for on a clipboard that is empty: answered at once, so it tells how far the compositor is.
fn question(number: u32) -> Command {
    Command::ReadClipboard { request: media::ClipboardRequest(number), mime: "text/plain".into() }
}

fn answer(events: &mpsc::Receiver<Event>, number: u32) {
    let is_answer = |event: &Event| match event {
        Event::Source(media::Event::ClipboardContent { request, .. }) => request.0 == number,
        _ => false,
    };
    while !is_answer(&events.recv_timeout(PATIENCE).expect("an answer")) {}
}

#[test]
fn whoever_floods_is_named_and_others_are_heard() {
    let hold = Arc::new(Mutex::new(()));
    let (handle, events, _dir) = compositor(&hold);
    let held = hold.lock().expect("never poisoned");
    handle.send(None, question(1)).expect("room");
    let cause = |viewer, input| Cause { viewer, input: InputId(input), at: Timestamp(u64::MAX) };
    for n in 0..200_000 {
        let position = Position::new(n as f64, 1.0);
        let motion = Command::Motion { cause: cause(FLOODER, n), track: WINDOW, position };
        handle.send(None, motion).expect("the newest takes the place of the others");
        handle.send(None, Command::FrameDone { track: WINDOW, at: Timestamp(n) }).expect("likewise");
    }
    let flood = (0..200_000).map(|n| {
        let key = KeyCode(30 + (n % 2) as u16);
        handle.send(None, Command::Key { cause: cause(FLOODER, n), track: WINDOW, key, pressed: true })
    });
    let refused = Vec::from_iter(flood.filter_map(Result::err).take(2));
    assert_eq!(refused, [Overflow { viewer: Some(FLOODER) }; 2]);
    handle.send(Some(OTHER), question(2)).expect("room for others");
    drop(held);
    answer(&events, 1);
    answer(&events, 2);
}
