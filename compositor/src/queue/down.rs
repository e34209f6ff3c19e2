//! What is left of commands that are dropped.

use std::collections::HashSet;

use media::{Button, Command, KeyCode, TouchPhase};

/// What goes down among the dropped commands. It never went down, so it need not be let go; all else must be.
#[derive(Debug, Default)]
pub(super) struct Down {
    keys: HashSet<KeyCode>,
    buttons: HashSet<Button>,
    fingers: HashSet<u32>,
}

impl Down {
    /// What a command becomes; in order.
    pub(super) fn without(&mut self, command: Command) -> Option<Command> {
        match command {
            Command::Key { key, pressed: true, .. } => {
                self.keys.insert(key);
                None
            }
            Command::Key { key, .. } => (!self.keys.remove(&key)).then_some(command),
            Command::Button { button, pressed: true, .. } => {
                self.buttons.insert(button);
                None
            }
            Command::Button { button, .. } => (!self.buttons.remove(&button)).then_some(command),
            Command::Touch { cause, track, mut points } => {
                points.retain(|point| match point.phase {
                    TouchPhase::Down => {
                        self.fingers.insert(point.id);
                        false
                    }
                    TouchPhase::Move => false,
                    TouchPhase::Up | TouchPhase::Cancel => !self.fingers.remove(&point.id),
                });
                (!points.is_empty()).then_some(Command::Touch { cause, track, points })
            }
            // Who waits for content waits for an answer.
            Command::ClipboardContent { request, .. } => {
                Some(Command::ClipboardContent { request, data: None })
            }
            Command::FrameDone { .. } | Command::Configure { .. } => Some(command),
            Command::Text { .. }
            | Command::Preedit { .. }
            | Command::Motion { .. }
            | Command::RelativeMotion { .. }
            | Command::PointerLeft
            | Command::DropFiles { .. }
            | Command::Scroll { .. }
            | Command::Focus(_)
            | Command::DismissPopups
            | Command::Close(_)
            | Command::ForceQuit(_)
            | Command::Keymap(_)
            | Command::Locks(_)
            | Command::OfferClipboard { .. }
            | Command::ReadClipboard { .. } => None,
        }
    }
}
