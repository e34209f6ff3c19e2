//! Dragging content from window to window.
//!
//! Smithay tells the apps. Where the pointer is only viewers know: while a button is down they tell of it in
//! the window where it went down, but during a drag in the window that it is over. So they are told when one
//! begins and ends, and what it looks like.

use std::time::Duration;

use media::{CursorImage, Drag, Event, KeyCode, TrackId};
use smithay::{
    input::{Seat, pointer::MotionEvent},
    reexports::wayland_server::{
        Resource,
        protocol::{wl_data_source::WlDataSource, wl_surface::WlSurface},
    },
    utils::{Point as SmithayPoint, SERIAL_COUNTER},
    wayland::{
        compositor::{self, SurfaceAttributes},
        selection::data_device::{ClientDndGrabHandler, DnDGrab},
    },
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::input::cursor;
use crate::wayland::quota::pace::Pace;
use crate::wayland::xwayland::{bridge::Bridge, brought::Brought, drags::Crossing};

type Place = SmithayPoint<f64, smithay::utils::Logical>;

const KEY_ESC: KeyCode = KeyCode(1);

/// The drag that is under way, and what was last said of it.
#[derive(Debug)]
pub(crate) struct Drags {
    now: Now,
    reported: Option<Drag>,
    pace: Pace,
    /// Drags with one end in X11, and what stands for X11 apps in drags of Wayland apps.
    pub(in crate::wayland) crossing: Crossing,
    pub(in crate::wayland) bridge: Option<Bridge>,
    /// Esc ended a drag and is still down: no app hears of it.
    swallows: bool,
    /// Files that viewers dropped onto windows.
    pub(in crate::wayland) brought: Brought,
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
    /// An X11 app's.
    X11,
}

impl Default for Drags {
    fn default() -> Self {
        Self {
            now: Now::Nothing,
            reported: None,
            pace: Pace::new(4, Duration::from_millis(16)),
            crossing: Crossing::default(),
            bridge: None,
            swallows: false,
            brought: Brought::default(),
        }
    }
}

impl ClientDndGrabHandler for State {
    fn started(&mut self, source: Option<WlDataSource>, icon: Option<WlSurface>, _seat: Seat<Self>) {
        self.offer_drag_to_x11(source.as_ref());
        self.drags.now = Now::Dragging { icon, at: (0, 0) };
    }

    fn dropped(&mut self, target: Option<WlSurface>, validated: bool, _seat: Seat<Self>) {
        self.drag_let_go(target.as_ref(), validated);
        self.drags.now = Now::Nothing;
    }
}

impl Drags {
    /// An X11 app drags.
    pub(in crate::wayland) fn begins_in_x11(&mut self) {
        self.now = Now::X11;
    }

    /// Whether an X11 app drags.
    pub(in crate::wayland) fn is_in_x11(&self) -> bool {
        matches!(self.now, Now::X11)
    }

    /// Nobody drags any more.
    pub(in crate::wayland) fn ends(&mut self) {
        self.now = Now::Nothing;
    }

    /// Whether any app drags.
    pub(in crate::wayland) fn is_under_way(&self) -> bool {
        !matches!(self.now, Now::Nothing) || self.crossing.is_under_way()
    }

    fn is_on_wayland(&self) -> bool {
        matches!(self.now, Now::Dragging { .. })
    }
}

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

    /// What a Wayland app's drag is over at this place in a track, if one is under way.
    pub(in crate::wayland) fn dragged_over(
        &mut self,
        track: Option<TrackId>,
        under: Option<(WlSurface, Place)>,
        location: Place,
    ) -> Option<(WlSurface, Place)> {
        if self.drags.is_on_wayland() { self.drag_over(track, under, location) } else { under }
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
            Now::X11 => Some(Drag { picture: self.x11_drag_picture() }),
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
        if self.drags.is_in_x11() {
            // Its app has the keyboard and ends it.
            self.drags.ends();
            return false;
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
