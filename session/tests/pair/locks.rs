//! Caps Lock and Num Lock are those of the keyboard at which a key was pressed, whoever used the apps before.

use media::{Command, KeyCode, Locks, TrackId};
use proptest::prelude::*;
use protocol::input::InputEvent;

use crate::{MS, link::Profile, rules::two_viewers, world::World};

const CAPS: u16 = 58;
const NUM: u16 = 69;

#[derive(Clone, Debug)]
enum Step {
    /// A viewer's user types a letter or digit.
    Type(usize, u16),
    /// A viewer's user turns a lock, in the session.
    Turn(usize, u16),
    /// A viewer's user turns a lock in another program.
    TurnElsewhere(usize, u16),
    /// A viewer changes its layout.
    Keymap(usize, bool),
    /// A viewer's link breaks, and it comes back.
    Return(usize, bool),
    /// Long enough for another to take the seat, or not.
    Wait(bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let end = || 0..3_usize;
    let lock = || prop::sample::select(vec![CAPS, NUM]);
    let step = prop_oneof![
        6 => (end(), 2..12_u16).prop_map(|(end, key)| Step::Type(end, key)),
        3 => (end(), lock()).prop_map(|(end, key)| Step::Turn(end, key)),
        2 => (end(), lock()).prop_map(|(end, key)| Step::TurnElsewhere(end, key)),
        1 => (end(), any::<bool>()).prop_map(|(end, other)| Step::Keymap(end, other)),
        1 => (end(), any::<bool>()).prop_map(|(end, lost)| Step::Return(end, lost)),
        4 => any::<bool>().prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..40)
}

/// The viewers' keyboards. The last says nothing of locks, and its keymap has none.
struct Users {
    world: World,
    track: TrackId,
    locks: [Locks; 3],
}

impl Users {
    fn turned(&mut self, end: usize, key: u16) {
        let locks = &mut self.locks[end];
        match key {
            CAPS => locks.caps = !locks.caps,
            _ => locks.num = !locks.num,
        }
    }

    fn strike(&mut self, end: usize, key: u16) {
        let (track, locks) = (self.track, self.locks[end]);
        self.world.with_core(end, |core, now| {
            if end < 2 {
                core.set_locks(locks);
            }
            for pressed in [true, false] {
                let _ = core.handle_input(now, track, InputEvent::Key { key: KeyCode(key), pressed });
            }
        });
    }

    fn does(&mut self, step: &Step) {
        match *step {
            Step::Type(end, key) => self.strike(end, key),
            Step::Turn(end, key) if end < 2 => {
                self.strike(end, key);
                self.turned(end, key);
            }
            Step::TurnElsewhere(end, key) if end < 2 => self.turned(end, key),
            Step::Turn(..) | Step::TurnElsewhere(..) => {}
            Step::Keymap(end, other) => {
                let text = format!("keymap {end} {other}");
                self.world.with_core(end, |core, _| core.set_keymap(text));
            }
            Step::Return(end, lost) => {
                if lost {
                    self.world.lose(end);
                } else {
                    self.world.cut(end);
                }
                self.world.connect(end);
            }
            Step::Wait(long) => self.world.run_for(if long { 1300 * MS } else { 30 * MS }),
        }
    }
}

/// A source as it is, with a keyboard whose keys turn locks.
#[derive(Default)]
struct Source {
    keymap: Option<String>,
    locks: Locks,
}

impl Source {
    /// What is on as a key goes down.
    fn takes(&mut self, command: &Command) -> Option<(usize, Locks)> {
        match command {
            Command::Keymap(text) => {
                self.keymap = Some(text.clone());
                self.locks = Locks::default();
            }
            Command::Locks(locks) => self.locks = *locks,
            Command::Key { key: KeyCode(CAPS), pressed: true, .. } => self.locks.caps = !self.locks.caps,
            Command::Key { key: KeyCode(NUM), pressed: true, .. } => self.locks.num = !self.locks.num,
            // The keys tell who pressed them.
            Command::Key { key, pressed: true, .. } => return Some((usize::from(key.0), self.locks)),
            _ => {}
        }
        None
    }
}

proptest! {
    #[test]
    fn every_key_comes_under_the_locks_of_its_own_keyboard(steps in steps()) {
        let (mut world, track, _, _) = two_viewers();
        world.add_viewer(Profile::lan());
        world.run_for(300 * MS);
        world.commands.clear();
        let mut users = Users { world, track, locks: [Locks::default(); 3] };
        // Each key is struck once, and known by its number.
        let mut expected = Vec::new();
        for step in &steps {
            let step = match *step {
                Step::Type(end, _) => {
                    let key = 200 + expected.len() as u16;
                    expected.push(users.locks[end]);
                    Step::Type(end, key)
                }
                ref other => other.clone(),
            };
            users.does(&step);
        }
        users.world.run_for(3000 * MS);
        let mut source = Source::default();
        for command in &users.world.commands {
            if let Some((key, locks)) = source.takes(command) {
                prop_assert_eq!(locks, expected[key - 200], "key {}", key);
            }
        }
    }
}

#[test]
fn a_lock_that_was_on_before_is_on_with_the_first_key_and_after_others() {
    let (mut world, track, a, b) = two_viewers();
    let key = |world: &mut World, end: usize, key| {
        world.with_core(end, |core, now| {
            for pressed in [true, false] {
                core.handle_input(now, track, InputEvent::Key { key: KeyCode(key), pressed }).expect("sent");
            }
        });
        world.run_for(1300 * MS);
    };
    let caps = Locks { caps: true, num: false };
    world.with_core(a, |core, _| core.set_locks(caps));
    for (end, code) in [(a, 30), (b, 31), (a, 32)] {
        key(&mut world, end, code);
    }
    let mut source = Source::default();
    let typed: Vec<_> = world.commands.iter().filter_map(|command| source.takes(command)).collect();
    assert_eq!(typed, [(30, caps), (31, Locks::default()), (32, caps)]);
}
