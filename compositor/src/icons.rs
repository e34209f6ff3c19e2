//! Icons of apps: of several pictures the one that fits best, as a small square.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use media::{Frame, Icon, IconId};

/// As large as icons are drawn in task bars on dense screens.
const WANTED_SIDE: u32 = 64;

/// No picture with a longer side is looked at.
pub(crate) const LARGEST_SIDE: u32 = 1024;

/// One of the pictures.
#[derive(Clone, Copy)]
pub(crate) struct Picture<'a> {
    w: u32,
    h: u32,
    pixels: &'a [u32],
}

/// The picture that fits best, as a square.
pub(crate) fn best<'a>(pictures: impl Iterator<Item = Picture<'a>>) -> Option<Icon> {
    pictures.min_by_key(|picture| rank(picture.side())).map(icon)
}

/// How well a picture of this size fits; less is better: the smallest that is large enough, else the largest.
pub(crate) fn rank(side: u32) -> (u32, u32) {
    if side >= WANTED_SIDE { (0, side) } else { (1, WANTED_SIDE - side) }
}

/// An icon out of a picture whose sides are at most [`LARGEST_SIDE`].
pub(crate) fn from_frame(frame: &Frame) -> Option<Icon> {
    let size = frame.size();
    if !is_valid(size.w) || !is_valid(size.h) {
        return None;
    }
    let rows = frame.data().chunks_exact(frame.stride()).take(size.h as usize);
    let row = |row: &[u8]| row.as_chunks::<4>().0.iter().take(size.w as usize).copied().collect::<Vec<_>>();
    let pixels: Vec<u32> = rows.flat_map(row).map(straight).collect();
    Picture::new(size.w, size.h, &pixels).map(icon)
}

fn is_valid(side: u32) -> bool {
    (1..=LARGEST_SIDE).contains(&side)
}

/// B G R A with alpha premultiplied as A R G B without.
fn straight([b, g, r, a]: [u8; 4]) -> u32 {
    let colour = |c: u8| (u32::from(c) * 255).checked_div(a.into()).unwrap_or(0).min(255) as u8;
    u32::from_be_bytes([a, colour(r), colour(g), colour(b)])
}

fn icon(picture: Picture<'_>) -> Icon {
    let side = picture.side().min(Icon::MAX_SIDE);
    let rgba = picture.square(side);
    let mut hasher = DefaultHasher::new();
    (side, &rgba).hash(&mut hasher);
    Icon { id: IconId::of_hash(hasher.finish()), side, rgba: Bytes::from(rgba) }
}

impl<'a> Picture<'a> {
    /// A picture of `w` × `h` pixels A R G B, if its sides are sane and all of them are there.
    pub(crate) fn new(w: u32, h: u32, pixels: &'a [u32]) -> Option<Self> {
        (is_valid(w) && is_valid(h) && pixels.len() == (w * h) as usize).then_some(Self { w, h, pixels })
    }

    fn side(self) -> u32 {
        self.w.max(self.h)
    }

    /// R G B A, scaled down to `side` and centred.
    fn square(self, side: u32) -> Vec<u8> {
        let mut rgba = vec![0; (side * side * 4) as usize];
        let (w, h) = (self.scaled(self.w, side), self.scaled(self.h, side));
        let (left, top) = ((side - w) / 2, (side - h) / 2);
        for y in 0..h {
            for x in 0..w {
                let at = (((top + y) * side + left + x) * 4) as usize;
                rgba[at..at + 4].copy_from_slice(&self.mean(span(x, w, self.w), span(y, h, self.h)));
            }
        }
        rgba
    }

    fn scaled(self, length: u32, side: u32) -> u32 {
        (length * side / self.side()).clamp(1, side)
    }

    /// The mean colour of a part, weighted by opacity.
    fn mean(self, (x0, x1): (u32, u32), (y0, y1): (u32, u32)) -> [u8; 4] {
        let mut sum = [0u64; 4];
        for y in y0..y1 {
            for x in x0..x1 {
                let [a, r, g, b] = self.pixels[(y * self.w + x) as usize].to_be_bytes().map(u64::from);
                sum = [sum[0] + r * a, sum[1] + g * a, sum[2] + b * a, sum[3] + a];
            }
        }
        let count = u64::from((x1 - x0) * (y1 - y0));
        let [r, g, b, a] = sum;
        let colour = |c: u64| c.checked_div(a).unwrap_or(0) as u8;
        [colour(r), colour(g), colour(b), (a / count) as u8]
    }
}

/// Which samples of `from` one of `to` stands for.
fn span(index: u32, to: u32, from: u32) -> (u32, u32) {
    let start = index * from / to;
    (start, ((index + 1) * from / to).max(start + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn premultiplied_pixels_become_straight_ones() {
        let mut frame = Frame::default();
        frame.resize(media::Size::new(2, 1));
        frame.row_mut(media::Rect::new(0, 0, 2, 1), 0).copy_from_slice(&[0, 64, 128, 128, 0, 0, 0, 0]);
        let icon = from_frame(&frame).unwrap();
        assert_eq!((icon.side, &icon.rgba[..8]), (2, &[255, 127, 0, 128, 0, 0, 0, 0][..]));
        assert!(from_frame(&Frame::default()).is_none());
    }
}
