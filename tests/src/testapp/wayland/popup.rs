//! The popups that right clicks open: one on the window, and one on another each.

use std::sync::atomic::Ordering;

use anyhow::Result;
use media::{Frame, Size};
use wayland_client::protocol::{wl_buffer::WlBuffer, wl_surface::WlSurface};
use wayland_protocols::xdg::shell::client::{
    xdg_popup::XdgPopup,
    xdg_positioner::{Anchor, Gravity},
    xdg_surface::XdgSurface,
};

use super::{App, Role, buffers, buffers::Held};
use crate::{code, testapp::Entry};

const WIDTH: u32 = 200;
const HEIGHT: u32 = 140;
/// Bluish, so that it looks like nothing in the window.
const COLOUR: [u8; 4] = [200, 120, 60, 255];

#[derive(Debug)]
pub(super) struct Popup {
    pub(super) surface: WlSurface,
    xdg_surface: XdgSurface,
    popup: XdgPopup,
    buffer: Option<WlBuffer>,
}

impl App {
    /// Opens a popup where the pointer is; it grabs the input of the button press with that serial.
    pub(super) fn open_popup(&mut self, serial: u32) -> Result<()> {
        let beneath = self.popups.iter().position(|popup| Some(&popup.surface) == self.entered.as_ref());
        let level = beneath.map_or(0, |beneath| beneath + 1);
        self.close_popups(level)?;
        let Some(seat) = &self.seat else { return Ok(()) };
        let parent = self.popups.last().map_or(&self.xdg_surface, |popup| &popup.xdg_surface);
        let positioner = self.shell.create_positioner(&self.queue, ());
        positioner.set_size(WIDTH as i32, HEIGHT as i32);
        positioner.set_anchor_rect(self.pointer.0, self.pointer.1, 1, 1);
        positioner.set_anchor(Anchor::BottomRight);
        positioner.set_gravity(Gravity::BottomRight);
        let surface = self.compositor.create_surface(&self.queue, ());
        let xdg_surface = self.shell.get_xdg_surface(&surface, &self.queue, Role::Popup(level));
        let popup = xdg_surface.get_popup(Some(parent), &positioner, &self.queue, level);
        popup.grab(seat, serial);
        positioner.destroy();
        surface.commit();
        self.popups.push(Popup { surface, xdg_surface, popup, buffer: None });
        Ok(())
    }

    /// A popup's configure: paints it once.
    pub(super) fn popup_configured(&mut self, level: usize, serial: u32) -> Result<()> {
        let (shm, queue, code) = (&self.shm, &self.queue, self.scene.code());
        let Some(popup) = self.popups.get_mut(level) else { return Ok(()) };
        popup.xdg_surface.ack_configure(serial);
        if popup.buffer.is_none() {
            let mut frame = Frame::new(Size::new(WIDTH, HEIGHT));
            frame.data_mut().chunks_exact_mut(4).for_each(|pixel| pixel.copy_from_slice(&COLOUR));
            let stride = frame.stride();
            code.paint(frame.data_mut(), stride, code::ORIGIN, code::ORIGIN);
            let held = Held::default();
            held.store(true, Ordering::Relaxed);
            let (buffer, file) = buffers::allocate(shm, queue, frame.size(), held)?;
            buffers::write(&file, &frame, frame.size().to_rect())?;
            popup.surface.attach(Some(&buffer), 0, 0);
            popup.surface.damage_buffer(0, 0, WIDTH as i32, HEIGHT as i32);
            popup.buffer = Some(buffer);
            self.report.add(&Entry::Popup { open: true })?;
        }
        popup.surface.commit();
        Ok(())
    }

    /// Takes popups away from that level on, the topmost first, as the protocol wants it.
    pub(super) fn close_popups(&mut self, level: usize) -> Result<()> {
        while self.popups.len() > level {
            let Some(popup) = self.popups.pop() else { break };
            popup.popup.destroy();
            popup.xdg_surface.destroy();
            popup.surface.destroy();
            if let Some(buffer) = popup.buffer {
                buffer.destroy();
            }
            self.report.add(&Entry::Popup { open: false })?;
        }
        Ok(())
    }
}
