//! The feedback lane: what became of an update, from viewer to host. Times are the viewer's clock.

use media::{Timestamp, TrackId, UpdateId};
use serde::{Deserialize, Serialize};

/// An update reached its end. Lost feedback is harmless: a later one of the same track stands for all before
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Feedback {
    /// Which track.
    pub track: TrackId,
    /// Which update.
    pub update: UpdateId,
    /// Its last byte arrived.
    pub received_at: Timestamp,
    /// All its ops were decoded.
    pub decoded_at: Timestamp,
    /// It was shown; `None` if a newer one was shown instead or the window is hidden.
    pub presented_at: Option<Timestamp>,
}
