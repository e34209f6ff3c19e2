//! Text and keys in any order: an X11 app reads what was typed, whenever it reads. It translates keys when it
//! gets to them, by the keymap that X has then.

use media::{Command, TrackId};
use proptest::{prelude::*, test_runner::Config};
use x11rb::protocol::{
    Event,
    xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask},
};
use xkbcommon::xkb;

use crate::{
    app::{App, Wish},
    host::Host,
};

/// What a user does.
#[derive(Clone, Debug)]
enum Step {
    Text(String),
    /// Taps a key of the viewer's keyboard.
    Tap(u16),
    /// The viewer switches to another keymap.
    Layout(&'static str),
    /// The app reads so many of its keys, if they have come.
    Read(usize),
}

fn text(most: u32) -> impl Strategy<Value = Step> {
    let chinese = proptest::char::range('\u{4e00}', char::from_u32(0x4e00 + most).expect("a character"));
    let character = prop_oneof![
        1 => Just('\n'),
        2 => proptest::char::range('a', 'z'),
        1 => proptest::char::range('1', '9'),
        1 => proptest::sample::select(vec!['ß', 'Ü', '€', '😀']),
        6 => chinese,
    ];
    proptest::collection::vec(character, 1..30).prop_map(|text| Step::Text(text.into_iter().collect()))
}

/// Letters of which some lie elsewhere in other layouts, digits that do, Enter.
fn tap() -> impl Strategy<Value = Step> {
    proptest::sample::select(vec![2_u16, 16, 21, 30, 44, 28]).prop_map(Step::Tap)
}

fn keymap_of(layout: &str) -> xkb::Keymap {
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    xkb::Keymap::new_from_names(&context, "evdev", "pc105", layout, "", None, xkb::KEYMAP_COMPILE_NO_FLAGS)
        .expect("xkb-data is installed")
}

/// An app that translates each key when it gets to it.
struct Reader {
    app: App,
    read: Vec<u32>,
}

impl Reader {
    fn start(host: &mut Host, answers_pings: bool) -> (Self, TrackId) {
        let app = App::connect(host.display);
        let id = app.window(&Wish { x: 0, y: 0, w: 300, h: 200, override_redirect: false, colour: 0 });
        if answers_pings {
            let (name, ping) = (app.atom("WM_PROTOCOLS"), app.atom("_NET_WM_PING"));
            app.set_values(id, name, AtomEnum::ATOM.into(), &[ping]);
        }
        app.map(id);
        let track = host.window("window", |_| true).track;
        host.send(Command::Focus(Some(track)));
        app.wait("focus", |event| matches!(event, Event::FocusIn(_)).then_some(()));
        (Self { app, read: Vec::new() }, track)
    }

    fn take(&mut self, event: &Event) {
        let conn = &self.app.conn;
        match event {
            Event::KeyPress(key) => {
                let mapping =
                    conn.get_keyboard_mapping(key.detail, 1).expect("a request").reply().expect("one");
                self.read.push(xkb::keysym_to_utf32(mapping.keysyms[0].into()));
            }
            Event::ClientMessage(e) if e.data.as_data32()[0] == self.app.atom("_NET_WM_PING") => {
                let answer = ClientMessageEvent { window: self.app.root, ..*e };
                let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
                conn.send_event(false, self.app.root, mask, answer).expect("a request");
                x11rb::connection::Connection::flush(conn).expect("a connection");
            }
            _ => (),
        }
    }

    /// Reads what has come, at most so many events.
    fn read(&mut self, most: usize) {
        for _ in 0..most {
            let event = x11rb::connection::Connection::poll_for_event(&self.app.conn).expect("a connection");
            let Some(event) = event else { return };
            self.take(&event);
        }
    }

    fn read_until(&mut self, count: usize) {
        while self.read.len() < count {
            let event = self.app.wait("a key", |event| Some(event.clone()));
            self.take(&event);
        }
    }
}

fn types(steps: &[Step], answers_pings: bool) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut host = Host::start()?;
    let (mut reader, track) = Reader::start(&mut host, answers_pings);
    let mut state = xkb::State::new(&keymap_of("us"));
    let mut expected = Vec::new();
    for step in steps {
        match step {
            Step::Text(text) => {
                let cause = host.cause();
                host.send(Command::Text { cause, track, text: text.clone() });
                expected.extend(text.chars().map(|c| if c == '\n' { 13 } else { u32::from(c) }));
            }
            Step::Tap(key) => {
                host.key(track, *key, true);
                host.key(track, *key, false);
                expected.push(state.key_get_utf32(xkb::Keycode::new(u32::from(*key) + 8)));
            }
            Step::Layout(layout) => {
                let keymap = keymap_of(layout);
                host.send(Command::Keymap(keymap.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)));
                state = xkb::State::new(&keymap);
            }
            Step::Read(most) => reader.read(*most),
        }
    }
    reader.read_until(expected.len());
    Some((reader.read, expected))
}

proptest! {
    #![proptest_config(Config { cases: 8, ..Config::default() })]

    #[test]
    fn an_app_that_sleeps_through_a_text_reads_it_all_the_same(
        steps in proptest::collection::vec(prop_oneof![text(50), tap()], 1..24),
    ) {
        let Some((read, expected)) = types(&steps, false) else { return Ok(()) };
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn an_app_of_any_speed_that_answers_pings_reads_what_was_typed(
        steps in proptest::collection::vec(
            prop_oneof![
                4 => text(800),
                2 => tap(),
                1 => proptest::sample::select(vec!["us", "de", "fr"]).prop_map(Step::Layout),
                1 => (1_usize..40).prop_map(Step::Read),
            ],
            1..24,
        ),
    ) {
        let Some((read, expected)) = types(&steps, true) else { return Ok(()) };
        prop_assert_eq!(read, expected);
    }
}

#[test]
fn an_app_that_never_reads_hinders_no_other() {
    let Some(mut host) = Host::start() else { return };
    let (_stopped, track) = Reader::start(&mut host, true);
    let text: String = ('\u{4e00}'..).take(300).collect();
    let cause = host.cause();
    host.send(Command::Text { cause, track, text });
    host.send(Command::Keymap(keymap_of("de").get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)));
    let other = App::connect(host.display);
    other.toplevel("other", 300, 200, 0);
    let others = host.window("window", |window| window.title == "other").track;
    host.send(Command::Focus(Some(others)));
    let mut reader = Reader { app: other, read: Vec::new() };
    let cause = host.cause();
    host.send(Command::Text { cause, track: others, text: "世ß".into() });
    host.key(others, 21, true);
    host.key(others, 21, false);
    reader.read_until(3);
    let read: String = reader.read.iter().filter_map(|c| char::from_u32(*c)).collect();
    assert_eq!(read, "世ßz", "under the keymap that has come meanwhile");
}
