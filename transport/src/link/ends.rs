//! The two ends of a link: which lanes each hears, and what it makes of them.

use protocol::{
    DecodeError, Lane,
    control::{ToHost, ToViewer},
    decode,
    feedback::Feedback,
    input::{Input, InputEvent},
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
}

impl End for Host {
    type Incoming = HostIncoming;

    const INBOX_BYTES: usize = 4 << 20;

    fn hears(lane: Lane) -> bool {
        matches!(lane, Lane::Control | Lane::Input | Lane::Motion | Lane::Feedback)
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
}

impl End for Viewer {
    type Incoming = ViewerIncoming;

    const INBOX_BYTES: usize = 64 << 20;

    fn hears(lane: Lane) -> bool {
        matches!(lane, Lane::Control | Lane::Update)
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
