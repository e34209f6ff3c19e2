//! How much X11 apps may have. To Wayland they are one client, Xwayland, and its death would be that of all of them; so
//! who has too much is found here and killed alone.

use media::{Frame, Logical, MAX_DIMENSION, Size};
use x11rb::protocol::xproto::{ConnectionExt as _, Window};

use super::{
    super::State,
    Manager,
    manager::Then,
    windows::{Stage, XWindow},
};

/// Windows that one app may have, and may show at a time.
const WINDOWS_OF_ONE: u32 = 2048;
const MAPPED_OF_ONE: usize = 256;

/// Windows that all X11 apps together may have, and may show at a time.
const WINDOWS: u32 = 16_384;
const MAPPED: usize = 768;

/// No override-redirect window may have a longer side. Others are given a size that they can have.
const LONGEST_SIDE: u32 = 2 * MAX_DIMENSION;

impl State {
    /// Whether an app may have one more window. If not, it is killed for it, or the one that has most.
    pub(super) fn x11_may_have(&mut self, id: Window) -> bool {
        let Some(x11) = self.xwayland.manager() else { return false };
        let owner = x11.wire.owner_of(id);
        if x11.windows.get(id).is_some() || x11.killed.contains(&owner) {
            return false;
        }
        if x11.owned.values().sum::<u32>() >= WINDOWS {
            let largest = x11.owned.iter().max_by_key(|(_, count)| **count).map(|(&owner, _)| owner);
            let window =
                x11.windows.iter().map(|(id, _)| id).find(|&id| Some(x11.wire.owner_of(id)) == largest);
            self.kill_x11_app(window.unwrap_or(id), "X11 apps together made too many windows");
        }
        let Some(x11) = self.xwayland.manager() else { return false };
        let owned = x11.owned.entry(owner).or_default();
        if *owned >= WINDOWS_OF_ONE {
            self.kill_x11_app(id, "it made too many windows");
            return false;
        }
        *owned += 1;
        true
    }

    /// Whether one more window can be shown; if not, its app is killed.
    pub(super) fn x11_has_room(&mut self, id: Window) -> bool {
        let Some(x11) = self.xwayland.manager() else { return false };
        let (all, own) = x11.shown_with(id);
        if own.len() > MAPPED_OF_ONE || all.len() > MAPPED {
            self.kill_x11_app(id, "it shows too many windows");
            return false;
        }
        self.x11_pixels_fit(id)
    }

    /// Whether the pixels of what is shown can be kept; if not, the app of the window that has grown is killed.
    pub(super) fn x11_pixels_fit(&mut self, id: Window) -> bool {
        // Of a window there may be two pictures for a moment: the canvas, and what came before it could be shown.
        let limit = self.clients.limits.canvas_bytes / 2;
        let Some(x11) = self.xwayland.manager() else { return false };
        let bytes = |windows: &[&XWindow]| -> u64 {
            windows.iter().map(|window| window.rect.area() * Frame::BYTES_PER_PIXEL as u64).sum()
        };
        let (all, own) = x11.shown_with(id);
        let fits = bytes(&all) <= limit && bytes(&own) <= limit / 4 * 3;
        if !fits {
            self.kill_x11_app(id, "its windows need too many pixels");
        }
        fits
    }

    /// Whether an override-redirect window can have a size, which is its app's to choose; if not, the app is killed.
    pub(super) fn x11_size_fits(&mut self, id: Window, size: Size<Logical>) -> bool {
        let fits = size.w.max(size.h) <= LONGEST_SIDE;
        if !fits {
            self.kill_x11_app(id, "one of its windows is absurdly large");
        }
        fits
    }

    /// Kills the app of a window.
    fn kill_x11_app(&mut self, window: Window, reason: &str) {
        let Some(x11) = self.xwayland.manager() else { return };
        let owner = x11.wire.owner_of(window);
        if !x11.killed.insert(owner) {
            return;
        }
        tracing::warn!(reason, "an X11 app is cut off");
        x11.wire.sent(x11.wire.conn().kill_client(window));
        x11.after(Then::Killed { owner });
    }
}

impl Manager {
    /// The windows that are shown or about to be: all, and those of the same app as `id`.
    fn shown_with(&self, id: Window) -> (Vec<&XWindow>, Vec<&XWindow>) {
        let owner = self.wire.owner_of(id);
        let shown = || self.windows.iter().filter(|(_, window)| window.stage != Stage::Unmapped);
        let own = shown().filter(|(id, _)| self.wire.owner_of(*id) == owner);
        (shown().map(|(_, window)| window).collect(), own.map(|(_, window)| window).collect())
    }

    /// An app has one window less.
    pub(super) fn disown(&mut self, id: Window) {
        let owner = self.wire.owner_of(id);
        if let Some(owned) = self.owned.get_mut(&owner) {
            *owned = owned.saturating_sub(1);
            if *owned == 0 {
                self.owned.remove(&owner);
            }
        }
    }
}
