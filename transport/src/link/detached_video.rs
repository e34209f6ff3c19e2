//! Videos that travel beside their updates, on links whose transport has a way of its own for them.

use bytes::Bytes;
use media::{Op, TrackId, Update, UpdateId};

/// The videos of one update. In the update itself their data is empty.
#[derive(Clone, Debug)]
pub(crate) struct DetachedVideo {
    pub(crate) track: TrackId,
    pub(crate) update: UpdateId,
    /// One for each op `Video`, in order.
    pub(crate) units: Vec<AccessUnit>,
    /// What the path takes, in bits a second.
    pub(crate) rate: u64,
}

/// One access unit.
#[derive(Clone, Debug)]
pub(crate) struct AccessUnit {
    /// The video stream of the track.
    pub(crate) stream: u32,
    pub(crate) data: Bytes,
}

/// Takes the videos out of an update; `None` if it has none.
pub(super) fn detach(update: &Update, rate: u64) -> Option<(Update, DetachedVideo)> {
    let mut rest = update.clone();
    let mut units = Vec::new();
    for op in &mut rest.ops {
        if let Op::Video { stream, data, .. } = op {
            units.push(AccessUnit { stream: *stream, data: std::mem::take(data) });
        }
    }
    let Update { track, id: update, .. } = rest;
    (!units.is_empty()).then_some((rest, DetachedVideo { track, update, units, rate }))
}
