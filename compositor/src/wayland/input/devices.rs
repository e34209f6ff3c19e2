//! Handing viewers' input to apps.
//!
//! Smithay's pointer lives in one plane. Here every toplevel lies at that plane's origin and its popups
//! around it, so that a drag from a window into its menu is one movement; which surface is meant is said by
//! the track, not by the plane.

use media::{
    Axis, Button, Cause, Event, KeyCode, Logical, Modality, Position, TouchPhase, TouchPoint, TrackId,
};
use smithay::{
    backend::input::{Axis as Axes, AxisSource, ButtonState, KeyState, Keycode},
    input::{
        keyboard::FilterResult,
        pointer::{AxisFrame, ButtonEvent, MotionEvent, RelativeMotionEvent},
        touch::{DownEvent, MotionEvent as TouchMotion, UpEvent},
    },
    reexports::wayland_server::{Resource, protocol::wl_surface::WlSurface},
    utils::{Point as SmithayPoint, SERIAL_COUNTER},
    wayland::compositor::{self, SurfaceAttributes, SurfaceData, TraversalAction},
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::input::pointer_lock::Motion;
use crate::wayland::input::spare::XKB_OFFSET;
use crate::wayland::picture::layout;
use crate::wayland::windows::invited::Hand;

type Place = SmithayPoint<f64, smithay::utils::Logical>;

impl State {
    /// Runs `hand_in`, which returns the surface whose app got the input, and reports it.
    pub(in crate::wayland) fn deliver(
        &mut self,
        cause: Cause,
        hand_in: impl FnOnce(&mut State) -> Option<WlSurface>,
    ) {
        self.input.happened(cause.at);
        let receiver = hand_in(self);
        self.flush();
        if let Some(surface) = receiver {
            self.clients.caused(&surface, cause);
            self.ping_surface(&surface);
            self.outbox.source(Event::Dispatched { cause, at: clock::now() });
        }
    }

    pub(in crate::wayland) fn key(&mut self, cause: Cause, track: TrackId, key: KeyCode, pressed: bool) {
        if self.is_for_drag(key, pressed) {
            return self.flush();
        }
        self.deliver(cause, |state| {
            state.follow_focus(track);
            state.input.keys_came_last = true;
            if pressed && state.input.keymaps.spare.take_back(key.0) {
                state.install_keymap();
            }
            let receiver = state.input.keyboard_surface();
            if let Some(receiver) = receiver.as_ref().filter(|_| pressed) {
                state.pressed(receiver, Hand::Keys);
            }
            let state_of_key = if pressed { KeyState::Pressed } else { KeyState::Released };
            state.press(Keycode::new(u32::from(key.0) + XKB_OFFSET), state_of_key);
            state.input.keyboard_surface()
        });
    }

    /// Hands a key to whoever has the keyboard.
    pub(in crate::wayland) fn press(&mut self, code: Keycode, key_state: KeyState) {
        let keyboard = self.input.keyboard.clone();
        if key_state == KeyState::Pressed {
            self.key_follows();
            self.count_key(u16::try_from(code.raw().saturating_sub(XKB_OFFSET)).unwrap_or(u16::MAX));
        }
        let (serial, time) = (SERIAL_COUNTER.next_serial(), self.input.time());
        keyboard.input::<(), _>(self, code, key_state, serial, time, |_, _, _| FilterResult::Forward);
    }

    /// Input for a window moves the focus to it if the core has not said so yet.
    pub(in crate::wayland) fn follow_focus(&mut self, track: TrackId) {
        let toplevel = self.tracks.toplevel_of(track);
        if toplevel.is_some() && toplevel != self.input.focused {
            self.focus(toplevel);
        }
    }

    pub(in crate::wayland) fn motion(&mut self, cause: Cause, track: TrackId, position: Position<Logical>) {
        self.deliver(cause, |state| {
            let location = state.on_plane(track, position)?;
            let reached = state.x11_drag_reaches(Some(track));
            state.raise_x11(track);
            match state.way_to(track, location) {
                Motion::Free => {}
                // The places of buttons and wheels come with them, and usually they are where it was.
                Motion::Locked(way) if way.x == 0.0 && way.y == 0.0 => return None,
                Motion::Locked(way) => return state.push(way),
                Motion::Stopped => return None,
            }
            let under = state.surface_at(track, position);
            if reached && state.input.pointer.current_location() == location {
                // To X it has not moved, and the app would not look.
                state.move_pointer(under.clone(), location + Place::from((1.0, 0.0)));
            }
            let moved = reached || !state.rests(under.as_ref(), location);
            if moved {
                state.input.keys_came_last = false;
                // The pointer of an X11 app's drag is where it was pressed, until it moves again afterwards.
                let pressed = || state.input.pointer.grab_start_data().and_then(|start| start.focus);
                let over = match state.drags.is_in_x11() {
                    true => pressed(),
                    false => state.dragged_over(Some(track), under.clone(), location),
                };
                state.move_pointer(over, location);
                state.x11_drag_follows(under.clone(), location);
            }
            state.arrived(under);
            state.input.pointer.current_focus().filter(|_| moved)
        });
    }

    /// Moves the pointer to a place that it is not at. Who stays under it is told of the way as well, in the
    /// same frame: Xwayland takes a place without a way for one of another device than buttons and wheels
    /// come from, and what apps know of a wheel is void with each change of device.
    fn move_pointer(&mut self, under: Option<(WlSurface, Place)>, location: Place) {
        let pointer = self.input.pointer.clone();
        let way = location - pointer.current_location();
        let stays = pointer.is_grabbed()
            || pointer.current_focus().as_ref() == under.as_ref().map(|(surface, _)| surface);
        if !stays {
            self.wheel_rests();
        }
        if stays && (way.x, way.y) != (0.0, 0.0) {
            let event = RelativeMotionEvent { delta: way, delta_unaccel: way, utime: self.input.time_us() };
            pointer.relative_motion(self, under.clone(), &event);
        }
        let event = MotionEvent { location, serial: SERIAL_COUNTER.next_serial(), time: self.input.time() };
        pointer.motion(self, under, &event);
        pointer.frame(self);
    }

    /// The pointer is over no window. One with a button down stays where it was pressed until that is let go.
    pub(in crate::wayland) fn leave(&mut self) {
        let pointer = self.input.pointer.clone();
        if self.is_pressed() {
            self.x11_drag_leaves();
            return self.departed();
        }
        self.dragged_over(None, None, pointer.current_location());
        let event = MotionEvent {
            location: pointer.current_location(),
            serial: SERIAL_COUNTER.next_serial(),
            time: self.input.time(),
        };
        pointer.motion(self, None, &event);
        pointer.frame(self);
        self.departed();
        self.wheel_rests();
        self.flush();
    }

    /// An X11 app's drag is over no window. The app looks what is under it when it moves.
    fn x11_drag_leaves(&mut self) {
        if self.drags.is_in_x11() {
            self.x11_drag_reaches(None);
            let location = self.input.pointer.current_location() + Place::from((1.0, 0.0));
            self.move_pointer(None, location);
            self.arrived(None);
            self.x11_drag_follows(None, location);
            self.flush();
        }
    }

    pub(in crate::wayland) fn button(&mut self, cause: Cause, button: Button, pressed: bool) {
        self.deliver(cause, |state| {
            if pressed {
                state.brought_ends();
                state.dismiss_others_grabs();
            }
            let pointer = state.input.pointer.clone();
            let event = ButtonEvent {
                serial: SERIAL_COUNTER.next_serial(),
                time: state.input.time(),
                button: u32::from(button.0),
                state: if pressed { ButtonState::Pressed } else { ButtonState::Released },
            };
            let before = pointer.current_focus();
            if let Some(receiver) = before.as_ref().filter(|_| pressed) {
                state.pressed(receiver, Hand::Pointer);
            }
            state.wheel_rests();
            state.input.keys_came_last = false;
            pointer.button(state, &event);
            pointer.frame(state);
            state.x11_drag_released();
            if state.has_departed() && !pointer.is_grabbed() && pointer.current_focus().is_some() {
                state.leave();
            }
            before
        });
    }

    pub(in crate::wayland) fn scroll(&mut self, cause: Cause, axis: Axis) {
        self.deliver(cause, |state| {
            let pointer = state.input.pointer.clone();
            let focus = pointer.current_focus()?;
            let frame = state.count_for_x11(&focus, axis_frame(axis, state.input.time())?);
            pointer.axis(state, frame);
            pointer.frame(state);
            Some(focus)
        });
    }

    pub(in crate::wayland) fn touch(&mut self, cause: Cause, track: TrackId, points: &[TouchPoint]) {
        self.deliver(cause, |state| {
            state.wheel_rests();
            if points.iter().any(|point| point.phase == TouchPhase::Down) {
                state.brought_ends();
            }
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
        let time = self.input.time();
        let location = self.on_plane(track, point.position);
        match (point.phase, location) {
            (TouchPhase::Down, Some(location)) => {
                self.follow_focus(track);
                self.raise_x11(track);
                let under = self.surface_at(track, point.position);
                if let Some((surface, _)) = &under {
                    self.input.touched = Some(layout::root_of(surface));
                    self.pressed(surface, Hand::Pointer);
                }
                touch.down(
                    self,
                    under,
                    &DownEvent { slot, location, serial: SERIAL_COUNTER.next_serial(), time },
                );
            }
            (TouchPhase::Move, Some(location)) => {
                // Only a drag asks what is under the finger now.
                let under = self.surface_at(track, point.position);
                let under = self.dragged_over(Some(track), under, location);
                touch.motion(self, under, &TouchMotion { slot, location, time });
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
    pub(in crate::wayland) fn on_plane(&self, track: TrackId, position: Position<Logical>) -> Option<Place> {
        if !position.is_finite() || !self.tracks.shown(track) {
            return None;
        }
        let offset = self.offset_in_toplevel(track);
        Some((position.x + f64::from(offset.x), position.y + f64::from(offset.y)).into())
    }

    /// The surface at a place in a track that takes input there, and that surface's origin on the plane.
    pub(in crate::wayland) fn surface_at(
        &self,
        id: TrackId,
        position: Position<Logical>,
    ) -> Option<(WlSurface, Place)> {
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

/// Scrolled by one detent of a wheel. Apps that look at units take ten of them for a step: GTK 3, Chromium,
/// Xwayland.
const UNITS_OF_A_DETENT: f64 = 10.0;

/// What an app is told of a scroll event; `None` if nothing was scrolled.
fn axis_frame(axis: Axis, time: u32) -> Option<AxisFrame> {
    let source = match axis.modality {
        Modality::Wheel => AxisSource::Wheel,
        Modality::Finger => AxisSource::Finger,
        Modality::Continuous => AxisSource::Continuous,
    };
    let mut frame = AxisFrame::new(time).source(source);
    let directions = [(Axes::Horizontal, axis.dx, axis.detents_x), (Axes::Vertical, axis.dy, axis.detents_y)];
    for (direction, delta, detents) in directions {
        let turned = axis.modality == Modality::Wheel && detents != 0;
        let delta = if turned { f64::from(detents) / 120.0 * UNITS_OF_A_DETENT } else { delta };
        if delta.is_finite() && delta != 0.0 {
            frame = frame.value(direction, delta);
        } else if axis.modality == Modality::Finger && axis.dx == 0.0 && axis.dy == 0.0 {
            frame = frame.stop(direction);
        }
        if turned {
            frame = frame.v120(direction, detents);
        }
    }
    let happened = frame.axis != (0.0, 0.0) || frame.stop != (false, false);
    happened.then_some(frame)
}
