//! H.264 in software, by Cisco's openh264.

use media::{Pixels, Size, Timestamp};
use openh264::{
    OpenH264API, Timestamp as StreamTime,
    encoder::{
        BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Profile,
        QpRange, RateControlMode, UsageType, VuiConfig,
    },
    formats::YUVSource,
};
use openh264_sys2::{
    ENCODER_OPTION_BITRATE, ENCODER_OPTION_FRAME_RATE, ENCODER_OPTION_MAX_BITRATE, SBitrateInfo,
    SPATIAL_LAYER_ALL,
};

use super::{AccessUnit, Content, Planes, VideoConfig, VideoEncoder, VideoError};

/// One openh264 encoder. Its memory is several times that of a picture, so it is best dropped when motion ends.
pub struct OpenH264 {
    encoder: Encoder,
    config: VideoConfig,
}

impl OpenH264 {
    /// A new encoder.
    pub fn new(config: VideoConfig) -> Result<Self, VideoError> {
        let even = config.size.w.is_multiple_of(2) && config.size.h.is_multiple_of(2);
        if !even || !VideoConfig::fits(config.size) {
            return Err(VideoError::Size(config.size));
        }
        let encoder =
            Encoder::with_api_config(OpenH264API::from_source(), settings(config)).map_err(failed)?;
        Ok(Self { encoder, config })
    }
}

impl VideoEncoder for OpenH264 {
    fn configure(&mut self, config: VideoConfig) -> Result<(), VideoError> {
        if config.size != self.config.size || config.content != self.config.content {
            *self = Self::new(config)?;
            return Ok(());
        }
        if config.bitrate != self.config.bitrate {
            set_bitrate(&mut self.encoder, config.bitrate)?;
        }
        if config.frame_rate != self.config.frame_rate {
            set_frame_rate(&mut self.encoder, config.frame_rate)?;
        }
        self.config = config;
        Ok(())
    }

    fn request_keyframe(&mut self) {
        self.encoder.force_intra_frame();
    }

    fn encode(&mut self, picture: &Planes, now: Timestamp) -> Result<Option<AccessUnit>, VideoError> {
        if picture.size() != self.config.size {
            return Err(VideoError::Mismatch { got: picture.size(), configured: self.config.size });
        }
        let at = StreamTime::from_millis(now.0 / 1000);
        let unit = self.encoder.encode_at(&Source(picture), at).map_err(failed)?;
        let keyframe = match unit.frame_type() {
            FrameType::IDR => true,
            FrameType::Skip | FrameType::Invalid => return Ok(None),
            FrameType::I | FrameType::P | FrameType::IPMixed => false,
        };
        let data = unit.to_vec();
        Ok((!data.is_empty()).then_some(AccessUnit { data, keyframe }))
    }
}

fn settings(config: VideoConfig) -> EncoderConfig {
    let screen = config.content == Content::Screen;
    let usage = if screen { UsageType::ScreenContentRealTime } else { UsageType::CameraVideoRealTime };
    EncoderConfig::new()
        .bitrate(BitRate::from_bps(config.bitrate))
        .max_frame_rate(FrameRate::from_hz(config.frame_rate))
        .usage_type(usage)
        .rate_control_mode(RateControlMode::Bitrate)
        // Without skipping, the rate has no bound at all.
        .skip_frames(true)
        .complexity(Complexity::Low)
        .profile(Profile::Baseline)
        .qp(QpRange::new(BEST_QP, WORST_QP))
        // Keyframes come when they are asked for: links lose nothing.
        .intra_frame_period(IntraFramePeriod::auto())
        // Each kind of content refuses what belongs to the other, and says so on stderr.
        .scene_change_detect(screen)
        .adaptive_quantization(!screen)
        .background_detection(!screen)
        .num_threads(1)
        .vui(VuiConfig::bt709_full())
}

/// What is better than this is sent as exact tiles when it rests.
const BEST_QP: u8 = 18;
const WORST_QP: u8 = 51;

#[expect(unsafe_code, reason = "the safe interface cannot change the rate of a running encoder")]
fn set_bitrate(encoder: &mut Encoder, bitrate: u32) -> Result<(), VideoError> {
    let bitrate = i32::try_from(bitrate).unwrap_or(i32::MAX);
    let mut info = SBitrateInfo { iLayer: SPATIAL_LAYER_ALL, iBitrate: bitrate };
    let pointer = (&raw mut info).cast();
    for option in [ENCODER_OPTION_MAX_BITRATE, ENCODER_OPTION_BITRATE] {
        // SAFETY: both options take an SBitrateInfo, which is read during the call only, and neither is one of those
        // (size, data format) that the safe interface relies on.
        let status = unsafe { encoder.raw_api().set_option(option, pointer) };
        succeeded(status)?;
    }
    Ok(())
}

#[expect(unsafe_code, reason = "the safe interface cannot change the frame rate of a running encoder")]
fn set_frame_rate(encoder: &mut Encoder, mut frame_rate: f32) -> Result<(), VideoError> {
    let pointer = (&raw mut frame_rate).cast();
    // SAFETY: this option takes a float, which is read during the call only; the safe interface does not rely on it.
    succeeded(unsafe { encoder.raw_api().set_option(ENCODER_OPTION_FRAME_RATE, pointer) })
}

fn succeeded(status: i32) -> Result<(), VideoError> {
    if status == 0 { Ok(()) } else { Err(VideoError::Encoder(format!("openh264 answers {status}"))) }
}

fn failed(error: openh264::Error) -> VideoError {
    VideoError::Encoder(error.to_string())
}

struct Source<'a>(&'a Planes);

impl YUVSource for Source<'_> {
    fn dimensions(&self) -> (usize, usize) {
        let Size { w, h, .. }: Size<Pixels> = self.0.size();
        (w as usize, h as usize)
    }

    fn strides(&self) -> (usize, usize, usize) {
        let (width, _) = self.dimensions();
        (width, width / 2, width / 2)
    }

    fn y(&self) -> &[u8] {
        self.0.y()
    }

    fn u(&self) -> &[u8] {
        self.0.u()
    }

    fn v(&self) -> &[u8] {
        self.0.v()
    }
}
