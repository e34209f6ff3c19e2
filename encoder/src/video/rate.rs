//! Rate control for encoders that are told a quantiser for each picture.
//!
//! openh264's own cannot bound keyframes, lets noise through at many times its rate, and knows no varying frame rate.
//! This one keeps a debt: what was made minus what the rate has carried off since. A picture that comes while the
//! debt is too great is skipped.

use std::time::Duration;

use media::Timestamp;

use super::{Content, VideoConfig};

/// Chooses quantisers. The bits of a picture halve about every six steps.
#[derive(Clone, Debug)]
pub(super) struct RateControl {
    config: VideoConfig,
    qp: f32,
    debt: f64,
    interval: Duration,
    last: Option<Timestamp>,
}

/// Better is not needed: what rests is sent again as exact tiles.
const BEST_QP: f32 = 22.0;

/// Text is no longer readable beyond, so that a first look at it would be worth nothing.
const WORST_SCREEN_QP: f32 = 44.0;
const WORST_MOTION_QP: f32 = 51.0;

const FIRST_QP: f32 = 32.0;

/// How far a picture's quantiser may be from the last one's: quickly worse, slowly better.
const WORSE: f32 = 6.0;
const BETTER: f32 = -1.0;

/// Pictures are skipped while the debt takes longer than this.
const MOST_DEBT: Duration = Duration::from_millis(400);

/// The debt that the quantiser aims at paying off within.
const PAY_OFF: Duration = Duration::from_millis(500);

/// A longer pause says nothing about the frame rate.
const PAUSE: Duration = Duration::from_millis(500);

impl RateControl {
    pub(super) fn new(config: VideoConfig) -> Self {
        let interval = Duration::from_secs_f32(1.0 / config.frame_rate.clamp(1.0, 240.0));
        Self { config, qp: FIRST_QP, debt: 0.0, interval, last: None }
    }

    /// Goes on with another rate.
    pub(super) fn configure(&mut self, config: VideoConfig) {
        self.config = config;
    }

    /// The quantiser for a picture that comes now, or `None` to skip it.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<u8> {
        if let Some(last) = self.last {
            let passed = now.since(last);
            self.debt = (self.debt - self.bits_in(passed)).max(0.0);
            if passed < PAUSE {
                self.interval = (self.interval * 7 + passed.max(Duration::from_millis(4))) / 8;
            }
        }
        self.last = Some(now);
        (self.debt <= self.bits_in(MOST_DEBT)).then(|| self.rounded())
    }

    /// A keyframe of so many bytes was made. Answers the quantiser to try again with, if it is too large.
    pub(super) fn again(&mut self, bytes: usize) -> Option<u8> {
        let excess = bytes as f32 / self.config.keyframe_bytes.max(1) as f32;
        if excess <= 1.3 || self.qp >= self.worst() {
            return None;
        }
        self.qp = (self.qp + (excess.log2() * 6.0).max(2.0)).min(self.worst());
        Some(self.rounded())
    }

    /// A picture of so many bytes was sent.
    pub(super) fn end(&mut self, bytes: usize, keyframe: bool) {
        let bits = bytes as f64 * 8.0;
        self.debt += bits;
        if keyframe {
            // What it leaves to do is little compared with the keyframe itself.
            return;
        }
        let share = self.bits_in(self.interval);
        let repaid = self.debt * (self.interval.as_secs_f64() / PAY_OFF.as_secs_f64());
        let target = (share * 1.3 - repaid).max(share * 0.3);
        let step = ((bits / target).log2() * 6.0) as f32;
        self.qp = (self.qp + step.clamp(BETTER, WORSE)).clamp(BEST_QP, self.worst());
    }

    fn bits_in(&self, time: Duration) -> f64 {
        f64::from(self.config.bitrate) * time.as_secs_f64()
    }

    fn worst(&self) -> f32 {
        match self.config.content {
            Content::Screen => WORST_SCREEN_QP,
            Content::Motion => WORST_MOTION_QP,
        }
    }

    fn rounded(&self) -> u8 {
        self.qp.round() as u8
    }
}
