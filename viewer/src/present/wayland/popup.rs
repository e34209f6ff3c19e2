//! One popup on a Wayland desktop.

use std::{
    cell::{Cell, RefCell},
    io,
};

use media::{Logical, Pixels, Point, Scale, Size, TrackId};
use wayland_client::{Proxy, QueueHandle, protocol::wl_surface::WlSurface};
use wayland_protocols::{
    wp::viewporter::client::wp_viewport::WpViewport,
    xdg::shell::client::{
        xdg_popup::{REQ_REPOSITION_SINCE, XdgPopup},
        xdg_positioner::{Anchor, ConstraintAdjustment, Gravity, XdgPositioner},
        xdg_surface::XdgSurface,
        xdg_wm_base::XdgWmBase,
    },
};

use super::{Globals, Shell, drawing::Drawing};

/// A popup. The desktop shows it once it has been given its size and its first picture has been drawn;
/// dropping it takes it down, and must not come before all popups of it are gone.
#[derive(Debug)]
pub(crate) struct Popup {
    surface: WlSurface,
    xdg: XdgSurface,
    popup: XdgPopup,
    viewport: Option<WpViewport>,
    base: XdgWmBase,
    queue: QueueHandle<Shell>,
    place: Cell<Place>,
    drawing: RefCell<Drawing>,
}

/// Where a popup is to be, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Its corner, from that of what its parent shows on the desktop: a frame that winit draws counts in.
    pub(crate) at: Point<Logical>,
    /// Its size.
    pub(crate) size: Size<Logical>,
    /// How many pixels of its picture are a unit.
    pub(crate) scale: Scale,
}

impl Popup {
    pub(super) fn new(
        globals: &Globals,
        queue: &QueueHandle<Shell>,
        track: TrackId,
        parent: &XdgSurface,
        place: Place,
    ) -> Popup {
        let surface = globals.compositor.create_surface(queue, track);
        let xdg = globals.base.get_xdg_surface(&surface, queue, track);
        let positioner = positioner(&globals.base, queue, place);
        let popup = xdg.get_popup(Some(parent), &positioner, queue, track);
        positioner.destroy();
        let viewport =
            globals.viewporter.as_ref().map(|viewporter| viewporter.get_viewport(&surface, queue, ()));
        // Without a picture: asks for the size and the place that the desktop grants.
        surface.commit();
        let (base, queue) = (globals.base.clone(), queue.clone());
        let drawing = RefCell::new(Drawing::new(&globals.shm));
        Popup { surface, xdg, popup, viewport, base, queue, place: Cell::new(place), drawing }
    }

    /// Draws and shows a picture of the size that the desktop granted: ARGB, colours multiplied by alpha.
    /// Says no if it cannot be drawn before the desktop has let go of an older one.
    pub(crate) fn draw(&self, size: Size<Pixels>, paint: impl FnOnce(&mut [u32])) -> io::Result<bool> {
        self.drawing.borrow_mut().draw(&self.surface, size, paint)
    }

    /// Moves and resizes it. Its new size comes as an event.
    pub(crate) fn put(&self, place: Place) {
        if self.place.replace(place) == place {
            return;
        }
        if self.popup.version() < REQ_REPOSITION_SINCE {
            return tracing::debug!("this desktop does not move popups");
        }
        let positioner = positioner(&self.base, &self.queue, place);
        self.popup.reposition(&positioner, 0);
        positioner.destroy();
    }

    /// How many pixels of its picture are a unit.
    pub(crate) fn scale(&self) -> Scale {
        self.place.get().scale
    }

    /// What popups of it name as their parent.
    pub(super) fn xdg(&self) -> &XdgSurface {
        &self.xdg
    }

    /// The size that the desktop grants, in force from the next picture on.
    pub(super) fn granted(&self, width: i32, height: i32) {
        match &self.viewport {
            Some(viewport) => viewport.set_destination(width, height),
            // Such desktops have whole scales only.
            None => self.surface.set_buffer_scale((self.scale().factor().round() as i32).max(1)),
        }
    }
}

impl Drop for Popup {
    fn drop(&mut self) {
        if let Some(viewport) = &self.viewport {
            viewport.destroy();
        }
        self.popup.destroy();
        self.xdg.destroy();
        self.surface.destroy();
    }
}

/// The place as the protocol has it. A popup that would leave the screen is slid back onto it.
fn positioner(base: &XdgWmBase, queue: &QueueHandle<Shell>, place: Place) -> XdgPositioner {
    let positioner = base.create_positioner(queue, ());
    let length = |n: u32| i32::try_from(n).unwrap_or(i32::MAX).max(1);
    positioner.set_size(length(place.size.w), length(place.size.h));
    // The rectangle must be within the parent, where a popup may not be: its corner does, and an offset from
    // there.
    positioner.set_anchor_rect(0, 0, 1, 1);
    positioner.set_anchor(Anchor::TopLeft);
    positioner.set_gravity(Gravity::BottomRight);
    positioner.set_offset(place.at.x, place.at.y);
    positioner.set_constraint_adjustment(ConstraintAdjustment::SlideX | ConstraintAdjustment::SlideY);
    positioner
}
