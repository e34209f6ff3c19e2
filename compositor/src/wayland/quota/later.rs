//! Pictures that are taken later.
//!
//! Each picture that an app commits is copied, and many may have come while the loop was busy elsewhere. So
//! what an app commits is copied at once the first time that it is read in a turn; of what follows in the
//! same turn only the newest is, when all its requests have been handled. However many pictures an app sends,
//! at most two of each surface are copied in a turn, so no app needs to be cut off for them. A picture for
//! which there is no room waits likewise, until there is some or the app sends another.

use std::collections::HashSet;

use smithay::{
    reexports::wayland_server::{Resource, backend::ObjectId, protocol::wl_surface::WlSurface},
    utils::IsAlive,
    wayland::compositor,
};

use crate::wayland::State;
use crate::wayland::picture::capture::{self, Fresh};
use crate::wayland::picture::layout;

/// What is left to be done for the app that is read.
#[derive(Debug, Default)]
pub(crate) struct Later {
    /// Surfaces that were read in this turn, and roots of trees that were drawn.
    read: HashSet<ObjectId>,
    drawn: HashSet<ObjectId>,
    /// What is read and drawn when its requests have been handled. Parts come before the trees that they
    /// belong to.
    parts: Vec<WlSurface>,
    trees: Vec<WlSurface>,
    /// Trees whose newest picture had no room.
    refused: HashSet<WlSurface>,
}

impl Later {
    /// Whether a part of a tree may be read at once; if not, it will be.
    pub(in crate::wayland) fn may_read(&mut self, surface: &WlSurface) -> bool {
        let first = self.read.insert(surface.id());
        if !first && !self.parts.contains(surface) {
            self.parts.push(surface.clone());
        }
        first
    }

    /// Whether a tree may be drawn at once; if not, it will be.
    pub(in crate::wayland) fn may_draw(&mut self, root: &WlSurface) -> bool {
        let first = self.drawn.insert(root.id());
        if !first && !self.trees.contains(root) {
            self.trees.push(root.clone());
        }
        first
    }

    /// There is no room for the newest picture of a tree.
    pub(in crate::wayland) fn refuse(&mut self, root: &WlSurface) {
        self.refused.insert(root.clone());
    }

    /// The newest picture of a tree has been taken, or there will be none.
    pub(in crate::wayland) fn settle(&mut self, root: &WlSurface) {
        self.refused.remove(root);
    }
}

impl State {
    /// Draws a tree that has changed, at once or soon.
    pub(in crate::wayland) fn draw(&mut self, root: &WlSurface, fresh: Option<Fresh>) {
        if let Some(fresh) = fresh {
            compositor::with_states(root, |states| capture::put_off(states, fresh));
        }
        if self.later.may_draw(root)
            && let Some(id) = self.tracks.of_surface(root)
        {
            self.repaint(id);
        }
    }

    /// An app's requests have been handled: what it committed several times is drawn once more.
    pub(in crate::wayland) fn draw_later(&mut self) {
        let Later { read, drawn, parts, trees, .. } = &mut self.later;
        read.clear();
        drawn.clear();
        let (parts, mut trees) = (std::mem::take(parts), std::mem::take(trees));
        for part in parts.into_iter().filter(WlSurface::alive) {
            if let Some(fresh) = capture::take_waiting(&part) {
                self.keep_content(&part, fresh);
                let tree = layout::root_of(&part);
                if !trees.contains(&tree) {
                    trees.push(tree);
                }
            }
        }
        for tree in trees.into_iter().filter(WlSurface::alive) {
            if let Some(id) = self.tracks.of_surface(&tree) {
                self.repaint(id);
            }
        }
    }

    /// Looks once a turn whether there is room now for pictures that had none.
    pub(in crate::wayland) fn draw_refused(&mut self) {
        if !std::mem::take(&mut self.clients.freed) || self.later.refused.is_empty() {
            return;
        }
        for root in std::mem::take(&mut self.later.refused) {
            if let Some(id) = self.tracks.of_surface(&layout::root_of(&root)).filter(|_| root.alive()) {
                self.repaint(id);
            }
        }
    }
}
