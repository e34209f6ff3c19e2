//! How each viewer wants windows to be. Only the layout of the seat's holder is in force; the others wait,
//! and come back with the seat.
//!
//! Invariants: a source is asked for nothing but what the holder of the seat has said, before it had the seat
//! or since. A layout names only windows that there are; those of at most [`MOST`] viewers that are gone are
//! kept.

use std::collections::{BTreeMap, VecDeque};

use media::{Pixels, Size, Timestamp, TrackId, ViewerId, Window, WindowKind};
use protocol::{
    control::{Configure, Refusal, Role, ToViewer},
    resume::ResumeKey,
};

use super::{Host, protocol_error};

/// The largest window that can be wished for, in logical units: what a picture can have at the least scale.
const MAX_SIDE: u32 = 2 * media::MAX_DIMENSION;

/// How many layouts of viewers that went are kept; the oldest goes first.
const MOST: usize = 16;

/// What one viewer wants of windows: the newest it said of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout(BTreeMap<TrackId, Configure>);

impl Layout {
    /// Notes what the viewer says of a window. What it says last counts, whatever its number: serials are the
    /// front end's own, and only name its wishes in what is told to it.
    fn say(&mut self, track: TrackId, configure: Configure) {
        self.0.insert(track, configure);
    }

    /// The app itself has changed a window while this layout was in force.
    fn follow(&mut self, window: &Window) {
        if let Some(configure) = self.0.get_mut(&window.track) {
            configure.size = Some(window.size);
            configure.maximized = window.states.maximized;
            configure.fullscreen = window.states.fullscreen;
        }
    }

    /// The layout is about to come out of force: windows that the viewer has said nothing of were right as
    /// they are.
    fn complete(&mut self, window: &Window) {
        let Window { track, size, scale, states, .. } = window;
        self.0.entry(*track).or_insert(Configure {
            serial: 0,
            size: Some(*size),
            scale: *scale,
            maximized: states.maximized,
            fullscreen: states.fullscreen,
            resizing: false,
        });
    }

    /// What is to be asked for when the layout comes into force.
    fn standing(&self) -> impl Iterator<Item = (TrackId, Configure)> {
        self.0.iter().map(|(track, configure)| (*track, Configure { resizing: false, ..*configure }))
    }

    /// A window is gone.
    pub(super) fn forget(&mut self, track: TrackId) {
        self.0.remove(&track);
    }

    /// The windows that it names.
    pub(super) fn tracks(&self) -> impl Iterator<Item = TrackId> {
        self.0.keys().copied()
    }

    /// For another life of its viewer, whose serials may begin anew: none of its wishes is answered by an
    /// earlier one's.
    fn renumbered(mut self) -> Self {
        self.0.values_mut().for_each(|configure| configure.serial = 0);
        self
    }
}

/// The layouts of viewers that went and may come back.
#[derive(Debug, Default)]
pub(crate) struct Layouts(VecDeque<(ResumeKey, Layout)>);

impl Layouts {
    fn keep(&mut self, key: ResumeKey, layout: Layout) {
        self.0.retain(|(other, _)| *other != key);
        while self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back((key, layout));
    }

    fn take(&mut self, key: ResumeKey) -> Option<Layout> {
        let at = self.0.iter().position(|(other, _)| *other == key)?;
        self.0.remove(at).map(|(_, layout)| layout)
    }

    fn get_mut(&mut self, key: ResumeKey) -> Option<&mut Layout> {
        self.0.iter_mut().find(|(other, _)| *other == key).map(|(_, layout)| layout)
    }

    /// A window is gone.
    pub(super) fn forget(&mut self, track: TrackId) {
        self.0.iter_mut().for_each(|(_, layout)| layout.forget(track));
    }

    /// Whether the bound holds, for the invariants.
    pub(super) fn is_bounded(&self) -> bool {
        self.0.len() <= MOST
    }

    /// The windows that are named.
    pub(super) fn tracks(&self) -> impl Iterator<Item = TrackId> {
        self.0.iter().flat_map(|(_, layout)| layout.tracks())
    }
}

/// Whether a picture can be as large.
fn has_picture(size: Size<Pixels>) -> bool {
    size.w.max(size.h) <= media::MAX_DIMENSION
}

impl Host {
    /// A viewer says how it wants a window to be.
    pub(super) fn wish(
        &mut self,
        viewer: ViewerId,
        track: TrackId,
        mut configure: Configure,
    ) -> Result<(), Refusal> {
        if configure.size.is_some_and(|size| size.w > MAX_SIDE || size.h > MAX_SIDE) {
            return Err(protocol_error(format!("a window is at most {MAX_SIDE} units wide and high")));
        }
        configure.scale = media::Scale::from_120ths(configure.scale.in_120ths());
        configure.size = configure.size.filter(|size: &Size<_>| !size.is_empty());
        let Some(member) = self.members.get_mut(&viewer) else { return Ok(()) };
        let Some(window) = self.tracks.all.get_mut(&track).filter(|track| track.window.is_some()) else {
            return Ok(());
        };
        if configure.size.is_some_and(|size| !has_picture(configure.scale.to_pixels(size))) {
            // Its app would draw, and perhaps take much memory, for nothing: the answer is that nothing
            // changes.
            window.configures.refuse(viewer, configure.serial);
            if let Some(window) = window.window_for(viewer) {
                self.out.send(viewer, ToViewer::Window(window));
            }
            return Ok(());
        }
        member.layout.say(track, configure);
        if self.seat.settled() == Some(viewer) {
            window.configures.wish(viewer, configure);
        }
        Ok(())
    }

    /// An app has changed its window by itself: whose layout is in force wants it so from now on. That of a
    /// holder whose link broke still is, while it is waited for.
    pub(super) fn follow_app(&mut self, window: &Window) {
        let layout = match (self.seat.settled(), self.seat.kept_for()) {
            (Some(holder), _) => self.members.get_mut(&holder).map(|member| &mut member.layout),
            (None, Some(key)) => self.layouts.get_mut(key),
            (None, None) => None,
        };
        if let Some(layout) = layout {
            layout.follow(window);
        }
    }

    /// The press that took the seat may be over: then the layout is the new holder's, and it knows.
    pub(super) fn settle_seat(&mut self) {
        if let Some(viewer) = self.seat.settle() {
            self.settled_in(viewer);
        }
    }

    fn settled_in(&mut self, viewer: ViewerId) {
        self.enforce(viewer);
        self.out.send(viewer, ToViewer::Seat { held: true });
    }

    /// A viewer whose layout is in force is about to lose the seat.
    pub(super) fn complete_layout(&mut self, viewer: ViewerId) {
        let Some(member) = self.members.get_mut(&viewer).filter(|_| self.seat.settled() == Some(viewer))
        else {
            return;
        };
        let toplevels = self.tracks.windows().filter(|window| window.kind == WindowKind::Toplevel);
        toplevels.for_each(|window| member.layout.complete(window));
    }

    /// Puts a viewer's layout in force. Windows that it has said nothing of stay as they are.
    pub(super) fn enforce(&mut self, viewer: ViewerId) {
        let Some(member) = self.members.get(&viewer) else { return };
        for (track, configure) in member.layout.standing() {
            if let Some(track) = self.tracks.all.get_mut(&track) {
                track.configures.wish(viewer, configure);
            }
        }
    }

    /// A viewer that joins has the layout of its earlier life.
    pub(super) fn bring_layout(&mut self, viewer: ViewerId) {
        let Some(member) = self.members.get_mut(&viewer).filter(|member| member.role == Role::Control) else {
            return;
        };
        if let Some(layout) = member.key.and_then(|key| self.layouts.take(key)) {
            member.layout = layout.renumbered();
        }
    }

    /// A viewer that may come back goes.
    pub(super) fn keep_layout(&mut self, viewer: ViewerId) {
        if let Some(member) = self.members.get_mut(&viewer).filter(|member| member.role == Role::Control)
            && let Some(key) = member.key
        {
            self.layouts.keep(key, std::mem::take(&mut member.layout));
        }
    }

    /// A viewer that joins gets the seat if it was kept for it, or if nobody else could have it. It is told
    /// so at the end of its introduction.
    pub(super) fn claim_seat(&mut self, now: Timestamp, viewer: ViewerId) {
        let key =
            self.members.get(&viewer).filter(|member| member.role == Role::Control).map(|member| member.key);
        if key.is_some_and(|key| self.seat.is_kept_for(key)) {
            self.seat.give(viewer);
        } else if self.seat.is_free(now) && self.only_user() == Some(viewer) {
            self.seat.give(viewer);
            self.enforce(viewer);
        } else {
            return;
        }
        self.wants.claim_lock(viewer);
    }

    /// A seat that nobody has is the only viewer's that can use it.
    pub(super) fn settle_vacancy(&mut self, now: Timestamp) {
        if !self.seat.is_free(now) {
            return;
        }
        self.seat.free();
        if let Some(viewer) = self.only_user() {
            self.seat.give(viewer);
            self.install(viewer);
            self.wants.hand_lock(&mut self.out, viewer);
            self.settled_in(viewer);
        }
    }

    /// The viewer that may use the apps, if it is the only one.
    fn only_user(&self) -> Option<ViewerId> {
        let mut users = self.members.iter().filter(|(_, member)| member.role == Role::Control);
        let (&viewer, _) = users.next()?;
        users.next().is_none().then_some(viewer)
    }
}
