//! Whose input reaches the apps, and whose layout windows have: at most one viewer's at a time.
//!
//! A viewer takes the seat by what its user does when nobody has it, or when the holder has been idle for
//! [`IDLE`] and holds nothing down. So two users can take turns without asking, and never type into each
//! other's words. Who only looks on takes it from nobody: not by joining, not by the pointer's passing over
//! windows.

use std::time::Duration;

use media::{Button, KeyCode, Logical, Position, Timestamp, TouchPhase, TouchPoint, TrackId, ViewerId};
use protocol::{input::InputEvent, resume::ResumeKey};

use crate::held::{Held, Releases};

/// How long a holder's input must rest before another viewer's input takes the seat.
const IDLE: Duration = Duration::from_secs(1);

/// How long the seat is kept for a holder whose link broke.
const KEPT: Duration = Duration::from_secs(8);

/// The seat.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seat(State);

#[derive(Clone, Debug, Default)]
enum State {
    /// Nobody's: the first input takes it.
    #[default]
    Free,
    /// Its holder's link broke. The first input takes it, unless the holder is back before.
    Kept {
        /// By what the holder is known again.
        key: ResumeKey,
        /// How long it is waited for.
        until: Timestamp,
    },
    /// One viewer's.
    Held {
        /// Whose.
        viewer: ViewerId,
        /// When its newest input came; `None` while its user has done nothing.
        newest: Option<Timestamp>,
        /// What it holds down.
        held: Held,
        /// Whether its layout is in force, and it knows.
        tenure: Tenure,
    },
}

/// How far a viewer that took the seat has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tenure {
    /// The press that took the seat goes on: windows must not change their sizes beneath it.
    Taking,
    /// The layout is the viewer's.
    Settled,
}

/// What becomes of an input.
#[derive(Debug, PartialEq)]
pub(crate) enum Admission {
    /// It is the holder's.
    Holder,
    /// Its viewer took the seat just now, from nobody or from another who held nothing down.
    Taken {
        /// The viewer that lost it.
        from: Option<ViewerId>,
    },
    /// It is of somebody who has not got the seat, and takes none: another viewer is using the apps, or
    /// nothing was done.
    Outside,
}

/// What a viewer that goes means to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// It is gone for good.
    ForGood,
    /// Its link broke, and it may come back.
    MayReturn,
}

impl Seat {
    /// A viewer that may control has sent input, or taken the seat for another reason. `acts`: whether its
    /// user did something, as [`acts`] says.
    pub(crate) fn admit(&mut self, now: Timestamp, viewer: ViewerId, acts: bool) -> Admission {
        let is_busy = self.is_busy_for(now, viewer);
        let from = match &mut self.0 {
            State::Held { viewer: holder, newest, .. } if *holder == viewer => {
                *newest = Some(now);
                return Admission::Holder;
            }
            _ if !acts || is_busy => return Admission::Outside,
            State::Held { viewer: holder, .. } => Some(*holder),
            State::Free | State::Kept { .. } => None,
        };
        self.0 = State::Held { viewer, newest: Some(now), held: Held::default(), tenure: Tenure::Taking };
        Admission::Taken { from }
    }

    /// A viewer gets the seat that nobody has.
    pub(crate) fn give(&mut self, viewer: ViewerId) {
        self.0 = State::Held { viewer, newest: None, held: Held::default(), tenure: Tenure::Settled };
    }

    /// Whether another viewer is using the apps right now.
    fn is_busy_for(&self, now: Timestamp, viewer: ViewerId) -> bool {
        match &self.0 {
            State::Free | State::Kept { .. } => false,
            State::Held { viewer: holder, newest, held, .. } => {
                let acted = newest.is_some_and(|newest| now.since(newest) < IDLE);
                *holder != viewer && (!held.is_empty() || acted)
            }
        }
    }

    /// Who has it.
    pub(crate) fn holder(&self) -> Option<ViewerId> {
        match &self.0 {
            State::Free | State::Kept { .. } => None,
            State::Held { viewer, .. } => Some(*viewer),
        }
    }

    /// Whose layout windows have.
    pub(crate) fn settled(&self) -> Option<ViewerId> {
        match &self.0 {
            State::Held { viewer, tenure: Tenure::Settled, .. } => Some(*viewer),
            State::Held { .. } | State::Free | State::Kept { .. } => None,
        }
    }

    /// Who took it, if the press by which it did so is over by now: from here on the layout is that viewer's.
    pub(crate) fn settle(&mut self) -> Option<ViewerId> {
        match &mut self.0 {
            State::Held { viewer, held, tenure: tenure @ Tenure::Taking, .. } if !held.is_pointing() => {
                *tenure = Tenure::Settled;
                Some(*viewer)
            }
            State::Held { .. } | State::Free | State::Kept { .. } => None,
        }
    }

    /// Whether it is nobody's, and nobody is waited for any more.
    pub(crate) fn is_free(&self, now: Timestamp) -> bool {
        match &self.0 {
            State::Free => true,
            State::Kept { until, .. } => now >= *until,
            State::Held { .. } => false,
        }
    }

    /// Whether it is kept for this viewer.
    pub(crate) fn is_kept_for(&self, viewer: Option<ResumeKey>) -> bool {
        self.kept_for().is_some_and(|key| viewer == Some(key))
    }

    /// Whom it is kept for.
    pub(crate) fn kept_for(&self) -> Option<ResumeKey> {
        match &self.0 {
            State::Kept { key, .. } => Some(*key),
            State::Free | State::Held { .. } => None,
        }
    }

    /// When the holder is not waited for any more.
    pub(crate) fn kept_until(&self) -> Option<Timestamp> {
        match &self.0 {
            State::Kept { until, .. } => Some(*until),
            State::Free | State::Held { .. } => None,
        }
    }

    /// Nobody is waited for any more.
    pub(crate) fn free(&mut self) {
        self.0 = State::Free;
    }

    /// The holder's key; says whether that changes anything.
    pub(crate) fn key(&mut self, track: TrackId, key: KeyCode, pressed: bool) -> bool {
        self.held_mut().is_some_and(|held| held.key(track, key, pressed))
    }

    /// The holder's button; says whether that changes anything.
    pub(crate) fn button(
        &mut self,
        track: TrackId,
        position: Position<Logical>,
        button: Button,
        pressed: bool,
    ) -> bool {
        self.held_mut().is_some_and(|held| held.button(track, position, button, pressed))
    }

    /// The holder's fingers: those that can have done so.
    pub(crate) fn touch(&mut self, track: TrackId, mut points: Vec<TouchPoint>) -> Vec<TouchPoint> {
        match self.held_mut() {
            Some(held) => points.retain(|point| held.touch(track, *point)),
            None => points.clear(),
        }
        points
    }

    /// A window is gone, and with it the fingers on it.
    pub(crate) fn forget_track(&mut self, track: TrackId) {
        if let Some(held) = self.held_mut() {
            held.forget_touches(track);
        }
    }

    fn held_mut(&mut self) -> Option<&mut Held> {
        match &mut self.0 {
            State::Free | State::Kept { .. } => None,
            State::Held { held, .. } => Some(held),
        }
    }

    /// The holder's keys that apps repeat, with their windows.
    pub(crate) fn repeating(&self) -> impl Iterator<Item = (KeyCode, TrackId)> + '_ {
        let held = match &self.0 {
            State::Free | State::Kept { .. } => None,
            State::Held { held, .. } => Some(held),
        };
        held.into_iter().flat_map(Held::repeating)
    }

    /// The modifiers that a viewer holds down, if it has the seat.
    pub(crate) fn modifiers(&self, viewer: ViewerId) -> Vec<KeyCode> {
        match &self.0 {
            State::Held { viewer: holder, held, .. } if *holder == viewer => held.modifiers(),
            State::Held { .. } | State::Free | State::Kept { .. } => Vec::new(),
        }
    }

    /// A viewer goes on as another, with all that it holds down.
    pub(crate) fn hand_on(&mut self, from: ViewerId, to: ViewerId) {
        if let State::Held { viewer: holder, .. } = &mut self.0
            && *holder == from
        {
            *holder = to;
        }
    }

    /// A viewer is gone; what it held down, if it had the seat. That is kept for `key`.
    pub(crate) fn leave(
        &mut self,
        now: Timestamp,
        viewer: ViewerId,
        key: Option<ResumeKey>,
    ) -> Option<Releases> {
        match &mut self.0 {
            State::Held { viewer: holder, held, .. } if *holder == viewer => {
                let releases = held.release();
                self.0 = key.map_or(State::Free, |key| State::Kept { key, until: now + KEPT });
                Some(releases)
            }
            State::Held { .. } | State::Free | State::Kept { .. } => None,
        }
    }
}

/// Whether an event is something that a user does: the pointer passes over windows by itself, and what was
/// never down is let go for nothing.
pub(crate) fn acts(event: &InputEvent) -> bool {
    match event {
        InputEvent::Key { pressed, .. } | InputEvent::Button { pressed, .. } => *pressed,
        InputEvent::Text { text } | InputEvent::Preedit { text, .. } => !text.is_empty(),
        // Without a way it says that fingers were lifted, of whatever they did.
        InputEvent::Scroll { axis, .. } => (axis.dx, axis.dy) != (0.0, 0.0),
        InputEvent::Touch { points } => points.iter().any(|point| point.phase == TouchPhase::Down),
        InputEvent::Motion { .. }
        | InputEvent::RelativeMotion { .. }
        | InputEvent::Locks { .. }
        | InputEvent::Leave
        | InputEvent::Close
        | InputEvent::ForceQuit => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);

    #[test]
    fn the_seat_moves_only_when_its_holder_rests_with_nothing_held() {
        let mut seat = Seat::default();
        let start = Timestamp(5_000_000);
        assert_eq!(seat.admit(start, A, true), Admission::Taken { from: None });
        assert_eq!(seat.admit(start + Duration::from_millis(900), B, true), Admission::Outside);
        assert_eq!(seat.admit(start + Duration::from_millis(950), A, false), Admission::Holder);
        seat.key(TrackId(1), KeyCode(30), true);
        assert_eq!(seat.admit(start + Duration::from_secs(60), B, true), Admission::Outside, "a key is down");
        seat.key(TrackId(1), KeyCode(30), false);
        assert_eq!(seat.admit(start + Duration::from_secs(61), B, false), Admission::Outside, "it looks on");
        assert_eq!(seat.admit(start + Duration::from_secs(61), B, true), Admission::Taken { from: Some(A) });
        assert_eq!(seat.admit(start + Duration::from_secs(61), A, true), Admission::Outside);
    }

    #[test]
    fn a_holder_that_has_done_nothing_is_in_nobodys_way() {
        let mut seat = Seat::default();
        seat.give(A);
        assert_eq!(seat.settled(), Some(A));
        assert_eq!(seat.admit(Timestamp(0), B, true), Admission::Taken { from: Some(A) });
    }

    #[test]
    fn the_layout_moves_when_the_press_that_took_the_seat_is_over() {
        let mut seat = Seat::default();
        seat.admit(Timestamp(0), A, true);
        let at = Position::new(1.0, 1.0);
        seat.button(TrackId(1), at, Button::LEFT, true);
        assert_eq!((seat.settle(), seat.settled()), (None, None), "it goes on");
        seat.button(TrackId(1), at, Button::LEFT, false);
        assert_eq!((seat.settle(), seat.settled()), (Some(A), Some(A)));
        assert_eq!(seat.settle(), None, "once");
    }

    #[test]
    fn a_seat_is_kept_for_one_whose_link_broke_for_a_while() {
        let mut seat = Seat::default();
        seat.give(A);
        let (key, other) = (ResumeKey([1; 16]), ResumeKey([2; 16]));
        seat.leave(Timestamp(5), A, Some(key)).expect("it had the seat");
        assert!(seat.is_kept_for(Some(key)) && !seat.is_kept_for(Some(other)) && !seat.is_kept_for(None));
        assert!(!seat.is_free(Timestamp(5)) && seat.is_free(Timestamp(5) + KEPT));
        assert_eq!(seat.admit(Timestamp(6), B, true), Admission::Taken { from: None });
    }

    #[test]
    fn a_holder_that_goes_on_as_another_keeps_what_it_holds() {
        let mut seat = Seat::default();
        seat.admit(Timestamp(0), A, true);
        seat.key(TrackId(1), KeyCode(29), true);
        seat.hand_on(B, ViewerId(3));
        assert_eq!(
            (seat.modifiers(A), seat.modifiers(B)),
            (vec![KeyCode(29)], vec![]),
            "it was not the other's"
        );
        seat.hand_on(A, B);
        assert_eq!(seat.modifiers(B), [KeyCode(29)]);
        assert_eq!(seat.admit(Timestamp(1), B, true), Admission::Holder);
    }

    #[test]
    fn a_holder_that_leaves_frees_the_seat_and_its_keys() {
        let mut seat = Seat::default();
        seat.admit(Timestamp(0), A, true);
        seat.key(TrackId(1), KeyCode(30), true);
        assert_eq!(seat.leave(Timestamp(1), B, None), None);
        let releases = seat.leave(Timestamp(1), A, None).expect("it had the seat");
        assert_eq!(releases.keys, [(KeyCode(30), TrackId(1))]);
        assert_eq!(seat.admit(Timestamp(1), B, true), Admission::Taken { from: None });
    }
}
