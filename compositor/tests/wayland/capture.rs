//! Exactly what changed is copied, cropped to the window, and buffers come back at once.

use media::{Pixels, Point, Rect, Region, Size};
use wayland_client::{Proxy, protocol::wl_shm::Format};

use crate::{
    app::{App, Seen},
    host::Host,
};

const RED: [u8; 4] = [0, 0, 255, 255];
const BLUE: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];

fn at(x: i32, y: i32) -> Point<Pixels> {
    Point::new(x, y)
}

#[test]
fn a_window_is_reported_with_its_first_picture_and_all_of_it_is_damage() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    window.toplevel.set_title("A\u{7} title".into());
    window.toplevel.set_app_id("org.example.App".into());
    app.sync();
    assert!(
        !host.drain().iter().any(|event| matches!(event, media::Event::Window(_))),
        "no picture, no window"
    );
    app.picture(40, 30, RED).show(&window.surface);
    let seen = host.window("window", |_| true);
    assert_eq!((seen.title.as_str(), seen.app_id.as_str()), ("A title", "org.example.App"));
    assert_eq!(seen.size, Size::new(40, 30));
    let (size, region, cause) = host.damage(seen.track);
    assert_eq!((size, region.bounds(), cause), (Size::new(40, 30), Rect::new(0, 0, 40, 30), None));
    assert_eq!(host.pixel(seen.track, at(39, 29)), RED);
}

#[test]
fn only_the_damaged_rectangle_is_copied_whatever_else_changed() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    let picture = app.picture(100, 100, RED);
    picture.show(&window.surface);
    let track = host.window("window", |_| true).track;
    host.damage(track);

    picture.paint((10, 10, 20, 20), BLUE);
    picture.paint((60, 60, 10, 10), GREEN);
    window.surface.attach(Some(&picture.buffer), 0, 0);
    window.surface.damage_buffer(10, 10, 20, 20);
    window.surface.commit();
    app.sync();
    let (_, region, _) = host.damage(track);
    assert_eq!(region, Region::from(Rect::new(10, 10, 20, 20)));
    assert_eq!(host.pixel(track, at(29, 29)), BLUE);
    assert_eq!(host.pixel(track, at(65, 65)), RED, "a change that was not said is not sent");
}

#[test]
fn damage_that_lies_about_its_size_is_clipped() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(64, 48, RED);
    let track = host.window("window", |_| true).track;
    host.damage(track);
    let picture = app.picture(64, 48, BLUE);
    window.surface.attach(Some(&picture.buffer), 0, 0);
    window.surface.damage_buffer(-5, -7, i32::MAX, i32::MAX);
    window.surface.damage(i32::MIN, i32::MIN, i32::MAX, i32::MAX);
    window.surface.damage(3, 3, -1, -1);
    window.surface.commit();
    app.sync();
    let (_, region, _) = host.damage(track);
    assert_eq!(region, Region::from(Rect::new(0, 0, 64, 48)));
    assert_eq!(host.pixel(track, at(63, 47)), BLUE);
}

#[test]
fn shadows_outside_of_the_window_geometry_are_never_sent() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    let picture = app.picture(60, 60, [0, 0, 0, 80]);
    picture.paint((10, 12, 40, 30), GREEN);
    window.shell.set_window_geometry(10, 12, 40, 30);
    picture.show(&window.surface);
    let seen = host.window("window", |_| true);
    assert_eq!(seen.size, Size::new(40, 30));
    assert_eq!(host.canvas_size(seen.track), Size::new(40, 30));
    assert_eq!(host.pixel(seen.track, at(0, 0)), GREEN);
    assert_eq!(host.pixel(seen.track, at(39, 29)), GREEN);
    host.damage(seen.track);

    // Damage in the shadow is nobody's business; damage across the edge is cut.
    picture.paint((0, 0, 12, 14), RED);
    window.surface.attach(Some(&picture.buffer), 0, 0);
    window.surface.damage_buffer(0, 0, 12, 14);
    window.surface.commit();
    app.sync();
    let (_, region, _) = host.damage(seen.track);
    assert_eq!(region, Region::from(Rect::new(0, 0, 2, 2)));

    // The geometry changes: all of the picture does.
    window.shell.set_window_geometry(10, 12, 30, 30);
    window.surface.attach(Some(&picture.buffer), 0, 0);
    window.surface.commit();
    app.sync();
    let (size, region, _) = host.damage(seen.track);
    assert_eq!((size, region), (Size::new(30, 30), Region::from(Rect::new(0, 0, 30, 30))));
}

#[test]
fn padding_of_opaque_formats_becomes_alpha_255() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    app.picture_of(8, 8, Format::Xrgb8888, [1, 2, 3, 0]).show(&window.surface);
    let track = host.window("window", |_| true).track;
    assert_eq!(host.pixel(track, at(7, 7)), [1, 2, 3, 255]);
}

#[test]
fn buffers_are_released_at_commit_before_the_frame_callback() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(16, 16, RED);
    let track = host.window("window", |_| true).track;
    app.told();
    let picture = app.picture(16, 16, BLUE);
    window.surface.frame(&app.qh(), ());
    picture.show(&window.surface);
    let buffer = picture.buffer.id();
    app.wait("release", |seen| match seen {
        Seen::Released(id) if *id == buffer => Some(()),
        Seen::Frame => panic!("the frame callback came before the release"),
        _ => None,
    });
    assert!(!app.told().iter().any(|seen| matches!(seen, Seen::Frame)), "callbacks wait for FrameDone");
    host.frame_done(track);
    app.wait("frame callback", |seen| matches!(seen, Seen::Frame).then_some(()));
}

#[test]
fn surfaces_that_nobody_shows_do_not_wait_for_frame_callbacks() {
    let host = Host::start();
    let mut app = App::connect(&host);
    let surface = app.compositor.create_surface(&app.qh(), ());
    for _ in 0..3 {
        surface.frame(&app.qh(), ());
        surface.commit();
        app.wait("frame callback", |seen| matches!(seen, Seen::Frame).then_some(()));
    }
}
