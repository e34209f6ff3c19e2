//! Windows that are no rectangles: the SHAPE extension. What lies outside of a window's bounding shape is not to be seen;
//! X itself sees to it that it is not pressed either.

use media::{Pixels, Rect};
use x11rb::protocol::{
    shape::{self, ConnectionExt as _, SK},
    xproto::Window,
};

use super::{manager::Then, wire::Answer};
use crate::wayland::State;

/// A shape of more rectangles than this is taken for the whole window.
const MANY_RECTS: usize = 8192;

impl super::Manager {
    /// Hears of changes of a window's shape from now on, and asks for it as it is.
    pub(super) fn watch_shape(&mut self, id: Window) {
        self.wire.sent(self.wire.conn().shape_select_input(id, true));
        self.ask_shape(id);
    }

    /// Asks for a window's shape.
    pub(super) fn ask_shape(&mut self, id: Window) {
        let conn = self.wire.conn();
        let extents = self.wire.asked(conn.shape_query_extents(id));
        let rects = self.wire.asked(conn.shape_get_rectangles(id, SK::BOUNDING));
        if let Some((extents, rects)) = extents.zip(rects) {
            self.after(Then::Shape { window: id, extents, rects });
        }
    }
}

impl State {
    /// A window has got another shape, or any.
    pub(super) fn x11_shape_changed(&mut self, e: &shape::NotifyEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        if e.shape_kind == SK::BOUNDING && x11.windows.get(e.affected_window).is_some() {
            x11.ask_shape(e.affected_window);
        }
    }

    /// A window's shape was read.
    pub(super) fn x11_shaped(&mut self, id: Window, extents: Answer, rects: Answer) {
        let Some(x11) = self.xwayland.manager() else { return };
        // What was answered is read in any case, or it would be kept for ever.
        let extents: Option<shape::QueryExtentsReply> = x11.wire.read(extents);
        let rects: Option<shape::GetRectanglesReply> = x11.wire.read(rects);
        let Some((extents, rects)) = extents.zip(rects) else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        let is_shaped = extents.bounding_shaped && rects.rectangles.len() <= MANY_RECTS;
        window.shape = is_shaped.then(|| {
            let rect = |r: &x11rb::protocol::xproto::Rectangle| {
                Rect::<Pixels>::new(i32::from(r.x), i32::from(r.y), u32::from(r.width), u32::from(r.height))
            };
            rects.rectangles.iter().map(rect).collect()
        });
        if let Some(track) = window.track {
            self.reshape_x11(id, track);
            self.repaint(track);
        }
    }

    /// Gives a track's picture the shape of its window.
    pub(super) fn reshape_x11(&mut self, id: Window, track: media::TrackId) {
        let shape = self.xwayland.running().and_then(|x11| x11.windows.get(id)?.shape.clone());
        if let Some(track) = self.tracks.get_mut(track) {
            track.picture.reshape(shape);
        }
    }
}
