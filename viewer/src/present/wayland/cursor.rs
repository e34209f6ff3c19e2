//! How pointers look over popups: by the name of a shape where the desktop draws cursors, else from the
//! user's theme.

use std::rc::Rc;

use smithay_client_toolkit::shm::{Shm, raw::RawPool};
use wayland_client::{
    Connection, QueueHandle, delegate_noop,
    protocol::{
        wl_buffer::WlBuffer,
        wl_compositor::WlCompositor,
        wl_pointer::WlPointer,
        wl_shm::{Format, WlShm},
        wl_surface::{self, WlSurface},
    },
};
use wayland_cursor::CursorTheme;
use wayland_protocols::wp::{
    cursor_shape::v1::client::wp_cursor_shape_device_v1::{Shape, WpCursorShapeDeviceV1},
    viewporter::client::{wp_viewport::WpViewport, wp_viewporter::WpViewporter},
};
use winit::window::CursorIcon;

use super::{Globals, shell::Shell};
use crate::present::cursor::{Cursor, Picture};

/// Draws cursors.
pub(super) struct Pen {
    /// What is drawn.
    pub(super) cursor: Cursor,
    compositor: WlCompositor,
    viewporter: Option<WpViewporter>,
    shm: WlShm,
    queue: QueueHandle<Shell>,
    /// Read when it is first needed, and kept, since the desktop shows its pictures.
    theme: Option<CursorTheme>,
}

/// What belongs to one pointer.
pub(super) struct Look {
    /// By which the desktop knows that the pointer is in a popup; `None` when it is not.
    pub(super) entered: Option<u32>,
    shape: Option<WpCursorShapeDeviceV1>,
    surface: WlSurface,
    viewport: Option<WpViewport>,
    /// The picture that is shown, if it is not of the theme.
    picture: Option<WlBuffer>,
}

impl Look {
    pub(super) fn new(
        shape: Option<WpCursorShapeDeviceV1>,
        (surface, viewport): (WlSurface, Option<WpViewport>),
    ) -> Look {
        Look { entered: None, shape, surface, viewport, picture: None }
    }

    /// Shows a picture of so many logical units, or of its own size.
    fn show(&self, buffer: &WlBuffer, size: Option<(i32, i32)>) {
        if let Some(viewport) = &self.viewport {
            let (width, height) = size.unwrap_or((-1, -1));
            viewport.set_destination(width, height);
        }
        self.surface.attach(Some(buffer), 0, 0);
        self.surface.damage(0, 0, i32::MAX, i32::MAX);
        self.surface.commit();
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        if let Some(shape) = &self.shape {
            shape.destroy();
        }
        if let Some(viewport) = &self.viewport {
            viewport.destroy();
        }
        self.surface.destroy();
        if let Some(picture) = &self.picture {
            picture.destroy();
        }
    }
}

impl Pen {
    pub(super) fn new(queue: &QueueHandle<Shell>, globals: &Globals) -> Pen {
        Pen {
            cursor: Cursor::Icon(CursorIcon::Default),
            compositor: globals.compositor.clone(),
            viewporter: globals.viewporter.clone(),
            shm: globals.shm.clone(),
            queue: queue.clone(),
            theme: None,
        }
    }

    /// What a cursor's picture is put on.
    pub(super) fn surface(&self, queue: &QueueHandle<Shell>) -> (WlSurface, Option<WpViewport>) {
        let surface = self.compositor.create_surface(queue, ());
        let viewport = self.viewporter.as_ref().map(|it| it.get_viewport(&surface, queue, ()));
        (surface, viewport)
    }

    /// Draws the cursor, if the pointer is in a popup.
    pub(super) fn draw(&mut self, connection: &Connection, pointer: &WlPointer, look: &mut Look) {
        let Some(serial) = look.entered else { return };
        let drawn = match (&self.cursor, &look.shape) {
            (Cursor::Hidden, _) => return pointer.set_cursor(serial, None, 0, 0),
            (Cursor::Icon(icon), Some(device)) => return device.set_shape(serial, shape(*icon)),
            (&Cursor::Icon(icon), None) => self.draw_of_theme(connection, icon, look),
            (Cursor::Custom { picture, .. }, _) => self.draw_picture(&Rc::clone(picture), look),
        };
        match drawn {
            Some((x, y)) => pointer.set_cursor(serial, Some(&look.surface), x, y),
            None => tracing::debug!("a cursor could not be drawn"),
        }
    }

    /// Returns the hotspot in logical units.
    fn draw_of_theme(
        &mut self,
        connection: &Connection,
        icon: CursorIcon,
        look: &Look,
    ) -> Option<(i32, i32)> {
        if self.theme.is_none() {
            self.theme = CursorTheme::load(connection, self.shm.clone(), THEME_SIZE).ok();
        }
        let theme = self.theme.as_mut()?;
        let mut names = std::iter::once(icon.name()).chain(icon.alt_names().iter().copied());
        let name = names.find(|name| theme.get_cursor(name).is_some())?;
        let image = &theme.get_cursor(name)?[0];
        look.show(image, None);
        let (x, y) = image.hotspot();
        Some((x as i32, y as i32))
    }

    /// Returns the hotspot in logical units.
    fn draw_picture(&self, picture: &Picture, look: &mut Look) -> Option<(i32, i32)> {
        let (width, height) = (picture.size.w as i32, picture.size.h as i32);
        let mut pool = RawPool::new(picture.rgba.len(), &Shm::from(self.shm.clone())).ok()?;
        for (to, from) in pool.mmap().as_chunks_mut::<4>().0.iter_mut().zip(picture.rgba.as_chunks::<4>().0) {
            *to = premultiplied(*from);
        }
        let buffer = pool.create_buffer(0, width, height, width * 4, Format::Argb8888, (), &self.queue);
        let units = |n: i32| (f64::from(n) / picture.factor).round() as i32;
        look.show(&buffer, Some((units(width).max(1), units(height).max(1))));
        if let Some(before) = look.picture.replace(buffer) {
            before.destroy();
        }
        Some((units(picture.hotspot.x), units(picture.hotspot.y)))
    }
}

/// In logical units.
const THEME_SIZE: u32 = 24;

/// Red, green, blue, alpha to what Wayland calls ARGB: little endian, colours multiplied by alpha.
fn premultiplied([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let times = |colour: u8| ((u32::from(colour) * u32::from(a) + 127) / 255) as u8;
    [times(b), times(g), times(r), a]
}

/// Both number the shapes of CSS in its order; Wayland counts from one.
fn shape(icon: CursorIcon) -> Shape {
    Shape::try_from(icon as u32 + 1).unwrap_or(Shape::Default)
}

impl wayland_client::Dispatch<WlSurface, ()> for Shell {
    fn event(
        _: &mut Self,
        _: &WlSurface,
        _: wl_surface::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Shell: ignore WlShm);
delegate_noop!(Shell: ignore WlBuffer);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_is_the_shape_of_its_name() {
        // Up to the last one that the first version of the protocol has.
        let all = (0..34).map_while(|n| Shape::try_from(n + 1).ok());
        let icons = [
            CursorIcon::Default,
            CursorIcon::ContextMenu,
            CursorIcon::Help,
            CursorIcon::Pointer,
            CursorIcon::Progress,
            CursorIcon::Wait,
            CursorIcon::Cell,
            CursorIcon::Crosshair,
            CursorIcon::Text,
            CursorIcon::VerticalText,
            CursorIcon::Alias,
            CursorIcon::Copy,
            CursorIcon::Move,
            CursorIcon::NoDrop,
            CursorIcon::NotAllowed,
            CursorIcon::Grab,
            CursorIcon::Grabbing,
            CursorIcon::EResize,
            CursorIcon::NResize,
            CursorIcon::NeResize,
            CursorIcon::NwResize,
            CursorIcon::SResize,
            CursorIcon::SeResize,
            CursorIcon::SwResize,
            CursorIcon::WResize,
            CursorIcon::EwResize,
            CursorIcon::NsResize,
            CursorIcon::NeswResize,
            CursorIcon::NwseResize,
            CursorIcon::ColResize,
            CursorIcon::RowResize,
            CursorIcon::AllScroll,
            CursorIcon::ZoomIn,
            CursorIcon::ZoomOut,
        ];
        assert_eq!(all.clone().count(), icons.len());
        for (shape_of_protocol, icon) in all.zip(icons) {
            assert_eq!(shape(icon), shape_of_protocol);
            assert_eq!(format!("{icon:?}"), format!("{shape_of_protocol:?}"));
        }
    }

    #[test]
    fn what_is_half_seen_has_half_its_colour() {
        assert_eq!(premultiplied([255, 128, 0, 128]), [0, 64, 128, 128]);
        assert_eq!(premultiplied([1, 2, 3, 255]), [3, 2, 1, 255]);
    }
}
