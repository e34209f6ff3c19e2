//! Lanes: the ordering and reliability classes inside a link.

/// One ordering and reliability class. How each link carries it is the link's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Both ways, reliable, in order: attaching, window state, clipboard.
    Control,
    /// Viewer to host, reliable, in order, never coalesced: keys, buttons, scrolling, touch.
    Input,
    /// Viewer to host, unreliable, newest wins: pointer motion.
    Motion,
    /// Host to viewer, reliable, in order within one track only: pictures.
    Update,
    /// Viewer to host, unreliable: what became of updates.
    Feedback,
}

impl Lane {
    /// The largest message that is accepted on this lane, in bytes: checked before memory is taken.
    pub const fn max_message(self) -> usize {
        match self {
            Lane::Control => 1 << 20,
            Lane::Input => 64 << 10,
            Lane::Motion | Lane::Feedback => 1150,
            // A noisy 8192×8192 picture could be larger; such updates are cut into several.
            Lane::Update => 32 << 20,
        }
    }
}
