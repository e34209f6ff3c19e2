//! When the host received and dispatched a viewer's newest inputs, so that updates can carry it.

use std::collections::VecDeque;

use media::{InputId, Timestamp};

/// How many inputs are remembered; the oldest goes first. An update that answers an older one carries no
/// times for it.
const MAX_REMEMBERED: usize = 256;

/// One viewer's newest inputs, in the order they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Causes(VecDeque<Received>);

/// One input's times on the host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    input: InputId,
    /// When it reached the host.
    pub(crate) received: Timestamp,
    /// When it was handed to the app.
    pub(crate) dispatched: Option<Timestamp>,
}

impl Causes {
    /// An input reached the host.
    pub(crate) fn received(&mut self, input: InputId, now: Timestamp) {
        if self.0.len() >= MAX_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Received { input, received: now, dispatched: None });
    }

    /// An input was handed to its app.
    pub(crate) fn dispatched(&mut self, input: InputId, at: Timestamp) {
        if let Some(entry) = self.0.iter_mut().rev().find(|entry| entry.input == input) {
            entry.dispatched = Some(at);
        }
    }

    /// What is known of an input.
    pub(crate) fn get(&self, input: InputId) -> Option<Received> {
        self.0.iter().rev().find(|entry| entry.input == input).copied()
    }

    /// How many are remembered, for the invariants.
    pub(crate) fn is_bounded(&self) -> bool {
        self.0.len() <= MAX_REMEMBERED
    }
}
