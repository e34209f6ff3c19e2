//! Places and sizes between the session's logical units and this desktop's pixels.

use media::{Logical, MAX_DIMENSION, Pixels, Point, Position, Rect, Scale, Size};
use winit::dpi::{LogicalSize, PhysicalPosition, PhysicalSize};

/// The scale that is nearest to a desktop's.
pub(crate) fn scale(factor: f64) -> Scale {
    // A float to integer cast saturates, and a nonsense factor becomes the smallest scale.
    Scale::from_120ths((factor * 120.0).round() as u32)
}

/// The logical size of a window of so many pixels; never empty.
pub(crate) fn to_logical(size: Size<Pixels>, scale: Scale) -> Size<Logical> {
    let length = |n: u32| ((f64::from(n) / scale.factor()).round() as u32).max(1);
    Size::new(length(size.w), length(size.h))
}

/// The pixels that a window system can be asked for: none has room for a window without any, and X11 counts
/// sides in 16 bits.
pub(crate) fn physical(size: Size<Pixels>) -> PhysicalSize<u32> {
    let side = |n: u32| n.clamp(1, MAX_DIMENSION);
    PhysicalSize::new(side(size.w), side(size.h))
}

/// The same for a size that the window system scales, by at most 8.
pub(crate) fn logical(size: Size<Logical>) -> LogicalSize<u32> {
    let side = |n: u32| n.clamp(1, MAX_DIMENSION - 1);
    LogicalSize::new(side(size.w), side(size.h))
}

/// A place on the desktop, which X11 counts in 16 bits.
pub(crate) fn place(at: Point<Pixels>) -> PhysicalPosition<i32> {
    let bounded = |n: i32| n.clamp(i16::MIN.into(), i16::MAX.into());
    PhysicalPosition::new(bounded(at.x), bounded(at.y))
}

/// Where a window's content is in its local window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    /// Its corner, in pixels.
    origin: (f64, f64),
    /// How many pixels one logical unit has.
    unit: f64,
}

impl Placement {
    /// From the corner, at the desktop's scale.
    pub(crate) fn exact(scale: Scale) -> Self {
        Self { origin: (0.0, 0.0), unit: scale.factor() }
    }

    /// In the middle of a local window that has another size: whole, and no larger than at the desktop's
    /// scale.
    pub(crate) fn within(content: Size<Logical>, inner: Size<Pixels>, scale: Scale) -> Self {
        let fits = |inner: u32, content: u32| f64::from(inner.max(1)) / f64::from(content.max(1));
        let fit = fits(inner.w, content.w).min(fits(inner.h, content.h));
        // Sizes are rounded to whole pixels; half a pixel is no reason to blur.
        let unit = if fit > scale.factor() * 0.995 { scale.factor() } else { fit };
        let margin = |inner: u32, content: u32| {
            ((f64::from(inner) - f64::from(content) * unit) / 2.0).max(0.0).floor()
        };
        Self { origin: (margin(inner.w, content.w), margin(inner.h, content.h)), unit }
    }

    /// A pixel of the local window in logical units.
    pub(crate) fn position(self, x: f64, y: f64) -> Position<Logical> {
        Position::new((x - self.origin.0) / self.unit, (y - self.origin.1) / self.unit)
    }

    /// Where a rectangle of the content is, in pixels of the local window.
    pub(crate) fn rect(self, at: Point<Logical>, size: Size<Logical>) -> Rect<Pixels> {
        let place = |at: i32, origin: f64| (f64::from(at) * self.unit + origin).round() as i32;
        let length = |n: u32| ((f64::from(n) * self.unit).round() as u32).max(1);
        Rect::new(place(at.x, self.origin.0), place(at.y, self.origin.1), length(size.w), length(size.h))
    }

    /// How much smaller the content is than at the desktop's scale.
    pub(crate) fn share(self, scale: Scale) -> f64 {
        self.unit / scale.factor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_placed_in_pixels_of_its_local_window() {
        let size = Size::new(40, 30);
        assert_eq!(Placement::exact(Scale::ONE).rect(Point::new(10, 20), size), Rect::new(10, 20, 40, 30));
        let place = Placement::exact(scale(1.5)).rect(Point::new(10, -20), size);
        assert_eq!(place, Rect::new(15, -30, 60, 45));
    }

    #[test]
    fn content_of_another_size_is_whole_in_the_middle_and_never_enlarged() {
        let content = Size::new(400, 200);
        let smaller = Placement::within(content, Size::new(200, 200), Scale::ONE);
        assert_eq!(smaller.rect(Point::default(), content), Rect::new(0, 50, 200, 100));
        assert_eq!(smaller.position(100.0, 100.0), Position::new(200.0, 100.0));
        let larger = Placement::within(content, Size::new(800, 600), Scale::ONE);
        assert_eq!(larger.rect(Point::default(), content), Rect::new(200, 200, 400, 200));
        let own = Placement::within(content, Size::new(800, 400), scale(2.0));
        assert_eq!(own, Placement::exact(scale(2.0)));
    }

    #[test]
    fn sizes_survive_the_way_there_and_back() {
        for factor in [1.0, 1.25, 1.5, 2.0] {
            for w in 1..300 {
                let size = Size::new(w, 2 * w);
                assert_eq!(to_logical(scale(factor).to_pixels(size), scale(factor)), size, "{w} at {factor}");
            }
        }
    }

    #[test]
    fn no_window_system_is_asked_for_what_its_numbers_cannot_hold() {
        for n in [0, 1, 8192, 16_384, 65_535, 65_536, u32::MAX] {
            let fits = |n: u32| n > 0 && u16::try_from(n).is_ok();
            assert!(fits(physical(Size::new(n, n)).width));
            let scaled = logical(Size::new(n, n)).to_physical::<u32>(8.0);
            assert!(fits(scaled.width) && fits(scaled.height), "{n}");
            let at = place(Point::new(n as i32, i32::MIN));
            assert!(i16::try_from(at.x).is_ok() && i16::try_from(at.y).is_ok(), "{n}");
        }
        assert_eq!(physical(Size::new(640, 480)), PhysicalSize::new(640, 480));
    }

    #[test]
    fn nonsense_scales_are_clamped() {
        assert_eq!(scale(f64::NAN), Scale::from_120ths(0));
        assert_eq!(scale(-3.0), Scale::from_120ths(0));
        assert_eq!(scale(1e9), Scale::from_120ths(u32::MAX));
    }
}
