//! What X11 apps ask of their window manager, and what viewers ask of X11 windows.

use media::{Configure, MAX_DIMENSION, Rect, Size, TrackId};
use x11rb::protocol::xproto::{
    ClientMessageEvent, ConfigWindow, ConfigureRequestEvent, ConfigureWindowAux, ConnectionExt as _,
    EventMask, Window,
};

use super::{
    manager::IcccmState,
    windows::{Link, NetStates},
};
use crate::wayland::State;

/// Sizes that viewers asked for and that wait to be committed.
const ASKED: usize = 32;

/// Actions of `_NET_WM_STATE`.
const REMOVE: u32 = 0;
const ADD: u32 = 1;
const TOGGLE: u32 = 2;

impl State {
    /// An app wants its window somewhere or somehow else: it gets the size; the place is ours.
    pub(super) fn x11_configure_asked(&mut self, e: &ConfigureRequestEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get(e.window) else { return };
        let given = |field: ConfigWindow| u16::from(e.value_mask) & u16::from(field) != 0;
        let side = |n: u16| u32::from(n).clamp(1, MAX_DIMENSION);
        let mut size = window.rect.size();
        if given(ConfigWindow::WIDTH) {
            size.w = side(e.width);
        }
        if given(ConfigWindow::HEIGHT) {
            size.h = side(e.height);
        }
        if !window.is_mapped() {
            // What X names besides is as it was before what is under way.
            let place = |named: bool, n: i16, now: i32| if named { i32::from(n) } else { now };
            let x = place(given(ConfigWindow::X), e.x, window.rect.x);
            let y = place(given(ConfigWindow::Y), e.y, window.rect.y);
            let rect = Rect::new(x, y, size.w, size.h);
            let aux = ConfigureWindowAux::new().x(rect.x).y(rect.y).width(rect.w).height(rect.h);
            let aux = aux.border_width(given(ConfigWindow::BORDER_WIDTH).then(|| u32::from(e.border_width)));
            x11.wire.sent(x11.wire.conn().configure_window(e.window, &aux));
            if let Some(window) = x11.windows.get_mut(e.window) {
                (window.rect, window.measured) = (rect, true);
            }
            // X tells of a change by itself; that nothing has changed, it would not.
            self.tell_x11_place(e.window);
        } else if size == window.rect.size() || window.states.maximized || window.states.fullscreen {
            self.tell_x11_place(e.window);
        } else {
            self.resize_x11(e.window, size);
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
            self.close_x11_window(e.window);
        } else if e.type_ == atoms._NET_WM_MOVERESIZE {
            self.x11_dragged(e);
        } else if e.type_ == atoms._NET_REQUEST_FRAME_EXTENTS {
            x11.write_frame(e.window);
        }
    }

    fn x11_wishes_states(&mut self, id: Window, action: u32, named: [u32; 2]) {
        let Some(x11) = self.xwayland.manager() else { return };
        let atoms = x11.wire.atoms;
        let new = |old: bool| match action {
            REMOVE => false,
            ADD => true,
            TOGGLE => !old,
            _ => old,
        };
        self.change_x11_states(id, |states| {
            let mut turned = NetStates::default();
            for atom in named {
                // Both halves of maximized mostly come together, which toggles it once.
                turned.maximized |=
                    [atoms._NET_WM_STATE_MAXIMIZED_HORZ, atoms._NET_WM_STATE_MAXIMIZED_VERT].contains(&atom);
                turned.fullscreen |= atom == atoms._NET_WM_STATE_FULLSCREEN;
                turned.modal |= atom == atoms._NET_WM_STATE_MODAL;
                turned.attention |= atom == atoms._NET_WM_STATE_DEMANDS_ATTENTION;
                turned.hidden |= atom == atoms._NET_WM_STATE_HIDDEN;
            }
            let turn = |old: &mut bool, turned: bool| {
                if turned {
                    *old = new(*old);
                }
            };
            turn(&mut states.maximized, turned.maximized);
            turn(&mut states.fullscreen, turned.fullscreen);
            turn(&mut states.modal, turned.modal);
            turn(&mut states.attention, turned.attention);
            turn(&mut states.hidden, turned.hidden);
        });
    }

    /// Changes the states of a mapped toplevel. One that fills the screen gets its size, and its own back afterwards;
    /// viewers say by a configure what the screen is to them.
    fn change_x11_states(&mut self, id: Window, change: impl FnOnce(&mut NetStates)) {
        let screen = self.screen.size;
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
        let fills = |states: NetStates| states.maximized || states.fullscreen;
        let size = match (fills(before), fills(after)) {
            (false, true) => {
                window.restored = Some(window.rect.size());
                Some(screen)
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

    /// An app wants one of its windows to be used: if it has the user's attention now, it is, else it asks for it.
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
        let size = Size::new(size.w.clamp(1, MAX_DIMENSION), size.h.clamp(1, MAX_DIMENSION));
        let size = self.x11_grant(id, size);
        let Some(x11) = self.xwayland.manager() else { return true };
        let Some(window) = x11.windows.get_mut(id) else { return true };
        if window.asked.len() >= ASKED {
            window.asked.pop_front();
        }
        window.asked.push_back((configure.serial, size));
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
        } else {
            self.close_x11_window(id);
        }
        self.turn_x11();
        true
    }

    /// Asks a window to close; one that cannot be asked loses its app.
    fn close_x11_window(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get(id).filter(|window| window.is_mapped()) else { return };
        if window.properties.deletes {
            x11.send_protocol(id, x11.wire.atoms.WM_DELETE_WINDOW);
        } else {
            x11.wire.sent(x11.wire.conn().kill_client(id));
        }
    }

    fn is_x11_popup(&self, track: TrackId) -> bool {
        self.tracks.get(track).is_some_and(|track| match &track.role {
            crate::wayland::windows::tracks::Role::X11(shown) => shown.parent.is_some(),
            _ => false,
        })
    }
}

impl super::Manager {
    /// Sends a message of `WM_PROTOCOLS`.
    pub(super) fn send_protocol(&self, id: Window, protocol: u32) {
        let data = [protocol, x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, id, self.wire.atoms.WM_PROTOCOLS, data);
        self.wire.sent(self.wire.conn().send_event(false, id, EventMask::NO_EVENT, event));
    }
}
