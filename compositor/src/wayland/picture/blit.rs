//! Drawing one surface's pixels over a picture: the few cases that trees of surfaces need, in plain Rust.

use media::{Frame, Pixels, Rect};
use smithay::utils::Transform;

use crate::wayland::picture::layout::Source;

/// How a surface's pixels get onto a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::wayland) struct Placement {
    /// Where on the picture.
    pub(in crate::wayland) to: Rect<Pixels>,
    /// Which part, in the buffer's pixels after its transform.
    pub(in crate::wayland) from: Source,
    /// How the buffer is turned.
    pub(in crate::wayland) transform: Transform,
    /// Whether it has no transparency.
    pub(in crate::wayland) opaque: bool,
    /// How much of it is seen; 255: as it is.
    pub(in crate::wayland) alpha: u8,
}

impl Placement {
    /// Where the source's top left pixel lands if pixels fall onto pixels one by one, unturned.
    pub(in crate::wayland) fn one_to_one(&self) -> Option<(i32, i32)> {
        let Source { x, y, w, h } = self.from;
        let whole = x.fract() == 0.0 && y.fract() == 0.0;
        let same = w == f64::from(self.to.w) && h == f64::from(self.to.h);
        (whole && same && self.transform == Transform::Normal)
            .then(|| (self.to.x.saturating_sub(x as i32), self.to.y.saturating_sub(y as i32)))
    }
}

/// Draws `source` over `target` as far as it lies within `clip`, which must lie within the target.
pub(in crate::wayland) fn draw(
    target: &mut Frame,
    clip: Rect<Pixels>,
    source: &Frame,
    placement: &Placement,
) {
    let Some(rect) = placement.to.intersection(clip) else { return };
    match placement.one_to_one() {
        Some((dx, dy)) => draw_rows(target, rect, source, (dx, dy), placement),
        None => draw_scaled(target, rect, source, placement),
    }
}

fn draw_rows(
    target: &mut Frame,
    rect: Rect<Pixels>,
    source: &Frame,
    (dx, dy): (i32, i32),
    placement: &Placement,
) {
    let &Placement { opaque, alpha, .. } = placement;
    let Some(rect) = rect.intersection(source.size().to_rect().offset(dx, dy)) else { return };
    let from = rect.offset(-dx, -dy);
    for y in rect.y..rect.bottom() {
        let above = source.row(from, y - dy);
        let below = target.row_mut(rect, y);
        if opaque && alpha == u8::MAX {
            below.copy_from_slice(above);
        } else {
            let pixels = below.as_chunks_mut::<4>().0.iter_mut().zip(above.as_chunks::<4>().0);
            pixels.for_each(|(below, above)| over(below, faded(*above, alpha)));
        }
    }
}

fn draw_scaled(target: &mut Frame, rect: Rect<Pixels>, source: &Frame, placement: &Placement) {
    let Placement { to, from, transform, alpha, .. } = *placement;
    let (step_x, step_y) = (from.w / f64::from(to.w), from.h / f64::from(to.h));
    let sampler = Sampler { source, transform };
    for y in rect.y..rect.bottom() {
        let v = from.y + (f64::from(y - to.y) + 0.5) * step_y - 0.5;
        let row = target.row_mut(rect, y).as_chunks_mut::<4>().0;
        for (x, below) in (rect.x..).zip(row) {
            let u = from.x + (f64::from(x - to.x) + 0.5) * step_x - 0.5;
            over(below, faded(sampler.at(u, v), alpha));
        }
    }
}

/// Reads a picture between its pixels.
struct Sampler<'a> {
    source: &'a Frame,
    transform: Transform,
}

impl Sampler<'_> {
    fn at(&self, u: f64, v: f64) -> [u8; 4] {
        let (x, y) = (u.floor(), v.floor());
        let (fx, fy) = (((u - x) * 256.0) as u32, ((v - y) * 256.0) as u32);
        let (x, y) = (x as i64, y as i64);
        if fx == 0 && fy == 0 {
            return self.pixel(x, y);
        }
        let corners =
            [self.pixel(x, y), self.pixel(x + 1, y), self.pixel(x, y + 1), self.pixel(x + 1, y + 1)];
        std::array::from_fn(|i| {
            let [a, b, c, d] = corners.map(|corner| u32::from(corner[i]));
            let above = a * (256 - fx) + b * fx;
            let below = c * (256 - fx) + d * fx;
            ((above * (256 - fy) + below * fy + (1 << 15)) >> 16) as u8
        })
    }

    /// The pixel at a place of the turned picture; beyond an edge, that of the edge.
    fn pixel(&self, x: i64, y: i64) -> [u8; 4] {
        let size = self.source.size();
        let (right, bottom) = (i64::from(size.w) - 1, i64::from(size.h) - 1);
        // wl_output.transform: how the content was turned, counter-clockwise, after an optional flip.
        let (x, y) = match self.transform {
            Transform::Normal => (x, y),
            Transform::_90 => (y, bottom - x),
            Transform::_180 => (right - x, bottom - y),
            Transform::_270 => (right - y, x),
            Transform::Flipped => (right - x, y),
            Transform::Flipped90 => (y, x),
            Transform::Flipped180 => (x, bottom - y),
            Transform::Flipped270 => (right - y, bottom - x),
        };
        let at = y.clamp(0, bottom) as usize * self.source.stride() + x.clamp(0, right) as usize * 4;
        let data = self.source.data();
        [data[at], data[at + 1], data[at + 2], data[at + 3]]
    }
}

/// A premultiplied pixel of which so much is seen.
fn faded(pixel: [u8; 4], alpha: u8) -> [u8; 4] {
    match alpha {
        u8::MAX => pixel,
        alpha => pixel.map(|part| ((u32::from(part) * u32::from(alpha) + 127) / 255) as u8),
    }
}

/// Puts a premultiplied pixel over another.
fn over(below: &mut [u8; 4], above: [u8; 4]) {
    match above[3] {
        255 => *below = above,
        0 if above == [0; 4] => (),
        alpha => {
            let rest = 255 - u32::from(alpha);
            for (below, above) in below.iter_mut().zip(above) {
                let kept = (u32::from(*below) * rest + 127) / 255;
                *below = u8::try_from(u32::from(above) + kept).unwrap_or(255);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    fn painted(w: u32, h: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Frame {
        let mut frame = Frame::new(Size::new(w, h));
        let pixels = frame.data_mut().as_chunks_mut::<4>().0;
        (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).zip(pixels).for_each(|((x, y), p)| *p = pixel(x, y));
        frame
    }

    fn numbered(w: u32, h: u32) -> Frame {
        painted(w, h, |x, y| [x as u8, y as u8, 7, 255])
    }

    fn placement(to: Rect<Pixels>, (w, h): (f64, f64), transform: Transform) -> Placement {
        Placement { to, from: Source { x: 0.0, y: 0.0, w, h }, transform, opaque: true, alpha: u8::MAX }
    }

    #[test]
    fn one_to_one_copies_only_the_clip() {
        let mut target = Frame::new(Size::new(10, 10));
        let place = placement(Rect::new(2, 2, 4, 4), (4.0, 4.0), Transform::Normal);
        draw(&mut target, Rect::new(0, 0, 4, 10), &numbered(4, 4), &place);
        assert_eq!(target.row(Rect::new(3, 0, 2, 1), 5), [1, 3, 7, 255, 0, 0, 0, 0]);
    }

    #[test]
    fn half_transparent_pixels_mix() {
        let mut target = painted(1, 1, |_, _| [200, 100, 0, 255]);
        let above = painted(1, 1, |_, _| [0, 0, 128, 128]);
        let mut place = placement(Rect::new(0, 0, 1, 1), (1.0, 1.0), Transform::Normal);
        place.opaque = false;
        draw(&mut target, Rect::new(0, 0, 1, 1), &above, &place);
        assert_eq!(target.data(), [100, 50, 128, 255]);
    }

    #[test]
    fn doubling_keeps_colours_and_edges() {
        let mut target = Frame::new(Size::new(4, 2));
        let flat = painted(2, 1, |_, _| [9, 8, 7, 255]);
        let place = placement(Rect::new(0, 0, 4, 2), (2.0, 1.0), Transform::Normal);
        draw(&mut target, Rect::new(0, 0, 4, 2), &flat, &place);
        assert!(target.data().as_chunks::<4>().0.iter().all(|p| *p == [9, 8, 7, 255]));
    }

    #[test]
    fn every_turn_is_undone() {
        // The app drew a 2×3 picture turned by each transform; what is shown is always the picture.
        let shown = |x: u32, y: u32| [x as u8, y as u8, 0, 255];
        let turned: [(Transform, Frame); 4] = [
            (Transform::_180, painted(2, 3, |x, y| shown(1 - x, 2 - y))),
            (Transform::Flipped, painted(2, 3, |x, y| shown(1 - x, y))),
            (Transform::_90, painted(3, 2, |x, y| shown(1 - y, x))),
            (Transform::_270, painted(3, 2, |x, y| shown(y, 2 - x))),
        ];
        for (transform, source) in turned {
            let mut target = Frame::new(Size::new(2, 3));
            let place = placement(Rect::new(0, 0, 2, 3), (2.0, 3.0), transform);
            draw(&mut target, Rect::new(0, 0, 2, 3), &source, &place);
            assert_eq!(target, painted(2, 3, shown), "{transform:?}");
        }
    }
}
