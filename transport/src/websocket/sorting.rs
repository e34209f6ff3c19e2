//! What waits to be written, by urgency: control, input, the newest motion and feedback, updates by their
//! priority.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
    future::pending,
};

use protocol::Lane;

use crate::{
    lane_queue::{QueueReceiver, Weighed},
    link::{Outgoing, QueuedMessage},
};

/// The most updates that are sorted: more wait in their queue.
const MAX_UPDATES: usize = 1024;

/// The most feedback that waits while the socket is full: older ones give way.
const MAX_FEEDBACK: usize = 32;

type Waiting = Weighed<QueuedMessage>;

/// What a link's handles sent, sorted.
pub(super) struct Sorting {
    control: QueueReceiver<QueuedMessage>,
    input: QueueReceiver<QueuedMessage>,
    updates: QueueReceiver<QueuedMessage>,
    unreliable: QueueReceiver<QueuedMessage>,
    /// Of control and input, taken from their queues but not written.
    first: VecDeque<Waiting>,
    motion: Option<Waiting>,
    feedback: VecDeque<Waiting>,
    /// The most urgent first, of the same priority the oldest.
    sorted: BTreeMap<(Reverse<i32>, u64), Waiting>,
    count: u64,
}

impl Sorting {
    pub(super) fn new(outgoing: Outgoing) -> Self {
        let Outgoing { control, input, updates, unreliable } = outgoing;
        let (first, motion, feedback, sorted, count) = Default::default();
        Self { control, input, updates, unreliable, first, motion, feedback, sorted, count }
    }

    /// The most urgent of all.
    pub(super) fn next(&mut self) -> Option<Waiting> {
        if let Some(frame) = self.next_that_must_arrive() {
            return Some(frame);
        }
        while let Some(frame) = self.unreliable.try_pop() {
            self.keep_newest(frame);
        }
        while self.sorted.len() < MAX_UPDATES
            && let Some(frame) = self.updates.try_pop()
        {
            self.sort(frame);
        }
        let motion = self.motion.take();
        motion.or_else(|| self.feedback.pop_front()).or_else(|| Some(self.sorted.pop_first()?.1))
    }

    /// The most urgent of what a link that closes still owes.
    pub(super) fn next_that_must_arrive(&mut self) -> Option<Waiting> {
        self.first.pop_front().or_else(|| self.control.try_pop()).or_else(|| self.input.try_pop())
    }

    /// Waits until there is something.
    pub(super) async fn arrival(&mut self) {
        tokio::select! {
            biased;
            Some(frame) = self.control.pop() => self.first.push_back(frame),
            Some(frame) = self.input.pop() => self.first.push_back(frame),
            Some(frame) = self.unreliable.pop() => self.keep_newest(frame),
            Some(frame) = self.updates.pop() => self.sort(frame),
            else => pending().await,
        }
    }

    /// Sorts what arrives; never returns. For while the socket is full.
    pub(super) async fn go_on(&mut self) {
        loop {
            tokio::select! {
                Some(frame) = self.unreliable.pop() => self.keep_newest(frame),
                Some(frame) = self.updates.pop(), if self.sorted.len() < MAX_UPDATES => self.sort(frame),
                else => return pending().await,
            }
        }
    }

    fn keep_newest(&mut self, frame: Waiting) {
        if frame.item.lane == Lane::Motion {
            self.motion = Some(frame);
            return;
        }
        if self.feedback.len() >= MAX_FEEDBACK {
            self.feedback.pop_front();
        }
        self.feedback.push_back(frame);
    }

    fn sort(&mut self, frame: Waiting) {
        self.count += 1;
        self.sorted.insert((Reverse(frame.item.priority), self.count), frame);
    }
}
