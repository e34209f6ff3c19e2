//! Who has X's focus, and messages of `WM_PROTOCOLS`.

use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, InputFocus, Window,
};

use super::{Manager, manager::Then, windows::XWindow};

/// Toplevels that had the focus and are remembered.
const RECENT: usize = 64;

impl Manager {
    /// The focus is a window's now, or nobody's. X is told; whoever sends keys next settles before.
    pub(crate) fn focus(&mut self, id: Option<Window>) {
        if let Some(before) = std::mem::replace(&mut self.focused, id)
            && let Some(window) = self.windows.get_mut(before)
            && window.is_mapped()
        {
            window.states.focused = false;
            self.write_states(before);
        }
        self.give_focus(id);
        let Some(id) = id else { return };
        self.remember(id);
        self.write_list();
        if let Some(window) = self.windows.get_mut(id) {
            window.states.focused = true;
        }
        self.write_states(id);
    }

    /// Gives X's focus to a window in the way that it wants it, or takes it from all.
    fn give_focus(&self, id: Option<Window>) {
        let set = |window: Window| {
            let conn = self.wire.conn();
            self.wire.sent(conn.set_input_focus(InputFocus::NONE, window, x11rb::CURRENT_TIME));
        };
        match id.and_then(|id| Some((id, self.windows.get(id)?))) {
            Some((id, window)) => {
                let model = window.properties.input;
                // One that takes the focus by itself must not find it elsewhere until then, nor one that
                // wants none.
                set(if model.given { id } else { x11rb::NONE });
                if model.told {
                    self.send_protocol(id, self.wire.atoms.WM_TAKE_FOCUS);
                }
            }
            None => set(x11rb::NONE),
        }
        let active = [id.unwrap_or(x11rb::NONE)];
        self.write_list32(self.wire.root, self.wire.atoms._NET_ACTIVE_WINDOW, AtomEnum::WINDOW, &active);
    }

    /// Remembers which toplevel had the focus last.
    fn remember(&mut self, id: Window) {
        self.recent.retain(|&recent| recent != id);
        self.recent.push_front(id);
        self.recent.truncate(RECENT);
    }

    /// Asks a window to close; one that cannot be asked loses its app.
    pub(crate) fn close(&self, id: Window) {
        let Some(window) = self.windows.get(id).filter(|window| window.is_mapped()) else { return };
        if window.properties.deletes {
            self.send_protocol(id, self.wire.atoms.WM_DELETE_WINDOW);
        } else {
            self.wire.sent(self.wire.conn().kill_client(id));
        }
    }

    /// Asks a window's app whether it answers; [`Then::Pinged`] follows when it has got that. Whether it can
    /// be asked.
    pub(crate) fn ping(&mut self, id: Window, number: u32) -> bool {
        let pings = |window: &XWindow| window.is_mapped() && window.properties.pings;
        if !self.windows.get(id).is_some_and(pings) {
            return false;
        }
        self.send_message(id, [self.wire.atoms._NET_WM_PING, number, id, 0, 0]);
        self.after(Then::Pinged { window: id, number });
        true
    }

    /// Sends a message of `WM_PROTOCOLS`.
    fn send_protocol(&self, id: Window, protocol: u32) {
        self.send_message(id, [protocol, x11rb::CURRENT_TIME, 0, 0, 0]);
    }

    fn send_message(&self, id: Window, data: [u32; 5]) {
        let event = ClientMessageEvent::new(32, id, self.wire.atoms.WM_PROTOCOLS, data);
        self.wire.sent(self.wire.conn().send_event(false, id, EventMask::NO_EVENT, event));
    }
}
