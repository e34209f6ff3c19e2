//! What became of an app, for people.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that was done to an app and that its users could not know the reason of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Notice {
    /// What the app is called, as far as it is known: at most [`Window::MAX_TEXT`](crate::Window::MAX_TEXT)
    /// bytes, perhaps none.
    pub app: String,
    /// What was done.
    pub kind: NoticeKind,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// It was ended, since it asked for more than any app can have.
    Ended,
    /// A window of its stays as it is or unseen, since there is no memory for a larger picture.
    NoRoom,
    /// All X11 apps were ended, since the server that they share failed.
    X11Ended,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let app = if self.app.is_empty() { "An app" } else { &self.app };
        match self.kind {
            NoticeKind::Ended => write!(f, "{app} was ended: it asked for more than any app can have"),
            NoticeKind::NoRoom => {
                write!(f, "{app} has no room for a larger picture: close windows, or make them smaller")
            }
            NoticeKind::X11Ended => {
                f.write_str("All X11 apps were ended: the X server that they share failed")
            }
        }
    }
}
