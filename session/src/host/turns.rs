//! The seat goes from viewer to viewer, and with it the keyboard, the pointer's lock and the layout.

use media::{Command, Timestamp, TrackId, ViewerId};
use protocol::{control::ToViewer, resume::ResumeKey};

use super::{Host, seat::Admission};

impl Host {
    /// What becomes of something that a viewer's user did. The seat is taken with its keymap and its focus;
    /// its layout follows, see [`Host::settle_seat`].
    pub(super) fn take_seat(&mut self, now: Timestamp, viewer: ViewerId, acts: bool) -> Admission {
        if let Some(holder) = self.seat.settled().filter(|holder| acts && *holder != viewer) {
            self.layouts.complete(holder, self.tracks.windows());
        }
        let admission = self.seat.admit(now, viewer, acts);
        let Admission::Taken { from } = admission else { return admission };
        tracing::debug!(%viewer, ?from, "the seat moves");
        if let Some(from) = from {
            self.wants.hand_over(&mut self.out, self.members.cause(from));
            self.out.send(from, ToViewer::Seat { held: false });
        } else {
            self.wants.hand_lock(&mut self.out, viewer);
        }
        self.install(viewer);
        admission
    }

    /// Releases what a viewer that goes holds down, if it has the seat. That is kept for `key`.
    pub(super) fn release_seat(&mut self, now: Timestamp, viewer: ViewerId, key: Option<ResumeKey>) {
        if self.seat.settled() == Some(viewer) {
            self.layouts.complete(viewer, self.tracks.windows());
        }
        let cause = self.members.cause(viewer);
        let Some(releases) = self.seat.leave(now, viewer, key) else { return };
        self.repeats.release(&mut self.out, cause, releases);
        self.wants.abandon(&mut self.out, cause);
    }

    /// A viewer that joins gets the seat if it was kept for it, or if nobody else could have it. It is told
    /// so at the end of its introduction.
    pub(super) fn claim_seat(&mut self, now: Timestamp, viewer: ViewerId) {
        let Some(member) = self.members.get(viewer).filter(|member| member.may_use()) else { return };
        if self.seat.is_kept_for(member.key()) {
            self.seat.give(viewer);
        } else if self.seat.is_free(now) && self.members.only_user() == Some(viewer) {
            self.seat.give(viewer);
            self.enforce(viewer);
        } else {
            return;
        }
        // Meanwhile another's may have been told.
        self.install_locks(viewer);
        self.wants.claim_lock(viewer);
    }

    /// A seat that nobody has is the only viewer's that can use it.
    pub(super) fn settle_vacancy(&mut self, now: Timestamp) {
        if !self.seat.is_free(now) {
            return;
        }
        self.seat.free();
        if let Some(viewer) = self.members.only_user() {
            self.seat.give(viewer);
            self.install(viewer);
            self.wants.hand_lock(&mut self.out, viewer);
            self.settled_in(viewer);
        }
    }

    /// The press that took the seat may be over: then the layout is the new holder's, and it knows.
    pub(super) fn settle_seat(&mut self) {
        if let Some(viewer) = self.seat.settle() {
            self.settled_in(viewer);
        }
    }

    /// Tells the source which window has the keyboard, if that is news.
    pub(super) fn set_focus(&mut self, viewer: ViewerId, focus: Option<TrackId>) {
        let focus = focus.filter(|track| self.tracks.has_window(*track));
        if self.keyboard.set_focus(viewer, focus) {
            self.wants.end_composition(&mut self.out, self.members.cause(viewer));
            self.out.command(Command::Focus(focus));
        }
    }

    /// The keyboard is the new holder's: its keymap and its focus.
    fn install(&mut self, viewer: ViewerId) {
        let Some(member) = self.members.get(viewer) else { return };
        if !self.keyboard.has_keymap_of(viewer)
            && let Some(keymap) = member.keymap()
        {
            self.keyboard.install(viewer);
            self.out.command(Command::Keymap(keymap.clone()));
        }
        // Who has no focus to give takes that of the holder before.
        let focus = member.focus().or(self.keyboard.focus());
        self.install_locks(viewer);
        self.set_focus(viewer, focus);
    }

    /// The locks are those of the viewer's keyboard.
    pub(super) fn install_locks(&mut self, viewer: ViewerId) {
        let locks = self.members.get(viewer).and_then(|member| member.input().locks());
        if let Some(locks) = self.keyboard.install_locks(viewer, locks) {
            self.out.command(Command::Locks(locks));
        }
    }

    fn settled_in(&mut self, viewer: ViewerId) {
        self.enforce(viewer);
        self.out.send(viewer, ToViewer::Seat { held: true });
    }

    /// Puts a viewer's layout in force. Windows that it has said nothing of stay as they are.
    fn enforce(&mut self, viewer: ViewerId) {
        for (track, configure) in self.layouts.standing(viewer) {
            self.tracks.wish(viewer, track, configure);
        }
    }
}
