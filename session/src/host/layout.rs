//! How each viewer wants windows to be. Only the layout of the seat's holder is in force; the others wait,
//! and come back with the seat.
//!
//! Invariants: a source is asked for nothing but what the holder of the seat has said, before it had the seat
//! or since. A layout names only windows that there are; those of at most [`MOST`] viewers that are gone are
//! kept.

use std::collections::{BTreeMap, VecDeque};

use media::{Size, TrackId, ViewerId, Window, WindowKind};
use protocol::{
    control::{Configure, Refusal},
    resume::ResumeKey,
};

use super::{Violation, protocol_error};

/// The largest window that can be wished for, in logical units: what a picture can have at the least scale.
const MAX_SIDE: u32 = 2 * media::MAX_DIMENSION;

/// How many layouts of viewers that went are kept; the oldest goes first.
const MOST: usize = 16;

/// A wish within bounds. An error is a broken rule.
pub(crate) fn checked(mut configure: Configure) -> Result<Configure, Refusal> {
    if configure.size.is_some_and(|size| size.w > MAX_SIDE || size.h > MAX_SIDE) {
        return Err(protocol_error(format!("a window is at most {MAX_SIDE} units wide and high")));
    }
    configure.scale = media::Scale::from_120ths(configure.scale.in_120ths());
    configure.size = configure.size.filter(|size: &Size<_>| !size.is_empty());
    Ok(configure)
}

/// Whether a picture can be as large as a wish has it.
pub(crate) fn has_picture(configure: &Configure) -> bool {
    let pixels = configure.size.map(|size| configure.scale.to_pixels(size));
    pixels.is_none_or(|size| size.w.max(size.h) <= media::MAX_DIMENSION)
}

/// What one viewer wants of windows: the newest it said of each.
#[derive(Clone, Debug, Default, PartialEq)]
struct Layout(BTreeMap<TrackId, Configure>);

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
    fn forget(&mut self, track: TrackId) {
        self.0.remove(&track);
    }

    /// The windows that it names.
    fn tracks(&self) -> impl Iterator<Item = TrackId> {
        self.0.keys().copied()
    }

    /// For another life of its viewer, whose serials may begin anew: none of its wishes is answered by an
    /// earlier one's.
    fn renumbered(mut self) -> Self {
        self.0.values_mut().for_each(|configure| configure.serial = 0);
        self
    }
}

/// The layouts of all viewers that may use windows, and of those that went and may come back.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    present: BTreeMap<ViewerId, Layout>,
    /// The oldest first.
    absent: VecDeque<(ResumeKey, Layout)>,
}

impl Layouts {
    /// A viewer joins. It has the layout of its earlier life.
    pub(crate) fn join(&mut self, viewer: ViewerId, key: Option<ResumeKey>) {
        let at = self.absent.iter().position(|(other, _)| Some(*other) == key);
        let kept = at.and_then(|at| self.absent.remove(at));
        self.present.insert(viewer, kept.map(|(_, layout)| layout.renumbered()).unwrap_or_default());
    }

    /// A viewer goes. Its layout is kept for `key`.
    pub(crate) fn leave(&mut self, viewer: ViewerId, key: Option<ResumeKey>) {
        let (Some(layout), Some(key)) = (self.present.remove(&viewer), key) else { return };
        self.absent.retain(|(other, _)| *other != key);
        while self.absent.len() >= MOST {
            self.absent.pop_front();
        }
        self.absent.push_back((key, layout));
    }

    /// A viewer says how it wants a window to be.
    pub(crate) fn say(&mut self, viewer: ViewerId, track: TrackId, configure: Configure) {
        if let Some(layout) = self.present.get_mut(&viewer) {
            layout.say(track, configure);
        }
    }

    /// An app has changed its window by itself: whose layout is in force wants it so from now on. That is the
    /// holder's, or that of one whose link broke while it is waited for.
    pub(crate) fn follow(&mut self, holder: Option<ViewerId>, kept_for: Option<ResumeKey>, window: &Window) {
        let layout = match (holder, kept_for) {
            (Some(holder), _) => self.present.get_mut(&holder),
            (None, Some(key)) => {
                self.absent.iter_mut().find(|(other, _)| *other == key).map(|(_, layout)| layout)
            }
            (None, None) => None,
        };
        if let Some(layout) = layout {
            layout.follow(window);
        }
    }

    /// A viewer whose layout is in force is about to lose the seat.
    pub(crate) fn complete<'a>(&mut self, viewer: ViewerId, windows: impl Iterator<Item = &'a Window>) {
        if let Some(layout) = self.present.get_mut(&viewer) {
            windows
                .filter(|window| window.kind == WindowKind::Toplevel)
                .for_each(|window| layout.complete(window));
        }
    }

    /// What is to be asked for when a viewer's layout comes into force.
    pub(crate) fn standing(&self, viewer: ViewerId) -> impl Iterator<Item = (TrackId, Configure)> {
        self.present.get(&viewer).into_iter().flat_map(Layout::standing)
    }

    /// A window is gone.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        let absent = self.absent.iter_mut().map(|(_, layout)| layout);
        self.present.values_mut().chain(absent).for_each(|layout| layout.forget(track));
    }

    /// Whether the bound holds, and nothing is kept of windows and viewers that are gone.
    pub(crate) fn verify(
        &self,
        has_window: impl Fn(TrackId) -> bool,
        may_use: impl Fn(ViewerId) -> bool,
    ) -> Result<(), Violation> {
        if let Some(&viewer) = self.present.keys().find(|viewer| !may_use(**viewer)) {
            return Err(Violation::Leak { viewer, what: "a layout" });
        }
        let absent = self.absent.iter().map(|(_, layout)| layout);
        let named = self.present.values().chain(absent).flat_map(Layout::tracks).all(has_window);
        if named && self.absent.len() <= MOST {
            return Ok(());
        }
        Err(Violation::Bound("layouts of windows or viewers that are gone"))
    }
}

#[cfg(test)]
mod tests {
    use media::{Point, Scale, SizeLimits, States};

    use super::*;

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);
    const KEY: ResumeKey = ResumeKey([1; 16]);
    const WINDOW: TrackId = TrackId(1);

    fn wide(w: u32) -> Configure {
        let (size, scale) = (Some(Size::new(w, 100)), Scale::ONE);
        Configure { serial: 7, size, scale, maximized: false, fullscreen: false, resizing: true }
    }

    fn window(w: u32) -> Window {
        Window {
            track: WINDOW,
            kind: WindowKind::Toplevel,
            parent: None,
            title: String::new(),
            app_id: String::new(),
            icon: None,
            position: Point::new(0, 0),
            size: Size::new(w, 100),
            scale: Scale::ONE,
            limits: SizeLimits::default(),
            states: States::default(),
            configured: 0,
            stacking: 0,
        }
    }

    fn widths(layouts: &Layouts, viewer: ViewerId) -> Vec<(u32, u32)> {
        layouts.standing(viewer).map(|(_, it)| (it.serial, it.size.map_or(0, |size| size.w))).collect()
    }

    #[test]
    fn one_that_returns_finds_its_layout_and_others_do_not() {
        let mut layouts = Layouts::default();
        layouts.join(A, Some(KEY));
        layouts.say(A, WINDOW, wide(300));
        layouts.leave(A, Some(KEY));
        layouts.join(B, None);
        assert_eq!(widths(&layouts, B), []);
        layouts.join(ViewerId(3), Some(KEY));
        assert_eq!(widths(&layouts, ViewerId(3)), [(0, 300)], "its serials may begin anew");
        layouts.leave(ViewerId(3), None);
        layouts.join(ViewerId(4), Some(KEY));
        assert_eq!(widths(&layouts, ViewerId(4)), [], "it went for good");
    }

    #[test]
    fn what_an_app_does_by_itself_counts_for_whose_layout_is_in_force() {
        let mut layouts = Layouts::default();
        layouts.join(A, Some(KEY));
        layouts.join(B, None);
        layouts.say(A, WINDOW, wide(300));
        layouts.say(B, WINDOW, wide(400));
        layouts.follow(Some(B), None, &window(500));
        assert_eq!((widths(&layouts, A), widths(&layouts, B)), (vec![(7, 300)], vec![(7, 500)]));
        layouts.leave(A, Some(KEY));
        layouts.follow(None, Some(KEY), &window(600));
        layouts.join(ViewerId(3), Some(KEY));
        assert_eq!(widths(&layouts, ViewerId(3)), [(0, 600)]);
    }

    #[test]
    fn who_may_only_look_and_windows_that_are_gone_have_no_layout() {
        let mut layouts = Layouts::default();
        layouts.say(A, WINDOW, wide(300));
        assert_eq!(widths(&layouts, A), []);
        layouts.join(A, None);
        layouts.complete(A, [window(300)].iter());
        assert_eq!(widths(&layouts, A), [(0, 300)]);
        layouts.forget_track(WINDOW);
        assert_eq!(layouts.verify(|_| false, |_| true), Ok(()));
        assert_eq!(widths(&layouts, A), []);
    }
}
