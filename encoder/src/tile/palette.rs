//! Tiles with few colours: a palette and packed indices, column by column within bands of rows.
//!
//! A band is a line of text with the empty rows below it, as far as can be told. So a glyph is one run of
//! bytes, and when it occurs again in the line, or in another one, that is one match for the compressor
//! instead of one a row.

use super::planes;

type Colour = [u8; 4];

/// At most 256 colours, in an order that makes neighbours alike.
pub(crate) struct Palette {
    colours: Vec<Colour>,
    slots: Box<[u16; SLOTS]>,
}

/// Four times as many slots as colours keep the chains of the open hashing short.
const SLOTS: usize = 1024;
const MAX_COLOURS: usize = 256;
const VACANT: u16 = u16::MAX;
const MAX_BAND: usize = 255;

impl Palette {
    /// The colours of all pixels, unless there are too many.
    pub(crate) fn of(pixels: &[Colour]) -> Option<Palette> {
        let mut palette = Palette { colours: Vec::new(), slots: Box::new([VACANT; SLOTS]) };
        let mut last = None;
        for &pixel in pixels {
            if last == Some(pixel) {
                continue;
            }
            last = Some(pixel);
            let slot = palette.slot(pixel);
            if palette.slots[slot] == VACANT {
                if palette.colours.len() == MAX_COLOURS {
                    return None;
                }
                palette.slots[slot] = palette.colours.len() as u16;
                palette.colours.push(pixel);
            }
        }
        palette.sort();
        Some(palette)
    }

    /// The colours.
    pub(crate) fn colours(&self) -> &[Colour] {
        &self.colours
    }

    /// Each pixel's place among the colours.
    pub(crate) fn indices(&self, pixels: &[Colour], into: &mut Vec<u8>) {
        into.clear();
        let (mut last, mut index) = (None, 0);
        into.extend(pixels.iter().map(|&pixel| {
            if last != Some(pixel) {
                last = Some(pixel);
                index = self.slots[self.slot(pixel)] as u8;
            }
            index
        }));
    }

    /// Appends the number of colours less one, the colours as planes of differences, the heights of the
    /// bands, and the pixels' indices band by band, in each column by column: 1, 2, 4 or 8 bits each, the
    /// topmost in the lowest bits, each column beginning a byte.
    pub(crate) fn write(&self, indices: &[u8], width: usize, into: &mut Vec<u8>) {
        into.push((self.colours.len() - 1) as u8);
        planes::write(&self.colours, into);
        let bands = bands(indices, width);
        into.extend(bands.iter().map(|&height| height as u8));
        let bits = index_bits(self.colours.len());
        let mut rest = indices;
        for height in bands {
            let (band, below) = rest.split_at(height * width);
            write_band(band, width, bits, into);
            rest = below;
        }
    }

    fn sort(&mut self) {
        self.colours.sort_unstable_by_key(|&[b, g, r, a]| [g, b, r, a]);
        self.slots.fill(VACANT);
        for index in 0..self.colours.len() {
            let slot = self.slot(self.colours[index]);
            self.slots[slot] = index as u16;
        }
    }

    /// Where the colour is, or would be.
    fn slot(&self, colour: Colour) -> usize {
        let hash = u32::from_le_bytes(colour).wrapping_mul(0x9E37_79B1) >> 22;
        let mut slot = hash as usize;
        loop {
            let index = self.slots[slot];
            if index == VACANT || self.colours[index as usize] == colour {
                return slot;
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

fn write_band(band: &[u8], width: usize, bits: usize, into: &mut Vec<u8>) {
    for x in 0..width {
        let mut column = band[x..].iter().step_by(width);
        while let Some(first) = column.next() {
            let more = (bits..8).step_by(bits).zip(&mut column);
            into.push(more.fold(*first, |byte, (shift, index)| byte | index << shift));
        }
    }
}

/// The heights of the bands: each begins below rows of one colour, at the top, or where the one above is too
/// high.
fn bands(indices: &[u8], width: usize) -> Vec<usize> {
    let mut bands = Vec::new();
    let (mut height, mut after_gap) = (0, false);
    for row in indices.chunks_exact(width) {
        let gap = row.iter().all(|index| *index == row[0]);
        if height > 0 && (after_gap && !gap || height == MAX_BAND) {
            bands.push(height);
            height = 0;
        }
        height += 1;
        after_gap = gap;
    }
    bands.push(height);
    bands
}

/// How many bits an index has.
pub(crate) fn index_bits(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}
