//! What can encode video: one thing of the machine, with what it can and cannot do.

use media::{Pixels, Size, VideoCodec};

use super::{VideoConfig, VideoEncoder, VideoError};

/// Something that makes video encoders: a library, a GPU, a process that owns one.
pub trait Device: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// What it can do, as it says itself. The [`super::Broker`] tries it before it relies on it.
    fn capabilities(&self) -> Capabilities;

    /// A new encoder. [`VideoError::Full`] where there is no session left: others may have taken them.
    fn open(&self, config: VideoConfig) -> Result<Box<dyn VideoEncoder>, VideoError>;
}

/// What a device can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// What it makes.
    pub codec: VideoCodec,
    /// The least width and height of a picture.
    pub least: Size<Pixels>,
    /// The greatest longer and shorter side of a picture.
    pub most: (u32, u32),
    /// What width and height must be multiples of.
    pub alignment: u32,
    /// How many encoders there can be at once; `None`: as many as memory allows.
    pub sessions: Option<u32>,
    /// Whether the rate can change without a keyframe. Where it cannot, it changes seldom and in coarse
    /// steps.
    pub rate_without_keyframe: bool,
    /// Whether a requested keyframe is one that a decoder can begin with: IDR, with its parameter sets. Where
    /// it is not, the encoder is opened anew instead.
    pub true_idr: bool,
    /// Whether the stream itself says its range and matrix. Where it does not, they are as the protocol says.
    pub says_colour: bool,
    /// After how many pictures there is a keyframe in any case; `None`: never.
    pub longest_gop: Option<u32>,
}

impl Capabilities {
    /// Those of the software encoder, which is always there.
    pub const SOFTWARE: Capabilities = Capabilities {
        codec: VideoCodec::H264,
        least: Size::new(VideoConfig::MIN_SIDE, VideoConfig::MIN_SIDE),
        most: (VideoConfig::MAX_LONG_SIDE, VideoConfig::MAX_SHORT_SIDE),
        alignment: 2,
        sessions: None,
        rate_without_keyframe: true,
        true_idr: true,
        says_colour: true,
        longest_gop: None,
    };

    /// Whether pictures of this size can be encoded.
    pub fn fits(&self, size: Size<Pixels>) -> bool {
        let (long, short) = (size.w.max(size.h), size.w.min(size.h));
        let aligned = |side: u32| side.is_multiple_of(self.alignment.max(1));
        size.w >= self.least.w
            && size.h >= self.least.h
            && long <= self.most.0
            && short <= self.most.1
            && aligned(size.w)
            && aligned(size.h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_fit_by_sides_and_alignment() {
        let narrow = Capabilities { least: Size::new(160, 64), alignment: 16, ..Capabilities::SOFTWARE };
        assert!(narrow.fits(Size::new(160, 64)) && narrow.fits(Size::new(1920, 1088)));
        assert!(!narrow.fits(Size::new(144, 64)), "too narrow");
        assert!(!narrow.fits(Size::new(1920, 1080)), "not aligned");
        assert!(!narrow.fits(Size::new(3856, 64)) && !narrow.fits(Size::new(2176, 2176)), "too large");
        assert!(Capabilities::SOFTWARE.fits(Size::new(2160, 3840)), "upright");
    }
}
