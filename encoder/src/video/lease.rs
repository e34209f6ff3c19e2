//! An encoder that was lent, watched over while it works.

use std::{sync::Arc, time::Duration};

use media::Timestamp;

use super::{
    AccessUnit, Planes, Progress, VideoConfig, VideoEncoder, VideoError, annex_b::Parts, broker::Slot,
};

/// An encoder on loan from a [`super::Broker`], which gets it back when this is dropped.
///
/// Every access unit is looked at before it leaves: the first is one that a decoder can begin with, keyframes
/// are what they are called, and there is a picture in each. An error that [`VideoError::falls_back`] ends
/// the lease's use: the next one goes to another device, and the viewer sees a new stream that begins with a
/// keyframe.
pub struct Lease {
    slot: Arc<Slot>,
    encoder: Box<dyn VideoEncoder>,
    config: VideoConfig,
    /// When the encoder was last told another rate.
    rate_told: Option<Timestamp>,
    next: Next,
    /// How many pictures in a row took too long.
    slow: u32,
}

/// Runs what waits for a device, so that others can use the processor meanwhile.
pub type Blocking = dyn Fn(&mut dyn FnMut());

/// What the next access unit must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The first of all: a keyframe, or the device is broken.
    First,
    /// A keyframe was requested.
    Requested,
    /// Whatever the encoder makes of it.
    Any,
}

/// How long a device may take for a picture before another takes over. It decides who encodes, never what is
/// shown.
const WATCHDOG: Duration = Duration::from_millis(200);
/// A device that takes longer than this for each of several pictures is slower than software.
const SLOW: Duration = Duration::from_millis(80);
const SLOW_PICTURES: u32 = 5;

/// How often a device that makes a keyframe of every new rate is told one.
const RATE_PERIOD: Duration = Duration::from_secs(1);
/// And from which ratio of rates on.
const RATE_STEP: f32 = 1.25;

impl Lease {
    pub(super) fn new(slot: Arc<Slot>, encoder: Box<dyn VideoEncoder>, config: VideoConfig) -> Self {
        Self { slot, encoder, config, rate_told: None, next: Next::First, slow: 0 }
    }

    /// The device's name.
    pub fn device(&self) -> &str {
        self.slot.device.name()
    }

    /// Whether the device is so slow that another should go on.
    pub fn is_too_slow(&self) -> bool {
        self.slow >= SLOW_PICTURES
    }

    /// Applies a new configuration of the same size from the next picture on, or later if a change is dear.
    pub fn configure(&mut self, config: VideoConfig, now: Timestamp) -> Result<(), VideoError> {
        let mut config = config;
        if !self.slot.can().rate_without_keyframe && !self.may_change_rate(config, now) {
            (config.bitrate, config.ceiling) = (self.config.bitrate, self.config.ceiling);
            config.frame_rate = self.config.frame_rate;
        } else {
            self.rate_told = Some(now);
        }
        if config == self.config {
            return Ok(());
        }
        if config.size != self.config.size || config.content != self.config.content {
            self.next = Next::First;
        }
        let told = self.encoder.configure(config);
        self.judged(told, now)?;
        self.config = config;
        Ok(())
    }

    /// Makes the next access unit one that a decoder can begin with.
    pub fn request_keyframe(&mut self) {
        if self.next == Next::Any {
            self.next = Next::Requested;
        }
        self.encoder.request_keyframe();
    }

    /// Encodes the next picture, of the configured size. `None`: it was skipped for the sake of the rate.
    pub fn encode(
        &mut self,
        picture: &Planes,
        now: Timestamp,
        blocking: &Blocking,
    ) -> Result<Option<AccessUnit>, VideoError> {
        if self.next == Next::Requested && !self.slot.can().true_idr {
            self.reopen(now)?;
        }
        let mut unit = self.encode_once(picture, now, blocking)?;
        if self.next == Next::Requested && unit.as_ref().is_some_and(|unit| !unit.keyframe) {
            // What the device said of itself is not so. The access unit was never sent.
            self.slot.makes_no_idr();
            self.reopen(now)?;
            unit = self.encode_once(picture, now, blocking)?;
        }
        if unit.is_some() {
            self.next = Next::Any;
            self.slot.worked();
        }
        Ok(unit)
    }

    fn encode_once(
        &mut self,
        picture: &Planes,
        now: Timestamp,
        blocking: &Blocking,
    ) -> Result<Option<AccessUnit>, VideoError> {
        let submitted = self.encoder.submit(picture, now);
        self.judged(submitted, now)?;
        let progress = match self.encoder.poll(Duration::ZERO) {
            Ok(Progress::Pending) => self.wait(blocking),
            done => {
                self.slow = 0;
                done
            }
        };
        let checked = progress.and_then(|progress| match progress {
            Progress::Pending => Err(VideoError::Hung(WATCHDOG)),
            Progress::Skipped => Ok(None),
            Progress::Encoded(unit) => checked(unit, self.next).map(Some),
        });
        let unit = self.judged(checked, now)?;
        if self.is_too_slow() {
            self.slot.failed(now, &VideoError::Hung(SLOW));
        }
        Ok(unit)
    }

    fn wait(&mut self, blocking: &Blocking) -> Result<Progress, VideoError> {
        let began = clock::now();
        let mut progress = Ok(Progress::Pending);
        blocking(&mut || progress = self.encoder.poll(WATCHDOG));
        let slow = clock::now().since(began) > SLOW;
        self.slow = if slow { self.slow + 1 } else { 0 };
        progress
    }

    fn reopen(&mut self, now: Timestamp) -> Result<(), VideoError> {
        let opened = self.slot.device.open(self.config);
        self.encoder = self.judged(opened, now)?;
        self.next = Next::First;
        Ok(())
    }

    /// Tells the broker of a device that failed.
    fn judged<T>(&self, result: Result<T, VideoError>, now: Timestamp) -> Result<T, VideoError> {
        result.inspect_err(|error| {
            if error.falls_back() {
                self.slot.failed(now, error);
            }
        })
    }

    fn may_change_rate(&self, config: VideoConfig, now: Timestamp) -> bool {
        let ratio = config.bitrate as f32 / self.config.bitrate.max(1) as f32;
        let far = ratio >= RATE_STEP || ratio <= 1.0 / RATE_STEP;
        far && self.rate_told.is_none_or(|told| now.since(told) >= RATE_PERIOD)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.slot.give_back();
    }
}

/// Holds an access unit against what it says of itself.
fn checked(unit: AccessUnit, next: Next) -> Result<AccessUnit, VideoError> {
    let parts = Parts::of(&unit.data);
    if !parts.slice {
        return Err(VideoError::Broken("an access unit without a picture"));
    }
    if parts.idr && !parts.can_begin() {
        return Err(VideoError::Broken("a keyframe without its parameter sets"));
    }
    if next == Next::First && !parts.can_begin() {
        return Err(VideoError::Broken("the first picture is none that a decoder can begin with"));
    }
    // A device may make a keyframe unasked, for instance of a new rate. An I slice that is no IDR picture is
    // none.
    Ok(AccessUnit { keyframe: parts.can_begin(), ..unit })
}
