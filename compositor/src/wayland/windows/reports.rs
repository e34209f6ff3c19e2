//! What is owed to the session core at the end of the loop's turn.
//!
//! Commits and titles of one turn are reported once, so that an app which floods the compositor with them
//! does not flood the session core as well. A turn lasts as long as apps' requests that have arrived already:
//! microseconds, usually.
//!
//! Everything said of windows goes to every viewer, in order and reliably, and a viewer that cannot keep up
//! is thrown out. So window states and bells have a pace that no honest app reaches: above it the newest
//! state of a window is reported later, never left out, and bells are left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use media::{Cause, Event, Pixels, Region, Size, Timestamp, TrackId, WindowGrab};

use crate::clock;
use crate::wayland::State;
use crate::wayland::quota::pace::Pace;

/// States of all windows together; one window's are paced as [`crate::wayland::windows::tracks`] says.
const WINDOWS: Pace = Pace::new(128, Duration::from_millis(4));

const BELLS: Pace = Pace::new(2, Duration::from_millis(250));

const GRABS: Pace = Pace::new(4, Duration::from_millis(100));

/// What is owed.
#[derive(Debug)]
pub(crate) struct Reports {
    damage: BTreeMap<TrackId, Damage>,
    stale: BTreeSet<TrackId>,
    /// Whose turn it is among the stale ones.
    next: TrackId,
    /// Toplevels that get their first configure at the end of the turn.
    pub(in crate::wayland) unconfigured: BTreeSet<TrackId>,
    windows: Pace,
    bells: Pace,
    grabs: Pace,
}

#[derive(Debug)]
struct Damage {
    size: Size<Pixels>,
    region: Region,
    captured: Timestamp,
    cause: Option<Cause>,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            damage: BTreeMap::new(),
            stale: BTreeSet::new(),
            unconfigured: BTreeSet::new(),
            next: TrackId(0),
            windows: WINDOWS,
            bells: BELLS,
            grabs: GRABS,
        }
    }
}

impl Reports {
    /// Pixels of a track changed.
    pub(in crate::wayland) fn damaged(
        &mut self,
        track: TrackId,
        size: Size<Pixels>,
        region: Region,
        captured: Timestamp,
        cause: Option<Cause>,
    ) {
        match self.damage.get_mut(&track) {
            None => {
                self.damage.insert(track, Damage { size, region, captured, cause });
            }
            Some(owed) => {
                owed.region.union(&region);
                owed.region.clip(size.to_rect());
                (owed.size, owed.captured, owed.cause) = (size, captured, cause.or(owed.cause));
            }
        }
    }

    /// A window's state is to be reported at the end of the turn, or as soon as there is room for that.
    pub(in crate::wayland) fn stale(&mut self, track: TrackId) {
        self.stale.insert(track);
    }

    /// A track is gone: nothing is owed of it.
    pub(in crate::wayland) fn forget(&mut self, track: TrackId) {
        self.damage.remove(&track);
        self.stale.remove(&track);
    }
}

impl State {
    /// Whether a window's state may be reported now. If not, it will be as soon as it may.
    pub(in crate::wayland) fn may_report(&mut self, id: TrackId) -> bool {
        let now = clock::now();
        let Some(track) = self.tracks.get_mut(id) else { return false };
        match track.pace.take(now).and_then(|()| self.reports.windows.take(now)) {
            Ok(()) => true,
            Err(wait) => {
                self.reports.stale(id);
                self.report_later(wait);
                false
            }
        }
    }

    /// Reports a bell, unless it rang just now.
    pub(in crate::wayland) fn report_bell(&mut self, track: TrackId) {
        if self.reports.bells.take(clock::now()).is_ok() {
            self.outbox.source(Event::Bell(track));
        }
    }

    /// Reports that a drag began, unless many did just now: there is one pointer.
    pub(in crate::wayland) fn report_grab(&mut self, track: TrackId, grab: WindowGrab) {
        if self.reports.grabs.take(clock::now()).is_ok() {
            self.outbox.source(Event::Grabbed { track, grab });
        }
    }

    /// Reports what is owed.
    pub(in crate::wayland) fn pay_reports(&mut self) {
        let stale = std::mem::take(&mut self.reports.stale);
        // In turns, so that windows which change all the time do not keep back others.
        let next = self.reports.next;
        for &track in stale.range(next..).chain(stale.range(..next)) {
            self.report(track);
            if !self.reports.stale.contains(&track) {
                self.reports.next = TrackId(track.0.wrapping_add(1));
            }
        }
        // Pixels follow the window that shows them.
        let (owed, early) = std::mem::take(&mut self.reports.damage)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(track, _)| self.tracks.shown(*track));
        self.reports.damage = early;
        for (track, damage) in owed {
            let Damage { size, region, captured, cause } = damage;
            self.outbox.source(Event::Damaged { track, size, region, captured, cause });
            self.frames.asked(track);
        }
        for track in self.frames.ask() {
            self.outbox.source(Event::FrameWanted(track));
        }
    }
}
