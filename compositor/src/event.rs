//! What a compositor reports.

use media::{Canvas, TrackId};

/// What a compositor reports.
#[derive(Clone, Debug)]
pub enum Event {
    /// Apps can be started now, with these in their environment. The first event.
    Ready {
        /// For `WAYLAND_DISPLAY`: the socket's name in the configured runtime directory.
        wayland_display: String,
        /// For `DISPLAY`: N of `:N`, if X11 apps are served.
        x11_display: Option<u32>,
    },
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
