//! Frame callbacks and presentation feedback: when apps may draw again.
//!
//! Surfaces of a shown track hear when the session core says so ([`media::Command::FrameDone`]). All others (not mapped
//! yet, cursors, drag icons) hear at once, but each at most sixty times a second, so that an app which animates what
//! nobody sees does not spin.

use std::{cell::Cell, time::Duration};

use media::{Timestamp, TrackId};
use smithay::{
    output::Output,
    reexports::{
        calloop::timer::{TimeoutAction, Timer},
        wayland_protocols::wp::presentation_time::server::wp_presentation_feedback::Kind,
        wayland_server::{Resource, protocol::wl_surface::WlSurface},
    },
    wayland::{
        compositor::{self, SurfaceAttributes, SurfaceData, TraversalAction},
        presentation::{PresentationFeedbackCachedState, Refresh},
    },
};

use super::{State, layout};
use crate::clock;

/// What apps are told the screen does.
const REFRESH: Duration = Duration::from_nanos(16_666_667);

/// When a surface that no track shows heard last.
#[derive(Default)]
struct Served {
    at: Cell<Timestamp>,
    waiting: Cell<bool>,
}

impl State {
    /// Lets the app draw the next frame of a track, whose last picture was shown at `at`.
    pub(super) fn frame_done(&mut self, id: TrackId, at: Timestamp) {
        if let Some(track) = self.tracks.get(id) {
            let root = track.root.clone();
            self.serve_tree(&root, at);
            self.flush();
        }
    }

    /// Serves a surface that just committed, if no shown track will.
    pub(super) fn serve_untracked(&mut self, surface: &WlSurface) {
        let root = layout::root_of(surface);
        if self.tracks.of_surface(&root).is_some_and(|id| self.tracks.shown(id)) {
            return;
        }
        let now = clock::now();
        let due = compositor::with_states(surface, |states| {
            let served = states.data_map.get_or_insert(Served::default);
            let due = served.at.get() + REFRESH;
            if due <= now {
                served.at.set(now);
                return None;
            }
            Some((due.since(now), served.waiting.replace(true)))
        });
        match due {
            None => self.serve_tree(surface, now),
            Some((_, true)) => (),
            Some((wait, false)) => self.serve_later(surface, wait),
        }
    }

    fn serve_later(&mut self, surface: &WlSurface, wait: Duration) {
        let surface = surface.downgrade();
        let timer = Timer::from_duration(wait);
        let inserted = self.events.insert_source(timer, move |_, (), state| {
            if let Ok(surface) = surface.upgrade() {
                let now = clock::now();
                compositor::with_states(&surface, |states| {
                    let served = states.data_map.get_or_insert(Served::default);
                    served.waiting.set(false);
                    served.at.set(now);
                });
                state.serve_tree(&surface, now);
            }
            TimeoutAction::Drop
        });
        if let Err(error) = inserted {
            tracing::warn!(%error, "a frame callback cannot be sent in time");
        }
    }

    fn serve_tree(&self, root: &WlSurface, at: Timestamp) {
        compositor::with_surface_tree_upward(
            root,
            (),
            |_, _, ()| TraversalAction::DoChildren(()),
            |_, states, ()| serve(states, &self.screen.output, at),
            |_, _, ()| true,
        );
    }
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
pub(super) fn millis(at: Timestamp) -> u32 {
    (at.0 / 1000) as u32
}
