//! Pictures into a window's buffer: only what changed, and the whole after a change of size.

use media::{Frame, Pixels, Rect, Region, Size};

/// A window's buffer, ARGB a pixel, colours multiplied by alpha, rows without padding. Windows ignore alpha,
/// popups may not.
pub(crate) struct Target<'a> {
    /// Its pixels.
    pub(crate) pixels: &'a mut [u32],
    /// Its size.
    pub(crate) size: Size<Pixels>,
}

/// How a picture of another size than its window is shown until the right one arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Pixel by pixel from the top left corner; what is left over continues the picture's edge. For resizing:
    /// text stays where it is.
    Anchored,
    /// Stretched. For pictures made for another scale.
    Stretched,
    /// Stretched to a part of the window, with nothing around it. For windows that another viewer has laid
    /// out.
    Within(Rect<Pixels>),
}

/// Whether the link lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Light {
    /// As it is.
    Full,
    /// Darkened: the picture is not up to date.
    Dimmed,
}

/// What is shown around the picture of a window that is smaller here than its local window: opaque black.
const OUTSIDE: u32 = 0xff00_0000;

/// So many rectangles are presented one by one; more become one.
const MAX_RECTS: usize = 16;

/// Paints what `region` covers of `frame`; `None` means all. Returns what changed in the target.
pub(crate) fn paint(
    target: &mut Target<'_>,
    frame: &Frame,
    region: Option<&Region>,
    fit: Fit,
    light: Light,
) -> Vec<Rect<Pixels>> {
    let whole = target.size.to_rect();
    match region {
        Some(region) if frame.size() == target.size && !matches!(fit, Fit::Within(_)) => {
            let mut rects = region.clipped(whole).rects().to_vec();
            if rects.len() > MAX_RECTS {
                rects = vec![region.clipped(whole).bounds()];
            }
            for &rect in &rects {
                copy(target, frame, rect, light);
            }
            rects
        }
        _ => {
            match fit {
                _ if frame.size().is_empty() => target.pixels.fill(0),
                Fit::Anchored => anchor(target, frame, light),
                Fit::Stretched => stretch(target, frame, whole, light),
                Fit::Within(part) => {
                    target.pixels.fill(OUTSIDE);
                    stretch(target, frame, part, light);
                }
            }
            vec![whole]
        }
    }
}

/// Copies `rect` of the frame to where it is in it. Both must contain it.
fn copy(target: &mut Target<'_>, frame: &Frame, rect: Rect<Pixels>, light: Light) {
    for y in rect.y..rect.bottom() {
        convert(frame.row(rect, y), row(target, rect, y), light);
    }
}

fn anchor(target: &mut Target<'_>, frame: &Frame, light: Light) {
    let Some(shared) = frame.size().to_rect().intersection(target.size.to_rect()) else { return };
    copy(target, frame, shared, light);
    let width = target.size.w as usize;
    let (right, bottom) = (shared.w as usize, shared.h as usize);
    for line in target.pixels.chunks_exact_mut(width).take(bottom) {
        let edge = line[right - 1];
        line[right..].fill(edge);
    }
    let (above, below) = target.pixels.split_at_mut(bottom * width);
    let last = &above[(bottom - 1) * width..];
    below.chunks_exact_mut(width).for_each(|line| line.copy_from_slice(last));
}

fn stretch(target: &mut Target<'_>, frame: &Frame, part: Rect<Pixels>, light: Light) {
    let Some(shown) = part.intersection(target.size.to_rect()) else { return };
    let from = frame.size();
    // Within `shown`, so no coordinate lies before its part's.
    let nearest = |n: i32, start: i32, from: u32, to: u32| {
        (u64::from((n - start) as u32) * u64::from(from) / u64::from(to)) as usize
    };
    for y in shown.y..shown.bottom() {
        let source = nearest(y, part.y, from.h, part.h) * frame.stride();
        let source = &frame.data()[source..source + frame.stride()];
        let source = source.as_chunks::<4>().0;
        for (x, pixel) in (shown.x..).zip(row(target, shown, y)) {
            *pixel = shade(u32::from_le_bytes(source[nearest(x, part.x, from.w, part.w)]), light);
        }
    }
}

fn row<'a>(target: &'a mut Target<'_>, rect: Rect<Pixels>, y: i32) -> &'a mut [u32] {
    // Callers have cut `rect` to the target, so neither coordinate is negative.
    let start = y as usize * target.size.w as usize + rect.x as usize;
    &mut target.pixels[start..start + rect.w as usize]
}

fn convert(bgra: &[u8], pixels: &mut [u32], light: Light) {
    let source = bgra.as_chunks::<4>().0;
    match light {
        Light::Full => pixels.iter_mut().zip(source).for_each(|(to, from)| *to = u32::from_le_bytes(*from)),
        Light::Dimmed => {
            pixels
                .iter_mut()
                .zip(source)
                .for_each(|(to, from)| *to = shade(u32::from_le_bytes(*from), light));
        }
    }
}

fn shade(pixel: u32, light: Light) -> u32 {
    match light {
        Light::Full => pixel,
        // Half of each colour at once: the shift's stray bits are masked out.
        Light::Dimmed => (pixel & 0xff00_0000) | ((pixel >> 1) & 0x007f_7f7f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(w: u32, h: u32) -> Frame {
        let mut frame = Frame::new(Size::new(w, h));
        for (n, byte) in frame.data_mut().iter_mut().enumerate() {
            *byte = if n % 4 == 3 { 255 } else { n as u8 };
        }
        frame
    }

    fn value(frame: &Frame, x: i32, y: i32) -> u32 {
        u32::from_le_bytes(frame.row(Rect::new(x, y, 1, 1), y).try_into().expect("one pixel"))
    }

    fn painted(
        frame: &Frame,
        w: u32,
        h: u32,
        region: Option<&Region>,
        fit: Fit,
    ) -> (Vec<u32>, Vec<Rect<Pixels>>) {
        let mut pixels = vec![7; (w * h) as usize];
        let mut target = Target { pixels: &mut pixels, size: Size::new(w, h) };
        let rects = paint(&mut target, frame, region, fit, Light::Full);
        (pixels, rects)
    }

    #[test]
    fn only_the_damage_is_touched() {
        let frame = frame(8, 8);
        let rect = Rect::new(2, 3, 2, 1);
        let (pixels, rects) = painted(&frame, 8, 8, Some(&rect.into()), Fit::Anchored);
        assert_eq!(rects, [rect]);
        for y in 0..8 {
            for x in 0..8 {
                let expected = if rect.overlaps(Rect::new(x, y, 1, 1)) { value(&frame, x, y) } else { 7 };
                assert_eq!(pixels[(y * 8 + x) as usize], expected, "{x}, {y}");
            }
        }
    }

    #[test]
    fn a_smaller_picture_continues_at_its_edges() {
        let frame = frame(4, 4);
        let (pixels, rects) = painted(&frame, 6, 5, Some(&Region::new()), Fit::Anchored);
        assert_eq!(rects, [Rect::new(0, 0, 6, 5)], "another size is painted whole");
        assert_eq!(pixels[5], value(&frame, 3, 0));
        assert_eq!(pixels[4 * 6 + 1], value(&frame, 1, 3));
        assert_eq!(pixels[4 * 6 + 5], value(&frame, 3, 3));
    }

    #[test]
    fn a_larger_picture_is_cut() {
        let frame = frame(8, 8);
        let (pixels, _) = painted(&frame, 3, 2, None, Fit::Anchored);
        assert_eq!(pixels[5], value(&frame, 2, 1));
    }

    #[test]
    fn a_picture_of_another_scale_is_stretched() {
        let frame = frame(2, 2);
        let (pixels, _) = painted(&frame, 4, 4, None, Fit::Stretched);
        assert_eq!(pixels[15], value(&frame, 1, 1));
        assert_eq!(pixels[1], value(&frame, 0, 0));
    }

    #[test]
    fn an_empty_picture_is_black() {
        assert_eq!(painted(&Frame::default(), 2, 2, None, Fit::Anchored).0, [0; 4]);
    }
}
