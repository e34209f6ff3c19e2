//! What always holds of a [`Host`], checked by tests after every step.

use media::ViewerId;
use protocol::control::Role;
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
        self.verify_identities()?;
        self.wants.verify(self.seat.holder(), |track| self.tracks.has_window(track))?;
        self.clipboard.verify(|viewer| self.members.contains_key(&viewer))
    }

    /// Whether a viewer has, or is about to have without more work, the newest pixels of all windows,
    /// exactly.
    pub fn is_settled(&self, viewer: ViewerId) -> bool {
        let visible =
            |member: &super::Member| member.debts.values().all(|debt| !debt.visible || debt.is_settled());
        self.members.get(&viewer).is_some_and(visible)
    }

    fn verify_seat(&self) -> Result<(), Violation> {
        let Some(holder) = self.seat.holder() else { return Ok(()) };
        match self.members.get(&holder) {
            Some(member) if member.role == Role::Control => Ok(()),
            _ => Err(Violation::Seat(holder)),
        }
    }

    fn verify_members(&self) -> Result<(), Violation> {
        if self.members.len() > self.config.max_viewers {
            return Err(Violation::Bound("viewers"));
        }
        for (viewer, member) in &self.members {
            let known = self.tracks.windows().map(|window| window.track);
            if !member.debts.keys().copied().eq(known) {
                return Err(Violation::Debts(*viewer));
            }
            if !member.debts.values().all(|debt| debt.is_bounded()) {
                return Err(Violation::Bound("regions"));
            }
            if !member.rate.is_consistent() {
                return Err(Violation::Rate(*viewer));
            }
            if !member.layout.tracks().all(|track| self.tracks.has_window(track)) {
                return Err(Violation::Bound("layouts of windows that are gone"));
            }
            if !member.causes.is_bounded() {
                return Err(Violation::Bound("causes"));
            }
        }
        Ok(())
    }

    fn verify_identities(&self) -> Result<(), Violation> {
        let known = |key, role| self.members.values().filter(move |m| m.key == Some(key) && m.role == role);
        let here = |member: &super::Member| member.key.map_or(1, |key| known(key, member.role).count());
        let once = self.members.values().all(|member| here(member) == 1);
        let absent = self.absent.is_consistent(|key, role| known(key, role).next().is_some());
        if once && absent { Ok(()) } else { Err(Violation::Twice) }
    }

    fn verify_tracks(&self) -> Result<(), Violation> {
        if self.tracks.windows().count() > self.config.max_windows
            || !self.tracks.is_bounded()
            || !self.images.is_bounded()
        {
            return Err(Violation::Bound("windows"));
        }
        if !self.layouts.is_bounded() || !self.layouts.tracks().all(|track| self.tracks.has_window(track)) {
            return Err(Violation::Bound("layouts of viewers that are gone"));
        }
        let wishing = self.tracks.all.values().flat_map(|track| track.configures.kept());
        for viewer in wishing.chain(self.keyboard.kept()) {
            if !self.members.contains_key(&viewer) {
                return Err(Violation::Leak { viewer, what: "a wish, a keymap or a focus" });
            }
        }
        Ok(())
    }
}
