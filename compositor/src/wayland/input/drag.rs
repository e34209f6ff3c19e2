//! Dragging content from window to window.
//!
//! Smithay tells the apps. Where the pointer is only viewers know: while a button is down they tell of it in
//! the window where it went down, but during a drag in the window that it is over. So they are told when one
//! begins and ends, and what it looks like.

use std::time::Duration;

use media::{CursorImage, Drag, Event, KeyCode};
use smithay::{
    input::{Seat, pointer::MotionEvent},
    reexports::wayland_server::{
        Resource,
        protocol::{wl_data_source::WlDataSource, wl_surface::WlSurface},
    },
    utils::SERIAL_COUNTER,
    wayland::{
        compositor::{self, SurfaceAttributes},
        selection::data_device::{ClientDndGrabHandler, DnDGrab, ServerDndGrabHandler},
    },
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::input::cursor;
use crate::wayland::quota::pace::Pace;

const KEY_ESC: KeyCode = KeyCode(1);

/// The drag that is under way, and what was last said of it.
#[derive(Debug)]
pub(crate) struct Drags {
    now: Now,
    reported: Option<Drag>,
    pace: Pace,
    /// Esc ended a drag and is still down: no app hears of it.
    swallows: bool,
}

#[derive(Debug)]
enum Now {
    /// None.
    Nothing,
    /// A Wayland app's.
    Dragging {
        /// What is drawn at the pointer.
        icon: Option<WlSurface>,
        /// Where its corner is, from the pointer, in the surface's units.
        at: (i32, i32),
    },
}

impl Default for Drags {
    fn default() -> Self {
        Self {
            now: Now::Nothing,
            reported: None,
            pace: Pace::new(4, Duration::from_millis(16)),
            swallows: false,
        }
    }
}

impl ClientDndGrabHandler for State {
    fn started(&mut self, _source: Option<WlDataSource>, icon: Option<WlSurface>, _seat: Seat<Self>) {
        self.drags.now = Now::Dragging { icon, at: (0, 0) };
    }

    fn dropped(&mut self, _target: Option<WlSurface>, _validated: bool, _seat: Seat<Self>) {
        self.drags.now = Now::Nothing;
    }
}

impl ServerDndGrabHandler for State {}

impl State {
    /// The picture of a drag committed. Its corner moves by what it attached at.
    pub(in crate::wayland) fn drag_icon_committed(&mut self, surface: &WlSurface) {
        self.keep_small(surface);
        let moved = compositor::with_states(surface, |states| {
            states.cached_state.get::<SurfaceAttributes>().current().buffer_delta.take()
        });
        if let Now::Dragging { icon: Some(icon), at } = &mut self.drags.now
            && icon == surface
            && let Some(moved) = moved
        {
            *at = (at.0.saturating_add(moved.x), at.1.saturating_add(moved.y));
        }
    }

    /// Tells viewers that a drag began, looks otherwise, or is over.
    pub(in crate::wayland) fn report_drag(&mut self) {
        let drag = match &self.drags.now {
            Now::Nothing => None,
            Now::Dragging { icon, at } => {
                let icon = icon.as_ref().filter(|icon| icon.is_alive());
                let picture = icon.and_then(|icon| cursor::picture(icon, (-at.0, -at.1)));
                Some(Drag { picture: picture.filter(|picture| *picture != CursorImage::Hidden) })
            }
        };
        if drag == self.drags.reported {
            return;
        }
        match self.drags.pace.take(clock::now()) {
            Ok(()) => {
                self.drags.reported.clone_from(&drag);
                self.outbox.source(Event::Drag(drag));
            }
            Err(wait) => self.report_later(wait),
        }
    }

    /// Whether a key is for the drag that is under way, and for no app: Esc ends it.
    pub(in crate::wayland) fn is_for_drag(&mut self, key: KeyCode, pressed: bool) -> bool {
        if key != KEY_ESC {
            return false;
        }
        if !pressed {
            return std::mem::take(&mut self.drags.swallows);
        }
        let pointer = self.input.pointer.clone();
        if pointer.with_grab(|_, grab| grab.is::<DnDGrab<State>>()) != Some(true) {
            return self.drags.swallows;
        }
        let (serial, time) = (SERIAL_COUNTER.next_serial(), self.input.time());
        // Over nothing, nothing is dropped.
        let event = MotionEvent { location: pointer.current_location(), serial, time };
        pointer.motion(self, None, &event);
        pointer.unset_grab(self, serial, time);
        pointer.frame(self);
        self.drags.swallows = true;
        true
    }
}
