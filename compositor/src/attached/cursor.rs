//! How the pointer looks on the display.

use bytes::Bytes;
use media::{CursorImage, Event, Point, Scale, Size};
use x11rb::protocol::xfixes::{ConnectionExt as _, GetCursorImageReply};

use super::{display::Display, outbox::Outbox};

/// What viewers were told last.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    told: Option<CursorImage>,
}

impl Cursor {
    /// It may look otherwise.
    pub(super) fn changed(&mut self, out: &mut Outbox, display: &Display) {
        let asked = display.conn().xfixes_get_cursor_image().ok();
        let Some(reply) = asked.and_then(|asked| asked.reply().ok()) else { return };
        let image = picture(&reply);
        if self.told.as_ref() != Some(&image) {
            self.told = Some(image.clone());
            out.source(Event::Cursor(image));
        }
    }
}

/// One that nothing is to be seen of is none; one that is too large is the usual arrow.
fn picture(reply: &GetCursorImageReply) -> CursorImage {
    let (w, h) = (u32::from(reply.width), u32::from(reply.height));
    if reply.cursor_image.iter().all(|pixel| pixel >> 24 == 0) {
        return CursorImage::Hidden;
    }
    if w.max(h) > CursorImage::MAX_SIDE || reply.cursor_image.len() != (w * h) as usize {
        return CursorImage::Named(media::CursorShape::Default);
    }
    let rgba: Vec<u8> = reply.cursor_image.iter().copied().flat_map(straight).collect();
    let within = |at: u16, side: u32| i32::try_from(u32::from(at).min(side - 1)).unwrap_or(0);
    CursorImage::Picture {
        size: Size::new(w, h),
        hotspot: Point::new(within(reply.xhot, w), within(reply.yhot, h)),
        scale: Scale::ONE,
        rgba: Bytes::from(rgba),
    }
}

/// A pixel A R G B with its alpha premultiplied as R G B A.
fn straight(pixel: u32) -> [u8; 4] {
    let [a, r, g, b] = pixel.to_be_bytes();
    let colour = |c: u8| (u32::from(c) * 255).checked_div(a.into()).unwrap_or(0).min(255) as u8;
    [colour(r), colour(g), colour(b), a]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_shown_as_it_is_or_as_what_stands_for_it() {
        let of = |side: u16, pixel: u32| GetCursorImageReply {
            width: side,
            height: side,
            xhot: 9,
            cursor_image: vec![pixel; usize::from(side) * usize::from(side)],
            ..GetCursorImageReply::default()
        };
        assert_eq!(picture(&of(2, 0)), CursorImage::Hidden);
        assert_eq!(picture(&of(300, u32::MAX)), CursorImage::Named(media::CursorShape::Default));
        let CursorImage::Picture { size, hotspot, rgba, .. } = picture(&of(2, 0x8040_0000)) else {
            panic!("a picture");
        };
        assert_eq!((size, hotspot), (Size::new(2, 2), Point::new(1, 0)));
        assert_eq!(rgba[..4], [0x7f, 0, 0, 0x80]);
    }
}
