//! Whose the keyboard is: the window with the focus, the keymap and the locks, as the source was told last.

use media::{KeyCode, Locks, TrackId, ViewerId};

use crate::held;

/// What the source knows of the keyboard, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    focus: Option<(TrackId, ViewerId)>,
    keymap: Option<ViewerId>,
    /// Whose locks may be on, also when that viewer is gone.
    locks: Option<ViewerId>,
}

impl Keyboard {
    /// The window with the keyboard.
    pub(crate) fn focus(&self) -> Option<TrackId> {
        self.focus.map(|(track, _)| track)
    }

    /// A viewer gives the keyboard to a window, or to none. Whether that is news for the source.
    pub(crate) fn set_focus(&mut self, viewer: ViewerId, focus: Option<TrackId>) -> bool {
        let known = self.focus();
        self.focus = focus.map(|track| (track, viewer));
        known != focus
    }

    /// Whether this viewer's keymap is installed.
    pub(crate) fn has_keymap_of(&self, viewer: ViewerId) -> bool {
        self.keymap == Some(viewer)
    }

    /// This viewer's keymap is installed from now on.
    pub(crate) fn install(&mut self, viewer: ViewerId) {
        self.keymap = Some(viewer);
    }

    /// A viewer has the keyboard: what the source is to be told of its locks.
    pub(crate) fn install_locks(&mut self, viewer: ViewerId, locks: Option<Locks>) -> Option<Locks> {
        let anothers = self.locks.is_some_and(|of| of != viewer);
        if locks.is_some() || anothers {
            self.locks = Some(viewer);
        }
        locks.or_else(|| anothers.then(Locks::default))
    }

    /// A viewer's key reaches the source, which may turn a lock by it.
    pub(crate) fn struck(&mut self, viewer: ViewerId, key: KeyCode) {
        if held::is_lock(key) {
            self.locks = Some(viewer);
        }
    }

    /// A viewer goes on as another; the source is told nothing.
    pub(crate) fn hand_on(&mut self, from: ViewerId, to: ViewerId) {
        if let Some((_, by)) = self.focus.as_mut().filter(|(_, by)| *by == from) {
            *by = to;
        }
        for of in [&mut self.keymap, &mut self.locks] {
            if *of == Some(from) {
                *of = Some(to);
            }
        }
    }

    /// A viewer is gone. Whether the focus went with it.
    pub(crate) fn forget_viewer(&mut self, viewer: ViewerId) -> bool {
        self.keymap.take_if(|of| *of == viewer);
        self.focus.take_if(|(_, by)| *by == viewer).is_some()
    }

    /// A window is gone, and the focus with it; the source knows.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        self.focus.take_if(|(focus, _)| *focus == track);
    }

    /// The viewers that are remembered, for the invariants.
    pub(crate) fn kept(&self) -> impl Iterator<Item = ViewerId> {
        self.keymap.into_iter().chain(self.focus.map(|(_, by)| by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);
    const WINDOW: Option<TrackId> = Some(TrackId(1));

    #[test]
    fn a_focus_is_news_once_whoever_gives_it() {
        let mut keyboard = Keyboard::default();
        assert!(keyboard.set_focus(A, WINDOW));
        assert!(!keyboard.set_focus(B, WINDOW));
        assert!(!keyboard.forget_viewer(A), "it is the other's by now");
        assert!(keyboard.forget_viewer(B));
        assert_eq!(keyboard.focus(), None);
    }

    #[test]
    fn one_that_goes_on_as_another_keeps_keymap_and_focus() {
        let mut keyboard = Keyboard::default();
        keyboard.install(A);
        keyboard.set_focus(A, WINDOW);
        keyboard.hand_on(A, B);
        assert!(!keyboard.forget_viewer(A) && keyboard.has_keymap_of(B));
        assert_eq!(keyboard.kept().collect::<Vec<_>>(), [B, B]);
        keyboard.forget_track(TrackId(1));
        assert!(!keyboard.forget_viewer(B), "the focus went with its window");
        assert_eq!(keyboard.kept().count(), 0);
    }
}
