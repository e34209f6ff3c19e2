//! Random histories: whatever happens, the invariants hold, and at rest every viewer is exact.

use std::time::Duration;

use media::{AppId, Event, KeyCode, Rect, Size, TextInput, TextPurpose, TrackId};
use proptest::prelude::*;
use protocol::{control::Role, input::InputEvent};

use crate::{MS, apps::App, link::Profile, world::World};

#[derive(Clone, Debug)]
enum Operation {
    Open { moves: bool },
    Close(usize),
    Paint(usize),
    Resize(usize, u32),
    Callback(usize),
    Join { rate: u64, delay: u64, loss: bool, view: bool },
    Cut(usize),
    Lose(usize),
    Notice(usize),
    Return(usize),
    Key(usize, usize, u16, bool),
    Type(usize, usize),
    Hide(usize, usize, bool),
    Paste(usize),
    Compose(usize, usize, bool),
    Push(usize, usize),
    TakeText(Option<usize>, i32),
    Lock(Option<usize>),
    Wait(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let (end, app) = (0..4usize, 0..4usize);
    prop_oneof![
        any::<bool>().prop_map(|moves| Open { moves }),
        app.clone().prop_map(Close),
        app.clone().prop_map(Paint),
        (app.clone(), 16..400u32).prop_map(|(app, w)| Resize(app, w)),
        app.clone().prop_map(Callback),
        (300_000..200_000_000u64, 0..80u64, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(rate, delay, loss, view)| Join { rate, delay, loss, view }),
        end.clone().prop_map(Cut),
        end.clone().prop_map(Lose),
        end.clone().prop_map(Notice),
        end.clone().prop_map(Return),
        (end.clone(), app.clone(), 1..5u16, any::<bool>()).prop_map(|(e, a, k, p)| Key(e, a, k, p)),
        (end.clone(), app.clone()).prop_map(|(e, a)| Type(e, a)),
        (end.clone(), app.clone(), any::<bool>()).prop_map(|(e, a, v)| Hide(e, a, v)),
        end.clone().prop_map(Paste),
        (end.clone(), app.clone(), any::<bool>()).prop_map(|(e, a, more)| Compose(e, a, more)),
        (end, app.clone()).prop_map(|(e, a)| Push(e, a)),
        (prop::option::of(app.clone()), 0..100).prop_map(|(a, x)| TakeText(a, x)),
        prop::option::of(app).prop_map(Lock),
        (1..400u64).prop_map(Wait),
    ]
}

fn perform(world: &mut World, next_track: &mut u32, operation: &Operation) {
    let track = |world: &World, app: usize| world.apps.get(app).map(|app| app.track);
    match *operation {
        Operation::Open { moves } if world.apps.len() < 4 => {
            *next_track += 1;
            let app = App::new(*next_track, Size::new(160, 90));
            let app = if moves { app.moving(30, Size::new(100, 60).to_rect()) } else { app };
            let track = world.open(app);
            // Two programs with two windows each, one with one.
            world.event(Event::App { track, app: AppId(u64::from(track.0 % 3)) });
        }
        Operation::Close(app) => {
            if let Some(track) = track(world, app) {
                world.close(track);
            }
        }
        Operation::Paint(app) if app < world.apps.len() => world.commit_all(app),
        Operation::Resize(app, w) if app < world.apps.len() => world.resize(app, Size::new(w, 60)),
        Operation::Callback(app) if app < world.apps.len() => world.commit_nothing(app),
        Operation::Join { rate, delay, loss, view } if world.ends.len() < 4 => {
            let profile = Profile::steady(rate, Duration::from_millis(delay));
            let role = if view { Role::View } else { Role::Control };
            let end = world.add_viewer_as(profile.with_loss(if loss { 0.02 } else { 0.0 }), role);
            world.ends[end].feedback_loss = if loss { 0.05 } else { 0.0 };
        }
        Operation::Cut(end) if end < world.ends.len() => world.cut(end),
        Operation::Lose(end) if end < world.ends.len() => world.lose(end),
        Operation::Notice(end) if end < world.ends.len() => world.notice(end),
        Operation::Return(end) if world.ends.get(end).is_some_and(|end| end.id.is_none()) => {
            world.cut(end);
            world.connect(end);
        }
        Operation::Key(end, app, key, pressed) if end < world.ends.len() => {
            if let Some(track) = track(world, app) {
                let event = InputEvent::Key { key: KeyCode(key), pressed };
                world.with_core(end, |core, now| {
                    core.handle_focus(now, Some(track));
                    let _ = core.handle_input(now, track, event);
                });
            }
        }
        Operation::Type(end, app) if end < world.ends.len() => {
            if let Some(track) = track(world, app) {
                let until = world.now + 500 * MS;
                world.type_keys(end, track, 15, until);
            }
        }
        Operation::Hide(end, app, visible) if end < world.ends.len() => {
            if let Some(track) = track(world, app) {
                world.with_core(end, |core, _| core.set_visible(track, visible));
            }
        }
        Operation::Paste(end) if end < world.ends.len() => {
            world.with_core(end, |core, now| {
                core.offer_clipboard(vec!["text/plain".to_owned()]);
                core.request_clipboard(now, "text/plain".to_owned());
            });
        }
        Operation::Compose(end, app, more) if end < world.ends.len() => {
            if let Some(track) = track(world, app) {
                let text = if more { "世" } else { "" }.to_owned();
                let event = InputEvent::Preedit { cursor: None, text };
                let _ = world.with_core(end, |core, now| core.handle_input(now, track, event));
            }
        }
        Operation::Push(end, app) if end < world.ends.len() => {
            if let Some(track) = track(world, app) {
                let event = InputEvent::RelativeMotion { dx: 1.0, dy: -1.0 };
                let _ = world.with_core(end, |core, now| core.handle_input(now, track, event));
            }
        }
        Operation::TakeText(app, x) => {
            let caret = Rect::new(x, 0, 1, 16);
            let input = TextInput { caret, purpose: TextPurpose::Normal, multiline: false };
            let place = app.and_then(|app| track(world, app)).map(|track| (track, input));
            world.set_text_input(place);
        }
        // Only what a pointer is in can lock it.
        Operation::Lock(app) if world.host.seat_holder().is_some() => {
            let track = app.and_then(|app| track(world, app));
            world.set_lock(track);
        }
        Operation::Wait(ms) => world.run_for(Duration::from_millis(ms)),
        _ => {}
    }
    world.host.verify_invariants().expect("invariants");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_rules_hold_and_all_ends_exact(
        operations in prop::collection::vec(operation(), 1..60),
    ) {
        let mut world = World::new();
        let mut next_track = 0;
        for operation in &operations {
            perform(&mut world, &mut next_track, operation);
        }
        for app in &mut world.apps {
            app.period = None;
        }
        let tracks: Vec<TrackId> = world.apps.iter().map(|app| app.track).collect();
        for end in 0..world.ends.len() {
            for track in &tracks {
                world.with_core(end, |core, _| core.set_visible(*track, true));
            }
        }
        world.run_for(20_000 * MS);
        for end in 0..world.ends.len() {
            if let Some(viewer) = world.ends[end].id {
                prop_assert!(world.host.is_settled(viewer), "the host still owes {} something", viewer);
                prop_assert!(world.is_exact(end), "{} is not exact", viewer);
                let end = &world.ends[end];
                let (types, has_seat) = (end.role == Role::Control, world.host.seat_holder() == Some(viewer));
                prop_assert_eq!(end.text_input, world.text_input.filter(|_| types), "{} types there", viewer);
                prop_assert_eq!(end.lock, world.lock.filter(|_| has_seat), "{} has the lock", viewer);
            }
        }
        for app in &world.apps {
            prop_assert!(app.callbacks.last() >= app.commits.last(), "the last commit got its callback");
        }
        for end in 0..world.ends.len() {
            world.cut(end);
            world.notice(end);
        }
        prop_assert_eq!(world.held_keys(), 0);
        prop_assert_eq!(world.composition(), "");
        prop_assert_eq!(world.lock, None, "the pointer has left");
        prop_assert_eq!(world.encoder.kept(), 0);
        prop_assert!(world.thrown_out.is_empty(), "{:?}", world.thrown_out);
        prop_assert_eq!(world.host.poll_timeout(), None, "a session without viewers and changes rests");
    }
}
