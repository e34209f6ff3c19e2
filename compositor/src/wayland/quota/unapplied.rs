//! What apps have asked for and Smithay keeps until it takes effect, or for as long as a surface lives:
//! damage and the like, rectangles of regions, configures without an answer.

use std::{cell::Cell, collections::HashMap};

use smithay::{
    reexports::wayland_server::{
        Client, Resource,
        backend::ObjectId,
        protocol::{wl_region::WlRegion, wl_surface::WlSurface},
    },
    wayland::{
        compositor::{self, with_states},
        shell::xdg::{ToplevelSurface, XdgPopupSurfaceData, XdgToplevelSurfaceData},
    },
};

use crate::wayland::State;
use crate::wayland::quota::requests::Verdict;

/// Requests to one surface between two commits that take effect: damage, frame callbacks, commits of a
/// synchronised subsurface. And to all surfaces of an app.
const REQUESTS: u32 = 16_384;
const ALL_REQUESTS: u32 = 65_536;

/// Rectangles of one region, and of all regions of an app with those that its surfaces keep.
const RECTS: u32 = 4096;
const ALL_RECTS: u32 = 65_536;

/// A surface keeps two kinds of regions, each as it is and as it will be.
const KEPT_REGIONS: u32 = 4;

/// Configures of one window that its app has not answered: many more than any app that is slow.
pub(in crate::wayland) const UNANSWERED: usize = 256;

/// Counted on one surface, kept beside Smithay's own data.
#[derive(Default)]
struct Counted {
    /// Requests since the last commit that took effect.
    requests: Cell<u32>,
    /// Rectangles that its regions had at most.
    rects: Cell<u32>,
}

/// Rectangles of an app's regions and surfaces.
#[derive(Debug, Default)]
pub(crate) struct Rects {
    all: u32,
    regions: HashMap<ObjectId, u32>,
}

impl Rects {
    /// A region is to have one more.
    pub(in crate::wayland) fn added(&mut self, region: &WlRegion) -> Verdict {
        let its = self.regions.entry(region.id()).or_default();
        *its += 1;
        self.all = self.all.saturating_add(1);
        if *its > RECTS {
            Verdict::CutOff("one of its regions has too many rectangles")
        } else {
            self.verdict()
        }
    }

    pub(in crate::wayland) fn of(&self, region: &WlRegion) -> u32 {
        self.regions.get(&region.id()).copied().unwrap_or(0)
    }

    pub(in crate::wayland) fn region_gone(&mut self, region: &WlRegion) {
        let its = self.regions.remove(&region.id()).unwrap_or(0);
        self.all = self.all.saturating_sub(its);
    }

    fn verdict(&self) -> Verdict {
        if self.all > ALL_RECTS {
            Verdict::CutOff("its regions have too many rectangles together")
        } else {
            Verdict::Pass
        }
    }
}

impl State {
    /// Counts a request to a surface, as long as it may have more of them.
    pub(in crate::wayland) fn count_request(
        &mut self,
        client: &Client,
        surface: &WlSurface,
    ) -> Result<(), &'static str> {
        let of_surface = with_counted(surface, |counted| {
            counted.requests.set(counted.requests.get().saturating_add(1));
            counted.requests.get()
        });
        let usage = self.clients.usage(&client.id());
        usage.requests_kept = usage.requests_kept.saturating_add(1);
        if of_surface > REQUESTS {
            return Err("one of its surfaces got too many requests without a commit");
        }
        if usage.requests_kept > ALL_REQUESTS {
            return Err("its surfaces got too many requests without a commit");
        }
        Ok(())
    }

    /// A surface is to keep a region with so many rectangles.
    pub(in crate::wayland) fn keeps_rects(
        &mut self,
        client: &Client,
        surface: &WlSurface,
        held: u32,
    ) -> Verdict {
        let more = with_counted(surface, |counted| {
            let before = counted.rects.get();
            counted.rects.set(before.max(held));
            counted.rects.get() - before
        });
        let rects = &mut self.clients.usage(&client.id()).rects;
        rects.all = rects.all.saturating_add(more * KEPT_REGIONS);
        rects.verdict()
    }

    /// What was asked of a surface has taken effect.
    pub(in crate::wayland) fn took_effect(&mut self, surface: &WlSurface) {
        let done = with_counted(surface, |counted| counted.requests.take());
        if let Some(usage) = surface.client().and_then(|client| self.clients.usage_if_known(&client.id())) {
            usage.requests_kept = usage.requests_kept.saturating_sub(done);
        }
    }

    /// Nothing is kept of a surface any more.
    pub(in crate::wayland) fn forget_pending(&mut self, surface: &WlSurface) {
        self.took_effect(surface);
        let rects = with_counted(surface, |counted| counted.rects.take());
        if let Some(usage) = surface.client().and_then(|client| self.clients.usage_if_known(&client.id())) {
            usage.rects.all = usage.rects.all.saturating_sub(rects * KEPT_REGIONS);
        }
    }

    /// Answers what an app asked of its window by a configure, as the protocol wants it; unless it answers
    /// none itself.
    pub(in crate::wayland) fn answer(&mut self, toplevel: &ToplevelSurface) {
        if self.may_configure(toplevel.wl_surface()) {
            toplevel.send_configure();
        }
    }

    /// Whether an app may be sent one more configure for its own wish. Else it is cut off.
    pub(in crate::wayland) fn may_configure(&mut self, surface: &WlSurface) -> bool {
        if unanswered(surface) < UNANSWERED {
            return true;
        }
        if let Some(client) = surface.client() {
            self.cut_off(&client, "it asks for ever more configures and answers none");
        }
        false
    }
}

/// How many configures of a toplevel or popup its app has not acknowledged.
pub(in crate::wayland) fn unanswered(surface: &WlSurface) -> usize {
    let whole = "no handler of ours panics while it holds this";
    with_states(surface, |states| {
        let toplevel = states.data_map.get::<XdgToplevelSurfaceData>();
        let toplevel = toplevel.map(|data| data.lock().expect(whole).pending_configures().len());
        let popup = states.data_map.get::<XdgPopupSurfaceData>();
        let popup = popup.map(|data| data.lock().expect(whole).pending_configures().len());
        toplevel.or(popup).unwrap_or(0)
    })
}

fn with_counted<R>(surface: &WlSurface, f: impl FnOnce(&Counted) -> R) -> R {
    compositor::with_states(surface, |states| f(states.data_map.get_or_insert(Counted::default)))
}
