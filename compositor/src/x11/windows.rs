//! The registry of X11 windows: all children of the root that are not ours.

use std::collections::{BTreeMap, HashMap, VecDeque};

use media::{Logical, Pixels, Rect, Size, TrackId};
use x11rb::protocol::xproto::Window;

use super::{
    properties::{Properties, Property},
    states::NetStates,
};
use crate::process::Process;

/// All windows.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    by_id: BTreeMap<Window, XWindow>,
}

/// One window.
#[derive(Debug)]
pub(crate) struct XWindow {
    /// It manages itself: a menu, a tooltip and the like.
    pub(crate) override_redirect: bool,
    /// Where in the root, without its border.
    pub(crate) rect: Rect<Logical>,
    /// What it lies above of, if it manages itself.
    pub(crate) above: Window,
    /// Whether its size is known, which that of a window that was another's child is not at first.
    pub(crate) measured: bool,
    /// What of it is to be seen at all; `None`: all of it.
    pub(crate) shape: Option<Vec<Rect<Pixels>>>,
    pub(crate) stage: Stage,
    pub(crate) properties: Properties,
    /// The process of its app, if X tells.
    pub(crate) process: Option<Process>,
    /// Properties that are being read, and whether each changed again since.
    pub(crate) reading: HashMap<Property, bool>,
    pub(crate) states: NetStates,
    /// The track that shows it.
    pub(crate) track: Option<TrackId>,
    /// Sizes that viewers asked for and that are not committed yet, with their serials; the oldest first.
    pub(crate) asked: VecDeque<(u32, Size<Logical>)>,
    /// How often its icon was read.
    pub(crate) icon_changes: u32,
    /// Its size before it was maximized or made fullscreen.
    pub(crate) restored: Option<Size<Logical>>,
}

/// How far a window is on its way to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not to be seen.
    Unmapped,
    /// It wants to be seen; its properties are being read.
    Asked,
    /// Mapped, but its properties are being read.
    Unknown,
    /// Mapped and known.
    Mapped,
}

impl XWindow {
    pub(crate) fn new(override_redirect: bool, rect: Rect<Logical>) -> Self {
        Self {
            override_redirect,
            rect,
            above: x11rb::NONE,
            measured: true,
            shape: None,
            stage: Stage::Unmapped,
            properties: Properties::default(),
            process: None,
            reading: HashMap::new(),
            states: NetStates::default(),
            track: None,
            asked: VecDeque::new(),
            icon_changes: 0,
            restored: None,
        }
    }

    /// Whether it can be shown once its surface is known.
    pub(crate) fn is_mapped(&self) -> bool {
        matches!(self.stage, Stage::Unknown | Stage::Mapped)
    }
}

impl Windows {
    pub(crate) fn insert(&mut self, id: Window, window: XWindow) {
        self.by_id.insert(id, window);
    }

    pub(crate) fn remove(&mut self, id: Window) -> Option<XWindow> {
        self.by_id.remove(&id)
    }

    pub(crate) fn get(&self, id: Window) -> Option<&XWindow> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: Window) -> Option<&mut XWindow> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Window, &XWindow)> {
        self.by_id.iter().map(|(&id, window)| (id, window))
    }
}
