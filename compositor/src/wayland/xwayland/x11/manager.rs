//! What is known of a running Xwayland.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
};

use media::{AppId, IconId};
use rustix::fd::OwnedFd;
use smithay::reexports::wayland_server::{Client, protocol::wl_surface::WlSurface};
use x11rb::{
    connection::Connection,
    protocol::xproto::{AtomEnum, ConnectionExt as _, PropMode, Window},
    wrapper::ConnectionExt as _,
};

use super::{
    cookie::Cookie,
    properties::Property,
    selection::{self, Kind, Selections},
    windows::{NetStates, Stage, Windows},
    wire::{Answer, Fence, ManageError, Wire},
};

/// Toplevels that had the focus and are remembered.
const RECENT: usize = 64;

/// What is known of a running Xwayland.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(super) wire: Wire,
    /// Xwayland as a client of ours.
    pub(super) client: Client,
    pub(super) windows: Windows,
    /// What is done when answers are there.
    then: VecDeque<(Fence, Then)>,
    /// The toplevel whose group is on top.
    pub(super) top: Option<Window>,
    /// Toplevels in the order of their last focus, the newest first.
    pub(super) recent: VecDeque<Window>,
    /// How many windows each app has.
    pub(super) owned: HashMap<u32, u32>,
    /// Apps that were killed and of which events may still come. Others get their numbers later.
    pub(super) killed: HashSet<u32>,
    /// Who has X's focus.
    pub(super) focused: Option<Window>,
    /// The surface whose app knows from where it counts a wheel.
    pub(super) counting: Option<WlSurface>,
    /// Icons whose content was reported.
    pub(super) icons: HashSet<IconId>,
    pub(super) selections: Selections,
}

/// What is done when answers are there.
#[derive(Debug)]
pub(super) enum Then {
    /// A window's properties are taken in, and its geometry.
    Properties { window: Window, answers: Vec<(Property, Answer)>, geometry: Option<Answer> },
    /// A window's shape is taken in.
    Shape { window: Window, extents: Answer, rects: Answer },
    /// A selection's targets are taken in.
    Targets { kind: Kind, answer: Answer },
    /// A killed app is gone, and so are all events of it.
    Killed { owner: u32 },
    /// A part of a selection's content is taken in.
    Content { window: Window, answer: Answer },
}

impl Manager {
    /// Becomes the window manager of an Xwayland that is ready.
    pub(crate) fn new(
        stream: std::os::unix::net::UnixStream,
        client: Client,
        cookie: &Cookie,
    ) -> Result<Self, ManageError> {
        let wire = Wire::connect(stream, cookie)?;
        let selections = Selections::new();
        Ok(Self {
            wire,
            client,
            windows: Windows::default(),
            then: VecDeque::new(),
            top: None,
            recent: VecDeque::new(),
            owned: HashMap::new(),
            killed: HashSet::new(),
            focused: None,
            counting: None,
            icons: HashSet::new(),
            selections,
        })
    }

    /// A descriptor that becomes readable when something happens.
    pub(crate) fn watched(&self) -> io::Result<OwnedFd> {
        self.wire.watched()
    }

    /// Takes a selection over from those who had it before this Xwayland was there.
    pub(crate) fn take_over(&mut self, kind: Kind, offered: Vec<String>) {
        selection::take_over(&self.wire, &mut self.selections, kind, offered);
    }

    /// How far it has come, and whether it owes us an answer.
    pub(crate) fn progress(&self) -> impl PartialEq + Copy + use<> {
        self.wire.progress()
    }

    /// Whether it owes us an answer.
    pub(crate) fn owes(&self) -> bool {
        self.wire.progress().1
    }

    /// Does something once all answers to earlier requests are there.
    pub(super) fn after(&mut self, then: Then) {
        let fence = self.wire.fence();
        self.then.push_back((fence, then));
    }

    /// What is to be done now that a fence has arrived.
    pub(super) fn due(&mut self, arrived: Fence) -> Option<Then> {
        // Fences that nothing hangs on were for settling.
        if self.then.front().is_some_and(|(fence, _)| *fence == arrived) {
            return self.then.pop_front().map(|(_, then)| then);
        }
        None
    }

    /// Asks for properties of a window. One that is being read already is read again afterwards.
    pub(super) fn read_properties(&mut self, id: Window, wanted: &[Property]) {
        let Some(window) = self.windows.get_mut(id) else { return };
        let mut answers = Vec::new();
        for &property in wanted {
            if let Some(again) = window.reading.get_mut(&property) {
                *again = true;
                continue;
            }
            let (atom, kind, bytes) = property.request(&self.wire.atoms);
            if let Some(answer) = self.wire.ask_property(id, atom, kind, bytes, false) {
                window.reading.insert(property, false);
                answers.push((property, answer));
            }
        }
        let geometry =
            (wanted.len() > 1).then(|| self.wire.asked(self.wire.conn().get_geometry(id))).flatten();
        if !answers.is_empty() {
            self.after(Then::Properties { window: id, answers, geometry });
        }
    }

    /// Writes the states that we keep for a window where apps can read them.
    pub(super) fn write_states(&self, id: Window) {
        let Some(window) = self.windows.get(id) else { return };
        let atoms = &self.wire.atoms;
        let NetStates { focused, maximized, fullscreen, hidden, modal, attention } = window.states;
        let all = [
            (focused, atoms._NET_WM_STATE_FOCUSED),
            (maximized, atoms._NET_WM_STATE_MAXIMIZED_HORZ),
            (maximized, atoms._NET_WM_STATE_MAXIMIZED_VERT),
            (fullscreen, atoms._NET_WM_STATE_FULLSCREEN),
            (hidden, atoms._NET_WM_STATE_HIDDEN),
            (modal, atoms._NET_WM_STATE_MODAL),
            (attention, atoms._NET_WM_STATE_DEMANDS_ATTENTION),
        ];
        let states: Vec<u32> = all.into_iter().filter_map(|(on, atom)| on.then_some(atom)).collect();
        let conn = self.wire.conn();
        let written =
            conn.change_property32(PropMode::REPLACE, id, atoms._NET_WM_STATE, AtomEnum::ATOM, &states);
        self.wire.sent(written);
    }

    /// Tells apps whether a window is normal, iconic or withdrawn, as ICCCM has it.
    pub(super) fn write_stage(&self, id: Window, stage: IcccmState) {
        let state = self.wire.atoms.WM_STATE;
        let conn = self.wire.conn();
        let written = conn.change_property32(PropMode::REPLACE, id, state, state, &[stage as u32, 0]);
        self.wire.sent(written);
    }

    /// Tells an app what a frame adds to its window: nothing, since viewers draw it outside.
    pub(super) fn write_frame(&self, id: Window) {
        let name = self.wire.atoms._NET_FRAME_EXTENTS;
        let conn = self.wire.conn();
        let none = [0; 4];
        self.wire.sent(conn.change_property32(PropMode::REPLACE, id, name, AtomEnum::CARDINAL, &none));
    }

    /// Tells apps which windows there are.
    pub(super) fn write_list(&self) {
        let managed = |&(_, window): &(Window, &super::windows::XWindow)| {
            !window.override_redirect && window.stage == Stage::Mapped
        };
        let list: Vec<u32> = self.windows.iter().filter(managed).map(|(id, _)| id).collect();
        let conn = self.wire.conn();
        let name = self.wire.atoms._NET_CLIENT_LIST;
        self.wire.sent(conn.change_property32(
            PropMode::REPLACE,
            self.wire.root,
            name,
            AtomEnum::WINDOW,
            &list,
        ));
    }

    /// Remembers which toplevel had the focus last.
    pub(super) fn remember(&mut self, id: Window) {
        self.recent.retain(|&recent| recent != id);
        self.recent.push_front(id);
        self.recent.truncate(RECENT);
    }

    /// Whose a window is: a number above those of Wayland apps.
    pub(in crate::wayland) fn app_of(&self, id: Window) -> AppId {
        AppId(1 << 32 | u64::from(self.wire.owner_of(id)))
    }

    /// Whether a window is one of our own.
    pub(super) fn is_ours(&self, id: Window) -> bool {
        self.wire.owner_of(id) == self.wire.conn().setup().resource_id_base
    }
}

/// The states of ICCCM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IcccmState {
    Withdrawn = 0,
    Normal = 1,
    Iconic = 3,
}
