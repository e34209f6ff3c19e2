//! The update lane: one message is one [`Update`].

pub use media::{Op, TileCoding, Timing, Update, VideoCodec};
