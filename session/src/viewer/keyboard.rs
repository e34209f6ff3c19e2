//! Which window has the desktop's keyboard, and the user's layout: what each host is told of them.

use media::TrackId;
use protocol::control::{MAX_KEYMAP, ToHost};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Keyboard {
    focus: Option<TrackId>,
    keymap: Option<String>,
}

impl Keyboard {
    /// Another window has the focus, or none of this viewer's. What to tell the host, if that is news.
    pub(crate) fn set_focus(&mut self, track: Option<TrackId>) -> Option<ToHost> {
        let before = std::mem::replace(&mut self.focus, track);
        (before != track).then_some(ToHost::Focus { track })
    }

    /// What to tell the host of a new link of the focus. One that knows the viewer again takes it to have the
    /// focus that it had.
    pub(crate) fn focus_again(&self, is_known: bool) -> Option<ToHost> {
        (self.focus.is_some() || is_known).then_some(ToHost::Focus { track: self.focus })
    }

    /// The user's layout, as xkb text. What to tell the host; nothing, if it is over the protocol's bound.
    pub(crate) fn set_keymap(&mut self, text: String) -> Option<ToHost> {
        if text.len() > MAX_KEYMAP {
            tracing::warn!(
                bytes = text.len(),
                limit = MAX_KEYMAP,
                "the keymap is too long; the host keeps its own"
            );
            return None;
        }
        self.keymap = Some(text);
        self.keymap_again()
    }

    /// What to tell the host of a new link of the layout.
    pub(crate) fn keymap_again(&self) -> Option<ToHost> {
        self.keymap.clone().map(|text| ToHost::Keymap { text })
    }

    /// A window is gone. The host knows that it has no focus.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        self.focus.take_if(|focus| *focus == track);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_host_is_told_what_an_old_one_was_and_nothing_of_windows_that_are_gone() {
        let mut keyboard = Keyboard::default();
        let track = Some(TrackId(1));
        assert_eq!((keyboard.keymap_again(), keyboard.focus_again(false)), (None, None));
        assert_eq!(keyboard.set_focus(track), Some(ToHost::Focus { track }));
        assert_eq!(keyboard.set_focus(track), None);
        assert_eq!(keyboard.focus_again(false), Some(ToHost::Focus { track }));
        keyboard.forget_track(TrackId(1));
        assert_eq!(keyboard.focus_again(false), None);
        assert_eq!(keyboard.focus_again(true), Some(ToHost::Focus { track: None }));
        assert!(keyboard.set_keymap("a".repeat(MAX_KEYMAP)).is_some());
        assert_eq!(keyboard.set_keymap("b".repeat(MAX_KEYMAP + 1)), None);
        assert_eq!(keyboard.keymap_again(), Some(ToHost::Keymap { text: "a".repeat(MAX_KEYMAP) }));
    }
}
