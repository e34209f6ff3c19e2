//! The window manager: what it knows of its X server, and what it does once answers are there.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    io,
};

use media::{AppId, Icon, IconId, Logical, Rect, Size};
use rustix::{fd::OwnedFd, process::Pid};
use x11rb::{
    connection::Connection,
    protocol::res::QueryClientIdsReply,
    protocol::xproto::{
        Atom, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, GetGeometryReply, Window,
    },
};

use super::{
    cookie::Cookie,
    drag::{Drag, message::Types},
    names::Names,
    properties::Property,
    selection::{Kind, Selections},
    windows::{Stage, Windows, XWindow},
    wire::{Answer, Fence, ManageError, Wire},
};

use crate::process::Process;

/// How often a window may change its icon.
const ICON_CHANGES: u32 = 256;

/// The window manager of an X server.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) wire: Wire,
    pub(crate) windows: Windows,
    /// What is done when answers are there.
    then: VecDeque<(Fence, Then)>,
    /// The toplevel whose group is on top.
    pub(crate) top: Option<Window>,
    /// Toplevels in the order of their last focus, the newest first.
    pub(crate) recent: VecDeque<Window>,
    /// How many windows each app has.
    pub(crate) owned: HashMap<u32, u32>,
    /// Apps that were killed and of which events may still come. Others get their numbers later.
    pub(crate) killed: HashSet<u32>,
    /// Toplevels in the order in which they were mapped.
    pub(crate) order: Vec<Window>,
    /// What apps were told of the desktop.
    pub(crate) desktop: Option<(Size<Logical>, Size<Logical>)>,
    /// Who has X's focus.
    pub(crate) focused: Option<Window>,
    /// Icons whose content was reported.
    pub(crate) icons: HashSet<IconId>,
    pub(crate) selections: Selections,
    pub(crate) drag: Drag,
    pub(crate) names: Names,
}

/// A window that is shown or about to be.
pub(crate) type Seen<'a> = (Window, &'a XWindow);

/// What is done when answers are there.
#[derive(Debug)]
pub(crate) enum Then {
    /// A window's properties are taken in, and its geometry.
    Properties { window: Window, answers: Vec<(Property, Answer)>, geometry: Option<Answer> },
    /// A window's shape is taken in.
    Shape { window: Window, extents: Answer, rects: Answer },
    /// A selection's targets are taken in.
    Targets { kind: Kind, answer: Answer },
    /// A window's app has got what it was asked.
    Pinged { window: Window, number: u32 },
    /// It is known which process a window's app is.
    Process { window: Window, answer: Answer },
    /// The names of those targets that were new.
    Named { kind: Kind, targets: Vec<Atom>, answers: Vec<(Atom, Answer)> },
    /// The numbers of types that are to be offered.
    Interned { kind: Kind, turn: u64, answers: Vec<(String, Answer)> },
    /// The types and actions of what an X11 app drags are taken in.
    Dragged { source: Window, types: Types, answers: (Option<Answer>, Answer) },
    /// A killed app is gone, and so are all events of it.
    Killed { owner: u32 },
    /// A part of a selection's content is taken in.
    Content { window: Window, answer: Answer },
    /// The focus is where it was last asked to be.
    Focused,
    /// Keys are with the apps that they are for, or nearly.
    Handed(Handed),
}

/// How far keys are on their way to apps, which is by another connection.
#[derive(Debug)]
pub(crate) enum Handed {
    /// X has answered what came before; its other connection is read by then, or next.
    Nearly(Vec<(Window, Option<Answer>)>),
    /// They are with the apps: their windows and process numbers.
    Wholly(Vec<(Window, Option<u32>)>),
}

impl Manager {
    /// Becomes the window manager of an X server that is ready. Selections move content up to so many bytes.
    pub(crate) fn new(
        stream: std::os::unix::net::UnixStream,
        cookie: &Cookie,
        content_bytes: usize,
    ) -> Result<Self, ManageError> {
        let wire = Wire::connect(stream, cookie)?;
        Ok(Self {
            names: Names::new(&wire.atoms),
            wire,
            windows: Windows::default(),
            then: VecDeque::new(),
            top: None,
            recent: VecDeque::new(),
            owned: HashMap::new(),
            killed: HashSet::new(),
            order: Vec::new(),
            desktop: None,
            focused: None,
            icons: HashSet::new(),
            selections: Selections::new(content_bytes),
            drag: Drag::default(),
        })
    }

    /// A descriptor that becomes readable when something happens.
    pub(crate) fn watched(&self) -> io::Result<OwnedFd> {
        self.wire.watched()
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
    pub(crate) fn after(&mut self, then: Then) {
        let fence = self.wire.fence();
        self.then.push_back((fence, then));
    }

    /// What is to be done now that a fence has arrived.
    pub(crate) fn due(&mut self, arrived: Fence) -> Option<Then> {
        // Fences that nothing hangs on were for settling.
        if self.then.front().is_some_and(|(fence, _)| *fence == arrived) {
            return self.then.pop_front().map(|(_, then)| then);
        }
        None
    }

    /// Asks for properties of a window. One that is being read already is read again afterwards.
    pub(crate) fn read_properties(&mut self, id: Window, wanted: &[Property]) {
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

    /// Hears of a window's changes from now on, and reads all that it says.
    pub(crate) fn read_all(&mut self, id: Window) {
        let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        self.wire.sent(self.wire.conn().change_window_attributes(id, &aux));
        self.watch_shape(id);
        if let Some(answer) = self.wire.ask_process(id) {
            self.after(Then::Process { window: id, answer });
        }
        self.read_properties(id, &Property::ALL);
    }

    /// Takes in a window's properties that were read. Whether the window is there still.
    pub(crate) fn known(
        &mut self,
        id: Window,
        answers: Vec<(Property, Answer)>,
        geometry: Option<Answer>,
    ) -> bool {
        // What was answered is read in any case, or it would be kept for ever.
        let replies: Vec<_> = answers
            .into_iter()
            .map(|(property, answer)| (property, self.wire.read_property(answer)))
            .collect();
        let geometry: Option<GetGeometryReply> = geometry.and_then(|answer| self.wire.read(answer));
        let Some(window) = self.windows.get_mut(id) else { return false };
        let mut again = Vec::new();
        for (property, reply) in replies {
            if window.reading.remove(&property) == Some(true) {
                again.push(property);
            }
            if property == Property::Icon {
                window.icon_changes += 1;
                if window.icon_changes > ICON_CHANGES {
                    continue;
                }
            }
            if let Some(reply) = reply {
                window.properties.set(property, reply, &self.wire.atoms);
            }
        }
        // What we have given it since is newer than the answer.
        if let Some(g) = geometry.filter(|_| window.override_redirect || !window.measured) {
            window.rect = Rect::new(i32::from(g.x), i32::from(g.y), u32::from(g.width), u32::from(g.height));
        }
        for property in again {
            self.read_properties(id, &[property]);
        }
        true
    }

    /// Takes in which process a window's app is.
    pub(crate) fn process_read(&mut self, id: Window, answer: Answer) {
        let reply: Option<QueryClientIdsReply> = self.wire.read(answer);
        let pid = reply.and_then(|reply| reply.ids.first()?.value.first().copied());
        let pid = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        if let Some(window) = self.windows.get_mut(id) {
            window.process = pid.and_then(Process::of);
        }
    }

    /// A window's icon, if its content was not reported yet.
    pub(crate) fn new_icon(&mut self, id: Window) -> Option<Icon> {
        let icon = self.windows.get(id)?.properties.icon.clone()?;
        self.icons.insert(icon.id).then_some(icon)
    }

    /// The windows that are shown or about to be: all, and those of the same app as `id`.
    pub(crate) fn shown_with(&self, id: Window) -> (Vec<Seen<'_>>, Vec<Seen<'_>>) {
        let owner = self.wire.owner_of(id);
        let shown = || self.windows.iter().filter(|(_, window)| window.stage != Stage::Unmapped);
        let own = shown().filter(|(id, _)| self.wire.owner_of(*id) == owner);
        (shown().collect(), own.collect())
    }

    /// An app has one window less.
    pub(crate) fn disown(&mut self, id: Window) {
        let owner = self.wire.owner_of(id);
        if let Some(owned) = self.owned.get_mut(&owner) {
            *owned = owned.saturating_sub(1);
            if *owned == 0 {
                self.owned.remove(&owner);
            }
        }
    }

    /// Kills the app of a window. Whether it had not been killed before.
    pub(crate) fn kill(&mut self, id: Window) -> bool {
        let owner = self.wire.owner_of(id);
        if !self.killed.insert(owner) {
            return false;
        }
        self.wire.sent(self.wire.conn().kill_client(id));
        self.after(Then::Killed { owner });
        true
    }

    /// Whose a window is: a number above those of Wayland apps.
    pub(crate) fn app_of(&self, id: Window) -> AppId {
        AppId(1 << 32 | u64::from(self.wire.owner_of(id)))
    }

    /// Whether a window is one of our own.
    pub(crate) fn is_ours(&self, id: Window) -> bool {
        self.wire.owner_of(id) == self.wire.conn().setup().resource_id_base
    }
}
