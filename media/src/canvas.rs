//! The newest pixels of one track, written by the source of windows and read by encoders.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Frame;

/// The one place where a track's newest pixels live: like a surface of a GPU, pixels are shared and state is
/// not.
///
/// The source writes a whole commit under one lock, so readers never see half of one. There is no queue: a
/// reader gets the newest pixels, whatever it was told about, and memory stays one picture a track however
/// fast an app commits. Hold the lock only to copy or to convert.
#[derive(Clone, Debug, Default)]
pub struct Canvas(Arc<Mutex<Frame>>);

impl Canvas {
    /// A canvas of no size, until its first commit.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `write` on the pixels.
    pub fn write<R>(&self, write: impl FnOnce(&mut Frame) -> R) -> R {
        // A writer that panicked leaves pixels, which are valid whatever they are.
        write(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs `read` on the pixels.
    pub fn read<R>(&self, read: impl FnOnce(&Frame) -> R) -> R {
        read(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
