//! The input lane of one viewer, over all its links: its events' numbers, and what is sent again.

use media::{InputId, Timestamp, TrackId, ViewerId};
use protocol::{
    input::{Input, InputEvent},
    resume::{Resume, ResumeKey},
};

use super::journal::Journal;

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct InputLane {
    next: InputId,
    journal: Journal,
    /// The viewer with whose welcome the numbers began.
    began: Option<ViewerId>,
    /// The newest event that took effect on an earlier link, while those after it wait for the host to tell
    /// what there is.
    resumed: Option<InputId>,
    /// Messages that go before input, sent on this link.
    preceding: u32,
}

impl Default for InputLane {
    fn default() -> Self {
        Self { next: InputId(1), journal: Journal::default(), began: None, resumed: None, preceding: 0 }
    }
}

impl InputLane {
    /// How the host of the next link knows this viewer again: what its hello says of that.
    pub(crate) fn resume(&mut self, now: Timestamp, key: ResumeKey) -> Resume {
        self.journal.prune(now);
        Resume { key, began: self.began, since: self.journal.since() }
    }

    /// The link is lost.
    pub(crate) fn reset(&mut self) {
        self.resumed = None;
        self.preceding = 0;
    }

    /// The host of a new link says whether it knows the viewer, and from where its input goes on.
    pub(crate) fn welcomed(&mut self, viewer: ViewerId, resumed: Option<InputId>) {
        self.resumed = resumed;
        if resumed.is_none() {
            self.journal = Journal::default();
            self.next = InputId(1);
            self.began = Some(viewer);
        }
    }

    /// Whether the host of this link knows the viewer, and what was done before is still to be sent again.
    pub(crate) fn is_returning(&self) -> bool {
        self.resumed.is_some()
    }

    /// Whether an event may wait for a link, or for its turn.
    pub(crate) fn takes(&self, event: &InputEvent) -> bool {
        self.journal.takes(event)
    }

    /// A message is sent that goes before the input that follows, whichever lane is faster.
    pub(crate) fn precede(&mut self) {
        self.preceding += 1;
    }

    /// What has not taken effect, as it was, once the host has told everything and knows what holds on.
    pub(crate) fn again(&mut self) -> Vec<Input> {
        let Some(newest) = self.resumed.take() else { return Vec::new() };
        let after = self.preceding;
        self.journal.after(newest).map(|input| Input { after, ..input.clone() }).collect()
    }

    /// Numbers an event.
    pub(crate) fn number(&mut self, at: Timestamp, track: TrackId, event: InputEvent) -> Input {
        let id = self.next;
        self.next = InputId(id.0 + 1);
        Input { id, at, after: self.preceding, track, event }
    }

    /// Notes an event that is sent now. Motion is not kept: its newest stands for all.
    pub(crate) fn sent(&mut self, input: &Input) {
        if !input.event.is_motion() {
            self.journal.sent(input.clone());
        }
    }

    /// Notes an event that waits: its turn comes after what was done before.
    pub(crate) fn waits(&mut self, input: Input) {
        if !input.event.is_motion() {
            self.journal.waits(input);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: TrackId = TrackId(1);

    fn typed(lane: &mut InputLane, second: u64) -> Input {
        lane.number(Timestamp(second * 1_000_000), TRACK, InputEvent::Close)
    }

    #[test]
    fn a_host_that_knows_the_viewer_gets_what_it_missed_under_the_same_numbers() {
        let mut lane = InputLane::default();
        lane.welcomed(ViewerId(7), None);
        for second in 0..3 {
            let input = typed(&mut lane, second);
            lane.sent(&input);
        }
        lane.reset();
        let waiting = typed(&mut lane, 3);
        lane.waits(waiting);
        let resume = lane.resume(Timestamp(4_000_000), ResumeKey([0; 16]));
        assert_eq!((resume.began, resume.since), (Some(ViewerId(7)), InputId(0)));
        lane.welcomed(ViewerId(8), Some(InputId(2)));
        assert!(lane.is_returning());
        lane.precede();
        let again: Vec<_> = lane.again().iter().map(|input| (input.id.0, input.after)).collect();
        assert_eq!(again, [(3, 1), (4, 1)]);
        assert!(!lane.is_returning() && lane.again().is_empty(), "once");
    }

    #[test]
    fn a_host_that_does_not_know_the_viewer_gets_new_numbers_and_nothing_old() {
        let mut lane = InputLane::default();
        let old = typed(&mut lane, 0);
        lane.sent(&old);
        lane.welcomed(ViewerId(9), None);
        assert!(lane.again().is_empty());
        assert_eq!(typed(&mut lane, 1).id, InputId(1));
        assert_eq!(lane.resume(Timestamp(1_000_000), ResumeKey([0; 16])).began, Some(ViewerId(9)));
    }
}
