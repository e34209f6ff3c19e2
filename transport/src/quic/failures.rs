//! What failures of QUIC mean for a link.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "errors are quinn's"))]

use std::time::Duration;

use protocol::Lane;
use quinn::{ConnectionError, ReadError, WriteError};

use super::framing::FrameError;
use crate::close::CloseReason;

/// Why a connection ended.
pub(crate) fn reason_of(error: ConnectionError, idle_timeout: Duration) -> CloseReason {
    match error {
        ConnectionError::ApplicationClosed(close) => {
            CloseReason::from_farewell(close.error_code.into_inner(), &close.reason)
        }
        ConnectionError::TimedOut => CloseReason::Silence(idle_timeout),
        ConnectionError::LocallyClosed => CloseReason::Local,
        ConnectionError::Reset => CloseReason::Lost("the other end was restarted".to_owned()),
        other => CloseReason::Lost(crate::close::clean(&other.to_string())),
    }
}

pub(super) fn write_failed(error: WriteError) -> CloseReason {
    match error {
        WriteError::ConnectionLost(error) => connection_failed(error),
        WriteError::Stopped(_) | WriteError::ClosedStream | WriteError::ZeroRttRejected => {
            CloseReason::Cut("it stopped a stream that must not be stopped".to_owned())
        }
    }
}

pub(super) fn frame_failed(lane: Lane, error: FrameError) -> CloseReason {
    match error {
        FrameError::Truncated => CloseReason::Cut(format!("the {lane:?} lane ended within a message")),
        FrameError::Stream(error) => stream_failed(error),
    }
}

pub(super) fn stream_failed(error: ReadError) -> CloseReason {
    match error {
        ReadError::ConnectionLost(error) => connection_failed(error),
        ReadError::Reset(_) => CloseReason::Cut("it reset a stream that must not be reset".to_owned()),
        other => CloseReason::Lost(other.to_string()),
    }
}

/// The final word comes from [`quinn::Connection::close_reason`].
pub(super) fn connection_failed(error: ConnectionError) -> CloseReason {
    reason_of(error, Duration::ZERO)
}
