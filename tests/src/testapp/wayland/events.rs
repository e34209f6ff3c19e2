//! The display's events, led to what handles them.

use std::sync::atomic::Ordering;

use anyhow::Result;
use media::TouchPhase;
use wayland_client::{
    Connection, Dispatch, Proxy, QueueHandle, WEnum, delegate_noop,
    globals::GlobalListContents,
    protocol::{
        wl_buffer::{self, WlBuffer},
        wl_callback::{self, WlCallback},
        wl_compositor::WlCompositor,
        wl_keyboard::{self, WlKeyboard},
        wl_pointer::{self, WlPointer},
        wl_region::WlRegion,
        wl_registry::{self, WlRegistry},
        wl_seat::{self, WlSeat},
        wl_shm::WlShm,
        wl_shm_pool::WlShmPool,
        wl_surface::WlSurface,
        wl_touch::{self, WlTouch},
    },
};
use wayland_protocols::xdg::shell::client::{
    xdg_popup::{self, XdgPopup},
    xdg_positioner::XdgPositioner,
    xdg_surface::{self, XdgSurface},
    xdg_toplevel::{self, XdgToplevel},
    xdg_wm_base::{self, XdgWmBase},
};

use super::{App, Role, buffers::Held};
use crate::testapp::Entry;

const BUTTON_LEFT: u32 = 0x110;
const BUTTON_RIGHT: u32 = 0x111;

impl App {
    /// An app that cannot draw or report has no more use: it ends with the reason.
    pub(super) fn must(&mut self, done: Result<()>) {
        done.expect("the test app can draw and report");
    }

    fn key(&mut self, key: u32, pressed: bool) -> Result<()> {
        if pressed {
            self.react()?;
        }
        self.report.add(&Entry::Key { key, pressed, at: self.woke })
    }

    fn button(&mut self, button: u32, pressed: bool, serial: u32) -> Result<()> {
        if pressed {
            self.react()?;
            match button {
                BUTTON_RIGHT if self.popup_allowed => self.open_popup(serial)?,
                BUTTON_LEFT => {
                    self.close_popups(0)?;
                    self.toggle_lock()?;
                }
                _ => {}
            }
        }
        let (x, y) = self.pointer;
        self.report.add(&Entry::Button { button, pressed, x, y, at: self.woke })
    }
}

impl Dispatch<WlKeyboard, ()> for App {
    fn event(
        app: &mut Self,
        _: &WlKeyboard,
        event: wl_keyboard::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let done = match event {
            wl_keyboard::Event::Key { key, state: WEnum::Value(state), .. } => {
                app.key(key, state == wl_keyboard::KeyState::Pressed)
            }
            wl_keyboard::Event::Enter { .. } => app.report.add(&Entry::Focus { held: true }),
            wl_keyboard::Event::Leave { .. } => app.report.add(&Entry::Focus { held: false }),
            _ => Ok(()),
        };
        app.must(done);
    }
}

impl Dispatch<WlPointer, ()> for App {
    fn event(
        app: &mut Self,
        _: &WlPointer,
        event: wl_pointer::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            wl_pointer::Event::Enter { surface, surface_x: x, surface_y: y, .. } => {
                app.entered = Some(surface);
                app.pointer = (x as i32, y as i32);
            }
            wl_pointer::Event::Motion { surface_x: x, surface_y: y, .. } => {
                app.pointer = (x as i32, y as i32);
            }
            wl_pointer::Event::Button { button, state: WEnum::Value(state), serial, .. } => {
                let done = app.button(button, state == wl_pointer::ButtonState::Pressed, serial);
                app.must(done);
            }
            wl_pointer::Event::AxisValue120 { axis: WEnum::Value(axis), value120 } => {
                let (dx, dy) = match axis {
                    wl_pointer::Axis::HorizontalScroll => (value120, 0),
                    _ => (0, value120),
                };
                let done = app.report.add(&Entry::Scrolled { dx, dy });
                app.must(done);
            }
            _ => {}
        }
    }
}

impl Dispatch<WlTouch, ()> for App {
    fn event(
        app: &mut Self,
        _: &WlTouch,
        event: wl_touch::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let (finger, phase, x, y) = match event {
            wl_touch::Event::Down { id, x, y, .. } => (id, TouchPhase::Down, x, y),
            wl_touch::Event::Motion { id, x, y, .. } => (id, TouchPhase::Move, x, y),
            wl_touch::Event::Up { id, .. } => (id, TouchPhase::Up, 0.0, 0.0),
            _ => return,
        };
        let done = app.report.add(&Entry::Touched { finger, phase, x: x as i32, y: y as i32 });
        app.must(done);
    }
}

impl Dispatch<WlSeat, ()> for App {
    fn event(
        app: &mut Self,
        seat: &WlSeat,
        event: wl_seat::Event,
        _: &(),
        _: &Connection,
        queue: &QueueHandle<Self>,
    ) {
        let wl_seat::Event::Capabilities { capabilities: WEnum::Value(has) } = event else { return };
        // Seats of this host announce their capabilities once.
        if has.contains(wl_seat::Capability::Keyboard) {
            seat.get_keyboard(queue, ());
        }
        if has.contains(wl_seat::Capability::Touch) {
            seat.get_touch(queue, ());
        }
        if has.contains(wl_seat::Capability::Pointer) {
            let pointer = seat.get_pointer(queue, ());
            if let Some(lock) = &mut app.lock {
                lock.has_pointer(pointer, queue);
            }
        }
    }
}

impl Dispatch<WlBuffer, Held> for App {
    fn event(
        app: &mut Self,
        _: &WlBuffer,
        event: wl_buffer::Event,
        held: &Held,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_buffer::Event::Release = event {
            held.store(false, Ordering::Relaxed);
            let done = app.buffer_released();
            app.must(done);
        }
    }
}

impl Dispatch<WlCallback, ()> for App {
    fn event(
        app: &mut Self,
        _: &WlCallback,
        event: wl_callback::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_callback::Event::Done { .. } = event {
            let done = app.frame_done();
            app.must(done);
        }
    }
}

impl Dispatch<XdgWmBase, ()> for App {
    fn event(
        _: &mut Self,
        shell: &XdgWmBase,
        event: xdg_wm_base::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_wm_base::Event::Ping { serial } = event {
            shell.pong(serial);
        }
    }
}

impl Dispatch<XdgSurface, Role> for App {
    fn event(
        app: &mut Self,
        surface: &XdgSurface,
        event: xdg_surface::Event,
        role: &Role,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let xdg_surface::Event::Configure { serial } = event else { return };
        let done = match role {
            Role::Window => app.configured(serial),
            Role::Popup(level) => app.popup_configured(*level, serial),
            Role::Extra(extra) => app.extra_configured(surface, extra, serial),
        };
        app.must(done);
    }
}

impl Dispatch<XdgToplevel, ()> for App {
    fn event(
        app: &mut Self,
        toplevel: &XdgToplevel,
        event: xdg_toplevel::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if toplevel.id() != app.toplevel.id() {
            return;
        }
        match event {
            xdg_toplevel::Event::Configure { width, height, .. } => app.asked = (width, height),
            xdg_toplevel::Event::Close => {
                app.closed = true;
                let done = app.report.add(&Entry::Close);
                app.must(done);
            }
            _ => {}
        }
    }
}

impl Dispatch<XdgPopup, usize> for App {
    fn event(
        app: &mut Self,
        _: &XdgPopup,
        event: xdg_popup::Event,
        &level: &usize,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_popup::Event::PopupDone = event {
            let done = app.close_popups(level);
            app.must(done);
        }
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for App {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(App: WlCompositor);
delegate_noop!(App: WlRegion);
delegate_noop!(App: WlShmPool);
delegate_noop!(App: XdgPositioner);
delegate_noop!(App: ignore WlShm);
delegate_noop!(App: ignore WlSurface);
