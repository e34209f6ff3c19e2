//! What one frame becomes for one viewer.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{InputId, Pixels, Point, Rect, Size, Timestamp, TrackId, UpdateId};

/// An atomic change of one viewer's copy of one track.
///
/// Updates of a track are applied in the order of their ids, each wholly or not at all. If `size` differs
/// from the copy's size, the copy is resized first: what lies within both keeps its pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Update {
    /// Which track.
    pub track: TrackId,
    /// Its number for this viewer: 1, 2, 3, … without gaps.
    pub id: UpdateId,
    /// The picture's size.
    pub size: Size<Pixels>,
    /// In this order.
    pub ops: Vec<Op>,
    /// Whether the copy afterwards equals the app's picture at `timing.captured`, pixel by pixel.
    pub exact: bool,
    /// The newest of this viewer's inputs that caused any of it.
    pub caused_by_input: Option<InputId>,
    /// When the host did what.
    pub timing: Timing,
}

/// One change of a part of the picture. Rectangles lie within the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Op {
    /// Move a rectangle of the copy, as if through a temporary: overlap is allowed.
    Copy {
        /// What to move.
        from: Rect<Pixels>,
        /// Its new top left corner.
        to: Point<Pixels>,
    },
    /// Replace a rectangle by lossless pixels.
    Tile {
        /// Where.
        rect: Rect<Pixels>,
        /// How `data` holds the pixels.
        coding: TileCoding,
        /// The coded pixels.
        #[cfg_attr(feature = "typescript", ts(type = "Uint8Array"))]
        data: Bytes,
    },
    /// Replace a rectangle by the next picture of a video.
    Video {
        /// Where. The coded picture may be larger by padding to the right and below, which is cut off.
        rect: Rect<Pixels>,
        /// Which codec.
        codec: VideoCodec,
        /// Which decoder of this track: each has its own chain of references. A stream's first access unit is
        /// a keyframe; a decoder of another stream that is not used any more can be dropped.
        stream: u32,
        /// Whether it can be decoded without earlier ones.
        keyframe: bool,
        /// One access unit (H.264: Annex B).
        #[cfg_attr(feature = "typescript", ts(type = "Uint8Array"))]
        data: Bytes,
    },
}

impl Op {
    /// How many bytes it has on the wire at most: less than a hundred more than its data. For budgets.
    pub fn encoded_len(&self) -> usize {
        // Names of fields, and numbers at their longest.
        const COPY: usize = 64;
        const TILE: usize = 72;
        const VIDEO: usize = 96;
        match self {
            Op::Copy { .. } => COPY,
            Op::Tile { data, .. } => TILE + data.len(),
            Op::Video { data, .. } => VIDEO + data.len(),
        }
    }
}

/// How a tile holds its pixels. See `docs/protocol.md` for the byte layout of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum TileCoding {
    /// One colour: 4 bytes, B G R A.
    Solid,
    /// A palette of at most 256 colours, then one index a pixel, packed to 1, 2, 4 or 8 bits, column by
    /// column within bands of rows such as lines of text, compressed.
    Bands,
    /// Every pixel B G R A, compressed: what the simplest encoders can make.
    Raw,
    /// Four planes of differences, compressed: for pictures of many colours.
    Planes,
}

impl TileCoding {
    /// The most pixels of one tile of any coding but [`TileCoding::Solid`], which may have any size: it
    /// bounds the memory of decoders.
    pub const MAX_PIXELS: u64 = 1 << 16;
}

/// Video codecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum VideoCodec {
    /// H.264 Constrained Baseline, 4:2:0, BT.709 full range (said so in the bit stream too), Annex B, no
    /// reordering.
    H264,
}

/// When the host did what, on the host's clock. `input_*` are those of `caused_by_input`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Timing {
    /// The input reached the host.
    pub input_received: Option<Timestamp>,
    /// The input was handed to the app.
    pub input_dispatched: Option<Timestamp>,
    /// The app committed the newest pixels within.
    pub captured: Timestamp,
    /// The encoder began.
    pub encode_started: Timestamp,
    /// The encoder had finished.
    pub encoded: Timestamp,
    /// It was handed to the link.
    pub sent: Timestamp,
}
