//! Tiles with few colours: a palette and packed indices.

type Colour = [u8; 4];

/// At most 256 colours, in the order of their first use.
pub(crate) struct Palette {
    colours: Vec<Colour>,
    slots: Box<[u16; SLOTS]>,
}

/// Four times as many slots as colours keep the chains of the open hashing short.
const SLOTS: usize = 1024;
const MAX_COLOURS: usize = 256;
const VACANT: u16 = u16::MAX;

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
        Some(palette)
    }

    /// The colours.
    pub(crate) fn colours(&self) -> &[Colour] {
        &self.colours
    }

    /// Writes the number of colours less one, the colours, and the pixels' indices row by row: 1, 2, 4 or 8 bits
    /// each, the leftmost in the lowest bits, each row beginning a byte.
    pub(crate) fn write(&self, pixels: &[Colour], width: usize, into: &mut Vec<u8>) {
        into.clear();
        into.push((self.colours.len() - 1) as u8);
        into.extend(self.colours.as_flattened());
        let bits = index_bits(self.colours.len());
        for row in pixels.chunks(width) {
            self.write_row(row, bits, into);
        }
    }

    fn write_row(&self, row: &[Colour], bits: usize, into: &mut Vec<u8>) {
        let (mut last, mut index) = (self.colours[0], 0);
        for group in row.chunks(8 / bits) {
            let mut byte = 0;
            for (i, &pixel) in group.iter().enumerate() {
                if pixel != last {
                    index = self.slots[self.slot(pixel)] as u8;
                    last = pixel;
                }
                byte |= index << (i * bits);
            }
            into.push(byte);
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

/// How many bits an index has.
fn index_bits(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}
