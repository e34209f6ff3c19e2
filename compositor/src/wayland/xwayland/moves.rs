//! Title bars and borders that X11 apps draw themselves: the viewer's desktop takes the drag over.

use smithay::reexports::wayland_server::protocol::wl_surface::WlSurface;
use x11rb::protocol::xproto::ClientMessageEvent;

use crate::wayland::State;
use crate::wayland::picture::layout;
use crate::x11::moveresize::grab_of;

impl State {
    /// An app says that the user drags a title bar or border of its window, if a button or finger is down on
    /// a window of that app: the viewer's desktop takes over.
    pub(super) fn x11_dragged(&mut self, e: &ClientMessageEvent) {
        let [_, _, direction, ..] = e.data.as_data32();
        let Some(grab) = grab_of(direction) else { return };
        let Some(x11) = self.xwayland.running() else { return };
        let Some(track) = x11.windows.get(e.window).and_then(|window| window.track) else { return };
        let is_own = |surface: &WlSurface| {
            let window = self.xwayland.surfaces.window_of(&layout::root_of(surface));
            window.is_some_and(|window| x11.wire.owner_of(window) == x11.wire.owner_of(e.window))
        };
        let pressed = self.input.pointer.grab_start_data().and_then(|start| start.focus);
        let touched = self.input.touch.grab_start_data().and_then(|start| start.focus);
        let is_held = [pressed, touched].into_iter().flatten().any(|(surface, _)| is_own(&surface));
        if is_held && self.tracks.shown(track) {
            self.report_grab(track, grab);
        }
    }
}
