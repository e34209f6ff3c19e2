//! What the core asks its surroundings to do, in order.

use std::collections::VecDeque;

use super::{Action, Event, Outbound};

/// Actions that wait to be polled. The viewer's core bounds them: it is drained after every call.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Action>);

impl Outbox {
    /// Something is to be done.
    pub(crate) fn push(&mut self, action: Action) {
        self.0.push_back(action);
    }

    /// The host is to be sent something.
    pub(crate) fn send(&mut self, outbound: Outbound) {
        self.push(Action::Send(outbound));
    }

    /// The front end is to be told something.
    pub(crate) fn tell(&mut self, event: Event) {
        self.push(Action::Tell(event));
    }

    /// What to do next.
    pub(crate) fn pop(&mut self) -> Option<Action> {
        self.0.pop_front()
    }
}
