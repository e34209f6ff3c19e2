//! Pictures to send: text, films, noise, the same every time.

use media::{Frame, Pixels, Rect, Size};

/// Random numbers that are the same every time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }
}

pub(crate) fn fill(frame: &mut Frame, rect: Rect<Pixels>, mut colour: impl FnMut(i32, i32) -> [u8; 3]) {
    let Some(rect) = rect.intersection(frame.size().to_rect()) else { return };
    for y in rect.y..rect.bottom() {
        for (x, pixel) in (rect.x..).zip(frame.row_mut(rect, y).as_chunks_mut::<4>().0) {
            let [b, g, r] = colour(x, y);
            *pixel = [b, g, r, 255];
        }
    }
}

/// Lines of something like text, the first being line `from` of an endless page.
pub(crate) fn text(frame: &mut Frame, rect: Rect<Pixels>, from: i32) {
    const LINE: i32 = 17;
    fill(frame, rect, |x, y| {
        let (line, row) = ((y - rect.y) / LINE + from, (y - rect.y) % LINE);
        let (letter, column) = ((x - rect.x) / 9, (x - rect.x) % 9);
        let glyph = (line as u32).wrapping_mul(2_654_435_761) ^ (letter as u32).wrapping_mul(40_503);
        let blank =
            glyph.is_multiple_of(6) || letter as u32 % 97 > 20 + (line as u32).wrapping_mul(7919) % 76;
        let ink = (2..14).contains(&row) && column < 8 && (glyph >> ((row * 3 + column * 5) % 29)) & 3 == 0;
        if ink && !blank { [0x20; 3] } else { [0xf8, 0xf8, 0xf4] }
    });
}

/// A picture in motion as a film has it: smooth, with a little grain that changes every time.
pub(crate) fn film(frame: &mut Frame, rect: Rect<Pixels>, time: i32) {
    let mut random = Random::new(time as u64 + 1);
    let wave = |a: i32, b: i32, grain: u8| {
        (((a as f32 / 37.0).sin() + (b as f32 / 23.0).cos()) * 60.0 + 125.0) as u8 + grain
    };
    fill(frame, rect, |x, y| {
        let grain = (random.next() & 3) as u8;
        let (x, y) = (x + time * 4, y + time);
        [wave(x, y, grain), wave(y, x + time, grain), wave(x + y, x - y, grain)]
    });
}

pub(crate) fn noise(frame: &mut Frame, rect: Rect<Pixels>, seed: u32) {
    let mut random = Random::new(u64::from(seed) + 1);
    fill(frame, rect, |_, _| {
        let [b, g, r, _] = random.next().to_le_bytes();
        [b, g, r]
    });
}

pub(crate) fn sized(size: Size<Pixels>) -> impl FnOnce(&mut Frame) {
    move |frame| frame.resize(size)
}
