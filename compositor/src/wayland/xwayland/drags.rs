//! Drags between X11 apps and Wayland apps. Among X11 apps they go by X alone, among Wayland apps by Wayland.
//!
//! A Wayland app's drag over an X11 window is over our bridge to Wayland; the X11 app is told by
//! [`crate::x11::drag`], and what it answers the bridge does. The pointer of an X11 app's drag stays in its
//! own window, as a pressed pointer does. Over Wayland windows the app finds our net under it, and a second,
//! unseen pointer of ours drags there: a finger that touches nothing.

use std::os::fd::{AsFd, OwnedFd};

use media::{CursorImage, TrackId};
use smithay::{
    input::{
        Seat,
        touch::{GrabStartData, MotionEvent, UpEvent},
    },
    reexports::wayland_server::{
        Resource,
        protocol::{wl_data_device_manager::DndAction, wl_data_source::WlDataSource, wl_surface::WlSurface},
    },
    utils::{IsAlive, Point, SERIAL_COUNTER},
    wayland::selection::data_device::{
        ServerDndGrabHandler, SourceMetadata, start_dnd, with_source_metadata,
    },
};
use x11rb::protocol::xproto::Window;

use crate::clock;
use crate::wayland::State;
use crate::wayland::clipboard::{pipes, selection::bounded};
use crate::wayland::input::cursor;
use crate::wayland::picture::frames::millis;
use crate::x11::{
    Kind,
    drag::{
        Outcome,
        giving::{Given, Place},
        message::Action,
        taking::Taken,
    },
};

type At = Point<f64, smithay::utils::Logical>;

/// The finger that drags for X11 apps.
pub(super) const FINGER: u32 = u32::MAX;

/// What is known of drags that have one end in X11.
#[derive(Debug, Default)]
pub(in crate::wayland) struct Crossing {
    /// The Wayland app's source whose drag may be dropped in X11.
    source: Option<WlDataSource>,
    /// An X11 app's drag.
    taken: Half,
    /// The track that it is over.
    track: Option<TrackId>,
    /// The Wayland surface that it is over, with its origin.
    under: Option<(WlSurface, At)>,
    at: At,
    /// What X11 apps draw at the pointer.
    icon: Option<Icon>,
}

/// The Wayland half of an X11 app's drag.
#[derive(Debug, Default)]
enum Half {
    /// There is none.
    #[default]
    None,
    /// It is over Wayland windows.
    Over { accepted: bool, action: DndAction },
    /// It was dropped, and its target will say when it is done.
    Dropped { action: DndAction },
}

/// A window that follows the pointer.
#[derive(Debug)]
struct Icon {
    window: Window,
    surface: WlSurface,
    /// Which place of it is at the pointer.
    hotspot: (i32, i32),
    /// The same, as it was seen last: between a movement and the window's following both are apart.
    seen: (i32, i32),
}

impl Crossing {
    pub(in crate::wayland) fn is_under_way(&self) -> bool {
        self.source.is_some() || !matches!(self.taken, Half::None)
    }
}

/// Wayland apps drag over X11 apps.
impl State {
    /// A Wayland app begins to drag.
    pub(in crate::wayland) fn offer_drag_to_x11(&mut self, source: Option<&WlDataSource>) {
        let given = self.xwayland.manager().map(|x11| x11.drag_ends()).unwrap_or_default();
        self.drag_given(given);
        self.drags.crossing.source = source.cloned();
        let Some(source) = source else { return };
        let offered = with_source_metadata(source, |data| (data.mime_types.clone(), data.dnd_action));
        let (Ok((mimes, actions)), Some(x11)) = (offered, self.xwayland.manager()) else { return };
        x11.drag_begins(bounded(mimes), &named(actions));
    }

    /// A Wayland app's drag is over a surface: what stands for it, if it is one of X11.
    pub(in crate::wayland) fn drag_over(
        &mut self,
        track: Option<TrackId>,
        under: Option<(WlSurface, At)>,
        at: At,
    ) -> Option<(WlSurface, At)> {
        let Some(source) = &self.drags.crossing.source else { return under };
        let actions = with_source_metadata(source, |data| named(data.dnd_action)).unwrap_or_default();
        let window = track.filter(|_| under.is_some()).and_then(|track| self.x11_window_of(track));
        let Some(x11) = self.xwayland.manager() else { return under };
        let place = Place {
            x: on_root(at.x),
            y: on_root(at.y),
            time: millis(clock::now()),
            action: actions.first().copied().unwrap_or(Action::Copy),
        };
        let given = x11.drag_over(window, place);
        self.drag_given(given);
        let bridge = self.drags.bridge.as_ref().filter(|_| window.is_some());
        let surface = bridge.and_then(|bridge| bridge.surface(&self.display));
        match surface {
            Some(surface) => Some((surface, At::default())),
            None => under.filter(|_| window.is_none()),
        }
    }

    /// A Wayland app's drag is over: whether it was dropped well, and where.
    pub(in crate::wayland) fn drag_let_go(&mut self, target: Option<&WlSurface>, validated: bool) {
        let bridge = self.drags.bridge.as_ref().and_then(|bridge| bridge.surface(&self.display));
        let in_x11 = validated && target.is_some() && target == bridge.as_ref();
        let Some(x11) = self.xwayland.manager() else { return };
        let given = if in_x11 { x11.drag_drops() } else { x11.drag_ends() };
        self.drag_given(given);
        if !in_x11 {
            self.drags.crossing.source = None;
        }
    }

    /// An X11 app gets what a Wayland app drags, by a pipe.
    pub(super) fn dragged_for_x11(&mut self, mime: String, to: &OwnedFd) {
        if self.brought_for_x11(to) {
            return;
        }
        let source = self.drags.crossing.source.as_ref();
        if let Some(source) = source.filter(|source| source.alive()) {
            source.send(mime, to.as_fd());
        }
        self.flush();
    }

    /// Does what follows from what X11 apps said of a drag over them.
    pub(super) fn drag_given(&mut self, given: Vec<Given>) {
        for given in given {
            match given {
                Given::Answer(answer) if self.drags.brought.is_in_x11() => self.brought_answered(answer),
                Given::Answer(answer) => {
                    self.drags.bridge.iter_mut().for_each(|bridge| bridge.answer(answer));
                }
                Given::End(done) => {
                    self.brought_is_over();
                    self.drags.bridge.iter_mut().for_each(|bridge| bridge.finish(done));
                    self.drags.crossing.source = None;
                    self.xwayland.manager().into_iter().for_each(|x11| x11.offer(Kind::Drag, None));
                }
                // These are for X, and sent.
                Given::Send(..) => (),
            }
        }
    }
}

/// X11 apps drag over Wayland apps.
impl State {
    /// An X11 app begins to drag, if a button is down in one of its windows.
    pub(super) fn x11_drags(&mut self) {
        let pressed = self.input.pointer.grab_start_data().and_then(|start| start.focus);
        let is_own = pressed.is_some_and(|(surface, _)| surface.client().as_ref() == self.xwayland.client());
        if is_own && self.is_pressed() && !self.drags.is_in_x11() {
            self.half_ends();
            self.drags.begins_in_x11();
        }
    }

    /// The pointer comes to a track: an X11 app that drags finds X11 windows there, or our net. Whether one
    /// drags and it is another track.
    pub(in crate::wayland) fn x11_drag_reaches(&mut self, track: Option<TrackId>) -> bool {
        let in_x11 = track.is_some_and(|track| self.x11_window_of(track).is_some());
        let drags = self.drags.is_in_x11();
        if let Some(x11) = self.xwayland.manager().filter(|_| drags || in_x11) {
            x11.spread_net(!in_x11);
        }
        let before = std::mem::replace(&mut self.drags.crossing.track, track);
        drags && before != track
    }

    /// An X11 app's drag is over this surface, or over none.
    pub(in crate::wayland) fn x11_drag_follows(&mut self, under: Option<(WlSurface, At)>, at: At) {
        if !self.drags.is_in_x11() {
            return;
        }
        let under = under.filter(|(surface, _)| surface.client().as_ref() != self.xwayland.client());
        let surface = |under: &Option<(WlSurface, At)>| under.as_ref().map(|(surface, _)| surface.clone());
        let moved = surface(&under) != surface(&self.drags.crossing.under);
        (self.drags.crossing.under, self.drags.crossing.at) = (under, at);
        if let Half::Over { accepted, action } = &mut self.drags.crossing.taken {
            if moved {
                // Each app is asked anew.
                (*accepted, *action) = (true, DndAction::None);
                self.half_answers();
            }
            self.half_moves();
        }
    }

    /// An X11 app that drags over our net brings these types.
    pub(super) fn x11_drag_brings(&mut self, mime_types: Vec<String>) {
        self.half_ends();
        self.brought_ends();
        self.drags.brought.is_done();
        let Some(x11) = self.xwayland.manager() else { return };
        let dnd_action = x11.drag_actions().into_iter().fold(DndAction::Copy, |all, one| all | flag(one));
        let start =
            GrabStartData { focus: None, slot: Some(FINGER).into(), location: self.drags.crossing.at };
        let metadata = SourceMetadata { mime_types, dnd_action };
        let (display, seat) = (self.display.clone(), self.input.seat.clone());
        self.drags.crossing.taken = Half::Over { accepted: true, action: DndAction::None };
        start_dnd(&display, &seat, self, SERIAL_COUNTER.next_serial(), None, Some(start), metadata);
        self.half_moves();
        self.flush();
    }

    /// A button went up or down: no X11 app drags any more. What became of its drag it says.
    pub(in crate::wayland) fn x11_drag_released(&mut self) {
        if self.drags.is_in_x11() && !self.is_pressed() {
            self.drags.ends();
        }
    }

    /// An X11 app drags no more, or has nothing to drag any more.
    pub(super) fn x11_drag_over(&mut self) {
        if self.drags.is_in_x11() {
            self.drags.ends();
        }
        if matches!(self.drags.crossing.taken, Half::Over { .. }) {
            self.half_ends();
        }
    }

    /// A window of X11 is gone.
    pub(super) fn x11_drag_loses(&mut self, id: Window) {
        let outcomes = self.xwayland.manager().map(|x11| x11.drag_gone(id)).unwrap_or_default();
        self.drag_goes_on(outcomes);
    }

    /// Xwayland is gone.
    pub(super) fn forget_x11_drags(&mut self) {
        let given = self.xwayland.manager().map(|x11| x11.drag_ends()).unwrap_or_default();
        self.drag_given(given);
        self.x11_drag_over();
        self.half_ends();
        self.drags.crossing = Crossing::default();
    }

    /// Does what follows from a message of a drag.
    pub(super) fn drag_goes_on(&mut self, outcomes: Vec<Outcome>) {
        for outcome in outcomes {
            match outcome {
                Outcome::Given(given) => self.drag_given(vec![given]),
                Outcome::Taken(Taken::Left) => self.half_ends(),
                Outcome::Taken(Taken::Dropped) => self.half_drops(),
                // These are for X, and sent or asked.
                Outcome::Taken(Taken::Send(..) | Taken::Came { .. }) => (),
            }
        }
    }

    fn half_moves(&mut self) {
        let Crossing { under, at: location, .. } = &self.drags.crossing;
        let event =
            MotionEvent { slot: Some(FINGER).into(), location: *location, time: millis(clock::now()) };
        let under = under.clone();
        let touch = self.input.touch.clone();
        touch.motion(self, under, &event);
    }

    /// Whoever is under an X11 app's drag would take it, or would not.
    fn half_answers(&mut self) {
        let Half::Over { accepted, action } = self.drags.crossing.taken else { return };
        let answer = named(action).first().copied().filter(|_| accepted);
        if let Some(x11) = self.xwayland.manager() {
            x11.drag_answered(answer);
        }
    }

    fn half_drops(&mut self) {
        let Half::Over { action, .. } = self.drags.crossing.taken else { return };
        self.drags.crossing.taken = Half::Dropped { action };
        let (serial, time) = (SERIAL_COUNTER.next_serial(), millis(clock::now()));
        let touch = self.input.touch.clone();
        touch.up(self, &UpEvent { slot: Some(FINGER).into(), serial, time });
        self.flush();
    }

    /// What is left of the Wayland half of a drag ends without a drop.
    fn half_ends(&mut self) {
        match std::mem::take(&mut self.drags.crossing.taken) {
            Half::None => (),
            Half::Over { .. } => {
                self.drags.crossing.under = None;
                self.half_moves();
                let touch = self.input.touch.clone();
                touch.unset_grab(self);
                self.flush();
            }
            Half::Dropped { .. } => self.half_finished(None),
        }
    }

    fn half_finished(&mut self, action: Option<Action>) {
        self.drags.crossing.taken = Half::None;
        if let Some(x11) = self.xwayland.manager() {
            x11.drag_finished(action);
        }
    }
}

/// What Wayland apps say of an X11 app's drag. Smithay calls these while it holds seat and pointer.
impl ServerDndGrabHandler for State {
    fn accept(&mut self, mime_type: Option<String>, _seat: Seat<Self>) {
        self.drags.brought.accepted(mime_type.is_some());
        if let Half::Over { accepted, .. } = &mut self.drags.crossing.taken {
            *accepted = mime_type.is_some();
            self.half_answers();
        }
    }

    fn action(&mut self, action: DndAction, _seat: Seat<Self>) {
        self.drags.brought.action_is(action);
        match &mut self.drags.crossing.taken {
            Half::None => (),
            Half::Over { action: now, .. } => {
                *now = action;
                self.half_answers();
            }
            Half::Dropped { action: now } => *now = action,
        }
    }

    fn cancelled(&mut self, _seat: Seat<Self>) {
        self.drags.brought.is_done();
        if matches!(self.drags.crossing.taken, Half::Dropped { .. }) {
            self.half_finished(None);
        }
    }

    fn send(&mut self, mime_type: String, fd: OwnedFd, _seat: Seat<Self>) {
        if let Some(list) = self.drags.brought.list_for_wayland() {
            return pipes::write(&self.events, fd, list);
        }
        self.x11_content_into(Kind::Drag, &mime_type, fd);
    }

    fn finished(&mut self, _seat: Seat<Self>) {
        self.drags.brought.is_done();
        if let Half::Dropped { action } = self.drags.crossing.taken {
            self.half_finished(Some(named(action).first().copied().unwrap_or(Action::Copy)));
        }
    }
}

/// What X11 apps draw at the pointer.
impl State {
    /// A window is shown that follows the pointer: viewers draw it there, as nothing else is as quick.
    pub(super) fn x11_drag_shows(&mut self, window: Window, surface: WlSurface) {
        let Some(hotspot) = self.pointed_in_x11(window) else { return };
        self.drags.crossing.icon = Some(Icon { window, surface, hotspot, seen: hotspot });
    }

    /// It is elsewhere.
    pub(super) fn x11_drag_icon_moved(&mut self, id: Window) {
        let Some(seen) = self.pointed_in_x11(id) else { return };
        let Some(icon) = self.drags.crossing.icon.as_mut().filter(|icon| icon.window == id) else { return };
        if std::mem::replace(&mut icon.seen, seen) == seen {
            icon.hotspot = seen;
        }
    }

    /// How it looks.
    pub(in crate::wayland) fn x11_drag_picture(&self) -> Option<CursorImage> {
        let icon = self.drags.crossing.icon.as_ref().filter(|icon| icon.surface.alive())?;
        cursor::picture(&icon.surface, icon.hotspot)
    }

    /// Where in a window the pointer is, wherever that is.
    fn pointed_in_x11(&self, id: Window) -> Option<(i32, i32)> {
        let rect = self.xwayland.running()?.windows.get(id)?.rect;
        let at = self.input.pointer.current_location();
        Some((at.x as i32 - rect.x, at.y as i32 - rect.y))
    }
}

fn on_root(n: f64) -> i16 {
    // As far as the root goes.
    n.clamp(0.0, f64::from(i16::MAX)) as i16
}

fn named(actions: DndAction) -> Vec<Action> {
    let all =
        [(DndAction::Copy, Action::Copy), (DndAction::Move, Action::Move), (DndAction::Ask, Action::Ask)];
    all.into_iter().filter(|(flag, _)| actions.contains(*flag)).map(|(_, action)| action).collect()
}

fn flag(action: Action) -> DndAction {
    match action {
        Action::Copy => DndAction::Copy,
        Action::Move => DndAction::Move,
        Action::Ask => DndAction::Ask,
    }
}
