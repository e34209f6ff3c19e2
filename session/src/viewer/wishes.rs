//! What the user and the desktop wish of the session: windows that change, layouts, the clipboard.

use bytes::Bytes;
use media::{ClipboardRequest, Timestamp, TrackId};
use protocol::control::{Clipboard, Configure, MAX_CLIPBOARD, MAX_KEYMAP, MAX_MIMES, ToHost};

use super::{Unsent, Viewer};

impl Viewer {
    /// Says how this viewer wants a window to be, which counts while it holds the seat; returns the serial that comes back as its `configured`. The serial that is passed in
    /// is replaced.
    pub fn configure(&mut self, track: TrackId, configure: Configure) -> u32 {
        let serial = self.next_configure;
        self.next_configure += 1;
        self.control(ToHost::Configure { track, configure: Configure { serial, ..configure } });
        serial
    }

    /// The user pressed outside of all popups, or the desktop took the focus away.
    pub fn dismiss_popups(&mut self) {
        self.control(ToHost::DismissPopups);
    }

    /// The user does something to windows that is no input of an app, such as to resize one: takes the seat, if nobody
    /// else is using the apps. [`Action::Seat`](super::Action::Seat) is the answer.
    pub fn take_seat(&mut self) {
        self.control(ToHost::TakeSeat);
    }

    /// Whether anybody can see a window here.
    pub fn set_visible(&mut self, track: TrackId, visible: bool) {
        if let Some(shown) = self.windows.shown.get_mut(&track)
            && shown.visible != visible
        {
            shown.visible = visible;
            self.control(ToHost::Visible { track, visible });
        }
    }

    /// The user's keyboard layout, as xkb text. One that is over the protocol's bound is not sent.
    pub fn set_keymap(&mut self, text: String) {
        if text.len() > MAX_KEYMAP {
            tracing::warn!(
                bytes = text.len(),
                limit = MAX_KEYMAP,
                "the keymap is too long; the host keeps its own"
            );
            return;
        }
        self.keymap = Some(text.clone());
        self.control(ToHost::Keymap { text });
    }

    /// The user has put something on this viewer's own clipboard; none: it is this viewer's no more.
    pub fn offer_clipboard(&mut self, mut mimes: Vec<String>) {
        mimes.truncate(MAX_MIMES);
        self.offered.clone_from(&mimes);
        self.control(ToHost::Clipboard(Clipboard::Offer { mimes }));
    }

    /// Asks for what is on the session's clipboard; [`Action::ClipboardContent`](super::Action::ClipboardContent) is the answer, within seconds.
    pub fn request_clipboard(&mut self, now: Timestamp, mime: String) -> Result<ClipboardRequest, Unsent> {
        if !self.is_live() {
            return Err(Unsent::NotLive);
        }
        let request = self.requests.open(now).ok_or(Unsent::Bounds)?;
        self.control(ToHost::Clipboard(Clipboard::Request { request, mime }));
        Ok(request)
    }

    /// Answers [`Action::ClipboardWanted`](super::Action::ClipboardWanted); `None` if there is no such content.
    pub fn provide_clipboard(&mut self, request: ClipboardRequest, data: Option<Bytes>) {
        match data.filter(|data| data.len() <= MAX_CLIPBOARD) {
            None => self.control(ToHost::Clipboard(Clipboard::Unavailable { request })),
            Some(data) => {
                for message in crate::chunks::content(request, data) {
                    self.control(ToHost::Clipboard(message));
                }
            }
        }
    }
}
