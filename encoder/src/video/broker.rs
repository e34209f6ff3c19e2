//! Who encodes: devices are scarce and fail, so one broker lends them out.
//!
//! Invariants: there is always an encoder for a picture that video can show at all, since the last device is
//! software without limits; a device gets only what it said and showed that it can do; a device that failed
//! is left alone for a while, longer each time; what is lent out comes back when its [`Lease`] is dropped.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use media::{Frame, Pixels, Size, Timestamp};
use tracing::{info, warn};

use super::{
    Capabilities, Content, Device, Lease, OpenH264Device, Planes, Progress, VideoConfig, VideoEncoder,
    VideoError, annex_b::Parts,
};

/// Lends encoders. Clones are the same broker.
#[derive(Clone)]
pub struct Broker(Arc<Vec<Arc<Slot>>>);

/// What the broker knows of one device, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The device's name.
    pub name: String,
    /// What it can do, as far as it was tried.
    pub capabilities: Capabilities,
    /// How many encoders of it are lent out.
    pub lent: u32,
    /// Why it is left alone now, if it is.
    pub trouble: Option<String>,
}

/// One device and what became of it so far.
pub(super) struct Slot {
    pub(super) device: Arc<dyn Device>,
    state: Mutex<State>,
}

struct State {
    can: Capabilities,
    lent: u32,
    health: Health,
}

enum Health {
    /// It works, as far as is known.
    Usable,
    /// It failed the probe at start: it is never used.
    Unfit { reason: String },
    /// It failed at work, so many times in a row, and is left alone until then.
    Resting { failures: u32, until: Timestamp, reason: String },
    /// It failed so many times in a row, and has made so many pictures since.
    OnTrial { failures: u32, pictures: u32 },
}

/// For how long a device is left alone after its first failure; twice as long after each further one.
const FIRST_REST: Duration = Duration::from_secs(1);
/// How many times that doubles.
const MOST_DOUBLINGS: u32 = 6;
/// After how many good pictures a device is trusted as before.
const TRIAL_PICTURES: u32 = 300;
/// How long the probe waits for a picture. Devices may need to load firmware.
const PROBE_WAIT: Duration = Duration::from_secs(3);

impl Broker {
    /// Tries every device by really encoding, the most wanted first, and adds software as the last.
    pub fn new(devices: Vec<Arc<dyn Device>>) -> Self {
        let mut slots: Vec<_> = devices.into_iter().map(Slot::probed).collect();
        // It needs no trial: it is what all others are measured by.
        slots.push(Slot::new(Arc::new(OpenH264Device), Capabilities::SOFTWARE, Health::Usable));
        Self(Arc::new(slots.into_iter().map(Arc::new).collect()))
    }

    /// The best encoder that is free for such pictures. Scarce ones go to `lasting` motion only.
    pub fn lease(&self, config: VideoConfig, lasting: bool, now: Timestamp) -> Result<Lease, VideoError> {
        let mut refusal = VideoError::Size(config.size);
        for slot in self.0.iter() {
            if !slot.take(config.size, lasting, now) {
                continue;
            }
            match slot.device.open(config) {
                Ok(encoder) => return Ok(Lease::new(Arc::clone(slot), encoder, config)),
                Err(error) => {
                    slot.give_back();
                    if error.falls_back() {
                        slot.failed(now, &error);
                    }
                    refusal = error;
                }
            }
        }
        Err(refusal)
    }

    /// How many encoders of scarce devices can be at work at once, if none fails.
    pub fn scarce(&self) -> u32 {
        self.0.iter().map(|slot| slot.scarce()).fold(0, u32::saturating_add)
    }

    /// What is known of every device, the most wanted first.
    pub fn report(&self) -> Vec<Report> {
        self.0.iter().map(|slot| slot.report()).collect()
    }
}

impl Default for Broker {
    /// Software only.
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Slot {
    fn new(device: Arc<dyn Device>, can: Capabilities, health: Health) -> Self {
        Self { device, state: Mutex::new(State { can, lent: 0, health }) }
    }

    fn probed(device: Arc<dyn Device>) -> Self {
        let claimed = device.capabilities();
        match probe(&*device, claimed) {
            Ok(can) => {
                info!(device = device.name(), ?can, "a video encoder can be used");
                Self::new(device, can, Health::Usable)
            }
            Err(reason) => {
                let reason = reason.to_string();
                warn!(device = device.name(), reason, "a video encoder cannot be used");
                Self::new(device, claimed, Health::Unfit { reason })
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn can(&self) -> Capabilities {
        self.state().can
    }

    fn scarce(&self) -> u32 {
        let state = self.state();
        match state.health {
            Health::Unfit { .. } => 0,
            Health::Usable | Health::Resting { .. } | Health::OnTrial { .. } => {
                state.can.sessions.unwrap_or(0)
            }
        }
    }

    /// Takes one of its encoders, if there is one for such pictures.
    fn take(&self, size: Size<Pixels>, lasting: bool, now: Timestamp) -> bool {
        let mut state = self.state();
        let left = state.can.sessions.is_none_or(|sessions| lasting && state.lent < sessions);
        let free = state.can.fits(size) && left && state.health.allows(now);
        if free {
            state.lent += 1;
        }
        free
    }

    pub(super) fn give_back(&self) {
        let mut state = self.state();
        state.lent = state.lent.saturating_sub(1);
    }

    /// It did what it should.
    pub(super) fn worked(&self) {
        let mut state = self.state();
        if let Health::OnTrial { pictures, .. } = &mut state.health {
            *pictures += 1;
            if *pictures == TRIAL_PICTURES {
                state.health = Health::Usable;
            }
        }
    }

    /// It said that keyframes can be requested, and made none that a decoder can begin with.
    pub(super) fn makes_no_idr(&self) {
        self.state().can.true_idr = false;
    }

    /// It failed: it is left alone for a while.
    pub(super) fn failed(&self, now: Timestamp, reason: &VideoError) {
        let mut state = self.state();
        let failures = match state.health {
            Health::Usable => 1,
            Health::OnTrial { failures, .. } => failures + 1,
            // Several encoders of one device fail together when it does.
            Health::Unfit { .. } | Health::Resting { .. } => return,
        };
        let rest = FIRST_REST * 2u32.pow((failures - 1).min(MOST_DOUBLINGS));
        warn!(device = self.device.name(), %reason, rest_ms = rest.as_millis(), "a video encoder failed");
        state.health = Health::Resting { failures, until: now + rest, reason: reason.to_string() };
    }

    fn report(&self) -> Report {
        let state = self.state();
        let trouble = match &state.health {
            Health::Usable | Health::OnTrial { .. } => None,
            Health::Unfit { reason } | Health::Resting { reason, .. } => Some(reason.clone()),
        };
        Report { name: self.device.name().to_owned(), capabilities: state.can, lent: state.lent, trouble }
    }
}

impl Health {
    /// Whether the device may be tried. One that has rested long enough is on trial from now on.
    fn allows(&mut self, now: Timestamp) -> bool {
        match self {
            Health::Usable | Health::OnTrial { .. } => true,
            Health::Unfit { .. } => false,
            Health::Resting { failures, until, .. } => {
                let rested = now >= *until;
                if rested {
                    *self = Health::OnTrial { failures: *failures, pictures: 0 };
                }
                rested
            }
        }
    }
}

/// Encodes a few pictures, and answers what the device can really do.
fn probe(device: &dyn Device, claimed: Capabilities) -> Result<Capabilities, VideoError> {
    let side = |least: u32| least.max(64).next_multiple_of(claimed.alignment.max(2));
    let size = Size::new(side(claimed.least.w), side(claimed.least.h));
    let mut config = VideoConfig {
        size,
        bitrate: 1_000_000,
        ceiling: 1_000_000,
        keyframe_bytes: 100_000,
        frame_rate: 30.0,
        content: Content::Motion,
    };
    let mut encoder = device.open(config)?;
    let mut number = 0;
    let mut next = |encoder: &mut dyn VideoEncoder| {
        number += 1;
        encode_one(encoder, size, number)
    };
    if !next(&mut *encoder)?.can_begin() {
        return Err(VideoError::Broken("its first picture is none that a decoder can begin with"));
    }
    if next(&mut *encoder)?.idr {
        return Err(VideoError::Broken("every picture is a keyframe"));
    }
    encoder.request_keyframe();
    let true_idr = next(&mut *encoder)?.can_begin();
    config.bitrate /= 2;
    encoder.configure(config)?;
    let rate_without_keyframe = !next(&mut *encoder)?.idr;
    Ok(Capabilities {
        true_idr: claimed.true_idr && true_idr,
        rate_without_keyframe: claimed.rate_without_keyframe && rate_without_keyframe,
        ..claimed
    })
}

fn encode_one(encoder: &mut dyn VideoEncoder, size: Size<Pixels>, number: u64) -> Result<Parts, VideoError> {
    let mut frame = Frame::new(size);
    // A ramp that moves: nothing that could be skipped, nothing that is hard to encode.
    for (i, byte) in frame.data_mut().iter_mut().enumerate() {
        *byte = (i as u64 / 4 + number * 8) as u8;
    }
    let mut planes = Planes::new();
    planes.read(&frame, size.to_rect());
    encoder.submit(&planes, Timestamp(number * 33_333))?;
    match encoder.poll(PROBE_WAIT)? {
        Progress::Pending => Err(VideoError::Hung(PROBE_WAIT)),
        Progress::Skipped => Err(VideoError::Broken("it skipped a picture that fits its rate")),
        Progress::Encoded(unit) => Ok(Parts::of(&unit.data)),
    }
}
