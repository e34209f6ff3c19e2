//! Who of X11 has the keyboard, and what lies under the pointer.

use media::TrackId;
use smithay::{
    backend::input::ButtonState,
    input::pointer::{ButtonEvent, MotionEvent},
    reexports::wayland_server::protocol::wl_surface::WlSurface,
    utils::SERIAL_COUNTER,
};
use x11rb::{
    protocol::xproto::{
        AtomEnum, ConfigureWindowAux, ConnectionExt as _, InputFocus, PropMode, StackMode, Window,
    },
    wrapper::ConnectionExt as _,
};

use super::properties::Purpose;
use crate::clock;
use crate::wayland::State;
use crate::wayland::picture::frames::millis;
use crate::wayland::windows::tracks::Role;

impl State {
    /// The keyboard went to a surface: X is told, and has done so before the first key comes.
    pub(in crate::wayland) fn focus_x11(&mut self, surface: Option<&WlSurface>) {
        let Some(x11) = self.xwayland.manager() else { return };
        let id = surface.and_then(|surface| x11.windows.of_surface(surface));
        if id == x11.focused {
            return;
        }
        if let Some(before) = std::mem::replace(&mut x11.focused, id)
            && let Some(window) = x11.windows.get_mut(before)
            && window.is_mapped()
        {
            window.states.focused = false;
            x11.write_states(before);
        }
        x11.give_focus(id);
        if let Some(id) = id {
            x11.remember(id);
            if let Some(window) = x11.windows.get_mut(id) {
                window.states.focused = true;
            }
            x11.write_states(id);
            x11.wire.settle();
            self.attend_x11(id);
        }
    }

    /// The focus came to a window or left it. Whether it is one of X11.
    pub(in crate::wayland) fn activate_x11(&mut self, track: TrackId, active: bool) -> bool {
        if self.x11_window_of(track).is_none() {
            return false;
        }
        if active {
            self.tracks.raise(track);
        }
        if self.tracks.shown(track) {
            self.report(track);
        }
        true
    }

    /// The pointer or a finger comes to a track: if it is one of X11, it lies on top of what else is at the same place
    /// of the root before anything happens there, and what falls through a hole in it falls on our floor.
    pub(in crate::wayland) fn raise_x11(&mut self, track: TrackId) {
        if self.x11_window_of(track).is_none() {
            return;
        }
        let Some(toplevel) = self.tracks.toplevel_of(track) else { return };
        let Some(id) = self.x11_window_of(toplevel) else { return };
        if self.xwayland.running().is_none_or(|x11| x11.top == Some(id)) {
            return;
        }
        let mut group = Vec::new();
        self.collect_x11(toplevel, &mut group);
        let Some(x11) = self.xwayland.manager() else { return };
        x11.top = Some(id);
        // From the top down to the floor, each below the one before: none lies above its own menu for a moment, which
        // would take the pointer from that.
        let mut above = None;
        for window in group.into_iter().rev().chain([x11.wire.floor]) {
            let mode = if above.is_some() { StackMode::BELOW } else { StackMode::ABOVE };
            let aux = ConfigureWindowAux::new().sibling(above).stack_mode(mode);
            x11.wire.sent(x11.wire.conn().configure_window(window, &aux));
            above = Some(window);
        }
        x11.wire.settle();
    }

    /// The windows of a track and of the popups on it, the lowest first.
    fn collect_x11(&self, track: TrackId, group: &mut Vec<Window>) {
        group.extend(self.x11_window_of(track));
        for child in self.tracks.children(track) {
            self.collect_x11(child, group);
        }
    }

    /// The user pressed outside of all popups. X11 menus hear that by a press in a place where nothing is.
    pub(in crate::wayland) fn dismiss_x11_menus(&mut self) {
        let menu = self.tracks.iter().find_map(|(_, track)| {
            let Role::X11(shown) = &track.role else { return None };
            let window = self.xwayland.running()?.windows.get(shown.window)?;
            let is_menu = shown.parent.is_some() && window.properties.purpose == Purpose::Menu;
            is_menu.then_some((track.root.clone(), window.rect))
        });
        let Some((surface, rect)) = menu else { return };
        // The root's last pixel: positions are clamped to the root.
        let (x, y) = (self.screen.size.w as i32, self.screen.size.h as i32);
        let location = (f64::from(x - 1 - rect.x), f64::from(y - 1 - rect.y)).into();
        let pointer = self.input.pointer.clone();
        let time = millis(clock::now());
        let event = MotionEvent { location, serial: SERIAL_COUNTER.next_serial(), time };
        pointer.motion(self, Some((surface, (0.0, 0.0).into())), &event);
        pointer.frame(self);
        for state in [ButtonState::Pressed, ButtonState::Released] {
            let serial = SERIAL_COUNTER.next_serial();
            let button = u32::from(media::Button::LEFT.0);
            pointer.button(self, &ButtonEvent { serial, time, button, state });
            pointer.frame(self);
        }
        self.leave();
    }
}

impl super::Manager {
    /// Gives X's focus to a window in the way that it wants it, or takes it from all.
    fn give_focus(&self, id: Option<Window>) {
        let conn = self.wire.conn();
        let window = id.and_then(|id| Some((id, self.windows.get(id)?)));
        let set = |window: Window| {
            self.wire.sent(conn.set_input_focus(InputFocus::NONE, window, x11rb::CURRENT_TIME));
        };
        match window {
            Some((id, window)) => {
                let model = window.properties.input;
                // One that takes the focus by itself must not find it elsewhere until then, nor one that wants none.
                set(if model.given { id } else { x11rb::NONE });
                if model.told {
                    self.send_protocol(id, self.wire.atoms.WM_TAKE_FOCUS);
                }
            }
            None => set(x11rb::NONE),
        }
        let active = [id.unwrap_or(x11rb::NONE)];
        let name = self.wire.atoms._NET_ACTIVE_WINDOW;
        self.wire.sent(conn.change_property32(
            PropMode::REPLACE,
            self.wire.root,
            name,
            AtomEnum::WINDOW,
            &active,
        ));
    }
}
