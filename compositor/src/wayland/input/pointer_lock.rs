//! pointer-constraints and relative-pointer: apps that want all of the pointer's motion, or keep it in a
//! region.
//!
//! A constraint is active while its surface has the pointer and its window the keyboard. A viewer whose
//! pointer is locked sends the motion itself; one that cannot lock it still sends places, and the app gets
//! the way between them.

use std::time::Duration;

use media::{Cause, Event, TrackId};
use smithay::{
    input::pointer::{ClickGrab, PointerHandle, RelativeMotionEvent},
    reexports::wayland_server::protocol::wl_surface::WlSurface,
    utils::{IsAlive, Logical, Point},
    wayland::pointer_constraints::{PointerConstraint, PointerConstraintsHandler, with_pointer_constraint},
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::picture::layout;
use crate::wayland::quota::pace::Pace;

type Place = Point<f64, Logical>;

/// Where the pointer is and what holds it.
#[derive(Debug)]
pub(crate) struct Lock {
    /// What is under the pointer, with its origin on the pointer's plane.
    under: Option<(WlSurface, Place)>,
    /// Where the viewers' pointer is on that plane, also while the apps' is locked.
    at: Option<(TrackId, Place)>,
    /// Where on that plane the app that has the pointer believes it to be; `None` where it has moved on by
    /// itself.
    told: Option<Place>,
    /// What the session core was told.
    reported: Option<TrackId>,
    pace: Pace,
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            under: None,
            at: None,
            told: None,
            reported: None,
            pace: Pace::new(8, Duration::from_millis(16)),
        }
    }
}

/// What becomes of a motion to a place.
pub(in crate::wayland) enum Motion {
    /// The pointer goes there.
    Free,
    /// The pointer is locked, and was moved by this much.
    Locked(Place),
    /// The pointer would leave the region that it is confined to.
    Stopped,
}

/// What a constraint does while it is active.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    None,
    Locked,
    Confined,
}

impl State {
    /// What an app's constraint makes of the pointer's way to a place in a window.
    pub(in crate::wayland) fn way_to(&mut self, track: TrackId, to: Place) -> Motion {
        let before = self.input.lock.at.replace((track, to));
        let Some((surface, origin)) = self.under() else { return Motion::Free };
        // Over another window the viewer shows that it holds its pointer nowhere.
        let (Some((_, from)), true) = (before, self.track_under(&surface) == Some(track)) else {
            return Motion::Free;
        };
        match self.hold_of(&surface) {
            Hold::None => Motion::Free,
            Hold::Locked => Motion::Locked(to - from),
            Hold::Confined if self.is_allowed(&surface, to - origin) => Motion::Free,
            Hold::Confined => Motion::Stopped,
        }
    }

    /// Whether the pointer is at this place already, over this surface. Buttons and wheels name their places,
    /// and no mouse moves without moving: apps take a motion with a button down for the beginning of a drag,
    /// and more of the kind.
    pub(in crate::wayland) fn rests(&self, under: Option<&(WlSurface, Place)>, location: Place) -> bool {
        let (lock, focus) = (&self.input.lock, self.input.pointer.current_focus());
        // What is under a pressed pointer gets nothing of it; once it is let go, the pointer is still where
        // it was pressed.
        let has_it = lock.under.as_ref() == under && focus.as_ref() == under.map(|(surface, _)| surface);
        lock.told == Some(location) && (self.is_pressed() || has_it)
    }

    /// The pointer has gone to a place: constraints there become active.
    pub(in crate::wayland) fn arrived(&mut self, under: Option<(WlSurface, Place)>) {
        // A pressed button keeps the pointer where it went down.
        let focus = self.input.pointer.current_focus();
        self.input.lock.told = Some(self.input.pointer.current_location());
        if focus.is_none() || under.as_ref().map(|(surface, _)| surface) == focus.as_ref() {
            self.input.lock.under = under;
        }
        self.constrain();
    }

    /// Whether a button that is down keeps the pointer where it was pressed.
    pub(in crate::wayland) fn is_pressed(&self) -> bool {
        self.input.pointer.with_grab(|_, grab| grab.is::<ClickGrab<State>>()) == Some(true)
    }

    /// Whether the viewers' pointer is over no window.
    pub(in crate::wayland) fn has_departed(&self) -> bool {
        self.input.lock.at.is_none()
    }

    /// The pointer has left all windows. To the app where it is pressed it has not.
    pub(in crate::wayland) fn departed(&mut self) {
        let is_pressed = self.is_pressed();
        let lock = &mut self.input.lock;
        lock.at = None;
        if !is_pressed {
            (lock.under, lock.told) = (None, None);
        }
    }

    /// Makes the constraint under the pointer active, if it may be.
    pub(in crate::wayland) fn constrain(&mut self) {
        let Some((surface, origin)) = self.under() else { return };
        let pointer = self.input.pointer.clone();
        let window = self.track_under(&surface).and_then(|id| self.tracks.toplevel_of(id));
        let has_keyboard = window.is_some() && window == self.input.focused;
        if !has_keyboard || pointer.current_focus().as_ref() != Some(&surface) {
            return;
        }
        if self.is_allowed(&surface, pointer.current_location() - origin) {
            with_pointer_constraint(&surface, &pointer, |constraint| {
                if let Some(constraint) = constraint.filter(|constraint| !constraint.is_active()) {
                    constraint.activate();
                }
            });
        }
    }

    /// The keyboard goes to another window: what held the pointer lets it go.
    pub(in crate::wayland) fn release_pointer(&mut self) {
        let Some((surface, _)) = self.under() else { return };
        with_pointer_constraint(&surface, &self.input.pointer, |constraint| {
            if let Some(constraint) = constraint.filter(|constraint| constraint.is_active()) {
                constraint.deactivate();
            }
        });
    }

    /// A viewer moved its locked pointer.
    pub(in crate::wayland) fn relative_motion(&mut self, cause: Cause, track: TrackId, (dx, dy): (f64, f64)) {
        if dx.is_finite() && dy.is_finite() && self.locked() == Some(track) {
            self.deliver(cause, |state| state.push((dx, dy).into()));
        }
    }

    /// Tells the app that has locked the pointer by how much it was moved; which surface that is.
    pub(in crate::wayland) fn push(&mut self, way: Place) -> Option<WlSurface> {
        if (way.x, way.y) == (0.0, 0.0) {
            return None;
        }
        self.input.lock.told = None;
        let under = self.under();
        let pointer = self.input.pointer.clone();
        let event = RelativeMotionEvent { delta: way, delta_unaccel: way, utime: self.input.time_us() };
        pointer.relative_motion(self, under, &event);
        pointer.frame(self);
        pointer.current_focus()
    }

    /// Tells the session core which window has locked the pointer, if that has changed.
    pub(in crate::wayland) fn report_pointer_lock(&mut self) {
        let locked = self.locked().filter(|track| self.tracks.shown(*track));
        if self.input.lock.reported == locked {
            return;
        }
        match self.input.lock.pace.take(clock::now()) {
            Ok(()) => {
                self.input.lock.reported = locked;
                self.outbox.source(Event::PointerLock(locked));
            }
            Err(wait) => self.report_later(wait),
        }
    }

    /// The window that has locked the pointer.
    fn locked(&self) -> Option<TrackId> {
        let surface = self.input.pointer.current_focus().filter(|surface| surface.alive())?;
        if self.hold_of(&surface) == Hold::Locked { self.track_under(&surface) } else { None }
    }

    fn under(&self) -> Option<(WlSurface, Place)> {
        self.input.lock.under.clone().filter(|(surface, _)| surface.alive())
    }

    fn track_under(&self, surface: &WlSurface) -> Option<TrackId> {
        self.tracks.of_surface(&layout::root_of(surface))
    }

    fn hold_of(&self, surface: &WlSurface) -> Hold {
        with_pointer_constraint(surface, &self.input.pointer, |constraint| {
            match constraint.filter(|constraint| constraint.is_active()).as_deref() {
                Some(PointerConstraint::Locked(_)) => Hold::Locked,
                Some(PointerConstraint::Confined(_)) => Hold::Confined,
                None => Hold::None,
            }
        })
    }

    /// Whether a place on a surface lies in the region of its constraint.
    fn is_allowed(&self, surface: &WlSurface, at: Place) -> bool {
        with_pointer_constraint(surface, &self.input.pointer, |constraint| {
            constraint.is_some_and(|constraint| {
                constraint.region().is_none_or(|region| region.contains(at.to_i32_floor()))
            })
        })
    }
}

impl PointerConstraintsHandler for State {
    fn new_constraint(&mut self, _: &WlSurface, _: &PointerHandle<Self>) {
        self.constrain();
    }

    fn cursor_position_hint(&mut self, _: &WlSurface, _: &PointerHandle<Self>, _: Place) {
        // The pointer will be where the viewer's user has it, not where the app would.
    }
}
