//! What the core asks its surroundings to do, in order.

use std::collections::VecDeque;

use media::{Command, ViewerId};
use protocol::control::ToViewer;

use super::Action;

/// Actions that wait to be polled. The host's core bounds them: it is drained after every call.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Action>);

impl Outbox {
    /// Something is to be done.
    pub(crate) fn push(&mut self, action: Action) {
        self.0.push_back(action);
    }

    /// A viewer is to be told something.
    pub(crate) fn send(&mut self, viewer: ViewerId, message: ToViewer) {
        self.push(Action::Send { viewer, message });
    }

    /// The source is to do something.
    pub(crate) fn command(&mut self, command: Command) {
        self.push(Action::Source(command));
    }

    /// What to do next.
    pub(crate) fn pop(&mut self) -> Option<Action> {
        self.0.pop_front()
    }
}
