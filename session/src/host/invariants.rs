//! What always holds of a [`Host`], checked by tests after every step.

use media::ViewerId;
use thiserror::Error;

use super::Host;

/// A rule of the host core that does not hold: a mistake in the core.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A viewer that is gone, or that may only look, has the seat.
    #[error("{0} has the seat and must not")]
    Seat(ViewerId),
    /// Something is kept of a viewer that is gone.
    #[error("{what} is kept of {viewer}, which is gone")]
    Leak {
        /// Of whom.
        viewer: ViewerId,
        /// What.
        what: &'static str,
    },
    /// A viewer is owed a track that it does not know, or is not owed one that it knows.
    #[error("{0} is owed other tracks than it knows")]
    Debts(ViewerId),
    /// A bound does not hold.
    #[error("more is kept than allowed: {0}")]
    Bound(&'static str),
    /// Sums differ.
    #[error("the rate control of {0} has lost count")]
    Rate(ViewerId),
    /// Two viewers have one key and role, or one is there and absent.
    #[error("a viewer is known twice")]
    Twice,
}

impl Host {
    /// Checks the module's invariants.
    pub fn verify_invariants(&self) -> Result<(), Violation> {
        self.verify_seat()?;
        self.verify_members()?;
        self.verify_tracks()?;
        self.wants.verify(self.seat.holder(), |track| self.tracks.has_window(track))?;
        self.clipboard.verify(|viewer| self.members.has(viewer))
    }

    fn verify_seat(&self) -> Result<(), Violation> {
        match self.seat.holder().filter(|holder| !self.members.may_use(*holder)) {
            Some(holder) => Err(Violation::Seat(holder)),
            None => Ok(()),
        }
    }

    fn verify_members(&self) -> Result<(), Violation> {
        if self.members.len() > self.config.max_viewers {
            return Err(Violation::Bound("viewers"));
        }
        for (_, member) in self.members.iter() {
            member.delivery().verify(self.tracks.windows().map(|window| window.track))?;
            if !member.input().is_bounded() {
                return Err(Violation::Bound("causes"));
            }
        }
        let absent = self.absent.is_consistent(|key, role| self.members.knows(key, role));
        if self.members.are_distinct() && absent { Ok(()) } else { Err(Violation::Twice) }
    }

    fn verify_tracks(&self) -> Result<(), Violation> {
        let bounded = self.tracks.is_bounded() && self.images.is_bounded();
        if self.tracks.windows().count() > self.config.max_windows || !bounded {
            return Err(Violation::Bound("windows"));
        }
        for viewer in self.tracks.wishing().chain(self.keyboard.kept()) {
            if !self.members.has(viewer) {
                return Err(Violation::Leak { viewer, what: "a wish, a keymap or a focus" });
            }
        }
        self.layouts.verify(|track| self.tracks.has_window(track), |viewer| self.members.may_use(viewer))
    }
}
