//! What X11 apps ask of their window manager, and what viewers ask of X11 windows.

use media::{Configure, TrackId};
use x11rb::protocol::xproto::{ClientMessageEvent, ConfigureRequestEvent, Window};

use super::pairing::Link;
use crate::process::Process;
use crate::wayland::State;
use crate::wayland::windows::tracks::Role;
use crate::x11::{
    geometry::{asked, bounded},
    states::{IcccmState, NetStates},
};

impl State {
    /// An app wants its window somewhere or somehow else: it gets the size; the place is ours.
    pub(super) fn x11_configure_asked(&mut self, e: &ConfigureRequestEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get(e.window) else { return };
        let rect = asked(e, window.rect);
        if !window.is_mapped() {
            x11.grant(e, rect);
        } else if rect.size() == window.rect.size() || window.states.fills() {
            x11.tell_place(e.window);
        } else {
            self.resize_x11(e.window, rect.size());
        }
    }

    /// A message to the window manager.
    pub(super) fn x11_message(&mut self, e: &ClientMessageEvent) {
        if e.format != 32 {
            return;
        }
        let Some(x11) = self.xwayland.manager() else { return };
        let atoms = x11.wire.atoms;
        let data = e.data.as_data32();
        if let Some(outcomes) = x11.drag_message(e) {
            return self.drag_goes_on(outcomes);
        }
        let Some(x11) = self.xwayland.manager() else { return };
        if e.type_ == atoms.WL_SURFACE_ID {
            self.announce_x11_surface(e.window, Link::Id(data[0]));
        } else if e.type_ == atoms.WL_SURFACE_SERIAL {
            let serial = u64::from(data[1]) << 32 | u64::from(data[0]);
            self.announce_x11_surface(e.window, Link::Serial(serial));
        } else if e.type_ == atoms._NET_WM_STATE {
            self.x11_wishes_states(e.window, data[0], [data[1], data[2]]);
        } else if e.type_ == atoms.WM_CHANGE_STATE && data[0] == IcccmState::Iconic as u32 {
            self.change_x11_states(e.window, |states| states.hidden = true);
        } else if e.type_ == atoms._NET_ACTIVE_WINDOW {
            self.x11_wants_focus(e.window);
        } else if e.type_ == atoms._NET_CLOSE_WINDOW {
            x11.close(e.window);
        } else if e.type_ == atoms._NET_WM_MOVERESIZE {
            self.x11_dragged(e);
        } else if e.type_ == atoms.WM_PROTOCOLS && data[0] == atoms._NET_WM_PING {
            self.x11_ponged(data[2], data[1]);
            self.x11_came_along(data[2], data[1]);
        } else if e.type_ == atoms._NET_REQUEST_FRAME_EXTENTS {
            x11.write_frame(e.window);
        }
    }

    fn x11_wishes_states(&mut self, id: Window, action: u32, named: [u32; 2]) {
        let Some(x11) = self.xwayland.manager() else { return };
        let atoms = x11.wire.atoms;
        self.change_x11_states(id, |states| states.turn(action, named, &atoms));
    }

    /// Changes the states of a mapped toplevel. One that fills the screen gets its size, and its own back
    /// afterwards; viewers say by a configure what the screen is to them.
    fn change_x11_states(&mut self, id: Window, change: impl FnOnce(&mut NetStates)) {
        let (screen, work) = (self.screen.viewer, self.screen.work);
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id).filter(|w| w.is_mapped() && !w.override_redirect) else {
            return;
        };
        let before = window.states;
        change(&mut window.states);
        let after = window.states;
        if before == after {
            return;
        }
        let size = match (before.fills(), after.fills()) {
            (false, true) => {
                window.restored = Some(window.rect.size());
                Some(if after.fullscreen { screen } else { work })
            }
            (true, false) => window.restored.take(),
            _ => None,
        };
        x11.write_states(id);
        if before.hidden != after.hidden {
            x11.write_stage(id, if after.hidden { IcccmState::Iconic } else { IcccmState::Normal });
        }
        if let Some(size) = size {
            self.resize_x11(id, size);
        }
        self.report_x11(id);
    }

    /// An app wants one of its windows to be used: if it has the user's attention now, it is, else it asks
    /// for it.
    fn x11_wants_focus(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(track) = x11.windows.get(id).and_then(|window| window.track) else { return };
        let owner = x11.wire.owner_of(id);
        let focused = self.input.focused.and_then(|focused| self.x11_window_of(focused));
        let same_app =
            self.xwayland.running().zip(focused).is_some_and(|(x11, f)| x11.wire.owner_of(f) == owner);
        if same_app {
            self.focus(Some(track));
        } else {
            self.change_x11_states(id, |states| states.attention = true);
        }
    }

    /// A window wants the user's attention, or no more. Whether it is one of X11.
    pub(in crate::wayland) fn set_x11_urgent(&mut self, track: TrackId, urgent: bool) -> bool {
        let Some(id) = self.x11_window_of(track) else { return false };
        self.change_x11_states(id, |states| states.attention = urgent);
        true
    }

    /// A window has the user's attention.
    pub(super) fn attend_x11(&mut self, id: Window) {
        self.change_x11_states(id, |states| (states.hidden, states.attention) = (false, false));
    }

    /// A viewer asks a window to change. Whether it is one of X11.
    pub(in crate::wayland) fn configure_x11(&mut self, track: TrackId, configure: Configure) -> bool {
        let Some(id) = self.x11_window_of(track) else { return false };
        let Some(x11) = self.xwayland.manager() else { return true };
        let Some(window) = x11.windows.get_mut(id) else { return true };
        if window.override_redirect && window.track.is_some() && self.is_x11_popup(track) {
            return true;
        }
        let Some(x11) = self.xwayland.manager() else { return true };
        let Some(window) = x11.windows.get_mut(id) else { return true };
        let before = window.states;
        window.states.maximized = configure.maximized;
        window.states.fullscreen = configure.fullscreen;
        let fills = configure.maximized || configure.fullscreen;
        if fills && window.restored.is_none() {
            window.restored = Some(window.rect.size());
        } else if !fills && configure.size.is_some() {
            window.restored = None;
        }
        let own = window.restored.filter(|_| !fills).unwrap_or(window.rect.size());
        let size = configure.size.unwrap_or(own);
        let size = self.x11_grant(id, bounded(size));
        let Some(x11) = self.xwayland.manager() else { return true };
        let Some(window) = x11.windows.get_mut(id) else { return true };
        window.ask(configure.serial, size);
        let resized = size != window.rect.size();
        if window.states != before {
            x11.write_states(id);
        }
        if resized {
            self.resize_x11(id, size);
        }
        self.report_x11(id);
        self.turn_x11();
        true
    }

    /// A viewer asks a window to close. Whether it is one of X11.
    pub(in crate::wayland) fn close_x11(&mut self, track: TrackId) -> bool {
        let Some(id) = self.x11_window_of(track) else { return false };
        if self.is_x11_popup(track) {
            self.dismiss_x11_menus();
        } else if let Some(x11) = self.xwayland.manager() {
            x11.close(id);
            self.ping(track);
        }
        self.turn_x11();
        true
    }

    /// Cuts off the app of a window: its process, if that is known.
    pub(in crate::wayland) fn kill_x11(&mut self, track: TrackId) -> Option<Process> {
        let id = self.x11_window_of(track)?;
        let x11 = self.xwayland.manager()?;
        let process = x11.windows.get(id)?.process;
        x11.kill(id);
        self.turn_x11();
        process
    }

    fn is_x11_popup(&self, track: TrackId) -> bool {
        self.tracks.get(track).is_some_and(|track| match &track.role {
            Role::X11(shown) => shown.parent.is_some(),
            Role::Toplevel(_) | Role::Popup(_) => false,
        })
    }
}
