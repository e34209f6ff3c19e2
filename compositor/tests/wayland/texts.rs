//! Text and keys in any order: an app reads what was typed, whenever it reads.

use media::{Command, KeyCode, Locks, TrackId};
use proptest::{prelude::*, test_runner::Config};
use xkbcommon::xkb;

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];
const CAPS_LOCK: u16 = 58;

/// What a user does.
#[derive(Clone, Debug)]
enum Step {
    Text(String),
    /// Taps a key of the viewer's keyboard.
    Tap(u16),
    /// These locks are on at the viewer's keyboard.
    Locks(Locks),
    /// The viewer switches to another keymap.
    Layout(&'static str),
    /// The app reads what has come.
    Read,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let character = prop_oneof![
        Just('\n'),
        proptest::char::range('a', 'z'),
        proptest::char::range('A', 'Z'),
        proptest::char::range('0', '9'),
        proptest::char::range('\u{a1}', '\u{17f}'),
        proptest::char::range('\u{4e00}', '\u{4e40}'),
        Just('€'),
        Just('😀'),
    ];
    let text =
        proptest::collection::vec(character, 1..40).prop_map(|text| Step::Text(text.into_iter().collect()));
    // Letters, digits, Enter, and one whose code is lent to characters.
    let key = proptest::sample::select(vec![2_u16, 5, 16, 21, 30, 44, 28, 71, 183]);
    let layout = proptest::sample::select(vec!["us", "de", "fr"]);
    let step = prop_oneof![
        4 => text,
        4 => key.prop_map(Step::Tap),
        1 => Just(Step::Tap(CAPS_LOCK)),
        1 => layout.prop_map(Step::Layout),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(caps, num)| Step::Locks(Locks { caps, num })),
        1 => Just(Step::Read),
    ];
    proptest::collection::vec(step, 1..24)
}

fn keymap_of(layout: &str) -> xkb::Keymap {
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    xkb::Keymap::new_from_names(&context, "evdev", "pc105", layout, "", None, xkb::KEYMAP_COMPILE_NO_FLAGS)
        .expect("xkb-data is installed")
}

/// Reads keys as every toolkit does: by the keymap and the modifiers that came before.
struct Reader {
    state: Option<xkb::State>,
    read: Vec<(u32, u32)>,
}

impl Reader {
    fn take(&mut self, seen: &Seen) {
        match seen {
            Seen::Keymap(text) => {
                let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
                let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
                let text = text.trim_end_matches('\0').to_owned();
                let keymap =
                    xkb::Keymap::new_from_string(&context, text, format, flags).expect("it compiles");
                self.state = Some(xkb::State::new(&keymap));
            }
            Seen::Modifiers { held, latched, locked, group } => {
                if let Some(state) = &mut self.state {
                    state.update_mask(*held, *latched, *locked, 0, 0, *group);
                }
            }
            Seen::Key { key, pressed: true, .. } => {
                let state = self.state.as_ref().expect("a keymap comes before keys");
                let read = state.key_get_utf32(xkb::Keycode::new(key + 8));
                if read != 0 {
                    self.read.push((*key, read));
                }
            }
            _ => (),
        }
    }
}

/// The user, with a keyboard of their own.
struct User {
    state: xkb::State,
    expected: Vec<u32>,
}

impl User {
    fn does(&mut self, host: &Host, track: TrackId, step: &Step) {
        match step {
            Step::Text(text) => {
                host.send(Command::Text { cause: cause(1), track, text: text.clone() });
                self.expected.extend(text.chars().map(|c| if c == '\n' { 13 } else { u32::from(c) }));
            }
            Step::Tap(key) => {
                let code = xkb::Keycode::new(u32::from(*key) + 8);
                for pressed in [true, false] {
                    host.send(Command::Key { cause: cause(1), track, key: KeyCode(*key), pressed });
                }
                let typed = self.state.key_get_utf32(code);
                self.state.update_key(code, xkb::KeyDirection::Down);
                self.state.update_key(code, xkb::KeyDirection::Up);
                self.expected.extend((typed != 0).then_some(typed));
            }
            Step::Locks(locks) => {
                host.send(Command::Locks(*locks));
                let mask = u32::from(locks.caps) << 1 | u32::from(locks.num) << 4;
                self.state.update_mask(0, 0, mask, 0, 0, 0);
            }
            Step::Layout(layout) => {
                let keymap = keymap_of(layout);
                host.send(Command::Keymap(keymap.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)));
                self.state = xkb::State::new(&keymap);
            }
            Step::Read => (),
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    #[test]
    fn an_app_reads_exactly_what_was_typed(steps in steps()) {
        let mut host = Host::start();
        let mut app = App::connect(&host);
        let mut reader = Reader { state: None, read: Vec::new() };
        app.memory.0.iter().for_each(|seen| reader.take(seen));
        app.mapped(10, 10, RED);
        let track = host.window("window", |_| true).track;
        host.send(Command::Focus(Some(track)));
        let first = keymap_of("us");
        host.send(Command::Keymap(first.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)));
        let mut user = User { state: xkb::State::new(&first), expected: Vec::new() };
        for step in &steps {
            user.does(&host, track, step);
            if matches!(step, Step::Read) {
                app.sync();
                app.told().iter().for_each(|seen| reader.take(seen));
            }
        }
        // The last of it, so that there is something to wait for.
        user.does(&host, track, &Step::Text("\u{2620}".into()));
        while reader.read.last().is_none_or(|(_, read)| *read != 0x2620) {
            app.wait("more", |seen| { reader.take(seen); Some(()) });
        }
        let read: Vec<u32> = reader.read.iter().map(|(_, read)| *read).collect();
        prop_assert_eq!(&read, &user.expected);
        // Chromium and others look at codes, too.
        for (code, read) in reader.read {
            let means = [(1, 27), (14, 8), (15, 9), (28, 13), (57, 32)];
            prop_assert!(means.iter().all(|(key, typed)| code != *key || read == *typed), "{} is {}", code, read);
            prop_assert!(code < 128 || (179..=194).contains(&code), "{} is a key of its own", code);
        }
    }
}

#[test]
fn what_is_held_and_locked_is_not_typed_and_stays_so() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let mut reader = Reader { state: None, read: Vec::new() };
    app.memory.0.iter().for_each(|seen| reader.take(seen));
    app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    let mut user = User { state: xkb::State::new(&keymap_of("us")), expected: Vec::new() };
    user.does(&host, track, &Step::Tap(CAPS_LOCK));
    let control = |host: &Host, pressed| {
        host.send(Command::Key { cause: cause(1), track, key: KeyCode(29), pressed });
    };
    control(&host, true);
    user.does(&host, track, &Step::Text("aÄ世b".into()));
    control(&host, false);
    user.does(&host, track, &Step::Tap(30));
    while reader.read.len() < user.expected.len() {
        app.wait("more", |seen| {
            reader.take(seen);
            Some(())
        });
    }
    let read: String = reader.read.iter().filter_map(|(_, read)| char::from_u32(*read)).collect();
    assert_eq!(read, "aÄ世bA");
}
