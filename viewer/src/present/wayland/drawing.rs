//! Drawing popups: with their transparency, which softbuffer drops. Menus have round corners, and space
//! around them.

use std::io;

use media::{Pixels, Size};
use smithay_client_toolkit::shm::{
    Shm,
    slot::{Buffer, SlotPool},
};
use wayland_client::protocol::{
    wl_shm::{Format, WlShm},
    wl_surface::WlSurface,
};

/// The buffers of one popup.
#[derive(Debug)]
pub(super) struct Drawing {
    shm: Shm,
    pool: Option<SlotPool>,
    buffers: Vec<Buffer>,
}

/// Desktops hold one or two; who holds more is waited for.
const MAX_BUFFERS: usize = 3;

impl Drawing {
    /// No buffers yet.
    pub(super) fn new(shm: &WlShm) -> Drawing {
        Drawing { shm: Shm::from(shm.clone()), pool: None, buffers: Vec::new() }
    }

    /// Draws and shows a picture of `size`, whose pixels are ARGB, colours multiplied by alpha. Says no if
    /// the desktop holds all buffers; it tells when it lets one go.
    pub(super) fn draw(
        &mut self,
        surface: &WlSurface,
        size: Size<Pixels>,
        paint: impl FnOnce(&mut [u32]),
    ) -> io::Result<bool> {
        let length = |n: u32| i32::try_from(n).map_err(io::Error::other);
        let (width, height) = (length(size.w)?, length(size.h)?);
        let bytes = size.area() as usize * 4;
        self.buffers.retain(|buffer| (buffer.stride(), buffer.height()) == (width * 4, height));
        let pool = match &mut self.pool {
            Some(pool) => pool,
            none => none.insert(SlotPool::new(bytes, &self.shm).map_err(io::Error::other)?),
        };
        let free = match self.buffers.iter().position(|buffer| pool.canvas(buffer).is_some()) {
            Some(free) => free,
            None if self.buffers.len() >= MAX_BUFFERS => return Ok(false),
            None => {
                let made = pool.create_buffer(width, height, width * 4, Format::Argb8888);
                self.buffers.push(made.map_err(io::Error::other)?.0);
                self.buffers.len() - 1
            }
        };
        let buffer = &self.buffers[free];
        let Some(canvas) = pool.canvas(buffer) else { return Ok(false) };
        let mut pixels = vec![0; size.area() as usize];
        paint(&mut pixels);
        for (to, from) in canvas.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
            *to = u32::to_le_bytes(from);
        }
        buffer.attach_to(surface).map_err(io::Error::other)?;
        surface.damage(0, 0, i32::MAX, i32::MAX);
        surface.commit();
        Ok(true)
    }
}
