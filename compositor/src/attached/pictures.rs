//! The picture of one window: what of it changed, and whether viewers can take more of it.

use media::{Canvas, Frame, Pixels, Rect, Region, Size};
use x11rb::{
    connection::Connection,
    protocol::{
        damage::{ConnectionExt as _, Damage, ReportLevel},
        xproto::Window,
    },
};

use super::display::Display;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Picture {
    canvas: Canvas,
    /// What tells of changes.
    watch: Damage,
    size: Size<Pixels>,
    /// What changed and was not read yet.
    changed: Option<Rect<Pixels>>,
    /// Whether what was read last is still to be taken.
    waits: bool,
}

impl Picture {
    /// That of a window, of which nothing is read yet.
    pub(super) fn of(display: &Display, window: Window, size: Size<Pixels>) -> Option<Self> {
        let watch = display.conn().generate_id().ok()?;
        display.asked(display.conn().damage_create(watch, window, ReportLevel::BOUNDING_BOX));
        let changed = Some(size.to_rect());
        Some(Self { canvas: Canvas::new(), watch, size, changed, waits: false })
    }

    /// Where its pixels are.
    pub(super) fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// Its size.
    pub(super) fn size(&self) -> Size<Pixels> {
        self.size
    }

    /// A part of it changed.
    pub(super) fn change(&mut self, part: Rect<Pixels>) {
        let part = part.intersection(self.size.to_rect());
        self.changed = match (self.changed, part) {
            (Some(changed), Some(part)) => Some(changed.bounds_with(part)),
            (changed, part) => changed.or(part),
        };
    }

    /// It has another size, which viewers learn of at once.
    pub(super) fn resize(&mut self, size: Size<Pixels>) {
        self.size = size;
        self.changed = Some(size.to_rect());
        self.waits = false;
    }

    /// Viewers can take more.
    pub(super) fn taken(&mut self) {
        self.waits = false;
    }

    /// Reads what changed, unless what was read last waits. What it was, if it could be read.
    pub(super) fn read(&mut self, display: &Display, window: Window) -> Option<Region> {
        if self.waits {
            return None;
        }
        let part = self.changed.take()?;
        // Changes from here on are told of again, even if they are read below.
        display.asked(display.conn().damage_subtract(self.watch, x11rb::NONE, x11rb::NONE));
        let Some(pixels) = display.pixels(window, part) else {
            // It is not to be seen, or has another size by now: its event is under way.
            self.change(part);
            return None;
        };
        let size = self.size;
        self.canvas.write(|frame| {
            if frame.size() != size {
                *frame = Frame::new(size);
            }
            for (y, row) in (part.y..part.bottom()).zip(pixels.chunks_exact(part.w as usize * 4)) {
                frame.row_mut(part, y).copy_from_slice(row);
            }
        });
        self.waits = true;
        Some(Region::from(part))
    }

    /// It is not shown any more.
    pub(super) fn end(&self, display: &Display) {
        display.asked(display.conn().damage_destroy(self.watch));
    }
}
