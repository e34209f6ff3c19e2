//! Pixels in memory.

use crate::{Pixels, Rect, Size};

/// The largest width or height of a picture: what one H.264 level 5.1 encoder and a sane window can have.
pub const MAX_DIMENSION: u32 = 8192;

/// One picture: 4 bytes a pixel, B G R A, alpha premultiplied, rows without padding.
///
/// Opaque formats are stored with alpha 255, so that equal pictures are equal bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Frame {
    size: Size<Pixels>,
    data: Vec<u8>,
}

impl Frame {
    /// Bytes of one pixel.
    pub const BYTES_PER_PIXEL: usize = 4;

    /// A transparent black picture. Sizes over [`MAX_DIMENSION`] are clamped, so that no peer can ask for
    /// more memory.
    pub fn new(size: Size<Pixels>) -> Self {
        let size = Size::new(size.w.min(MAX_DIMENSION), size.h.min(MAX_DIMENSION));
        Self { size, data: vec![0; size.area() as usize * Self::BYTES_PER_PIXEL] }
    }

    /// Its size.
    pub fn size(&self) -> Size<Pixels> {
        self.size
    }

    /// Bytes from one row to the next.
    pub fn stride(&self) -> usize {
        self.size.w as usize * Self::BYTES_PER_PIXEL
    }

    /// All bytes, top row first.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// All bytes, top row first.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Changes the size. What lies within both sizes keeps its pixels; new pixels are transparent black.
    pub fn resize(&mut self, size: Size<Pixels>) {
        if size == self.size {
            return;
        }
        let mut resized = Frame::new(size);
        if let Some(kept) = self.size.to_rect().intersection(resized.size.to_rect()) {
            resized.copy_from(self, kept);
        }
        *self = resized;
    }

    /// The bytes of the part of row `y` that lies within `rect`. `rect` must lie within the picture.
    pub fn row(&self, rect: Rect<Pixels>, y: i32) -> &[u8] {
        &self.data[self.row_range(rect, y)]
    }

    /// Like [`Frame::row`], to write.
    pub fn row_mut(&mut self, rect: Rect<Pixels>, y: i32) -> &mut [u8] {
        let range = self.row_range(rect, y);
        &mut self.data[range]
    }

    /// The rows of `rect`, top first. `rect` must lie within the picture.
    pub fn rows(&self, rect: Rect<Pixels>) -> impl Iterator<Item = &[u8]> {
        (rect.y..rect.bottom()).map(move |y| self.row(rect, y))
    }

    /// Copies `rect`, which must lie within both pictures, from the same place in `source`.
    pub fn copy_from(&mut self, source: &Frame, rect: Rect<Pixels>) {
        for y in rect.y..rect.bottom() {
            self.row_mut(rect, y).copy_from_slice(source.row(rect, y));
        }
    }

    /// Moves the pixels of `from` by `dx`, `dy` within this picture, as if through a copy: overlap is safe.
    /// Both rectangles must lie within the picture.
    pub fn copy_within(&mut self, from: Rect<Pixels>, dx: i32, dy: i32) {
        let to = from.offset(dx, dy);
        let move_row = |frame: &mut Frame, y: i32| {
            let source = frame.row_range(from, y);
            let target = frame.row_range(to, y.saturating_add(dy)).start;
            frame.data.copy_within(source, target);
        };
        if dy > 0 {
            (from.y..from.bottom()).rev().for_each(|y| move_row(self, y));
        } else {
            (from.y..from.bottom()).for_each(|y| move_row(self, y));
        }
    }

    fn row_range(&self, rect: Rect<Pixels>, y: i32) -> std::ops::Range<usize> {
        debug_assert!(self.size.to_rect().contains(rect), "{rect:?} outside of {:?}", self.size);
        let start = y as usize * self.stride() + rect.x as usize * Self::BYTES_PER_PIXEL;
        start..start + rect.w as usize * Self::BYTES_PER_PIXEL
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}×{})", self.size.w, self.size.h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(w: u32, h: u32) -> Frame {
        let mut frame = Frame::new(Size::new(w, h));
        for (i, byte) in frame.data_mut().iter_mut().enumerate() {
            *byte = i as u8;
        }
        frame
    }

    #[test]
    fn moving_overlapping_rows_down_or_up_equals_a_copy() {
        for (dx, dy) in [(0, 2), (0, -2), (1, 0), (-1, 0), (1, 1)] {
            let before = numbered(6, 6);
            let mut after = before.clone();
            let from = Rect::new(1, 2, 4, 2);
            after.copy_within(from, dx, dy);
            for y in from.y..from.bottom() {
                assert_eq!(after.row(from.offset(dx, dy), y + dy), before.row(from, y), "by {dx}, {dy}");
            }
        }
    }

    #[test]
    fn a_resized_picture_keeps_what_fits() {
        let before = numbered(4, 4);
        let mut after = before.clone();
        after.resize(Size::new(6, 3));
        let kept = Rect::new(0, 0, 4, 3);
        assert!(after.rows(kept).eq(before.rows(kept)));
        assert_eq!(after.row(Rect::new(4, 0, 2, 1), 0), [0; 8]);
    }

    #[test]
    fn no_size_asks_for_unbounded_memory() {
        assert_eq!(Frame::new(Size::new(u32::MAX, 1)).size(), Size::new(MAX_DIMENSION, 1));
    }
}
