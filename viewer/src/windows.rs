//! The session's windows as a front end knows them: which belongs to which, and where popups are.

use std::collections::BTreeMap;

use media::{Logical, Point, Position, TrackId, Window, WindowKind};

/// The newest state of every window. What a host says about parents is not trusted to be free of circles.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows(BTreeMap<TrackId, Window>);

/// Deeper nesting than this is taken for a circle.
const MAX_DEPTH: usize = 32;

impl Windows {
    /// Notes a window's newest state.
    pub(crate) fn set(&mut self, window: Window) {
        self.0.insert(window.track, window);
    }

    /// Forgets a window.
    pub(crate) fn remove(&mut self, track: TrackId) -> Option<Window> {
        self.0.remove(&track)
    }

    /// One window.
    pub(crate) fn get(&self, track: TrackId) -> Option<&Window> {
        self.0.get(&track)
    }

    /// All windows by track.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Window> {
        self.0.values()
    }

    /// The toplevel to which a window belongs: itself unless it is a popup.
    pub(crate) fn root(&self, track: TrackId) -> TrackId {
        self.place(track).0
    }

    /// The toplevel to which a window belongs, and where the window is in it.
    pub(crate) fn place(&self, track: TrackId) -> (TrackId, Point<Logical>) {
        let mut at = track;
        let mut offset = Point::default();
        for _ in 0..MAX_DEPTH {
            let Some(window) = self.0.get(&at).filter(|window| window.kind == WindowKind::Popup) else {
                break;
            };
            let Some(parent) = window.parent else { break };
            offset = offset.offset(window.position.x, window.position.y);
            at = parent;
        }
        (at, offset)
    }

    /// What is under a position in the local window of `window`, and where in that. Popups may reach into
    /// each other's and their toplevel's place, and a drag goes on beyond the window in which it began.
    pub(crate) fn under(&self, window: TrackId, position: Position<Logical>) -> (TrackId, Position<Logical>) {
        let root = self.root(window);
        let inside = |popup: &&Window| {
            let place = self.within(window, popup.track, position);
            let contains = |n: f64, length: u32| n >= 0.0 && n < f64::from(length);
            self.root(popup.track) == root
                && contains(place.x, popup.size.w)
                && contains(place.y, popup.size.h)
        };
        let popup = self.popups().filter(inside).max_by_key(|popup| popup.stacking);
        let track = popup.map_or(root, |popup| popup.track);
        (track, self.within(window, track, position))
    }

    /// A position in one window as a position in another of the same toplevel.
    pub(crate) fn within(
        &self,
        from: TrackId,
        to: TrackId,
        position: Position<Logical>,
    ) -> Position<Logical> {
        let ((_, from), (_, to)) = (self.place(from), self.place(to));
        let moved = |n: f64, from: i32, to: i32| n + f64::from(from) - f64::from(to);
        Position::new(moved(position.x, from.x, to.x), moved(position.y, from.y, to.y))
    }

    /// Whether popups are open, and a press in `track` is a press outside of all of them and of the windows
    /// they belong to. Presses in those windows reach their app, which knows best what they mean.
    pub(crate) fn is_outside_popups(&self, track: TrackId) -> bool {
        let root = self.root(track);
        let mut popups = self.popups().peekable();
        popups.peek().is_some() && popups.all(|popup| self.root(popup.track) != root)
    }

    /// All popups.
    pub(crate) fn popups(&self) -> impl Iterator<Item = &Window> {
        self.iter().filter(|window| window.kind == WindowKind::Popup)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use media::{Scale, Size, SizeLimits, States};

    use super::*;

    /// A window of 100 × 50.
    pub(crate) fn window(track: u32, parent: Option<(u32, i32, i32)>) -> Window {
        Window {
            track: TrackId(track),
            kind: if parent.is_some() { WindowKind::Popup } else { WindowKind::Toplevel },
            parent: parent.map(|(parent, ..)| TrackId(parent)),
            title: format!("window {track}"),
            app_id: "app".into(),
            icon: None,
            position: parent.map_or(Point::default(), |(_, x, y)| Point::new(x, y)),
            size: Size::new(100, 50),
            scale: Scale::ONE,
            limits: SizeLimits::default(),
            states: States::default(),
            configured: 0,
            stacking: track,
        }
    }

    fn windows(all: &[Window]) -> Windows {
        let mut windows = Windows::default();
        all.iter().for_each(|window| windows.set(window.clone()));
        windows
    }

    #[test]
    fn nested_popups_add_up_their_places() {
        let windows = windows(&[window(1, None), window(2, Some((1, 10, 20))), window(3, Some((2, 90, -5)))]);
        assert_eq!(windows.place(TrackId(3)), (TrackId(1), Point::new(100, 15)));
        assert_eq!(windows.place(TrackId(1)), (TrackId(1), Point::new(0, 0)));
    }

    #[test]
    fn the_topmost_popup_under_the_pointer_gets_it() {
        let windows = windows(&[window(1, None), window(2, Some((1, 10, 20))), window(3, Some((2, 50, 10)))]);
        let under = |window, x, y| windows.under(TrackId(window), Position::new(x, y));
        assert_eq!(under(1, 5.0, 5.0), (TrackId(1), Position::new(5.0, 5.0)));
        assert_eq!(under(1, 15.0, 25.0), (TrackId(2), Position::new(5.0, 5.0)));
        assert_eq!(under(2, 60.0, 20.0), (TrackId(3), Position::new(10.0, 10.0)));
        assert_eq!(
            under(3, -55.0, -25.0),
            (TrackId(1), Position::new(5.0, 5.0)),
            "a drag that left its popup"
        );
    }

    #[test]
    fn parents_in_a_circle_end() {
        let windows = windows(&[window(1, Some((2, 1, 1))), window(2, Some((1, 1, 1)))]);
        windows.place(TrackId(1));
    }

    #[test]
    fn only_presses_in_other_windows_are_outside() {
        let mut windows = windows(&[window(1, None), window(2, Some((1, 0, 0))), window(3, None)]);
        assert!(windows.is_outside_popups(TrackId(3)));
        assert!(!windows.is_outside_popups(TrackId(1)));
        assert!(!windows.is_outside_popups(TrackId(2)));
        windows.remove(TrackId(2));
        assert!(!windows.is_outside_popups(TrackId(3)), "no popup, nothing to dismiss");
    }
}
