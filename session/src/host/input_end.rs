//! One viewer's end of the input lane: which of its events have come, which wait, when they came.

use media::{InputId, KeyCode, Locks, Timestamp, ViewerId};
use protocol::{
    control::Refusal,
    input::{Input, InputEvent},
    resume::Resume,
};

use super::{
    causes::{Causes, Received},
    early::Early,
    protocol_error, seat,
    user_time::UserTime,
};
use crate::held::is_modifier;

/// The state of one viewer's input.
#[derive(Debug)]
pub(crate) struct InputEnd {
    /// With whose welcome its numbers began: that of this link, or of one before.
    began: ViewerId,
    /// Its newest event of the input lane, where ids grow or the viewer is broken.
    newest: InputId,
    /// Its newest event with a place: motion that is older is dropped.
    newest_pointer: InputId,
    user_time: UserTime,
    locks: Option<Locks>,
    early: Early,
    /// Modifiers that its user has held down since before it returned, and that are up for the apps.
    resting: Vec<KeyCode>,
    causes: Causes,
}

/// How far a viewer's input has come, over all its links.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    /// The viewer with whose welcome its numbers began.
    began: ViewerId,
    /// The newest event of the input lane that took effect.
    input: InputId,
    /// The newest event with a place.
    pointer: InputId,
    user_time: UserTime,
    locks: Option<Locks>,
}

impl Progress {
    /// The newest event of the input lane that took effect.
    pub(crate) fn input(self) -> InputId {
        self.input
    }

    /// Whether a viewer can go on from here: it means the same numbers, and has all that is missing.
    pub(crate) fn goes_on(self, resume: &Resume) -> bool {
        resume.began == Some(self.began) && resume.since <= self.input
    }
}

/// What becomes of an event that came.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It takes effect now.
    Now(Input),
    /// It waits for what its viewer said before, or others behind which it waited may go now.
    Waits,
    /// A newer place is known.
    Stale,
}

impl InputEnd {
    /// That of a viewer that joins.
    pub(crate) fn new(viewer: ViewerId) -> Self {
        Self {
            began: viewer,
            newest: InputId(0),
            newest_pointer: InputId(0),
            user_time: UserTime::default(),
            locks: None,
            early: Early::default(),
            resting: Vec::new(),
            causes: Causes::default(),
        }
    }

    /// An event came. An error is a broken rule.
    pub(crate) fn arrive(&mut self, now: Timestamp, input: Input) -> Result<Arrival, Refusal> {
        if matches!(input.event, InputEvent::Motion { .. }) {
            if input.id <= self.newest_pointer {
                return Ok(Arrival::Stale);
            }
        } else if input.id <= self.newest {
            return Err(protocol_error(format!("input {} came after {}", input.id, self.newest)));
        } else {
            self.newest = input.id;
        }
        if has_place(&input.event) {
            self.newest_pointer = self.newest_pointer.max(input.id);
        }
        Ok(self.early.admit(now, input).map_or(Arrival::Waits, Arrival::Now))
    }

    /// A message came that goes before input.
    pub(crate) fn heard(&mut self) {
        self.early.heard();
    }

    /// The next event that need not wait any more.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<Input> {
        self.early.pop(now)
    }

    /// When [`Self::pop`] has the next at the latest.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.early.timeout()
    }

    /// The newest event of the input lane.
    pub(crate) fn newest(&self) -> InputId {
        self.newest
    }

    /// How far it has come. What waits has not taken effect: it would be lost with the link.
    pub(crate) fn progress(&self) -> Progress {
        let input = self.early.first().map_or(self.newest, |first| InputId(first.0.saturating_sub(1)));
        let (pointer, user_time, locks) = (self.newest_pointer, self.user_time, self.locks);
        Progress { began: self.began, input, pointer, user_time, locks }
    }

    /// The viewer is known from a link before: its input goes on there, and its user may hold these
    /// modifiers.
    pub(crate) fn go_on(&mut self, progress: Progress, resting: Vec<KeyCode>) {
        let Progress { began, input, pointer, user_time, locks } = progress;
        (self.began, self.newest, self.newest_pointer) = (began, input, pointer);
        (self.user_time, self.locks) = (user_time, locks);
        self.resting = resting;
    }

    /// The locks that are on at its keyboard, if it has told any.
    pub(crate) fn locks(&self) -> Option<Locks> {
        self.locks
    }

    /// It says which locks are on at its keyboard.
    pub(crate) fn set_locks(&mut self, locks: Locks) {
        self.locks = Some(locks);
    }

    /// The modifiers that its user may hold down, and that are up for the apps.
    pub(crate) fn resting(&self) -> &[KeyCode] {
        &self.resting
    }

    /// What an earlier link's end has of them is this one's.
    pub(crate) fn take_resting(&mut self, from: &mut Self) {
        self.resting = std::mem::take(&mut from.resting);
    }

    /// Before an event takes effect: the modifiers that go down again, since the event does something. One
    /// that is let go of just rests no more.
    pub(crate) fn take_up(&mut self, event: &InputEvent) -> Vec<KeyCode> {
        if let InputEvent::Key { key, .. } = event
            && is_modifier(*key)
        {
            self.resting.retain(|other| other != key);
            return Vec::new();
        }
        if seat::acts(event) { std::mem::take(&mut self.resting) } else { Vec::new() }
    }

    /// An event takes effect. The answer is when its user did that, on the host's clock.
    pub(crate) fn received(&mut self, now: Timestamp, input: &Input) -> Timestamp {
        self.causes.received(input.id, now);
        self.user_time.of(now, input.at)
    }

    /// When its user did the newest thing that took effect.
    pub(crate) fn newest_time(&self) -> Timestamp {
        self.user_time.newest()
    }

    /// It was handed to its app.
    pub(crate) fn dispatched(&mut self, input: InputId, at: Timestamp) {
        self.causes.dispatched(input, at);
    }

    /// What is known of its way.
    pub(crate) fn times(&self, input: InputId) -> Option<Received> {
        self.causes.get(input)
    }

    /// Whether the bound holds.
    pub(crate) fn is_bounded(&self) -> bool {
        self.causes.is_bounded()
    }
}

/// Whether the event says where the pointer is.
fn has_place(event: &InputEvent) -> bool {
    match event {
        InputEvent::Motion { .. }
        | InputEvent::Leave
        | InputEvent::Button { .. }
        | InputEvent::Scroll { .. } => true,
        InputEvent::Key { .. }
        | InputEvent::Locks { .. }
        | InputEvent::Text { .. }
        | InputEvent::Preedit { .. }
        | InputEvent::RelativeMotion { .. }
        | InputEvent::Touch { .. }
        | InputEvent::Close
        | InputEvent::ForceQuit => false,
    }
}

#[cfg(test)]
mod tests {
    use media::{Position, TrackId};
    use protocol::resume::ResumeKey;

    use super::*;

    const HERE: ViewerId = ViewerId(1);
    const NOW: Timestamp = Timestamp(1_000_000);

    fn input(id: u64, event: InputEvent) -> Input {
        Input { id: InputId(id), track: TrackId(1), after: 0, at: Timestamp(0), event }
    }

    fn key(code: u16) -> InputEvent {
        InputEvent::Key { key: KeyCode(code), pressed: true }
    }

    fn motion() -> InputEvent {
        InputEvent::Motion { position: Position::new(1.0, 1.0) }
    }

    #[test]
    fn ids_grow_and_motion_that_was_overtaken_is_dropped() {
        let mut end = InputEnd::new(HERE);
        assert!(matches!(end.arrive(NOW, input(3, motion())), Ok(Arrival::Now(_))));
        assert!(matches!(end.arrive(NOW, input(2, motion())), Ok(Arrival::Stale)));
        assert!(
            matches!(end.arrive(NOW, input(1, key(30))), Ok(Arrival::Now(_))),
            "keys have their own order"
        );
        assert!(end.arrive(NOW, input(1, key(30))).is_err());
    }

    #[test]
    fn a_viewer_goes_on_only_where_nothing_is_missing_and_numbers_mean_the_same() {
        let user_time = UserTime::default();
        let progress = |input| Progress {
            began: HERE,
            input: InputId(input),
            pointer: InputId(0),
            user_time,
            locks: None,
        };
        let resume = |began, since| Resume { key: ResumeKey([1; 16]), began, since: InputId(since) };
        assert!(progress(7).goes_on(&resume(Some(HERE), 7)));
        assert!(!progress(7).goes_on(&resume(Some(HERE), 8)), "8 is missing");
        assert!(!progress(7).goes_on(&resume(Some(ViewerId(2)), 0)), "numbers began anew");
        assert!(!progress(0).goes_on(&resume(None, 0)), "it has no numbers");
    }

    #[test]
    fn modifiers_of_before_go_down_with_the_next_thing_done() {
        let mut end = InputEnd::new(HERE);
        end.go_on(end.progress(), vec![KeyCode(29), KeyCode(42)]);
        assert_eq!(end.take_up(&motion()), []);
        assert_eq!(end.take_up(&InputEvent::Key { key: KeyCode(42), pressed: false }), []);
        assert_eq!(end.take_up(&key(30)), [KeyCode(29)]);
        assert_eq!(end.take_up(&key(31)), []);
    }
}
