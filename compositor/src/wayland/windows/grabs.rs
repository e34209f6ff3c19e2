//! Popup grabs: menus that have the keyboard until they are dismissed.
//!
//! The viewers report presses outside of all popups; the host decides that the grabbing popups are dismissed,
//! the topmost first. While there is one, the topmost has the keyboard. A button that was down when it opened
//! does not keep the pointer any more: menus are used by pressing, dragging onto an entry and letting go.

use smithay::{
    input::pointer::ClickGrab,
    reexports::{
        wayland_protocols::xdg::shell::server::xdg_popup,
        wayland_server::{Resource, protocol::wl_surface::WlSurface},
    },
    utils::SERIAL_COUNTER,
    wayland::{
        compositor,
        shell::xdg::{PopupSurface, XdgPopupSurfaceData},
    },
};

use crate::wayland::State;

impl State {
    /// An app asks that a new popup grabs.
    pub(in crate::wayland) fn grab_popup(&mut self, popup: PopupSurface) {
        if is_committed(&popup) {
            popup.xdg_popup().post_error(xdg_popup::Error::InvalidGrab, "the popup is mapped already");
            return;
        }
        let Some(id) = self.tracks.of_surface(popup.wl_surface()) else { return };
        if !self.may_grab(popup.wl_surface()) {
            tracing::debug!("a popup that no input led to may not grab");
            self.dismiss(id);
            return;
        }
        let parent = popup.get_parent_surface();
        while let Some(top) = self.input.grabs.last() {
            if Some(top.wl_surface()) == parent.as_ref() {
                break;
            }
            let top = top.clone();
            match self.tracks.of_surface(top.wl_surface()) {
                Some(top) => self.dismiss(top),
                None => self.end_grab(&top),
            }
        }
        self.input.grabs.push(popup);
        self.refocus();
        self.let_go_of_pointer();
    }

    /// A pressed button does not keep the pointer where it went down any more; which of its windows and menus
    /// the pointer is in is for the viewers to say. Other grabs, as of drag and drop, stay.
    fn let_go_of_pointer(&mut self) {
        let pointer = self.input.pointer.clone();
        if pointer.with_grab(|_, grab| grab.is::<ClickGrab<State>>()) == Some(true) {
            pointer.unset_grab(self, SERIAL_COUNTER.next_serial(), self.input.time());
            pointer.frame(self);
        }
    }

    /// A popup does not grab any more.
    pub(in crate::wayland) fn end_grab(&mut self, popup: &PopupSurface) {
        let before = self.input.grabs.len();
        self.input.grabs.retain(|grab| grab != popup);
        if self.input.grabs.len() != before {
            self.refocus();
        }
    }

    /// Dismisses all popups that grab.
    pub(in crate::wayland) fn dismiss_grabs(&mut self) {
        while let Some(top) = self.input.grabs.last().cloned() {
            match self.tracks.of_surface(top.wl_surface()) {
                Some(id) => self.dismiss(id),
                None => self.end_grab(&top),
            }
            // A popup that was dismissed before has ended its grab; this one must be gone in any case.
            self.input.grabs.retain(|grab| *grab != top);
        }
        self.flush();
    }

    /// Only the app that the user is working with may take the keyboard.
    fn may_grab(&self, surface: &WlSurface) -> bool {
        let same = |other: &WlSurface| other.id().same_client_as(&surface.id());
        self.input.keyboard_surface().is_some_and(|focus| same(&focus))
            || self.input.pointer.current_focus().is_some_and(|focus| same(&focus))
            || self.input.touched.as_ref().is_some_and(same)
    }
}

fn is_committed(popup: &PopupSurface) -> bool {
    compositor::with_states(popup.wl_surface(), |states| {
        let data = states.data_map.get::<XdgPopupSurfaceData>();
        data.is_some_and(|data| data.lock().expect("no handler of ours panics while it holds this").committed)
    })
}
