//! What is owed to the session core at the end of the loop's turn.
//!
//! Commits and titles of one turn are reported once, so that an app which floods the compositor with them does not flood
//! the session core as well. A turn lasts as long as apps' requests that have arrived already: microseconds, usually.

use std::collections::{BTreeMap, BTreeSet};

use media::{Cause, Event, Pixels, Region, Size, Timestamp, TrackId};

use super::State;

/// What is owed.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    damage: BTreeMap<TrackId, Damage>,
    stale: BTreeSet<TrackId>,
}

#[derive(Debug)]
struct Damage {
    size: Size<Pixels>,
    region: Region,
    captured: Timestamp,
    cause: Option<Cause>,
}

impl Reports {
    /// Pixels of a track changed.
    pub(super) fn damaged(
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

    /// A window's state changed without a commit.
    pub(super) fn stale(&mut self, track: TrackId) {
        self.stale.insert(track);
    }

    /// A track is gone: nothing is owed of it.
    pub(super) fn forget(&mut self, track: TrackId) {
        self.damage.remove(&track);
        self.stale.remove(&track);
    }
}

impl State {
    /// Reports what is owed.
    pub(super) fn pay_reports(&mut self) {
        for track in std::mem::take(&mut self.reports.stale) {
            if self.tracks.shown(track) {
                self.report(track);
            }
        }
        for (track, damage) in std::mem::take(&mut self.reports.damage) {
            let Damage { size, region, captured, cause } = damage;
            self.outbox.source(Event::Damaged { track, size, region, captured, cause });
        }
    }
}
