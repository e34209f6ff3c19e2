//! Content dragged from window to window, and what viewers are told of that.

use std::os::fd::AsFd;

use media::{Button, Command, CursorImage, Drag, Event, KeyCode, Point, Position, Size, TrackId};
use rustix::pipe::pipe;
use wayland_client::protocol::{
    wl_data_device::WlDataDevice,
    wl_data_device_manager::{DndAction, WlDataDeviceManager},
    wl_data_source::WlDataSource,
};

use crate::{
    app::{App, Seen, read_all, write_all},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];
pub(crate) const URIS: &str = "text/uri-list";

/// An app with a window and a data device.
pub(crate) struct Dragger {
    pub(crate) app: App,
    manager: WlDataDeviceManager,
    device: WlDataDevice,
    surface: wayland_client::protocol::wl_surface::WlSurface,
    pub(crate) track: TrackId,
}

pub(crate) fn dragger(host: &mut Host) -> Dragger {
    let mut app = App::connect(host);
    let manager: WlDataDeviceManager =
        app.globals.bind(&app.qh(), 3..=3, ()).expect("wl_data_device_manager");
    let device = manager.get_data_device(&app.seat, &app.qh(), ());
    host.drain();
    let surface = app.mapped(100, 100, RED).surface;
    let track = host.window("window", |_| true).track;
    Dragger { app, manager, device, surface, track }
}

pub(crate) fn motion(host: &Host, input: u64, track: TrackId, x: f64) {
    host.send(Command::Motion { cause: cause(input), track, position: Position::new(x, 20.0) });
}

pub(crate) fn button(host: &Host, input: u64, pressed: bool) {
    host.send(Command::Button { cause: cause(input), button: Button::LEFT, pressed });
}

pub(crate) fn told(host: &mut Host) -> Option<Drag> {
    host.wait("a drag", |event| match event {
        Event::Drag(drag) => Some(drag.clone()),
        _ => None,
    })
}

pub(crate) fn said(app: &mut App, words: &str) {
    app.wait(words, |seen| matches!(seen, Seen::Said(said) if said == words).then_some(()));
}

/// Begins to drag files from a window, with a picture whose middle is at the pointer.
pub(crate) fn begin(host: &mut Host, from: &mut Dragger) -> WlDataSource {
    motion(host, 1, from.track, 10.0);
    button(host, 2, true);
    let serial = from.app.wait("a button", |seen| match seen {
        Seen::Button { serial, .. } => Some(*serial),
        _ => None,
    });
    let qh = from.app.qh();
    let source = from.manager.create_data_source(&qh, ());
    source.offer(URIS.into());
    source.set_actions(DndAction::Copy | DndAction::Move);
    let icon = from.app.compositor.create_surface(&qh, ());
    from.device.start_drag(Some(&source), &from.surface, Some(&icon), serial);
    let picture = from.app.picture(8, 6, RED);
    icon.attach(Some(&picture.buffer), 0, 0);
    icon.offset(-4, -3);
    icon.commit();
    from.app.sync();
    let picture = loop {
        if let Some(picture) = told(host).expect("it began").picture {
            break picture;
        }
    };
    let CursorImage::Picture { size, hotspot, .. } = picture else { panic!("{picture:?}") };
    assert_eq!((size, hotspot), (Size::new(8, 6), Point::new(4, 3)));
    source
}

#[test]
fn content_goes_from_window_to_window() {
    let mut host = Host::start();
    let (mut from, mut to) = (dragger(&mut host), dragger(&mut host));
    let _source = begin(&mut host, &mut from);
    motion(&host, 3, to.track, 30.0);
    let (serial, offer) = to.app.wait("the drag enters", |seen| match seen {
        Seen::DragEnter { serial, offer: Some(offer), x: 30.0, y: 20.0 } => Some((*serial, offer.clone())),
        _ => None,
    });
    offer.accept(serial, Some(URIS.into()));
    offer.set_actions(DndAction::Copy | DndAction::Move, DndAction::Move);
    to.app.sync();
    button(&host, 4, false);
    said(&mut to.app, "dropped");
    let (ours, theirs) = pipe().expect("a pipe");
    offer.receive(URIS.into(), theirs.as_fd());
    drop(theirs);
    to.app.sync();
    let fd = from.app.wait("send", |seen| match seen {
        Seen::Send { fd, .. } => Some(fd.try_clone().expect("a descriptor")),
        _ => None,
    });
    write_all(fd, b"file:///tmp/a\r\n");
    assert_eq!(read_all(ours), b"file:///tmp/a\r\n");
    offer.finish();
    to.app.sync();
    said(&mut from.app, "finished");
    assert_eq!(told(&mut host), None, "it is over");
}

#[test]
fn esc_ends_a_drag_and_no_app_hears_of_the_key() {
    let mut host = Host::start();
    let (mut from, mut to) = (dragger(&mut host), dragger(&mut host));
    host.send(Command::Focus(Some(from.track)));
    from.app.wait("the keyboard", |seen| matches!(seen, Seen::KeyboardEnter(_)).then_some(()));
    let _source = begin(&mut host, &mut from);
    motion(&host, 3, to.track, 30.0);
    to.app.wait("the drag enters", |seen| matches!(seen, Seen::DragEnter { .. }).then_some(()));
    for (input, pressed) in [(4, true), (5, false)] {
        host.send(Command::Key { cause: cause(input), track: from.track, key: KeyCode(1), pressed });
    }
    said(&mut to.app, "drag left");
    assert_eq!(told(&mut host), None, "it is over");
    host.send(Command::Key { cause: cause(6), track: from.track, key: KeyCode(30), pressed: true });
    let mut cancelled = false;
    let first = from.app.wait("a key", |seen| match seen {
        Seen::Key { key, .. } => Some(*key),
        Seen::Said(said) => {
            cancelled |= said == "cancelled";
            None
        }
        _ => None,
    });
    assert_eq!((first, cancelled), (30, true));
    button(&host, 7, false);
    host.settle();
}

#[test]
fn what_is_dropped_over_nothing_stays_where_it_was() {
    let mut host = Host::start();
    let (mut from, mut to) = (dragger(&mut host), dragger(&mut host));
    let _source = begin(&mut host, &mut from);
    motion(&host, 3, to.track, 30.0);
    to.app.wait("the drag enters", |seen| matches!(seen, Seen::DragEnter { .. }).then_some(()));
    host.send(Command::PointerLeft);
    said(&mut to.app, "drag left");
    button(&host, 4, false);
    said(&mut from.app, "cancelled");
    assert_eq!(told(&mut host), None);
}
