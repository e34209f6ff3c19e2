//! Title bars and borders that apps draw themselves: `_NET_WM_MOVERESIZE`.

use media::WindowGrab;

/// What a direction of `_NET_WM_MOVERESIZE` stands for. Who drags by keys needs no help of an app's; an end
/// of the drag is known by the button.
pub(crate) fn grab_of(direction: u32) -> Option<WindowGrab> {
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
