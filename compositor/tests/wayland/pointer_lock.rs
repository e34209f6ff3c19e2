//! pointer-constraints and relative-pointer: an app has all of the pointer's motion, while it has the user's
//! attention.

use media::{Button, Command, Event, Position, TrackId};
use wayland_client::Proxy;
use wayland_protocols::wp::{
    pointer_constraints::zv1::client::{
        zwp_locked_pointer_v1::ZwpLockedPointerV1,
        zwp_pointer_constraints_v1::{Lifetime, ZwpPointerConstraintsV1},
    },
    relative_pointer::zv1::client::zwp_relative_pointer_manager_v1::ZwpRelativePointerManagerV1,
};

use crate::{
    app::{App, AppWindow, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

struct Game {
    app: App,
    constraints: ZwpPointerConstraintsV1,
    window: AppWindow,
    track: TrackId,
}

/// An app that hears relative motion, with the keyboard.
fn game(host: &mut Host) -> Game {
    let mut app = App::connect(host);
    let constraints = app.globals.bind(&app.qh(), 1..=1, ()).expect("zwp_pointer_constraints_v1");
    let manager: ZwpRelativePointerManagerV1 =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("zwp_relative_pointer_manager_v1");
    manager.get_relative_pointer(&app.pointer, &app.qh(), ());
    let window = app.mapped(60, 60, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    Game { app, constraints, window, track }
}

fn lock(game: &Game, lifetime: Lifetime) -> ZwpLockedPointerV1 {
    let (surface, app) = (&game.window.surface, &game.app);
    game.constraints.lock_pointer(surface, &app.pointer, None, lifetime, &app.qh(), ())
}

fn point(host: &Host, track: TrackId, x: f64, y: f64) {
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(x, y) });
}

fn push(host: &Host, track: TrackId, dx: f64, dy: f64) {
    host.send(Command::RelativeMotion { cause: cause(2), track, dx, dy });
}

fn reported(host: &mut Host) -> Option<TrackId> {
    host.wait("pointer lock", |event| match event {
        Event::PointerLock(track) => Some(*track),
        _ => None,
    })
}

fn pushed(app: &mut App) -> (f64, f64) {
    app.wait("relative motion", |seen| match seen {
        Seen::Relative { dx, dy } => Some((*dx, *dy)),
        Seen::Motion { .. } | Seen::PointerLeave => panic!("the pointer stays where it is"),
        _ => None,
    })
}

fn seen(app: &mut App, what: &str, wanted: impl Fn(&Seen) -> bool) {
    app.wait(what, |seen| wanted(seen).then_some(()));
}

#[test]
fn a_locked_pointer_stays_and_all_its_motion_arrives() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    let track = game.track;
    push(&host, track, 9.0, 9.0);
    lock(&game, Lifetime::Persistent);
    game.app.sync();
    point(&host, track, 10.0, 10.0);
    seen(&mut game.app, "lock", |seen| matches!(seen, Seen::Locked));
    assert_eq!(reported(&mut host), Some(track));
    for n in [1.0, 2.0, 3.0] {
        push(&host, track, n, -0.5);
        assert_eq!(pushed(&mut game.app), (n, -0.5));
    }
    host.wait("dispatch", |event| {
        matches!(event, Event::Dispatched { cause: c, .. } if *c == cause(2)).then_some(())
    });
    push(&host, TrackId(track.0 + 1), 7.0, 7.0);
    push(&host, track, f64::NAN, 7.0);
    push(&host, track, 4.0, 4.0);
    assert_eq!(pushed(&mut game.app), (4.0, 4.0), "what is for another window, or no number, is dropped");
}

#[test]
fn a_viewer_that_cannot_lock_its_pointer_moves_a_locked_one_by_the_way_between_places() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    let track = game.track;
    point(&host, track, 10.0, 10.0);
    seen(&mut game.app, "pointer", |seen| matches!(seen, Seen::PointerEnter { .. }));
    lock(&game, Lifetime::Persistent);
    assert_eq!(
        {
            game.app.sync();
            reported(&mut host)
        },
        Some(track)
    );
    point(&host, track, 13.0, 9.0);
    assert_eq!(pushed(&mut game.app), (3.0, -1.0));
    point(&host, track, 13.0, 9.0);
    host.settle();
    point(&host, track, 14.0, 9.5);
    assert_eq!(pushed(&mut game.app), (1.0, 0.5));
    host.send(Command::PointerLeft);
    seen(&mut game.app, "end of the lock", |seen| matches!(seen, Seen::Unlocked));
    assert_eq!(reported(&mut host), None);
    point(&host, track, 20.0, 20.0);
    seen(&mut game.app, "lock", |seen| matches!(seen, Seen::Locked));
    assert_eq!(reported(&mut host), Some(track), "a lasting lock holds again when the pointer is back");
}

#[test]
fn a_lock_holds_only_in_the_window_with_the_keyboard() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    let track = game.track;
    host.send(Command::Focus(None));
    point(&host, track, 10.0, 10.0);
    seen(&mut game.app, "pointer", |seen| matches!(seen, Seen::PointerEnter { .. }));
    lock(&game, Lifetime::Persistent);
    assert!(!game.app.told().iter().any(|seen| matches!(seen, Seen::Locked)));
    host.send(Command::Focus(Some(track)));
    seen(&mut game.app, "lock", |seen| matches!(seen, Seen::Locked));
    assert_eq!(reported(&mut host), Some(track));
    host.send(Command::Focus(None));
    seen(&mut game.app, "end of the lock", |seen| matches!(seen, Seen::Unlocked));
    assert_eq!(reported(&mut host), None);
    point(&host, track, 20.0, 20.0);
    seen(&mut game.app, "motion", |seen| matches!(seen, Seen::Motion { x: 20.0, y: 20.0 }));
}

#[test]
fn a_lock_ends_with_its_object_and_with_its_window() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    let track = game.track;
    point(&host, track, 10.0, 10.0);
    seen(&mut game.app, "pointer", |seen| matches!(seen, Seen::PointerEnter { .. }));
    let first = lock(&game, Lifetime::Oneshot);
    game.app.sync();
    assert_eq!(reported(&mut host), Some(track));
    first.set_cursor_position_hint(1.0, 1.0);
    first.destroy();
    game.app.sync();
    assert_eq!(reported(&mut host), None);
    point(&host, track, 12.0, 12.0);
    seen(&mut game.app, "motion", |seen| matches!(seen, Seen::Motion { x: 12.0, y: 12.0 }));
    lock(&game, Lifetime::Persistent);
    game.app.sync();
    assert_eq!(reported(&mut host), Some(track));
    game.window.toplevel.destroy();
    game.window.shell.destroy();
    game.window.surface.destroy();
    game.app.sync();
    assert_eq!(reported(&mut host), None);
}

#[test]
fn a_confined_pointer_stops_at_the_edge_of_its_region() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    let (track, app) = (game.track, &game.app);
    point(&host, track, 10.0, 10.0);
    let region = app.compositor.create_region(&app.qh(), ());
    region.add(0, 0, 30, 30);
    let (surface, lifetime) = (&game.window.surface, Lifetime::Persistent);
    game.constraints.confine_pointer(surface, &app.pointer, Some(&region), lifetime, &app.qh(), ());
    seen(&mut game.app, "confinement", |seen| matches!(seen, Seen::Confined));
    point(&host, track, 40.0, 10.0);
    point(&host, track, 29.0, 10.0);
    game.app.wait("motion", |seen| match seen {
        Seen::Motion { x, .. } => {
            assert_eq!(*x, 29.0);
            Some(())
        }
        _ => None,
    });
    assert!(!host.drain().iter().any(|event| matches!(event, Event::PointerLock(_))), "viewers keep theirs");
}

#[test]
fn a_second_constraint_on_a_surface_is_an_error_of_its_app_alone() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    point(&host, game.track, 10.0, 10.0);
    lock(&game, Lifetime::Persistent);
    lock(&game, Lifetime::Persistent);
    game.app.try_sync().expect_err("already constrained");
    App::connect(&host).sync();
}

#[test]
fn a_press_in_a_locked_window_does_not_move_the_pointer() {
    let mut host = Host::start();
    let mut game = game(&mut host);
    let track = game.track;
    point(&host, track, 10.0, 10.0);
    seen(&mut game.app, "pointer", |seen| matches!(seen, Seen::PointerEnter { .. }));
    lock(&game, Lifetime::Persistent);
    game.app.sync();
    assert_eq!(reported(&mut host), Some(track));
    // A press says where the viewer's pointer is: where it was locked.
    point(&host, track, 10.0, 10.0);
    for pressed in [true, false] {
        host.send(Command::Button { cause: cause(3), button: Button::LEFT, pressed });
        push(&host, track, 2.0, 0.0);
    }
    let mut told = Vec::new();
    game.app.wait("motion after the release", |seen| {
        match seen {
            Seen::Button { .. } => told.push("button"),
            Seen::Relative { dx, .. } => {
                assert_eq!(*dx, 2.0);
                told.push("motion");
            }
            Seen::Motion { .. } => panic!("the pointer stays"),
            _ => {}
        }
        (told.len() == 4).then_some(())
    });
    assert_eq!(told, ["button", "motion", "button", "motion"]);
    assert!(game.window.surface.is_alive());
}
