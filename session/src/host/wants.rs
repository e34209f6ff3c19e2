//! What the app in use wants of whoever uses it: where it takes text, and whether it locks the pointer.
//!
//! Every viewer that may type is told of the text input, since any of them may be the next to compose. Only
//! the holder of the seat is told of the lock, since it takes the pointer of a user's desktop away; who was
//! told, is told its end.

use media::{Cause, Command, TextInput, TrackId, ViewerId};
use protocol::control::{Role, ToViewer};

use super::{Action, Host, Violation};

/// What the source reported last, and what viewers make of it.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    text: Option<(TrackId, TextInput)>,
    /// The window that locked the pointer, and the viewer that was told.
    lock: Option<(TrackId, Option<ViewerId>)>,
    /// Where the holder of the seat composes a text.
    composing: Option<TrackId>,
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
}

impl Host {
    /// Tells a viewer that joins where text is taken.
    pub(super) fn introduce_text_input(&mut self, viewer: ViewerId) {
        if let Some((track, input)) = self.wants.text.filter(|_| self.may_use(viewer)) {
            self.send(viewer, ToViewer::TextInput { track, input: Some(input) });
        }
    }

    /// The app with the keyboard takes text somewhere, or no more.
    pub(super) fn text_input(&mut self, track: TrackId, input: Option<TextInput>) {
        let before = self.wants.text;
        let after = match input.filter(|_| self.tracks.has_window(track)) {
            Some(input) => Some((track, input)),
            None => before.filter(|(other, _)| *other != track),
        };
        if before == after {
            return;
        }
        self.wants.text = after;
        for (&viewer, _) in self.members.iter().filter(|(_, member)| member.role == Role::Control) {
            let message = ToViewer::TextInput { track, input };
            self.actions.push_back(Action::Send { viewer, message });
        }
    }

    /// The app under the pointer locks it, or lets it go.
    pub(super) fn pointer_lock(&mut self, track: Option<TrackId>) {
        let track = track.filter(|track| self.tracks.has_window(*track));
        if self.wants.lock.map(|(track, _)| track) == track {
            return;
        }
        let holder = self.seat.holder();
        let told = self.wants.lock.and_then(|(_, told)| told);
        self.wants.lock = track.map(|track| (track, holder));
        let tell = if track.is_some() { holder } else { told };
        if let Some(viewer) = tell {
            self.send(viewer, ToViewer::PointerLock { track });
        }
    }

    /// The holder of the seat moved a locked pointer. It has no effect when the lock is over already.
    pub(super) fn relative_motion(&mut self, cause: Cause, track: TrackId, dx: f64, dy: f64) {
        if self.wants.lock == Some((track, Some(cause.viewer))) {
            self.command(Command::RelativeMotion { cause, track, dx, dy });
        }
    }

    /// The holder of the seat composes a text, or ends that with an empty one.
    pub(super) fn preedit(&mut self, cause: Cause, track: TrackId, text: String, cursor: Option<(u32, u32)>) {
        if text.is_empty() {
            return self.end_composition(cause);
        }
        self.focus_for_keys(cause.viewer, track);
        self.wants.composing = Some(track);
        self.command(Command::Preedit { cause, track, text, cursor });
    }

    /// A text takes the place of what was composed.
    pub(super) fn composed(&mut self) {
        self.wants.composing = None;
    }

    /// Ends a composition, if there is one.
    pub(super) fn end_composition(&mut self, cause: Cause) {
        if let Some(track) = self.wants.composing.take() {
            self.command(Command::Preedit { cause, track, text: String::new(), cursor: None });
        }
    }

    /// A viewer has lost the seat to another: its composition ends, and the pointer leaves what it locked.
    pub(super) fn hand_over(&mut self, cause: Cause) {
        self.end_composition(cause);
        if self.wants.lock.take().is_some() {
            self.command(Command::PointerLeft);
            self.send(cause.viewer, ToViewer::PointerLock { track: None });
        }
    }

    /// A viewer that had the seat goes: its composition ends, and it has no lock to be told of.
    pub(super) fn abandon(&mut self, cause: Cause) {
        self.end_composition(cause);
        self.wants.lock = None;
        self.command(Command::PointerLeft);
    }

    /// A viewer took the seat from nobody. A lock that came while nobody had it is its own.
    pub(super) fn hand_lock(&mut self, viewer: ViewerId) {
        if let Some(track) = self.claim_lock(viewer) {
            self.send(viewer, ToViewer::PointerLock { track: Some(track) });
        }
    }

    /// A lock that came while nobody had the seat is this viewer's, which has it now.
    pub(super) fn claim_lock(&mut self, viewer: ViewerId) -> Option<TrackId> {
        let (track, told @ None) = self.wants.lock.as_mut()? else { return None };
        *told = Some(viewer);
        Some(*track)
    }

    /// A viewer goes on as another: it is told of its lock again, with everything else.
    pub(super) fn hand_on_lock(&mut self, from: ViewerId, to: ViewerId) {
        if let Some((_, told)) = self.wants.lock.as_mut().filter(|(_, told)| *told == Some(from)) {
            *told = Some(to);
        }
    }

    /// Tells a viewer that joins of the lock that it had on a link before.
    pub(super) fn introduce_lock(&mut self, viewer: ViewerId) {
        if let Some((track, Some(told))) = self.wants.lock
            && told == viewer
        {
            self.send(viewer, ToViewer::PointerLock { track: Some(track) });
        }
    }

    /// A window is gone, with what it wanted.
    pub(super) fn wants_gone(&mut self, track: TrackId) {
        let Wants { text, lock, composing } = &mut self.wants;
        text.take_if(|(of, _)| *of == track);
        lock.take_if(|(of, _)| *of == track);
        composing.take_if(|of| *of == track);
    }
}
