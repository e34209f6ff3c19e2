//! What the core asks its surroundings to do, in order.

use std::collections::VecDeque;

use media::{Capabilities, Command, ViewerId};
use protocol::control::ToViewer;

use super::Action;

/// Actions that wait to be polled. The host's core bounds them: it is drained after every call.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    actions: VecDeque<Action>,
    /// What the source can do.
    source: Capabilities,
}

impl Outbox {
    /// Something is to be done.
    pub(crate) fn push(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    /// A viewer is to be told something.
    pub(crate) fn send(&mut self, viewer: ViewerId, message: ToViewer) {
        self.push(Action::Send { viewer, message });
    }

    /// The source is to do something. What it cannot do it is not asked for.
    pub(crate) fn command(&mut self, command: Command) {
        if is_able(self.source, &command) {
            self.push(Action::Source(command));
        }
    }

    /// The source says what it can do.
    pub(crate) fn set_source(&mut self, source: Capabilities) {
        self.source = source;
    }

    /// What to do next.
    pub(crate) fn pop(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }
}

/// Whether a source can do what it is asked for.
fn is_able(source: Capabilities, command: &Command) -> bool {
    match command {
        Command::Configure { .. } => source.resizes,
        Command::Keymap(_) | Command::Locks(_) => source.keymaps,
        Command::DismissPopups => source.dismisses,
        Command::Key { .. }
        | Command::Text { .. }
        | Command::Preedit { .. }
        | Command::Motion { .. }
        | Command::RelativeMotion { .. }
        | Command::PointerLeft
        | Command::Button { .. }
        | Command::Scroll { .. }
        | Command::Touch { .. }
        | Command::DropFiles { .. }
        | Command::Focus(_)
        | Command::Close(_)
        | Command::ForceQuit(_)
        | Command::FrameDone { .. }
        | Command::OfferClipboard { .. }
        | Command::ClipboardContent { .. }
        | Command::ReadClipboard { .. } => true,
    }
}
