//! Updates of one track in the order of their numbers, however they arrive.

use std::collections::BTreeMap;

use media::{Timestamp, Update, UpdateId};

/// The most updates of a track that wait for an earlier one.
const MAX_WAITING: usize = 256;

/// One track's order.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    next: u64,
    waiting: BTreeMap<u64, (Timestamp, Update)>,
}

impl Default for Order {
    fn default() -> Self {
        Self { next: 1, waiting: BTreeMap::new() }
    }
}

/// Too many updates wait for one that never came: the link is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap(pub(crate) UpdateId);

impl Order {
    /// An update arrived. One that was handed out before, or that waits already, is dropped: `false`.
    pub(crate) fn insert(&mut self, now: Timestamp, update: Update) -> Result<bool, Gap> {
        if update.id.0 < self.next || self.waiting.contains_key(&update.id.0) {
            return Ok(false);
        }
        if self.waiting.len() >= MAX_WAITING {
            return Err(Gap(UpdateId(self.next)));
        }
        self.waiting.insert(update.id.0, (now, update));
        Ok(true)
    }

    /// The updates that wait.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Update> {
        self.waiting.values().map(|(_, update)| update)
    }

    /// The next in order, with the time of its arrival.
    pub(crate) fn next(&mut self) -> Option<(Timestamp, Update)> {
        let next = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use media::{Size, Timing, TrackId};

    use super::*;

    fn update(id: u64) -> Update {
        Update {
            track: TrackId(1),
            id: UpdateId(id),
            size: Size::new(1, 1),
            ops: Vec::new(),
            exact: true,
            caused_by_input: None,
            timing: Timing::default(),
        }
    }

    #[test]
    fn updates_leave_in_order_once_each() {
        let mut order = Order::default();
        let mut out = Vec::new();
        for id in [2, 1, 1, 5, 3, 2, 4, 5] {
            order.insert(Timestamp(id), update(id)).expect("few");
            out.extend(std::iter::from_fn(|| order.next()).map(|(_, update)| update.id.0));
        }
        assert_eq!(out, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_gap_that_never_closes_is_an_error_not_a_memory_leak() {
        let mut order = Order::default();
        let first = (2..10_000).find_map(|id| order.insert(Timestamp(0), update(id)).err());
        assert_eq!(first, Some(Gap(UpdateId(1))));
    }
}
