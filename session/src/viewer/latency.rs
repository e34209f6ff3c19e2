//! How long each stage between a user's input and the picture that answers it took.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use media::{InputId, Timestamp, Timing, TrackId, UpdateId};

use super::{clock::Clock, histogram::Histogram};

/// How many inputs and shown updates are remembered; the oldest goes first.
const MAX_REMEMBERED: usize = 512;

/// A stage on the way, or a span of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// From the input event in the viewer to its arrival at the host.
    Input,
    /// From there until the app was handed it.
    Dispatched,
    /// From there until the app committed its answer.
    Captured,
    /// From the commit until the encoder had finished.
    Encoded,
    /// From there until the link was handed it.
    Sent,
    /// From there until it had arrived whole at the viewer.
    Received,
    /// From there until it was decoded.
    Decoded,
    /// From there until it was shown.
    Presented,
    /// From the commit until it was shown.
    CommitToPresented,
    /// From the input event until its answer was shown.
    InputToPresented,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Stage; 10] = [
        Stage::Input,
        Stage::Dispatched,
        Stage::Captured,
        Stage::Encoded,
        Stage::Sent,
        Stage::Received,
        Stage::Decoded,
        Stage::Presented,
        Stage::CommitToPresented,
        Stage::InputToPresented,
    ];

    /// Its name in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Input => "input",
            Stage::Dispatched => "dispatched",
            Stage::Captured => "captured",
            Stage::Encoded => "encoded",
            Stage::Sent => "sent",
            Stage::Received => "received",
            Stage::Decoded => "decoded",
            Stage::Presented => "presented",
            Stage::CommitToPresented => "commit_to_presented",
            Stage::InputToPresented => "input_to_presented",
        }
    }
}

/// Histograms of all stages.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    stages: BTreeMap<Stage, Histogram>,
}

impl Latency {
    /// The histogram of a stage, if anything was counted.
    pub fn stage(&self, stage: Stage) -> Option<&Histogram> {
        self.stages.get(&stage)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.stages.clear();
    }

    fn record(&mut self, stage: Stage, from: Timestamp, to: Timestamp) {
        self.stages.entry(stage).or_default().record(to.since(from));
    }
}

/// Notes what is on its way, and counts it when it has arrived.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tracker {
    inputs: VecDeque<(InputId, Timestamp)>,
    unshown: VecDeque<Unshown>,
    latency: Latency,
}

/// An update that was decoded and not shown yet.
#[derive(Clone, Copy, Debug)]
struct Unshown {
    track: TrackId,
    id: UpdateId,
    decoded: Timestamp,
    /// When it was committed, if it is news.
    captured: Option<Timestamp>,
    input: Option<Timestamp>,
}

/// What is known of an update when it is decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded {
    pub(crate) track: TrackId,
    pub(crate) id: UpdateId,
    pub(crate) received: Timestamp,
    pub(crate) decoded: Timestamp,
    pub(crate) cause: Option<InputId>,
    pub(crate) timing: Timing,
    /// Whether it brought a newer commit; else it repeats what was captured long ago, losslessly or for one
    /// who joins.
    pub(crate) fresh: bool,
}

impl Tracker {
    /// What was counted.
    pub(crate) fn latency(&self) -> &Latency {
        &self.latency
    }

    /// Begins to count anew.
    pub(crate) fn clear(&mut self) {
        self.latency.clear();
    }

    /// A new link: numbers begin anew.
    pub(crate) fn begin(&mut self) {
        self.inputs.clear();
        self.unshown.clear();
    }

    /// An input was sent.
    pub(crate) fn input(&mut self, input: InputId, at: Timestamp) {
        push_bounded(&mut self.inputs, (input, at));
    }

    /// An update was decoded.
    pub(crate) fn decoded(&mut self, clock: &Clock, update: Decoded) {
        let timing = update.timing;
        let sent_at = |id| self.inputs.iter().rev().find(|(input, _)| *input == id).map(|(_, at)| *at);
        let input = update.cause.and_then(sent_at);
        if let (Some(at), Some(received)) = (input, timing.input_received) {
            self.latency.record(Stage::Input, at, clock.to_viewer(received));
        }
        if let (Some(received), Some(dispatched)) = (timing.input_received, timing.input_dispatched) {
            self.latency.record(Stage::Dispatched, received, dispatched);
            self.latency.record(Stage::Captured, dispatched, timing.captured);
        }
        if update.fresh {
            self.latency.record(Stage::Encoded, timing.captured, timing.encoded);
        }
        self.latency.record(Stage::Sent, timing.encoded, timing.sent);
        self.latency.record(Stage::Received, clock.to_viewer(timing.sent), update.received);
        self.latency.record(Stage::Decoded, update.received, update.decoded);
        let captured = update.fresh.then(|| clock.to_viewer(timing.captured));
        let Decoded { track, id, decoded, .. } = update;
        push_bounded(&mut self.unshown, Unshown { track, id, decoded, captured, input });
    }

    /// An update was shown, and with it the pixels of all earlier ones of its track.
    pub(crate) fn presented(&mut self, now: Timestamp, track: TrackId, id: UpdateId) {
        let latency = &mut self.latency;
        self.unshown.retain(|unshown| {
            let shown = unshown.track == track && unshown.id <= id;
            if shown {
                latency.record(Stage::Presented, unshown.decoded, now);
                if let Some(captured) = unshown.captured {
                    latency.record(Stage::CommitToPresented, captured, now);
                }
                if let Some(input) = unshown.input {
                    latency.record(Stage::InputToPresented, input, now);
                }
            }
            !shown
        });
    }

    /// A track is gone.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.unshown.retain(|unshown| unshown.track != track);
    }
}

/// The age of a picture, by its commit.
pub(crate) fn age(clock: &Clock, now: Timestamp, captured: Timestamp) -> Duration {
    now.since(clock.to_viewer(captured))
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= MAX_REMEMBERED {
        queue.pop_front();
    }
    queue.push_back(item);
}
