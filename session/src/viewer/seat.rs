//! Whether this viewer has the seat, as the host said last.

use super::{Event, outbox::Outbox};

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Seat {
    held: bool,
}

impl Seat {
    /// Whether this viewer's input reaches the apps.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    /// The host says it. The front end is told also what it knows: after a welcome it waits for that.
    pub(crate) fn set(&mut self, out: &mut Outbox, held: bool) {
        self.held = held;
        out.tell(Event::Seat { held });
    }

    /// The link is lost, and the seat with it.
    pub(crate) fn lost(&mut self, out: &mut Outbox) {
        if self.held {
            self.set(out, false);
        }
    }
}
