//! How the pointer looks: by name where the app says one, else by picture. Reported at the end of the loop's turn, and no
//! more often than a screen could show it: the newest look always is.

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
                let image = picture(&surface).unwrap_or(CursorImage::Hidden);
                self.cursor.surface = Some(surface);
                self.cursor.looks = Some(image);
            }
        }
    }

    /// A cursor surface committed. Its pixels are kept, since it may become the cursor later.
    pub(in crate::wayland) fn cursor_committed(&mut self, surface: &WlSurface) {
        if let Change::Fresh(fresh) = self.take_content(surface) {
            let too_large = compositor::with_states(surface, |states| {
                let side = |n: u32| n > 2 * CursorImage::MAX_SIDE;
                capture::content(states).attached.is_none_or(|a| side(a.size.w) || side(a.size.h))
            });
            if too_large {
                tracing::debug!("an app's cursor is too large to be shown");
                let before = capture::kept_bytes(surface);
                compositor::with_states(surface, |states| *capture::content_mut(states) = Default::default());
                self.book(surface, before, 0);
            } else {
                self.keep_content(surface, fresh);
            }
        }
        if self.cursor.surface.as_ref() == Some(surface) {
            self.cursor.looks = Some(picture(surface).unwrap_or(CursorImage::Hidden));
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
fn picture(surface: &WlSurface) -> Option<CursorImage> {
    compositor::with_states(surface, |states| {
        let content = capture::content(states);
        let (attached, frame) = (content.attached?, content.pixels.as_ref()?);
        let hotspot = states
            .data_map
            .get::<CursorImageSurfaceData>()
            .map(|data| data.lock().expect("no handler of ours panics while it holds this").hotspot);
        let hotspot = hotspot.unwrap_or_default();
        let size =
            Size::new(frame.size().w.min(CursorImage::MAX_SIDE), frame.size().h.min(CursorImage::MAX_SIDE));
        let within = |n: i32, side: u32| n.saturating_mul(attached.scale).clamp(0, side as i32 - 1);
        Some(CursorImage::Picture {
            size,
            hotspot: Point::new(within(hotspot.x, size.w), within(hotspot.y, size.h)),
            scale: Scale::from_120ths(attached.scale as u32 * 120),
            rgba: straight(frame, size),
        })
    })
}

/// The top left part of a picture as R G B A with straight alpha.
fn straight(frame: &Frame, size: Size<media::Pixels>) -> Bytes {
    let part = size.to_rect();
    let mut rgba = Vec::with_capacity(size.area() as usize * Frame::BYTES_PER_PIXEL);
    for row in frame.rows(part) {
        for &[b, g, r, a] in row.as_chunks::<4>().0 {
            let divide = |c: u8| match a {
                0 => 0,
                a => (u32::from(c) * 255 / u32::from(a)).min(255) as u8,
            };
            rgba.extend([divide(r), divide(g), divide(b), a]);
        }
    }
    rgba.into()
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
