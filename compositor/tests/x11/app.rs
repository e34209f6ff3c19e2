//! An X11 app of our own.

use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            Atom, AtomEnum, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, PropMode, Rectangle,
            Window as WindowId, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use crate::host::PATIENCE;

pub(crate) struct App {
    pub(crate) conn: RustConnection,
    pub(crate) root: WindowId,
}

/// A window to be.
pub(crate) struct Wish {
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) w: u16,
    pub(crate) h: u16,
    pub(crate) override_redirect: bool,
    pub(crate) colour: u32,
}

impl App {
    pub(crate) fn connect(display: u32) -> Self {
        let (conn, screen) = RustConnection::connect(Some(&format!(":{display}"))).expect("an X11 display");
        let root = conn.setup().roots[screen].root;
        Self { conn, root }
    }

    pub(crate) fn atom(&self, name: &str) -> Atom {
        let cookie = self.conn.intern_atom(false, name.as_bytes()).expect("a connection");
        cookie.reply().expect("an atom").atom
    }

    /// A window that is not mapped yet.
    pub(crate) fn window(&self, wish: &Wish) -> WindowId {
        let id = self.conn.generate_id().expect("an id");
        let mask = EventMask::KEY_PRESS
            | EventMask::BUTTON_PRESS
            | EventMask::STRUCTURE_NOTIFY
            | EventMask::EXPOSURE
            | EventMask::PROPERTY_CHANGE
            | EventMask::FOCUS_CHANGE;
        let aux = CreateWindowAux::new()
            .background_pixel(wish.colour)
            .override_redirect(u32::from(wish.override_redirect))
            .event_mask(mask);
        let Wish { x, y, w, h, .. } = *wish;
        self.conn
            .create_window(0, id, self.root, x, y, w, h, 0, WindowClass::INPUT_OUTPUT, 0, &aux)
            .expect("a connection");
        id
    }

    /// A toplevel of this size, mapped.
    pub(crate) fn toplevel(&self, title: &str, w: u16, h: u16, colour: u32) -> WindowId {
        let wish = Wish { x: 0, y: 0, w, h, override_redirect: false, colour };
        let id = self.window(&wish);
        self.set_text(id, AtomEnum::WM_NAME.into(), AtomEnum::STRING.into(), title.as_bytes());
        self.map(id);
        id
    }

    pub(crate) fn map(&self, id: WindowId) {
        self.conn.map_window(id).expect("a connection");
        self.conn.flush().expect("a connection");
    }

    pub(crate) fn fill(&self, id: WindowId, colour: u32, w: u16, h: u16) {
        let gc = self.conn.generate_id().expect("an id");
        self.conn.create_gc(gc, id, &CreateGCAux::new().foreground(colour)).expect("a connection");
        let all = Rectangle { x: 0, y: 0, width: w, height: h };
        self.conn.poly_fill_rectangle(id, gc, &[all]).expect("a connection");
        self.conn.flush().expect("a connection");
    }

    pub(crate) fn set_text(&self, id: WindowId, name: Atom, kind: Atom, text: &[u8]) {
        self.conn.change_property8(PropMode::REPLACE, id, name, kind, text).expect("a connection");
    }

    pub(crate) fn set_values(&self, id: WindowId, name: Atom, kind: Atom, values: &[u32]) {
        self.conn.change_property32(PropMode::REPLACE, id, name, kind, values).expect("a connection");
    }

    /// Waits for an event that `wanted` makes something of. Those before it are dropped.
    pub(crate) fn wait<T>(&self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        self.conn.flush().expect("a connection");
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some(event) = self.conn.poll_for_event().expect("a connection") {
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
            assert!(Instant::now() < deadline, "no {what}");
            self.sleep_until_readable();
        }
    }

    /// Waits until the server has cut this app off.
    pub(crate) fn cut_off(&self) {
        let deadline = Instant::now() + PATIENCE;
        let _ = self.conn.flush();
        while self.conn.poll_for_event().is_ok() {
            assert!(Instant::now() < deadline, "the app lives on");
            self.sleep_until_readable();
        }
    }

    fn sleep_until_readable(&self) {
        let timeout = Timespec { tv_sec: 1, tv_nsec: 0 };
        let mut fds = [PollFd::new(self.conn.stream(), PollFlags::IN)];
        poll(&mut fds, Some(&timeout)).expect("a descriptor");
    }
}
