//! How large a stream's pictures will be, read before a decoder takes memory for them.

use media::{Pixels, Size};

/// The size that the pictures of a sequence parameter set are coded with, in whole macroblocks, before
/// cropping. `None` if it is malformed, or of a profile that hosts do not send.
pub(super) fn coded_size(unit: &[u8]) -> Option<Size<Pixels>> {
    const BASELINE: u32 = 66;
    const MAIN: u32 = 77;
    const MACROBLOCK: u32 = 16;
    let mut bits = Bits::of(unit.get(1..)?);
    let profile = bits.fixed(8)?;
    if profile != BASELINE && profile != MAIN {
        return None;
    }
    bits.fixed(16)?; // Constraints and level.
    bits.golomb()?; // Its id.
    bits.golomb()?; // The length of frame numbers.
    skip_picture_order(&mut bits)?;
    bits.golomb()?; // The number of references: the standard's level bounds it.
    bits.fixed(1)?; // Gaps in frame numbers.
    let columns = bits.golomb()?.checked_add(1)?;
    let rows = bits.golomb()?.checked_add(1)?;
    let rows = if bits.fixed(1)? == 1 { rows } else { rows.checked_mul(2)? };
    Some(Size::new(columns.checked_mul(MACROBLOCK)?, rows.checked_mul(MACROBLOCK)?))
}

fn skip_picture_order(bits: &mut Bits) -> Option<()> {
    const MOST_OFFSETS: u32 = 255;
    match bits.golomb()? {
        0 => bits.golomb().map(drop),
        1 => {
            bits.fixed(1)?;
            bits.golomb()?;
            bits.golomb()?;
            let offsets = bits.golomb().filter(|&offsets| offsets <= MOST_OFFSETS)?;
            (0..offsets).try_for_each(|_| bits.golomb().map(drop))
        }
        _ => Some(()),
    }
}

/// Bits, the highest of a byte first, without the bytes that keep start codes out of the data.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    /// Of the first bytes of a unit: what is looked for stands there.
    fn of(unit: &[u8]) -> Self {
        const ENOUGH: usize = 1024;
        let mut bytes = Vec::new();
        for &byte in unit.iter().take(ENOUGH) {
            if byte == 3 && bytes.ends_with(&[0, 0]) {
                continue;
            }
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }

    fn fixed(&mut self, bits: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..bits {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    /// An Exp-Golomb number.
    fn golomb(&mut self) -> Option<u32> {
        const LONGEST: u32 = 31;
        let mut zeros = 0;
        while self.fixed(1)? == 0 {
            zeros += 1;
            if zeros > LONGEST {
                return None;
            }
        }
        Some(((1u64 << zeros) - 1 + u64::from(self.fixed(zeros)?)) as u32)
    }
}
