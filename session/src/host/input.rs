//! Viewers' input: checked, admitted to the seat, handed to the source.

use media::{Cause, Command, InputId, Timestamp, TouchPoint, TrackId, ViewerId};
use protocol::{
    control::{Role, ToViewer},
    input::{Input, InputEvent},
};

use super::{
    Host, protocol_error,
    seat::{self, Admission, Departure},
};
use crate::held::Releases;

impl Host {
    /// A viewer's input. Input of a viewer that has not got the seat, or for a window that is gone, has no
    /// effect. Input that breaks a rule ends the link; so does any of a viewer that may only look: it was
    /// told, and sends none.
    pub fn handle_input(&mut self, now: Timestamp, viewer: ViewerId, input: Input) {
        self.heard(now, viewer, false);
        let Some(member) = self.members.get_mut(&viewer) else { return };
        if member.role != Role::Control {
            let message = "this link can see the windows but not use them; ask for one with --role control";
            return self.disconnect(now, viewer, protocol_error(message.to_owned()));
        }
        if let Err(out) = input.event.validate() {
            return self.disconnect(now, viewer, protocol_error(out.to_string()));
        }
        let is_motion = matches!(input.event, InputEvent::Motion { .. });
        if is_motion && input.id <= member.newest_pointer {
            return;
        }
        if !is_motion && input.id <= member.newest_input {
            let refusal = protocol_error(format!("input {} came after {}", input.id, member.newest_input));
            return self.disconnect(now, viewer, refusal);
        }
        if !is_motion {
            member.newest_input = input.id;
        }
        if has_place(&input.event) {
            member.newest_pointer = member.newest_pointer.max(input.id);
        }
        match member.early.admit(now, input) {
            Some(input) => self.take_input(now, viewer, input),
            None => self.take_early_input(now),
        }
    }

    /// Has input take effect that came before what its viewer said earlier, if it need not wait any more.
    pub(super) fn take_early_input(&mut self, now: Timestamp) {
        let viewers: Vec<ViewerId> = self.members.keys().copied().collect();
        for viewer in viewers {
            while let Some(input) = self.members.get_mut(&viewer).and_then(|member| member.early.pop(now)) {
                self.take_input(now, viewer, input);
            }
        }
    }

    fn take_input(&mut self, now: Timestamp, viewer: ViewerId, input: Input) {
        // Whoever may use windows may have one closed, also while another is typing.
        let may = input.event.needs_no_seat() || self.admit(now, viewer, &input);
        if may && (self.tracks.has_window(input.track) || is_release(&input.event)) {
            if let Some(member) = self.members.get_mut(&viewer) {
                member.causes.received(input.id, now);
            }
            self.inject(Cause { viewer, input: input.id }, input.track, input.event);
            // Its app may be waiting for another window of its own.
            if self.tracks.all.get_mut(&input.track).is_some_and(|track| track.in_use(now)) {
                self.pump_tracks(now);
            }
        }
        self.settle_seat();
        self.pump_tracks(now);
    }

    /// Whether a viewer's input goes through.
    fn admit(&mut self, now: Timestamp, viewer: ViewerId, input: &Input) -> bool {
        let admission = self.take_seat(now, viewer, seat::acts(&input.event));
        let points = matches!(input.event, InputEvent::Button { .. } | InputEvent::Touch { .. });
        let in_menu = self.tracks.all.get(&input.track).is_some_and(|track| track.is_popup());
        // What it said of a press beside the menus of another came before it had the seat.
        if matches!(admission, Admission::Taken { .. }) && points && !in_menu {
            self.out.command(Command::DismissPopups);
        }
        admission != Admission::Outside
    }

    /// Releases what a viewer that goes holds down, if it has the seat. That is kept for one that may come
    /// back.
    pub(super) fn release_seat(&mut self, now: Timestamp, viewer: ViewerId, departure: Departure) {
        self.complete_layout(viewer);
        let member = self.members.get(&viewer);
        let key = member.and_then(|member| member.key).filter(|_| departure == Departure::MayReturn);
        let input = member.map_or(InputId(0), |member| member.newest_input);
        let Some(releases) = self.seat.leave(now, viewer, key) else { return };
        let cause = Cause { viewer, input };
        self.release(cause, releases);
        self.wants.abandon(&mut self.out, cause);
    }

    /// What becomes of something that a viewer's user did. The seat is taken with its keymap and its focus;
    /// its layout follows, see [`Host::settle_seat`].
    pub(super) fn take_seat(&mut self, now: Timestamp, viewer: ViewerId, acts: bool) -> Admission {
        if let Some(holder) = self.seat.settled().filter(|holder| acts && *holder != viewer) {
            self.complete_layout(holder);
        }
        let admission = self.seat.admit(now, viewer, acts);
        let Admission::Taken { from } = admission else { return admission };
        tracing::debug!(%viewer, ?from, "the seat moves");
        if let Some(from) = from {
            let input = self.members.get(&from).map_or(InputId(0), |member| member.newest_input);
            self.wants.hand_over(&mut self.out, Cause { viewer: from, input });
            self.out.send(from, ToViewer::Seat { held: false });
        } else {
            self.wants.hand_lock(&mut self.out, viewer);
        }
        self.install(viewer);
        admission
    }

    /// The keyboard is the new holder's: its keymap and its focus.
    pub(super) fn install(&mut self, viewer: ViewerId) {
        let Some(member) = self.members.get(&viewer) else { return };
        let (keymap, focus) = (member.keymap.clone(), member.focus);
        if !self.keyboard.has_keymap_of(viewer)
            && let Some(keymap) = keymap
        {
            self.keyboard.install(viewer);
            self.out.command(Command::Keymap(keymap));
        }
        // Who has no focus to give takes that of the holder before.
        self.set_focus(viewer, focus.or(self.keyboard.focus()));
    }

    /// Tells the source which window has the keyboard, if that is news.
    pub(super) fn set_focus(&mut self, viewer: ViewerId, focus: Option<TrackId>) {
        let focus = focus.filter(|track| self.tracks.has_window(*track));
        if self.keyboard.set_focus(viewer, focus) {
            let input = self.members.get(&viewer).map_or(InputId(0), |member| member.newest_input);
            self.wants.end_composition(&mut self.out, Cause { viewer, input });
            self.out.command(Command::Focus(focus));
        }
    }

    pub(super) fn inject(&mut self, cause: Cause, track: TrackId, event: InputEvent) {
        self.take_up(cause, track, &event);
        match event {
            InputEvent::Key { key, pressed } => {
                let changes = self.holds(|held| held.key(track, key, pressed));
                // One that rests was let go already.
                if changes && (pressed || !self.repeats.let_go(key)) {
                    self.focus_for_keys(cause.viewer, track);
                    self.out.command(Command::Key { cause, track, key, pressed });
                }
            }
            InputEvent::Text { text } => {
                if !text.is_empty() {
                    self.focus_for_keys(cause.viewer, track);
                    self.wants.composed();
                    self.out.command(Command::Text { cause, track, text });
                }
            }
            InputEvent::Preedit { text, cursor } => self.preedit(cause, track, text, cursor),
            // It has no effect when the lock is over already.
            InputEvent::RelativeMotion { dx, dy } => {
                if self.wants.locks(track, cause.viewer) {
                    self.out.command(Command::RelativeMotion { cause, track, dx, dy });
                }
            }
            InputEvent::Motion { position } => self.out.command(Command::Motion { cause, track, position }),
            InputEvent::Leave => self.out.command(Command::PointerLeft),
            InputEvent::Close => self.out.command(Command::Close(track)),
            InputEvent::ForceQuit => self.out.command(Command::ForceQuit(track)),
            InputEvent::Button { position, button, pressed } => {
                if self.holds(|held| held.button(track, position, button, pressed)) {
                    self.out.command(Command::Motion { cause, track, position });
                    self.out.command(Command::Button { cause, button, pressed });
                }
            }
            InputEvent::Scroll { position, axis } => {
                self.out.command(Command::Motion { cause, track, position });
                self.out.command(Command::Scroll { cause, axis });
            }
            InputEvent::Touch { points } => {
                let possible = |point: &TouchPoint| self.holds(|held| held.touch(track, *point));
                let points: Vec<TouchPoint> = keep(points, possible);
                if !points.is_empty() {
                    self.out.command(Command::Touch { cause, track, points });
                }
            }
        }
    }

    /// Keys for another window than the one with the focus: the focus' own message is still on its way.
    pub(super) fn focus_for_keys(&mut self, viewer: ViewerId, track: TrackId) {
        if self.keyboard.focus() != Some(track) && self.tracks.has_window(track) {
            self.set_focus(viewer, Some(track));
        }
    }

    /// The holder of the seat composes a text, or ends that with an empty one.
    fn preedit(&mut self, cause: Cause, track: TrackId, text: String, cursor: Option<(u32, u32)>) {
        if text.is_empty() {
            return self.wants.end_composition(&mut self.out, cause);
        }
        self.focus_for_keys(cause.viewer, track);
        self.wants.compose(track);
        self.out.command(Command::Preedit { cause, track, text, cursor });
    }

    fn holds(&mut self, change: impl FnOnce(&mut crate::held::Held) -> bool) -> bool {
        self.seat.held_mut().is_some_and(change)
    }

    fn release(&mut self, cause: Cause, releases: Releases) {
        for (key, track) in releases.keys {
            if self.repeats.let_go(key) {
                continue;
            }
            self.out.command(Command::Key { cause, track, key, pressed: false });
        }
        for (button, _) in releases.buttons {
            self.out.command(Command::Button { cause, button, pressed: false });
        }
        for (track, points) in releases.touches {
            self.out.command(Command::Touch { cause, track, points });
        }
    }
}

fn keep<T>(mut items: Vec<T>, mut keep: impl FnMut(&T) -> bool) -> Vec<T> {
    items.retain(|item| keep(item));
    items
}

/// Whether the event says where the pointer is.
fn has_place(event: &InputEvent) -> bool {
    match event {
        InputEvent::Motion { .. }
        | InputEvent::Leave
        | InputEvent::Button { .. }
        | InputEvent::Scroll { .. } => true,
        InputEvent::Key { .. }
        | InputEvent::Text { .. }
        | InputEvent::Preedit { .. }
        | InputEvent::RelativeMotion { .. }
        | InputEvent::Touch { .. }
        | InputEvent::Close
        | InputEvent::ForceQuit => false,
    }
}

/// Whether the event lets something go: that must work even if its window is gone.
fn is_release(event: &InputEvent) -> bool {
    matches!(
        event,
        InputEvent::Key { pressed: false, .. }
            | InputEvent::Button { pressed: false, .. }
            | InputEvent::Leave
    )
}
