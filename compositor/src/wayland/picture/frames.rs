//! Frame callbacks and presentation feedback: when apps may draw again.
//!
//! Invariant: whoever asks is answered, whatever it committed and whatever became of its surface. What takes
//! effect is noted by the surface that asked, not by the pixels that changed: a commit that changes nothing
//! is answered as well.
//! - A surface of a shown track waits in that track's list until the session core says so
//!   ([`media::Command::FrameDone`]). The core is told of everybody who waits: by [`media::Event::Damaged`],
//!   or if no pixel changed, by [`media::Event::FrameWanted`].
//! - All others (not mapped yet or not any more, cursors, drag icons) hear at once, but each at most sixty
//!   times a second, so that an app which animates what nobody sees does not spin.
//! - What a synchronised subsurface asks for waits for its parent's commit. If none can come any more, it is
//!   answered.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    mem,
    time::Duration,
};

use media::{Timestamp, TrackId};
use smithay::{
    output::Output,
    reexports::{
        calloop::timer::{TimeoutAction, Timer},
        wayland_protocols::wp::presentation_time::server::wp_presentation_feedback::Kind,
        wayland_server::{
            Resource,
            protocol::{wl_callback::WlCallback, wl_surface::WlSurface},
        },
    },
    wayland::{
        compositor::{self, SUBSURFACE_ROLE, SurfaceAttributes, SurfaceData, TraversalAction},
        presentation::{PresentationFeedbackCachedState, PresentationFeedbackCallback, Refresh},
    },
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::picture::layout;

/// What apps are told the screen does.
const REFRESH: Duration = Duration::from_nanos(16_666_667);

/// Who waits to draw again.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// By the shown track whose next [`media::Command::FrameDone`] they wait for.
    waiting: BTreeMap<TrackId, Waiting>,
    /// Surfaces that are perhaps no longer synchronised with a parent.
    loosened: Vec<WlSurface>,
}

/// Surfaces that wait for one track, each once.
#[derive(Debug, Default)]
struct Waiting {
    surfaces: Vec<WlSurface>,
    /// Whether the session core knows that it owes a [`media::Command::FrameDone`].
    asked: bool,
}

/// What is known of one surface's callbacks.
#[derive(Default)]
struct Served {
    /// When it heard last while no track showed it.
    at: Cell<Timestamp>,
    /// Whether a timer will serve it.
    timed: Cell<bool>,
    /// The track in whose list it is.
    listed: Cell<Option<TrackId>>,
    /// Whether it has asked not to be synchronised with its parent. It still is while its parent is with
    /// another.
    desynchronised: Cell<bool>,
    /// What it asked for by commits that a parent holds back.
    held: RefCell<Held>,
}

/// What is asked for by commits that have not taken effect.
#[derive(Default)]
struct Held {
    frames: Vec<WlCallback>,
    feedback: Vec<PresentationFeedbackCallback>,
}

/// What becomes of a surface's commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// They take effect.
    Now,
    /// They do with those of a parent.
    WithParent,
    /// They would with those of a parent that is gone: never.
    Never,
}

impl Frames {
    /// A surface waits for a track.
    fn wait(&mut self, id: TrackId, surface: &WlSurface) {
        let waiting = self.waiting.entry(id).or_default();
        if with_served(surface, |served| served.listed.replace(Some(id))) != Some(id) {
            waiting.surfaces.push(surface.clone());
        }
    }

    /// Those who wait for a track wait no more.
    fn take(&mut self, id: TrackId) -> Vec<WlSurface> {
        let surfaces = self.waiting.remove(&id).map(|waiting| waiting.surfaces).unwrap_or_default();
        for surface in &surfaces {
            with_served(surface, |served| {
                if served.listed.get() == Some(id) {
                    served.listed.set(None);
                }
            });
        }
        surfaces
    }

    /// The session core owes a track's next frame, since its pixels changed.
    pub(in crate::wayland) fn asked(&mut self, id: TrackId) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.asked = true;
        }
    }

    /// Tracks for which surfaces wait and the core has not been asked. It is, now.
    pub(in crate::wayland) fn ask(&mut self) -> Vec<TrackId> {
        let unasked = self.waiting.iter_mut().filter(|(_, waiting)| !waiting.asked);
        unasked
            .map(|(id, waiting)| {
                waiting.asked = true;
                *id
            })
            .collect()
    }

    /// A surface is destroyed, and its callbacks with it.
    pub(in crate::wayland) fn forget(&mut self, surface: &WlSurface) {
        let Some(id) = with_served(surface, |served| served.listed.take()) else { return };
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.surfaces.retain(|other| other != surface);
        }
    }

    /// A surface may from now on draw without its parent: its callbacks are looked after at the end of the
    /// turn.
    pub(in crate::wayland) fn loosened(&mut self, surface: WlSurface) {
        self.loosened.push(surface);
    }

    /// A subsurface is synchronised with its parent from now on.
    pub(in crate::wayland) fn bound_to_parent(&self, surface: &WlSurface) {
        with_served(surface, |served| served.desynchronised.set(false));
    }
}

impl State {
    /// Lets the app draw the next frame of a track, whose last picture was shown at `at`.
    pub(in crate::wayland) fn frame_done(&mut self, id: TrackId, at: Timestamp) {
        let waiting = self.frames.take(id);
        waiting.iter().for_each(|surface| self.serve(surface, at));
        if !waiting.is_empty() {
            self.flush();
        }
    }

    /// A track is not shown any more: nobody else will answer those who wait for it.
    pub(in crate::wayland) fn release_frames(&mut self, id: TrackId) {
        for surface in self.frames.take(id) {
            self.serve_soon(&surface);
        }
    }

    /// A surface is about to commit. What a parent holds back of that is kept here, where it can be found
    /// again: the parent may go, or let the surface go, and never commit.
    pub(in crate::wayland) fn hold_callbacks(&mut self, surface: &WlSurface) {
        let effect = effect(surface);
        if effect == Effect::Now {
            return;
        }
        compositor::with_states(surface, |states| {
            let mut asked = Held {
                frames: mem::take(
                    &mut states.cached_state.get::<SurfaceAttributes>().pending().frame_callbacks,
                ),
                feedback: mem::take(
                    &mut states.cached_state.get::<PresentationFeedbackCachedState>().pending().callbacks,
                ),
            };
            let served = states.data_map.get_or_insert(Served::default);
            let mut held = served.held.borrow_mut();
            held.frames.append(&mut asked.frames);
            supersede(&mut held.feedback, asked.feedback);
        });
        if effect == Effect::Never {
            self.await_frame(surface);
        } else {
            self.bound_callbacks(surface);
        }
    }

    /// What a surface has committed takes effect: whoever serves it answers what it asked for.
    pub(in crate::wayland) fn await_frame(&mut self, surface: &WlSurface) {
        take_effect(surface);
        self.bound_callbacks(surface);
        if waiting(surface) == 0 {
            return;
        }
        let root = layout::root_of(surface);
        match self.tracks.of_surface(&root).filter(|&id| self.tracks.shown(id)) {
            Some(id) => self.frames.wait(id, surface),
            None => self.serve_soon(surface),
        }
    }

    /// A subsurface asks not to be synchronised any more: unless its parent is, what was held back takes
    /// effect now, whatever the app asks for next.
    pub(in crate::wayland) fn let_go(&mut self, surface: &WlSurface) {
        with_served(surface, |served| served.desynchronised.set(true));
        if !compositor::get_parent(surface).is_some_and(|parent| compositor::is_sync_subsurface(&parent)) {
            self.await_frames_of(surface);
        }
        self.frames.loosened(surface.clone());
    }

    /// A subsurface loses its parent: nobody's commit will let what it and its parts asked for take effect.
    pub(in crate::wayland) fn orphan(&mut self, surface: &WlSurface) {
        self.frames.bound_to_parent(surface);
        tree(surface).iter().for_each(|part| self.await_frame(part));
        self.frames.loosened(surface.clone());
    }

    fn await_frames_of(&mut self, surface: &WlSurface) {
        self.await_frame(surface);
        for part in compositor::get_children(surface) {
            if part != *surface && with_served(&part, |served| served.desynchronised.get()) {
                self.await_frames_of(&part);
            }
        }
    }

    /// Looks after surfaces whose parents went or let them go.
    pub(in crate::wayland) fn serve_loosened(&mut self) {
        for surface in mem::take(&mut self.frames.loosened) {
            for surface in tree(&surface) {
                if surface.is_alive() && effect(&surface) != Effect::WithParent {
                    self.await_frame(&surface);
                }
            }
        }
    }

    /// Serves a surface that no shown track will.
    fn serve_soon(&mut self, surface: &WlSurface) {
        let now = clock::now();
        let due = with_served(surface, |served| {
            let due = served.at.get() + REFRESH;
            if due <= now {
                served.at.set(now);
                return None;
            }
            Some((due.since(now), served.timed.replace(true)))
        });
        match due {
            None => self.serve(surface, now),
            Some((_, true)) => (),
            Some((wait, false)) => self.serve_later(surface, wait),
        }
    }

    fn serve_later(&mut self, surface: &WlSurface, wait: Duration) {
        let served_later = surface.downgrade();
        let timer = Timer::from_duration(wait);
        let inserted = self.events.insert_source(timer, move |_, (), state| {
            if let Ok(surface) = served_later.upgrade() {
                let now = clock::now();
                with_served(&surface, |served| {
                    served.timed.set(false);
                    served.at.set(now);
                });
                state.serve(&surface, now);
            }
            TimeoutAction::Drop
        });
        if let Err(error) = inserted {
            tracing::warn!(%error, "a frame callback cannot be sent in time");
            with_served(surface, |served| served.timed.set(false));
        }
    }

    fn serve(&self, surface: &WlSurface, at: Timestamp) {
        compositor::with_states(surface, |states| serve(states, &self.screen.output, at));
    }

    /// Cuts off an app that asks for ever more callbacks and waits for none.
    fn bound_callbacks(&mut self, surface: &WlSurface) {
        if waiting(surface) > self.clients.limits.callbacks as usize
            && let Some(client) = surface.client()
        {
            self.cut_off(&client, "too many frame callbacks wait on one of its surfaces");
        }
    }
}

/// What becomes of what a surface commits now.
fn effect(surface: &WlSurface) -> Effect {
    // One that has lost its parent keeps its role, and its root is no window's.
    if !compositor::is_sync_subsurface(surface) {
        Effect::Now
    } else if compositor::get_role(&layout::root_of(surface)) == Some(SUBSURFACE_ROLE) {
        Effect::Never
    } else {
        Effect::WithParent
    }
}

/// What was held back of a surface is asked for now.
fn take_effect(surface: &WlSurface) {
    compositor::with_states(surface, |states| {
        let served = states.data_map.get_or_insert(Served::default);
        let mut held = served.held.take();
        let mut guard = states.cached_state.get::<SurfaceAttributes>();
        guard.current().frame_callbacks.append(&mut held.frames);
        drop(guard);
        let mut guard = states.cached_state.get::<PresentationFeedbackCachedState>();
        supersede(&mut guard.current().callbacks, held.feedback);
    });
}

/// Only the newest content of a surface can be seen.
fn supersede(older: &mut Vec<PresentationFeedbackCallback>, newer: Vec<PresentationFeedbackCallback>) {
    if !newer.is_empty() {
        mem::replace(older, newer).into_iter().for_each(PresentationFeedbackCallback::discarded);
    }
}

/// How many callbacks of one kind a surface waits for at most.
fn waiting(surface: &WlSurface) -> usize {
    compositor::with_states(surface, |states| {
        let held = states.data_map.get_or_insert(Served::default).held.borrow();
        let frames = states.cached_state.get::<SurfaceAttributes>().current().frame_callbacks.len();
        let feedback = states.cached_state.get::<PresentationFeedbackCachedState>().current().callbacks.len();
        (frames + held.frames.len()).max(feedback + held.feedback.len())
    })
}

/// The surfaces of a tree.
fn tree(root: &WlSurface) -> Vec<WlSurface> {
    let mut surfaces = Vec::new();
    compositor::with_surface_tree_upward(
        root,
        (),
        |_, _, ()| TraversalAction::DoChildren(()),
        |surface, _, ()| surfaces.push(surface.clone()),
        |_, _, ()| true,
    );
    surfaces
}

fn with_served<R>(surface: &WlSurface, f: impl FnOnce(&Served) -> R) -> R {
    compositor::with_states(surface, |states| f(states.data_map.get_or_insert(Served::default)))
}

fn serve(states: &SurfaceData, output: &Output, at: Timestamp) {
    let mut guard = states.cached_state.get::<SurfaceAttributes>();
    for callback in guard.current().frame_callbacks.drain(..) {
        callback.done(millis(at));
    }
    drop(guard);
    let mut guard = states.cached_state.get::<PresentationFeedbackCachedState>();
    for feedback in guard.current().callbacks.drain(..) {
        let time = Duration::from_micros(at.0);
        feedback.presented(output, time, Refresh::fixed(REFRESH), 0, Kind::empty());
    }
}

/// A time as Wayland events carry it: milliseconds that wrap around.
pub(in crate::wayland) fn millis(at: Timestamp) -> u32 {
    (at.0 / 1000) as u32
}
