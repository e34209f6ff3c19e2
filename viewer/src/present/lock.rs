//! A pointer that an app has locked: it stays where it is, and all of its motion goes to the app.
//!
//! Wayland locks pointers and tells of their motion. X11 only keeps them within a window: there the pointer
//! is put back to the middle whenever it has gone far, and its way is what lies between the places that it is
//! seen at. (What X11 tells of motion besides comes twice as long as a window keeps the pointer.)

use media::TrackId;
use protocol::input::InputEvent;
use winit::{
    dpi::PhysicalPosition,
    window::{CursorGrabMode, Window},
};

use super::desk::{Desk, Desktop};

/// Whether an app has the pointer to itself.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// The window that wants it, whether or not it can have it.
    wanted: Option<TrackId>,
    held: Option<Held>,
}

/// The desktop has locked the pointer.
#[derive(Debug)]
struct Held {
    track: TrackId,
    /// The local window that holds it.
    root: TrackId,
    /// How far it was moved since the host was told last, in logical units.
    way: (f64, f64),
    /// Where desktops do not lock.
    leash: Option<Leash>,
}

/// Keeps a pointer near the middle of a window, and measures its way.
#[derive(Debug, PartialEq)]
struct Leash {
    middle: (f64, f64),
    /// Where it was seen last.
    at: Option<(f64, f64)>,
    /// It was put back and has not been seen there yet.
    returning: bool,
}

/// What becomes of a pointer on a leash.
#[derive(Debug, PartialEq)]
enum Seen {
    /// It was moved by this much.
    Moved(f64, f64),
    /// The same, and it is to be put back.
    Far(f64, f64),
    /// It has come back.
    Back,
}

impl Leash {
    fn new(size: media::Size<media::Pixels>) -> Self {
        Self { middle: ((size.w / 2).into(), (size.h / 2).into()), at: None, returning: true }
    }

    /// The pointer is seen at a place of the window.
    fn seen(&mut self, x: f64, y: f64) -> Seen {
        let before = self.at.replace((x, y));
        if self.returning && (x, y) == self.middle {
            self.returning = false;
            return Seen::Back;
        }
        let (dx, dy) = before.map_or((0.0, 0.0), |(from_x, from_y)| (x - from_x, y - from_y));
        let far = |at: f64, middle: f64| (at - middle).abs() > middle / 2.0;
        if !self.returning && (far(x, self.middle.0) || far(y, self.middle.1)) {
            self.returning = true;
            return Seen::Far(dx, dy);
        }
        Seen::Moved(dx, dy)
    }
}

impl Lock {
    /// Whether the pointer is locked: then it has no place.
    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }
}

impl Desk {
    /// An app locks the pointer, or lets it go.
    pub(super) fn on_pointer_lock(&mut self, track: Option<TrackId>) {
        self.lock.wanted = track;
        self.settle_lock();
    }

    /// Locks the desktop's pointer if an app wants it and its window has the keyboard, or lets it go. Where a
    /// desktop does not lock pointers, motion goes on as places.
    pub(super) fn settle_lock(&mut self) {
        let wanted = self.lock.wanted.map(|track| (track, self.windows.root(track)));
        let wanted = wanted.filter(|(_, root)| self.seat.focused() == Some(*root));
        if self.lock.held.as_ref().map(|held| (held.track, held.root)) == wanted {
            return;
        }
        self.release_lock();
        let Some((track, root)) = wanted else { return };
        let Some(view) = self.views.get(&root) else { return };
        let Some(window) = view.face.window() else { return };
        match grab(window) {
            Ok(()) => {
                window.set_cursor_visible(false);
                let leash = match self.desktop {
                    Desktop::X11(_) => Some(Leash::new(view.size())),
                    Desktop::Wayland(_) => None,
                };
                if let Some(leash) = &leash {
                    put(window, leash.middle);
                }
                self.lock.held = Some(Held { track, root, way: (0.0, 0.0), leash });
            }
            Err(error) => {
                tracing::debug!(%track, %error, "this desktop does not lock the pointer");
                self.lock.wanted = None;
            }
        }
    }

    /// The mouse was moved by this much, in logical units.
    pub(super) fn on_mouse_motion(&mut self, (dx, dy): (f64, f64)) {
        if let Some(held) = self.lock.held.as_mut().filter(|held| held.leash.is_none()) {
            held.way.0 += dx;
            held.way.1 += dy;
        }
    }

    /// A locked pointer is seen at a place of a window, in its pixels.
    pub(super) fn on_leash(&mut self, window: TrackId, at: PhysicalPosition<f64>) {
        let Some(held) = self.lock.held.as_mut().filter(|held| held.root == window) else { return };
        let (Some(leash), Some(view)) = (&mut held.leash, self.views.get(&window)) else { return };
        let (dx, dy) = match leash.seen(at.x, at.y) {
            Seen::Back => return,
            Seen::Moved(dx, dy) => (dx, dy),
            Seen::Far(dx, dy) => {
                if let Some(window) = view.face.window() {
                    put(window, leash.middle);
                }
                (dx, dy)
            }
        };
        let factor = view.scale().factor();
        held.way.0 += dx / factor;
        held.way.1 += dy / factor;
    }

    /// All events of this moment are through: tells how far the pointer was moved in it.
    pub(super) fn settle_motion(&mut self) {
        let Some(held) = &mut self.lock.held else { return };
        let ((dx, dy), track) = (std::mem::take(&mut held.way), held.track);
        if dx != 0.0 || dy != 0.0 {
            self.input(track, InputEvent::RelativeMotion { dx, dy });
        }
    }

    /// Gives the pointer back to the desktop. If the user went elsewhere, the app is told by its leaving.
    fn release_lock(&mut self) {
        self.settle_motion();
        let Some(held) = self.lock.held.take() else { return };
        if let Some(view) = self.views.get(&held.root) {
            if let Some(Err(error)) =
                view.face.window().map(|window| window.set_cursor_grab(CursorGrabMode::None))
            {
                tracing::warn!(%error, "the desktop does not let the pointer go");
            }
            self.cursor.put_on(&view.face);
        }
        if self.lock.wanted == Some(held.track) {
            self.lock.wanted = None;
            self.input(held.track, InputEvent::Leave);
        }
    }
}

fn put(window: &Window, (x, y): (f64, f64)) {
    if let Err(error) = window.set_cursor_position(PhysicalPosition::new(x, y)) {
        tracing::debug!(%error, "the desktop does not put the pointer back");
    }
}

/// Locks the pointer in a window; X11 can only keep it within.
fn grab(window: &Window) -> Result<(), winit::error::ExternalError> {
    window
        .set_cursor_grab(CursorGrabMode::Locked)
        .or_else(|_| window.set_cursor_grab(CursorGrabMode::Confined))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_to_the_middle_is_no_motion() {
        let mut leash = Leash::new(media::Size::new(200, 100));
        assert_eq!(leash.seen(30.0, 30.0), Seen::Moved(0.0, 0.0), "from wherever it was before the lock");
        assert_eq!(leash.seen(100.0, 50.0), Seen::Back);
        assert_eq!(leash.seen(140.0, 50.0), Seen::Moved(40.0, 0.0));
        assert_eq!(leash.seen(155.0, 51.0), Seen::Far(15.0, 1.0));
        assert_eq!(leash.seen(160.0, 51.0), Seen::Moved(5.0, 0.0), "it goes on before it is put back");
        assert_eq!(leash.seen(100.0, 50.0), Seen::Back);
        assert_eq!(leash.seen(101.0, 49.0), Seen::Moved(1.0, -1.0));
        assert_eq!(leash.seen(100.0, 50.0), Seen::Moved(-1.0, 1.0), "the middle is a place like any other");
    }
}
