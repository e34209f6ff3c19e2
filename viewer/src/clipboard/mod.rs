//! Text, HTML and pictures between the desktop's clipboard and the session's.
//!
//! Lazy both ways: an offer travels at once, content only when somebody pastes. What came from the session is
//! never offered back to it.

mod relay;
mod wayland;
mod x11;

use bytes::Bytes;
use media::ClipboardRequest;
use wayland_client::Connection;

pub(crate) use relay::Clipboard;

/// What kind of content a clipboard has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    /// UTF-8 text.
    Text,
    /// HTML in UTF-8.
    Html,
    /// A picture.
    Png,
}

impl Format {
    /// All of them.
    const ALL: [Format; 3] = [Format::Text, Format::Html, Format::Png];

    /// Its MIME types, best first: programs have several names for text.
    const fn mimes(self) -> &'static [&'static str] {
        match self {
            Format::Text => &["text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "TEXT", "STRING"],
            Format::Html => &["text/html"],
            Format::Png => &["image/png"],
        }
    }
}

/// What the desktop's clipboard tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody on this desktop copied something; or the clipboard holds nothing of use any more.
    Copied {
        /// What it is to be had as.
        formats: Vec<Format>,
    },
    /// Somebody on this desktop pastes what the session offered.
    Pasting(Format),
    /// The content that was fetched.
    Fetched {
        /// For which request.
        request: ClipboardRequest,
        /// The content, if there is any.
        data: Option<Bytes>,
    },
}

/// A desktop's clipboard. All calls return at once; answers come as [`Event`]s.
trait Desktop {
    /// The session has this now: own the clipboard.
    fn own(&mut self, formats: Vec<Format>);
    /// The session has nothing any more: give the clipboard up.
    fn disown(&mut self);
    /// The content that [`Event::Pasting`] asked for.
    fn deliver(&mut self, format: Format, data: Option<Bytes>);
    /// Fetch what the desktop has.
    fn fetch(&mut self, request: ClipboardRequest, format: Format);
    /// Something may have come from the window system, for desktops that share its connection.
    fn hear(&mut self) {}
}

/// Connects to the desktop's clipboard; without one, nothing can be copied or pasted, and a log line says so.
/// A Wayland desktop gives it only to the connection that has the windows.
pub(crate) fn start(
    windows: Option<&Connection>,
    tell: impl Fn(Event) + Clone + Send + Sync + 'static,
) -> Clipboard {
    let connected: Result<Box<dyn Desktop>, _> = match windows {
        Some(connection) => wayland::connect(connection, tell).map(|it| Box::new(it) as Box<dyn Desktop>),
        None => x11::connect(tell).map(|it| Box::new(it) as Box<dyn Desktop>),
    };
    Clipboard::new(connected.unwrap_or_else(|error| {
        tracing::warn!("copy and paste with this desktop does not work: {error}");
        Box::new(Nothing)
    }))
}

/// No clipboard.
struct Nothing;

impl Desktop for Nothing {
    fn own(&mut self, _: Vec<Format>) {}
    fn disown(&mut self) {}
    fn deliver(&mut self, _: Format, _: Option<Bytes>) {}
    fn fetch(&mut self, _: ClipboardRequest, _: Format) {}
}
