//! Keys that are held down while nothing is heard of their viewer.
//!
//! Apps repeat a held key by themselves, so one that the user let go long ago would go on while the link
//! stalls. A viewer that holds a key pings every [`HOLDING`]; when none of that comes, the key rests: its app
//! is told that it was let go. It is pressed again once its viewer has pinged for a while, if that has not
//! let it go meanwhile: what a stalled link brings at once are the keys of before.
//!
//! Invariant: a key that rests is down for the viewer, and up for its app.

use std::{collections::BTreeSet, time::Duration};

use media::{Cause, Command, InputId, KeyCode, Timestamp, ViewerId};

use super::Host;
use crate::held::HOLDING;

/// So long a viewer that holds a key may be silent: four of its pings.
const SILENCE: Duration = Duration::from_millis(600);

/// So long it must have been heard again.
const AGAIN: Duration = Duration::from_millis(200);

/// What is known of the holder's pings.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// Whose.
    viewer: Option<ViewerId>,
    heard: Timestamp,
    pinged: Option<Timestamp>,
    /// It pings while it holds a key. One that does not is never waited for.
    pings: bool,
    resting: BTreeSet<KeyCode>,
    /// Since when it pings again while keys rest.
    again: Option<Timestamp>,
}

impl Repeats {
    /// When the next thing is due. `holds`: whether a key is down that repeats.
    pub(crate) fn timeout(&self, holds: bool) -> Option<Timestamp> {
        if !self.resting.is_empty() {
            return self.again.map(|again| again + AGAIN);
        }
        (holds && self.pings).then_some(self.heard + SILENCE)
    }

    /// A key is let go. Whether it rested: its app has heard that.
    pub(crate) fn let_go(&mut self, key: KeyCode) -> bool {
        self.resting.remove(&key)
    }

    /// Another viewer goes on with what is held down.
    pub(crate) fn hand_on(&mut self, from: ViewerId, to: ViewerId) {
        if self.viewer == Some(from) {
            self.viewer = Some(to);
        }
    }

    fn heard(&mut self, now: Timestamp, viewer: ViewerId) {
        if self.viewer != Some(viewer) {
            *self = Self { viewer: Some(viewer), ..Self::default() };
        }
        self.heard = now;
    }

    fn pinged(&mut self, now: Timestamp, holds: bool) {
        let before = self.pinged.replace(now);
        self.pings |= holds && before.is_some_and(|before| now.since(before) <= HOLDING * 3);
        // Who lets the key go pings no more.
        if !self.resting.is_empty() {
            self.again.get_or_insert(now);
        }
    }
}

impl Host {
    /// Something came from a viewer.
    pub(super) fn heard(&mut self, now: Timestamp, viewer: ViewerId, is_ping: bool) {
        if self.seat.holder() == Some(viewer) {
            self.repeats.heard(now, viewer);
            if is_ping {
                let holds = self.holds_repeating();
                self.repeats.pinged(now, holds);
            }
        }
    }

    /// When [`Host::rest_keys`] is due.
    pub(super) fn repeats_timeout(&self) -> Option<Timestamp> {
        self.repeats.timeout(self.holds_repeating())
    }

    fn holds_repeating(&self) -> bool {
        self.seat.held().is_some_and(|held| held.repeating().next().is_some())
    }

    /// Lets keys rest whose viewer is silent, and ends that when it is heard again.
    pub(super) fn rest_keys(&mut self, now: Timestamp) {
        let Some(viewer) = self.seat.holder() else { return };
        if self.repeats_timeout().is_none_or(|due| due > now) {
            return;
        }
        let Some(held) = self.seat.held() else { return };
        let input = self.members.get(&viewer).map_or(InputId(0), |member| member.newest_input);
        let cause = Cause { viewer, input };
        let rested = std::mem::take(&mut self.repeats.resting);
        let again = self.repeats.again.take();
        let keys: Vec<_> = held.repeating().collect();
        if rested.is_empty() {
            tracing::debug!(%viewer, "nothing is heard of a viewer that holds keys down: they rest");
            self.repeats.resting = keys.iter().map(|(key, _)| *key).collect();
            for (key, track) in keys {
                self.out.command(Command::Key { cause, track, key, pressed: false });
            }
        } else if again.is_some() && self.repeats.pinged.is_some_and(|at| now.since(at) <= HOLDING * 2) {
            for (key, track) in keys.into_iter().filter(|(key, _)| rested.contains(key)) {
                self.out.command(Command::Key { cause, track, key, pressed: true });
            }
        } else {
            // It pinged for a moment only.
            self.repeats.resting = rested;
        }
    }
}
