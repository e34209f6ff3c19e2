//! Viewers' input: checked, admitted to the seat, handed to the source.

use media::{Cause, Command, Locks, Timestamp, TrackId, ViewerId};
use protocol::input::{Input, InputEvent};

use super::{
    Host,
    input_end::Arrival,
    protocol_error,
    seat::{self, Admission},
};

impl Host {
    /// A viewer's input. Input of a viewer that has not got the seat, or for a window that is gone, has no
    /// effect. Input that breaks a rule ends the link; so does any of a viewer that may only look: it was
    /// told, and sends none.
    pub fn handle_input(&mut self, now: Timestamp, viewer: ViewerId, input: Input) {
        self.heard(now, viewer, false);
        let Some(member) = self.members.get_mut(viewer) else { return };
        if !member.may_use() {
            let message = "this link can see the windows but not use them; ask for one with --role control";
            return self.disconnect(now, viewer, protocol_error(message.to_owned()));
        }
        if let Err(out) = input.event.validate() {
            return self.disconnect(now, viewer, protocol_error(out.to_string()));
        }
        match member.input_mut().arrive(now, input) {
            Ok(Arrival::Now(input)) => self.take_input(now, viewer, input),
            Ok(Arrival::Waits) => self.take_early_input(now),
            Ok(Arrival::Stale) => {}
            Err(refusal) => self.disconnect(now, viewer, refusal),
        }
    }

    /// Has input take effect that came before what its viewer said earlier, if it need not wait any more.
    pub(super) fn take_early_input(&mut self, now: Timestamp) {
        let viewers: Vec<ViewerId> = self.members.iter().map(|(viewer, _)| viewer).collect();
        for viewer in viewers {
            while let Some(input) = self.members.get_mut(viewer).and_then(|it| it.input_mut().pop(now)) {
                self.take_input(now, viewer, input);
            }
        }
    }

    fn take_input(&mut self, now: Timestamp, viewer: ViewerId, input: Input) {
        if let InputEvent::Locks { caps, num } = input.event {
            return self.viewer_locks(viewer, Locks { caps, num });
        }
        // Whoever may use windows may have one closed, also while another is typing.
        let may = input.event.needs_no_seat() || self.admit(now, viewer, &input);
        if may && (self.tracks.has_window(input.track) || is_release(&input.event)) {
            let mut cause = Cause { viewer, input: input.id, at: now };
            if let Some(member) = self.members.get_mut(viewer) {
                cause.at = member.input_mut().received(now, &input);
                for key in member.input_mut().take_up(&input.event) {
                    self.inject(cause, input.track, InputEvent::Key { key, pressed: true });
                }
            }
            self.inject(cause, input.track, input.event);
            // Its app may be waiting for another window of its own.
            if self.tracks.get_mut(input.track).is_some_and(|track| track.in_use(now)) {
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
        let in_menu = self.tracks.is_popup(input.track);
        // What it said of a press beside the menus of another came before it had the seat.
        if matches!(admission, Admission::Taken { .. }) && points && !in_menu {
            self.out.command(Command::DismissPopups);
        }
        admission != Admission::Outside
    }

    fn inject(&mut self, cause: Cause, track: TrackId, event: InputEvent) {
        match event {
            InputEvent::Key { key, pressed } => {
                let changes = self.seat.key(track, key, pressed);
                // One that rests was let go already.
                if changes && (pressed || !self.repeats.let_go(key)) {
                    self.keyboard.struck(cause.viewer, key);
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
            InputEvent::Locks { caps, num } => self.viewer_locks(cause.viewer, Locks { caps, num }),
            InputEvent::Leave => self.out.command(Command::PointerLeft),
            InputEvent::Close => self.out.command(Command::Close(track)),
            InputEvent::ForceQuit => self.out.command(Command::ForceQuit(track)),
            InputEvent::Button { position, button, pressed } => {
                if self.seat.button(track, position, button, pressed) {
                    self.out.command(Command::Motion { cause, track, position });
                    self.out.command(Command::Button { cause, button, pressed });
                }
            }
            InputEvent::Scroll { position, axis } => {
                self.out.command(Command::Motion { cause, track, position });
                self.out.command(Command::Scroll { cause, axis });
            }
            InputEvent::Touch { points } => {
                let points = self.seat.touch(track, points);
                if !points.is_empty() {
                    self.out.command(Command::Touch { cause, track, points });
                }
            }
        }
    }

    /// A viewer says which locks are on at its keyboard, perhaps before it takes the seat.
    fn viewer_locks(&mut self, viewer: ViewerId, locks: Locks) {
        if let Some(member) = self.members.get_mut(viewer) {
            member.input_mut().set_locks(locks);
        }
        if self.seat.holder() == Some(viewer) {
            self.install_locks(viewer);
        }
    }

    /// Keys for another window than the one with the focus: the focus' own message is still on its way.
    fn focus_for_keys(&mut self, viewer: ViewerId, track: TrackId) {
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
