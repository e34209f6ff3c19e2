//! Apps that say more than anybody wants to hear: viewers are told the newest, and not too often.

use std::time::Instant;

use media::{Command, CursorImage, CursorShape, Event, Position};
use wayland_protocols::{
    wp::cursor_shape::v1::client::{
        wp_cursor_shape_device_v1::Shape, wp_cursor_shape_manager_v1::WpCursorShapeManagerV1,
    },
    xdg::system_bell::v1::client::xdg_system_bell_v1::XdgSystemBellV1,
};

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// As many of one kind of report as viewers get in the time since `began`, with room for the first few.
fn reports_since(began: Instant) -> u128 {
    20 + began.elapsed().as_millis() * 60 / 1000
}

#[test]
fn a_bell_rings_a_few_times_a_second() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    host.window("window", |_| true);
    let bell: XdgSystemBellV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_system_bell_v1");
    let began = Instant::now();
    for _ in 0..500 {
        bell.ring(Some(&window.surface));
        app.sync();
    }
    let rung = host.drain().iter().filter(|event| matches!(event, Event::Bell(_))).count();
    assert!(rung >= 1, "it rang");
    assert!((rung as u128) <= 4 + began.elapsed().as_millis() * 4 / 1000, "it rang {rung} times");
}

#[test]
fn a_cursor_that_flickers_is_reported_now_and_then_and_its_last_shape_always() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(50, 50, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(5.0, 5.0) });
    let serial = app.wait("pointer", |seen| match seen {
        Seen::PointerEnter { serial, .. } => Some(*serial),
        _ => None,
    });
    let shapes: WpCursorShapeManagerV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("cursor shapes");
    let device = shapes.get_pointer(&app.pointer, &app.qh(), ());
    let began = Instant::now();
    for n in 0..1000 {
        device.set_shape(serial, if n % 2 == 0 { Shape::Text } else { Shape::Wait });
        app.sync();
    }
    device.set_shape(serial, Shape::Help);
    app.sync();
    let mut reported = 0;
    host.wait("the last shape", |event| match event {
        Event::Cursor(image) => {
            reported += 1;
            (*image == CursorImage::Named(CursorShape::Help)).then_some(())
        }
        _ => None,
    });
    assert!(reported <= reports_since(began), "{reported} cursors");
}

#[test]
fn a_title_that_runs_is_reported_now_and_then_and_its_last_words_always() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    host.window("window", |_| true);
    let began = Instant::now();
    for n in 0..1000 {
        window.toplevel.set_title(n.to_string());
        app.sync();
    }
    let mut reported = 0;
    host.wait("the last title", |event| match event {
        Event::Window(window) => {
            reported += 1;
            (window.title == "999").then_some(())
        }
        _ => None,
    });
    assert!(reported <= reports_since(began), "{reported} titles");
}

#[test]
fn a_window_that_comes_and_goes_is_reported_now_and_then() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let began = Instant::now();
    let window = app.mapped(10, 10, RED);
    let picture = app.picture(10, 10, RED);
    for _ in 0..1000 {
        window.surface.attach(None, 0, 0);
        window.surface.commit();
        // Mapping anew begins with a configure.
        window.surface.commit();
        let serial = app.configured(&window.surface);
        window.shell.ack_configure(serial);
        picture.show(&window.surface);
    }
    window.toplevel.set_title("the end".into());
    app.sync();
    let mut reported = 0;
    host.wait("the last window", |event| match event {
        Event::Window(window) => {
            reported += 1;
            (window.title == "the end").then_some(())
        }
        _ => None,
    });
    assert!(reported <= 300 + began.elapsed().as_millis() / 2, "{reported} windows");
}
