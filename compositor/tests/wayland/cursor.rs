//! How the pointer looks, as the app under it says.

use media::{Command, CursorImage, CursorShape, Event, Point, Position, Scale, Size};
use wayland_client::protocol::wl_pointer::WlPointer;
use wayland_protocols::wp::cursor_shape::v1::client::{
    wp_cursor_shape_device_v1::Shape, wp_cursor_shape_manager_v1::WpCursorShapeManagerV1,
};

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// An app with the pointer in its window, and the serial with which it came.
fn pointed_at(host: &mut Host) -> (App, WlPointer, u32) {
    let mut app = App::connect(host);
    app.mapped(50, 50, RED);
    let track = host.window("window", |_| true).track;
    let pointer = app.seat.get_pointer(&app.qh(), ());
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(5.0, 5.0) });
    let serial = app.wait("pointer", |seen| match seen {
        Seen::PointerEnter { serial, .. } => Some(*serial),
        _ => None,
    });
    (app, pointer, serial)
}

fn cursor(host: &mut Host) -> CursorImage {
    host.wait("cursor", |event| match event {
        Event::Cursor(image) => Some(image.clone()),
        _ => None,
    })
}

#[test]
fn a_shape_is_named() {
    let mut host = Host::start();
    let (mut app, pointer, serial) = pointed_at(&mut host);
    let shapes: WpCursorShapeManagerV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("cursor shapes");
    let device = shapes.get_pointer(&pointer, &app.qh(), ());
    device.set_shape(serial, Shape::Text);
    app.sync();
    assert_eq!(cursor(&mut host), CursorImage::Named(CursorShape::Text));
    pointer.set_cursor(serial, None, 0, 0);
    app.sync();
    assert_eq!(cursor(&mut host), CursorImage::Hidden);
}

#[test]
fn a_picture_comes_with_straight_alpha_and_its_hotspot() {
    let mut host = Host::start();
    let (mut app, pointer, serial) = pointed_at(&mut host);
    let surface = app.compositor.create_surface(&app.qh(), ());
    app.picture(4, 3, [0, 0, 64, 128]).show(&surface);
    pointer.set_cursor(serial, Some(&surface), 2, 1);
    app.picture(4, 3, [0, 0, 64, 128]).show(&surface);
    app.sync();
    let picture = host.wait("picture", |event| match event {
        Event::Cursor(image @ CursorImage::Picture { .. }) => Some(image.clone()),
        _ => None,
    });
    let CursorImage::Picture { size, hotspot, scale, rgba } = picture else { unreachable!() };
    assert_eq!((size, hotspot, scale), (Size::new(4, 3), Point::new(2, 1), Scale::ONE));
    assert_eq!(&rgba[..4], [127, 0, 0, 128]);

    // The app ends: its cursor does not stay.
    drop((pointer, surface, app));
    assert_eq!(cursor(&mut host), CursorImage::Named(CursorShape::Default));
}

/// Viewers' cursors have an end: larger ones are shown smaller, whole, and pointing at the same place.
#[test]
fn a_large_cursor_is_made_smaller_and_never_cut() {
    let mut host = Host::start();
    let (mut app, pointer, serial) = pointed_at(&mut host);
    for (width, height, hotspot) in
        [(256, 256, 255), (257, 100, 200), (300, 300, 299), (512, 64, 400), (900, 700, 650)]
    {
        let surface = app.compositor.create_surface(&app.qh(), ());
        // Red, with a blue right half.
        let picture = app.picture(width, height, RED);
        picture.paint((width / 2, 0, width - width / 2, height), [255, 0, 0, 255]);
        pointer.set_cursor(serial, Some(&surface), hotspot, height / 2);
        picture.show(&surface);
        app.sync();
        let (size, at, scale, rgba) = host.wait("picture", |event| match event {
            Event::Cursor(CursorImage::Picture { size, hotspot, scale, rgba }) => {
                Some((*size, *hotspot, *scale, rgba.clone()))
            }
            _ => None,
        });
        assert!(size.w <= CursorImage::MAX_SIDE && size.h <= CursorImage::MAX_SIDE, "{size:?}");
        let shrunk = f64::from(size.w) / f64::from(width);
        assert!((f64::from(size.h) / f64::from(height) - shrunk).abs() < 0.02, "{width}x{height}: {size:?}");
        assert!((f64::from(at.x) - f64::from(hotspot) * shrunk).abs() <= 1.0, "{width}x{height}: {at:?}");
        assert!((scale.factor() - shrunk.max(0.5)).abs() < 0.02, "{width}x{height}: {scale:?}");
        let pixel = |x: u32| &rgba[(size.h / 2 * size.w + x) as usize * 4..][..4];
        assert_eq!(pixel(1), [255, 0, 0, 255]);
        assert_eq!(pixel(size.w - 2), [0, 0, 255, 255], "the right end is there");
        pointer.set_cursor(serial, None, 0, 0);
        app.sync();
        assert_eq!(cursor(&mut host), CursorImage::Hidden);
    }
}
