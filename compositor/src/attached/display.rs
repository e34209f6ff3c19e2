//! The connection to an X display that others use as well.

use std::{
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
};

use media::{Logical, Pixels, Point, Rect};
use thiserror::Error;
use x11rb::{
    connection::Connection,
    errors::{ConnectError, ConnectionError, ReplyError},
    protocol::{
        Event,
        composite::{ConnectionExt as _, Redirect},
        damage::ConnectionExt as _,
        xfixes::{ConnectionExt as _, CursorNotifyMask},
        xproto::{
            Atom, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, ImageFormat,
            ImageOrder, Window,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

use crate::x11::{
    atoms::Atoms,
    properties::{Properties, Property},
};

/// Why a display cannot be shown.
#[derive(Debug, Error)]
pub(super) enum AttachError {
    /// There is none, or it lets nobody in.
    #[error("{0}; is it running, and does XAUTHORITY name its key?")]
    Connect(#[from] ConnectError),
    /// The connection broke.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// It lacks what is needed, or refuses it.
    #[error("it lacks an extension, or refuses it: {0}")]
    Reply(#[from] ReplyError),
    /// Its pixels are not of 32 bits.
    #[error("its pixels are not of 8 bits a colour, in 4 bytes each")]
    Pixels,
    /// It has no screen.
    #[error("it has no screen")]
    Screen,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Display {
    conn: RustConnection,
    atoms: Atoms,
    root: Window,
    size: (u16, u16),
}

impl Display {
    /// Connects to the display of this name and asks it to tell of its windows.
    pub(super) fn connect(name: &str) -> Result<Self, AttachError> {
        let (conn, screen) = RustConnection::connect(Some(name))?;
        let screen = conn.setup().roots.get(screen).ok_or(AttachError::Screen)?;
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        let visuals = screen.allowed_depths.iter().flat_map(|depth| &depth.visuals);
        let is_rgb = visuals.clone().any(|it| it.visual_id == screen.root_visual && it.red_mask == 0xff_0000);
        let setup = conn.setup();
        let is_wide = |format: &&x11rb::protocol::xproto::Format| format.depth == screen.root_depth;
        let bits = setup.pixmap_formats.iter().find(is_wide).map(|format| format.bits_per_pixel);
        if !is_rgb || bits != Some(32) || setup.image_byte_order != ImageOrder::LSB_FIRST {
            return Err(AttachError::Pixels);
        }
        let atoms = Atoms::new(&conn)?.reply()?;
        conn.composite_query_version(0, 4)?.reply()?;
        conn.xfixes_query_version(5, 0)?.reply()?;
        conn.damage_query_version(1, 1)?.reply()?;
        conn.xtest_get_version(2, 2)?.reply()?;
        let mask = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        conn.change_window_attributes(root, &mask)?.check()?;
        conn.composite_redirect_subwindows(root, Redirect::AUTOMATIC)?.check()?;
        conn.xfixes_select_cursor_input(root, CursorNotifyMask::DISPLAY_CURSOR)?.check()?;
        Ok(Self { atoms, root, size, conn })
    }

    /// The connection, to ask for more.
    pub(super) fn conn(&self) -> &RustConnection {
        &self.conn
    }

    /// The names that conventions are spoken in.
    pub(super) fn atoms(&self) -> &Atoms {
        &self.atoms
    }

    /// The window below all.
    pub(super) fn root(&self) -> Window {
        self.root
    }

    /// A place of the screen, the nearest to this one.
    pub(super) fn on_screen(&self, (x, y): (f64, f64)) -> (i16, i16) {
        let within = |at: f64, side: u16| at.floor().clamp(0.0, f64::from(side.saturating_sub(1))) as i16;
        (within(x, self.size.0), within(y, self.size.1))
    }

    /// Whether any of it is on the screen.
    pub(super) fn is_on_screen(&self, rect: Rect<Logical>) -> bool {
        rect.overlaps(Rect::new(0, 0, self.size.0.into(), self.size.1.into()))
    }

    /// A descriptor that becomes readable when there is something to take.
    pub(super) fn watched(&self) -> std::io::Result<OwnedFd> {
        self.conn.stream().as_fd().try_clone_to_owned()
    }

    /// The next event, if one is there; an error once the display has ended.
    pub(super) fn next_event(&self) -> Result<Option<Event>, String> {
        loop {
            match self.conn.poll_for_event() {
                // What was asked of a window that is gone.
                Ok(Some(Event::Error(error))) => tracing::trace!(?error, "the X display refuses something"),
                Ok(event) => return Ok(event),
                // What an extension of tomorrow sends is nothing to us.
                Err(ConnectionError::ParseError(_)) => {}
                Err(error) => return Err(format!("the X display has ended: {error}")),
            }
        }
    }

    /// Sends what was asked for.
    pub(super) fn flush(&self) -> Result<(), String> {
        self.conn.flush().map_err(|error| format!("the X display has ended: {error}"))
    }

    /// Waits until all that was asked for is done.
    pub(super) fn finish(&self) -> Result<(), String> {
        let answered = self.conn.get_input_focus().map(|cookie| cookie.reply());
        match answered {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// All that a window says about itself.
    pub(super) fn properties(&self, window: Window) -> Properties {
        let mut properties = Properties::default();
        for property in Property::ALL {
            let (name, kind, bytes) = property.request(&self.atoms);
            let asked = self.conn.get_property(false, window, name, kind, 0, bytes.div_ceil(4));
            if let Some(reply) = asked.ok().and_then(|asked| asked.reply().ok()) {
                properties.set(property, reply, &self.atoms);
            }
        }
        properties
    }

    /// Whether a window has this property.
    pub(super) fn has(&self, window: Window, property: Atom) -> bool {
        let asked = self.conn.get_property(false, window, property, x11rb::NONE, 0, 0);
        asked.ok().and_then(|asked| asked.reply().ok()).is_some_and(|reply| reply.type_ != x11rb::NONE)
    }

    /// The windows within a window, from the bottom up.
    pub(super) fn children(&self, window: Window) -> Vec<Window> {
        let asked = self.conn.query_tree(window).ok();
        asked.and_then(|asked| asked.reply().ok()).map(|reply| reply.children).unwrap_or_default()
    }

    /// The window of the root's that is below the pointer.
    pub(super) fn below_pointer(&self) -> Option<Window> {
        let asked = self.conn.query_pointer(self.root).ok()?.reply().ok()?;
        Some(asked.child).filter(|child| *child != x11rb::NONE)
    }

    /// The pixels of a part of a window, row by row without padding; `None` if it is not to be seen.
    pub(super) fn pixels(&self, window: Window, part: Rect<Pixels>) -> Option<Vec<u8>> {
        let Point { x, y, .. } = part.origin();
        let (x, y) = (i16::try_from(x).ok()?, i16::try_from(y).ok()?);
        let (w, h) = (u16::try_from(part.w).ok()?, u16::try_from(part.h).ok()?);
        let image = self.conn.get_image(ImageFormat::Z_PIXMAP, window, x, y, w, h, u32::MAX).ok()?;
        let image = image.reply().ok()?;
        let mut data = image.data;
        if data.len() != part.area() as usize * 4 {
            return None;
        }
        if image.depth != 32 {
            data.chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
        }
        Some(data)
    }

    /// Tells a window, or the window manager by the root, something by a message.
    pub(super) fn message(&self, to: Window, event: ClientMessageEvent) {
        let mask = if to == self.root {
            EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT
        } else {
            EventMask::NO_EVENT
        };
        self.asked(self.conn.send_event(false, to, mask, event));
    }

    /// Takes note of a request whose failure is told by an event, or by the end of the connection.
    pub(super) fn asked(
        &self,
        request: Result<x11rb::cookie::VoidCookie<'_, RustConnection>, ConnectionError>,
    ) {
        if let Err(error) = request {
            tracing::trace!(%error, "asking the X display");
        }
    }
}

/// Where apps connect to the display of this name.
pub(super) fn socket(name: &str) -> PathBuf {
    let number = name.trim_start_matches(':').split('.').next().unwrap_or_default();
    PathBuf::from(format!("/tmp/.X11-unix/X{number}"))
}
