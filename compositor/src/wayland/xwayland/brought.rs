//! Files that viewers dropped onto windows: their apps are offered them as if a pointer had brought them.
//!
//! A finger that touches nothing carries them into Wayland apps, as it does for X11 apps that drag. The drop
//! comes when the app has said that it takes them; if it never does, the next press or drop ends that. The
//! files stand in the session whatever becomes of it.

use std::{collections::VecDeque, os::fd::OwnedFd};

use bytes::Bytes;
use media::{Logical, Position, TrackId};
use smithay::{
    input::touch::{GrabStartData, MotionEvent, UpEvent},
    reexports::wayland_server::protocol::{wl_data_device_manager::DndAction, wl_surface::WlSurface},
    utils::{Point, SERIAL_COUNTER},
    wayland::selection::data_device::{SourceMetadata, start_dnd},
};

use super::drags::FINGER;
use crate::clock;
use crate::wayland::State;
use crate::wayland::clipboard::pipes;
use crate::wayland::picture::frames::millis;
use crate::x11::drag::{giving::Place, message::Action};

/// The type of what is offered.
const TYPE: &str = "text/uri-list";

/// The most drops that wait for those before them.
const MAX_WAITING: usize = 16;

type At = Point<f64, smithay::utils::Logical>;

/// The drop that is under way, and those that wait for it.
#[derive(Debug, Default)]
pub(in crate::wayland) struct Brought {
    now: Option<Drop>,
    waiting: VecDeque<(TrackId, Position<Logical>, Bytes)>,
}

#[derive(Debug)]
struct Drop {
    list: Bytes,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Over a Wayland app, which has not said yet that it takes them.
    Over { accepted: bool, action: DndAction },
    /// Over an X11 app, which has not either.
    OverX11,
    /// Dropped onto a Wayland app, which will say when it is done.
    Dropped,
    /// The same of an X11 app.
    DroppedX11,
}

impl Brought {
    /// What is dropped, while somebody may ask for it.
    fn list(&self) -> Option<Bytes> {
        self.now.as_ref().map(|drop| drop.list.clone())
    }

    /// The same for a Wayland app.
    pub(super) fn list_for_wayland(&self) -> Option<Bytes> {
        self.list().filter(|_| !self.is_in_x11())
    }

    pub(super) fn is_in_x11(&self) -> bool {
        self.now.as_ref().is_some_and(|drop| matches!(drop.stage, Stage::OverX11 | Stage::DroppedX11))
    }

    /// The app takes this type, or does not.
    pub(super) fn accepted(&mut self, takes: bool) {
        if let Some(Drop { stage: Stage::Over { accepted, .. }, .. }) = &mut self.now {
            *accepted = takes;
        }
    }

    /// What the app would do with it.
    pub(super) fn action_is(&mut self, chosen: DndAction) {
        if let Some(Drop { stage: Stage::Over { action, .. }, .. }) = &mut self.now {
            *action = chosen;
        }
    }

    /// The app has taken it, or does not want it.
    pub(super) fn is_done(&mut self) {
        if !self.is_in_x11() {
            self.now = None;
        }
    }
}

impl State {
    /// Offers files to the app at a place.
    pub(in crate::wayland) fn bring_files(
        &mut self,
        track: TrackId,
        position: Position<Logical>,
        list: Bytes,
    ) {
        if let Some(Drop { stage: Stage::Over { .. } | Stage::OverX11, .. }) = self.drags.brought.now {
            // The app before has not wanted its own.
            self.brought_ends();
        }
        let waiting = &mut self.drags.brought.waiting;
        if waiting.len() < MAX_WAITING {
            waiting.push_back((track, position, list));
        }
        self.bring_next();
    }

    fn bring_next(&mut self) {
        // Whoever drags goes first.
        if self.drags.brought.now.is_some() || self.drags.is_under_way() {
            return;
        }
        let Some((track, position, list)) = self.drags.brought.waiting.pop_front() else { return };
        let Some(at) = self.on_plane(track, position) else { return };
        match self.x11_window_of(track) {
            Some(window) => self.bring_to_x11(window, at, list),
            None => self.bring_to(self.surface_at(track, position), at, list),
        }
    }

    fn bring_to(&mut self, under: Option<(WlSurface, At)>, at: At, list: Bytes) {
        if under.is_none() {
            return;
        }
        let stage = Stage::Over { accepted: false, action: DndAction::None };
        self.drags.brought.now = Some(Drop { list, stage });
        let start = GrabStartData { focus: None, slot: Some(FINGER).into(), location: at };
        let metadata = SourceMetadata { mime_types: vec![TYPE.to_owned()], dnd_action: DndAction::Copy };
        let (display, seat) = (self.display.clone(), self.input.seat.clone());
        start_dnd(&display, &seat, self, SERIAL_COUNTER.next_serial(), None, Some(start), metadata);
        let touch = self.input.touch.clone();
        // It enters, and it moves: some toolkits answer to nothing else.
        for _ in 0..2 {
            let event = MotionEvent { slot: Some(FINGER).into(), location: at, time: millis(clock::now()) };
            touch.motion(self, under.clone(), &event);
        }
        self.flush();
    }

    fn bring_to_x11(&mut self, window: x11rb::protocol::xproto::Window, at: At, list: Bytes) {
        let Some(x11) = self.xwayland.manager() else { return };
        x11.drag_begins(vec![TYPE.to_owned()], &[Action::Copy]);
        let on_root = |n: f64| n.clamp(0.0, f64::from(i16::MAX)) as i16;
        let time = millis(clock::now());
        let place = Place { x: on_root(at.x), y: on_root(at.y), time, action: Action::Copy };
        let given = x11.drag_over(Some(window), place);
        self.drags.brought.now = Some(Drop { list, stage: Stage::OverX11 });
        self.drag_given(given);
    }

    /// An X11 app would take what is over it, or would not.
    pub(super) fn brought_answered(&mut self, answer: Option<Action>) {
        let Some(Drop { stage: stage @ Stage::OverX11, .. }) = &mut self.drags.brought.now else { return };
        if answer.is_none() {
            return self.brought_ends();
        }
        *stage = Stage::DroppedX11;
        let given = self.xwayland.manager().map(|x11| x11.drag_drops()).unwrap_or_default();
        self.drag_given(given);
    }

    /// An X11 app wants what is dropped, by a pipe. Whether anything is.
    pub(super) fn brought_for_x11(&mut self, to: &OwnedFd) -> bool {
        let list = self.drags.brought.list().filter(|_| self.drags.brought.is_in_x11());
        let Some((list, to)) = list.zip(to.try_clone().ok()) else { return false };
        pipes::write(&self.events, to, list);
        true
    }

    /// An X11 app is done with what was dropped, or is gone.
    pub(super) fn brought_is_over(&mut self) {
        if self.drags.brought.is_in_x11() {
            self.drags.brought.now = None;
        }
    }

    /// Drops what an app has said that it takes. Once a turn: an app says it while Smithay holds the drag.
    pub(in crate::wayland) fn drop_brought(&mut self) {
        if let Some(Drop { stage, .. }) = &mut self.drags.brought.now
            && matches!(stage, Stage::Over { accepted: true, action } if !action.is_empty())
        {
            *stage = Stage::Dropped;
            let (serial, time) = (SERIAL_COUNTER.next_serial(), millis(clock::now()));
            let touch = self.input.touch.clone();
            touch.up(self, &UpEvent { slot: Some(FINGER).into(), serial, time });
            self.flush();
        }
        self.bring_next();
    }

    /// Whoever was offered files does not get them any more, unless they were dropped.
    pub(in crate::wayland) fn brought_ends(&mut self) {
        match self.drags.brought.now.take() {
            None => {}
            Some(Drop { stage: Stage::Over { .. }, .. }) => {
                let location = At::default();
                let event = MotionEvent { slot: Some(FINGER).into(), location, time: millis(clock::now()) };
                let touch = self.input.touch.clone();
                touch.motion(self, None, &event);
                touch.unset_grab(self);
                self.flush();
            }
            Some(Drop { stage: Stage::OverX11, .. }) => {
                let given = self.xwayland.manager().map(|x11| x11.drag_ends()).unwrap_or_default();
                self.drag_given(given);
            }
            dropped @ Some(Drop { stage: Stage::Dropped | Stage::DroppedX11, .. }) => {
                // An app may be at it. One that never says that it is done holds up nobody else's.
                self.drags.brought.now = dropped.filter(|_| self.drags.brought.waiting.is_empty());
            }
        }
    }
}
