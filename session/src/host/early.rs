//! Input that overtook what its viewer had said on the control lane before: it waits.
//!
//! The lanes of QUIC are streams of their own, and a lost packet delays only one. A key must not be read by
//! the keymap before its own, nor a paste find what was copied before (see [`ToHost::goes_before_input`]).
//!
//! Invariants: input takes effect in the order of its ids; it waits no longer than [`PATIENCE`]; at most
//! [`MOST`] wait.
//!
//! [`ToHost::goes_before_input`]: protocol::control::ToHost::goes_before_input

use std::{collections::VecDeque, time::Duration};

use media::{InputId, Timestamp};
use protocol::input::{Input, InputEvent};

/// How long input waits at most: a viewer that miscounts must still be usable.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many may wait: more than anybody types meanwhile.
const MOST: usize = 256;

/// One viewer's input that waits.
#[derive(Debug, Default)]
pub(crate) struct Early {
    /// Messages that go before input, of this viewer: heard, or not waited for any more.
    heard: u32,
    waiting: VecDeque<(Timestamp, Input)>,
}

impl Early {
    /// A message came that goes before input.
    pub(crate) fn heard(&mut self) {
        self.heard = self.heard.saturating_add(1);
    }

    /// The input itself if it may take effect now; else it waits, and [`Self::pop`] answers it in time.
    pub(crate) fn admit(&mut self, now: Timestamp, input: Input) -> Option<Input> {
        if self.waiting.is_empty() && input.after <= self.heard {
            return Some(input);
        }
        if is_motion(&input) && self.waiting.back().is_some_and(|(_, last)| is_motion(last)) {
            self.waiting.pop_back();
        }
        self.waiting.push_back((now, input));
        None
    }

    /// The next input that need not wait any more.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<Input> {
        let &(since, Input { after, .. }) = self.waiting.front()?;
        if after > self.heard {
            if now < since + PATIENCE && self.waiting.len() <= MOST {
                return None;
            }
            self.heard = after;
        }
        self.waiting.pop_front().map(|(_, input)| input)
    }

    /// The first event of the input lane that waits.
    pub(crate) fn first(&self) -> Option<InputId> {
        self.waiting.iter().find(|(_, input)| !is_motion(input)).map(|(_, input)| input.id)
    }

    /// When [`Self::pop`] has the next at the latest.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.waiting.front().map(|(since, _)| *since + PATIENCE)
    }
}

fn is_motion(input: &Input) -> bool {
    matches!(input.event, InputEvent::Motion { .. })
}
