//! The border between the session core, which decides what is owed to whom, and the encoder, which makes ops
//! of it.

use crate::{Op, Pixels, Region, Size, Timestamp, TrackId, ViewerId};

/// An order to bring one viewer's copy of one track nearer to the newest pixels. At most one is under way for
/// each (viewer, track).
#[derive(Clone, Debug, PartialEq)]
pub struct EncodeJob {
    /// For whom.
    pub viewer: ViewerId,
    /// Of what.
    pub track: TrackId,
    /// What changed since the viewer's copy was last brought up to date. May be out of bounds: clip it.
    pub damage: Region,
    /// What the viewer holds lossily and may now be sent again losslessly, as far as `budget` goes.
    pub refine: Region,
    /// About how many bytes the link takes now without making the next update late. `damage` is always
    /// encoded whole, lossily if it must be; `refine` stops at the budget.
    pub budget: usize,
    /// The link's rate in bits per second, for the rate control of video.
    pub bitrate: u64,
    /// Whether the viewer can decode video at all.
    pub video: bool,
    /// The host's time of the order, for decisions about motion.
    pub now: Timestamp,
}

/// What became of an [`EncodeJob`].
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// For whom.
    pub viewer: ViewerId,
    /// Of what.
    pub track: TrackId,
    /// The size of the picture that was read.
    pub size: Size<Pixels>,
    /// The change; empty if the viewer's copy was up to date already (an app redrew what was there).
    pub ops: Vec<Op>,
    /// All that the viewer will hold lossily after these ops: the whole state, not a difference.
    pub lossy: Region,
    /// When the encoder began, on the host's clock.
    pub started: Timestamp,
    /// When it had finished.
    pub finished: Timestamp,
}
