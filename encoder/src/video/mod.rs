//! Video of a rectangle: one trait, and behind it whatever encodes.

use std::time::Duration;

use media::{Pixels, Size, Timestamp};
use thiserror::Error;

mod annex_b;
mod broker;
mod device;
mod lease;
mod openh264;
mod planes;
mod rate;

pub use self::{
    broker::{Broker, Report},
    device::{Capabilities, Device},
    lease::{Blocking, Lease},
    openh264::{OpenH264, OpenH264Device},
    planes::Planes,
};

/// Makes one sequence of access units of pictures of one size.
///
/// Pictures go in by [`VideoEncoder::submit`] and come out by [`VideoEncoder::poll`], in order, each once.
/// Nobody submits another picture before the last one came out. Neither call blocks for longer than it is
/// told to: a device that can hang lives in a process or thread of its own.
///
/// Contract: the first access unit, the first after [`VideoEncoder::configure`] changed the size, and, where
/// [`Capabilities::true_idr`] says so, the first after [`VideoEncoder::request_keyframe`] are keyframes with
/// their parameter sets; every access unit is decodable as soon as it is there (no reordering); full-range
/// BT.709, 4:2:0; over a second or more the rate stays near the configured one where quality allows, and
/// under the ceiling in any case, by skipping pictures. What a device cannot promise stands in its
/// [`Capabilities`].
pub trait VideoEncoder: Send {
    /// Applies a new configuration from the next picture on. Another rate costs a keyframe unless
    /// [`Capabilities::rate_without_keyframe`].
    fn configure(&mut self, config: VideoConfig) -> Result<(), VideoError>;

    /// Makes the next access unit a keyframe.
    fn request_keyframe(&mut self);

    /// Hands over the next picture, of the configured size.
    fn submit(&mut self, picture: &Planes, now: Timestamp) -> Result<(), VideoError>;

    /// What became of the picture that was submitted. Waits for it as long as `wait` at most.
    fn poll(&mut self, wait: Duration) -> Result<Progress, VideoError>;
}

/// What became of a submitted picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is still being encoded.
    Pending,
    /// It was skipped for the sake of the rate. What follows builds on the last picture that was not.
    Skipped,
    /// It is encoded.
    Encoded(AccessUnit),
}

/// What a video encoder is to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VideoConfig {
    /// The size of the pictures: both even, [`VideoConfig::fits`].
    pub size: Size<Pixels>,
    /// Bits per second to aim at, by quality alone.
    pub bitrate: u32,
    /// Bits per second that are never exceeded for long, by skipping pictures.
    pub ceiling: u32,
    /// What a keyframe may take, about: a link must not be late for long because of one.
    pub keyframe_bytes: usize,
    /// Pictures per second to expect.
    pub frame_rate: f32,
    /// What the pictures show.
    pub content: Content,
}

/// What pictures show, for the choice of an encoder's tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, drawings: sharp edges, few colours, exact repetitions.
    Screen,
    /// Films, 3D scenes: noise, gradients, motion.
    Motion,
}

/// One encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessUnit {
    /// H.264: Annex B.
    pub data: Vec<u8>,
    /// Whether it can be decoded without earlier ones.
    pub keyframe: bool,
}

/// Why a video encoder failed.
#[derive(Debug, Error)]
pub enum VideoError {
    /// The size is odd, too small or too large.
    #[error("video of {}×{} pixels is not possible: even sizes from 16×16 to 3840×2160 are", .0.w, .0.h)]
    Size(Size<Pixels>),
    /// The picture has another size than was configured.
    #[error("a picture of {}×{} pixels came where {}×{} was configured", got.w, got.h, configured.w, configured.h)]
    Mismatch {
        /// The picture's size.
        got: Size<Pixels>,
        /// The encoder's size.
        configured: Size<Pixels>,
    },
    /// The device has no session left.
    #[error("the video encoder has no session left")]
    Full,
    /// The device did not answer in time.
    #[error("the video encoder has not answered for {} ms", .0.as_millis())]
    Hung(Duration),
    /// What came out is not what was asked for.
    #[error("the video encoder broke its contract: {0}")]
    Broken(&'static str),
    /// The encoder itself failed.
    #[error("the video encoder failed: {0}")]
    Encoder(String),
}

impl VideoError {
    /// Whether another device may well do what this one could not. The rest are mistakes of the caller.
    pub fn falls_back(&self) -> bool {
        match self {
            VideoError::Full | VideoError::Hung(_) | VideoError::Broken(_) | VideoError::Encoder(_) => true,
            VideoError::Size(_) | VideoError::Mismatch { .. } => false,
        }
    }
}

impl VideoConfig {
    /// The smallest side of a picture.
    pub const MIN_SIDE: u32 = 16;
    /// The greatest longer side of a picture.
    pub const MAX_LONG_SIDE: u32 = 3840;
    /// The greatest shorter side of a picture.
    pub const MAX_SHORT_SIDE: u32 = 2160;

    /// Whether there can be video of this size.
    pub fn fits(size: Size<Pixels>) -> bool {
        let (short, long) = (size.w.min(size.h), size.w.max(size.h));
        (Self::MIN_SIDE..=Self::MAX_SHORT_SIDE).contains(&short) && long <= Self::MAX_LONG_SIDE
    }
}
