//! The virtual screen, and the scale that surfaces are told to draw at.

use media::{Configure, Logical, Scale, Size};
use smithay::{
    output::{Mode, Output, PhysicalProperties, Scale as OutputScale, Subpixel},
    reexports::wayland_server::{DisplayHandle, protocol::wl_surface::WlSurface},
    utils::Transform,
    wayland::{
        compositor::{self, SurfaceData, TraversalAction},
        fractional_scale::{FractionalScaleHandler, with_fractional_scale},
    },
};

use crate::wayland::State;

/// The virtual screen.
pub(crate) struct Screen {
    pub(crate) output: Output,
    pub(crate) size: Size<Logical>,
    /// The work area of the viewer that has the seat, as far as windows that fill it have shown.
    pub(crate) work_area: Option<Size<Logical>>,
    /// The screen of the viewer who lays windows out, as far as is known: what its fullscreen windows have.
    pub(crate) viewer: Size<Logical>,
    /// What of it windows may fill: what its maximized windows have.
    pub(crate) work: Size<Logical>,
    /// What new windows are told to draw at: the scale that was asked for last.
    pub(crate) scale: Scale,
}

impl Screen {
    pub(in crate::wayland) fn new(display: &DisplayHandle, size: Size<Logical>) -> Self {
        let size = Size::new(size.w.clamp(320, 16_384), size.h.clamp(240, 16_384));
        let output = Output::new(
            "dormer".into(),
            PhysicalProperties {
                // 96 dots an inch, so that apps which look choose their usual sizes.
                size: (mm(size.w), mm(size.h)).into(),
                subpixel: Subpixel::None,
                make: "Dormer".into(),
                model: "Virtual screen".into(),
            },
        );
        let screen = Self { output, size, work_area: None, viewer: size, work: size, scale: Scale::ONE };
        screen.announce();
        screen.output.create_global::<State>(display);
        screen
    }

    /// A viewer has a window fill its screen, or what is free of it.
    pub(in crate::wayland) fn learn(&mut self, configure: &Configure) {
        let Some(size) = configure.size.filter(|_| configure.maximized || configure.fullscreen) else {
            return;
        };
        self.work_area = Some(size);
        if configure.fullscreen {
            self.viewer = size;
            self.work = Size::new(self.work.w.min(size.w), self.work.h.min(size.h));
        } else {
            self.work = size;
            self.viewer = Size::new(self.viewer.w.max(size.w), self.viewer.h.max(size.h));
        }
    }

    /// Makes the screen larger.
    pub(in crate::wayland) fn grow(&mut self, size: Size<Logical>) {
        self.size = size;
        self.announce();
    }

    /// Viewers look at this scale now.
    pub(in crate::wayland) fn set_scale(&mut self, scale: Scale) {
        if self.scale != scale {
            self.scale = scale;
            self.announce();
        }
    }

    /// Tells all apps of the screen. Those that know nothing of fractions draw at the next whole scale:
    /// viewers shrink what is too fine, which looks better than the opposite.
    fn announce(&self) {
        let whole = whole(self.scale);
        let mode =
            Mode { size: (self.size.w as i32 * whole, self.size.h as i32 * whole).into(), refresh: 60_000 };
        let (transform, place) = (Some(Transform::Normal), Some((0, 0).into()));
        self.output.change_current_state(Some(mode), transform, Some(OutputScale::Integer(whole)), place);
        self.output.set_preferred(mode);
    }
}

/// The next whole scale.
fn whole(scale: Scale) -> i32 {
    scale.factor().ceil() as i32
}

fn mm(pixels: u32) -> i32 {
    (f64::from(pixels) * 25.4 / 96.0).round() as i32
}

impl State {
    /// Tells all surfaces of a tree to draw at `scale`, and that they are on the screen.
    pub(in crate::wayland) fn announce_scale(&self, root: &WlSurface, scale: Scale) {
        compositor::with_surface_tree_upward(
            root,
            (),
            |_, _, ()| TraversalAction::DoChildren(()),
            |surface, states, ()| {
                self.screen.output.enter(surface);
                tell(surface, states, scale);
            },
            |_, _, ()| true,
        );
    }
}

fn tell(surface: &WlSurface, states: &SurfaceData, scale: Scale) {
    compositor::send_surface_state(surface, states, whole(scale), Transform::Normal);
    with_fractional_scale(states, |fractional| fractional.set_preferred_scale(scale.factor()));
}

impl FractionalScaleHandler for State {
    fn new_fractional_scale(&mut self, surface: WlSurface) {
        let root = crate::wayland::picture::layout::root_of(&surface);
        let scale = self
            .tracks
            .of_surface(&root)
            .and_then(|id| self.tracks.get(id))
            .map_or(self.screen.scale, |track| track.preferred_scale);
        compositor::with_states(&surface, |states| tell(&surface, states, scale));
    }
}
