//! The registry of X11 windows: all children of the root that are not ours.

use std::collections::{BTreeMap, HashMap, VecDeque};

use media::{Logical, Pixels, Rect, Size, TrackId};
use smithay::reexports::wayland_server::{Resource, backend::ObjectId, protocol::wl_surface::WlSurface};
use x11rb::protocol::xproto::Window;

use super::properties::{Properties, Property};

/// All windows.
#[derive(Debug, Default)]
pub(super) struct Windows {
    by_id: BTreeMap<Window, XWindow>,
    by_surface: HashMap<ObjectId, Window>,
}

/// One window.
#[derive(Debug)]
pub(super) struct XWindow {
    /// It manages itself: a menu, a tooltip and the like.
    pub(super) override_redirect: bool,
    /// Where in the root, without its border.
    pub(super) rect: Rect<Logical>,
    /// What it lies above of, if it manages itself.
    pub(super) above: Window,
    /// Whether its size is known, which that of a window that was another's child is not at first.
    pub(super) measured: bool,
    /// What of it is to be seen at all; `None`: all of it.
    pub(super) shape: Option<Vec<Rect<Pixels>>>,
    pub(super) stage: Stage,
    pub(super) properties: Properties,
    /// Properties that are being read, and whether each changed again since.
    pub(super) reading: HashMap<Property, bool>,
    pub(super) states: NetStates,
    pub(super) link: Link,
    /// The track that shows it.
    pub(super) track: Option<TrackId>,
    /// Sizes that viewers asked for and that are not committed yet, with their serials; the oldest first.
    pub(super) asked: VecDeque<(u32, Size<Logical>)>,
    /// How often its icon was read.
    pub(super) icon_changes: u32,
    /// Its size before it was maximized or made fullscreen.
    pub(super) restored: Option<Size<Logical>>,
}

/// How far a window is on its way to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not to be seen.
    Unmapped,
    /// It wants to be seen; its properties are being read.
    Asked,
    /// Mapped, but its properties are being read.
    Unknown,
    /// Mapped and known.
    Mapped,
}

/// How a window finds its surface. X and Wayland are two connections, so either side may come first.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Link {
    /// Nothing was said.
    None,
    /// The surface has this protocol id at Xwayland: up to version 22.
    Id(u32),
    /// The surface bears this serial of xwayland-shell-v1: from version 23 on.
    Serial(u64),
    /// The surface, and the id that led to it.
    Surface(WlSurface),
}

/// The states of EWMH that we keep for a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct NetStates {
    pub(super) focused: bool,
    pub(super) maximized: bool,
    pub(super) fullscreen: bool,
    pub(super) hidden: bool,
    pub(super) modal: bool,
    pub(super) attention: bool,
}

impl XWindow {
    pub(super) fn new(override_redirect: bool, rect: Rect<Logical>) -> Self {
        Self {
            override_redirect,
            rect,
            above: x11rb::NONE,
            measured: true,
            shape: None,
            stage: Stage::Unmapped,
            properties: Properties::default(),
            reading: HashMap::new(),
            states: NetStates::default(),
            link: Link::None,
            track: None,
            asked: VecDeque::new(),
            icon_changes: 0,
            restored: None,
        }
    }

    /// Its surface, if it has one.
    pub(super) fn surface(&self) -> Option<&WlSurface> {
        match &self.link {
            Link::Surface(surface) => Some(surface),
            _ => None,
        }
    }

    /// Whether it can be shown once its surface is known.
    pub(super) fn is_mapped(&self) -> bool {
        matches!(self.stage, Stage::Unknown | Stage::Mapped)
    }
}

impl Windows {
    pub(super) fn insert(&mut self, id: Window, window: XWindow) {
        self.by_id.insert(id, window);
    }

    pub(super) fn remove(&mut self, id: Window) -> Option<XWindow> {
        self.unlink(id);
        self.by_id.remove(&id)
    }

    pub(super) fn get(&self, id: Window) -> Option<&XWindow> {
        self.by_id.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: Window) -> Option<&mut XWindow> {
        self.by_id.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Window, &XWindow)> {
        self.by_id.iter().map(|(&id, window)| (id, window))
    }

    /// The window that a surface shows.
    pub(super) fn of_surface(&self, surface: &WlSurface) -> Option<Window> {
        self.by_surface.get(&surface.id()).copied()
    }

    /// The window that waits for a surface which was announced like this.
    pub(super) fn waiting_for(&self, link: &Link) -> Option<Window> {
        self.iter().find(|(_, window)| window.link == *link).map(|(id, _)| id)
    }

    /// Joins a window with its surface.
    pub(super) fn link(&mut self, id: Window, surface: WlSurface) {
        self.unlink(id);
        if let Some(window) = self.by_id.get_mut(&id) {
            self.by_surface.insert(surface.id(), id);
            window.link = Link::Surface(surface);
        }
    }

    /// Parts a window from its surface.
    pub(super) fn unlink(&mut self, id: Window) {
        if let Some(window) = self.by_id.get_mut(&id)
            && let Link::Surface(surface) = std::mem::replace(&mut window.link, Link::None)
        {
            self.by_surface.remove(&surface.id());
        }
    }
}
