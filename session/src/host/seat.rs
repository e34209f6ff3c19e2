//! Whose input reaches the apps: at most one viewer's at a time.
//!
//! A viewer takes the seat by its input when nobody has it, or when the holder has been idle for [`IDLE`] and holds
//! nothing down. So two users can take turns without asking, and never type into each other's words.

use std::time::Duration;

use media::{Timestamp, ViewerId};

use crate::held::{Held, Releases};

/// How long a holder's input must rest before another viewer's input takes the seat.
const IDLE: Duration = Duration::from_secs(1);

/// The seat.
#[derive(Clone, Debug, Default)]
pub(crate) enum Seat {
    /// Nobody's: the first input takes it.
    #[default]
    Free,
    /// One viewer's.
    Held {
        /// Whose.
        viewer: ViewerId,
        /// When its newest input came.
        newest: Timestamp,
        /// What it holds down.
        held: Held,
    },
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
    /// Another viewer is using the apps.
    Busy,
}

impl Seat {
    /// A viewer that may control has sent input.
    pub(crate) fn admit(&mut self, now: Timestamp, viewer: ViewerId) -> Admission {
        let from = match self {
            Seat::Held { viewer: holder, newest, .. } if *holder == viewer => {
                *newest = now;
                return Admission::Holder;
            }
            _ if self.is_busy_for(now, viewer) => return Admission::Busy,
            Seat::Held { viewer: holder, .. } => Some(*holder),
            Seat::Free => None,
        };
        *self = Seat::Held { viewer, newest: now, held: Held::default() };
        Admission::Taken { from }
    }

    /// Whether another viewer is using the apps right now.
    pub(crate) fn is_busy_for(&self, now: Timestamp, viewer: ViewerId) -> bool {
        match self {
            Seat::Free => false,
            Seat::Held { viewer: holder, newest, held } => {
                *holder != viewer && (!held.is_empty() || now.since(*newest) < IDLE)
            }
        }
    }

    /// Who has it.
    pub(crate) fn holder(&self) -> Option<ViewerId> {
        match self {
            Seat::Free => None,
            Seat::Held { viewer, .. } => Some(*viewer),
        }
    }

    /// What the holder holds down.
    pub(crate) fn held_mut(&mut self) -> Option<&mut Held> {
        match self {
            Seat::Free => None,
            Seat::Held { held, .. } => Some(held),
        }
    }

    /// Whether a viewer has it and holds something down.
    pub(crate) fn is_holding(&self, viewer: ViewerId) -> bool {
        matches!(self, Seat::Held { viewer: holder, held, .. } if *holder == viewer && !held.is_empty())
    }

    /// A viewer goes on as another, with all that it holds down.
    pub(crate) fn hand_on(&mut self, from: ViewerId, to: ViewerId) {
        if let Seat::Held { viewer: holder, .. } = self
            && *holder == from
        {
            *holder = to;
        }
    }

    /// A viewer is gone; what it held down, if it had the seat.
    pub(crate) fn leave(&mut self, viewer: ViewerId) -> Option<Releases> {
        match self {
            Seat::Held { viewer: holder, held, .. } if *holder == viewer => {
                let releases = held.release();
                *self = Seat::Free;
                Some(releases)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use media::{KeyCode, TrackId};

    use super::*;

    const A: ViewerId = ViewerId(1);
    const B: ViewerId = ViewerId(2);

    #[test]
    fn the_seat_moves_only_when_its_holder_rests_with_nothing_held() {
        let mut seat = Seat::default();
        let start = Timestamp(5_000_000);
        assert_eq!(seat.admit(start, A), Admission::Taken { from: None });
        assert_eq!(seat.admit(start + Duration::from_millis(900), B), Admission::Busy);
        assert_eq!(seat.admit(start + Duration::from_millis(950), A), Admission::Holder);
        seat.held_mut().expect("held").key(TrackId(1), KeyCode(30), true);
        assert_eq!(seat.admit(start + Duration::from_secs(60), B), Admission::Busy, "a key is down");
        seat.held_mut().expect("held").key(TrackId(1), KeyCode(30), false);
        assert_eq!(seat.admit(start + Duration::from_secs(61), B), Admission::Taken { from: Some(A) });
        assert_eq!(seat.admit(start + Duration::from_secs(61), A), Admission::Busy);
    }

    #[test]
    fn a_holder_that_goes_on_as_another_keeps_what_it_holds() {
        let mut seat = Seat::default();
        seat.admit(Timestamp(0), A);
        seat.held_mut().expect("held").key(TrackId(1), KeyCode(30), true);
        seat.hand_on(B, ViewerId(3));
        assert!(seat.is_holding(A) && !seat.is_holding(B), "it was not the other's");
        seat.hand_on(A, B);
        assert!(seat.is_holding(B));
        assert_eq!(seat.admit(Timestamp(1), B), Admission::Holder);
    }

    #[test]
    fn a_holder_that_leaves_frees_the_seat_and_its_keys() {
        let mut seat = Seat::default();
        seat.admit(Timestamp(0), A);
        seat.held_mut().expect("held").key(TrackId(1), KeyCode(30), true);
        assert_eq!(seat.leave(B), None);
        let releases = seat.leave(A).expect("it had the seat");
        assert_eq!(releases.keys, [(KeyCode(30), TrackId(1))]);
        assert_eq!(seat.admit(Timestamp(1), B), Admission::Taken { from: None });
    }
}
