//! Frame callbacks: whoever asks is answered, as soon as viewers can take what it draws.
//!
//! That nobody ever waits longer than a second, [`World`] asserts after every step of every test.

use std::time::Duration;

use media::{AppId, Event, KeyCode, Region, Timestamp, TrackId};
use protocol::input::InputEvent;

use crate::{MS, link::Profile, typing_app, world::World};

/// A program with so many windows, whose one thread draws each of them in turn and waits for its callback, as
/// SDL and others do that draw with OpenGL. A viewer sees all but the last.
fn program(windows: u32) -> (World, usize) {
    let mut world = World::new();
    for track in 1..=windows {
        let track = world.open(typing_app(track));
        world.event(Event::App { track, app: AppId(1) });
    }
    let end = world.add_viewer(Profile::lan());
    world.run_for(3000 * MS);
    world.with_core(end, |core, _| core.set_visible(TrackId(windows), false));
    world.run_for(3000 * MS);
    (world, end)
}

/// How often in a second the program comes round.
fn rounds(world: &mut World, mut draw: impl FnMut(&mut World, usize)) -> usize {
    let end = world.now + 1000 * MS;
    let mut rounds = 0;
    while world.now < end {
        for window in 0..world.apps.len() {
            draw(world, window);
            let answered = world.apps[window].callbacks.len();
            if world.apps[window].asked.is_some() {
                world.run_while(2000 * MS, |world| world.apps[window].callbacks.len() == answered);
            }
        }
        rounds += 1;
    }
    rounds
}

fn paint(world: &mut World, window: usize) {
    world.commit_all(window);
}

#[test]
fn commits_that_change_nothing_are_answered_at_once_and_then_at_a_screens_pace() {
    let mut world = World::new();
    world.open(typing_app(1));
    world.add_viewer(Profile::steady(2_000_000, 50 * MS));
    world.run_for(3000 * MS);
    let before = world.now;
    world.commit_nothing(0);
    assert_eq!(world.apps[0].callbacks.last(), Some(&before));
    world.run_for(100 * MS);
    let rounds = rounds(&mut world, World::commit_nothing);
    assert!((55..=64).contains(&rounds), "{rounds} a second");
}

#[test]
fn a_commit_that_changes_nothing_does_not_get_past_pixels_that_wait_for_a_link() {
    let mut world = World::new();
    world.open(typing_app(1));
    let end = world.add_viewer(Profile::lan());
    world.run_for(3000 * MS);
    // The viewer confirms nothing any more: the link counts as full.
    world.ends[end].feedback_loss = 1.0;
    let slow = rounds(&mut world, |world, window| {
        world.commit_all(window);
        world.commit_nothing(window);
    });
    assert!(slow < 40, "{slow} a second");
}

#[test]
fn a_hidden_window_does_not_hold_up_the_others_of_its_program() {
    for windows in [2, 3] {
        let (mut world, _) = program(windows);
        let rounds = rounds(&mut world, paint);
        let most = 63 / (windows as usize - 1);
        assert!(rounds >= most.min(30) * 9 / 10, "{rounds} a second with {windows} windows");
    }
}

#[test]
fn a_hidden_window_that_is_drawn_alone_is_slow() {
    let (mut world, _) = program(2);
    for draw in [paint, World::commit_nothing] {
        let mut second = || {
            rounds(&mut world, |world, window| {
                if window == 1 {
                    draw(world, window);
                }
            })
        };
        // A few come at once after a rest.
        let (first, then) = (second(), second());
        assert!(first <= 6 && then <= 2, "{first} and {then} a second");
        world.run_for(3000 * MS);
    }
}

#[test]
fn a_window_of_another_program_changes_nothing_for_a_hidden_one() {
    let (mut world, _) = program(2);
    world.event(Event::App { track: TrackId(2), app: AppId(2) });
    let start = world.now;
    while world.now < start + 4000 * MS {
        world.commit_all(0);
        if world.apps[1].asked.is_none() {
            world.commit_all(1);
        }
        world.run_for(16 * MS);
    }
    let hidden = world.apps[1].callbacks.iter().filter(|at| **at >= start).count();
    assert!(hidden <= 9, "{hidden} in four seconds");
}

#[test]
fn a_program_that_waits_for_its_hidden_window_hears_a_key_in_the_other_at_once() {
    let (mut world, end) = program(2);
    for _ in 0..8 {
        world.commit_all(1);
        world.run_for(50 * MS);
    }
    assert!(world.apps[1].asked.is_some(), "it waits");
    let pressed = world.now;
    let event = InputEvent::Key { key: KeyCode(30), pressed: true };
    world.with_core(end, |core, now| core.handle_input(now, TrackId(1), event)).expect("sent");
    let took = world.run_while(1000 * MS, |world| world.apps[1].asked.is_some());
    assert!(took <= 20 * MS, "{took:?} after {pressed}");
}

#[test]
fn more_windows_than_are_told_of_are_answered_as_well() {
    let mut world = World::new();
    // Pixels without a window: the core keeps some of such tracks, and these are more.
    let size = typing_app(1).size;
    let mut asked = std::collections::BTreeMap::new();
    let mut answered = 0;
    for round in 0..20u64 {
        for track in (1..=200).map(TrackId) {
            let now = world.now;
            let event = if round % 2 == 0 {
                Event::FrameWanted(track)
            } else {
                let region = Region::from(size.to_rect());
                Event::Damaged { track, size, region, captured: now, cause: None }
            };
            world.host.handle_event(now, event);
            asked.entry(track).or_insert(now);
        }
        let end = world.now + 100 * MS;
        while world.now < end {
            while let Some(action) = world.host.poll_action() {
                if let dormer_session::host::Action::Source(media::Command::FrameDone { track, .. }) = action
                {
                    answered += usize::from(asked.remove(&track).is_some());
                }
            }
            let next: Timestamp = world.host.poll_timeout().unwrap_or(end).min(end);
            world.now = world.now.max(next);
            world.host.handle_timeout(world.now);
            let longest = asked.values().map(|at| world.now.since(*at)).max().unwrap_or_default();
            assert!(longest <= Duration::from_secs(1), "{longest:?}");
        }
    }
    assert!(answered > 1000, "{answered}");
}
