//! Finding a window's surface. X tells of the window and Wayland of the surface, on two connections that know
//! nothing of each other's order.
//!
//! Xwayland up to version 22 names the surface by its protocol id, newer ones by a serial of
//! xwayland-shell-v1. A surface that shows one window never shows another, so an id that is used again cannot
//! mislead: its old surface has been taken.

use std::collections::{BTreeMap, HashMap};

use media::Frame;
use smithay::{
    reexports::wayland_server::{Resource, backend::ObjectId, protocol::wl_surface::WlSurface},
    wayland::compositor,
};
use x11rb::protocol::xproto::Window;

use super::shell;
use crate::wayland::State;
use crate::wayland::picture::capture::{self, Change};

/// The role of surfaces that show windows; the one that xwayland-shell-v1 gives them, too.
pub(super) const ROLE: &str = "xwayland_window";

/// How a window finds its surface. X and Wayland are two connections, so either side may come first.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Link {
    /// The surface has this protocol id at Xwayland: up to version 22.
    Id(u32),
    /// The surface bears this serial of xwayland-shell-v1: from version 23 on.
    Serial(u64),
    /// The surface.
    Surface(WlSurface),
}

/// Which surfaces show which windows.
#[derive(Debug, Default)]
pub(in crate::wayland) struct Surfaces {
    links: BTreeMap<Window, Link>,
    by_surface: HashMap<ObjectId, Window>,
}

impl Surfaces {
    /// A window's surface, if it has one.
    pub(super) fn surface_of(&self, id: Window) -> Option<&WlSurface> {
        match self.links.get(&id)? {
            Link::Surface(surface) => Some(surface),
            Link::Id(_) | Link::Serial(_) => None,
        }
    }

    /// The window that a surface shows.
    pub(super) fn window_of(&self, surface: &WlSurface) -> Option<Window> {
        self.by_surface.get(&surface.id()).copied()
    }

    /// The window that waits for a surface which was announced like this.
    fn waiting_for(&self, link: &Link) -> Option<Window> {
        self.links.iter().find(|(_, other)| *other == link).map(|(&id, _)| id)
    }

    /// Says how a window finds its surface, or which it is.
    fn link(&mut self, id: Window, link: Link) {
        self.unlink(id);
        if let Link::Surface(surface) = &link {
            self.by_surface.insert(surface.id(), id);
        }
        self.links.insert(id, link);
    }

    /// Parts a window from its surface.
    pub(super) fn unlink(&mut self, id: Window) {
        if let Some(Link::Surface(surface)) = self.links.remove(&id) {
            self.by_surface.remove(&surface.id());
        }
    }
}

/// A surface that shows or showed a window.
struct Taken;

impl State {
    /// Xwayland is about to commit a surface: perhaps it is one that a window waits for.
    pub(in crate::wayland) fn pair_x11(&mut self, surface: &WlSurface) {
        if self.xwayland.client().is_none_or(|client| surface.client().as_ref() != Some(client)) {
            return;
        }
        if let Some(id) = self.xwayland.surfaces.window_of(surface) {
            // It may have been hidden with its parent.
            return self.show_x11(id);
        }
        if is_taken(surface) {
            return;
        }
        let by_serial = shell::serial(surface).map(Link::Serial);
        let link = by_serial.unwrap_or_else(|| Link::Id(surface.id().protocol_id()));
        if let Some(id) = self.xwayland.surfaces.waiting_for(&link) {
            self.link_x11(id, surface);
        }
    }

    /// X says which surface shows a window.
    pub(super) fn announce_x11_surface(&mut self, id: Window, link: Link) {
        let Some(window) = self.xwayland.running().and_then(|x11| x11.windows.get(id)) else { return };
        if window.track.is_some() {
            return;
        }
        self.xwayland.surfaces.link(id, link.clone());
        let surface = match link {
            Link::Id(id) => self
                .xwayland
                .client()
                .and_then(|client| client.object_from_protocol_id::<WlSurface>(&self.display, id).ok()),
            Link::Serial(serial) => self.xwayland.surface_with(serial),
            Link::Surface(_) => None,
        };
        // One that has never been committed is looked at then.
        if let Some(surface) = surface.filter(|surface| !is_taken(surface) && has_content(surface)) {
            self.link_x11(id, &surface);
        }
    }

    fn link_x11(&mut self, id: Window, surface: &WlSurface) {
        let role = compositor::get_role(surface);
        if role != Some(ROLE) && compositor::give_role(surface, ROLE).is_err() {
            return;
        }
        compositor::with_states(surface, |states| states.data_map.insert_if_missing(|| Taken));
        self.xwayland.surfaces.link(id, Link::Surface(surface.clone()));
        self.show_x11(id);
    }

    /// Xwayland committed a surface that shows no window yet: its pixels are kept for when it does. Whether
    /// it was one.
    pub(in crate::wayland) fn keep_early_x11(&mut self, surface: &WlSurface) -> bool {
        let Some(client) = self.xwayland.client() else { return false };
        if surface.client().as_ref() != Some(client) {
            return false;
        }
        let client = client.id();
        if let Change::Fresh(fresh) = capture::take(surface) {
            // Whether its app may show so much is not known yet; until then no app's pixels crowd out all
            // others'.
            let (used, limit) = (self.clients.usage(&client).bytes, self.clients.limits.canvas_bytes / 2);
            let before = capture::kept_bytes(surface);
            compositor::with_states(surface, |states| {
                let size = capture::content(states).attached.map(|attached| attached.size);
                let needed = size.map_or(0, |size| size.area() * Frame::BYTES_PER_PIXEL as u64);
                if used.saturating_add(needed) > limit {
                    *capture::content_mut(states) = capture::Content::default();
                } else {
                    capture::keep(states, &fresh);
                }
            });
            drop(fresh);
            self.book(surface, before, capture::kept_bytes(surface));
        }
        true
    }

    /// A surface is destroyed; if it showed a window, that is not shown any more.
    pub(in crate::wayland) fn unpair_x11(&mut self, surface: &WlSurface) {
        let Some(id) = self.xwayland.surfaces.window_of(surface) else { return };
        self.xwayland.surfaces.unlink(id);
        let window = self.xwayland.running().and_then(|x11| x11.windows.get(id));
        if let Some(track) = window.and_then(|window| window.track) {
            self.hide_x11(track);
        }
    }
}

fn is_taken(surface: &WlSurface) -> bool {
    compositor::with_states(surface, |states| states.data_map.get::<Taken>().is_some())
}

fn has_content(surface: &WlSurface) -> bool {
    compositor::with_states(surface, |states| capture::content(states).attached.is_some())
}
