//! The user's hands: from the window system's events to the session's input.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are winit's"))]

use std::{collections::BTreeSet, time::Instant};

use media::{Button, Locks, Logical, Position, Size, TrackId, WindowGrab, WindowKind};
use protocol::input::InputEvent;
use winit::{
    dpi::PhysicalPosition,
    event::{DeviceEvent, ElementState, KeyEvent, MouseButton, Touch, WindowEvent},
    window::{ResizeDirection, Window},
};

use super::{cursor::Cursor, desk::Desk, face::Face, geometry, wishes::Local};
use crate::{
    input::{
        edges, keyboard,
        locks::LockKeys,
        pointer::{self, Wheel},
        touch::Fingers,
    },
    link::Command,
};

/// Where the user's hands are.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    /// The window that has the keyboard, as the host knows it.
    focused: Option<TrackId>,
    /// What it will be when all events of this moment are through: a change from one of our windows to
    /// another comes as a loss and a gain.
    focusing: Option<TrackId>,
    /// The keyboard's locks.
    pub(super) locks: LockKeys,
    /// Shift is held, as the desktop says.
    shift: bool,
    /// The track that the pointer is in, and where.
    pointer: Option<(TrackId, Position<Logical>)>,
    /// The local window that the pointer is in.
    hovered: Option<TrackId>,
    /// Buttons that went down in the session and are not up yet.
    pressed: BTreeSet<Button>,
    /// The edge of a window that the pointer is on, to resize it; the app does not see the pointer there.
    edge: Option<ResizeDirection>,
    wheel: Wheel,
    fingers: Fingers,
    /// Windows that nobody can see.
    hidden: BTreeSet<TrackId>,
}

impl Seat {
    /// The window that has the keyboard.
    pub(crate) fn focused(&self) -> Option<TrackId> {
        self.focused
    }

    /// The track that the pointer is in, and where.
    pub(crate) fn pointer(&self) -> Option<(TrackId, Position<Logical>)> {
        self.pointer
    }

    /// No button is down any more: those that were.
    pub(crate) fn let_go(&mut self) -> BTreeSet<Button> {
        std::mem::take(&mut self.pressed)
    }

    /// A window is gone.
    pub(crate) fn forget(&mut self, track: TrackId) {
        let keep = |held: &mut Option<TrackId>| *held = held.filter(|&held| held != track);
        keep(&mut self.focused);
        keep(&mut self.focusing);
        keep(&mut self.hovered);
        self.pointer = self.pointer.filter(|(pointed, _)| *pointed != track);
        self.hidden.remove(&track);
    }
}

impl Desk {
    /// An event of a track's local window.
    pub(super) fn on_window_event(&mut self, track: TrackId, event: WindowEvent) {
        match event {
            WindowEvent::Resized(size) => self.on_resized(track, Size::new(size.width, size.height)),
            WindowEvent::ScaleFactorChanged { .. } => self.on_local_change(track),
            WindowEvent::Moved(_) => self.place_popups_of(track),
            WindowEvent::RedrawRequested => {
                if let Some(view) = self.views.get_mut(&track) {
                    view.invalidate();
                }
                self.set_visible(track, true);
            }
            WindowEvent::Occluded(hidden) => self.set_visible(track, !hidden),
            WindowEvent::CloseRequested => self.ask_to_close(track),
            WindowEvent::Focused(true) => self.seat.focusing = Some(track),
            WindowEvent::Focused(false) => self.on_unfocused(track),
            WindowEvent::KeyboardInput { event, is_synthetic, .. } => self.on_key(&event, is_synthetic),
            WindowEvent::ModifiersChanged(held) => self.seat.shift = held.state().shift_key(),
            WindowEvent::CursorEntered { .. } => self.seat.hovered = Some(track),
            // A locked pointer is in no place, whatever the desktop says.
            WindowEvent::CursorLeft { .. } if self.lock.is_held() => {}
            WindowEvent::CursorMoved { position, .. } if self.lock.is_held() => {
                self.on_leash(track, position)
            }
            WindowEvent::CursorLeft { .. } => self.on_pointer_left(track),
            WindowEvent::CursorMoved { position, .. } => self.on_pointer_moved(track, position),
            WindowEvent::MouseInput { state, button, .. } => self.on_button(button, state),
            WindowEvent::MouseWheel { delta, phase, .. } => {
                let turn = self.seat.wheel.is_turn(delta);
                let Some((pointed, position)) = self.seat.pointer.filter(|_| turn) else { return };
                let axis = pointer::axis(delta, phase, self.scale_of(track));
                self.input(pointed, InputEvent::Scroll { position, axis });
            }
            WindowEvent::Touch(touch) => self.on_touch(track, touch),
            WindowEvent::Ime(told) => self.on_ime(told),
            WindowEvent::Destroyed => self.on_taken_down(track),
            _ => {}
        }
    }

    /// What no window hears: motion of a locked pointer, and presses that reach none of our windows, by which
    /// what is open on top of others closes, as everywhere.
    pub(super) fn on_device_event(&mut self, event: &DeviceEvent) {
        if let DeviceEvent::MouseMotion { delta } = event {
            return self.on_mouse_motion(*delta);
        }
        let DeviceEvent::Button { button, state } = event else { return };
        let pressed = *state == ElementState::Pressed;
        self.seat.wheel.on_button(*button, pressed);
        if pressed && self.seat.hovered.is_none() {
            self.dismiss_popups();
        }
    }

    /// Tells the host which window has the keyboard, when all events of this moment are through.
    pub(super) fn settle_focus(&mut self) {
        let (from, to) = (self.seat.focused, self.seat.focusing);
        if from == to {
            return;
        }
        self.link.send(Command::ReleaseAll);
        self.seat.fingers.clear();
        self.seat.pressed.clear();
        self.seat.locks.let_go();
        if to.is_none_or(|track| self.windows.is_outside_popups(track)) {
            self.dismiss_popups();
        }
        self.link.send(Command::Focus(to));
        self.seat.focused = to;
        self.settle_ime();
        self.settle_lock();
    }

    /// Asks the host for what the desktop made of a window.
    pub(super) fn on_local_change(&mut self, track: TrackId) {
        let (Some(view), Some(remote)) = (self.views.get(&track), self.windows.get(track)) else { return };
        let Some(window) = view.face.window() else { return };
        // What the desktop makes of a window while another viewer lays it out is no wish.
        if remote.kind == WindowKind::Popup || view.size().is_empty() || !self.seat_held {
            return;
        }
        let scale = view.scale();
        let local = Local {
            size: geometry::to_logical(view.size(), scale),
            scale,
            maximized: window.is_maximized(),
            fullscreen: window.fullscreen().is_some(),
        };
        if let Some(configure) = self.wishes.changed(remote, local, Instant::now()) {
            self.link.send(Command::Configure { track, configure });
        }
    }

    fn on_resized(&mut self, track: TrackId, size: Size<media::Pixels>) {
        let Some(view) = self.views.get_mut(&track) else { return };
        if let Err(error) = view.resize(size) {
            tracing::warn!(%track, %error, "a window could not be resized");
        }
        self.on_local_change(track);
    }

    fn set_visible(&mut self, track: TrackId, visible: bool) {
        let news = if visible { self.seat.hidden.remove(&track) } else { self.seat.hidden.insert(track) };
        if news {
            self.link.send(Command::Visible { track, visible });
        }
    }

    fn on_unfocused(&mut self, track: TrackId) {
        if self.seat.focusing == Some(track) {
            self.seat.focusing = None;
        }
        // Minimising takes the focus, and no desktop tells otherwise that a window is minimised.
        if self.window(track).and_then(Window::is_minimized) == Some(true) {
            self.set_visible(track, false);
        }
    }

    fn on_key(&mut self, event: &KeyEvent, made_up: bool) {
        // A made-up press comes with the focus that it belongs to.
        self.settle_focus();
        if let (Some(track), Some((key, pressed))) = (self.seat.focused, keyboard::key(event, made_up)) {
            let shown = pressed.then(|| self.seat.locks.shows(key, self.seat.shift, &keyboard::typed(event)));
            self.tell_locks(shown.flatten());
            self.input(track, InputEvent::Key { key, pressed });
            let turned = self.seat.locks.turns(key, pressed);
            self.tell_locks(turned);
        }
    }

    fn tell_locks(&mut self, news: Option<Locks>) {
        if let Some(locks) = news {
            self.link.send(Command::Locks(locks));
        }
    }

    fn on_pointer_moved(&mut self, window: TrackId, at: PhysicalPosition<f64>) {
        let position = self.placement(window).position(at.x, at.y);
        let (track, position) = self.windows.under(window, position);
        if self.on_edge(track, position) {
            return;
        }
        self.seat.pointer = Some((track, position));
        self.input(track, InputEvent::Motion { position });
    }

    /// Whether the pointer is on an edge that can be dragged. A drag within the app goes on over it.
    fn on_edge(&mut self, track: TrackId, position: Position<Logical>) -> bool {
        let edge = match self.windows.get(track) {
            Some(remote) if self.seat.pressed.is_empty() => edges::under(remote, position),
            _ => None,
        };
        if edge != self.seat.edge {
            self.seat.edge = edge;
            if let Some(view) = self.views.get(&track) {
                match edge {
                    Some(edge) => Cursor::Icon(edges::cursor(edge)).put_on(&view.face),
                    None => self.cursor.put_on(&view.face),
                }
            }
        }
        if edge.is_some()
            && let Some((left, _)) = self.seat.pointer.take()
        {
            self.input(left, InputEvent::Leave);
        }
        edge.is_some()
    }

    fn on_pointer_left(&mut self, window: TrackId) {
        if self.seat.hovered != Some(window) {
            return;
        }
        self.seat.hovered = None;
        if self.seat.edge.take().is_some()
            && let Some(view) = self.views.get(&window)
        {
            self.cursor.put_on(&view.face);
        }
        if let Some((track, _)) = self.seat.pointer.take() {
            self.input(track, InputEvent::Leave);
        }
    }

    fn on_button(&mut self, button: MouseButton, state: ElementState) {
        let pressed = state == ElementState::Pressed;
        if let (Some(edge), Some(window), true) = (self.seat.edge, self.seat.hovered, pressed) {
            return self.drag_edge(window, edge, button);
        }
        let (Some((track, position)), Some(button)) = (self.seat.pointer, pointer::button(button)) else {
            return;
        };
        if pressed {
            self.seat.pressed.insert(button);
        } else {
            self.seat.pressed.remove(&button);
        }
        if pressed && self.windows.is_outside_popups(track) {
            self.dismiss_popups();
        }
        self.input(track, InputEvent::Button { position, button, pressed });
    }

    /// The app wants the desktop to go on with a drag of the title bar or border that it draws.
    pub(super) fn on_grabbed(&mut self, track: TrackId, grab: WindowGrab) {
        // The word of it took a round trip: a button that is up again meanwhile would leave the window at the
        // pointer.
        let held = self.seat.pressed.contains(&Button::LEFT);
        let Some(Face::Window(window)) =
            self.views.get(&track).filter(|_| held).map(|view| view.face.clone())
        else {
            return;
        };
        // From here on the desktop hears the pointer, also the release.
        self.seat.pressed.clear();
        let taken = match edges::of(grab) {
            None => window.drag_window(),
            Some(edge) => window.drag_resize_window(edge),
        };
        if let Err(error) = taken {
            tracing::debug!(%track, %error, "this desktop does not take a drag over");
        }
    }

    /// The desktop resizes the window from now on.
    fn drag_edge(&self, window: TrackId, edge: ResizeDirection, button: MouseButton) {
        let window = self.window(window).filter(|_| button == MouseButton::Left);
        if let Some(Err(error)) = window.map(|window| window.drag_resize_window(edge)) {
            tracing::debug!(%error, "this desktop resizes no windows by their edges");
        }
    }

    fn on_touch(&mut self, window: TrackId, touch: Touch) {
        let place = self.placement(window).position(touch.location.x, touch.location.y);
        // A finger belongs to the track on which it came down, wherever it moves.
        let (track, position) = match self.seat.fingers.track(touch.id) {
            Some(track) => (track, self.windows.within(window, track, place)),
            None => self.windows.under(window, place),
        };
        if let Some(point) = self.seat.fingers.change(touch.id, touch.phase, track, position) {
            if point.phase == media::TouchPhase::Down && self.windows.is_outside_popups(track) {
                self.dismiss_popups();
            }
            self.input(track, InputEvent::Touch { points: vec![point] });
        }
    }

    fn dismiss_popups(&self) {
        if self.windows.popups().next().is_some() {
            self.link.send(Command::DismissPopups);
        }
    }

    fn scale_of(&self, track: TrackId) -> media::Scale {
        self.views.get(&track).map_or(media::Scale::ONE, |view| view.scale())
    }

    pub(super) fn input(&self, track: TrackId, event: InputEvent) {
        self.link.send(Command::Input { at: clock::now(), track, event });
    }
}
