//! Viewers' messages on the control lane.

use media::{Command, Timestamp, TrackId, ViewerId};
use protocol::control::{MAX_KEYMAP, Refusal, ToHost, ToViewer};

use super::{
    Host, protocol_error,
    seat::{Admission, Departure},
};

impl Host {
    /// A viewer's message. One that breaks a rule ends the link; one about a window that is gone has no
    /// effect.
    pub fn handle_control(&mut self, now: Timestamp, viewer: ViewerId, message: ToHost) {
        if !self.members.contains_key(&viewer) {
            return;
        }
        self.heard(now, viewer, matches!(message, ToHost::Ping { .. }));
        let goes_before_input = message.goes_before_input();
        if let Err(refusal) = self.control(now, viewer, message) {
            return self.disconnect(now, viewer, refusal);
        }
        if goes_before_input && let Some(member) = self.members.get_mut(&viewer) {
            member.early.heard();
            self.take_early_input(now);
        }
        self.pump(now);
    }

    fn control(&mut self, now: Timestamp, viewer: ViewerId, message: ToHost) -> Result<(), Refusal> {
        let may_use = self.may_use(viewer);
        match message {
            ToHost::Hello(_) => return Err(protocol_error("a viewer says hello once".to_owned())),
            ToHost::Configure { track, configure } if may_use => self.wish(viewer, track, configure)?,
            ToHost::Focus { track } if may_use => self.viewer_focus(viewer, track),
            ToHost::DismissPopups if self.seat.holder() == Some(viewer) => {
                self.out.command(Command::DismissPopups);
            }
            ToHost::TakeSeat if may_use => self.viewer_takes_seat(now, viewer),
            ToHost::Visible { track, visible } => {
                if let Some(debt) = self.members.get_mut(&viewer).and_then(|m| m.debts.get_mut(&track)) {
                    debt.visible = visible;
                }
            }
            ToHost::Keymap { text } => self.viewer_keymap(viewer, text)?,
            ToHost::Clipboard(message) => {
                self.clipboard.handle_message(now, viewer, may_use, message)?;
                self.clipboard_effects();
            }
            ToHost::Ping { viewer: at } => self.out.send(viewer, ToViewer::Pong { viewer: at, host: now }),
            // Its link closes now; until then keys that it pressed before may still arrive on the input lane.
            ToHost::Goodbye => {
                if let Some(member) = self.members.get_mut(&viewer) {
                    member.departure = Departure::ForGood;
                }
            }
            ToHost::Configure { .. } | ToHost::Focus { .. } | ToHost::DismissPopups | ToHost::TakeSeat => {}
        }
        Ok(())
    }

    /// The user does something to windows that is no input of an app.
    fn viewer_takes_seat(&mut self, now: Timestamp, viewer: ViewerId) {
        match self.take_seat(now, viewer, true) {
            // Its pointer is on no app's window: menus that another has opened close.
            Admission::Taken { .. } => self.out.command(Command::DismissPopups),
            Admission::Holder => self.out.send(viewer, ToViewer::Seat { held: true }),
            Admission::Outside => self.out.send(viewer, ToViewer::Seat { held: false }),
        }
    }

    /// The holder of the seat decides; what others say counts when they take it.
    fn viewer_focus(&mut self, viewer: ViewerId, track: Option<TrackId>) {
        let track = track.filter(|track| self.tracks.has_window(*track));
        if let Some(member) = self.members.get_mut(&viewer) {
            member.focus = track;
        }
        if self.seat.holder() == Some(viewer) {
            self.set_focus(viewer, track);
        }
    }

    fn viewer_keymap(&mut self, viewer: ViewerId, text: String) -> Result<(), Refusal> {
        if text.len() > MAX_KEYMAP {
            return Err(protocol_error(format!("a keymap has at most {MAX_KEYMAP} bytes")));
        }
        if !self.may_use(viewer) {
            return Ok(());
        }
        let Some(member) = self.members.get_mut(&viewer) else { return Ok(()) };
        let before = member.keymap.replace(text.clone());
        // One that returns says it again; keys that it holds down go on under it.
        if self.keyboard.has_keymap_of(viewer) && before.as_ref() == Some(&text) {
            return Ok(());
        }
        // Before the first input nobody has the seat: then the keymap is there in time for the first key.
        if self.seat.holder().is_none_or(|holder| holder == viewer) {
            self.keyboard.install(viewer);
            self.out.command(Command::Keymap(text));
        }
        Ok(())
    }
}
