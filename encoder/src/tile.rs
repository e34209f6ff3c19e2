//! Lossless coding of small rectangles. `docs/protocol.md` has the byte layout, `docs/decisions.md` why it is this one.

use media::{Frame, Op, Pixels, Rect, TileCoding};
use zstd::bulk::Compressor;

use self::palette::Palette;

mod palette;

/// A compressor with the memory that it keeps between tiles.
pub(crate) struct TileEncoder {
    compressor: Compressor<'static>,
    rect: Rect<Pixels>,
    pixels: Vec<u8>,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

/// The zstd level: greater ones cost more time than they save bytes on screens, see `docs/decisions.md`.
const LEVEL: i32 = 1;

impl TileEncoder {
    /// A compressor without any state of pictures: every tile stands alone.
    pub(crate) fn new() -> Self {
        let compressor = Compressor::new(LEVEL).expect("the level is one that zstd has");
        Self { compressor, rect: Rect::default(), pixels: Vec::new(), plain: Vec::new(), packed: Vec::new() }
    }

    /// Takes the pixels of `rect`, which lies within `frame` and has at most [`TileCoding::MAX_PIXELS`].
    pub(crate) fn load(&mut self, frame: &Frame, rect: Rect<Pixels>) {
        debug_assert!(rect.area() <= TileCoding::MAX_PIXELS && !rect.is_empty());
        self.rect = rect;
        self.pixels.clear();
        for row in frame.rows(rect) {
            self.pixels.extend_from_slice(row);
        }
    }

    /// Puts the pixels that were taken in their place in another picture.
    pub(crate) fn store(&self, frame: &mut Frame) {
        let rows = self.pixels.chunks(self.rect.w as usize * Frame::BYTES_PER_PIXEL);
        for (y, row) in (self.rect.y..).zip(rows) {
            frame.row_mut(self.rect, y).copy_from_slice(row);
        }
    }

    /// Codes the pixels that were taken.
    pub(crate) fn encode(&mut self) -> Op {
        let (coding, data) = self.encode_pixels(self.rect);
        Op::Tile { rect: self.rect, coding, data: data.into() }
    }

    fn encode_pixels(&mut self, rect: Rect<Pixels>) -> (TileCoding, Vec<u8>) {
        let pixels = self.pixels.as_chunks::<{ Frame::BYTES_PER_PIXEL }>().0;
        let Some(palette) = Palette::of(pixels) else {
            self.plain.clear();
            self.plain.extend_from_slice(&self.pixels);
            return (TileCoding::Raw, self.compress());
        };
        if let [only] = palette.colours() {
            return (TileCoding::Solid, only.to_vec());
        }
        palette.write(pixels, rect.w as usize, &mut self.plain);
        (TileCoding::Palette, self.compress())
    }

    /// `plain` behind a byte that tells whether it was worth compressing.
    fn compress(&mut self) -> Vec<u8> {
        self.packed.resize(zstd::zstd_safe::compress_bound(self.plain.len()), 0);
        let packed = self.compressor.compress_to_buffer(&self.plain, &mut self.packed[..]);
        let (method, payload) = match packed {
            Ok(length) if length < self.plain.len() => (PACKED, &self.packed[..length]),
            _ => (STORED, &self.plain[..]),
        };
        let mut data = Vec::with_capacity(1 + payload.len());
        data.push(method);
        data.extend_from_slice(payload);
        data
    }
}

const STORED: u8 = 0;
const PACKED: u8 = 1;

/// Cuts a rectangle into tiles, as square as its shape allows.
pub(crate) fn split(rect: Rect<Pixels>) -> impl Iterator<Item = Rect<Pixels>> {
    let width = rect.w.min(MAX_WIDTH);
    let height = (TileCoding::MAX_PIXELS / u64::from(width.max(1))) as u32;
    split_by(rect, width, height)
}

/// Cuts a rectangle into tiles of a width and a height.
pub(crate) fn split_by(rect: Rect<Pixels>, width: u32, height: u32) -> impl Iterator<Item = Rect<Pixels>> {
    let columns = move |y: i32| {
        (rect.x..rect.right()).step_by(width as usize).map(move |x| Rect::new(x, y, width, height))
    };
    (rect.y..rect.bottom())
        .step_by(height as usize)
        .flat_map(columns)
        .filter_map(move |tile| tile.intersection(rect))
}

const MAX_WIDTH: u32 = 512;
