//! What the app in use wants of the user: where it takes text, and whether it locks the pointer.
//!
//! Invariant: it ends with its window and with the link, and the front end hears of every change.

use media::{TextInput, TrackId};

use super::{Event, outbox::Outbox};

/// What the host said last.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    text: Option<(TrackId, TextInput)>,
    lock: Option<TrackId>,
}

impl Wants {
    /// Where the pointer is locked.
    pub(crate) fn lock(&self) -> Option<TrackId> {
        self.lock
    }

    /// Text is taken here; `None`: nowhere.
    pub(crate) fn set_text_input(&mut self, out: &mut Outbox, text: Option<(TrackId, TextInput)>) {
        if self.text != text {
            self.text = text;
            out.tell(Event::TextInput(text));
        }
    }

    /// No text is taken in this window any more.
    pub(crate) fn end_text_input(&mut self, out: &mut Outbox, track: TrackId) {
        if self.text.is_some_and(|(taken, _)| taken == track) {
            self.set_text_input(out, None);
        }
    }

    /// The pointer is locked in this window; `None`: no more.
    pub(crate) fn set_lock(&mut self, out: &mut Outbox, track: Option<TrackId>) {
        if self.lock != track {
            self.lock = track;
            out.tell(Event::PointerLock(track));
        }
    }

    /// A window is gone, with what it wanted.
    pub(crate) fn forget_track(&mut self, out: &mut Outbox, track: TrackId) {
        self.end_text_input(out, track);
        if self.lock == Some(track) {
            self.set_lock(out, None);
        }
    }

    /// The link is lost, with all that was wanted over it.
    pub(crate) fn lost(&mut self, out: &mut Outbox) {
        self.set_text_input(out, None);
        self.set_lock(out, None);
    }
}

#[cfg(test)]
mod tests {
    use media::{Rect, TextPurpose};

    use super::*;

    #[test]
    fn what_a_window_wants_ends_with_it_and_is_told_once() {
        let (mut wants, mut out) = (Wants::default(), Outbox::default());
        let (track, other) = (TrackId(1), TrackId(2));
        let caret = Rect::new(0, 0, 1, 1);
        let text = Some((track, TextInput { caret, purpose: TextPurpose::default(), multiline: false }));
        for _ in 0..2 {
            wants.set_text_input(&mut out, text);
            wants.set_lock(&mut out, Some(track));
        }
        wants.end_text_input(&mut out, other);
        wants.forget_track(&mut out, other);
        wants.forget_track(&mut out, track);
        wants.lost(&mut out);
        let told: Vec<_> = std::iter::from_fn(|| out.pop()).collect();
        let events = [
            Event::TextInput(text),
            Event::PointerLock(Some(track)),
            Event::TextInput(None),
            Event::PointerLock(None),
        ];
        assert_eq!(told, events.map(super::super::Action::Tell));
    }
}
