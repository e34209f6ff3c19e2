//! The block code: two numbers painted as black and white cells, so that latency and lost updates can be read
//! from pixels, wherever they end up.
//!
//! The code is 16 cells wide and 6 high. Each row is 16 bits, the highest first: a magic number, the input's
//! number (two rows), the frame's (two rows), a checksum. White is one. Cells are large enough to survive
//! lossy video.

use crate::Picture;

/// Width and height of one cell in pixels.
pub const CELL: usize = 8;
/// Cells in a row: bits of a word.
pub const COLUMNS: usize = 16;
/// Rows of cells.
pub const ROWS: usize = 6;
/// Width of the code in pixels.
pub const WIDTH: usize = CELL * COLUMNS;
/// Height of the code in pixels.
pub const HEIGHT: usize = CELL * ROWS;
/// Where the test app paints its code: this far right of and below its top left corner.
pub const ORIGIN: usize = 16;

const MAGIC: u16 = 0xB5A3;

/// What the test app paints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Code {
    /// How many keys and buttons were pressed: the number of the newest input.
    pub input: u32,
    /// How many pictures were committed.
    pub frame: u32,
}

impl Code {
    /// Paints the code into a BGRA picture with its top left corner at `x`, `y`. The code must lie within it.
    pub fn paint(self, data: &mut [u8], stride: usize, x: usize, y: usize) {
        for (row, word) in self.words().into_iter().enumerate() {
            for line in 0..CELL {
                let start = (y + row * CELL + line) * stride + x * 4;
                let pixels = &mut data[start..start + WIDTH * 4];
                for (column, cell) in pixels.chunks_exact_mut(CELL * 4).enumerate() {
                    let value = if word & (0x8000 >> column) == 0 { 0 } else { 255 };
                    cell.fill(value);
                    cell.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
                }
            }
        }
    }

    /// Reads the code whose top left corner is at `x`, `y`; `luma` gives the brightness of a pixel, `None`
    /// outside.
    pub fn read(luma: impl Fn(usize, usize) -> Option<u8>, x: usize, y: usize) -> Option<Code> {
        let word = |row: usize| {
            let y = y + row * CELL + CELL / 2;
            (0..COLUMNS).try_fold(0u16, |bits, column| {
                let bright = luma(x + column * CELL + CELL / 2, y)? >= 128;
                Some(bits << 1 | u16::from(bright))
            })
        };
        if word(0)? != MAGIC {
            return None;
        }
        let number = |row: usize| Some(u32::from(word(row)?) << 16 | u32::from(word(row + 1)?));
        let code = Code { input: number(1)?, frame: number(3)? };
        (word(5)? == code.checksum()).then_some(code)
    }

    /// Reads the code of the test app's window, whose top left corner is that of `picture`.
    pub fn of(picture: &Picture) -> Option<Code> {
        Code::read(|x, y| picture.luma(x, y), ORIGIN, ORIGIN)
    }

    /// Searches the whole picture for a code, for windows whose place is not known. Answers the top left
    /// corner of the *window* that painted it.
    pub fn find(picture: &Picture) -> Option<(usize, usize, Code)> {
        let luma = |x, y| picture.luma(x, y);
        let bright = |x, y| luma(x, y).is_some_and(|luma| luma >= 128);
        for y in 0..picture.height.saturating_sub(HEIGHT - 1) {
            for x in 0..picture.width.saturating_sub(WIDTH - 1) {
                // The magic begins with 10; most places fail here.
                if !bright(x + CELL / 2, y + CELL / 2) || bright(x + CELL + CELL / 2, y + CELL / 2) {
                    continue;
                }
                // Cells are read at their centres, so the first place that reads well lies half a cell early.
                if let Some(code) = Code::read(luma, x, y) {
                    let corner = |early: usize| (early + CELL / 2).saturating_sub(ORIGIN);
                    return Some((corner(x), corner(y), code));
                }
            }
        }
        None
    }

    fn words(self) -> [u16; ROWS] {
        let halves = |number: u32| [(number >> 16) as u16, number as u16];
        let ([input_high, input_low], [frame_high, frame_low]) = (halves(self.input), halves(self.frame));
        [MAGIC, input_high, input_low, frame_high, frame_low, self.checksum()]
    }

    fn checksum(self) -> u16 {
        let mixed = (u64::from(self.input) << 32 | u64::from(self.frame)).wrapping_add(1);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(code: Code, x: usize, y: usize) -> Picture {
        let (width, height) = (400, 300);
        let mut data = vec![90; width * height * 4];
        code.paint(&mut data, width * 4, x, y);
        Picture::from_bgra(width, height, data)
    }

    #[test]
    fn what_was_painted_is_read_and_found() {
        for code in
            [Code::default(), Code { input: 1, frame: u32::MAX }, Code { input: 0xDEAD_BEEF, frame: 77 }]
        {
            assert_eq!(Code::of(&painted(code, ORIGIN, ORIGIN)), Some(code));
            assert_eq!(Code::find(&painted(code, ORIGIN + 33, ORIGIN + 7)), Some((33, 7, code)));
        }
    }

    #[test]
    fn a_half_painted_code_is_not_read() {
        let mut picture = painted(Code { input: 5, frame: 9 }, ORIGIN, ORIGIN);
        let old = painted(Code { input: 4, frame: 8 }, ORIGIN, ORIGIN);
        let half = (ORIGIN + HEIGHT / 2) * picture.width * 4;
        picture.bgra[half..].copy_from_slice(&old.bgra[half..]);
        assert_eq!(Code::of(&picture), None);
    }
}
