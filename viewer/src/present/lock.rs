//! A pointer that an app has locked: it stays where it is, and all of its motion goes to the app.

use media::TrackId;
use protocol::input::InputEvent;
use winit::window::{CursorGrabMode, Window};

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

    /// Locks the desktop's pointer if an app wants it and its window has the keyboard, or lets it go. Where a desktop does
    /// not lock pointers, motion goes on as places.
    pub(super) fn settle_lock(&mut self) {
        let wanted = self.lock.wanted.map(|track| (track, self.windows.root(track)));
        let wanted = wanted.filter(|(_, root)| self.seat.focused() == Some(*root));
        if self.lock.held.as_ref().map(|held| (held.track, held.root)) == wanted {
            return;
        }
        self.release_lock();
        let Some((track, root)) = wanted else { return };
        let Some(view) = self.views.get(&root) else { return };
        match grab(&view.window) {
            Ok(()) => {
                view.window.set_cursor_visible(false);
                self.lock.held = Some(Held { track, root, way: (0.0, 0.0) });
            }
            Err(error) => {
                tracing::debug!(%track, %error, "this desktop does not lock the pointer");
                self.lock.wanted = None;
            }
        }
    }

    /// The mouse was moved by this much, as the desktop measures it.
    pub(super) fn on_mouse_motion(&mut self, (dx, dy): (f64, f64)) {
        let Some(held) = &mut self.lock.held else { return };
        let factor = match self.desktop {
            // X11 counts pixels.
            Desktop::X11(_) => self.views.get(&held.root).map_or(1.0, |view| view.window.scale_factor()),
            Desktop::Wayland => 1.0,
        };
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
            if let Err(error) = view.window.set_cursor_grab(CursorGrabMode::None) {
                tracing::warn!(%error, "the desktop does not let the pointer go");
            }
            self.cursor.put_on(&view.window);
        }
        if self.lock.wanted == Some(held.track) {
            self.lock.wanted = None;
            self.input(held.track, InputEvent::Leave);
        }
    }
}

/// Locks the pointer in a window; X11 can only keep it within, which does: its motion is heard all the same.
fn grab(window: &Window) -> Result<(), winit::error::ExternalError> {
    window
        .set_cursor_grab(CursorGrabMode::Locked)
        .or_else(|_| window.set_cursor_grab(CursorGrabMode::Confined))
}
