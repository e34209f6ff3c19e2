//! What the app in use wants of whoever uses it: where it takes text, whether it locks the pointer, whether it
//! drags content.
//!
//! Every viewer that may type is told of the text input, since any of them may be the next to compose. Only
//! the holder of the seat is told of the lock, since it takes the pointer of a user's desktop away; who was
//! told, is told its end.

use media::{Cause, Command, TextInput, TrackId, ViewerId};
use protocol::control::ToViewer;

use super::{Violation, outbox::Outbox};

/// What the source reported last, and what viewers make of it.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    text: Option<(TrackId, TextInput)>,
    /// The window that locked the pointer, and the viewer that was told.
    lock: Option<(TrackId, Option<ViewerId>)>,
    /// Where the holder of the seat composes a text.
    composing: Option<TrackId>,
    /// Who was told that content is dragged.
    dragging: Option<ViewerId>,
}

impl Wants {
    /// Nothing is kept of viewers and windows that are gone, and only the holder of the seat composes and
    /// locks.
    pub(super) fn verify(
        &self,
        holder: Option<ViewerId>,
        has_window: impl Fn(TrackId) -> bool,
    ) -> Result<(), Violation> {
        let tracks = [self.text.map(|(track, _)| track), self.lock.map(|(track, _)| track), self.composing];
        if tracks.into_iter().flatten().any(|track| !has_window(track)) {
            return Err(Violation::Bound("text inputs, locks and compositions of windows that are gone"));
        }
        let told = self.lock.and_then(|(_, told)| told);
        match told.filter(|told| holder != Some(*told)) {
            Some(viewer) => Err(Violation::Leak { viewer, what: "a locked pointer" }),
            None if self.composing.is_some() && holder.is_none() => {
                Err(Violation::Bound("compositions of nobody"))
            }
            None => Ok(()),
        }
    }

    /// Tells a viewer that joins where text is taken.
    pub(super) fn introduce_text_input(&self, out: &mut Outbox, viewer: ViewerId) {
        if let Some((track, input)) = self.text {
            out.send(viewer, ToViewer::TextInput { track, input: Some(input) });
        }
    }

    /// The app with the keyboard takes text somewhere, or no more. Whether that is news.
    pub(super) fn text_input(&mut self, track: TrackId, input: Option<TextInput>) -> bool {
        let before = self.text;
        self.text = match input {
            Some(input) => Some((track, input)),
            None => before.filter(|(other, _)| *other != track),
        };
        self.text != before
    }

    /// The app under the pointer locks it, or lets it go.
    pub(super) fn pointer_lock(
        &mut self,
        out: &mut Outbox,
        holder: Option<ViewerId>,
        track: Option<TrackId>,
    ) {
        if self.lock.map(|(track, _)| track) == track {
            return;
        }
        let told = self.lock.and_then(|(_, told)| told);
        self.lock = track.map(|track| (track, holder));
        let tell = if track.is_some() { holder } else { told };
        if let Some(viewer) = tell {
            out.send(viewer, ToViewer::PointerLock { track });
        }
    }

    /// Whether a window has locked the pointer of this viewer.
    pub(super) fn locks(&self, track: TrackId, viewer: ViewerId) -> bool {
        self.lock == Some((track, Some(viewer)))
    }

    /// The holder of the seat composes a text there.
    pub(super) fn compose(&mut self, track: TrackId) {
        self.composing = Some(track);
    }

    /// A text takes the place of what was composed.
    pub(super) fn composed(&mut self) {
        self.composing = None;
    }

    /// Ends a composition, if there is one.
    pub(super) fn end_composition(&mut self, out: &mut Outbox, cause: Cause) {
        if let Some(track) = self.composing.take() {
            out.command(Command::Preedit { cause, track, text: String::new(), cursor: None });
        }
    }

    /// A viewer has lost the seat to another: its composition ends, and the pointer leaves what it locked.
    pub(super) fn hand_over(&mut self, out: &mut Outbox, cause: Cause) {
        self.end_composition(out, cause);
        if self.lock.take().is_some() {
            out.command(Command::PointerLeft);
            out.send(cause.viewer, ToViewer::PointerLock { track: None });
        }
    }

    /// A viewer that had the seat goes: its composition ends, and it has no lock to be told of.
    pub(super) fn abandon(&mut self, out: &mut Outbox, cause: Cause) {
        self.end_composition(out, cause);
        self.lock = None;
        out.command(Command::PointerLeft);
    }

    /// A viewer took the seat from nobody. A lock that came while nobody had it is its own.
    pub(super) fn hand_lock(&mut self, out: &mut Outbox, viewer: ViewerId) {
        if let Some(track) = self.claim_lock(viewer) {
            out.send(viewer, ToViewer::PointerLock { track: Some(track) });
        }
    }

    /// A lock that came while nobody had the seat is this viewer's, which has it now.
    pub(super) fn claim_lock(&mut self, viewer: ViewerId) -> Option<TrackId> {
        let (track, told @ None) = self.lock.as_mut()? else { return None };
        *told = Some(viewer);
        Some(*track)
    }

    /// A viewer goes on as another: it is told of its lock again, with everything else.
    pub(super) fn hand_on(&mut self, from: ViewerId, to: ViewerId) {
        if let Some((_, told)) = self.lock.as_mut().filter(|(_, told)| *told == Some(from)) {
            *told = Some(to);
        }
    }

    /// Tells a viewer that joins of the lock that it had on a link before.
    pub(super) fn introduce_lock(&self, out: &mut Outbox, viewer: ViewerId) {
        if let Some((track, Some(told))) = self.lock
            && told == viewer
        {
            out.send(viewer, ToViewer::PointerLock { track: Some(track) });
        }
    }

    /// Content is dragged, or no more. Who is to be told: only the viewer whose button is down can drag, and
    /// it hears of the end as well, whoever has the seat by then.
    pub(super) fn dragged(&mut self, holder: Option<ViewerId>, begins: bool) -> Option<ViewerId> {
        let told = if begins { holder } else { self.dragging };
        self.dragging = told.filter(|_| begins);
        told
    }

    /// A window is gone, with what it wanted.
    pub(super) fn forget_track(&mut self, track: TrackId) {
        self.text.take_if(|(of, _)| *of == track);
        self.lock.take_if(|(of, _)| *of == track);
        self.composing.take_if(|of| *of == track);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);
    const WINDOW: TrackId = TrackId(1);

    fn said(out: &mut Outbox) -> Vec<super::super::Action> {
        std::iter::from_fn(|| out.pop()).collect()
    }

    #[test]
    fn a_lock_that_came_while_nobody_had_the_seat_is_told_to_the_first_holder_only() {
        let (mut wants, mut out) = (Wants::default(), Outbox::default());
        wants.pointer_lock(&mut out, None, Some(WINDOW));
        assert_eq!(said(&mut out), []);
        wants.hand_lock(&mut out, A);
        assert_eq!(said(&mut out).len(), 1);
        wants.hand_lock(&mut out, B);
        assert_eq!(said(&mut out), []);
        assert!(wants.locks(WINDOW, A) && !wants.locks(WINDOW, B));
    }

    #[test]
    fn the_end_of_a_drag_is_told_to_whom_its_beginning_was() {
        let mut wants = Wants::default();
        assert_eq!(wants.dragged(Some(A), true), Some(A));
        assert_eq!(wants.dragged(Some(B), false), Some(A));
        assert_eq!(wants.dragged(Some(B), false), None);
    }

    #[test]
    fn what_a_window_wants_goes_with_it() {
        let (mut wants, mut out) = (Wants::default(), Outbox::default());
        wants.pointer_lock(&mut out, Some(A), Some(WINDOW));
        wants.compose(WINDOW);
        wants.forget_track(WINDOW);
        said(&mut out);
        wants.hand_over(&mut out, Cause { viewer: A, input: media::InputId(1), at: media::Timestamp(1) });
        assert_eq!(said(&mut out), [], "there is nothing to end");
    }
}
