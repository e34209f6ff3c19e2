//! What apps read of the desktop on the root window: there is one, as large as the viewer's screen.

use media::{Logical, Size};
use x11rb::{
    connection::Connection as _,
    errors::ReplyOrIdError,
    protocol::xproto::{AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _},
};

use super::{Manager, wire::Wire};

/// The arrow in X's font of cursors, and behind it what it is cut out with.
const LEFT_PTR: u16 = 68;

impl Manager {
    /// Tells apps how large the desktop is, and what of it windows may fill; nothing if they know.
    pub(crate) fn write_desktop(&mut self, size: Size<Logical>, work: Size<Logical>) {
        if self.desktop.replace((size, work)) == Some((size, work)) {
            return;
        }
        let (root, atoms) = (self.wire.root, self.wire.atoms);
        for (name, values) in [
            (atoms._NET_NUMBER_OF_DESKTOPS, &[1][..]),
            (atoms._NET_CURRENT_DESKTOP, &[0]),
            (atoms._NET_DESKTOP_VIEWPORT, &[0, 0]),
            (atoms._NET_DESKTOP_GEOMETRY, &[size.w, size.h]),
            (atoms._NET_WORKAREA, &[0, 0, work.w, work.h]),
        ] {
            self.write_list32(root, name, AtomEnum::CARDINAL, values);
        }
    }
}

impl Wire {
    /// Gives windows that choose no cursor an arrow, where X itself would show none or a cross.
    pub(super) fn set_root_cursor(&self) -> Result<(), ReplyOrIdError> {
        let conn = self.conn();
        let (font, cursor) = (conn.generate_id()?, conn.generate_id()?);
        conn.open_font(font, b"cursor")?;
        let (black, white) = (0, u16::MAX);
        conn.create_glyph_cursor(
            cursor,
            font,
            font,
            LEFT_PTR,
            LEFT_PTR + 1,
            black,
            black,
            black,
            white,
            white,
            white,
        )?;
        conn.change_window_attributes(self.root, &ChangeWindowAttributesAux::new().cursor(cursor))?;
        conn.close_font(font)?;
        Ok(())
    }
}
