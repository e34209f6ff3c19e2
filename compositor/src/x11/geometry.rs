//! Where windows are and how large: toplevels at the root's origin with the size that they are given, all
//! others where they put themselves.

use media::{Logical, MAX_DIMENSION, Point, Rect, Size};
use x11rb::protocol::xproto::{
    CONFIGURE_NOTIFY_EVENT, ConfigWindow, ConfigureNotifyEvent, ConfigureRequestEvent, ConfigureWindowAux,
    ConnectionExt as _, EventMask, StackMode, Window,
};

use super::{Manager, windows::XWindow};

/// Sizes that viewers asked for and that wait to be committed.
const ASKED: usize = 32;

/// A size that a window can have.
pub(crate) fn bounded(size: Size<Logical>) -> Size<Logical> {
    Size::new(size.w.clamp(1, MAX_DIMENSION), size.h.clamp(1, MAX_DIMENSION))
}

/// The rectangle that a window has if it gets all that it asks for. What it does not name is as it was before
/// what is under way.
pub(crate) fn asked(e: &ConfigureRequestEvent, now: Rect<Logical>) -> Rect<Logical> {
    let given = |field: ConfigWindow| u16::from(e.value_mask) & u16::from(field) != 0;
    let place = |field, n: i16, now: i32| if given(field) { i32::from(n) } else { now };
    let side =
        |field, n: u16, now: u32| if given(field) { u32::from(n).clamp(1, MAX_DIMENSION) } else { now };
    Rect::new(
        place(ConfigWindow::X, e.x, now.x),
        place(ConfigWindow::Y, e.y, now.y),
        side(ConfigWindow::WIDTH, e.width, now.w),
        side(ConfigWindow::HEIGHT, e.height, now.h),
    )
}

impl XWindow {
    /// A viewer asks for a size by a serial.
    pub(crate) fn ask(&mut self, serial: u32, size: Size<Logical>) {
        if self.asked.len() >= ASKED {
            self.asked.pop_front();
        }
        self.asked.push_back((serial, size));
    }

    /// The newest of the viewers' serials that a committed size answers; 0: none.
    pub(crate) fn answered(&self, size: Size<Logical>) -> u32 {
        self.asked.iter().rev().find(|(_, asked)| *asked == size).map_or(0, |&(serial, _)| serial)
    }
}

impl Manager {
    /// Gives a toplevel a size, at its place.
    pub(crate) fn resize(&mut self, id: Window, size: Size<Logical>) {
        let Some(window) = self.windows.get_mut(id) else { return };
        (window.rect, window.measured) = (size.to_rect(), true);
        let aux = ConfigureWindowAux::new().x(0).y(0).width(size.w).height(size.h).border_width(0);
        self.wire.sent(self.wire.conn().configure_window(id, &aux));
        self.tell_place(id);
    }

    /// Gives a window that is not mapped all that it asks for.
    pub(crate) fn grant(&mut self, e: &ConfigureRequestEvent, rect: Rect<Logical>) {
        let border = u16::from(e.value_mask) & u16::from(ConfigWindow::BORDER_WIDTH) != 0;
        let aux = ConfigureWindowAux::new().x(rect.x).y(rect.y).width(rect.w).height(rect.h);
        let aux = aux.border_width(border.then(|| u32::from(e.border_width)));
        self.wire.sent(self.wire.conn().configure_window(e.window, &aux));
        if let Some(window) = self.windows.get_mut(e.window) {
            (window.rect, window.measured) = (rect, true);
        }
        // X tells of a change by itself; that nothing has changed, it would not.
        self.tell_place(e.window);
    }

    /// Tells an app where on the root its window is. X itself tells of changes only, and an app that has
    /// asked for one waits until it hears something: ICCCM 4.1.5.
    pub(crate) fn tell_place(&self, id: Window) {
        let Some(window) = self.windows.get(id) else { return };
        let event = ConfigureNotifyEvent {
            response_type: CONFIGURE_NOTIFY_EVENT,
            sequence: 0,
            event: id,
            window: id,
            above_sibling: 0,
            x: i16::try_from(window.rect.x).unwrap_or_default(),
            y: i16::try_from(window.rect.y).unwrap_or_default(),
            width: u16::try_from(window.rect.w).unwrap_or(u16::MAX),
            height: u16::try_from(window.rect.h).unwrap_or(u16::MAX),
            border_width: 0,
            override_redirect: false,
        };
        self.wire.sent(self.wire.conn().send_event(false, id, EventMask::STRUCTURE_NOTIFY, event));
    }

    /// Maps a toplevel, below all that the user is at: the pointer is elsewhere until it comes to it.
    pub(crate) fn map(&self, id: Window) {
        let below = ConfigureWindowAux::new().sibling(self.wire.floor).stack_mode(StackMode::BELOW);
        self.wire.sent(self.wire.conn().configure_window(id, &below));
        self.wire.sent(self.wire.conn().map_window(id));
    }

    /// Puts a toplevel and its popups, from the lowest up, on top of all others, with our floor right below
    /// them.
    pub(crate) fn raise(&mut self, toplevel: Window, group: Vec<Window>) {
        self.top = Some(toplevel);
        // From the top down to the floor, each below the one before: none lies above its own menu for a
        // moment, which would take the pointer from that.
        let mut above = None;
        for window in group.into_iter().rev().chain([self.wire.floor]) {
            let mode = if above.is_some() { StackMode::BELOW } else { StackMode::ABOVE };
            let aux = ConfigureWindowAux::new().sibling(above).stack_mode(mode);
            self.wire.sent(self.wire.conn().configure_window(window, &aux));
            above = Some(window);
        }
    }

    /// Where a window lies relative to another.
    pub(crate) fn place_in(&self, id: Window, parent: Window) -> Point<Logical> {
        let origin = |id| self.windows.get(id).map(|window| window.rect.origin());
        match origin(parent).zip(origin(id)) {
            Some((from, at)) => at.offset(-from.x, -from.y),
            None => Point::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_app_does_not_name_stays_and_what_it_names_is_bounded() {
        let mut e = ConfigureRequestEvent {
            response_type: 0,
            stack_mode: StackMode::ABOVE,
            sequence: 0,
            parent: 1,
            window: 2,
            sibling: 0,
            x: -7,
            y: 9,
            width: 0,
            height: u16::MAX,
            border_width: 0,
            value_mask: ConfigWindow::WIDTH | ConfigWindow::Y,
        };
        let now = Rect::new(1, 2, 30, 40);
        assert_eq!(asked(&e, now), Rect::new(1, 9, 1, 40));
        e.value_mask = ConfigWindow::X | ConfigWindow::HEIGHT;
        assert_eq!(asked(&e, now), Rect::new(-7, 2, 30, MAX_DIMENSION));
    }

    #[test]
    fn a_size_answers_the_newest_of_those_who_asked_for_it() {
        let mut window = XWindow::new(false, Rect::new(0, 0, 1, 1));
        for (serial, w) in [(3, 10), (4, 20), (5, 10), (6, 30)] {
            window.ask(serial, Size::new(w, 10));
        }
        assert_eq!(window.answered(Size::new(10, 10)), 5);
        assert_eq!(window.answered(Size::new(11, 10)), 0);
    }
}
