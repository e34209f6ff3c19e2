//! Popups: placing them, moving them, dismissing them.

use media::{Logical, Point, Rect, TrackId};
use smithay::reexports::wayland_server::Resource;
use smithay::{
    utils::Rectangle,
    wayland::{
        compositor,
        shell::xdg::{PopupSurface, PositionerState, XdgPopupSurfaceData},
    },
};

use crate::wayland::State;
use crate::wayland::picture::capture::Change;
use crate::wayland::windows::tracks::Role;

/// A popup.
#[derive(Debug)]
pub(crate) struct Popup {
    pub(crate) surface: PopupSurface,
    /// It was told that it is done; whatever it commits is not shown.
    dismissed: bool,
}

impl Popup {
    /// Takes note of a commit. Whether the commit's content is to be shown.
    pub(in crate::wayland) fn committed(&mut self, change: &Change) -> bool {
        if self.dismissed {
            return false;
        }
        if !self.surface.is_initial_configure_sent() {
            if matches!(change, Change::Fresh(_)) && !self.surface.ensure_configured() {
                return false;
            }
            if let Err(error) = self.surface.send_configure() {
                tracing::debug!(%error, "a popup cannot be configured");
            }
            return false;
        }
        match change {
            Change::Fresh(_) if !self.surface.ensure_configured() => return false,
            Change::Removed => self.surface.reset_initial_configure_sent(),
            Change::Fresh(_) | Change::None => (),
        }
        true
    }

    /// Its place relative to its parent's window geometry.
    pub(in crate::wayland) fn position(&self) -> Point<Logical> {
        let at = compositor::with_states(self.surface.wl_surface(), |states| {
            let data = states.data_map.get::<XdgPopupSurfaceData>()?;
            Some(data.lock().expect("no handler of ours panics while it holds this").current.geometry.loc)
        });
        at.map(|at| Point::new(at.x, at.y)).unwrap_or_default()
    }
}

impl State {
    /// A new popup at its place, unless it is nested too deep.
    pub(in crate::wayland) fn placed_popup(
        &mut self,
        surface: PopupSurface,
        positioner: PositionerState,
    ) -> Option<Popup> {
        let depth = self.popup_depth(&surface);
        if depth > self.clients.limits.popup_depth {
            let client = surface.wl_surface().client()?;
            self.cut_off(&client, "its popups are nested too deep");
            return None;
        }
        let geometry = self.constrained(&surface, positioner);
        surface.with_pending_state(|state| state.geometry = geometry);
        Some(Popup { surface, dismissed: false })
    }

    pub(in crate::wayland) fn reposition_popup(
        &mut self,
        surface: &PopupSurface,
        positioner: PositionerState,
        token: u32,
    ) {
        if !self.may_configure(surface.wl_surface()) {
            return;
        }
        let geometry = self.constrained(surface, positioner);
        surface.with_pending_state(|state| {
            state.geometry = geometry;
            state.positioner = positioner;
        });
        surface.send_repositioned(token);
    }

    /// Ends a popup, those on top of it first.
    pub(in crate::wayland) fn dismiss(&mut self, id: TrackId) {
        for child in self.tracks.children(id) {
            self.dismiss(child);
        }
        let Some(track) = self.tracks.get_mut(id) else { return };
        let Role::Popup(popup) = &mut track.role else { return };
        if std::mem::replace(&mut popup.dismissed, true) {
            return;
        }
        let surface = popup.surface.clone();
        surface.send_popup_done();
        self.end_grab(&surface);
        self.hide(id);
    }

    /// Where a track lies relative to the toplevel it belongs to.
    pub(in crate::wayland) fn offset_in_toplevel(&self, id: TrackId) -> Point<Logical> {
        let mut offset = Point::new(0, 0);
        let mut at = Some(id);
        for _ in 0..=self.clients.limits.popup_depth {
            let Some(track) = at.and_then(|at| self.tracks.get(at)) else { break };
            let (position, parent) = match &track.role {
                Role::Toplevel(_) => break,
                Role::Popup(popup) => {
                    let parent = popup.surface.get_parent_surface();
                    (popup.position(), parent.and_then(|parent| self.tracks.of_surface(&parent)))
                }
                Role::X11(shown) => (shown.position, shown.parent),
            };
            offset = offset.offset(position.x, position.y);
            at = parent;
        }
        offset
    }

    /// The popup's rectangle after its app's wishes for the case that it would leave the viewer's work area.
    /// A window that fills this shows where it is. Of others nobody knows here where viewers have them, so
    /// the area reaches a whole screen further on every side, and viewers push back what leaves theirs; but
    /// for what is too long to lie on it anywhere.
    fn constrained(
        &self,
        surface: &PopupSurface,
        positioner: PositionerState,
    ) -> Rectangle<i32, smithay::utils::Logical> {
        let parent = surface.get_parent_surface().and_then(|parent| self.tracks.of_surface(&parent));
        let toplevel = parent.and_then(|parent| self.tracks.toplevel_of(parent));
        let Some((parent, toplevel)) = parent.zip(toplevel.and_then(|id| self.tracks.get(id))) else {
            return positioner.get_geometry();
        };
        let at = self.offset_in_toplevel(parent);
        // In the toplevel's coordinates.
        let within = |area: Rect<Logical>| {
            let area = area.offset(at.x.saturating_neg(), at.y.saturating_neg());
            let (place, size) = ((area.x, area.y).into(), (area.w as i32, area.h as i32).into());
            positioner.get_unconstrained_geometry(Rectangle::new(place, size))
        };
        let (screen, window) = (self.screen.size, toplevel.picture.geometry.size());
        if toplevel.fills_work_area() {
            return within(window.to_rect());
        }
        let (w, h) = (screen.w as i32, screen.h as i32);
        let around = Rect::between(-w, -h, window.w as i32 + w, window.h as i32 + h);
        let placed = within(around);
        let Some(room) = self.screen.work_area else { return placed };
        let (too_wide, too_high) = (placed.size.w > room.w as i32, placed.size.h > room.h as i32);
        if !too_wide && !too_high {
            return placed;
        }
        let (left, right) = if too_wide { (0, room.w as i32) } else { (around.x, around.right()) };
        let (top, bottom) = if too_high { (0, room.h as i32) } else { (around.y, around.bottom()) };
        within(Rect::between(left, top, right, bottom))
    }

    fn popup_depth(&self, surface: &PopupSurface) -> u32 {
        let mut depth = 1;
        let mut parent = surface.get_parent_surface();
        while let Some(at) = parent.take() {
            let track = self.tracks.of_surface(&at).and_then(|id| self.tracks.get(id));
            if let Some(popup) = track.and_then(|track| track.popup()) {
                depth += 1;
                parent = popup.get_parent_surface();
            }
            if depth > self.clients.limits.popup_depth {
                break;
            }
        }
        depth
    }
}
