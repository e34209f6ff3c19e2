//! Places and sizes between the session's logical units and this desktop's pixels.

use media::{Logical, Pixels, Point, Position, Scale, Size};

/// The scale that is nearest to a desktop's.
pub(crate) fn scale(factor: f64) -> Scale {
    // A float to integer cast saturates, and a nonsense factor becomes the smallest scale.
    Scale::from_120ths((factor * 120.0).round() as u32)
}

/// A logical length in pixels.
pub(crate) fn to_pixels(length: i32, scale: Scale) -> i32 {
    (f64::from(length) * scale.factor()).round() as i32
}

/// Where a popup is on the desktop, in pixels: `origin` is the inner corner of its toplevel, `place` the popup's in it.
pub(crate) fn popup_place(origin: Point<Pixels>, place: Point<Logical>, scale: Scale) -> Point<Pixels> {
    origin.offset(to_pixels(place.x, scale), to_pixels(place.y, scale))
}

/// The logical size of a window of so many pixels; never empty.
pub(crate) fn to_logical(size: Size<Pixels>, scale: Scale) -> Size<Logical> {
    let length = |n: u32| ((f64::from(n) / scale.factor()).round() as u32).max(1);
    Size::new(length(size.w), length(size.h))
}

/// A pointer's place in logical units.
pub(crate) fn position(x: f64, y: f64, scale: Scale) -> Position<Logical> {
    Position::new(x / scale.factor(), y / scale.factor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popups_are_placed_in_pixels_of_the_desktop() {
        let origin = Point::new(100, 50);
        assert_eq!(popup_place(origin, Point::new(10, 20), Scale::ONE), Point::new(110, 70));
        assert_eq!(popup_place(origin, Point::new(10, -20), scale(1.5)), Point::new(115, 20));
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
    fn nonsense_scales_are_clamped() {
        assert_eq!(scale(f64::NAN), Scale::from_120ths(0));
        assert_eq!(scale(-3.0), Scale::from_120ths(0));
        assert_eq!(scale(1e9), Scale::from_120ths(u32::MAX));
    }
}
