//! Rate control for encoders that are told a quantiser for each picture.
//!
//! openh264's own cannot bound keyframes, lets noise through at many times its rate, and knows no varying
//! frame rate. This one keeps a debt: what was made minus what the rate has carried off since. A picture that
//! comes while the debt is too great is skipped.

use std::time::Duration;

use media::Timestamp;

use super::{Content, VideoConfig};

/// Chooses quantisers. The bits of a picture halve about every six steps.
#[derive(Clone, Debug)]
pub(super) struct RateControl {
    config: VideoConfig,
    qp: f32,
    /// What was made beyond the aimed rate.
    debt: f64,
    /// What was made beyond the ceiling.
    backlog: f64,
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

/// Pictures are skipped while the backlog takes longer than this.
const MOST_BACKLOG: Duration = Duration::from_millis(400);

/// The debt that the quantiser aims at paying off within.
const PAY_OFF: Duration = Duration::from_millis(500);

/// A longer pause says nothing about the frame rate.
const PAUSE: Duration = Duration::from_millis(500);

impl RateControl {
    pub(super) fn new(config: VideoConfig) -> Self {
        let interval = Duration::from_secs_f32(1.0 / config.frame_rate.clamp(1.0, 240.0));
        Self { config, qp: FIRST_QP, debt: 0.0, backlog: 0.0, interval, last: None }
    }

    /// Goes on with another rate.
    pub(super) fn configure(&mut self, config: VideoConfig) {
        self.config = config;
    }

    /// The quantiser for a picture that comes now, or `None` to skip it.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<u8> {
        if let Some(last) = self.last {
            let passed = now.since(last);
            self.debt = (self.debt - bits(self.config.bitrate, passed)).max(0.0);
            self.backlog = (self.backlog - bits(self.config.ceiling, passed)).max(0.0);
            if passed < PAUSE {
                self.interval = (self.interval * 7 + passed.max(Duration::from_millis(4))) / 8;
            }
        }
        self.last = Some(now);
        (self.backlog <= bits(self.config.ceiling, MOST_BACKLOG)).then(|| self.rounded())
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
        let made = bytes as f64 * 8.0;
        // A debt that no quantiser can pay off says nothing but that the picture is what it is.
        self.debt = (self.debt + made).min(bits(self.config.bitrate, PAY_OFF * 2));
        self.backlog += made;
        if keyframe {
            // What it leaves to do is little compared with the keyframe itself.
            return;
        }
        let share = bits(self.config.bitrate, self.interval);
        let repaid = self.debt * (self.interval.as_secs_f64() / PAY_OFF.as_secs_f64());
        let target = (share * 1.3 - repaid).max(share * 0.3);
        let step = ((made / target).log2() * 6.0) as f32;
        self.qp = (self.qp + step.clamp(BETTER, WORSE)).clamp(BEST_QP, self.worst());
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

fn bits(rate: u32, time: Duration) -> f64 {
    f64::from(rate) * time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use media::Size;

    use super::*;

    /// Plays pictures of so many bytes at quantiser 32, and answers the rate, the last quantiser and how many
    /// were skipped.
    fn play(bytes: f32, bitrate: u32, ceiling: u32) -> (f64, u8, u32) {
        let config = VideoConfig {
            size: Size::new(640, 360),
            bitrate,
            ceiling,
            keyframe_bytes: 10_000,
            frame_rate: 30.0,
            content: Content::Motion,
        };
        let mut rate = RateControl::new(config);
        let (mut sent, mut skipped, mut last) = (0.0, 0, 0);
        for picture in 0..300u32 {
            let Some(qp) = rate.begin(Timestamp(u64::from(picture) * 33_333)) else {
                skipped += 1;
                continue;
            };
            let made = bytes * ((32.0 - f32::from(qp)) / 6.0).exp2();
            rate.end(made as usize, picture == 0);
            if picture >= 60 {
                sent += f64::from(made) * 8.0;
            }
            last = qp;
        }
        // The last 240 pictures took 8 seconds.
        (sent / 8.0, last, skipped)
    }

    #[test]
    fn the_quantiser_finds_the_rate() {
        let (rate, qp, skipped) = play(10_000.0, 1_000_000, 10_000_000);
        assert!((0.6e6..1.3e6).contains(&rate), "{rate} bit/s at {qp}");
        assert_eq!(skipped, 0);
    }

    #[test]
    fn what_is_cheap_is_not_made_dearer_than_it_must() {
        let (_, qp, skipped) = play(50.0, 1_000_000, 1_000_000);
        assert_eq!((f32::from(qp), skipped), (BEST_QP, 0));
    }

    #[test]
    fn only_the_ceiling_makes_pictures_skip() {
        let (_, qp, skipped) = play(400_000.0, 1_000_000, 1_000_000_000);
        assert_eq!((f32::from(qp), skipped), (WORST_MOTION_QP, 0));
        let (rate, _, skipped) = play(400_000.0, 1_000_000, 1_000_000);
        assert!(skipped > 100 && rate < 1.3e6, "{skipped} skipped, {rate} bit/s");
    }
}
