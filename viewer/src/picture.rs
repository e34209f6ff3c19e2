//! The newest pixels of one track, written by the decode thread and read by the front end.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use media::{Frame, Region, Update};

use crate::decode::{ApplyError, Track};

/// A viewer's copy of one track.
///
/// Updates are applied under the lock, so a reader never sees half of one. Hold the lock only to copy.
#[derive(Default)]
pub struct Picture(Mutex<Track>);

impl Picture {
    /// Applies one update and says what changed.
    pub(crate) fn apply(&self, update: &Update) -> Result<Region, ApplyError> {
        self.lock().apply(update)
    }

    /// Runs `read` on the pixels.
    pub fn read<R>(&self, read: impl FnOnce(&Frame) -> R) -> R {
        read(self.lock().frame())
    }

    fn lock(&self) -> MutexGuard<'_, Track> {
        // A decoder that panicked leaves pixels, which are valid whatever they are.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Printing waits for nobody.
        f.write_str("Picture")
    }
}
