//! How much X11 apps may have. To Wayland they are one client, Xwayland, and its death would be that of all
//! of them; so who has too much is found here. A window that a viewer or its app enlarges keeps its size
//! where there is no room for more; one that would be too large to be shown at all is made smaller. What is
//! an app's alone to choose, the number of its windows and the size of its menus, has the app killed, and no
//! other.

use media::{Frame, Logical, MAX_DIMENSION, NoticeKind, Size};
use x11rb::protocol::xproto::Window;

use crate::wayland::State;
use crate::x11::manager::Seen;

/// Windows that one app may have, and may show at a time.
const WINDOWS_OF_ONE: u32 = 2048;
const MAPPED_OF_ONE: usize = 256;

/// Windows that all X11 apps together may have, and may show at a time.
const WINDOWS: u32 = 16_384;
const MAPPED: usize = 768;

/// A window is not made smaller than this for want of room.
const LEAST_SIDE: u32 = 64;

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
        true
    }

    /// Whether the pixels of what is shown could be kept if a window had this size.
    pub(super) fn x11_pixels_fit(&mut self, id: Window, size: Size<Logical>) -> bool {
        // Of a window there are three pictures for a moment: the canvas, and two that Xwayland keeps for it.
        let limit = self.clients.limits.session_bytes / 3;
        let Some(x11) = self.xwayland.manager() else { return false };
        let bytes = |area: u64| area * Frame::BYTES_PER_PIXEL as u64;
        let others = |windows: &[Seen<'_>]| -> u64 {
            windows
                .iter()
                .filter(|(other, _)| *other != id)
                .map(|(_, window)| bytes(window.rect.area()))
                .sum()
        };
        let (all, own) = x11.shown_with(id);
        let needed = bytes(size.area());
        others(&all) + needed <= limit && others(&own) + needed <= limit / 4 * 3
    }

    /// The size that a window gets: the one that is wanted, if there is room for it; else the one that it
    /// has; else what there is room for.
    pub(super) fn x11_grant(&mut self, id: Window, wanted: Size<Logical>) -> Size<Logical> {
        let Some(x11) = self.xwayland.manager() else { return wanted };
        let Some(window) = x11.windows.get(id) else { return wanted };
        let (now, mapped) = (window.rect.size(), window.is_mapped());
        let shrinks = wanted.w <= now.w && wanted.h <= now.h;
        if (mapped && shrinks) || self.x11_pixels_fit(id, wanted) {
            return wanted;
        }
        let name = self.x11_name(id);
        if self.tell(name, NoticeKind::NoRoom) {
            tracing::warn!("an X11 window stays smaller than it should be, since there is no room for it");
        }
        if mapped {
            return now;
        }
        let mut size = wanted;
        while size.w.max(size.h) > LEAST_SIDE && !self.x11_pixels_fit(id, size) {
            size = Size::new((size.w / 2).max(1), (size.h / 2).max(1));
        }
        size
    }

    /// Whether the pixels of an override-redirect window can be kept, whose size is its app's to choose; if
    /// not, the app is killed.
    pub(super) fn x11_menu_fits(&mut self, id: Window) -> bool {
        let Some(size) = self.xwayland.manager().and_then(|x11| Some(x11.windows.get(id)?.rect.size()))
        else {
            return false;
        };
        let fits = self.x11_pixels_fit(id, size);
        if !fits {
            self.kill_x11_app(id, "its menus need too many pixels");
        }
        fits
    }

    /// Whether an override-redirect window can have a size, which is its app's to choose; if not, the app is
    /// killed.
    pub(super) fn x11_size_fits(&mut self, id: Window, size: Size<Logical>) -> bool {
        let fits = size.w.max(size.h) <= LONGEST_SIDE;
        if !fits {
            self.kill_x11_app(id, "one of its windows is absurdly large");
        }
        fits
    }

    /// What people call the app of a window.
    fn x11_name(&self, id: Window) -> String {
        let window = self.xwayland.running().and_then(|x11| x11.windows.get(id));
        window.map(|window| window.properties.class.clone()).unwrap_or_default()
    }

    /// Kills the app of a window.
    fn kill_x11_app(&mut self, window: Window, reason: &str) {
        if !self.xwayland.manager().is_some_and(|x11| x11.kill(window)) {
            return;
        }
        tracing::warn!(reason, "an X11 app is cut off");
        let name = self.x11_name(window);
        self.tell(name, NoticeKind::Ended);
    }
}
