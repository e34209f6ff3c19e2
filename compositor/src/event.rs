//! What a compositor reports.

use media::{Canvas, TrackId};

use crate::Ready;

/// What a compositor reports.
#[derive(Clone, Debug)]
pub enum Event {
    /// Apps can be started now. The first event.
    Ready(Ready),
    /// Where a track's pixels will be: before the track's first [`media::Event::Window`].
    Canvas {
        /// Which track.
        track: TrackId,
        /// Its pixels.
        canvas: Canvas,
    },
    /// What any source of windows reports.
    Source(media::Event),
    /// The compositor's thread is at its end; the last event.
    Ended {
        /// Why, if it was not asked to.
        failure: Option<String>,
    },
}

impl From<media::Event> for Event {
    fn from(event: media::Event) -> Self {
        Event::Source(event)
    }
}
