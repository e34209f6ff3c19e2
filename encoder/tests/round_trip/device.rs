//! A device that encodes as openh264 does, and fails as hardware does.
//!
//! What it gets wrong is what GStreamer's VA-API and NVENC elements get wrong: `gstvah264enc.c` makes a
//! keyframe of every new rate and an I slice without parameter sets of a requested one; drivers hang, run out
//! of sessions, vanish.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use dormer_encoder::video::{
    Broker, Capabilities, Device, OpenH264, Planes, Progress, VideoConfig, VideoEncoder, VideoError,
};
use media::Timestamp;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// Each picture takes this long.
    Slow(Duration),
    /// From this picture of an encoder on, none comes out.
    HangsAt(u64),
    /// From this picture of an encoder on, none comes out, and whoever waits is kept until [`Fake::let_go`].
    KeepsWaitingAt(u64),
    /// From this picture of an encoder on, it answers with errors.
    DiesAt(u64),
    /// No encoder can be opened once the probe is over.
    OpensNone,
    /// Another process has taken all sessions but so many.
    Full(u32),
    /// A requested keyframe is an ordinary picture, though it says that it is one.
    NoIdrOnRequest,
    /// A keyframe comes without its parameter sets from this picture of an encoder on.
    BareKeyframeAt(u64),
    /// Another rate is a keyframe.
    KeyframeOnRate,
    /// A keyframe comes after so many pictures, whatever was asked for.
    ShortGop(u64),
    /// Rubbish comes out from this picture of an encoder on.
    RubbishAt(u64),
}

/// The device. It counts what was asked of it.
pub(crate) struct Fake {
    fault: Fault,
    can: Capabilities,
    open: Arc<AtomicU32>,
    /// How many encoders were ever opened.
    pub(crate) opened: AtomicU32,
    /// How many pictures came out.
    pub(crate) pictures: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

/// What those wait for who are kept waiting.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    waiting: AtomicU32,
    opened: Condvar,
}

/// How many encoders the probe at start takes.
const PROBES: u32 = 1;

impl Fake {
    /// One that says it is scarce, as hardware is, and has this fault.
    pub(crate) fn with(fault: Fault) -> Arc<Self> {
        Arc::new(Self::new(fault, Capabilities { sessions: Some(8), ..Capabilities::SOFTWARE }))
    }

    /// One without faults.
    pub(crate) fn well() -> Arc<Self> {
        Self::with(Fault::None)
    }

    /// One without faults that can do only this.
    pub(crate) fn that_can(can: Capabilities) -> Arc<Self> {
        Arc::new(Self::new(Fault::None, can))
    }

    fn new(fault: Fault, can: Capabilities) -> Self {
        let opened = AtomicU32::new(0);
        Self { fault, can, open: Arc::default(), opened, pictures: Arc::default(), gate: Arc::default() }
    }

    /// Lets those go who are kept waiting, without a picture.
    pub(crate) fn let_go(&self) {
        *self.gate.open.lock().expect("nobody panics under it") = true;
        self.gate.opened.notify_all();
    }

    /// A broker that has it, and software.
    pub(crate) fn broker(self: Arc<Self>) -> Broker {
        Broker::new(vec![self])
    }

    /// How many were ever kept waiting.
    pub(crate) fn waiting(&self) -> u32 {
        self.gate.waiting.load(Ordering::SeqCst)
    }

    /// How many encoders are open now.
    pub(crate) fn open_now(&self) -> u32 {
        self.open.load(Ordering::SeqCst)
    }
}

impl Device for Fake {
    fn name(&self) -> &str {
        "fake"
    }

    fn capabilities(&self) -> Capabilities {
        self.can
    }

    fn open(&self, config: VideoConfig) -> Result<Box<dyn VideoEncoder>, VideoError> {
        let before = self.opened.load(Ordering::SeqCst);
        match self.fault {
            Fault::OpensNone if before >= PROBES => {
                return Err(VideoError::Encoder("no such device".to_owned()));
            }
            Fault::Full(left) if before >= PROBES && self.open_now() >= left => return Err(VideoError::Full),
            _ => {}
        }
        let inner = OpenH264::new(config)?;
        self.opened.fetch_add(1, Ordering::SeqCst);
        self.open.fetch_add(1, Ordering::SeqCst);
        // The probe sees a device that is well, as it usually is.
        let fault = if before < PROBES { probe_sees(self.fault) } else { self.fault };
        Ok(Box::new(FakeEncoder {
            inner,
            config,
            fault,
            number: 0,
            open: Arc::clone(&self.open),
            pictures: Arc::clone(&self.pictures),
            gate: Arc::clone(&self.gate),
        }))
    }
}

/// What of a fault shows in the first few pictures.
fn probe_sees(fault: Fault) -> Fault {
    match fault {
        Fault::KeyframeOnRate => fault,
        _ => Fault::None,
    }
}

struct FakeEncoder {
    inner: OpenH264,
    config: VideoConfig,
    fault: Fault,
    number: u64,
    open: Arc<AtomicU32>,
    pictures: Arc<AtomicU64>,
    gate: Arc<Gate>,
}

impl VideoEncoder for FakeEncoder {
    fn configure(&mut self, config: VideoConfig) -> Result<(), VideoError> {
        if self.fault == Fault::KeyframeOnRate && config.bitrate != self.config.bitrate {
            self.inner.request_keyframe();
        }
        self.config = config;
        self.inner.configure(config)
    }

    fn request_keyframe(&mut self) {
        if self.fault != Fault::NoIdrOnRequest {
            self.inner.request_keyframe();
        }
    }

    fn submit(&mut self, picture: &Planes, now: Timestamp) -> Result<(), VideoError> {
        self.number += 1;
        match self.fault {
            Fault::DiesAt(number) if self.number >= number => {
                return Err(VideoError::Encoder("the device is lost".to_owned()));
            }
            Fault::ShortGop(length) if self.number.is_multiple_of(length) => self.inner.request_keyframe(),
            Fault::BareKeyframeAt(number) if self.number == number => self.inner.request_keyframe(),
            _ => {}
        }
        self.inner.submit(picture, now)
    }

    fn poll(&mut self, wait: Duration) -> Result<Progress, VideoError> {
        match self.fault {
            Fault::HangsAt(number) if self.number >= number => {
                thread::park_timeout(wait);
                return Ok(Progress::Pending);
            }
            Fault::KeepsWaitingAt(number) if self.number >= number => {
                let open = self.gate.open.lock().expect("nobody panics under it");
                if !wait.is_zero() {
                    self.gate.waiting.fetch_add(1, Ordering::SeqCst);
                    drop(self.gate.opened.wait_while(open, |open| !*open));
                }
                return Ok(Progress::Pending);
            }
            Fault::Slow(_) if wait.is_zero() => return Ok(Progress::Pending),
            Fault::Slow(takes) => thread::park_timeout(takes),
            _ => {}
        }
        let progress = self.inner.poll(wait)?;
        let Progress::Encoded(mut unit) = progress else { return Ok(progress) };
        self.pictures.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::NoIdrOnRequest => unit.keyframe = true,
            Fault::BareKeyframeAt(number) if self.number == number => {
                unit.data = without_parameter_sets(&unit.data);
            }
            Fault::RubbishAt(number) if self.number >= number => unit.data.fill(0xa5),
            _ => {}
        }
        Ok(Progress::Encoded(unit))
    }
}

impl Drop for FakeEncoder {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What is behind the last start code: the slice.
fn without_parameter_sets(unit: &[u8]) -> Vec<u8> {
    let start =
        unit.windows(4).rposition(|four| four == [0, 0, 0, 1]).expect("an access unit has start codes");
    unit[start..].to_vec()
}
