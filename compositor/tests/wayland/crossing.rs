//! Content dragged between X11 apps and Wayland apps, and among X11 apps.

use std::{io::Write, os::fd::AsFd, time::Instant};

use media::{Command, Event, KeyCode, TrackId};
use rustix::pipe::pipe;
use wayland_client::protocol::{wl_data_device_manager::DndAction, wl_data_offer::WlDataOffer};
use x11rb::{
    connection::Connection,
    protocol::{
        Event as XEvent,
        xproto::{
            Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask,
            SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window,
        },
    },
};

use crate::{
    app::{Seen, read_all, write_all},
    drag::{Dragger, URIS, begin, button, dragger, motion, said, told},
    host::{Host, PATIENCE, cause},
    x11::App as XApp,
};

const CONTENT: &[u8] = b"file:///tmp/a\r\n";

/// A host that serves X11 apps; `None`, with the reason printed, where Xwayland is missing.
fn host() -> Option<Host> {
    let host = Host::with(|config| config.source = dormer_compositor::Source::Wayland { x11_apps: true });
    if host.x11_display.is_none() {
        let complete = std::env::var_os("DORMER_TESTS_COMPLETE").is_some();
        assert!(!complete, "Xwayland is not installed; `make setup` installs its package xwayland");
        // The macro's words would be libtest's, who keeps them to itself.
        let _ = writeln!(std::io::stderr(), "SKIPPED: Xwayland is not installed");
        return None;
    }
    Some(host)
}

/// An X11 app with a window that can be dragged to and from.
struct Dropper {
    app: XApp,
    window: Window,
    track: TrackId,
}

fn dropper(host: &mut Host, title: &str) -> Dropper {
    let app = XApp::connect(host.x11_display.expect("X11 apps are served"));
    let window = app.toplevel(title, 200, 150, 0);
    let mask = EventMask::POINTER_MOTION
        | EventMask::BUTTON_PRESS
        | EventMask::BUTTON_RELEASE
        | EventMask::STRUCTURE_NOTIFY
        | EventMask::PROPERTY_CHANGE;
    let aux = ChangeWindowAttributesAux::new().event_mask(mask);
    app.conn.change_window_attributes(window, &aux).expect("a connection");
    app.set_values(window, app.atom("XdndAware"), AtomEnum::ATOM.into(), &[5]);
    app.conn.flush().expect("a connection");
    let track = host.window("X11 window", |window| window.title == title).track;
    Dropper { app, window, track }
}

impl Dropper {
    /// Waits for a message of a drag.
    fn message(&self, name: &str) -> [u32; 5] {
        let kind = self.app.atom(name);
        self.app.wait(name, |event| match event {
            XEvent::ClientMessage(e) if e.type_ == kind => Some(e.data.as_data32()),
            _ => None,
        })
    }

    fn send(&self, to: Window, name: &str, data: [u32; 5]) {
        let event = ClientMessageEvent::new(32, to, self.app.atom(name), data);
        self.app.conn.send_event(false, to, EventMask::NO_EVENT, event).expect("a connection");
        self.app.conn.flush().expect("a connection");
    }

    fn status(&self, source: Window, action: Option<&str>) {
        let action = action.map_or(0, |action| self.app.atom(action));
        self.send(source, "XdndStatus", [self.window, u32::from(action != 0), 0, 0, action]);
    }

    /// Presses in its window and begins to drag.
    fn begin(&self, host: &mut Host) {
        motion(host, 101, self.track, 10.0);
        // On a busy machine X brings it to the top later than the pointer comes.
        let under = || self.app.conn.query_pointer(self.app.root).expect("a connection").reply();
        let deadline = Instant::now() + PATIENCE;
        while under().expect("an answer").child != self.window {
            assert!(Instant::now() < deadline, "the pointer is not over the window");
        }
        button(host, 102, true);
        self.app.wait("a press", |event| matches!(event, XEvent::ButtonPress(_)).then_some(()));
        let selection = self.app.atom("XdndSelection");
        self.app.conn.set_selection_owner(self.window, selection, x11rb::CURRENT_TIME).expect("a connection");
        self.app.conn.flush().expect("a connection");
        assert!(told(host).is_some(), "it began");
    }

    /// The window that the drag is over, which lies under the pointer, once it is another than `not`.
    fn target(&self, host: &Host, track: TrackId, not: Window) -> (Window, i16, i16) {
        for step in 0..1000_u32 {
            motion(host, 200 + u64::from(step), track, f64::from(30 + step % 2));
            self.app.wait("a motion", |event| matches!(event, XEvent::MotionNotify(_)).then_some(()));
            let at = self.app.conn.query_pointer(self.app.root).expect("a connection");
            let at = at.reply().expect("an answer");
            if at.child != not && at.child != 0 {
                return (at.child, at.root_x, at.root_y);
            }
        }
        panic!("the pointer stays over the window where it was pressed");
    }

    fn is_aware(&self, window: Window) -> bool {
        let (name, any) = (self.app.atom("XdndAware"), AtomEnum::ANY);
        let cookie = self.app.conn.get_property(false, window, name, any, 0, 1).expect("a connection");
        cookie.reply().is_ok_and(|reply| reply.value_len > 0)
    }

    fn enter(&self, target: Window, (x, y): (i16, i16)) {
        let types = [self.app.atom(URIS), 0, 0];
        self.send(target, "XdndEnter", [self.window, 5 << 24, types[0], types[1], types[2]]);
        self.position(target, (x, y));
    }

    fn position(&self, target: Window, (x, y): (i16, i16)) {
        let place = u32::from(x as u16) << 16 | u32::from(y as u16);
        let copy = self.app.atom("XdndActionCopy");
        self.send(target, "XdndPosition", [self.window, 0, place, x11rb::CURRENT_TIME, copy]);
    }

    /// Waits until what it drags may be dropped, or not.
    fn accepted(&self, wanted: bool) -> [u32; 5] {
        loop {
            let status = self.message("XdndStatus");
            if (status[1] & 1 == 1) == wanted {
                return status;
            }
        }
    }

    /// Answers a request for what it drags.
    fn serve(&self, content: &[u8]) {
        let e: SelectionRequestEvent = self.app.wait("a request", |event| match event {
            XEvent::SelectionRequest(e) => Some(*e),
            _ => None,
        });
        assert_eq!(e.target, self.app.atom(URIS));
        self.app.set_text(e.requestor, e.property, e.target, content);
        let SelectionRequestEvent { time, requestor, selection, target, property, .. } = e;
        let response_type = SELECTION_NOTIFY_EVENT;
        let event =
            SelectionNotifyEvent { response_type, sequence: 0, time, requestor, selection, target, property };
        self.app.conn.send_event(false, requestor, EventMask::NO_EVENT, event).expect("a connection");
        self.app.conn.flush().expect("a connection");
    }

    /// Takes what was dropped.
    fn take(&self, kind: Atom) -> Vec<u8> {
        let (selection, property) = (self.app.atom("XdndSelection"), self.app.atom("TAKEN"));
        let conn = &self.app.conn;
        conn.convert_selection(self.window, selection, kind, property, x11rb::CURRENT_TIME)
            .expect("a connection");
        self.app.wait("content", |event| match event {
            XEvent::SelectionNotify(e) => (e.property == property).then_some(()),
            _ => None,
        });
        let cookie = conn.get_property(true, self.window, property, AtomEnum::ANY, 0, 1 << 20);
        cookie.expect("a connection").reply().expect("content").value
    }
}

/// What is dragged comes over a Wayland app's window.
fn entered(to: &mut Dragger) -> (u32, WlDataOffer) {
    to.app.wait("the drag enters", |seen| match seen {
        Seen::DragEnter { serial, offer: Some(offer), .. } => Some((*serial, offer.clone())),
        _ => None,
    })
}

#[test]
fn what_a_wayland_app_drags_is_dropped_in_an_x11_app() {
    let Some(mut host) = host() else { return };
    let to = dropper(&mut host, "target");
    let mut from = dragger(&mut host);
    let _source = begin(&mut host, &mut from);
    motion(&host, 3, to.track, 30.0);
    let entered = to.message("XdndEnter");
    let (source, uris) = (entered[0], to.app.atom(URIS));
    assert_eq!((entered[1] >> 24, &entered[2..]), (5, &[uris, 0, 0][..]));
    let position = to.message("XdndPosition");
    assert_eq!((position[0], position[2]), (source, 30 << 16 | 20));
    to.status(source, Some("XdndActionMove"));
    said(&mut from.app, "move");
    motion(&host, 4, to.track, 40.0);
    assert_eq!(to.message("XdndPosition")[2], 40 << 16 | 20);
    to.status(source, Some("XdndActionMove"));
    button(&host, 5, false);
    assert_eq!(told(&mut host), None, "nothing is at the pointer any more");
    assert_eq!(to.message("XdndDrop")[0], source);

    let giver = std::thread::scope(|scope| {
        let taken = scope.spawn(|| to.take(uris));
        let fd = from.app.wait("send", |seen| match seen {
            Seen::Send { fd, .. } => Some(fd.try_clone().expect("a descriptor")),
            _ => None,
        });
        write_all(fd, CONTENT);
        // The app's own copy of the pipe's end closes with its memory.
        from.app.memory.0.clear();
        taken.join().expect("content")
    });
    assert_eq!(giver, CONTENT);
    to.send(source, "XdndFinished", [to.window, 1, to.app.atom("XdndActionMove"), 0, 0]);
    said(&mut from.app, "finished");
}

#[test]
fn an_x11_app_hears_when_a_drag_leaves_it_and_what_it_refuses_stays() {
    let Some(mut host) = host() else { return };
    let (one, two) = (dropper(&mut host, "one"), dropper(&mut host, "two"));
    let mut from = dragger(&mut host);
    host.send(Command::Focus(Some(from.track)));
    from.app.wait("the keyboard", |seen| matches!(seen, Seen::KeyboardEnter(_)).then_some(()));
    let _source = begin(&mut host, &mut from);
    motion(&host, 3, one.track, 30.0);
    let source = one.message("XdndEnter")[0];
    one.message("XdndPosition");
    one.status(source, Some("XdndActionCopy"));
    said(&mut from.app, "copy");
    // Both lie at the same place of the root.
    motion(&host, 4, two.track, 30.0);
    assert_eq!(one.message("XdndLeave")[0], source);
    two.message("XdndEnter");
    two.message("XdndPosition");
    two.status(source, None);
    said(&mut from.app, "nothing");
    host.send(Command::PointerLeft);
    two.message("XdndLeave");
    motion(&host, 5, one.track, 30.0);
    one.message("XdndEnter");
    for (input, pressed) in [(6, true), (7, false)] {
        host.send(Command::Key { cause: cause(input), track: from.track, key: KeyCode(1), pressed });
    }
    one.message("XdndLeave");
    said(&mut from.app, "cancelled");
    button(&host, 8, false);
    host.settle();
}

#[test]
fn what_an_x11_app_drags_is_dropped_in_a_wayland_app() {
    let Some(mut host) = host() else { return };
    let mut to = dragger(&mut host);
    let from = dropper(&mut host, "source");
    from.begin(&mut host);
    let (net, x, y) = from.target(&host, to.track, from.window);
    assert!(from.is_aware(net), "it can be dragged there");
    from.enter(net, (x, y));
    from.accepted(false);
    let (serial, offer) = entered(&mut to);
    offer.accept(serial, Some(URIS.into()));
    offer.set_actions(DndAction::Copy | DndAction::Move, DndAction::Copy);
    to.app.sync();
    assert_eq!(from.accepted(true)[4], from.app.atom("XdndActionCopy"));
    button(&host, 900, false);
    assert_eq!(told(&mut host), None, "nothing is at the pointer any more");
    from.app.wait("a release", |event| matches!(event, XEvent::ButtonRelease(_)).then_some(()));
    from.send(net, "XdndDrop", [from.window, 0, x11rb::CURRENT_TIME, 0, 0]);
    said(&mut to.app, "dropped");
    let (ours, theirs) = pipe().expect("a pipe");
    offer.receive(URIS.into(), theirs.as_fd());
    drop(theirs);
    to.app.sync();
    from.serve(CONTENT);
    assert_eq!(read_all(ours), CONTENT);
    offer.finish();
    to.app.sync();
    assert_eq!(from.message("XdndFinished")[..2], [net, 1]);
}

#[test]
fn an_x11_app_s_drag_leaves_wayland_apps_and_comes_again() {
    let Some(mut host) = host() else { return };
    let mut to = dragger(&mut host);
    let (from, other) = (dropper(&mut host, "source"), dropper(&mut host, "other"));
    from.begin(&mut host);
    let (net, x, y) = from.target(&host, to.track, from.window);
    from.enter(net, (x, y));
    let (serial, offer) = entered(&mut to);
    offer.accept(serial, Some(URIS.into()));
    offer.set_actions(DndAction::Copy, DndAction::Copy);
    to.app.sync();
    from.accepted(true);
    // Over nothing it may not be dropped.
    host.send(Command::PointerLeft);
    said(&mut to.app, "drag left");
    from.accepted(false);
    // An X11 app finds another by itself.
    let (found, ..) = from.target(&host, other.track, net);
    assert_eq!(found, other.window);
    from.send(net, "XdndLeave", [from.window, 0, 0, 0, 0]);
    from.send(found, "XdndEnter", [from.window, 5 << 24, from.app.atom(URIS), 0, 0]);
    assert_eq!(other.message("XdndEnter")[0], from.window);
    // And comes back.
    from.send(found, "XdndLeave", [from.window, 0, 0, 0, 0]);
    let (net, x, y) = from.target(&host, to.track, other.window);
    from.enter(net, (x, y));
    entered(&mut to);
    // Its end takes the drag along.
    button(&host, 900, false);
    from.send(net, "XdndLeave", [from.window, 0, 0, 0, 0]);
    said(&mut to.app, "drag left");
    assert_eq!(told(&mut host), None);
    // Windows of X11 are to be pointed at again.
    motion(&host, 901, other.track, 50.0);
    button(&host, 902, true);
    other.app.wait("a press", |event| matches!(event, XEvent::ButtonPress(_)).then_some(()));
    button(&host, 903, false);
    let is_drag = |event: &Event| matches!(event, Event::Drag(Some(_)));
    assert!(!host.drain().iter().any(is_drag), "a press is no drag");
}
