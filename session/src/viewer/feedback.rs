//! What the host is told of updates, and when.
//!
//! Feedback waits a moment for the picture to be shown, so that one message tells all; a later update of the
//! same track replaces what waits, since it stands for all before it. Feedback travels unreliably: the newest
//! of a track is repeated three times when no other follows, and then the link is silent.

use std::{collections::BTreeMap, time::Duration};

use media::{Timestamp, TrackId, UpdateId};
use protocol::feedback::Feedback;

/// How long feedback waits for the picture to be shown.
const PATIENCE: Duration = Duration::from_millis(8);
/// When the newest feedback is repeated.
const REPEATS: [Duration; 3] =
    [Duration::from_millis(120), Duration::from_millis(400), Duration::from_millis(1500)];

/// The feedback of all tracks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feedbacks(BTreeMap<TrackId, Line>);

/// One track's newest feedback.
#[derive(Clone, Copy, Debug)]
struct Line {
    feedback: Feedback,
    state: Told,
}

#[derive(Clone, Copy, Debug)]
enum Told {
    /// It waits for the picture to be shown, at most until then.
    Waiting {
        /// Until when.
        until: Timestamp,
    },
    /// It was sent, and so often repeated.
    Sent {
        /// When last.
        at: Timestamp,
        /// How often repeated.
        repeats: usize,
    },
}

impl Line {
    fn due(&self) -> Option<Timestamp> {
        match self.state {
            Told::Waiting { until } => Some(until),
            Told::Sent { at, repeats } => REPEATS.get(repeats).map(|wait| at + *wait),
        }
    }
}

impl Feedbacks {
    /// An update was decoded.
    pub(crate) fn decoded(&mut self, now: Timestamp, feedback: Feedback) {
        let fresh = now + PATIENCE;
        let until = match self.0.get(&feedback.track).map(|line| line.state) {
            Some(Told::Waiting { until }) => until.min(fresh),
            _ => fresh,
        };
        self.0.insert(feedback.track, Line { feedback, state: Told::Waiting { until } });
    }

    /// An update was shown.
    pub(crate) fn presented(&mut self, now: Timestamp, track: TrackId, id: UpdateId) -> Option<Feedback> {
        let line = self.0.get_mut(&track).filter(|line| line.feedback.update == id)?;
        line.feedback.presented_at.get_or_insert(now);
        let Told::Waiting { .. } = line.state else { return None };
        line.state = Told::Sent { at: now, repeats: 0 };
        Some(line.feedback)
    }

    /// When [`Feedbacks::due`] has something.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.0.values().filter_map(Line::due).min()
    }

    /// Everything that is to be sent now.
    pub(crate) fn due(&mut self, now: Timestamp) -> Vec<Feedback> {
        let mut due = Vec::new();
        for line in self.0.values_mut() {
            if line.due().is_some_and(|at| at <= now) {
                line.state = match line.state {
                    Told::Waiting { .. } => Told::Sent { at: now, repeats: 0 },
                    Told::Sent { repeats, .. } => Told::Sent { at: now, repeats: repeats + 1 },
                };
                due.push(line.feedback);
            }
        }
        due
    }

    /// A track is gone: its last feedback was sent or is of no use.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.0.remove(&track);
    }

    /// A new link: numbers begin anew.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feedback(update: u64) -> Feedback {
        Feedback {
            track: TrackId(1),
            update: UpdateId(update),
            received_at: Timestamp(1),
            decoded_at: Timestamp(2),
            presented_at: None,
        }
    }

    #[test]
    fn one_message_tells_all_when_the_picture_is_shown_soon() {
        let mut feedbacks = Feedbacks::default();
        feedbacks.decoded(Timestamp(0), feedback(1));
        assert!(feedbacks.due(Timestamp(100)).is_empty());
        let sent = feedbacks.presented(Timestamp(200), TrackId(1), UpdateId(1)).expect("sent");
        assert_eq!(sent.presented_at, Some(Timestamp(200)));
        assert!(feedbacks.presented(Timestamp(300), TrackId(1), UpdateId(1)).is_none());
    }

    #[test]
    fn the_newest_is_repeated_thrice_and_then_there_is_silence() {
        let mut feedbacks = Feedbacks::default();
        feedbacks.decoded(Timestamp(0), feedback(1));
        feedbacks.decoded(Timestamp(1000), feedback(2));
        let mut sent = Vec::new();
        while let Some(due) = feedbacks.timeout() {
            sent.extend(feedbacks.due(due).into_iter().map(|feedback| (due.0 / 1000, feedback.update.0)));
        }
        assert_eq!(sent, [(8, 2), (128, 2), (528, 2), (2028, 2)]);
    }
}
