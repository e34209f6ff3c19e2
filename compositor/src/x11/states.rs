//! The states of windows, as EWMH and ICCCM have them.

use x11rb::{
    protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, PropMode, Window},
    wrapper::ConnectionExt as _,
};

use super::{Manager, atoms::Atoms};

/// Actions of `_NET_WM_STATE`.
const REMOVE: u32 = 0;
const ADD: u32 = 1;
const TOGGLE: u32 = 2;

/// The states of EWMH that we keep for a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NetStates {
    pub(crate) focused: bool,
    pub(crate) maximized: bool,
    pub(crate) fullscreen: bool,
    pub(crate) hidden: bool,
    pub(crate) modal: bool,
    pub(crate) attention: bool,
}

/// The states of ICCCM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IcccmState {
    Withdrawn = 0,
    Normal = 1,
    Iconic = 3,
}

impl NetStates {
    /// Those that a window has which wants these when it is mapped.
    pub(crate) fn initial(wanted: &[Atom], atoms: &Atoms) -> Self {
        let wants = |atom| wanted.contains(&atom);
        Self {
            maximized: wants(atoms._NET_WM_STATE_MAXIMIZED_HORZ) && wants(atoms._NET_WM_STATE_MAXIMIZED_VERT),
            fullscreen: wants(atoms._NET_WM_STATE_FULLSCREEN),
            modal: wants(atoms._NET_WM_STATE_MODAL),
            attention: wants(atoms._NET_WM_STATE_DEMANDS_ATTENTION),
            ..Self::default()
        }
    }

    /// Does what a message `_NET_WM_STATE` says.
    pub(crate) fn turn(&mut self, action: u32, named: [Atom; 2], atoms: &Atoms) {
        let mut turned = Self::default();
        for atom in named {
            // Both halves of maximized mostly come together, which toggles it once.
            turned.maximized |=
                [atoms._NET_WM_STATE_MAXIMIZED_HORZ, atoms._NET_WM_STATE_MAXIMIZED_VERT].contains(&atom);
            turned.fullscreen |= atom == atoms._NET_WM_STATE_FULLSCREEN;
            turned.modal |= atom == atoms._NET_WM_STATE_MODAL;
            turned.attention |= atom == atoms._NET_WM_STATE_DEMANDS_ATTENTION;
            turned.hidden |= atom == atoms._NET_WM_STATE_HIDDEN;
        }
        let turn = |old: &mut bool, turned: bool| {
            *old = match action {
                REMOVE => *old && !turned,
                ADD => *old || turned,
                TOGGLE => *old ^ turned,
                _ => *old,
            };
        };
        turn(&mut self.maximized, turned.maximized);
        turn(&mut self.fullscreen, turned.fullscreen);
        turn(&mut self.modal, turned.modal);
        turn(&mut self.attention, turned.attention);
        turn(&mut self.hidden, turned.hidden);
    }

    /// Whether a window with these fills the screen.
    pub(crate) fn fills(self) -> bool {
        self.maximized || self.fullscreen
    }

    fn atoms(self, atoms: &Atoms) -> Vec<Atom> {
        let Self { focused, maximized, fullscreen, hidden, modal, attention } = self;
        let all = [
            (focused, atoms._NET_WM_STATE_FOCUSED),
            (maximized, atoms._NET_WM_STATE_MAXIMIZED_HORZ),
            (maximized, atoms._NET_WM_STATE_MAXIMIZED_VERT),
            (fullscreen, atoms._NET_WM_STATE_FULLSCREEN),
            (hidden, atoms._NET_WM_STATE_HIDDEN),
            (modal, atoms._NET_WM_STATE_MODAL),
            (attention, atoms._NET_WM_STATE_DEMANDS_ATTENTION),
        ];
        all.into_iter().filter_map(|(on, atom)| on.then_some(atom)).collect()
    }
}

impl Manager {
    /// Writes the states that we keep for a window where apps can read them.
    pub(crate) fn write_states(&self, id: Window) {
        let Some(window) = self.windows.get(id) else { return };
        let states = window.states.atoms(&self.wire.atoms);
        self.write_list32(id, self.wire.atoms._NET_WM_STATE, AtomEnum::ATOM, &states);
    }

    /// Tells apps whether a window is normal, iconic or withdrawn, as ICCCM has it.
    pub(crate) fn write_stage(&self, id: Window, stage: IcccmState) {
        let state = self.wire.atoms.WM_STATE;
        self.write_list32(id, state, state, &[stage as u32, 0]);
    }

    /// Forgets what apps can read of a window's states, since it is withdrawn.
    pub(crate) fn withdraw(&mut self, id: Window) {
        self.write_stage(id, IcccmState::Withdrawn);
        self.wire.sent(self.wire.conn().delete_property(id, self.wire.atoms._NET_WM_STATE));
        self.list(id, false);
    }

    /// Tells an app what a frame adds to its window: nothing, since viewers draw it outside.
    pub(crate) fn write_frame(&self, id: Window) {
        self.write_list32(id, self.wire.atoms._NET_FRAME_EXTENTS, AtomEnum::CARDINAL, &[0; 4]);
    }

    /// A toplevel is there now, or no more.
    pub(crate) fn list(&mut self, id: Window, there: bool) {
        self.order.retain(|&listed| listed != id);
        if there {
            self.order.push(id);
        }
        self.write_list();
    }

    /// Tells apps which windows there are: the oldest first, and the lowest first, which is the one whose use
    /// is the longest ago.
    pub(crate) fn write_list(&self) {
        let (root, atoms) = (self.wire.root, &self.wire.atoms);
        self.write_list32(root, atoms._NET_CLIENT_LIST, AtomEnum::WINDOW, &self.order);
        let never = self.order.iter().filter(|id| !self.recent.contains(id));
        let used = self.recent.iter().rev().filter(|id| self.order.contains(id));
        let stacked: Vec<Window> = never.chain(used).copied().collect();
        self.write_list32(root, atoms._NET_CLIENT_LIST_STACKING, AtomEnum::WINDOW, &stacked);
    }

    pub(super) fn write_list32(&self, id: Window, name: Atom, kind: impl Into<Atom>, list: &[u32]) {
        let kind: Atom = kind.into();
        self.wire.sent(self.wire.conn().change_property32(PropMode::REPLACE, id, name, kind, list));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Atoms that are told apart by their numbers; nothing else of them matters here.
    fn atoms() -> Atoms {
        Atoms {
            _NET_WM_STATE_MAXIMIZED_HORZ: 1,
            _NET_WM_STATE_MAXIMIZED_VERT: 2,
            _NET_WM_STATE_FULLSCREEN: 3,
            ..Atoms::default()
        }
    }

    #[test]
    fn both_halves_of_maximized_are_one_state_however_they_are_named() {
        let mut states = NetStates::default();
        states.turn(TOGGLE, [1, 2], &atoms());
        assert!(states.maximized && states.fills());
        states.turn(ADD, [2, 0], &atoms());
        assert!(states.maximized);
        states.turn(REMOVE, [1, 2], &atoms());
        assert!(!states.fills());
    }

    #[test]
    fn an_action_that_nobody_knows_changes_nothing() {
        let mut states = NetStates { fullscreen: true, ..NetStates::default() };
        states.turn(7, [3, 3], &atoms());
        assert!(states.fullscreen);
    }
}
