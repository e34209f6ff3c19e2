//! Wheels as X11 has them: by numbers that only grow or shrink, of which apps take the difference.

use smithay::{
    input::pointer::AxisFrame,
    reexports::wayland_server::{
        Resource,
        protocol::{wl_pointer, wl_surface::WlSurface},
    },
};

use crate::wayland::State;

/// The version of `wl_pointer` that tells of parts of detents. Xwayland up to version 22 has an older one.
const PARTS_OF_DETENTS: u32 = 8;

impl State {
    /// A scroll event as the app of a surface takes it, to which it goes next.
    ///
    /// An X11 app forgets with each crossing from where it counts, and makes nothing of what it is told next
    /// but the number to count from; GTK 3, Firefox and Chromium do. So a scroll by nothing goes ahead of the
    /// first. An old Xwayland is told no detents: it would take each part for the units that come with it,
    /// and the last part for the whole detent besides.
    pub(in crate::wayland) fn count_for_x11(&mut self, surface: &WlSurface, scroll: AxisFrame) -> AxisFrame {
        let pointer = self.input.pointer.clone();
        let Some(client) = self.xwayland.client().cloned() else { return scroll };
        if surface.client().as_ref() != Some(&client) {
            return scroll;
        }
        let begins = self.xwayland.counting.replace(surface.clone()).is_none_or(|before| before != *surface);
        let mut knows_parts = true;
        for pointer in pointer.client_pointers(&client) {
            if begins {
                pointer.axis(scroll.time, wl_pointer::Axis::VerticalScroll, 0.0);
                pointer.axis(scroll.time, wl_pointer::Axis::HorizontalScroll, 0.0);
                pointer.frame();
            }
            knows_parts &= pointer.version() >= PARTS_OF_DETENTS;
        }
        AxisFrame { v120: scroll.v120.filter(|_| knows_parts), ..scroll }
    }

    /// Something happened that may have apps forget from where they count: a crossing, a press, a touch.
    pub(in crate::wayland) fn wheel_rests(&mut self) {
        self.xwayland.counting = None;
    }
}
