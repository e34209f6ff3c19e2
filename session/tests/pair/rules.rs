//! Roles, the seat, focus, keymaps, the clipboard, and what happens to those who break the rules.

use std::time::Duration;

use bytes::Bytes;
use dormer_session::viewer::{Action, Outbound, Unsent, Viewer};
use media::{
    Command, Event, InputId, KeyCode, Position, Scale, Size, Timestamp, TouchPhase, TouchPoint, TrackId,
};
use protocol::{
    control::{Clipboard, Configure, MAX_KEYMAP, RefusalCode, Role, ToHost},
    input::{Input, InputEvent, MAX_TEXT},
};

use crate::{MS, link::Profile, typing_app, world::World};

const TEXT: &str = "text/plain";

pub(crate) fn two_viewers() -> (World, TrackId, usize, usize) {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    let (a, b) = (world.add_viewer(Profile::lan()), world.add_viewer(Profile::lan()));
    world.run_for(300 * MS);
    world.commands.clear();
    (world, track, a, b)
}

pub(crate) fn key(world: &mut World, end: usize, track: TrackId, key: u16, pressed: bool) {
    let event = InputEvent::Key { key: KeyCode(key), pressed };
    world.with_core(end, |core, now| core.handle_input(now, track, event)).expect("sent");
    world.run_for(5 * MS);
}

/// Sends what a well-behaved viewer core never would.
fn forge(world: &mut World, end: usize, track: TrackId, id: u64, event: InputEvent) {
    let viewer = world.ends[end].id.expect("joined");
    let input = Input { id: InputId(id), at: Timestamp(0), after: 0, track, event };
    world.host.handle_input(world.now, viewer, input);
    world.settle();
}

/// What a viewer pressed after so many messages that go before input, and which the lanes delivered sooner.
fn overtaking(world: &mut World, end: usize, track: TrackId, id: u64, after: u32, key: u16) {
    let viewer = world.ends[end].id.expect("joined");
    let event = InputEvent::Key { key: KeyCode(key), pressed: true };
    let input = Input { id: InputId(id), at: Timestamp(0), after, track, event };
    world.host.handle_input(world.now, viewer, input);
    world.settle();
}

fn forge_control(world: &mut World, end: usize, message: ToHost) {
    let viewer = world.ends[end].id.expect("joined");
    world.host.handle_control(world.now, viewer, message);
    world.settle();
}

pub(crate) fn keys(world: &World) -> Vec<(u16, bool)> {
    let key = |command: &Command| match command {
        Command::Key { key, pressed, .. } => Some((key.0, *pressed)),
        _ => None,
    };
    world.commands.iter().filter_map(key).collect()
}

#[test]
fn one_viewer_at_a_time_is_heard_and_the_other_after_a_rest() {
    let (mut world, track, a, b) = two_viewers();
    key(&mut world, a, track, 30, true);
    key(&mut world, a, track, 30, false);
    key(&mut world, b, track, 31, true);
    key(&mut world, b, track, 31, false);
    assert_eq!(keys(&world), [(30, true), (30, false)], "the second comes too early");
    assert!(world.ends[a].core.has_seat() && !world.ends[b].core.has_seat());
    world.run_for(1000 * MS);
    key(&mut world, b, track, 32, true);
    assert_eq!(keys(&world).last(), Some(&(32, true)));
    assert!(!world.ends[a].core.has_seat() && world.ends[b].core.has_seat());
    world.run_for(5000 * MS);
    key(&mut world, a, track, 33, true);
    assert_eq!(keys(&world).last(), Some(&(32, true)), "a key is down: the seat stays");
    world.cut(b);
    assert_eq!(keys(&world).last(), Some(&(32, false)), "released when its viewer goes");
}

#[test]
fn each_viewers_keymap_comes_with_its_first_key() {
    let (mut world, track, a, b) = two_viewers();
    world.with_core(a, |core, _| core.set_keymap("keymap a".to_owned()));
    world.with_core(b, |core, _| core.set_keymap("keymap b".to_owned()));
    world.run_for(10 * MS);
    for (end, code) in [(a, 30), (b, 31), (a, 32)] {
        key(&mut world, end, track, code, true);
        key(&mut world, end, track, code, false);
        world.run_for(1100 * MS);
    }
    let mut current = "";
    let mut typed = Vec::new();
    for command in &world.commands {
        match command {
            Command::Keymap(keymap) => current = keymap,
            Command::Key { key, pressed: true, .. } => typed.push((key.0, current)),
            _ => {}
        }
    }
    assert_eq!(typed, [(30, "keymap a"), (31, "keymap b"), (32, "keymap a")]);
}

#[test]
fn keys_that_overtake_their_keymap_or_what_was_copied_wait_for_it() {
    let (mut world, track, a, _) = two_viewers();
    let core = &mut world.ends[a].core;
    core.set_keymap("keymap".to_owned());
    core.offer_clipboard(vec![TEXT.to_owned()]);
    let (Some(Action::Send(Outbound::Control(keymap))), Some(Action::Send(Outbound::Control(offer)))) =
        (core.poll_action(), core.poll_action())
    else {
        panic!("two messages")
    };
    let sent = world.with_core(a, |core, now| {
        let event = InputEvent::Key { key: KeyCode(30), pressed: true };
        core.handle_input(now, track, event).expect("sent");
        core.poll_action()
    });
    let Some(Action::Send(Outbound::Input(key))) = sent else { panic!("a key") };
    assert_eq!(key.after, 2, "both were sent before it");
    let viewer = world.ends[a].id.expect("joined");
    world.host.handle_input(world.now, viewer, key);
    overtaking(&mut world, a, track, 2, 0, 31);
    assert_eq!(keys(&world), [], "not even one that says nothing passes one that waits");
    forge_control(&mut world, a, keymap);
    assert_eq!(keys(&world), []);
    forge_control(&mut world, a, offer);
    assert_eq!(keys(&world), [(30, true), (31, true)]);
    let keymap = world.commands.iter().position(|command| matches!(command, Command::Keymap(_)));
    let key = world.commands.iter().position(|command| matches!(command, Command::Key { .. }));
    assert!(keymap.is_some() && keymap < key);
}

#[test]
fn who_miscounts_waits_but_is_heard() {
    let (mut world, track, a, _) = two_viewers();
    overtaking(&mut world, a, track, 1, u32::MAX, 30);
    world.run_for(4900 * MS);
    assert_eq!(keys(&world), []);
    world.run_for(200 * MS);
    assert_eq!(keys(&world), [(30, true)]);
    overtaking(&mut world, a, track, 2, u32::MAX, 31);
    assert_eq!(keys(&world), [(30, true), (31, true)], "only once");
    let (mut world, track, a, _) = two_viewers();
    let viewer = world.ends[a].id.expect("joined");
    let texts = |world: &World| world.commands.iter().filter(|c| matches!(c, Command::Text { .. })).count();
    for id in 1..=257 {
        assert_eq!(texts(&world), 0);
        let event = InputEvent::Text { text: "x".to_owned() };
        world.host.handle_input(
            world.now,
            viewer,
            Input { id: InputId(id), at: Timestamp(0), after: 9, track, event },
        );
        world.settle();
    }
    assert_eq!(texts(&world), 257, "more are not kept");
}

#[test]
fn a_viewer_that_may_only_look_changes_nothing() {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    let end = world.add_viewer_as(Profile::lan(), Role::View);
    world.run_for(300 * MS);
    assert!(world.is_exact(end));
    world.commands.clear();
    let press = || InputEvent::Key { key: KeyCode(30), pressed: true };
    let unsent = world.with_core(end, |core, now| core.handle_input(now, track, press()));
    assert_eq!(unsent, Err(Unsent::ViewOnly));
    forge_control(&mut world, end, ToHost::Focus { track: Some(track) });
    forge_control(&mut world, end, ToHost::DismissPopups);
    forge_control(&mut world, end, ToHost::Keymap { text: "mine".to_owned() });
    forge_control(&mut world, end, ToHost::Clipboard(Clipboard::Offer { mimes: vec![TEXT.to_owned()] }));
    assert_eq!(world.commands, []);
    assert!(world.thrown_out.is_empty(), "it goes on looking");
}

#[test]
fn a_viewer_that_may_only_look_and_sends_input_is_thrown_out_with_a_reason() {
    for event in [
        InputEvent::Key { key: KeyCode(30), pressed: true },
        InputEvent::Motion { position: Position::new(1.0, 1.0) },
        InputEvent::Preedit { text: "x".to_owned(), cursor: None },
        InputEvent::RelativeMotion { dx: 1.0, dy: 1.0 },
        InputEvent::Leave,
        InputEvent::Close,
        InputEvent::ForceQuit,
    ] {
        let mut world = World::new();
        let track = world.open(typing_app(1));
        let looks = world.add_viewer_as(Profile::lan(), Role::View);
        let uses = world.add_viewer(Profile::lan());
        world.run_for(300 * MS);
        world.commands.clear();
        forge(&mut world, looks, track, 1, event);
        let [refusal] = &world.thrown_out[..] else { panic!("{:?}", world.thrown_out) };
        assert!(refusal.message.contains("not use them"), "{refusal:?}");
        assert_eq!(world.commands, [], "it has no effect");
        world.run_for(300 * MS);
        assert!(world.is_exact(uses), "others go on");
    }
}

#[test]
fn who_breaks_a_rule_is_thrown_out_with_a_reason_and_the_session_goes_on() {
    let track = TrackId(1);
    let at = |x| InputEvent::Motion { position: Position::new(x, 0.0) };
    let point = TouchPoint { id: 0, phase: TouchPhase::Down, position: Position::new(f64::INFINITY, 0.0) };
    let huge = Configure {
        serial: 1,
        size: Some(Size::new(u32::MAX, 1)),
        scale: Scale::ONE,
        maximized: false,
        fullscreen: false,
        resizing: false,
    };
    type Crime = Box<dyn Fn(&mut World)>;
    let crimes: Vec<Crime> = vec![
        Box::new(move |world| forge(world, 0, track, 1, at(f64::NAN))),
        Box::new(move |world| forge(world, 0, track, 1, InputEvent::Text { text: "x".repeat(MAX_TEXT + 1) })),
        Box::new(move |world| {
            let text = "x".repeat(MAX_TEXT + 1);
            forge(world, 0, track, 1, InputEvent::Preedit { text, cursor: None });
        }),
        Box::new(move |world| {
            let text = "世".to_owned();
            forge(world, 0, track, 1, InputEvent::Preedit { text, cursor: Some((0, 1)) });
        }),
        Box::new(move |world| forge(world, 0, track, 1, InputEvent::RelativeMotion { dx: 1e9, dy: 0.0 })),
        Box::new(move |world| forge(world, 0, track, 1, InputEvent::Touch { points: vec![point; 17] })),
        Box::new(move |world| forge(world, 0, track, 1, InputEvent::Touch { points: vec![point] })),
        Box::new(move |world| {
            forge(world, 0, track, 2, InputEvent::Leave);
            forge(world, 0, track, 1, InputEvent::Leave);
        }),
        Box::new(move |world| forge_control(world, 0, ToHost::Configure { track, configure: huge })),
        Box::new(|world| forge_control(world, 0, ToHost::Keymap { text: "x".repeat(MAX_KEYMAP + 1) })),
        Box::new(|world| {
            let mimes = vec![String::new(); 33];
            forge_control(world, 0, ToHost::Clipboard(Clipboard::Offer { mimes }));
        }),
    ];
    for (number, crime) in crimes.iter().enumerate() {
        let (mut world, track, _, b) = two_viewers();
        crime(&mut world);
        let codes: Vec<RefusalCode> = world.thrown_out.iter().map(|refusal| refusal.code).collect();
        assert_eq!(codes, [RefusalCode::Protocol], "crime {number}");
        world.host.verify_invariants().expect("invariants");
        world.run_for(1100 * MS);
        key(&mut world, b, track, 30, true);
        assert_eq!(keys(&world), [(30, true)], "the other viewer goes on after crime {number}");
    }
}

#[test]
fn a_window_is_asked_to_close_after_what_was_typed_and_by_whoever_may_use_it() {
    let (mut world, track, a, b) = two_viewers();
    key(&mut world, a, track, 30, true);
    let close = |core: &mut Viewer, now| core.handle_input(now, track, InputEvent::Close);
    world.with_core(b, close).expect("sent");
    world.run_for(5 * MS);
    assert_eq!(world.commands.last(), Some(&Command::Close(track)), "another is typing");
    assert_eq!(world.host.seat_holder(), world.ends[a].id, "and goes on");
    key(&mut world, a, track, 30, false);
    world.lose(a);
    key_without_link(&mut world, a, track, 31);
    world.with_core(a, close).expect("waits");
    world.commands.clear();
    world.connect(a);
    world.run_for(5 * MS);
    assert_eq!(keys(&world), [(31, true), (31, false)]);
    assert_eq!(world.commands.last(), Some(&Command::Close(track)), "also over the next link");
}

#[test]
fn an_app_that_does_not_answer_is_ended_once_by_whoever_may_use_it() {
    let (mut world, track, a, b) = two_viewers();
    key(&mut world, a, track, 30, true);
    let quit = |core: &mut Viewer, now| core.handle_input(now, track, InputEvent::ForceQuit);
    world.lose(b);
    world.with_core(b, quit).expect("waits");
    world.connect(b);
    world.run_for(5 * MS);
    world.lose(b);
    world.connect(b);
    world.run_for(5 * MS);
    let quits = world.commands.iter().filter(|command| **command == Command::ForceQuit(track)).count();
    assert_eq!(quits, 1, "once, whatever the link does");
    assert_eq!(world.host.seat_holder(), world.ends[a].id, "who types goes on");
}

fn key_without_link(world: &mut World, end: usize, track: TrackId, key: u16) {
    for pressed in [true, false] {
        let event = InputEvent::Key { key: KeyCode(key), pressed };
        world.with_core(end, |core, now| core.handle_input(now, track, event)).expect("waits");
    }
}

#[test]
fn motion_that_comes_late_is_dropped() {
    let (mut world, track, a, _) = two_viewers();
    for (id, x) in [(1, 1.0), (4, 4.0), (3, 3.0), (4, 4.5), (5, 5.0)] {
        forge(&mut world, a, track, id, InputEvent::Motion { position: Position::new(x, 0.0) });
    }
    let place = |command: &Command| match command {
        Command::Motion { position, .. } => Some(position.x),
        _ => None,
    };
    let places: Vec<f64> = world.commands.iter().filter_map(place).collect();
    assert_eq!(places, [1.0, 4.0, 5.0]);
}

#[test]
fn keys_are_released_when_the_viewer_loses_the_focus() {
    let (mut world, track, a, _) = two_viewers();
    world.with_core(a, |core, now| core.handle_focus(now, Some(track)));
    key(&mut world, a, track, 42, true);
    world.with_core(a, |core, now| core.handle_focus(now, None));
    world.run_for(5 * MS);
    assert_eq!(keys(&world), [(42, true), (42, false)]);
    assert_eq!(world.commands.last(), Some(&Command::Focus(None)));
}

#[test]
fn configures_coalesce_and_come_back_with_the_viewers_own_serial() {
    let (mut world, track, a, _) = two_viewers();
    let wish = |w| Configure {
        serial: 0,
        size: Some(Size::new(w, 100)),
        scale: Scale::ONE,
        maximized: false,
        fullscreen: false,
        resizing: true,
    };
    let serials: Vec<u32> = (0..20).map(|n| world.wish(a, track, wish(100 + n))).collect();
    world.run_for(MS);
    for _ in 0..3 {
        let newest = world.commands.iter().rev().find_map(|command| match command {
            Command::Configure { configure, .. } => Some(configure.serial),
            _ => None,
        });
        world.apps[0].configured = newest.expect("configured");
        let window = world.apps[0].window();
        world.event(Event::Window(window));
        world.run_for(10 * MS);
    }
    let sizes: Vec<u32> = world
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::Configure { configure, .. } => configure.size.map(|size| size.w),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [100, 119], "the first at once, then only the newest");
    let window = &world.ends[a].core.window(track).expect("there").window;
    assert_eq!(Some(&window.configured), serials.last());
}

#[test]
fn a_size_that_no_picture_can_have_is_refused_before_its_app_hears_of_it() {
    let (mut world, track, a, _) = two_viewers();
    let wish = |w, h, scale: u32| Configure {
        serial: 0,
        size: Some(Size::new(w, h)),
        scale: Scale::from_120ths(120 * scale),
        maximized: false,
        fullscreen: false,
        resizing: false,
    };
    let serial = world.wish(a, track, wish(5000, 4000, 8));
    world.run_for(10 * MS);
    assert!(!world.commands.iter().any(|command| matches!(command, Command::Configure { .. })));
    let window = &world.ends[a].core.window(track).expect("there").window;
    assert_eq!(window.configured, serial, "it is answered by a window that has not changed");
    world.wish(a, track, wish(4096, 2160, 2));
    world.run_for(10 * MS);
    let asked = |command: &&Command| matches!(command, Command::Configure { .. });
    assert_eq!(world.commands.iter().filter(asked).count(), 1, "the largest picture is asked for");
}

#[test]
fn the_clipboard_goes_between_apps_and_viewers_without_circles() {
    let (mut world, _, a, b) = two_viewers();
    world.with_core(a, |core, _| core.offer_clipboard(vec![TEXT.to_owned()]));
    world.run_for(10 * MS);
    assert_eq!(world.commands, [Command::OfferClipboard { mimes: vec![TEXT.to_owned()] }]);
    world.with_core(b, |core, now| core.request_clipboard(now, TEXT.to_owned()));
    world.with_core(a, |core, now| core.request_clipboard(now, TEXT.to_owned()));
    world.run_for(10 * MS);
    let content = Bytes::from_static(b"text/plain of 0");
    assert_eq!(world.ends[b].pasted, [Some(content.clone())]);
    assert_eq!(world.ends[a].pasted, [None], "a viewer pastes its own content without the host");
    world.commands.clear();
    let request = media::ClipboardRequest(77);
    world.event(Event::ClipboardWanted { request, mime: TEXT.to_owned() });
    world.run_for(10 * MS);
    assert_eq!(world.commands, [Command::ClipboardContent { request, data: Some(content) }]);
}

#[test]
fn an_app_that_never_delivers_makes_a_paste_unavailable_in_time() {
    let (mut world, _, a, _) = two_viewers();
    world.event(Event::ClipboardOffered { mimes: vec![TEXT.to_owned()] });
    world.run_for(10 * MS);
    world.with_core(a, |core, now| core.request_clipboard(now, TEXT.to_owned()));
    world.run_for(Duration::from_millis(5100));
    assert_eq!(world.ends[a].pasted, [None]);
    let large = Bytes::from(vec![7; 3 << 20]);
    world.with_core(a, |core, now| core.request_clipboard(now, TEXT.to_owned()));
    world.run_for(10 * MS);
    let asked = world.commands.iter().rev().find_map(|command| match command {
        Command::ReadClipboard { request, .. } => Some(*request),
        _ => None,
    });
    let request = asked.expect("the app is asked");
    world.event(Event::ClipboardContent { request, data: Some(large.clone()) });
    world.run_for(500 * MS);
    assert_eq!(world.ends[a].pasted.last(), Some(&Some(large)));
}

#[test]
fn latency_of_every_stage_is_known_after_typing() {
    let (mut world, track, a, _) = two_viewers();
    let until = world.now + 2000 * MS;
    world.type_keys(a, track, 10, until);
    world.run_for(2500 * MS);
    let latency = world.ends[a].core.latency();
    for stage in dormer_session::viewer::Stage::ALL {
        let summary = latency.stage(stage).and_then(|histogram| histogram.summary());
        assert!(summary.is_some_and(|summary| summary.p95 < 10 * MS), "{stage:?}: {summary:?}");
    }
    let offset = world.ends[a].core.clock_offset();
    assert!((offset + 77_000_000).abs() < 1000, "{offset}");
}
