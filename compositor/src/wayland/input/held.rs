//! Commands for the keyboard that wait until they mean to an app what they meant to the user.
//!
//! Invariants:
//! - What is typed after something that waits waits as well: all of it stays in order.
//! - Nothing waits for a time; each reason to wait ends by a sign of the app's, see
//!   [`typing`](crate::wayland::xwayland::typing) and [`composition`](super::composition).
//! - When the user goes to another window, nothing waits any longer: an app that was stopped hinders nobody
//!   else.

use std::collections::VecDeque;

use media::{Cause, Command, TrackId};

use crate::wayland::State;
use crate::wayland::input::text::Care;

/// Commands that wait at most; more are carried out at once.
const WAITING: usize = 4096;

/// What waits, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Held(VecDeque<Command>);

impl State {
    /// Keeps a command for the keyboard back that would come too early, and those behind it.
    pub(in crate::wayland) fn hold_keyboard(&mut self, command: Command) -> Option<Command> {
        let (of_keyboard, leaves) = match &command {
            Command::Key { track, .. } | Command::Text { track, .. } => (true, self.is_elsewhere(*track)),
            Command::Preedit { .. } | Command::Keymap(_) | Command::Locks(_) => (true, None),
            Command::Focus(None) => (false, Some(false)),
            Command::Focus(Some(track)) => (false, self.is_elsewhere(*track)),
            Command::Motion { .. }
            | Command::RelativeMotion { .. }
            | Command::PointerLeft
            | Command::Button { .. }
            | Command::Scroll { .. }
            | Command::Touch { .. }
            | Command::DropFiles { .. }
            | Command::DismissPopups
            | Command::Configure { .. }
            | Command::Close(_)
            | Command::ForceQuit(_)
            | Command::FrameDone { .. }
            | Command::OfferClipboard { .. }
            | Command::ClipboardContent { .. }
            | Command::ReadClipboard { .. } => (false, None),
        };
        match leaves {
            // It has to wait as well: X would know neither focus.
            Some(true) if !self.input.held.0.is_empty() && self.x11_focus_is_late() => {
                self.hold(command);
                return None;
            }
            Some(_) => {
                self.carry_on_with(Care::None);
                self.follow_focus_of(&command);
            }
            None => {}
        }
        if !of_keyboard || (self.input.held.0.is_empty() && !self.comes_early(&command)) {
            return Some(command);
        }
        self.hold(command);
        None
    }

    /// The rest of a text waits until an app has read what it was sent.
    pub(in crate::wayland) fn type_later(&mut self, cause: Cause, track: TrackId, rest: &str) {
        if !rest.is_empty() {
            self.input.held.0.push_front(Command::Text { cause, track, text: rest.to_owned() });
            self.ask_x11_readers();
        }
    }

    /// An app has come further: carries out what waits, as far as it may be.
    pub(in crate::wayland) fn carry_on(&mut self) {
        self.carry_on_with(Care::Full);
    }

    pub(in crate::wayland) fn carry_on_with(&mut self, care: Care) {
        while let Some(command) = self.input.held.0.pop_front() {
            self.follow_focus_of(&command);
            if care == Care::Full && self.comes_early(&command) {
                self.input.held.0.push_front(command);
                return self.ask_x11_readers();
            }
            let others = self.input.held.0.len();
            match (command, care) {
                (Command::Text { cause, track, text }, Care::None) => {
                    self.deliver(cause, |state| {
                        state.follow_focus(track);
                        if !state.commit_text(&text) {
                            state.type_text(&text, Care::None);
                        }
                        state.input.keyboard_surface()
                    });
                }
                (command, _) => self.carry_out(command),
            }
            if self.input.held.0.len() > others {
                return;
            }
        }
    }

    fn hold(&mut self, command: Command) {
        self.input.held.0.push_back(command);
        if self.input.held.0.len() > WAITING {
            tracing::warn!(limit = WAITING, "an app does not read its keys: more cannot wait for it");
            self.carry_on_with(Care::None);
        } else {
            self.ask_x11_readers();
        }
    }

    /// Whether an app has yet to do something before a command.
    fn comes_early(&self, command: &Command) -> bool {
        let overtakes = matches!(command, Command::Key { .. })
            || matches!(command, Command::Text { text, .. } if self.goes_by_keys(text));
        let settles = overtakes && self.text_settles();
        settles || (self.x11_focus_is_late() && self.x11_reader().is_some()) || self.changes_unread(command)
    }

    /// If a track is not of the window that has the focus: whether it is of an X11 window.
    fn is_elsewhere(&self, track: TrackId) -> Option<bool> {
        let toplevel = self.tracks.toplevel_of(track);
        let elsewhere = toplevel.is_some() && toplevel != self.input.focused;
        elsewhere.then(|| toplevel.is_some_and(|id| self.is_x11(id)))
    }

    fn follow_focus_of(&mut self, command: &Command) {
        if let Command::Key { track, .. } | Command::Text { track, .. } = command {
            self.follow_focus(*track);
        }
    }
}
