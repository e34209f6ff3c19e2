//! Windows that are no rectangles: their tracks get their shapes.

use media::TrackId;
use x11rb::protocol::xproto::Window;

use crate::wayland::State;
use crate::x11::wire::Answer;

impl State {
    /// A window's shape was read.
    pub(super) fn x11_shaped(&mut self, id: Window, extents: Answer, rects: Answer) {
        let Some(x11) = self.xwayland.manager() else { return };
        if !x11.shaped(id, extents, rects) {
            return;
        }
        if let Some(track) = x11.windows.get(id).and_then(|window| window.track) {
            self.reshape_x11(id, track);
            self.repaint(track);
        }
    }

    /// Gives a track's picture the shape of its window.
    pub(super) fn reshape_x11(&mut self, id: Window, track: TrackId) {
        let shape = self.xwayland.running().and_then(|x11| x11.windows.get(id)?.shape.clone());
        if let Some(track) = self.tracks.get_mut(track) {
            track.picture.reshape(shape);
        }
    }
}
