//! Viewers' messages on the control lane.

use media::{Command, Timestamp, TrackId, ViewerId};
use protocol::control::{Configure, MAX_KEYMAP, Refusal, ToHost, ToViewer};

use super::{Host, layout, protocol_error, seat::Admission};

impl Host {
    /// A viewer's message. One that breaks a rule ends the link; one about a window that is gone has no
    /// effect.
    pub fn handle_control(&mut self, now: Timestamp, viewer: ViewerId, message: ToHost) {
        if !self.members.has(viewer) {
            return;
        }
        self.heard(now, viewer, matches!(message, ToHost::Ping { .. }));
        let goes_before_input = message.goes_before_input();
        if let Err(refusal) = self.control(now, viewer, message) {
            return self.disconnect(now, viewer, refusal);
        }
        if goes_before_input && let Some(member) = self.members.get_mut(viewer) {
            member.input_mut().heard();
            self.take_early_input(now);
        }
        self.pump(now);
    }

    fn control(&mut self, now: Timestamp, viewer: ViewerId, message: ToHost) -> Result<(), Refusal> {
        let may_use = self.members.may_use(viewer);
        match message {
            ToHost::Hello(_) => return Err(protocol_error("a viewer says hello once".to_owned())),
            ToHost::Configure { track, configure } if may_use => self.wish(viewer, track, configure)?,
            ToHost::Focus { track } if may_use => self.viewer_focus(viewer, track),
            ToHost::DismissPopups if self.seat.holder() == Some(viewer) => {
                self.out.command(Command::DismissPopups);
            }
            ToHost::TakeSeat if may_use => self.viewer_takes_seat(now, viewer),
            ToHost::Visible { track, visible } => {
                if let Some(member) = self.members.get_mut(viewer) {
                    member.delivery_mut().set_visible(track, visible);
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
                if let Some(member) = self.members.get_mut(viewer) {
                    member.says_goodbye();
                }
            }
            ToHost::Configure { .. } | ToHost::Focus { .. } | ToHost::DismissPopups | ToHost::TakeSeat => {}
        }
        Ok(())
    }

    /// A viewer says how it wants a window to be.
    fn wish(&mut self, viewer: ViewerId, track: TrackId, configure: Configure) -> Result<(), Refusal> {
        let configure = layout::checked(configure)?;
        if !self.tracks.has_window(track) {
            return Ok(());
        }
        if self.tracks.is_vain(&configure) {
            self.tracks.refuse(viewer, track, configure.serial);
            if let Some(window) = self.tracks.window_for(track, viewer) {
                self.out.send(viewer, ToViewer::Window(window));
            }
            return Ok(());
        }
        self.layouts.say(viewer, track, configure);
        if self.seat.settled() == Some(viewer) {
            self.tracks.wish(viewer, track, configure);
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
        if let Some(member) = self.members.get_mut(viewer) {
            member.set_focus(track);
        }
        if self.seat.holder() == Some(viewer) {
            self.set_focus(viewer, track);
        }
    }

    fn viewer_keymap(&mut self, viewer: ViewerId, text: String) -> Result<(), Refusal> {
        if text.len() > MAX_KEYMAP {
            return Err(protocol_error(format!("a keymap has at most {MAX_KEYMAP} bytes")));
        }
        if !self.members.may_use(viewer) {
            return Ok(());
        }
        let is_news = self.members.get_mut(viewer).is_some_and(|member| member.set_keymap(&text));
        // One that returns says it again; keys that it holds down go on under it.
        if self.keyboard.has_keymap_of(viewer) && !is_news {
            return Ok(());
        }
        // Before the first input nobody has the seat: then the keymap is there in time for the first key.
        if self.seat.holder().is_none_or(|holder| holder == viewer) {
            self.keyboard.install(viewer);
            self.out.command(Command::Keymap(text));
            self.install_locks(viewer);
        }
        Ok(())
    }
}
