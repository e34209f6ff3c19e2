//! Windows that are no rectangles: the SHAPE extension. What lies outside of a window's bounding shape is not
//! to be seen; X itself sees to it that it is not pressed either.

use media::{Pixels, Rect};
use x11rb::protocol::{
    shape::{self, ConnectionExt as _, SK},
    xproto::Window,
};

use super::{Manager, manager::Then, wire::Answer};

/// A shape of more rectangles than this is taken for the whole window.
const MANY_RECTS: usize = 8192;

impl Manager {
    /// Hears of changes of a window's shape from now on, and asks for it as it is.
    pub(crate) fn watch_shape(&mut self, id: Window) {
        self.wire.sent(self.wire.conn().shape_select_input(id, true));
        self.ask_shape(id);
    }

    /// A window has got another shape, or any.
    pub(crate) fn shape_changed(&mut self, e: &shape::NotifyEvent) {
        if e.shape_kind == SK::BOUNDING && self.windows.get(e.affected_window).is_some() {
            self.ask_shape(e.affected_window);
        }
    }

    fn ask_shape(&mut self, id: Window) {
        let conn = self.wire.conn();
        let extents = self.wire.asked(conn.shape_query_extents(id));
        let rects = self.wire.asked(conn.shape_get_rectangles(id, SK::BOUNDING));
        if let Some((extents, rects)) = extents.zip(rects) {
            self.after(Then::Shape { window: id, extents, rects });
        }
    }

    /// Takes in a window's shape that was read. Whether it was there to read.
    pub(crate) fn shaped(&mut self, id: Window, extents: Answer, rects: Answer) -> bool {
        // What was answered is read in any case, or it would be kept for ever.
        let extents: Option<shape::QueryExtentsReply> = self.wire.read(extents);
        let rects: Option<shape::GetRectanglesReply> = self.wire.read(rects);
        let Some((extents, rects)) = extents.zip(rects) else { return false };
        let Some(window) = self.windows.get_mut(id) else { return false };
        let is_shaped = extents.bounding_shaped && rects.rectangles.len() <= MANY_RECTS;
        window.shape = is_shaped.then(|| {
            let rect = |r: &x11rb::protocol::xproto::Rectangle| {
                Rect::<Pixels>::new(i32::from(r.x), i32::from(r.y), u32::from(r.width), u32::from(r.height))
            };
            rects.rectangles.iter().map(rect).collect()
        });
        true
    }
}
