//! The clipboard between apps and viewers: one owner offers, whoever pastes asks, content comes once it is asked for.
//!
//! An offer goes to everybody but its origin, so nothing runs in circles. Requests get the core's own numbers on the
//! way to whoever has the content, and the asker's number on the way back. A request without progress for
//! [`TIMEOUT`], content over `MAX_CLIPBOARD` and more than [`MAX_PENDING`] requests at a time end as "unavailable".
//! Viewers that may only look have no part in it.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Bytes, BytesMut};
use media::{ClipboardRequest, Command, Timestamp, ViewerId};
use protocol::control::{
    CLIPBOARD_CHUNK, Clipboard as Message, MAX_CLIPBOARD, MAX_MIMES, Refusal, Role, ToViewer,
};

use super::{Action, Host, Violation, protocol_error};

/// How long a request may go without progress.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most requests open at a time.
const MAX_PENDING: usize = 16;
/// The longest MIME type in bytes.
const MAX_MIME: usize = 256;

/// Who owns the clipboard, and what is on its way.
#[derive(Debug, Default)]
pub(crate) struct Clipboard {
    owner: Owner,
    pending: BTreeMap<ClipboardRequest, Pending>,
    next: u32,
}

/// Whose content is on the clipboard.
#[derive(Debug, Default)]
enum Owner {
    /// Nobody's.
    #[default]
    Nobody,
    /// An app's.
    App {
        /// Its types.
        mimes: Vec<String>,
    },
    /// A viewer's.
    Viewer {
        /// Whose.
        viewer: ViewerId,
        /// Its types.
        mimes: Vec<String>,
    },
}

/// Who asked for content.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asker {
    /// An app, by the source's number.
    App(ClipboardRequest),
    /// A viewer, by its own number.
    Viewer(ViewerId, ClipboardRequest),
}

#[derive(Debug)]
struct Pending {
    asker: Asker,
    /// The viewer that has it; `None` for an app.
    from: Option<ViewerId>,
    content: BytesMut,
    deadline: Timestamp,
}

impl Clipboard {
    /// When the next request has waited too long.
    pub(super) fn timeout(&self) -> Option<Timestamp> {
        self.pending.values().map(|pending| pending.deadline).min()
    }

    /// Checks bounds and that nothing is kept of viewers that are gone.
    pub(super) fn verify(&self, is_there: impl Fn(ViewerId) -> bool) -> Result<(), Violation> {
        if self.pending.len() > MAX_PENDING {
            return Err(Violation::Bound("clipboard requests"));
        }
        let owner = match &self.owner {
            Owner::Viewer { viewer, .. } => Some(*viewer),
            Owner::Nobody | Owner::App { .. } => None,
        };
        let involved = self.pending.values().flat_map(|pending| {
            let asker = match pending.asker {
                Asker::Viewer(viewer, _) => Some(viewer),
                Asker::App(_) => None,
            };
            asker.into_iter().chain(pending.from)
        });
        match involved.chain(owner).find(|viewer| !is_there(*viewer)) {
            Some(viewer) => Err(Violation::Leak { viewer, what: "a clipboard request" }),
            None => Ok(()),
        }
    }

    fn mimes(&self) -> &[String] {
        match &self.owner {
            Owner::Nobody => &[],
            Owner::App { mimes } | Owner::Viewer { mimes, .. } => mimes,
        }
    }

    fn open(&mut self, now: Timestamp, asker: Asker, from: Option<ViewerId>) -> Option<ClipboardRequest> {
        if self.pending.len() >= MAX_PENDING {
            tracing::warn!(limit = MAX_PENDING, "too many clipboard requests at a time; one is not answered");
            return None;
        }
        let request = ClipboardRequest(self.next);
        self.next = self.next.wrapping_add(1);
        let pending = Pending { asker, from, content: BytesMut::new(), deadline: now + TIMEOUT };
        self.pending.insert(request, pending);
        Some(request)
    }
}

impl Host {
    /// Tells a viewer that joins what is on the clipboard.
    pub(super) fn introduce_clipboard(&mut self, viewer: ViewerId) {
        let mimes = self.clipboard.mimes().to_vec();
        if self.may_use(viewer) && !mimes.is_empty() {
            self.send(viewer, ToViewer::Clipboard(Message::Offer { mimes }));
        }
    }

    /// An app put something on the clipboard.
    pub(super) fn app_offers(&mut self, mut mimes: Vec<String>) {
        mimes.retain(|mime| mime.len() <= MAX_MIME);
        mimes.truncate(MAX_MIMES);
        self.clipboard.owner =
            if mimes.is_empty() { Owner::Nobody } else { Owner::App { mimes: mimes.clone() } };
        self.offer_to_viewers(&mimes, None);
    }

    /// An app pastes what a viewer has.
    pub(super) fn app_wants(&mut self, now: Timestamp, request: ClipboardRequest, mime: String) {
        self.ask(now, Asker::App(request), mime);
    }

    /// An app's content for a viewer that asked.
    pub(super) fn app_content(&mut self, request: ClipboardRequest, data: Option<Bytes>) {
        let Some(pending) = self.clipboard.pending.remove(&request) else { return };
        if pending.from.is_none() {
            self.answer(pending.asker, data.filter(|data| data.len() <= MAX_CLIPBOARD));
        }
    }

    /// A viewer's message about the clipboard. An error is a broken rule.
    pub(super) fn viewer_clipboard(
        &mut self,
        now: Timestamp,
        viewer: ViewerId,
        message: Message,
    ) -> Result<(), Refusal> {
        let may = self.may_use(viewer);
        match message {
            Message::Offer { mimes } => {
                if mimes.len() > MAX_MIMES || mimes.iter().any(|mime| mime.len() > MAX_MIME) {
                    return Err(protocol_error(format!(
                        "a clipboard offer has at most {MAX_MIMES} types of {MAX_MIME} bytes"
                    )));
                }
                if may {
                    self.viewer_offers(viewer, mimes);
                }
            }
            Message::Request { mime, .. } if mime.len() > MAX_MIME => {
                return Err(protocol_error(format!("a MIME type has at most {MAX_MIME} bytes")));
            }
            Message::Request { request, mime } if may => self.ask(now, Asker::Viewer(viewer, request), mime),
            Message::Request { request, .. } => self.answer(Asker::Viewer(viewer, request), None),
            Message::Content { data, .. } if data.len() > CLIPBOARD_CHUNK => {
                return Err(protocol_error(format!(
                    "a part of the clipboard has at most {CLIPBOARD_CHUNK} bytes"
                )));
            }
            Message::Content { request, data, last } => {
                self.viewer_content(now, viewer, request, &data, last)
            }
            Message::Unavailable { request } => {
                if self.clipboard.pending.get(&request).is_some_and(|p| p.from == Some(viewer)) {
                    self.give_up(request);
                }
            }
        }
        Ok(())
    }

    /// Requests that have waited too long end.
    pub(super) fn clipboard_timeout(&mut self, now: Timestamp) {
        let late = self.clipboard.pending.iter().filter(|(_, pending)| pending.deadline <= now);
        let late: Vec<ClipboardRequest> = late.map(|(request, _)| *request).collect();
        for request in late {
            tracing::debug!(%request, "a clipboard request had no answer in time");
            self.give_up(request);
        }
    }

    /// A viewer is gone, with what it asked for and what it had.
    pub(super) fn clipboard_gone(&mut self, viewer: ViewerId) {
        self.clipboard
            .pending
            .retain(|_, pending| !matches!(pending.asker, Asker::Viewer(asker, _) if asker == viewer));
        let its = self.clipboard.pending.iter().filter(|(_, pending)| pending.from == Some(viewer));
        let its: Vec<ClipboardRequest> = its.map(|(request, _)| *request).collect();
        its.into_iter().for_each(|request| self.give_up(request));
        if matches!(self.clipboard.owner, Owner::Viewer { viewer: owner, .. } if owner == viewer) {
            self.viewer_offers(viewer, Vec::new());
        }
    }

    fn viewer_offers(&mut self, viewer: ViewerId, mimes: Vec<String>) {
        let owns = matches!(self.clipboard.owner, Owner::Viewer { viewer: owner, .. } if owner == viewer);
        if mimes.is_empty() && !owns {
            return;
        }
        self.command(Command::OfferClipboard { mimes: mimes.clone() });
        self.offer_to_viewers(&mimes, Some(viewer));
        self.clipboard.owner = if mimes.is_empty() { Owner::Nobody } else { Owner::Viewer { viewer, mimes } };
    }

    fn offer_to_viewers(&mut self, mimes: &[String], origin: Option<ViewerId>) {
        for (&viewer, member) in &self.members {
            if member.role == Role::Control && Some(viewer) != origin {
                let message = ToViewer::Clipboard(Message::Offer { mimes: mimes.to_vec() });
                self.actions.push_back(Action::Send { viewer, message });
            }
        }
    }

    fn ask(&mut self, now: Timestamp, asker: Asker, mime: String) {
        if !self.clipboard.mimes().contains(&mime) {
            return self.answer(asker, None);
        }
        let from = match &self.clipboard.owner {
            Owner::Viewer { viewer, .. } => Some(*viewer),
            Owner::Nobody | Owner::App { .. } => None,
        };
        let circular = match asker {
            Asker::App(_) => from.is_none(),
            Asker::Viewer(viewer, _) => from == Some(viewer),
        };
        let request = if circular { None } else { self.clipboard.open(now, asker, from) };
        match (request, from) {
            (None, _) => self.answer(asker, None),
            (Some(request), None) => self.command(Command::ReadClipboard { request, mime }),
            (Some(request), Some(owner)) => {
                self.send(owner, ToViewer::Clipboard(Message::Request { request, mime }));
            }
        }
    }

    fn viewer_content(
        &mut self,
        now: Timestamp,
        viewer: ViewerId,
        request: ClipboardRequest,
        data: &[u8],
        last: bool,
    ) {
        let Some(pending) = self.clipboard.pending.get_mut(&request) else { return };
        if pending.from != Some(viewer) {
            return;
        }
        if pending.content.len() + data.len() > MAX_CLIPBOARD {
            tracing::warn!(%viewer, limit = MAX_CLIPBOARD, "clipboard content is too large; it is dropped");
            return self.give_up(request);
        }
        pending.content.extend_from_slice(data);
        pending.deadline = now + TIMEOUT;
        if last && let Some(pending) = self.clipboard.pending.remove(&request) {
            self.answer(pending.asker, Some(pending.content.freeze()));
        }
    }

    fn give_up(&mut self, request: ClipboardRequest) {
        if let Some(pending) = self.clipboard.pending.remove(&request) {
            self.answer(pending.asker, None);
        }
    }

    fn answer(&mut self, asker: Asker, data: Option<Bytes>) {
        match (asker, data) {
            (Asker::App(request), data) => self.command(Command::ClipboardContent { request, data }),
            (Asker::Viewer(viewer, request), None) => {
                self.send(viewer, ToViewer::Clipboard(Message::Unavailable { request }));
            }
            (Asker::Viewer(viewer, request), Some(data)) => {
                for message in crate::chunks::content(request, data) {
                    self.send(viewer, ToViewer::Clipboard(message));
                }
            }
        }
    }
}
