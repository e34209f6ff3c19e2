//! Keys that are held down while nothing is heard of their viewer.
//!
//! Apps repeat a held key by themselves, so one that the user let go long ago would go on while the link
//! stalls. A viewer that holds a key pings every [`HOLDING`]; when none of that comes, the key rests: its app
//! is told that it was let go. It is pressed again once its viewer has pinged for a while, if that has not
//! let it go meanwhile: what a stalled link brings at once are the keys of before.
//!
//! Invariant: a key that rests is down for the viewer, and up for its app.

use std::{collections::BTreeSet, time::Duration};

use media::{Cause, Command, KeyCode, Timestamp, TrackId, ViewerId};

use super::outbox::Outbox;
use crate::held::{HOLDING, Releases};

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

    /// Something came from the holder of the seat.
    pub(crate) fn heard(&mut self, now: Timestamp, viewer: ViewerId) {
        if self.viewer != Some(viewer) {
            *self = Self { viewer: Some(viewer), ..Self::default() };
        }
        self.heard = now;
    }

    /// It was a ping. `holds`: whether a key is down that repeats.
    pub(crate) fn pinged(&mut self, now: Timestamp, holds: bool) {
        let before = self.pinged.replace(now);
        self.pings |= holds && before.is_some_and(|before| now.since(before) <= HOLDING * 3);
        // Who lets the key go pings no more.
        if !self.resting.is_empty() {
            self.again.get_or_insert(now);
        }
    }

    /// Lets keys rest whose viewer is silent, and ends that when it is heard again. `held`: what repeats.
    pub(crate) fn handle_timeout(
        &mut self,
        now: Timestamp,
        out: &mut Outbox,
        cause: Cause,
        held: &[(KeyCode, TrackId)],
    ) {
        if self.timeout(!held.is_empty()).is_none_or(|due| due > now) {
            return;
        }
        let rested = std::mem::take(&mut self.resting);
        let again = self.again.take();
        if rested.is_empty() {
            tracing::debug!(viewer = %cause.viewer, "nothing is heard of a viewer that holds keys down: they rest");
            self.resting = held.iter().map(|(key, _)| *key).collect();
            for &(key, track) in held {
                out.command(Command::Key { cause, track, key, pressed: false });
            }
        } else if again.is_some() && self.pinged.is_some_and(|at| now.since(at) <= HOLDING * 2) {
            for &(key, track) in held.iter().filter(|(key, _)| rested.contains(key)) {
                out.command(Command::Key { cause, track, key, pressed: true });
            }
        } else {
            // It pinged for a moment only.
            self.resting = rested;
        }
    }

    /// Lets everything go; apps have heard already that what rests was.
    pub(crate) fn release(&mut self, out: &mut Outbox, cause: Cause, releases: Releases) {
        for (key, track) in releases.keys {
            if !self.let_go(key) {
                out.command(Command::Key { cause, track, key, pressed: false });
            }
        }
        for (button, _) in releases.buttons {
            out.command(Command::Button { cause, button, pressed: false });
        }
        for (track, points) in releases.touches {
            out.command(Command::Touch { cause, track, points });
        }
    }
}

#[cfg(test)]
mod tests {
    use media::InputId;

    use super::*;

    const A: ViewerId = ViewerId(1);
    const HELD: [(KeyCode, TrackId); 1] = [(KeyCode(30), TrackId(1))];

    fn at(ms: u64) -> Timestamp {
        Timestamp(10_000_000 + ms * 1000)
    }

    /// The keys that go down and up.
    fn due(repeats: &mut Repeats, ms: u64) -> Vec<bool> {
        let mut out = Outbox::default();
        repeats.handle_timeout(at(ms), &mut out, Cause { viewer: A, input: InputId(1), at: at(ms) }, &HELD);
        let pressed = |action| match action {
            super::super::Action::Source(Command::Key { pressed, .. }) => pressed,
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| out.pop()).map(pressed).collect()
    }

    #[test]
    fn keys_rest_in_silence_and_go_on_when_their_viewer_pings_again() {
        let mut repeats = Repeats::default();
        for ms in [0, 150, 300] {
            repeats.heard(at(ms), A);
            repeats.pinged(at(ms), true);
        }
        assert!(due(&mut repeats, 800).is_empty());
        assert_eq!(due(&mut repeats, 900), [false]);
        assert_eq!(repeats.timeout(true), None, "nothing is heard");
        for ms in [2000, 2150] {
            repeats.heard(at(ms), A);
            repeats.pinged(at(ms), true);
        }
        assert_eq!(due(&mut repeats, 2200), [true]);
    }

    #[test]
    fn a_viewer_that_never_pinged_is_not_waited_for() {
        let mut repeats = Repeats::default();
        repeats.heard(at(0), A);
        assert_eq!(repeats.timeout(true), None);
    }
}
