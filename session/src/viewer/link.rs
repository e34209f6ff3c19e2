//! How the viewer stands to its host, over all its links.
//!
//! Invariant: what is over is over for good, and surroundings hear of every change of state once.

use media::ViewerId;
use protocol::control::Role;

use super::{Action, End, State, Unsent, outbox::Outbox};

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Link {
    state: State,
    /// Whether the host is still telling what there is.
    introducing: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self { state: State::Connecting, introducing: false }
    }
}

impl Link {
    /// How it stands.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Whether the viewer is in the session.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    /// Whether it is over for good.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed(_))
    }

    /// Whether what this viewer shows is of another session than this one.
    pub(crate) fn is_of_another(&self, session: &str) -> bool {
        match &self.state {
            State::Reconnecting { session: ours, .. } => ours != session,
            State::Connecting | State::Live { .. } | State::Closed(_) => false,
        }
    }

    /// Whether the user may use apps, now or once there is a new link.
    pub(crate) fn may_use(&self) -> Result<(), Unsent> {
        match self.state {
            State::Live { role: Role::Control, .. } | State::Reconnecting { role: Role::Control, .. } => {
                Ok(())
            }
            State::Live { role: Role::View, .. } => Err(Unsent::ViewOnly),
            State::Reconnecting { role: Role::View, .. } | State::Connecting | State::Closed(_) => {
                Err(Unsent::NotLive)
            }
        }
    }

    /// The host lets the viewer in, and begins to tell what there is.
    pub(crate) fn welcomed(&mut self, out: &mut Outbox, session: String, viewer: ViewerId, role: Role) {
        self.introducing = true;
        self.set(out, State::Live { session, viewer, role });
    }

    /// The host has told everything that there is. Whether that is news.
    pub(crate) fn introduced(&mut self) -> bool {
        std::mem::take(&mut self.introducing)
    }

    /// The connection is lost.
    pub(crate) fn lost(&mut self, out: &mut Outbox) {
        if let State::Live { session, role, .. } = &self.state {
            let (session, role) = (session.clone(), *role);
            self.set(out, State::Reconnecting { session, role });
        }
    }

    /// It is over.
    pub(crate) fn close(&mut self, out: &mut Outbox, end: End) {
        self.set(out, State::Closed(end));
    }

    fn set(&mut self, out: &mut Outbox, state: State) {
        if self.state != state && !self.is_closed() {
            self.state = state.clone();
            out.push(Action::State(state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_stays_over_and_is_told_once() {
        let (mut link, mut out) = (Link::default(), Outbox::default());
        link.lost(&mut out);
        assert_eq!(link.may_use(), Err(Unsent::NotLive));
        link.welcomed(&mut out, "one".to_owned(), ViewerId(1), Role::Control);
        assert!(link.introduced() && !link.introduced(), "once for each welcome");
        link.lost(&mut out);
        link.lost(&mut out);
        assert!(link.may_use().is_ok() && link.is_of_another("two") && !link.is_of_another("one"));
        link.close(&mut out, End::Goodbye("over".to_owned()));
        link.close(&mut out, End::Protocol("late".to_owned()));
        link.welcomed(&mut out, "one".to_owned(), ViewerId(2), Role::Control);
        assert!(link.is_closed());
        let told: Vec<Action> = std::iter::from_fn(|| out.pop()).collect();
        let session = || "one".to_owned();
        let states = [
            State::Live { session: session(), viewer: ViewerId(1), role: Role::Control },
            State::Reconnecting { session: session(), role: Role::Control },
            State::Closed(End::Goodbye("over".to_owned())),
        ];
        assert_eq!(told, states.map(Action::State));
    }
}
