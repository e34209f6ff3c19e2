//! Finding a window's surface. X tells of the window and Wayland of the surface, on two connections that know nothing of
//! each other's order.
//!
//! Xwayland up to version 22 names the surface by its protocol id, newer ones by a serial of xwayland-shell-v1. A
//! surface that shows one window never shows another, so an id that is used again cannot mislead: its old surface has
//! been taken.

use media::Frame;
use smithay::{
    reexports::wayland_server::{Resource, protocol::wl_surface::WlSurface},
    wayland::compositor,
};
use x11rb::protocol::xproto::Window;

use super::{shell, windows::Link};
use crate::wayland::State;
use crate::wayland::picture::capture::{self, Change};

/// The role of surfaces that show windows; the one that xwayland-shell-v1 gives them, too.
pub(super) const ROLE: &str = "xwayland_window";

/// A surface that shows or showed a window.
struct Taken;

impl State {
    /// Xwayland is about to commit a surface: perhaps it is one that a window waits for.
    pub(in crate::wayland) fn pair_x11(&mut self, surface: &WlSurface) {
        let Some(x11) = self.xwayland.manager() else { return };
        if surface.client().as_ref() != Some(&x11.client) {
            return;
        }
        if let Some(id) = x11.windows.of_surface(surface) {
            // It may have been hidden with its parent.
            return self.show_x11(id);
        }
        if is_taken(surface) {
            return;
        }
        let by_serial = shell::serial(surface).map(Link::Serial);
        let link = by_serial.unwrap_or_else(|| Link::Id(surface.id().protocol_id()));
        if let Some(id) = x11.windows.waiting_for(&link) {
            self.link_x11(id, surface);
        }
    }

    /// X says which surface shows a window.
    pub(super) fn announce_x11_surface(&mut self, id: Window, link: Link) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        if window.track.is_some() {
            return;
        }
        window.link = link.clone();
        let surface = match link {
            Link::Id(id) => x11.client.object_from_protocol_id::<WlSurface>(&self.display, id).ok(),
            Link::Serial(serial) => self.xwayland.surface_with(serial),
            Link::None | Link::Surface(_) => None,
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
        if let Some(x11) = self.xwayland.manager() {
            x11.windows.link(id, surface.clone());
        }
        self.show_x11(id);
    }

    /// Xwayland committed a surface that shows no window yet: its pixels are kept for when it does. Whether it was one.
    pub(in crate::wayland) fn keep_early_x11(&mut self, surface: &WlSurface) -> bool {
        let Some(x11) = self.xwayland.manager() else { return false };
        if surface.client().as_ref() != Some(&x11.client) {
            return false;
        }
        let client = x11.client.id();
        if let Change::Fresh(fresh) = capture::take(surface) {
            // Whether its app may show so much is not known yet; until then no app's pixels crowd out all others'.
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
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(id) = x11.windows.of_surface(surface) else { return };
        let track = x11.windows.get(id).and_then(|window| window.track);
        x11.windows.unlink(id);
        if let Some(track) = track {
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
