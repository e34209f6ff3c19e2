//! Who of X11 has the keyboard, and what lies under the pointer.

use media::TrackId;
use smithay::{
    backend::input::ButtonState,
    input::pointer::{ButtonEvent, MotionEvent},
    reexports::wayland_server::protocol::wl_surface::WlSurface,
    utils::SERIAL_COUNTER,
};
use x11rb::protocol::xproto::Window;

use crate::wayland::State;
use crate::wayland::windows::tracks::Role;
use crate::x11::{manager::Then, properties::Purpose};

impl State {
    /// The keyboard went to a surface: X is told, and has done so before the first key comes.
    pub(in crate::wayland) fn focus_x11(&mut self, surface: Option<&WlSurface>) {
        let id = surface.and_then(|surface| self.xwayland.surfaces.window_of(surface));
        let Some(x11) = self.xwayland.manager().filter(|x11| x11.focused != id) else { return };
        x11.focus(id);
        if let Some(id) = id {
            if !x11.wire.settle() {
                x11.after(Then::Focused);
                self.xwayland.typing.focus_is_late();
            }
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

    /// The pointer or a finger comes to a track: if it is one of X11, it lies on top of what else is at the
    /// same place of the root before anything happens there, and what falls through a hole in it falls on our
    /// floor.
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
        x11.raise(id, group);
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
        // Who drags has pressed long before, and would drop it there.
        if self.drags.is_in_x11() {
            return;
        }
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
        let time = self.input.time();
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
