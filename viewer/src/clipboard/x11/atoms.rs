//! Names that the X server knows by number.

use crate::clipboard::Format;

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
        TEXT_HTML: b"text/html",
        IMAGE_PNG: b"image/png",
        DORMER_WAKE,
        DORMER_TARGETS,
        DORMER_TEXT,
        DORMER_HTML,
        DORMER_PNG,
    }
}

impl Atoms {
    /// The targets of a format; what is fetched is fetched by the first.
    pub(super) fn targets(&self, format: Format) -> Vec<u32> {
        match format {
            Format::Text => {
                vec![self.UTF8_STRING, self.TEXT_UTF8, self.TEXT_PLAIN, self.TEXT, self.STRING]
            }
            Format::Html => vec![self.TEXT_HTML],
            Format::Png => vec![self.IMAGE_PNG],
        }
    }

    /// What a target means.
    pub(super) fn format(&self, target: u32) -> Option<Format> {
        Format::ALL.into_iter().find(|format| self.targets(*format).contains(&target))
    }

    /// Where fetched content of a format is put.
    pub(super) fn place(&self, format: Format) -> u32 {
        match format {
            Format::Text => self.DORMER_TEXT,
            Format::Html => self.DORMER_HTML,
            Format::Png => self.DORMER_PNG,
        }
    }
}
