//! The way out for events.

use crate::Event;

/// Where events go.
pub(super) type Sink = Box<dyn FnMut(Event) + Send>;

/// See the module's documentation.
pub(super) struct Outbox(Sink);

impl Outbox {
    /// Events go there.
    pub(super) fn new(sink: Sink) -> Self {
        Self(sink)
    }

    /// Reports what is the source's own.
    pub(super) fn send(&mut self, event: Event) {
        (self.0)(event);
    }

    /// Reports what any source reports.
    pub(super) fn source(&mut self, event: media::Event) {
        self.send(Event::Source(event));
    }
}
