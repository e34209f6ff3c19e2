//! H.264 in software, by Cisco's openh264.

use std::time::Duration;

use media::{Pixels, Size, Timestamp};
use openh264::{
    OpenH264API, Timestamp as StreamTime,
    encoder::{
        Complexity, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, Profile, RateControlMode,
        UsageType, VuiConfig,
    },
    formats::YUVSource,
};
use openh264_sys2::{ENCODER_OPTION_SVC_ENCODE_PARAM_EXT, SEncParamExt};

use super::{
    AccessUnit, Capabilities, Content, Device, Planes, Progress, VideoConfig, VideoEncoder, VideoError,
    rate::RateControl,
};

/// One openh264 encoder. Its memory is several times that of a picture, so it is best dropped when motion
/// ends.
pub struct OpenH264 {
    encoder: Encoder,
    config: VideoConfig,
    rate: RateControl,
    /// The quantiser that the encoder was last told; `None` before its first picture.
    qp: Option<u8>,
    /// What became of the picture that was submitted, until it is asked for.
    made: Option<Option<AccessUnit>>,
}

/// Makes [`OpenH264`] encoders, as many as are wanted.
#[derive(Clone, Copy, Debug)]
pub struct OpenH264Device;

impl Device for OpenH264Device {
    fn name(&self) -> &str {
        "openh264"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::SOFTWARE
    }

    fn open(&self, config: VideoConfig) -> Result<Box<dyn VideoEncoder>, VideoError> {
        Ok(Box::new(OpenH264::new(config)?))
    }
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
        Ok(Self { encoder, config, rate: RateControl::new(config), qp: None, made: None })
    }

    fn encode_with(
        &mut self,
        qp: u8,
        picture: &Planes,
        at: StreamTime,
    ) -> Result<Option<AccessUnit>, VideoError> {
        // Before its first picture the encoder has no parameters that could be changed.
        if self.qp.is_some_and(|told| told != qp) {
            set_quantiser(&mut self.encoder, qp)?;
            self.qp = Some(qp);
        }
        let unit = self.encoder.encode_at(&Source(picture), at).map_err(failed)?;
        self.qp.get_or_insert(DEFAULT_QP);
        let keyframe = match unit.frame_type() {
            FrameType::IDR => true,
            FrameType::Skip | FrameType::Invalid => return Ok(None),
            FrameType::I | FrameType::P | FrameType::IPMixed => false,
        };
        let data = unit.to_vec();
        Ok((!data.is_empty()).then_some(AccessUnit { data, keyframe }))
    }
}

impl VideoEncoder for OpenH264 {
    fn configure(&mut self, config: VideoConfig) -> Result<(), VideoError> {
        if config.size != self.config.size || config.content != self.config.content {
            *self = Self::new(config)?;
        } else {
            self.config = config;
            self.rate.configure(config);
        }
        Ok(())
    }

    fn request_keyframe(&mut self) {
        self.encoder.force_intra_frame();
    }

    fn submit(&mut self, picture: &Planes, now: Timestamp) -> Result<(), VideoError> {
        if picture.size() != self.config.size {
            return Err(VideoError::Mismatch { got: picture.size(), configured: self.config.size });
        }
        self.made = Some(self.encode(picture, now)?);
        Ok(())
    }

    fn poll(&mut self, _wait: Duration) -> Result<Progress, VideoError> {
        // It encodes on the thread that submits.
        Ok(match self.made.take() {
            None => Progress::Pending,
            Some(None) => Progress::Skipped,
            Some(Some(unit)) => Progress::Encoded(unit),
        })
    }
}

impl OpenH264 {
    fn encode(&mut self, picture: &Planes, now: Timestamp) -> Result<Option<AccessUnit>, VideoError> {
        let Some(qp) = self.rate.begin(now) else { return Ok(None) };
        let at = StreamTime::from_millis(now.0 / 1000);
        let mut unit = self.encode_with(qp, picture, at)?;
        for _ in 0..MOST_TRIES {
            let Some(large) = unit.as_ref().filter(|unit| unit.keyframe) else { break };
            let Some(qp) = self.rate.again(large.data.len()) else { break };
            // Another keyframe depends on nothing, so the one before was never made.
            self.encoder.force_intra_frame();
            unit = self.encode_with(qp, picture, at)?;
        }
        if let Some(unit) = &unit {
            self.rate.end(unit.data.len(), unit.keyframe);
        }
        Ok(unit)
    }
}

/// How often a keyframe is made anew because it was too large.
const MOST_TRIES: usize = 2;

/// What openh264 begins with.
const DEFAULT_QP: u8 = 26;

fn settings(config: VideoConfig) -> EncoderConfig {
    let screen = config.content == Content::Screen;
    let usage = if screen { UsageType::ScreenContentRealTime } else { UsageType::CameraVideoRealTime };
    EncoderConfig::new()
        .max_frame_rate(FrameRate::from_hz(config.frame_rate))
        .usage_type(usage)
        // Each picture is told its quantiser, and skipping is decided before.
        .rate_control_mode(RateControlMode::Off)
        .skip_frames(false)
        .complexity(Complexity::Low)
        .profile(Profile::Baseline)
        // Keyframes come when they are asked for: links lose nothing.
        .intra_frame_period(IntraFramePeriod::auto())
        // Each kind of content refuses what belongs to the other, and says so on stderr.
        .scene_change_detect(screen)
        .adaptive_quantization(!screen)
        .background_detection(!screen)
        .num_threads(1)
        .vui(VuiConfig::bt709_full())
}

#[expect(unsafe_code, reason = "the safe interface cannot change the quantiser of a running encoder")]
fn set_quantiser(encoder: &mut Encoder, qp: u8) -> Result<(), VideoError> {
    let mut parameters = SEncParamExt::default();
    let pointer = (&raw mut parameters).cast();
    // SAFETY: this option writes one SEncParamExt, and is asked after the encoder's first picture, when there
    // is one.
    succeeded(unsafe { encoder.raw_api().get_option(ENCODER_OPTION_SVC_ENCODE_PARAM_EXT, pointer) })?;
    parameters.sSpatialLayers[0].iDLayerQp = i32::from(qp);
    let pointer = (&raw mut parameters).cast();
    // SAFETY: this option reads one SEncParamExt during the call. All that the safe interface relies on
    // (size, data format) is as the encoder itself just said.
    succeeded(unsafe { encoder.raw_api().set_option(ENCODER_OPTION_SVC_ENCODE_PARAM_EXT, pointer) })
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
