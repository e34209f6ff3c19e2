//! What waits to be sent on one data channel, cut into fragments: what has the highest priority goes first,
//! also before the rest of something large that is under way.

use std::{cmp::Reverse, collections::BinaryHeap};

use bytes::Bytes;

use crate::{
    lane_queue::Share,
    webrtc::{
        arq::fragments::{Fragmenter, MAX_PLACES},
        message::{Data, Kind},
    },
};

/// See the module's documentation.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: BinaryHeap<Waiting>,
    /// Bits of the places that are taken.
    places: u16,
    arrived: u64,
}

struct Waiting {
    priority: i32,
    arrived: Reverse<u64>,
    cut: Fragmenter,
    place: Option<u8>,
    /// What it takes of its queue's bytes until it was sent.
    share: Option<Share>,
}

impl Outbox {
    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Puts a message in.
    pub(crate) fn push(&mut self, kind: Kind, priority: i32, message: Bytes, share: Option<Share>) {
        self.arrived += 1;
        let cut = Fragmenter::new(kind, message);
        let arrived = Reverse(self.arrived);
        self.waiting.push(Waiting { priority, arrived, cut, place: None, share });
    }

    /// The next to send. When all places are taken, those messages go on that have one.
    pub(crate) fn pop(&mut self) -> Option<Data> {
        let mut postponed = Vec::new();
        let data = loop {
            let Some(mut next) = self.waiting.pop() else { break None };
            let place = match next.place {
                None if next.cut.in_fragments() => self.take_place(),
                has => has.or(Some(0)),
            };
            let Some(place) = place else {
                postponed.push(next);
                continue;
            };
            let in_fragments = next.cut.in_fragments();
            let (data, last) = next.cut.next(place);
            if last {
                drop(next.share);
                if in_fragments {
                    self.places &= !(1 << place);
                }
            } else {
                next.place = Some(place);
                self.waiting.push(next);
            }
            break Some(data);
        };
        self.waiting.extend(postponed);
        data
    }

    fn take_place(&mut self) -> Option<u8> {
        let free = (0..MAX_PLACES).find(|place| self.places & (1 << place) == 0)?;
        self.places |= 1 << free;
        Some(free)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        (self.priority, self.arrived) == (other.priority, other.arrived)
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.priority, self.arrived).cmp(&(other.priority, other.arrived))
    }
}

#[cfg(test)]
mod tests {
    use protocol::Lane;

    use super::*;
    use crate::lane_queue::{Bound, lane_queue};
    use crate::webrtc::message::FRAGMENT_BYTES;

    const UPDATE: Kind = Kind::Lane(Lane::Update);

    #[tokio::test]
    async fn what_is_urgent_goes_between_fragments_and_equals_go_in_order() {
        let (queue, _receiver) = lane_queue::<()>(Bound { items: 9, bytes: 1 << 20 });
        let mut outbox = Outbox::default();
        let push = |outbox: &mut Outbox, priority, fill: u8, share| {
            let bytes = Bytes::from(vec![fill; if fill == 9 { 3 * FRAGMENT_BYTES } else { 10 }]);
            outbox.push(UPDATE, priority, bytes, Some(share));
        };
        push(&mut outbox, 0, 9, queue.reserve(3 * FRAGMENT_BYTES).await);
        assert!(matches!(outbox.pop(), Some(Data::Fragment { place: 0, .. })));
        for fill in [1, 2] {
            push(&mut outbox, 5, fill, queue.reserve(10).await);
        }
        for fill in [1, 2] {
            let Some(Data::Whole { body, .. }) = outbox.pop() else { panic!("urgent and small") };
            assert_eq!(body[0], fill);
        }
        assert_eq!(queue.queued_bytes(), 3 * FRAGMENT_BYTES, "until all of it was sent");
        assert!(matches!(outbox.pop(), Some(Data::Fragment { .. })));
        assert!(matches!(outbox.pop(), Some(Data::Fragment { .. })));
        assert!(outbox.is_empty() && outbox.pop().is_none());
        assert_eq!(queue.queued_bytes(), 0);
    }

    #[tokio::test]
    async fn when_all_places_are_taken_something_still_goes() {
        let (queue, _receiver) = lane_queue::<()>(Bound { items: 9, bytes: 1 << 20 });
        let mut outbox = Outbox::default();
        for priority in 0..i32::from(MAX_PLACES) + 3 {
            let bytes = Bytes::from(vec![0; 2 * FRAGMENT_BYTES]);
            outbox.push(UPDATE, priority, bytes, Some(queue.reserve(2 * FRAGMENT_BYTES).await));
            if priority < i32::from(MAX_PLACES) {
                assert!(outbox.pop().is_some(), "each overtakes the one before");
            }
        }
        let mut left = 0;
        while outbox.pop().is_some() {
            left += 1;
        }
        assert_eq!(left, i32::from(MAX_PLACES) + 6);
        assert_eq!(queue.queued_bytes(), 0);
    }
}
