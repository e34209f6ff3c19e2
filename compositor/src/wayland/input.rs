//! Handing viewers' input to apps.
//!
//! Smithay's pointer lives in one plane. Here every toplevel lies at that plane's origin and its popups around it, so
//! that a drag from a window into its menu is one movement; which surface is meant is said by the track, not by the
//! plane.

use media::{
    Axis, Button, Cause, Event, KeyCode, Logical, Modality, Position, TouchPhase, TouchPoint, TrackId,
};
use smithay::{
    backend::input::{Axis as Wheel, AxisSource, ButtonState, KeyState, Keycode},
    input::{
        keyboard::FilterResult,
        pointer::{AxisFrame, ButtonEvent, MotionEvent},
        touch::{DownEvent, MotionEvent as TouchMotion, UpEvent},
    },
    reexports::wayland_server::{Resource, protocol::wl_surface::WlSurface},
    utils::{Point as SmithayPoint, SERIAL_COUNTER},
    wayland::compositor::{self, SurfaceAttributes, SurfaceData, TraversalAction},
};

use super::{State, frames::millis, layout, pointer_lock::Motion};
use crate::clock;

/// X11 and xkb count keys from here.
const XKB_OFFSET: u32 = 8;

type Place = SmithayPoint<f64, smithay::utils::Logical>;

impl State {
    /// Runs `hand_in`, which returns the surface whose app got the input, and reports it.
    pub(super) fn deliver(&mut self, cause: Cause, hand_in: impl FnOnce(&mut State) -> Option<WlSurface>) {
        let receiver = hand_in(self);
        self.flush();
        if let Some(surface) = receiver {
            self.clients.caused(&surface, cause);
            self.outbox.source(Event::Dispatched { cause, at: clock::now() });
        }
    }

    pub(super) fn key(&mut self, cause: Cause, track: TrackId, key: KeyCode, pressed: bool) {
        self.deliver(cause, |state| {
            state.follow_focus(track);
            let state_of_key = if pressed { KeyState::Pressed } else { KeyState::Released };
            state.press(Keycode::new(u32::from(key.0) + XKB_OFFSET), state_of_key);
            state.input.keyboard_surface()
        });
    }

    /// Hands a key to whoever has the keyboard.
    pub(super) fn press(&mut self, code: Keycode, key_state: KeyState) {
        let keyboard = self.input.keyboard.clone();
        self.keys_follow();
        let (serial, time) = (SERIAL_COUNTER.next_serial(), millis(clock::now()));
        keyboard.input::<(), _>(self, code, key_state, serial, time, |_, _, _| FilterResult::Forward);
    }

    /// Input for a window moves the focus to it if the core has not said so yet.
    pub(super) fn follow_focus(&mut self, track: TrackId) {
        let toplevel = self.tracks.toplevel_of(track);
        if toplevel.is_some() && toplevel != self.input.focused {
            self.focus(toplevel);
        }
    }

    pub(super) fn motion(&mut self, cause: Cause, track: TrackId, position: Position<Logical>) {
        self.deliver(cause, |state| {
            let location = state.on_plane(track, position)?;
            state.raise_x11(track);
            match state.way_to(track, location) {
                Motion::Free => {}
                // The places of buttons and wheels come with them, and usually they are where it was.
                Motion::Locked(way) if way.x == 0.0 && way.y == 0.0 => return None,
                Motion::Locked(way) => return state.push(way),
                Motion::Stopped => return None,
            }
            let under = state.surface_at(track, position);
            let event =
                MotionEvent { location, serial: SERIAL_COUNTER.next_serial(), time: millis(clock::now()) };
            let pointer = state.input.pointer.clone();
            if !state.rests(under.as_ref(), location) {
                pointer.motion(state, under.clone(), &event);
                pointer.frame(state);
            }
            state.arrived(under);
            pointer.current_focus()
        });
    }

    /// The pointer is over no window.
    pub(super) fn leave(&mut self) {
        let pointer = self.input.pointer.clone();
        let event = MotionEvent {
            location: pointer.current_location(),
            serial: SERIAL_COUNTER.next_serial(),
            time: millis(clock::now()),
        };
        pointer.motion(self, None, &event);
        pointer.frame(self);
        self.departed();
        self.flush();
    }

    pub(super) fn button(&mut self, cause: Cause, button: Button, pressed: bool) {
        self.deliver(cause, |state| {
            if pressed {
                state.dismiss_others_grabs();
            }
            let pointer = state.input.pointer.clone();
            let event = ButtonEvent {
                serial: SERIAL_COUNTER.next_serial(),
                time: millis(clock::now()),
                button: u32::from(button.0),
                state: if pressed { ButtonState::Pressed } else { ButtonState::Released },
            };
            let before = pointer.current_focus();
            pointer.button(state, &event);
            pointer.frame(state);
            before
        });
    }

    pub(super) fn scroll(&mut self, cause: Cause, axis: Axis) {
        self.deliver(cause, |state| {
            let pointer = state.input.pointer.clone();
            pointer.axis(state, axis_frame(axis));
            pointer.frame(state);
            pointer.current_focus()
        });
    }

    pub(super) fn touch(&mut self, cause: Cause, track: TrackId, points: &[TouchPoint]) {
        self.deliver(cause, |state| {
            for point in points {
                state.touch_point(track, point);
            }
            let touch = state.input.touch.clone();
            touch.frame(state);
            state.input.touched.clone()
        });
    }

    fn touch_point(&mut self, track: TrackId, point: &TouchPoint) {
        let touch = self.input.touch.clone();
        let slot = Some(point.id).into();
        let time = millis(clock::now());
        let location = self.on_plane(track, point.position);
        match (point.phase, location) {
            (TouchPhase::Down, Some(location)) => {
                self.follow_focus(track);
                self.raise_x11(track);
                let under = self.surface_at(track, point.position);
                if let Some((surface, _)) = &under {
                    self.input.touched = Some(layout::root_of(surface));
                }
                touch.down(
                    self,
                    under,
                    &DownEvent { slot, location, serial: SERIAL_COUNTER.next_serial(), time },
                );
            }
            (TouchPhase::Move, Some(location)) => {
                touch.motion(self, None, &TouchMotion { slot, location, time });
            }
            (TouchPhase::Up, _) => {
                touch.up(self, &UpEvent { slot, serial: SERIAL_COUNTER.next_serial(), time });
            }
            (TouchPhase::Cancel, _) => touch.cancel(self),
            (TouchPhase::Down | TouchPhase::Move, None) => (),
        }
    }

    /// A press on another app's window dismisses menus; one on the same app's is for that app to judge.
    fn dismiss_others_grabs(&mut self) {
        let Some(grab) = self.input.grabs.first() else { return };
        let pressed = self.input.pointer.current_focus();
        if !pressed.is_some_and(|surface| surface.id().same_client_as(&grab.wl_surface().id())) {
            self.dismiss_grabs();
        }
    }

    /// A place in a track, on the pointer's plane.
    fn on_plane(&self, track: TrackId, position: Position<Logical>) -> Option<Place> {
        if !position.is_finite() || !self.tracks.shown(track) {
            return None;
        }
        let offset = self.offset_in_toplevel(track);
        Some((position.x + f64::from(offset.x), position.y + f64::from(offset.y)).into())
    }

    /// The surface at a place in a track that takes input there, and that surface's origin on the plane.
    fn surface_at(&self, id: TrackId, position: Position<Logical>) -> Option<(WlSurface, Place)> {
        let track = self.tracks.get(id)?;
        let plane = self.offset_in_toplevel(id);
        let geometry = track.picture.geometry;
        let at = (position.x + f64::from(geometry.x), position.y + f64::from(geometry.y));
        let nodes = layout::nodes(&track.root);
        nodes.iter().rev().find_map(|node| {
            let surface = find_surface(&track.root, &node.id)?;
            let local = (at.0 - f64::from(node.rect.x), at.1 - f64::from(node.rect.y));
            let inside = local.0 >= 0.0
                && local.1 >= 0.0
                && local.0 < f64::from(node.rect.w)
                && local.1 < f64::from(node.rect.h);
            let takes = inside && compositor::with_states(&surface, |states| takes_input(states, local));
            let origin = (
                f64::from(plane.x) - f64::from(geometry.x) + f64::from(node.rect.x),
                f64::from(plane.y) - f64::from(geometry.y) + f64::from(node.rect.y),
            );
            takes.then(|| (surface, origin.into()))
        })
    }
}

fn takes_input(states: &SurfaceData, (x, y): (f64, f64)) -> bool {
    let mut guard = states.cached_state.get::<SurfaceAttributes>();
    let region = &guard.current().input_region;
    region.as_ref().is_none_or(|region| region.contains((x as i32, y as i32)))
}

fn find_surface(
    root: &WlSurface,
    id: &smithay::reexports::wayland_server::backend::ObjectId,
) -> Option<WlSurface> {
    let mut found = None;
    compositor::with_surface_tree_upward(
        root,
        (),
        |_, _, ()| TraversalAction::DoChildren(()),
        |surface, _, ()| {
            if surface.id() == *id {
                found = Some(surface.clone());
            }
        },
        |_, _, ()| true,
    );
    found
}

fn axis_frame(axis: Axis) -> AxisFrame {
    let source = match axis.modality {
        Modality::Wheel => AxisSource::Wheel,
        Modality::Finger => AxisSource::Finger,
        Modality::Continuous => AxisSource::Continuous,
    };
    let mut frame = AxisFrame::new(millis(clock::now())).source(source);
    let directions =
        [(Wheel::Horizontal, axis.dx, axis.detents_x), (Wheel::Vertical, axis.dy, axis.detents_y)];
    for (wheel, delta, detents) in directions {
        if delta.is_finite() && delta != 0.0 {
            frame = frame.value(wheel, delta);
        } else if axis.modality == Modality::Finger && axis.dx == 0.0 && axis.dy == 0.0 {
            frame = frame.stop(wheel);
        }
        if axis.modality == Modality::Wheel && detents != 0 {
            frame = frame.v120(wheel, detents);
        }
    }
    frame
}
