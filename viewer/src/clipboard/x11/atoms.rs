//! Names that the X server knows by number.

x11rb::atom_manager! {
    /// The names.
    pub(super) Atoms:
    /// Their numbers on the way.
    AtomsCookie {
        CLIPBOARD,
        TARGETS,
        INCR,
        UTF8_STRING,
        TEXT,
        STRING,
        TEXT_UTF8: b"text/plain;charset=utf-8",
        TEXT_PLAIN: b"text/plain",
        DORMER_WAKE,
        DORMER_TARGETS,
        DORMER_TEXT,
    }
}

impl Atoms {
    /// Whether a target is text.
    pub(super) fn is_text(&self, target: u32) -> bool {
        self.texts().contains(&target)
    }

    /// The targets that are text.
    pub(super) fn texts(&self) -> [u32; 5] {
        [self.UTF8_STRING, self.TEXT_UTF8, self.TEXT_PLAIN, self.TEXT, self.STRING]
    }
}
