//! What the session core tells the compositor.

use media::Command;

use crate::wayland::State;

impl State {
    /// Carries out a command. One that names a track which is gone has no effect.
    pub(super) fn handle_command(&mut self, command: Command) {
        let Some(command) = self.hold_keyboard(command) else { return };
        self.carry_out(command);
    }

    /// Carries out a command that waits for nothing.
    pub(in crate::wayland) fn carry_out(&mut self, command: Command) {
        match command {
            Command::Key { cause, track, key, pressed } => self.key(cause, track, key, pressed),
            Command::Text { cause, track, text } => self.text(cause, track, &text),
            Command::Preedit { cause, track, text, cursor } => self.preedit(cause, track, &text, cursor),
            Command::RelativeMotion { cause, track, dx, dy } => self.relative_motion(cause, track, (dx, dy)),
            Command::Motion { cause, track, position } => self.motion(cause, track, position),
            Command::PointerLeft => self.leave(),
            Command::Button { cause, button, pressed } => self.button(cause, button, pressed),
            Command::Scroll { cause, axis } => self.scroll(cause, axis),
            Command::Touch { cause, track, points } => self.touch(cause, track, &points),
            Command::DropFiles { track, position, list } => self.bring_files(track, position, list.into()),
            Command::Focus(track) => self.focus(track),
            Command::DismissPopups => {
                self.dismiss_grabs();
                self.dismiss_x11_menus();
            }
            Command::Configure { track, configure } => self.configure(track, configure),
            Command::Close(track) => self.close(track),
            Command::ForceQuit(track) => self.force_quit(track),
            Command::FrameDone { track, at } => self.frame_done(track, at),
            Command::Keymap(text) => self.set_keymap(text),
            Command::Locks(locks) => self.set_locks(locks),
            Command::OfferClipboard { mimes } => self.offer_clipboard(mimes),
            Command::ClipboardContent { request, data } => self.fill_paste(request, data),
            Command::ReadClipboard { request, mime } => self.read_clipboard(request, mime),
        }
    }
}
