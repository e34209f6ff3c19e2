//! Trees of surfaces, viewports and scales.

use media::{Command, Configure, Point, Rect, Region, Scale, Size};
use wayland_client::{
    Proxy,
    protocol::{wl_subcompositor::WlSubcompositor, wl_subsurface::WlSubsurface, wl_surface::WlSurface},
};
use wayland_protocols::wp::{
    fractional_scale::v1::client::wp_fractional_scale_manager_v1::WpFractionalScaleManagerV1,
    viewporter::client::wp_viewporter::WpViewporter,
};

use crate::{
    app::{App, Seen},
    host::Host,
};

const RED: [u8; 4] = [0, 0, 255, 255];
const BLUE: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];

fn subsurface(app: &App, parent: &WlSurface, (x, y): (i32, i32)) -> (WlSurface, WlSubsurface) {
    let subcompositor: WlSubcompositor = app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
    let child = app.compositor.create_surface(&app.qh(), ());
    let role = subcompositor.get_subsurface(&child, parent, &app.qh(), ());
    role.set_position(x, y);
    (child, role)
}

#[test]
fn subsurfaces_are_composed_and_their_damage_alone_is_sent() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(60, 60, RED);
    let track = host.window("window", |_| true).track;
    host.damage(track);

    // The window was read straight so far; from now on it is composed.
    let (child, role) = subsurface(&app, &window.surface, (20, 30));
    role.set_desync();
    app.picture(10, 10, BLUE).show(&child);
    window.surface.commit();
    app.sync();
    assert_eq!(host.damage(track).1, Region::from(Rect::new(20, 30, 10, 10)));
    assert_eq!(host.pixel(track, Point::new(29, 39)), BLUE);
    assert_eq!(host.pixel(track, Point::new(30, 39)), RED, "the rest stays");

    let picture = app.picture(10, 10, GREEN);
    child.attach(Some(&picture.buffer), 0, 0);
    child.damage_buffer(0, 0, 3, 2);
    child.commit();
    app.sync();
    assert_eq!(host.damage(track).1, Region::from(Rect::new(20, 30, 3, 2)));
    assert_eq!(host.pixel(track, Point::new(22, 31)), GREEN);
    assert_eq!(host.pixel(track, Point::new(23, 31)), BLUE);

    // It goes: what lay below is seen again.
    role.destroy();
    child.destroy();
    app.sync();
    assert_eq!(host.damage(track).1, Region::from(Rect::new(20, 30, 10, 10)));
    assert_eq!(host.pixel(track, Point::new(22, 31)), RED);
}

#[test]
fn a_synchronised_subsurface_waits_for_its_parent() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(60, 60, RED);
    let track = host.window("window", |_| true).track;
    host.damage(track);
    let (child, _role) = subsurface(&app, &window.surface, (0, 0));
    app.picture(10, 10, BLUE).show(&child);
    app.sync();
    assert!(host.drain().is_empty(), "nothing before the parent commits");
    window.surface.commit();
    app.sync();
    assert_eq!(host.damage(track).1, Region::from(Rect::new(0, 0, 10, 10)));
    assert_eq!(host.pixel(track, Point::new(9, 9)), BLUE);
}

#[test]
fn a_fractional_scale_is_announced_and_its_pixels_are_the_apps_own() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 60, RED);
    let track = host.window("window", |_| true).track;
    let scales: WpFractionalScaleManagerV1 =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("fractional scale");
    let viewporter: WpViewporter = app.globals.bind(&app.qh(), 1..=1, ()).expect("viewporter");
    scales.get_fractional_scale(&window.surface, &app.qh(), ());
    app.told();
    let configure = Configure {
        serial: 1,
        size: None,
        scale: Scale::from_120ths(180),
        maximized: false,
        fullscreen: false,
        resizing: false,
    };
    host.send(Command::Configure { track, configure });
    app.wait("scale", |seen| matches!(seen, Seen::Scale(180)).then_some(()));
    let viewport = viewporter.get_viewport(&window.surface, &app.qh(), ());
    viewport.set_destination(100, 60);
    let picture = app.picture(150, 90, BLUE);
    picture.paint((149, 89, 1, 1), GREEN);
    picture.show(&window.surface);
    let seen = host.window("scaled window", |seen| seen.scale == Scale::from_120ths(180));
    assert_eq!(seen.size, Size::new(100, 60));
    assert_eq!(host.canvas_size(track), Size::new(150, 90));
    assert_eq!(host.pixel(track, Point::new(149, 89)), GREEN, "no pixel is resampled");
}

#[test]
fn a_buffer_scale_becomes_the_tracks_scale() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    window.surface.set_buffer_scale(2);
    let picture = app.picture(40, 20, RED);
    picture.paint((39, 19, 1, 1), GREEN);
    picture.show(&window.surface);
    let seen = host.window("window", |_| true);
    assert_eq!((seen.size, seen.scale), (Size::new(20, 10), Scale::from_120ths(240)));
    assert_eq!(host.pixel(seen.track, Point::new(39, 19)), GREEN);
    host.damage(seen.track);
    window.surface.attach(Some(&picture.buffer), 0, 0);
    window.surface.damage(5, 5, 2, 2);
    window.surface.commit();
    app.sync();
    assert_eq!(host.damage(seen.track).1, Region::from(Rect::new(10, 10, 4, 4)));
}

#[test]
fn a_viewport_shows_a_part_of_a_buffer_in_another_size() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    let viewporter: WpViewporter = app.globals.bind(&app.qh(), 1..=1, ()).expect("viewporter");
    let viewport = viewporter.get_viewport(&window.surface, &app.qh(), ());
    viewport.set_source(10.0, 0.0, 10.0, 10.0);
    viewport.set_destination(40, 40);
    let picture = app.picture(20, 10, RED);
    picture.paint((10, 0, 10, 10), BLUE);
    picture.show(&window.surface);
    let seen = host.window("window", |_| true);
    assert_eq!(seen.size, Size::new(40, 40));
    assert_eq!(host.pixel(seen.track, Point::new(20, 20)), BLUE);
    let _ = window.surface.id();
}
