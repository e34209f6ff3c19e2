//! How the pointer looks over the session's windows.

use std::rc::Rc;

use media::{CursorImage, CursorShape, Pixels, Point, Size};
use winit::{
    event_loop::ActiveEventLoop,
    window::{CursorIcon, CustomCursor},
};

use super::face::Face;

/// A cursor that can be put on windows.
#[derive(Clone, Debug)]
pub(crate) enum Cursor {
    /// None.
    Hidden,
    /// The desktop's own of that name.
    Icon(CursorIcon),
    /// A picture.
    Custom {
        /// As winit has it.
        made: CustomCursor,
        /// What it was made of.
        picture: Rc<Picture>,
    },
}

/// A picture of a cursor.
#[derive(Debug)]
pub(crate) struct Picture {
    /// Its pixels, whose colours are not multiplied by alpha.
    pub(crate) rgba: Vec<u8>,
    /// Its size.
    pub(crate) size: Size<Pixels>,
    /// The pixel that points.
    pub(crate) hotspot: Point<Pixels>,
    /// How many pixels are a logical unit.
    pub(crate) factor: f64,
}

impl Cursor {
    /// From what the host says; the desktop's default if a picture makes no sense.
    pub(crate) fn new(image: &CursorImage, factor: f64, events: &ActiveEventLoop) -> Cursor {
        match image {
            CursorImage::Hidden => Cursor::Hidden,
            CursorImage::Named(shape) => Cursor::Icon(icon(*shape)),
            CursorImage::Picture { size, hotspot, scale, rgba } => {
                let picture = resample(rgba, *size, *hotspot, (scale.factor(), factor));
                picture
                    .and_then(|picture| custom(picture, events))
                    .unwrap_or(Cursor::Icon(CursorIcon::Default))
            }
        }
    }

    /// Puts it on a window. Popups are not asked one by one: see [`super::wayland::Popups::set_cursor`].
    pub(crate) fn put_on(&self, face: &Face) {
        let Face::Window(window) = face else { return };
        window.set_cursor_visible(!matches!(self, Cursor::Hidden));
        match self {
            Cursor::Hidden => {}
            Cursor::Icon(icon) => window.set_cursor(*icon),
            Cursor::Custom { made, .. } => window.set_cursor(made.clone()),
        }
    }
}

fn custom(picture: Picture, events: &ActiveEventLoop) -> Option<Cursor> {
    let u16 = |n: i64| u16::try_from(n).ok();
    let (w, h) = (u16(picture.size.w.into())?, u16(picture.size.h.into())?);
    let (x, y) = (u16(picture.hotspot.x.into())?, u16(picture.hotspot.y.into())?);
    let source = CustomCursor::from_rgba(picture.rgba.clone(), w, h, x.min(w - 1), y.min(h - 1)).ok()?;
    Some(Cursor::Custom { made: events.create_custom_cursor(source), picture: Rc::new(picture) })
}

/// The picture for this desktop's scale, by nearest neighbours. `None` if its sizes do not fit together.
fn resample(
    rgba: &[u8],
    size: Size<Pixels>,
    hotspot: Point<Pixels>,
    (from, factor): (f64, f64),
) -> Option<Picture> {
    let growth = factor / from;
    let bounded = !size.is_empty() && size.w.max(size.h) <= CursorImage::MAX_SIDE;
    if !bounded || rgba.len() as u64 != size.area() * 4 || !growth.is_finite() {
        return None;
    }
    let scaled = |n: u32| ((f64::from(n) * growth).round() as u32).clamp(1, CursorImage::MAX_SIDE);
    let to = Size::<Pixels>::new(scaled(size.w), scaled(size.h));
    let pixels = rgba.as_chunks::<4>().0;
    let nearest = |n: u32, from: u32, to: u32| n * from / to;
    let rgba = (0..to.h)
        .flat_map(|y| (0..to.w).map(move |x| (x, y)))
        .flat_map(|(x, y)| pixels[(nearest(y, size.h, to.h) * size.w + nearest(x, size.w, to.w)) as usize])
        .collect();
    let point = |n: i32, from: u32, to: u32| i64::from(n.max(0)) * i64::from(to) / i64::from(from);
    let place = |n: i64| i32::try_from(n).unwrap_or(0);
    let hotspot = Point::new(place(point(hotspot.x, size.w, to.w)), place(point(hotspot.y, size.h, to.h)));
    Some(Picture { rgba, size: to, hotspot, factor })
}

fn icon(shape: CursorShape) -> CursorIcon {
    match shape {
        CursorShape::Default => CursorIcon::Default,
        CursorShape::ContextMenu => CursorIcon::ContextMenu,
        CursorShape::Help => CursorIcon::Help,
        CursorShape::Pointer => CursorIcon::Pointer,
        CursorShape::Progress => CursorIcon::Progress,
        CursorShape::Wait => CursorIcon::Wait,
        CursorShape::Cell => CursorIcon::Cell,
        CursorShape::Crosshair => CursorIcon::Crosshair,
        CursorShape::Text => CursorIcon::Text,
        CursorShape::VerticalText => CursorIcon::VerticalText,
        CursorShape::Alias => CursorIcon::Alias,
        CursorShape::Copy => CursorIcon::Copy,
        CursorShape::Move => CursorIcon::Move,
        CursorShape::NoDrop => CursorIcon::NoDrop,
        CursorShape::NotAllowed => CursorIcon::NotAllowed,
        CursorShape::Grab => CursorIcon::Grab,
        CursorShape::Grabbing => CursorIcon::Grabbing,
        CursorShape::EResize => CursorIcon::EResize,
        CursorShape::NResize => CursorIcon::NResize,
        CursorShape::NeResize => CursorIcon::NeResize,
        CursorShape::NwResize => CursorIcon::NwResize,
        CursorShape::SResize => CursorIcon::SResize,
        CursorShape::SeResize => CursorIcon::SeResize,
        CursorShape::SwResize => CursorIcon::SwResize,
        CursorShape::WResize => CursorIcon::WResize,
        CursorShape::EwResize => CursorIcon::EwResize,
        CursorShape::NsResize => CursorIcon::NsResize,
        CursorShape::NeswResize => CursorIcon::NeswResize,
        CursorShape::NwseResize => CursorIcon::NwseResize,
        CursorShape::ColResize => CursorIcon::ColResize,
        CursorShape::RowResize => CursorIcon::RowResize,
        CursorShape::AllScroll => CursorIcon::AllScroll,
        CursorShape::ZoomIn => CursorIcon::ZoomIn,
        CursorShape::ZoomOut => CursorIcon::ZoomOut,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_grow_with_the_desktop_and_so_does_the_hotspot() {
        let rgba: Vec<u8> = (0..16).collect();
        let picture = resample(&rgba, Size::new(2, 2), Point::new(1, 0), (1.0, 2.0)).expect("sane");
        assert_eq!((picture.size, picture.hotspot), (Size::new(4, 4), Point::new(2, 0)));
        assert_eq!(picture.rgba[..4], rgba[..4]);
        assert_eq!(picture.rgba[60..], rgba[12..]);
    }

    #[test]
    fn pictures_that_do_not_fit_their_size_are_refused() {
        assert!(resample(&[0; 12], Size::new(2, 2), Point::default(), (1.0, 1.0)).is_none());
        assert!(resample(&[], Size::new(0, 2), Point::default(), (1.0, 1.0)).is_none());
        assert!(resample(&[0; 4], Size::new(1, 1), Point::default(), (1.0, f64::INFINITY)).is_none());
    }
}
