//! How the pointer looks: by name where the app says one, else by picture. Reported at the end of the loop's
//! turn, and no more often than a screen could show it: the newest look always is.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "cursors' names are a library's"))]

use std::time::Duration;

use bytes::Bytes;
use media::{CursorImage, CursorShape, Event, Frame, Point, Scale, Size};
use smithay::{
    input::pointer::{CursorIcon, CursorImageStatus, CursorImageSurfaceData},
    reexports::wayland_server::{Resource, protocol::wl_surface::WlSurface},
    wayland::compositor,
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::picture::capture::{self, Change};
use crate::wayland::quota::pace::Pace;

/// The role that Smithay gives to cursor surfaces.
pub(in crate::wayland) const CURSOR_ROLE: &str = "cursor_image";

/// Wider or higher cursors are no cursors.
const LARGEST: u32 = 16 * CursorImage::MAX_SIDE;

/// How it looks, what was last reported of that, and the surface that draws it.
#[derive(Debug)]
pub(crate) struct Cursor {
    looks: Option<CursorImage>,
    reported: Option<CursorImage>,
    pace: Pace,
    surface: Option<WlSurface>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self { looks: None, reported: None, pace: Pace::new(4, Duration::from_millis(16)), surface: None }
    }
}

impl State {
    /// The app under the pointer chose how it looks.
    pub(in crate::wayland) fn set_cursor(&mut self, image: CursorImageStatus) {
        self.cursor.surface = None;
        match image {
            CursorImageStatus::Hidden => self.cursor.looks = Some(CursorImage::Hidden),
            CursorImageStatus::Named(icon) => self.cursor.looks = Some(CursorImage::Named(shape(icon))),
            CursorImageStatus::Surface(surface) => {
                let image = cursor_picture(&surface).unwrap_or(CursorImage::Hidden);
                self.cursor.surface = Some(surface);
                self.cursor.looks = Some(image);
            }
        }
    }

    /// Keeps the pixels that a small surface committed.
    pub(in crate::wayland) fn keep_small(&mut self, surface: &WlSurface) {
        if let Change::Fresh(fresh) = self.take_content(surface) {
            let too_large = compositor::with_states(surface, |states| {
                let side = |n: u32| n > LARGEST;
                capture::content(states).attached.is_none_or(|a| side(a.size.w) || side(a.size.h))
            });
            if too_large {
                tracing::debug!("an app's cursor or dragged picture is too large to be shown");
                let before = capture::kept_bytes(surface);
                compositor::with_states(surface, |states| *capture::content_mut(states) = Default::default());
                self.book(surface, before, 0);
            } else {
                self.keep_content(surface, fresh);
            }
        }
    }

    /// A cursor surface committed. Its pixels are kept, since it may become the cursor later.
    pub(in crate::wayland) fn cursor_committed(&mut self, surface: &WlSurface) {
        self.keep_small(surface);
        if self.cursor.surface.as_ref() == Some(surface) {
            self.cursor.looks = Some(cursor_picture(surface).unwrap_or(CursorImage::Hidden));
        }
    }

    pub(in crate::wayland) fn cursor_gone(&mut self, surface: &WlSurface) {
        if self.cursor.surface.as_ref() == Some(surface) {
            self.cursor.surface = None;
            self.cursor.looks = Some(CursorImage::Named(CursorShape::Default));
        }
    }

    /// An app that ended does not keep its cursor on the screen.
    pub(in crate::wayland) fn release_dead_cursor(&mut self) {
        if let Some(surface) = self.cursor.surface.clone().filter(|surface| !surface.is_alive()) {
            self.cursor_gone(&surface);
        }
    }

    /// Reports how the pointer looks, if that has changed.
    pub(in crate::wayland) fn report_cursor(&mut self) {
        let Some(image) = self.cursor.looks.clone().filter(|_| self.cursor.looks != self.cursor.reported)
        else {
            return;
        };
        match self.cursor.pace.take(clock::now()) {
            Ok(()) => {
                self.cursor.reported = Some(image.clone());
                self.outbox.source(Event::Cursor(image));
            }
            Err(wait) => self.report_later(wait),
        }
    }
}

/// What a cursor surface shows.
fn cursor_picture(surface: &WlSurface) -> Option<CursorImage> {
    let hotspot = compositor::with_states(surface, |states| {
        let data = states.data_map.get::<CursorImageSurfaceData>()?;
        Some(data.lock().expect("no handler of ours panics while it holds this").hotspot)
    });
    let hotspot = hotspot.unwrap_or_default();
    picture(surface, (hotspot.x, hotspot.y))
}

/// What a small surface shows, of which this place is at the pointer. One that is larger than cursors of
/// viewers can be is made smaller, and stands for as much as before, if that can be said.
pub(in crate::wayland) fn picture(surface: &WlSurface, hotspot: (i32, i32)) -> Option<CursorImage> {
    compositor::with_states(surface, |states| {
        let content = capture::content(states);
        let (attached, frame) = (content.attached?, content.pixels.as_ref()?);
        let whole = frame.size();
        let longest = whole.w.max(whole.h);
        // So many of its pixels become so many of the viewer's.
        let (from, to) = (longest.max(CursorImage::MAX_SIDE), CursorImage::MAX_SIDE);
        let shrunk = |n: u32| u32::try_from(u64::from(n) * u64::from(to) / u64::from(from)).unwrap_or(to);
        let size = Size::new(shrunk(whole.w).max(1), shrunk(whole.h).max(1));
        let within = |n: i32, side: u32| {
            let pixels = u32::try_from(n.saturating_mul(attached.scale)).unwrap_or(0);
            shrunk(pixels).min(side - 1) as i32
        };
        Some(CursorImage::Picture {
            size,
            hotspot: Point::new(within(hotspot.0, size.w), within(hotspot.1, size.h)),
            scale: Scale::from_120ths(shrunk(attached.scale as u32 * 120)),
            rgba: straight(frame, size),
        })
    })
}

/// So many pixels of a row and of a column are looked at at most for one that stands for many.
const SAMPLES: u32 = 4;

/// A picture as R G B A with straight alpha, made smaller to `size`: each pixel is the mean of those that it
/// stands for.
fn straight(frame: &Frame, size: Size<media::Pixels>) -> Bytes {
    let whole = frame.size();
    let rows: Vec<&[u8]> = frame.rows(whole.to_rect()).collect();
    let mut rgba = Vec::with_capacity(size.area() as usize * Frame::BYTES_PER_PIXEL);
    for y in 0..size.h {
        for x in 0..size.w {
            let (mut sum, mut count) = ([0_u32; 4], 0);
            for row in samples(y, size.h, whole.h).filter_map(|y| rows.get(y)) {
                for pixel in samples(x, size.w, whole.w).filter_map(|x| row.as_chunks::<4>().0.get(x)) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, part)| *sum += u32::from(*part));
                    count += 1;
                }
            }
            let [b, g, r, a] = sum.map(|part| part / count.max(1));
            let divide = |c: u32| (c * 255).checked_div(a).unwrap_or(0).min(255) as u8;
            rgba.extend([divide(r), divide(g), divide(b), a as u8]);
        }
    }
    rgba.into()
}

/// Where to look for pixel `at` of `few`, which stand for `many`.
fn samples(at: u32, few: u32, many: u32) -> impl Iterator<Item = usize> {
    let place = |n: u64| n * u64::from(many) / u64::from(few.max(1));
    let (from, to) = (place(u64::from(at)), place(u64::from(at) + 1));
    let step = (to - from).div_ceil(u64::from(SAMPLES)).max(1);
    (from..to.max(from + 1)).step_by(step as usize).map(|n| n as usize)
}

fn shape(icon: CursorIcon) -> CursorShape {
    match icon {
        CursorIcon::ContextMenu => CursorShape::ContextMenu,
        CursorIcon::Help => CursorShape::Help,
        CursorIcon::Pointer => CursorShape::Pointer,
        CursorIcon::Progress => CursorShape::Progress,
        CursorIcon::Wait => CursorShape::Wait,
        CursorIcon::Cell => CursorShape::Cell,
        CursorIcon::Crosshair => CursorShape::Crosshair,
        CursorIcon::Text => CursorShape::Text,
        CursorIcon::VerticalText => CursorShape::VerticalText,
        CursorIcon::Alias => CursorShape::Alias,
        CursorIcon::Copy => CursorShape::Copy,
        CursorIcon::Move => CursorShape::Move,
        CursorIcon::NoDrop => CursorShape::NoDrop,
        CursorIcon::NotAllowed => CursorShape::NotAllowed,
        CursorIcon::Grab => CursorShape::Grab,
        CursorIcon::Grabbing => CursorShape::Grabbing,
        CursorIcon::EResize => CursorShape::EResize,
        CursorIcon::NResize => CursorShape::NResize,
        CursorIcon::NeResize => CursorShape::NeResize,
        CursorIcon::NwResize => CursorShape::NwResize,
        CursorIcon::SResize => CursorShape::SResize,
        CursorIcon::SeResize => CursorShape::SeResize,
        CursorIcon::SwResize => CursorShape::SwResize,
        CursorIcon::WResize => CursorShape::WResize,
        CursorIcon::EwResize => CursorShape::EwResize,
        CursorIcon::NsResize => CursorShape::NsResize,
        CursorIcon::NeswResize => CursorShape::NeswResize,
        CursorIcon::NwseResize => CursorShape::NwseResize,
        CursorIcon::ColResize => CursorShape::ColResize,
        CursorIcon::RowResize => CursorShape::RowResize,
        CursorIcon::AllScroll => CursorShape::AllScroll,
        CursorIcon::ZoomIn => CursorShape::ZoomIn,
        CursorIcon::ZoomOut => CursorShape::ZoomOut,
        _ => CursorShape::Default,
    }
}
