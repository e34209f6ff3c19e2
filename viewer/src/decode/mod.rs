//! The viewer's copy of one track: updates in, pixels out.
//!
//! Hosts are not trusted. Every rectangle, length and size is checked before anything is touched or memory is
//! taken; an update is applied wholly or not at all.

use std::collections::BTreeMap;

use media::{Frame, MAX_DIMENSION, Op, Pixels, Point, Rect, Region, Size, TileCoding, Update, VideoCodec};
use thiserror::Error;

use self::{
    tile::TileDecoder,
    video::{Picture, VideoDecoder},
};

mod sps;
#[cfg(test)]
mod tests;
mod tile;
mod video;

pub use self::{tile::TileError, video::VideoError};

/// One viewer's copy of one track.
///
/// Updates must be applied in the order of their ids; the caller sees to that.
#[derive(Default)]
pub struct Track {
    frame: Frame,
    tiles: TileDecoder,
    streams: BTreeMap<u32, Stream>,
}

/// Why an update was not applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The picture is larger than any may be.
    #[error("a picture of {}×{} pixels is larger than {MAX_DIMENSION}×{MAX_DIMENSION}", .0.w, .0.h)]
    Size(Size<Pixels>),
    /// An op reaches outside of the picture.
    #[error("{rect:?} reaches outside of a picture of {}×{} pixels", size.w, size.h)]
    Outside {
        /// The rectangle.
        rect: Rect<Pixels>,
        /// The picture's size.
        size: Size<Pixels>,
    },
    /// The ops together replace more pixels than any sensible update does.
    #[error("an update that replaces {pixels} pixels of a picture with {}", size.area())]
    TooMuch {
        /// How many.
        pixels: u64,
        /// The picture's size.
        size: Size<Pixels>,
    },
    /// A tile is malformed.
    #[error("a malformed tile at {rect:?}: {reason}")]
    Tile {
        /// Where.
        rect: Rect<Pixels>,
        /// What is wrong.
        reason: TileError,
    },
    /// A picture of a video is malformed, or does not follow from those before.
    #[error("a bad picture of video stream {stream}: {reason}")]
    Video {
        /// Which stream.
        stream: u32,
        /// What is wrong.
        reason: VideoError,
    },
}

/// A video decoder, and the age of its use.
struct Stream {
    decoder: VideoDecoder,
    used: u64,
}

/// An op with its pixels.
enum Decoded {
    Copy { from: Rect<Pixels>, to: Point<Pixels> },
    Fill { rect: Rect<Pixels>, colour: [u8; 4] },
    Tile { rect: Rect<Pixels>, pixels: Vec<u8> },
    Video { rect: Rect<Pixels>, picture: Picture },
}

/// The most decoders of one track: hosts use no more, and each takes the memory of a few pictures.
const MAX_STREAMS: usize = 4;

/// After how many updates without a picture a decoder makes room for a new stream's.
const UNUSED: u64 = 120;

/// How many times an update may replace every pixel.
const MAX_COVERAGE: u64 = 3;

impl Track {
    /// No picture yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The picture.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Applies an update, or leaves the picture as it is. Answers what may have changed.
    ///
    /// After an error that concerns a video, that video's next picture must be a keyframe.
    pub fn apply(&mut self, update: &Update) -> Result<Region, ApplyError> {
        validate(update)?;
        // Copies move what tiles of the same update may have replaced: all is decoded before the first
        // change.
        let decoded =
            update.ops.iter().map(|op| self.decode(op, update.id.0)).collect::<Result<Vec<_>, _>>()?;
        let mut damaged = Region::new();
        if update.size != self.frame.size() {
            self.frame.resize(update.size);
            // Videos end with the size of their picture; decoders of a large one would take their memory for
            // good.
            self.streams.retain(|_, stream| stream.used == update.id.0);
            damaged.add(update.size.to_rect());
        }
        for op in &decoded {
            damaged.add(self.draw(op));
        }
        Ok(damaged)
    }

    fn decode(&mut self, op: &Op, now: u64) -> Result<Decoded, ApplyError> {
        match op {
            Op::Copy { from, to } => Ok(Decoded::Copy { from: *from, to: *to }),
            Op::Tile { rect, coding: TileCoding::Solid, data } => {
                let colour = tile::solid(data).map_err(|reason| ApplyError::Tile { rect: *rect, reason })?;
                Ok(Decoded::Fill { rect: *rect, colour })
            }
            Op::Tile { rect, coding, data } => {
                let pixels = self.tiles.decode(rect.size(), *coding, data);
                let pixels = pixels.map_err(|reason| ApplyError::Tile { rect: *rect, reason })?;
                Ok(Decoded::Tile { rect: *rect, pixels })
            }
            Op::Video { rect, codec: VideoCodec::H264, stream, keyframe, data } => {
                let picture = self.decode_video(*rect, *stream, *keyframe, data, now);
                let picture = picture.map_err(|reason| ApplyError::Video { stream: *stream, reason })?;
                Ok(Decoded::Video { rect: *rect, picture })
            }
        }
    }

    fn decode_video(
        &mut self,
        rect: Rect<Pixels>,
        stream: u32,
        keyframe: bool,
        data: &[u8],
        now: u64,
    ) -> Result<Picture, VideoError> {
        if !self.streams.contains_key(&stream) {
            if !keyframe {
                return Err(VideoError::NoKeyframe);
            }
            let decoder = VideoDecoder::new()?;
            self.drop_unused_streams(now);
            self.streams.insert(stream, Stream { decoder, used: now });
        }
        let entry = self.streams.get_mut(&stream).expect("it was there or was inserted");
        entry.used = now;
        let picture = entry.decoder.decode(rect.size(), data);
        if picture.is_err() {
            self.streams.remove(&stream);
        }
        picture
    }

    /// Makes room for a new stream. Old ones are seldom used again: hosts drop their encoders soon after
    /// motion ends.
    fn drop_unused_streams(&mut self, now: u64) {
        self.streams.retain(|_, stream| now.saturating_sub(stream.used) < UNUSED);
        if self.streams.len() >= MAX_STREAMS {
            let oldest = self.streams.iter().min_by_key(|(_, stream)| stream.used).map(|(&id, _)| id);
            oldest.map(|id| self.streams.remove(&id));
        }
    }

    /// Draws what was checked to lie within the picture. Answers where.
    fn draw(&mut self, op: &Decoded) -> Rect<Pixels> {
        match op {
            Decoded::Copy { from, to } => {
                self.frame.copy_within(*from, to.x - from.x, to.y - from.y);
                Rect::new(to.x, to.y, from.w, from.h)
            }
            Decoded::Fill { rect, colour } => {
                for y in rect.y..rect.bottom() {
                    self.frame.row_mut(*rect, y).as_chunks_mut().0.fill(*colour);
                }
                *rect
            }
            Decoded::Tile { rect, pixels } => {
                let rows = pixels.chunks_exact(rect.w as usize * Frame::BYTES_PER_PIXEL);
                for (y, row) in (rect.y..).zip(rows) {
                    self.frame.row_mut(*rect, y).copy_from_slice(row);
                }
                *rect
            }
            Decoded::Video { rect, picture } => {
                picture.draw(&mut self.frame, *rect);
                *rect
            }
        }
    }
}

/// Checks all that can be checked without decoding.
fn validate(update: &Update) -> Result<(), ApplyError> {
    let size = update.size;
    if size.w > MAX_DIMENSION || size.h > MAX_DIMENSION {
        return Err(ApplyError::Size(size));
    }
    let mut pixels = 0u64;
    for op in &update.ops {
        let (rect, target) = match op {
            Op::Copy { from, to } => (*from, Rect::new(to.x, to.y, from.w, from.h)),
            Op::Tile { rect, .. } | Op::Video { rect, .. } => (*rect, *rect),
        };
        for rect in [rect, target] {
            let inside = rect.x >= 0
                && rect.y >= 0
                && i64::from(rect.x) + i64::from(rect.w) <= i64::from(size.w)
                && i64::from(rect.y) + i64::from(rect.h) <= i64::from(size.h);
            if !inside || rect.is_empty() {
                return Err(ApplyError::Outside { rect, size });
            }
        }
        pixels += rect.area();
    }
    if pixels > size.area().saturating_mul(MAX_COVERAGE) {
        return Err(ApplyError::TooMuch { pixels, size });
    }
    Ok(())
}
