//! The registry of tracks: what each shows, and what was last said about it.
//!
//! A track exists from the moment its role object does, and is *shown* from its first picture until it is
//! unmapped. A window that is mapped again is a new track.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use media::{AppId, Canvas, Scale, TrackId, Window};
use smithay::{
    reexports::wayland_server::{Resource, backend::ObjectId, protocol::wl_surface::WlSurface},
    wayland::shell::xdg::{PopupSurface, ToplevelSurface},
};

use crate::wayland::picture::compose::Picture;
use crate::wayland::quota::pace::Pace;
use crate::wayland::windows::popups::Popup;
use crate::wayland::windows::toplevels::Toplevel;
use crate::wayland::xwayland::Shown;

/// All tracks.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    by_id: BTreeMap<TrackId, Track>,
    by_root: HashMap<ObjectId, TrackId>,
    newest: u32,
    highest: u32,
}

/// One track.
#[derive(Debug)]
pub(crate) struct Track {
    /// The surface at the root of its tree.
    pub(crate) root: WlSurface,
    /// What it is to the window system.
    pub(crate) role: Role,
    /// Its newest pixels.
    pub(crate) canvas: Canvas,
    /// How those were made.
    pub(crate) picture: Picture,
    /// What was last reported; `None` until it is shown.
    pub(crate) reported: Option<Window>,
    /// The scale its surfaces are told to draw at.
    pub(crate) preferred_scale: Scale,
    /// How often its state may be reported: as often as a screen could show it.
    pub(crate) pace: Pace,
    /// Whose it is, from when it is shown.
    pub(crate) app: Option<AppId>,
    /// Greater is nearer to the user.
    pub(crate) stacking: u32,
}

/// What a track is to the window system.
#[derive(Debug)]
pub(crate) enum Role {
    /// An xdg-shell toplevel.
    Toplevel(Toplevel),
    /// An xdg-shell popup.
    Popup(Popup),
    /// A window of an X11 app: a toplevel or a popup.
    X11(Shown),
}

impl Tracks {
    /// Adds a track that is not shown yet.
    pub(crate) fn add(&mut self, root: WlSurface, role: Role, preferred_scale: Scale) -> TrackId {
        self.newest += 1;
        let id = TrackId(self.newest);
        self.by_root.insert(root.id(), id);
        let track = Track {
            root,
            role,
            canvas: Canvas::new(),
            picture: Picture::default(),
            reported: None,
            preferred_scale,
            pace: Pace::new(16, Duration::from_millis(16)),
            app: None,
            stacking: self.next_stacking(),
        };
        self.by_id.insert(id, track);
        id
    }

    /// Takes a track out.
    pub(crate) fn remove(&mut self, id: TrackId) -> Option<Track> {
        let track = self.by_id.remove(&id)?;
        self.by_root.remove(&track.root.id());
        Some(track)
    }

    /// Gives a track that was unmapped a new id and canvas, so that it can be shown again.
    pub(crate) fn renew(&mut self, id: TrackId) {
        if let Some(track) = self.remove(id) {
            self.add(track.root, track.role, track.preferred_scale);
        }
    }

    pub(crate) fn get(&self, id: TrackId) -> Option<&Track> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: TrackId) -> Option<&mut Track> {
        self.by_id.get_mut(&id)
    }

    /// The track whose tree has this root.
    pub(crate) fn of_surface(&self, root: &WlSurface) -> Option<TrackId> {
        self.by_root.get(&root.id()).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TrackId, &Track)> {
        self.by_id.iter().map(|(&id, track)| (id, track))
    }

    /// Whether the session core knows the track.
    pub(crate) fn shown(&self, id: TrackId) -> bool {
        self.get(id).is_some_and(|track| track.reported.is_some())
    }

    /// Puts a track nearest to the user.
    pub(crate) fn raise(&mut self, id: TrackId) {
        let top = self.next_stacking();
        if let Some(track) = self.get_mut(id) {
            track.stacking = top;
        }
    }

    fn next_stacking(&mut self) -> u32 {
        self.highest += 1;
        self.highest
    }

    /// The toplevel that a track belongs to: itself, or that of its chain of parents.
    pub(crate) fn toplevel_of(&self, id: TrackId) -> Option<TrackId> {
        let mut at = id;
        // A popup's parent is older than itself, so the chain ends; the bound is for surfaces that were
        // destroyed.
        for _ in 0..=self.by_id.len() {
            match &self.get(at)?.role {
                Role::Toplevel(_) => return Some(at),
                Role::Popup(popup) => at = self.of_surface(popup.surface.get_parent_surface().as_ref()?)?,
                Role::X11(shown) => match shown.parent {
                    Some(parent) => at = parent,
                    None => return Some(at),
                },
            }
        }
        None
    }

    /// Popups whose parent is `id`.
    pub(crate) fn children(&self, id: TrackId) -> Vec<TrackId> {
        let Some(parent) = self.get(id).map(|track| &track.root) else { return Vec::new() };
        let is_child = |track: &Track| match &track.role {
            Role::Toplevel(_) => false,
            Role::Popup(popup) => popup.surface.get_parent_surface().as_ref() == Some(parent),
            Role::X11(shown) => shown.parent == Some(id),
        };
        self.iter().filter(|(_, track)| is_child(track)).map(|(id, _)| id).collect()
    }
}

impl Track {
    /// Its toplevel, if it is one.
    pub(crate) fn toplevel(&self) -> Option<&ToplevelSurface> {
        match &self.role {
            Role::Toplevel(toplevel) => Some(&toplevel.surface),
            Role::Popup(_) | Role::X11(_) => None,
        }
    }

    /// Whether it is a toplevel that fills the work area, or the screen.
    pub(crate) fn fills_work_area(&self) -> bool {
        match &self.role {
            Role::Toplevel(toplevel) => {
                let states = toplevel.states();
                states.maximized || states.fullscreen
            }
            Role::Popup(_) | Role::X11(_) => false,
        }
    }

    /// Its popup, if it is one.
    pub(crate) fn popup(&self) -> Option<&PopupSurface> {
        match &self.role {
            Role::Popup(popup) => Some(&popup.surface),
            Role::Toplevel(_) | Role::X11(_) => None,
        }
    }
}
