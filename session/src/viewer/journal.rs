//! What the user did lately, to be sent again where a link broke before it took effect.
//!
//! Invariants: events of the input lane stand here in the order of their numbers, without motion, whose
//! newest stands for all. [`Journal::since`] names the newest that is gone from here: all later ones can be
//! sent again. While there is a link, what is older than [`REACH`] or beyond the newest [`MAX_EVENTS`] goes;
//! without one nothing goes but by [`Journal::prune`], so that what was said of the journal holds until it is
//! answered.

use std::{collections::VecDeque, time::Duration};

use media::{InputId, Timestamp};
use protocol::input::{Input, InputEvent};

/// How far back: the silence by which a dead link is known, some 10 s, and time to make another. What was
/// done before that is not what the user expects to happen now.
const REACH: Duration = Duration::from_secs(15);

/// How many: more than anybody types meanwhile, and few enough that apps take them at once.
const MAX_EVENTS: usize = 1024;

/// The newest events of the input lane.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    events: VecDeque<Input>,
    since: InputId,
}

impl Default for Journal {
    fn default() -> Self {
        Self { events: VecDeque::new(), since: InputId(0) }
    }
}

impl Journal {
    /// Notes an event that is sent now.
    pub(crate) fn sent(&mut self, input: Input) {
        self.prune(input.at);
        self.events.push_back(input);
        while self.events.len() > MAX_EVENTS {
            self.drop_oldest();
        }
    }

    /// Notes an event that waits for a link.
    pub(crate) fn waits(&mut self, input: Input) {
        self.events.push_back(input);
    }

    /// Whether an event may wait for a link: motion may not, and of too much only what lets go of something
    /// held, of which there is never much.
    pub(crate) fn takes(&self, event: &InputEvent) -> bool {
        !event.is_motion() && (event.releases() || self.events.len() < MAX_EVENTS)
    }

    /// What is too old goes. If that may be missing at the host, nothing later makes sense without it: the
    /// host is told by [`Self::since`].
    pub(crate) fn prune(&mut self, now: Timestamp) {
        while self.events.front().is_some_and(|oldest| now.since(oldest.at) > REACH) {
            self.drop_oldest();
        }
    }

    /// The newest event that is gone from here.
    pub(crate) fn since(&self) -> InputId {
        self.since
    }

    /// The events after this one, oldest first.
    pub(crate) fn after(&self, id: InputId) -> impl Iterator<Item = &Input> {
        self.events.iter().skip_while(move |input| input.id <= id)
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.events.pop_front() {
            self.since = oldest.id;
        }
    }
}

#[cfg(test)]
mod tests {
    use media::{KeyCode, TrackId};

    use super::*;

    fn input(id: u64, second: u64) -> Input {
        let at = Timestamp(second * 1_000_000);
        Input { id: InputId(id), at, after: 0, track: TrackId(1), event: InputEvent::Leave }
    }

    fn ids(journal: &Journal, after: u64) -> Vec<u64> {
        journal.after(InputId(after)).map(|input| input.id.0).collect()
    }

    #[test]
    fn it_reaches_back_for_a_while_and_says_how_far() {
        let mut journal = Journal::default();
        for second in 0..20 {
            journal.sent(input(10 + 2 * second, second));
        }
        assert_eq!(journal.since(), InputId(16), "of the fourth second");
        assert_eq!(ids(&journal, 40), [42, 44, 46, 48]);
        assert_eq!(ids(&journal, 43), [44, 46, 48], "43 was motion");
        journal.prune(Timestamp(33_500_000));
        assert_eq!((journal.since(), ids(&journal, 0)), (InputId(46), vec![48]));
    }

    #[test]
    fn it_keeps_no_more_than_it_may_while_there_is_a_link() {
        let mut journal = Journal::default();
        for id in 1..=3000 {
            journal.sent(input(id, 0));
        }
        assert_eq!(
            (journal.since(), ids(&journal, 0).len()),
            (InputId(3000 - MAX_EVENTS as u64), MAX_EVENTS)
        );
        let key = |pressed| InputEvent::Key { key: KeyCode(30), pressed };
        assert!(!journal.takes(&key(true)) && journal.takes(&key(false)), "only what lets go");
    }

    #[test]
    fn without_a_link_nothing_goes_that_a_host_was_promised() {
        let mut journal = Journal::default();
        journal.sent(input(1, 0));
        journal.waits(input(2, 60));
        assert_eq!((journal.since(), ids(&journal, 0)), (InputId(0), vec![1, 2]));
    }
}
