//! Apps that say more than anybody wants to hear: viewers are told the newest, and not too often.

use std::{io::Write, net::Shutdown, os::unix::net::UnixStream, time::Instant};

use media::{Command, CursorImage, CursorShape, Event, Position};
use wayland_client::Proxy;
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

/// An app that makes one request over and over without a pause, until it is dropped. None is answered.
struct Flood(UnixStream);

impl Flood {
    fn start(host: &Host) -> Self {
        let app = App::connect(host);
        let bell: XdgSystemBellV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_system_bell_v1");
        app.connection.flush().expect("a living connection");
        // Faster than the client library: `ring` is request 1, with one argument that may be null.
        let ring = [bell.id().protocol_id(), 12 << 16 | 1, 0].map(u32::to_ne_bytes).concat();
        let fd = app.connection.backend().poll_fd().try_clone_to_owned().expect("a socket");
        let socket = UnixStream::from(fd);
        socket.set_nonblocking(false).expect("a socket");
        let mut flooded = socket.try_clone().expect("a socket");
        std::thread::spawn(move || while flooded.write_all(&ring.repeat(2048)).is_ok() {});
        Self(socket)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

#[test]
fn an_app_that_never_stops_talking_keeps_nobody_else_waiting() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    let _floods: Vec<_> = (0..8).map(|_| Flood::start(&host)).collect();
    for n in 1..=20 {
        host.send(Command::Motion { cause: cause(n), track, position: Position::new(1.0, n as f64 / 4.0) });
        app.wait("motion", |seen| match seen {
            Seen::Motion { .. } | Seen::PointerEnter { .. } => Some(()),
            _ => None,
        });
        window.toplevel.set_title(n.to_string());
        app.sync();
        host.window("title", |window| window.title == n.to_string());
    }
}
