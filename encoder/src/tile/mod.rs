//! Lossless coding of small rectangles. `docs/protocol.md` has the byte layout, `docs/decisions.md` why it is
//! this one.

use media::{Frame, Op, Pixels, Rect, TileCoding};
use zstd::bulk::Compressor;

use self::palette::Palette;

mod palette;
mod planes;

/// Codes tiles. Keeps memory between them, but no state: every tile stands alone.
pub(crate) struct TileEncoder {
    few: Compressor<'static>,
    many: Compressor<'static>,
    rect: Rect<Pixels>,
    pixels: Vec<u8>,
    indices: Vec<u8>,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

/// The zstd level for tiles of few colours, which are small and repeat themselves.
const FEW_LEVEL: i32 = 3;

/// The zstd level for all others, of which higher levels make little more.
const MANY_LEVEL: i32 = 1;

impl TileEncoder {
    /// Without pixels yet.
    pub(crate) fn new() -> Self {
        let compressor = |level| Compressor::new(level).expect("the level is one that zstd has");
        Self {
            few: compressor(FEW_LEVEL),
            many: compressor(MANY_LEVEL),
            rect: Rect::default(),
            pixels: Vec::new(),
            indices: Vec::new(),
            plain: Vec::new(),
            packed: Vec::new(),
        }
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
        let pixels = self.pixels.as_chunks::<{ Frame::BYTES_PER_PIXEL }>().0;
        self.plain.clear();
        let (coding, data) = match Palette::of(pixels) {
            Some(palette) => match palette.colours() {
                [only] => (TileCoding::Solid, only.to_vec()),
                _ => {
                    palette.indices(pixels, &mut self.indices);
                    palette.write(&self.indices, self.rect.w as usize, &mut self.plain);
                    (TileCoding::Bands, compress(&mut self.few, &self.plain, &mut self.packed))
                }
            },
            None => {
                planes::write(pixels, &mut self.plain);
                (TileCoding::Planes, compress(&mut self.many, &self.plain, &mut self.packed))
            }
        };
        Op::Tile { rect: self.rect, coding, data: data.into() }
    }
}

/// `plain` behind a byte that tells whether it was worth compressing.
fn compress(compressor: &mut Compressor<'_>, plain: &[u8], packed: &mut Vec<u8>) -> Vec<u8> {
    packed.resize(zstd::zstd_safe::compress_bound(plain.len()), 0);
    let (method, payload) = match compressor.compress_to_buffer(plain, &mut packed[..]) {
        Ok(length) if length < plain.len() => (PACKED, &packed[..length]),
        _ => (STORED, plain),
    };
    let mut data = Vec::with_capacity(1 + payload.len());
    data.push(method);
    data.extend_from_slice(payload);
    data
}

const STORED: u8 = 0;
const PACKED: u8 = 1;

/// Cuts a rectangle into tiles, as square as its shape allows, unless it is small enough for one.
pub(crate) fn split(rect: Rect<Pixels>) -> impl Iterator<Item = Rect<Pixels>> {
    let width = if fits(rect) { rect.w } else { rect.w.min(MAX_WIDTH) };
    let height = (TileCoding::MAX_PIXELS / u64::from(width.max(1))) as u32;
    split_by(rect, width.max(1), height)
}

/// Whether one tile can hold all of a rectangle.
pub(crate) fn fits(rect: Rect<Pixels>) -> bool {
    rect.area() <= TileCoding::MAX_PIXELS
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
