//! Keys that are held down while nothing is heard of their viewer: apps repeat them by themselves.

use media::{InputId, KeyCode, Timestamp, TrackId};
use proptest::prelude::*;
use protocol::{
    control::ToHost,
    input::{Input, InputEvent},
};

use crate::{
    MS,
    rules::{key, keys, two_viewers},
    world::World,
};

const LETTER: u16 = 30;
const SHIFT: u16 = 42;

#[test]
fn a_key_of_a_viewer_that_is_there_stays_down_and_one_of_a_dead_viewer_does_not() {
    let (mut world, track, a, _) = two_viewers();
    key(&mut world, a, track, SHIFT, true);
    key(&mut world, a, track, LETTER, true);
    world.run_for(20_000 * MS);
    assert_eq!(keys(&world), [(SHIFT, true), (LETTER, true)], "it is held for long");
    world.lose(a);
    world.run_for(700 * MS);
    assert_eq!(keys(&world)[2..], [(LETTER, false)], "modifiers repeat nothing");
    world.run_for(8_000 * MS);
    world.notice(a);
    assert_eq!(keys(&world)[3..], [(SHIFT, false)]);
    assert_eq!(world.held_keys(), 0);
}

/// What comes of a viewer by a link that stalls: all at once behind a silence, in the order in which it was
/// sent.
fn comes(world: &mut World, track: TrackId, input: &mut u64, key: Option<(u16, bool)>) {
    let viewer = world.ends[0].id.expect("joined");
    match key {
        None => world.host.handle_control(world.now, viewer, ToHost::Ping { viewer: Timestamp(0) }),
        Some((key, pressed)) => {
            *input += 1;
            let event = InputEvent::Key { key: KeyCode(key), pressed };
            let input = Input { id: InputId(*input), at: Timestamp(0), after: 0, track, event };
            world.host.handle_input(world.now, viewer, input);
        }
    }
    world.settle();
}

fn hold_and_stall() -> (World, TrackId, u64) {
    let (mut world, track, ..) = two_viewers();
    let mut input = 0;
    comes(&mut world, track, &mut input, Some((LETTER, true)));
    for _ in 0..4 {
        comes(&mut world, track, &mut input, None);
        world.run_for(150 * MS);
    }
    assert_eq!(keys(&world), [(LETTER, true)]);
    world.run_for(2_000 * MS);
    assert_eq!(keys(&world)[1..], [(LETTER, false)], "it rests");
    (world, track, input)
}

#[test]
fn a_key_that_was_let_go_while_the_link_stalled_is_not_pressed_again() {
    let (mut world, track, mut input) = hold_and_stall();
    for _ in 0..10 {
        comes(&mut world, track, &mut input, None);
    }
    comes(&mut world, track, &mut input, Some((LETTER, false)));
    world.run_for(1_000 * MS);
    assert_eq!(keys(&world)[2..], [], "the app has heard all of it");
    comes(&mut world, track, &mut input, Some((LETTER, true)));
    comes(&mut world, track, &mut input, Some((LETTER, false)));
    assert_eq!(keys(&world)[2..], [(LETTER, true), (LETTER, false)]);
}

#[test]
fn a_key_that_is_held_on_is_pressed_again_once_its_viewer_is_heard_again() {
    let (mut world, track, mut input) = hold_and_stall();
    for _ in 0..4 {
        comes(&mut world, track, &mut input, None);
        world.run_for(150 * MS);
    }
    assert_eq!(keys(&world)[2..], [(LETTER, true)]);
    comes(&mut world, track, &mut input, Some((LETTER, false)));
    assert_eq!(keys(&world)[3..], [(LETTER, false)]);
}

proptest! {
    /// However pings, silences and keys follow each other: no app hears of a key twice, and none stays down.
    #[test]
    fn every_press_is_let_go_once(steps in proptest::collection::vec((0_u64..900, 0_u16..5), 1..80)) {
        let (mut world, track, ..) = two_viewers();
        let (mut input, mut down) = (0, [false; 3]);
        for (wait, what) in steps {
            world.run_for(u32::try_from(wait).expect("small") * MS);
            match down.get_mut(usize::from(what)) {
                Some(key) => {
                    *key = !*key;
                    let pressed = *key;
                    comes(&mut world, track, &mut input, Some(([LETTER, 31, SHIFT][usize::from(what)], pressed)));
                }
                None => comes(&mut world, track, &mut input, None),
            }
            world.held_keys();
        }
        for (key, _) in [LETTER, 31, SHIFT].into_iter().zip(down).filter(|(_, down)| *down) {
            comes(&mut world, track, &mut input, Some((key, false)));
        }
        prop_assert_eq!(world.held_keys(), 0);
    }
}
