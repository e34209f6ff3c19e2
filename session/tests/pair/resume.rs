//! Links that break: what the user did meanwhile takes effect once, and nobody is in the way of himself.

use std::time::Duration;

use dormer_session::viewer::Unsent;
use media::{Command, InputId, KeyCode, Position, Timestamp, TrackId};
use proptest::prelude::*;
use protocol::{control::Role, input::InputEvent};

use crate::{
    MS,
    link::Profile,
    rules::{key, keys, two_viewers},
    typing_app,
    world::World,
};

const CTRL: u16 = 29;

fn press(world: &mut World, end: usize, track: TrackId, key: u16, pressed: bool) -> Result<InputId, Unsent> {
    let event = InputEvent::Key { key: KeyCode(key), pressed };
    world.with_core(end, |core, now| core.handle_input(now, track, event))
}

fn tap(world: &mut World, end: usize, track: TrackId, key: u16) {
    for pressed in [true, false] {
        press(world, end, track, key, pressed).expect("it is sent, or waits");
    }
}

fn focuses(world: &World) -> usize {
    world.commands.iter().filter(|command| matches!(command, Command::Focus(_))).count()
}

#[test]
fn what_was_sent_into_a_dying_link_and_typed_without_one_arrives_once_and_in_order() {
    let (mut world, track, a, _) = two_viewers();
    key(&mut world, a, track, 30, true);
    key(&mut world, a, track, 30, false);
    // Sent, and lost on its way.
    tap(&mut world, a, track, 31);
    world.lose(a);
    let motion = InputEvent::Motion { position: Position::new(1.0, 1.0) };
    let sent = world.with_core(a, |core, now| core.handle_input(now, track, motion));
    assert_eq!(sent, Err(Unsent::NotLive), "old places are of no use");
    tap(&mut world, a, track, 32);
    world.run_for(3000 * MS);
    tap(&mut world, a, track, 33);
    assert_eq!(keys(&world), [(30, true), (30, false)]);
    world.connect(a);
    world.run_for(10 * MS);
    tap(&mut world, a, track, 34);
    world.run_for(10 * MS);
    let expected: Vec<(u16, bool)> = (30..35).flat_map(|key| [(key, true), (key, false)]).collect();
    assert_eq!(keys(&world), expected);
    assert!(world.ends[a].core.has_seat());
    assert!(world.ends[a].ghosts.is_empty(), "the old link was ended");
}

#[test]
fn what_a_link_held_up_is_told_with_the_times_when_it_happened() {
    let (mut world, track, a, _) = two_viewers();
    let start = world.now;
    key(&mut world, a, track, 30, true);
    key(&mut world, a, track, 30, false);
    world.lose(a);
    for _ in 0..3 {
        world.run_for(1_000 * MS);
        tap(&mut world, a, track, 31);
    }
    world.connect(a);
    world.run_for(1_000 * MS);
    let times = world.commands.iter().filter_map(|command| match command {
        Command::Key { cause, pressed: true, .. } => Some(cause.at.since(start).as_millis() / 100 * 100),
        _ => None,
    });
    assert_eq!(times.collect::<Vec<_>>(), [0, 1_000, 2_000, 3_000]);
}

#[test]
fn who_returns_goes_on_with_what_is_held_and_no_other_comes_between() {
    let (mut world, track, a, b) = two_viewers();
    world.with_core(a, |core, now| core.handle_focus(now, Some(track)));
    world.with_core(a, |core, _| core.set_keymap("keymap".to_owned()));
    key(&mut world, a, track, CTRL, true);
    world.commands.clear();
    world.lose(a);
    world.run_for(2000 * MS);
    key(&mut world, b, track, 40, true);
    assert_eq!(keys(&world), [], "the ghost holds a key down");
    world.connect(a);
    world.run_for(MS);
    assert_eq!(world.commands, [], "the apps hear nothing of it");
    tap(&mut world, a, track, 31);
    key(&mut world, a, track, CTRL, false);
    assert_eq!(keys(&world), [(31, true), (31, false), (CTRL, false)]);
    let others = |command: &&Command| !matches!(command, Command::Key { .. });
    assert_eq!(
        world.commands.iter().find(others),
        None,
        "no focus goes, no pointer leaves, no keymap comes twice"
    );
}

#[test]
fn who_was_gone_for_the_host_goes_on_with_the_modifiers_that_are_still_held() {
    let plain = vec![(31, true), (31, false)];
    let chord = vec![(CTRL, false), (CTRL, true), (31, true), (31, false)];
    for (held, expected) in [(false, plain), (true, chord)] {
        let (mut world, track, a, _) = two_viewers();
        key(&mut world, a, track, CTRL, true);
        if !held {
            key(&mut world, a, track, CTRL, false);
        }
        world.commands.clear();
        world.lose(a);
        tap(&mut world, a, track, 31);
        world.notice(a);
        world.run_for(1000 * MS);
        world.connect(a);
        world.run_for(10 * MS);
        assert_eq!(keys(&world), expected, "half a chord would be another word");
        tap(&mut world, a, track, 32);
        world.run_for(10 * MS);
        assert_eq!(keys(&world).last(), Some(&(32, false)), "it types on");
    }
}

#[test]
fn what_was_let_go_of_while_its_viewer_was_gone_does_not_go_down_again() {
    let (mut world, track, a, _) = two_viewers();
    // Keys that are no modifiers stay up: pressing them again would be typing twice.
    for held in [CTRL, 30] {
        key(&mut world, a, track, held, true);
    }
    world.cut(a);
    world.run_for(10 * MS);
    world.commands.clear();
    press(&mut world, a, track, CTRL, false).expect("waits");
    world.connect(a);
    world.run_for(10 * MS);
    tap(&mut world, a, track, 31);
    world.run_for(10 * MS);
    assert_eq!(keys(&world), [(31, true), (31, false)]);
    press(&mut world, a, track, 30, false).expect("sent");
    world.run_for(10 * MS);
    assert_eq!(keys(&world), [(31, true), (31, false)], "the host let go of it long ago");
}

#[test]
fn a_welcome_that_was_lost_brings_nothing_back_that_took_effect() {
    let (mut world, track, a, _) = two_viewers();
    tap(&mut world, a, track, 31);
    key(&mut world, a, track, CTRL, true);
    // The host has released what was held, and knows nothing any more when the viewer comes.
    world.cut(a);
    world.connect(a);
    world.run_for(MS / 4);
    assert!(world.ends[a].id.is_some() && !world.ends[a].core.has_seat(), "the welcome is on its way");
    world.lose(a);
    world.connect(a);
    world.run_for(10 * MS);
    assert_eq!(keys(&world), [(31, true), (31, false), (CTRL, true), (CTRL, false)], "it rests");
}

#[test]
fn what_was_typed_too_long_ago_does_not_come_back_nor_does_what_followed() {
    let (mut world, track, a, _) = two_viewers();
    key(&mut world, a, track, CTRL, true);
    world.lose(a);
    tap(&mut world, a, track, 31);
    world.run_for(16_000 * MS);
    tap(&mut world, a, track, 32);
    world.connect(a);
    world.run_for(10 * MS);
    assert_eq!(keys(&world), [(CTRL, true), (CTRL, false)], "and nothing stays held");
    tap(&mut world, a, track, 33);
    world.run_for(10 * MS);
    assert_eq!(keys(&world)[2..], [(33, true), (33, false)]);
}

#[test]
fn more_than_can_wait_is_refused_and_lets_go_of_all_the_same() {
    let (mut world, track, a, _) = two_viewers();
    world.lose(a);
    press(&mut world, a, track, 42, true).expect("waits");
    let taken = (0..2000).filter(|n| press(&mut world, a, track, 30, n % 2 == 0).is_ok()).count();
    assert_eq!(taken, 1024, "one too many: a key that is down is let go");
    press(&mut world, a, track, 42, false).expect("waits");
    world.connect(a);
    world.run_for(50 * MS);
    assert_eq!(world.held_keys(), 0);
    assert_eq!(keys(&world).len(), 1026);
}

#[test]
fn a_chord_whose_keymap_and_copy_are_told_again_comes_after_them() {
    let (mut world, track, a, _) = two_viewers();
    world.with_core(a, |core, now| core.handle_focus(now, Some(track)));
    world.run_for(5 * MS);
    world.lose(a);
    world.commands.clear();
    world.with_core(a, |core, _| core.offer_clipboard(vec!["text/plain".to_owned()]));
    world.with_core(a, |core, _| core.set_keymap("another".to_owned()));
    tap(&mut world, a, track, 47);
    world.connect(a);
    world.run_for(10 * MS);
    let offered = world.commands.iter().position(|it| matches!(it, Command::OfferClipboard { .. }));
    let keymap = world.commands.iter().position(|it| matches!(it, Command::Keymap(_)));
    let pressed = world.commands.iter().position(|it| matches!(it, Command::Key { .. }));
    assert!(keymap.is_some() && keymap < pressed && offered.is_some() && offered < pressed);
    assert_eq!(focuses(&world), 0, "the focus is where it was");
}

#[test]
fn a_focus_that_was_lost_meanwhile_is_lost() {
    let (mut world, track, a, _) = two_viewers();
    world.with_core(a, |core, now| core.handle_focus(now, Some(track)));
    world.run_for(5 * MS);
    world.lose(a);
    world.with_core(a, |core, now| core.handle_focus(now, None));
    world.connect(a);
    world.run_for(10 * MS);
    assert_eq!(world.commands.last(), Some(&Command::Focus(None)));
}

#[test]
fn a_lock_of_the_pointer_goes_on() {
    let (mut world, track, a, _) = two_viewers();
    key(&mut world, a, track, 30, true);
    key(&mut world, a, track, 30, false);
    world.set_lock(Some(track));
    world.run_for(5 * MS);
    world.lose(a);
    assert_eq!(world.ends[a].lock, None);
    world.connect(a);
    world.run_for(10 * MS);
    assert_eq!((world.ends[a].lock, world.lock), (Some(track), Some(track)));
}

#[test]
fn a_viewer_that_was_never_in_or_may_only_look_keeps_nothing() {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    let looks = world.add_viewer_as(Profile::lan(), Role::View);
    world.run_for(50 * MS);
    world.lose(looks);
    assert_eq!(press(&mut world, looks, track, 30, true), Err(Unsent::NotLive));
    world.connect(looks);
    world.run_for(50 * MS);
    assert_eq!(keys(&world), []);
    assert_eq!(world.host.viewers().count(), 1, "its ghost is gone");
    let joins = world.add_viewer(Profile::lan());
    assert_eq!(press(&mut world, joins, track, 30, true), Err(Unsent::NotLive));
}

#[derive(Clone, Debug)]
enum Step {
    Tap,
    Hold(bool),
    Wait(u64),
    /// The viewer gives the link up, and the host hears of it, or does not.
    Break(bool),
    Notice,
    Return,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => Just(Step::Tap),
        2 => any::<bool>().prop_map(Step::Hold),
        4 => prop_oneof![0..100u64, 100..2500u64].prop_map(Step::Wait),
        2 => any::<bool>().prop_map(Step::Break),
        1 => Just(Step::Notice),
        3 => Just(Step::Return),
    ]
}

/// A user who types ever other keys while links break.
struct Typist {
    world: World,
    end: usize,
    /// The keys, and whether Ctrl was held.
    typed: Vec<(u16, bool)>,
    held: bool,
    connects: bool,
    /// Since when the viewer has not been in.
    out: Option<Timestamp>,
    longest: Duration,
}

impl Typist {
    fn live_through(steps: &[Step]) -> Typist {
        let mut world = World::new();
        let track = world.open(typing_app(1));
        let end = world.add_viewer(Profile::steady(50_000_000, 20 * MS));
        world.run_for(200 * MS);
        let (typed, longest) = (Vec::new(), Duration::ZERO);
        let held = false;
        let mut typist = Typist { world, end, typed, held, connects: true, out: None, longest };
        for step in steps {
            typist.take(step, track);
            typist.world.host.verify_invariants().expect("invariants");
        }
        typist.connect();
        typist.wait(1000);
        typist.world.with_core(end, |core, now| core.release_held(now));
        typist.wait(500);
        typist
    }

    fn take(&mut self, step: &Step, track: TrackId) {
        let (world, end) = (&mut self.world, self.end);
        match step {
            Step::Tap => {
                // No modifiers.
                let key = 200 + self.typed.len() as u16;
                self.typed.push((key, self.held));
                tap(world, end, track, key);
            }
            Step::Hold(down) => {
                self.held = *down;
                let _ = press(world, end, track, CTRL, *down);
            }
            Step::Wait(ms) => self.wait(*ms),
            Step::Break(clean) => {
                if *clean {
                    world.cut(end)
                } else {
                    world.lose(end)
                }
                self.connects = false;
                self.out = self.out.or(Some(self.world.now));
            }
            Step::Notice => world.notice(end),
            Step::Return => self.connect(),
        }
    }

    fn connect(&mut self) {
        if !std::mem::replace(&mut self.connects, true) {
            self.world.connect(self.end);
        }
    }

    fn wait(&mut self, ms: u64) {
        self.world.run_for(Duration::from_millis(ms));
        if self.world.ends[self.end].core.has_seat()
            && let Some(out) = self.out.take()
        {
            self.longest = self.longest.max(self.world.now.since(out));
        }
    }

    /// Which presses reached the apps, of those that were typed, and whether Ctrl was down there.
    fn reached(&self) -> Vec<(u16, bool)> {
        let (mut reached, mut held) = (Vec::new(), false);
        for (key, pressed) in keys(&self.world) {
            if key == CTRL {
                held = pressed;
            } else if pressed {
                reached.push((key, held));
            }
        }
        reached
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn every_chord_arrives_once_in_order_and_whole_if_links_come_back_soon(
        steps in prop::collection::vec(step(), 1..50),
    ) {
        let typist = Typist::live_through(&steps);
        let (world, reached) = (&typist.world, typist.reached());
        if typist.longest <= Duration::from_secs(10) {
            prop_assert_eq!(&reached, &typist.typed);
        }
        prop_assert!(reached.is_sorted_by(|(a, _), (b, _)| a < b), "{:?}", reached);
        prop_assert_eq!(world.held_keys(), 0);
        prop_assert!(world.thrown_out.is_empty(), "{:?}", world.thrown_out);
    }
}
