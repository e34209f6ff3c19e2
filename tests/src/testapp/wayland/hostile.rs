//! What a guest that means ill does. A host must stay well.

use anyhow::Result;
use wayland_client::protocol::{wl_buffer::WlBuffer, wl_region::WlRegion, wl_surface::WlSurface};
use wayland_protocols::xdg::shell::client::xdg_surface::XdgSurface;

use super::{App, Drawing, Role, buffers, buffers::Held};
use crate::testapp::{Hoard, Options};

/// One in so many extra surfaces is a window.
const WINDOW_EVERY: u32 = 10;
/// How many extra surfaces are made in one turn of the loop.
const AT_ONCE: u32 = 20;
/// How often so many things are hoarded in one turn, as long as the display takes them.
const ROUNDS: u32 = 100;
/// How much is asked for on one surface, or of one region: less than what any app may on one.
const ON_ONE: u32 = 4000;

#[derive(Debug)]
pub(super) struct Hostile {
    flood: bool,
    lie_damage: bool,
    /// Commits that are left before it aborts.
    crash_in: Option<u32>,
    /// Surfaces that are still to be made.
    surfaces: u32,
    hoard: Option<Hoard>,
    /// What was asked for of that.
    hoarded: u32,
    /// Where the next is asked for.
    heap: Option<Heap>,
    /// What extra windows show.
    speck: Option<WlBuffer>,
}

#[derive(Debug)]
enum Heap {
    Surface(WlSurface),
    Region(WlRegion),
}

impl Hostile {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            flood: options.flood,
            lie_damage: options.lie_damage,
            crash_in: options.crash_after,
            surfaces: options.surfaces,
            hoard: options.hoard,
            hoarded: 0,
            heap: None,
            speck: None,
        }
    }

    /// Whether it commits all the time, whatever the display says.
    pub(super) fn restless(&self) -> bool {
        self.flood || self.surfaces > 0 || self.hoard.is_some()
    }

    /// Whether it asks for states only to have them kept for it.
    pub(super) fn acknowledges_nothing(&self) -> bool {
        self.hoard == Some(Hoard::States)
    }

    pub(super) fn before_commit(&mut self, surface: &WlSurface) {
        if self.lie_damage {
            surface.damage(-100, -100, i32::MAX, i32::MAX);
            surface.damage_buffer(i32::MAX - 1, i32::MAX - 1, i32::MAX, i32::MAX);
            surface.damage_buffer(5, 5, -20, -20);
            surface.damage(7, 7, 0, 0);
            surface.damage_buffer(i32::MIN, i32::MIN, i32::MAX, i32::MAX);
        }
        match &mut self.crash_in {
            Some(0) => std::process::abort(),
            Some(left) => *left -= 1,
            None => {}
        }
    }
}

impl App {
    /// Once a turn of the loop.
    pub(super) fn misbehave(&mut self) -> Result<()> {
        if self.drawing == Drawing::Unconfigured {
            return Ok(());
        }
        // The socket's buffer is smaller than what so many surfaces ask for: some at a time.
        for _ in 0..self.hostile.surfaces.min(AT_ONCE) {
            self.hostile.surfaces -= 1;
            self.make_extra(self.hostile.surfaces);
        }
        let mut rounds = ROUNDS;
        while self.hostile.hoard.is_some() && rounds > 0 && self.flush()? {
            rounds -= 1;
            (0..AT_ONCE).for_each(|_| self.hoard_more());
        }
        if self.hostile.flood {
            let damage = self.scene.repaint_code();
            self.show(&[damage])?;
        }
        Ok(())
    }

    fn hoard_more(&mut self) {
        let Some(hoard) = self.hostile.hoard else { return };
        let begins = self.hostile.hoarded.is_multiple_of(ON_ONE);
        self.hostile.hoarded += 1;
        match hoard {
            Hoard::Damage if begins => {
                self.hostile.heap = Some(Heap::Surface(self.compositor.create_surface(&self.queue, ())));
            }
            Hoard::Regions if begins => {
                self.hostile.heap = Some(Heap::Region(self.compositor.create_region(&self.queue, ())));
            }
            Hoard::States => self.toplevel.set_maximized(),
            Hoard::Damage | Hoard::Regions => {}
        }
        match &self.hostile.heap {
            Some(Heap::Surface(surface)) => surface.damage(1, 1, 1, 1),
            Some(Heap::Region(region)) => region.add(1, 1, 1, 1),
            None => {}
        }
    }

    fn make_extra(&mut self, number: u32) {
        let surface = self.compositor.create_surface(&self.queue, ());
        if number.is_multiple_of(WINDOW_EVERY) {
            let shell_surface =
                self.shell.get_xdg_surface(&surface, &self.queue, Role::Extra(surface.clone()));
            let toplevel = shell_surface.get_toplevel(&self.queue, ());
            toplevel.set_title(format!("Extra {number}"));
        }
        surface.commit();
    }

    /// An extra window's configure: shows a speck.
    pub(super) fn extra_configured(
        &mut self,
        shell: &XdgSurface,
        surface: &WlSurface,
        serial: u32,
    ) -> Result<()> {
        shell.ack_configure(serial);
        let speck = match self.hostile.speck.take() {
            Some(speck) => speck,
            None => buffers::allocate(&self.shm, &self.queue, media::Size::new(32, 32), Held::default())?.0,
        };
        surface.attach(Some(&speck), 0, 0);
        surface.commit();
        self.hostile.speck = Some(speck);
        Ok(())
    }
}
