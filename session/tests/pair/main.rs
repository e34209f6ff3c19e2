//! Host core and viewer core as a pair, over simulated links, in virtual milliseconds.

mod apps;
mod encoder;
mod frames;
mod known;
mod layouts;
mod link;
mod locks;
mod random;
mod repeats;
mod resume;
mod rules;
mod sources;
mod wants;
mod world;

use std::time::Duration;

use media::{Rect, Size, TrackId};

use apps::App;
use link::Profile;
use world::World;

pub(crate) const MS: Duration = Duration::from_millis(1);

/// A window of 1280×720, drawn as 320×180 toy pixels.
pub(crate) fn typing_app(track: u32) -> App {
    App::new(track, Size::new(320, 180))
}

fn moving_app(track: u32) -> App {
    typing_app(track).moving(30, Rect::new(40, 20, 160, 90))
}

#[test]
fn a_viewer_that_joins_gets_exact_pictures_soon() {
    let mut world = World::new();
    world.open(typing_app(1));
    world.open(typing_app(2));
    world.run_for(100 * MS);
    let lan = world.add_viewer(Profile::lan());
    let took = world.run_while(300 * MS, |world| !world.is_exact(lan));
    assert!(took < 100 * MS, "{took:?}");
    let slow = world.add_viewer(Profile::steady(2_000_000, 50 * MS));
    let took = world.run_while(5000 * MS, |world| !world.is_exact(slow));
    assert!(took < 2500 * MS, "{took:?}");
}

#[test]
fn a_session_at_rest_is_silent() {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    let end = world.add_viewer(Profile::steady(20_000_000, 20 * MS));
    world.type_keys(end, track, 10, World::at(3000));
    world.run_for(10_000 * MS);
    assert!(world.is_exact(end));
    let before =
        (world.encoder.jobs, world.ends[end].sent, world.ends[end].link.bytes, world.apps[0].callbacks.len());
    world.run_for(60_000 * MS);
    let after =
        (world.encoder.jobs, world.ends[end].sent, world.ends[end].link.bytes, world.apps[0].callbacks.len());
    assert_eq!(before.0, after.0, "nothing is encoded");
    assert!(after.1 - before.1 <= 1 && after.2 - before.2 <= 100, "{before:?} {after:?}");
    assert_eq!(before.3, after.3);
}

#[test]
fn a_slow_viewer_keeps_up_while_typing_and_the_fast_one_loses_nothing() {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    let fast = world.add_viewer(Profile::lan());
    let slow = world.add_viewer(Profile::steady(2_000_000, 50 * MS));
    world.run_for(3000 * MS);
    let start = world.now;
    world.type_keys(fast, track, 12, start + 10_000 * MS);
    world.run_for(10_500 * MS);
    let slow_age = world.stalest(slow, track, start, world.now);
    let fast_age = world.stalest(fast, track, start, world.now);
    assert!(slow_age <= 200 * MS, "{slow_age:?}");
    assert!(fast_age <= 5 * MS, "{fast_age:?}");
    let answered = world.ends[fast].shown.iter().filter(|shown| shown.at >= start && shown.answers).count();
    assert!((118..=121).contains(&answered), "{answered} keys answered, each by itself");
    assert!(world.is_exact(fast) && world.is_exact(slow));
}

#[test]
fn a_slow_viewer_keeps_up_while_typing_beside_a_moving_picture() {
    let mut world = World::new();
    let text = world.open(typing_app(1));
    let video = world.open(moving_app(2));
    let fast = world.add_viewer(Profile::lan());
    let slow = world.add_viewer(Profile::steady(2_000_000, 50 * MS));
    world.run_for(3000 * MS);
    let start = world.now;
    world.type_keys(slow, text, 10, start + 10_000 * MS);
    world.run_for(10_000 * MS);
    let (typed, moved) =
        (world.stalest(slow, text, start, world.now), world.stalest(slow, video, start, world.now));
    assert!(typed <= 250 * MS && moved <= 500 * MS, "{typed:?} {moved:?}");
    let fps = world.updates_between(fast, video, start, world.now) / 10;
    assert!(fps >= 29, "the fast one sees {fps} pictures a second");
    let fast_age = world.stalest(fast, video, start, world.now);
    assert!(fast_age <= 20 * MS, "{fast_age:?}");
    world.apps[1].period = None;
    world.run_for(2000 * MS);
    assert!(world.is_exact(slow) && world.is_exact(fast));
}

#[test]
fn a_link_that_drops_from_10_to_4_mbit_is_live_again_within_a_second() {
    let mut world = World::new();
    let step = World::at(5000);
    let video = world.open(moving_app(1));
    let profile = Profile::steady(10_000_000, 20 * MS).then(step, 4_000_000);
    let end = world.add_viewer(profile);
    world.run_until(step + 10_000 * MS);
    let oldest = world.stalest(end, video, step, world.now);
    let later = world.stalest(end, video, step + 1000 * MS, world.now);
    assert!(oldest <= 400 * MS && later <= 200 * MS, "{oldest:?}, later {later:?}");
    let fps = world.updates_between(end, video, step + 1000 * MS, world.now) as f64 / 9.0;
    assert!(fps >= 25.0, "{fps}");
}

#[test]
fn a_link_that_drops_from_5_to_half_a_mbit_does_not_freeze() {
    let mut world = World::new();
    let step = World::at(5000);
    let video = world.open(moving_app(1));
    let end = world.add_viewer(Profile::steady(5_000_000, 20 * MS).then(step, 500_000));
    world.run_until(step + 10_000 * MS);
    let freeze = world.longest_freeze(end, video, step, world.now);
    let later = world.stalest(end, video, step + 2000 * MS, world.now);
    assert!(freeze <= 500 * MS, "{freeze:?}");
    assert!(later <= 500 * MS, "{later:?}");
}

#[test]
fn a_link_that_becomes_faster_is_used() {
    let mut world = World::new();
    let step = World::at(5000);
    world.open(moving_app(1));
    let end = world.add_viewer(Profile::steady(1_000_000, 20 * MS).then(step, 10_000_000));
    world.run_until(step);
    let viewer = world.ends[end].id.expect("joined");
    let before = world.host.link_stats(world.now, viewer).expect("there").bitrate;
    world.run_for(5000 * MS);
    let after = world.host.link_stats(world.now, viewer).expect("there").bitrate;
    assert!(before < 1_500_000 && after > 3_000_000, "{before} → {after}");
}

#[test]
fn a_lan_viewer_is_known_to_be_fast_within_200_ms() {
    let mut world = World::new();
    world.open(typing_app(1).moving(60, Size::new(320, 180).to_rect()));
    world.run_for(50 * MS);
    let end = world.add_viewer(Profile::lan());
    world.run_for(200 * MS);
    let stats = world.host.link_stats(world.now, world.ends[end].id.expect("joined")).expect("there");
    assert!(stats.bitrate >= 100_000_000, "{stats:?}");
}

#[test]
fn lost_feedback_stops_nothing() {
    let mut world = World::new();
    let video = world.open(moving_app(1));
    let end = world.add_viewer(Profile::steady(10_000_000, 30 * MS));
    world.run_for(2000 * MS);
    world.ends[end].feedback_loss = 0.3;
    let start = world.now;
    world.run_for(5000 * MS);
    let age = world.stalest(end, video, start, world.now);
    assert!(age <= 250 * MS, "{age:?}");
    world.ends[end].feedback_loss = 1.0;
    world.run_for(5000 * MS);
    world.ends[end].feedback_loss = 0.0;
    world.run_for(3000 * MS);
    let start = world.now;
    world.run_for(2000 * MS);
    let age = world.stalest(end, video, start, world.now);
    assert!(age <= 200 * MS, "{age:?}");
}

#[test]
fn a_lossy_link_stays_live() {
    let mut world = World::new();
    let text = world.open(typing_app(1));
    let video = world.open(moving_app(2));
    let end = world.add_viewer(Profile::steady(4_000_000, 60 * MS).with_loss(0.02));
    world.ends[end].feedback_loss = 0.02;
    world.run_for(4000 * MS);
    let start = world.now;
    world.type_keys(end, text, 8, start + 10_000 * MS);
    world.run_for(10_000 * MS);
    let (typed, moved) =
        (world.stalest(end, text, start, world.now), world.stalest(end, video, start, world.now));
    assert!(typed <= 400 * MS && moved <= 500 * MS, "{typed:?} {moved:?}");
    let fps = world.updates_between(end, video, start, world.now) / 10;
    assert!(fps >= 20, "{fps}");
}

#[test]
fn a_hundred_reconnects_leave_nothing_behind() {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    world.open(moving_app(2));
    let end = world.add_viewer(Profile::steady(50_000_000, 5 * MS));
    for round in 0..100 {
        world.type_keys(end, track, 20, world.now + 200 * MS);
        world.run_for(200 * MS);
        world.cut(end);
        assert_eq!(world.encoder.kept(), 0, "the encoder keeps nothing of it");
        assert_eq!(world.host.viewers().count(), 0);
        assert_eq!(world.ends[end].core.windows().count(), 2, "the windows stay");
        world.connect(end);
        let back = world.run_while(300 * MS, |world| {
            !world.ends[end].core.windows().all(|window| window.size.is_some() && window.captured.is_some())
        });
        assert!(back < 300 * MS, "round {round}: {back:?}");
    }
    world.apps[1].period = None;
    world.run_for(1000 * MS);
    assert!(world.is_exact(end));
}

#[test]
fn windows_that_closed_while_the_link_was_down_are_gone_after_it() {
    let mut world = World::new();
    let (stays, goes) = (world.open(typing_app(1)), world.open(typing_app(2)));
    let end = world.add_viewer(Profile::lan());
    world.run_for(500 * MS);
    world.cut(end);
    world.close(goes);
    let opened = world.open(typing_app(3));
    world.connect(end);
    world.run_for(500 * MS);
    let tracks: Vec<TrackId> = world.ends[end].core.windows().map(|shown| shown.window.track).collect();
    assert_eq!(tracks, [stays, opened]);
    assert!(world.is_exact(end));
}

#[test]
fn a_picture_that_overtakes_the_welcome_is_not_lost() {
    let mut world = World::new();
    let track = world.open(typing_app(1));
    for _ in 0..20 {
        let end = world.add_viewer(Profile::steady(20_000_000, 30 * MS).with_loss(0.3));
        let took =
            world.run_while(2000 * MS, |world| world.ends[end].core.window(track).is_none_or(|w| !w.exact));
        assert!(took < 1500 * MS, "{took:?}");
        world.cut(end);
    }
}
