//! The two ends of a link: which lanes each hears, and what it makes of them.

use media::TrackId;
use protocol::{
    DecodeError, Lane,
    control::{ToHost, ToViewer},
    decode,
    feedback::Feedback,
    input::{Input, InputEvent},
    lane::Direction,
    update::Update,
};

use crate::close::CloseReason;

/// The host's end.
#[derive(Debug)]
pub enum Host {}

/// The viewer's end.
#[derive(Debug)]
pub enum Viewer {}

/// What comes in at the host's end.
#[derive(Clone, Debug, PartialEq)]
pub enum HostIncoming {
    /// The control lane.
    Control(ToHost),
    /// The input or the motion lane. Order holds within each, not between the two: compare the ids.
    Input(Input),
    /// The feedback lane.
    Feedback(Feedback),
    /// The viewer lost pictures of a video that came beside its updates, and waits for a keyframe.
    KeyframeWanted {
        /// Which track's.
        track: TrackId,
        /// Which video stream.
        stream: u32,
    },
    /// The link has ended; nothing else will come.
    Closed(CloseReason),
}

/// What comes in at the viewer's end.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewerIncoming {
    /// The control lane.
    Control(ToViewer),
    /// The update lane, in any order.
    Update(Update),
    /// The link has ended; nothing else will come.
    Closed(CloseReason),
}

impl From<CloseReason> for HostIncoming {
    fn from(reason: CloseReason) -> Self {
        HostIncoming::Closed(reason)
    }
}

impl From<CloseReason> for ViewerIncoming {
    fn from(reason: CloseReason) -> Self {
        ViewerIncoming::Closed(reason)
    }
}

/// One of the two ends. Only this crate can implement it.
pub trait End: sealed::Sealed + Send + Sync + 'static {
    /// What comes in.
    type Incoming: From<CloseReason> + Send + 'static;

    /// The most bytes that have come in and were not taken yet.
    #[doc(hidden)]
    const INBOX_BYTES: usize;

    /// Whether this end hears a lane.
    #[doc(hidden)]
    fn hears(lane: Lane) -> bool;

    /// What a message on a lane that this end hears says.
    #[doc(hidden)]
    fn decode(lane: Lane, bytes: &[u8]) -> Result<Self::Incoming, DecodeError>;

    /// What comes in when a keyframe is wanted, if this is the end that sends pictures.
    #[doc(hidden)]
    fn keyframe_wanted(_track: TrackId, _stream: u32) -> Option<Self::Incoming> {
        None
    }
}

impl End for Host {
    type Incoming = HostIncoming;

    const INBOX_BYTES: usize = 4 << 20;

    fn hears(lane: Lane) -> bool {
        lane.spec().direction != Direction::ToViewer
    }

    fn decode(lane: Lane, bytes: &[u8]) -> Result<HostIncoming, DecodeError> {
        match lane {
            Lane::Control => decode(lane, bytes).map(HostIncoming::Control),
            Lane::Input => decode(lane, bytes).map(HostIncoming::Input),
            Lane::Motion => match decode(lane, bytes)? {
                motion @ Input { event: InputEvent::Motion { .. }, .. } => Ok(HostIncoming::Input(motion)),
                _ => Err(DecodeError::Malformed { lane, reason: "not a motion".to_owned() }),
            },
            Lane::Feedback => decode(lane, bytes).map(HostIncoming::Feedback),
            Lane::Update => Err(not_heard(lane)),
        }
    }

    fn keyframe_wanted(track: TrackId, stream: u32) -> Option<HostIncoming> {
        Some(HostIncoming::KeyframeWanted { track, stream })
    }
}

impl End for Viewer {
    type Incoming = ViewerIncoming;

    const INBOX_BYTES: usize = 64 << 20;

    fn hears(lane: Lane) -> bool {
        lane.spec().direction != Direction::ToHost
    }

    fn decode(lane: Lane, bytes: &[u8]) -> Result<ViewerIncoming, DecodeError> {
        match lane {
            Lane::Control => decode(lane, bytes).map(ViewerIncoming::Control),
            Lane::Update => decode(lane, bytes).map(ViewerIncoming::Update),
            Lane::Input | Lane::Motion | Lane::Feedback => Err(not_heard(lane)),
        }
    }
}

fn not_heard(lane: Lane) -> DecodeError {
    DecodeError::Malformed { lane, reason: "the lane leads the other way".to_owned() }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Host {}
    impl Sealed for super::Viewer {}
}
