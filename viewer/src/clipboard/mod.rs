//! Text between the desktop's clipboard and the session's.
//!
//! Lazy both ways: an offer travels at once, content only when somebody pastes. What came from the session is never
//! offered back to it.

mod relay;
mod x11;

use bytes::Bytes;
use media::ClipboardRequest;

pub(crate) use relay::Clipboard;

/// What the desktop's clipboard tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// Somebody on this desktop copied a text; or, if not, the clipboard holds none any more.
    Copied {
        /// Whether it is text.
        text: bool,
    },
    /// Somebody on this desktop pastes what the session offered.
    Pasting,
    /// The text that was fetched.
    Fetched {
        /// For which request.
        request: ClipboardRequest,
        /// The text, if there is one.
        data: Option<Bytes>,
    },
}

/// A desktop's clipboard. All calls return at once; answers come as [`Event`]s.
trait Desktop {
    /// The session has a text now: own the clipboard.
    fn own(&mut self);
    /// The session has none any more: give the clipboard up.
    fn disown(&mut self);
    /// The text that [`Event::Pasting`] asked for.
    fn deliver(&mut self, text: Option<Bytes>);
    /// Fetch the desktop's text.
    fn fetch(&mut self, request: ClipboardRequest);
}

/// Connects to the desktop's clipboard; without one, nothing can be copied or pasted, and a log line says so.
///
/// Wayland gives a clipboard only to the program whose window has the focus, and winit does not pass that on. There the
/// clipboard of the desktop's Xwayland is used, which Wayland desktops keep in step with their own.
pub(crate) fn start(tell: impl Fn(Event) + Clone + Send + 'static) -> Clipboard {
    match x11::connect(tell) {
        Ok(desktop) => Clipboard::new(Box::new(desktop)),
        Err(error) => {
            tracing::warn!("copy and paste with this desktop does not work: {error}");
            Clipboard::new(Box::new(Nothing))
        }
    }
}

/// No clipboard.
struct Nothing;

impl Desktop for Nothing {
    fn own(&mut self) {}
    fn disown(&mut self) {}
    fn deliver(&mut self, _: Option<Bytes>) {}
    fn fetch(&mut self, _: ClipboardRequest) {}
}
