//! The error of a command that was used wrongly. It needs nothing else of this crate, so everything may
//! return it.

/// Mistakes in the use of a command, as opposed to failures of a right one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub String);
