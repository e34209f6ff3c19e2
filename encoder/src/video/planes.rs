//! Pixels as video encoders take them: 4:2:0 planes, BT.709, full range.

use media::{Frame, Pixels, Rect, Size};
use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

/// One picture as three planes without padding, of even size.
#[derive(Clone, Debug, Default)]
pub struct Planes {
    size: Size<Pixels>,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Planes {
    /// No picture yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The size that pictures of rectangles of `size` have: rounded up to even numbers.
    pub fn padded(size: Size<Pixels>) -> Size<Pixels> {
        Size::new(size.w.next_multiple_of(2), size.h.next_multiple_of(2))
    }

    /// Replaces the picture by `rect`, which lies within `frame`. An odd width or height is rounded up by
    /// repeating the last column or row. Alpha is lost: pixels show as over black.
    pub fn read(&mut self, frame: &Frame, rect: Rect<Pixels>) {
        self.resize(Self::padded(rect.size()));
        if rect.is_empty() {
            return;
        }
        let start = rect.y as usize * frame.stride() + rect.x as usize * Frame::BYTES_PER_PIXEL;
        // The converter takes whole strides of pairs of rows only: the last pair goes through a copy.
        let head = (rect.h as usize - 1) & !1;
        let rows = &frame.data()[start..start + head * frame.stride()];
        self.convert(rows, frame.stride(), rect.w, 0);
        let mut tail = Vec::with_capacity(2 * rect.w as usize * Frame::BYTES_PER_PIXEL);
        for y in [head as i32, rect.h as i32 - 1] {
            tail.extend_from_slice(frame.row(rect, rect.y + y));
        }
        self.convert(&tail, tail.len() / 2, rect.w, head);
        if rect.w < self.size.w {
            let width = self.size.w as usize;
            self.y.chunks_mut(width).for_each(|row| row[width - 1] = row[width - 2]);
        }
    }

    /// Converts pairs of rows of a width into the planes, from row `first` on.
    fn convert(&mut self, rows: &[u8], stride: usize, width: u32, first: usize) {
        if rows.is_empty() {
            return;
        }
        let (luma, chroma) = (self.size.w as usize, self.size.w as usize / 2);
        let mut image = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(&mut self.y[first * luma..]),
            y_stride: luma as u32,
            u_plane: BufferStoreMut::Borrowed(&mut self.u[first / 2 * chroma..]),
            u_stride: chroma as u32,
            v_plane: BufferStoreMut::Borrowed(&mut self.v[first / 2 * chroma..]),
            v_stride: chroma as u32,
            width,
            height: (rows.len() / stride) as u32,
        };
        yuv::bgra_to_yuv420(
            &mut image,
            rows,
            stride as u32,
            YuvRange::Full,
            YuvStandardMatrix::Bt709,
            YuvConversionMode::Balanced,
        )
        .expect("the planes were made for this size");
    }

    /// The size.
    pub fn size(&self) -> Size<Pixels> {
        self.size
    }

    /// The luma plane.
    pub fn y(&self) -> &[u8] {
        &self.y
    }

    /// The blue-difference plane, half as wide and high.
    pub fn u(&self) -> &[u8] {
        &self.u
    }

    /// The red-difference plane, half as wide and high.
    pub fn v(&self) -> &[u8] {
        &self.v
    }

    fn resize(&mut self, size: Size<Pixels>) {
        if self.size != size {
            // Exactly, not amortised: planes of a picture are large and change their size seldom.
            let plane = |n: u64| vec![0; n as usize];
            *self =
                Planes { size, y: plane(size.area()), u: plane(size.area() / 4), v: plane(size.area() / 4) };
        }
    }
}
