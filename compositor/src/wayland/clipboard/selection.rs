//! Copy and paste: between apps, from apps to viewers, from viewers to apps.
//!
//! Content moves only when somebody pastes. Apps among themselves are connected by Smithay. Between apps and
//! viewers, what is on offer is announced; content follows a request, through a pipe that is bounded in size
//! and time. The primary selection stays among apps.

use std::{collections::HashMap, os::fd::OwnedFd, time::Duration};

use bytes::Bytes;
use media::{ClipboardRequest, Event};
use smithay::{
    input::Seat,
    reexports::wayland_server::backend::ObjectId,
    wayland::selection::{
        SelectionHandler, SelectionSource, SelectionTarget,
        data_device::{
            DataDeviceHandler, DataDeviceState, clear_data_device_selection,
            current_data_device_selection_userdata, request_data_device_client_selection,
            set_data_device_selection,
        },
        ext_data_control,
        primary_selection::{
            PrimarySelectionHandler, PrimarySelectionState, clear_primary_selection,
            current_primary_selection_userdata, request_primary_client_selection, set_primary_selection,
        },
        wlr_data_control,
    },
};

use crate::clock;
use crate::wayland::State;
use crate::wayland::clipboard::pipes;
use crate::wayland::quota::pace::Pace;

/// The most MIME types of one offer, and the longest of them.
const MAX_MIMES: usize = 32;
const MAX_MIME: usize = 256;

/// Pastes that wait for a viewer's content at a time.
const MAX_WAITING: usize = 32;

/// What apps call plain text. Who offers one of these offers all.
const TEXT: [&str; 5] = ["text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "STRING", "TEXT"];

/// What is on offer, and which pastes wait.
#[derive(Debug)]
pub(crate) struct Clipboard {
    /// What an app offers.
    from_app: Vec<String>,
    /// What a viewer offers, without the other names for text.
    from_viewer: Vec<String>,
    /// Apps that wait for a viewer's content.
    waiting: HashMap<ClipboardRequest, OwnedFd>,
    newest: u32,
    /// Viewers are to be told what apps offer.
    stale: bool,
    pace: Pace,
    /// The Wayland sources that have the selections.
    sources: Sources,
}

/// By which sources Wayland apps have the selections. Smithay does not tell when one of them is gone.
#[derive(Debug, Default)]
struct Sources {
    clipboard: Owned,
    primary: Owned,
    /// That of the request that is handled now.
    next: Option<ObjectId>,
}

/// Who has a selection, as far as it is a Wayland app.
#[derive(Debug, Default)]
enum Owned {
    /// Nobody, a viewer or an X11 app.
    #[default]
    Elsewhere,
    /// The app with this source.
    By(ObjectId),
    /// An app that took its source back, or left with it. To be told to everybody.
    Lost,
}

impl Sources {
    fn get_mut(&mut self, kind: SelectionTarget) -> &mut Owned {
        match kind {
            SelectionTarget::Clipboard => &mut self.clipboard,
            SelectionTarget::Primary => &mut self.primary,
        }
    }
}

impl Default for Clipboard {
    fn default() -> Self {
        Self {
            from_app: Vec::new(),
            from_viewer: Vec::new(),
            waiting: HashMap::new(),
            newest: 0,
            stale: false,
            pace: Pace::new(8, Duration::from_millis(100)),
            sources: Sources::default(),
        }
    }
}

impl Clipboard {
    /// An app asks to have a selection by this source, or that nobody has it.
    pub(in crate::wayland) fn begin_setting(&mut self, source: Option<ObjectId>) {
        self.sources.next = source;
    }
}

/// Who has a selection that is no Wayland app's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outside {
    /// A viewer.
    Viewers,
    /// An X11 app.
    X11,
}

impl SelectionHandler for State {
    type SelectionUserData = Outside;

    fn new_selection(&mut self, ty: SelectionTarget, source: Option<SelectionSource>, _seat: Seat<Self>) {
        let offered = source.map(|source| source.mime_types()).unwrap_or_default();
        let mimes = bounded(offered);
        *self.clipboard.sources.get_mut(ty) =
            self.clipboard.sources.next.take().map_or(Owned::Elsewhere, Owned::By);
        self.offer_to_x11(ty, (!mimes.is_empty()).then(|| mimes.clone()));
        if ty != SelectionTarget::Clipboard {
            return;
        }
        // Viewers are told of an end as well, also of what one of them had.
        let had_any = !self.clipboard.from_app.is_empty() || !self.clipboard.from_viewer.is_empty();
        self.clipboard.from_viewer.clear();
        self.clipboard.stale |= had_any || !mimes.is_empty();
        self.clipboard.from_app = mimes;
    }

    fn send_selection(
        &mut self,
        ty: SelectionTarget,
        mime_type: String,
        fd: OwnedFd,
        _seat: Seat<Self>,
        owner: &Outside,
    ) {
        if *owner == Outside::X11 {
            return self.x11_content_into(ty.into(), &mime_type, fd);
        }
        if ty != SelectionTarget::Clipboard {
            return;
        }
        let Some(mime) = same_or_text(&self.clipboard.from_viewer, &mime_type) else { return };
        if self.clipboard.waiting.len() >= MAX_WAITING {
            tracing::warn!(limit = MAX_WAITING, "a paste is refused: too many wait");
            return;
        }
        self.clipboard.newest = self.clipboard.newest.wrapping_add(1);
        let request = ClipboardRequest(self.clipboard.newest);
        self.clipboard.waiting.insert(request, fd);
        self.outbox.source(Event::ClipboardWanted { request, mime });
    }
}

impl State {
    /// A source is gone, perhaps with its app: what it offered is to be had no more.
    pub(in crate::wayland) fn selection_source_gone(&mut self, source: &ObjectId) {
        for kind in [SelectionTarget::Clipboard, SelectionTarget::Primary] {
            let owned = self.clipboard.sources.get_mut(kind);
            if matches!(owned, Owned::By(own) if own == source) {
                *owned = Owned::Lost;
            }
        }
    }

    /// Clears the selections whose apps have nothing any more, unless somebody else has them by now.
    pub(in crate::wayland) fn clear_lost_selections(&mut self) {
        for kind in [SelectionTarget::Clipboard, SelectionTarget::Primary] {
            let owned = self.clipboard.sources.get_mut(kind);
            if matches!(owned, Owned::Lost) {
                *owned = Owned::Elsewhere;
                self.clear_selection(kind);
                self.offer_to_x11(kind, None);
            }
        }
    }

    /// Nobody has a selection any more, on Wayland and at viewers.
    fn clear_selection(&mut self, kind: SelectionTarget) {
        let (display, seat) = (self.display.clone(), self.input.seat.clone());
        *self.clipboard.sources.get_mut(kind) = Owned::Elsewhere;
        match kind {
            SelectionTarget::Clipboard => {
                self.clipboard.from_viewer.clear();
                self.clipboard.from_app.clear();
                self.clipboard.stale = true;
                clear_data_device_selection(&display, &seat);
            }
            SelectionTarget::Primary => clear_primary_selection(&display, &seat),
        }
    }

    /// Tells the session core what apps offer, if they offered something anew.
    pub(in crate::wayland) fn report_offer(&mut self) {
        if !self.clipboard.stale {
            return;
        }
        match self.clipboard.pace.take(clock::now()) {
            Ok(()) => {
                self.clipboard.stale = false;
                let mimes = self.clipboard.from_app.clone();
                self.outbox.source(Event::ClipboardOffered { mimes });
            }
            Err(wait) => self.report_later(wait),
        }
    }

    /// A viewer has something to paste, or has it no more.
    pub(in crate::wayland) fn offer_clipboard(&mut self, mimes: Vec<String>) {
        let mimes = bounded(mimes);
        let seat = self.input.seat.clone();
        if mimes.is_empty() {
            self.clipboard.from_viewer.clear();
            // What an app offers meanwhile is not ours to clear.
            if self.has_clipboard(Outside::Viewers) {
                clear_data_device_selection(&self.display, &seat);
                self.offer_to_x11(SelectionTarget::Clipboard, None);
            }
        } else {
            let mut offered = mimes.clone();
            if mimes.iter().any(|mime| is_text(mime)) {
                offered
                    .extend(TEXT.iter().map(|text| (*text).to_owned()).filter(|text| !mimes.contains(text)));
            }
            self.clipboard.from_viewer = mimes;
            self.clipboard.from_app.clear();
            *self.clipboard.sources.get_mut(SelectionTarget::Clipboard) = Owned::Elsewhere;
            self.end_hoarders();
            self.clipboard.stale = false;
            set_data_device_selection(&self.display, &seat, offered.clone(), Outside::Viewers);
            self.offer_to_x11(SelectionTarget::Clipboard, Some(offered));
        }
        self.flush();
    }

    /// A viewer's content for a paste.
    pub(in crate::wayland) fn fill_paste(&mut self, request: ClipboardRequest, data: Option<Bytes>) {
        let Some(pipe) = self.clipboard.waiting.remove(&request) else { return };
        // Without content, closing the pipe tells the app that there is none.
        if let Some(data) = data.filter(|data| data.len() <= pipes::MAX_BYTES) {
            pipes::write(&self.events, pipe, data);
        }
    }

    /// A viewer pastes what an app offers.
    pub(in crate::wayland) fn read_clipboard(&mut self, request: ClipboardRequest, mime: String) {
        let answer = move |state: &mut State, data| {
            state.outbox.source(Event::ClipboardContent { request, data });
        };
        let Some(mime) = same_or_text(&self.clipboard.from_app, &mime) else { return answer(self, None) };
        let Ok((from_app, to_us)) = pipes::pipe() else { return answer(self, None) };
        if self.has_clipboard(Outside::X11) {
            self.x11_content_into(SelectionTarget::Clipboard.into(), &mime, to_us);
            return pipes::read(&self.events, from_app, answer);
        }
        let seat = self.input.seat.clone();
        match request_data_device_client_selection(&seat, mime, to_us) {
            Ok(()) => pipes::read(&self.events, from_app, answer),
            Err(error) => {
                tracing::debug!(%error, "a viewer's paste finds nothing");
                answer(self, None);
            }
        }
        self.flush();
    }
}

/// X11 apps, which have selections of their own.
impl State {
    /// Nobody has a selection any more, since an X11 app cleared it or left with it.
    pub(in crate::wayland) fn x11_cleared(&mut self, kind: SelectionTarget) {
        self.xwayland.remember_offer(kind, None);
        self.clear_selection(kind);
    }

    /// All X11 apps are gone: what one of them had is to be had no more.
    pub(in crate::wayland) fn x11_left(&mut self, kind: SelectionTarget) {
        let is_its = match kind {
            SelectionTarget::Clipboard => self.has_clipboard(Outside::X11),
            SelectionTarget::Primary => current_primary_selection_userdata(&self.input.seat).is_some(),
        };
        if is_its {
            self.clear_selection(kind);
        }
    }

    /// An X11 app offers something.
    pub(in crate::wayland) fn x11_offers(&mut self, kind: SelectionTarget, mimes: Vec<String>) {
        self.xwayland.remember_offer(kind, None);
        let (display, seat) = (self.display.clone(), self.input.seat.clone());
        *self.clipboard.sources.get_mut(kind) = Owned::Elsewhere;
        self.end_hoarders();
        match kind {
            SelectionTarget::Clipboard => {
                self.clipboard.from_viewer.clear();
                self.clipboard.from_app = mimes.clone();
                set_data_device_selection(&display, &seat, mimes, Outside::X11);
                self.clipboard.stale = true;
            }
            SelectionTarget::Primary => set_primary_selection(&display, &seat, mimes, Outside::X11),
        }
    }

    /// An X11 app pastes what others offer: the content goes into a pipe, which is closed if there is none.
    pub(in crate::wayland) fn content_for_x11(&mut self, kind: SelectionTarget, mime: String, to: OwnedFd) {
        let seat = self.input.seat.clone();
        let requested = match kind {
            SelectionTarget::Clipboard if self.has_clipboard(Outside::Viewers) => {
                return self.send_selection(SelectionTarget::Clipboard, mime, to, seat, &Outside::Viewers);
            }
            SelectionTarget::Clipboard => request_data_device_client_selection(&seat, mime, to).is_ok(),
            SelectionTarget::Primary => request_primary_client_selection(&seat, mime, to).is_ok(),
        };
        if !requested {
            tracing::debug!("an X11 app's paste finds nothing");
        }
        self.flush();
    }

    fn has_clipboard(&self, owner: Outside) -> bool {
        current_data_device_selection_userdata(&self.input.seat).is_some_and(|current| *current == owner)
    }
}

impl DataDeviceHandler for State {
    fn data_device_state(&self) -> &DataDeviceState {
        &self.globals.data_device
    }
}

impl ext_data_control::DataControlHandler for State {
    fn data_control_state(&self) -> &ext_data_control::DataControlState {
        &self.globals.ext_data_control
    }
}

impl wlr_data_control::DataControlHandler for State {
    fn data_control_state(&self) -> &wlr_data_control::DataControlState {
        &self.globals.wlr_data_control
    }
}

impl PrimarySelectionHandler for State {
    fn primary_selection_state(&self) -> &PrimarySelectionState {
        &self.globals.primary
    }
}

/// The offered type that `wanted` means: itself, or for text any name of text.
fn same_or_text(offered: &[String], wanted: &str) -> Option<String> {
    let same = offered.iter().find(|mime| *mime == wanted);
    let text = || TEXT.iter().find_map(|text| offered.iter().find(|mime| mime == text));
    same.or_else(|| if is_text(wanted) { text() } else { None }).cloned()
}

fn is_text(mime: &str) -> bool {
    TEXT.contains(&mime)
}

pub(in crate::wayland) fn bounded(mimes: Vec<String>) -> Vec<String> {
    let sane =
        |mime: &String| !mime.is_empty() && mime.len() <= MAX_MIME && !mime.chars().any(char::is_control);
    mimes.into_iter().filter(sane).take(MAX_MIMES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_by_any_of_its_names() {
        let offered = vec!["text/html".to_owned(), "UTF8_STRING".to_owned()];
        assert_eq!(same_or_text(&offered, "text/plain").as_deref(), Some("UTF8_STRING"));
        assert_eq!(same_or_text(&offered, "text/html").as_deref(), Some("text/html"));
        assert_eq!(same_or_text(&offered, "image/png"), None);
    }
}
