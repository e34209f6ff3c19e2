//! Title bars and borders that X11 apps draw themselves: `_NET_WM_MOVERESIZE`.

use media::WindowGrab;
use smithay::reexports::wayland_server::protocol::wl_surface::WlSurface;
use x11rb::protocol::xproto::ClientMessageEvent;

use crate::wayland::State;
use crate::wayland::picture::layout;

impl State {
    /// An app says that the user drags a title bar or border of its window, if a button or finger is down on a window of
    /// that app: the viewer's desktop takes over.
    pub(super) fn x11_dragged(&mut self, e: &ClientMessageEvent) {
        let [_, _, direction, ..] = e.data.as_data32();
        let Some(grab) = grab_of(direction) else { return };
        let Some(x11) = self.xwayland.running() else { return };
        let Some(track) = x11.windows.get(e.window).and_then(|window| window.track) else { return };
        let is_own = |surface: &WlSurface| {
            let window = x11.windows.of_surface(&layout::root_of(surface));
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

/// What a direction of `_NET_WM_MOVERESIZE` stands for. Who drags by keys needs no help of an app's; an end of the drag
/// is known by the button.
fn grab_of(direction: u32) -> Option<WindowGrab> {
    match direction {
        0 => Some(WindowGrab::ResizeTopLeft),
        1 => Some(WindowGrab::ResizeTop),
        2 => Some(WindowGrab::ResizeTopRight),
        3 => Some(WindowGrab::ResizeRight),
        4 => Some(WindowGrab::ResizeBottomRight),
        5 => Some(WindowGrab::ResizeBottom),
        6 => Some(WindowGrab::ResizeBottomLeft),
        7 => Some(WindowGrab::ResizeLeft),
        8 => Some(WindowGrab::Move),
        _ => None,
    }
}
