//! The clipboard between apps and viewers: one owner offers, whoever pastes asks, content comes once it is
//! asked for.
//!
//! An offer goes to everybody but its origin, so nothing runs in circles. Requests get the core's own numbers
//! on the way to whoever has the content, and the asker's number on the way back. A request without progress
//! for [`TIMEOUT`], content over `MAX_CLIPBOARD` and more than [`MAX_PENDING`] requests at a time end as
//! "unavailable". Viewers that may only look have no part in it.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use media::{ClipboardRequest, Command, Timestamp, ViewerId};
use protocol::control::{CLIPBOARD_CHUNK, Clipboard as Message, MAX_CLIPBOARD, MAX_MIMES, Refusal};

use super::{Violation, protocol_error};
use crate::chunks;

/// How long a request may go without progress.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most requests open at a time.
const MAX_PENDING: usize = 16;
/// The longest MIME type in bytes.
const MAX_MIME: usize = 256;

/// Who owns the clipboard, and what is on its way. Drain [`Clipboard::poll_effect`] after every other call.
#[derive(Debug, Default)]
pub(crate) struct Clipboard {
    owner: Owner,
    pending: BTreeMap<ClipboardRequest, Pending>,
    next: u32,
    effects: VecDeque<Effect>,
}

/// What the clipboard asks the core to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Tell the source.
    Source(Command),
    /// Tell a viewer.
    Send(ViewerId, Message),
    /// Tell all viewers that may use windows, except for one, what is on offer.
    Offer {
        /// MIME types; none: nothing any more.
        mimes: Vec<String>,
        /// Whose offer it is.
        except: Option<ViewerId>,
    },
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

    /// What to do next, in order.
    pub(super) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// A viewer that may use windows joins: it is told what is on offer.
    pub(super) fn handle_joined(&mut self, viewer: ViewerId) {
        let mimes = self.mimes().to_vec();
        if !mimes.is_empty() {
            self.send(viewer, Message::Offer { mimes });
        }
    }

    /// An app put something on the clipboard.
    pub(super) fn handle_app_offer(&mut self, mut mimes: Vec<String>) {
        mimes.retain(|mime| mime.len() <= MAX_MIME);
        mimes.truncate(MAX_MIMES);
        self.owner = if mimes.is_empty() { Owner::Nobody } else { Owner::App { mimes: mimes.clone() } };
        self.effects.push_back(Effect::Offer { mimes, except: None });
    }

    /// An app pastes what a viewer has.
    pub(super) fn handle_app_request(&mut self, now: Timestamp, request: ClipboardRequest, mime: String) {
        self.ask(now, Asker::App(request), mime);
    }

    /// An app's content for a viewer that asked.
    pub(super) fn handle_app_content(&mut self, request: ClipboardRequest, data: Option<Bytes>) {
        let Some(pending) = self.pending.remove(&request) else { return };
        if pending.from.is_none() {
            self.answer(pending.asker, data.filter(|data| data.len() <= MAX_CLIPBOARD));
        }
    }

    /// A message of a viewer, which `may` use windows or only look. An error is a broken rule.
    pub(super) fn handle_message(
        &mut self,
        now: Timestamp,
        viewer: ViewerId,
        may: bool,
        message: Message,
    ) -> Result<(), Refusal> {
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
                if self.pending.get(&request).is_some_and(|p| p.from == Some(viewer)) {
                    self.give_up(request);
                }
            }
        }
        Ok(())
    }

    /// Requests that have waited too long end.
    pub(super) fn handle_timeout(&mut self, now: Timestamp) {
        let late = self.pending.iter().filter(|(_, pending)| pending.deadline <= now);
        let late: Vec<ClipboardRequest> = late.map(|(request, _)| *request).collect();
        for request in late {
            tracing::debug!(%request, "a clipboard request had no answer in time");
            self.give_up(request);
        }
    }

    /// A viewer is gone, with what it asked for and what it had.
    pub(super) fn handle_gone(&mut self, viewer: ViewerId) {
        self.pending
            .retain(|_, pending| !matches!(pending.asker, Asker::Viewer(asker, _) if asker == viewer));
        let its = self.pending.iter().filter(|(_, pending)| pending.from == Some(viewer));
        let its: Vec<ClipboardRequest> = its.map(|(request, _)| *request).collect();
        its.into_iter().for_each(|request| self.give_up(request));
        if matches!(self.owner, Owner::Viewer { viewer: owner, .. } if owner == viewer) {
            self.viewer_offers(viewer, Vec::new());
        }
    }

    fn viewer_offers(&mut self, viewer: ViewerId, mimes: Vec<String>) {
        let owns = matches!(self.owner, Owner::Viewer { viewer: owner, .. } if owner == viewer);
        if mimes.is_empty() && !owns {
            return;
        }
        self.effect(Command::OfferClipboard { mimes: mimes.clone() });
        self.effects.push_back(Effect::Offer { mimes: mimes.clone(), except: Some(viewer) });
        self.owner = if mimes.is_empty() { Owner::Nobody } else { Owner::Viewer { viewer, mimes } };
    }

    fn ask(&mut self, now: Timestamp, asker: Asker, mime: String) {
        if !self.mimes().contains(&mime) {
            return self.answer(asker, None);
        }
        let from = match &self.owner {
            Owner::Viewer { viewer, .. } => Some(*viewer),
            Owner::Nobody | Owner::App { .. } => None,
        };
        let circular = match asker {
            Asker::App(_) => from.is_none(),
            Asker::Viewer(viewer, _) => from == Some(viewer),
        };
        let request = if circular { None } else { self.open(now, asker, from) };
        match (request, from) {
            (None, _) => self.answer(asker, None),
            (Some(request), None) => self.effect(Command::ReadClipboard { request, mime }),
            (Some(request), Some(owner)) => {
                self.send(owner, Message::Request { request, mime });
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
        let Some(pending) = self.pending.get_mut(&request) else { return };
        if pending.from != Some(viewer) {
            return;
        }
        if pending.content.len() + data.len() > MAX_CLIPBOARD {
            tracing::warn!(%viewer, limit = MAX_CLIPBOARD, "clipboard content is too large; it is dropped");
            return self.give_up(request);
        }
        pending.content.extend_from_slice(data);
        pending.deadline = now + TIMEOUT;
        if last && let Some(pending) = self.pending.remove(&request) {
            self.answer(pending.asker, Some(pending.content.freeze()));
        }
    }

    fn give_up(&mut self, request: ClipboardRequest) {
        if let Some(pending) = self.pending.remove(&request) {
            self.answer(pending.asker, None);
        }
    }

    fn answer(&mut self, asker: Asker, data: Option<Bytes>) {
        match (asker, data) {
            (Asker::App(request), data) => self.effect(Command::ClipboardContent { request, data }),
            (Asker::Viewer(viewer, request), None) => {
                self.send(viewer, Message::Unavailable { request });
            }
            (Asker::Viewer(viewer, request), Some(data)) => {
                for message in chunks::content(request, data) {
                    self.send(viewer, message);
                }
            }
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

    fn effect(&mut self, command: Command) {
        self.effects.push_back(Effect::Source(command));
    }

    fn send(&mut self, viewer: ViewerId, message: Message) {
        self.effects.push_back(Effect::Send(viewer, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const ONE: ViewerId = ViewerId(1);
    const OTHER: ViewerId = ViewerId(2);

    fn text() -> Vec<String> {
        vec!["text/plain".to_owned()]
    }

    fn effects(clipboard: &mut Clipboard) -> Vec<Effect> {
        std::iter::from_fn(|| clipboard.poll_effect()).collect()
    }

    fn offer(clipboard: &mut Clipboard, viewer: ViewerId) {
        clipboard.handle_message(NOW, viewer, true, Message::Offer { mimes: text() }).expect("in bounds");
    }

    fn ask(clipboard: &mut Clipboard, viewer: ViewerId, may: bool) {
        let request = ClipboardRequest(77);
        let message = Message::Request { request, mime: "text/plain".to_owned() };
        clipboard.handle_message(NOW, viewer, may, message).expect("in bounds");
    }

    const UNAVAILABLE: Message = Message::Unavailable { request: ClipboardRequest(77) };

    #[test]
    fn an_offer_goes_to_everybody_but_its_origin_and_ends_with_it() {
        let mut clipboard = Clipboard::default();
        offer(&mut clipboard, ONE);
        let offered = Effect::Offer { mimes: text(), except: Some(ONE) };
        let command = Effect::Source(Command::OfferClipboard { mimes: text() });
        assert_eq!(effects(&mut clipboard), [command, offered]);
        clipboard.handle_joined(OTHER);
        assert_eq!(effects(&mut clipboard), [Effect::Send(OTHER, Message::Offer { mimes: text() })]);
        clipboard.handle_gone(ONE);
        let nothing = Effect::Offer { mimes: Vec::new(), except: Some(ONE) };
        let command = Effect::Source(Command::OfferClipboard { mimes: Vec::new() });
        assert_eq!(effects(&mut clipboard), [command, nothing]);
    }

    #[test]
    fn content_travels_under_the_numbers_of_each_side() {
        let mut clipboard = Clipboard::default();
        offer(&mut clipboard, ONE);
        effects(&mut clipboard);
        ask(&mut clipboard, OTHER, true);
        let [Effect::Send(ONE, Message::Request { request, .. })] = effects(&mut clipboard)[..] else {
            panic!("the owner is asked")
        };
        let content = |request| Message::Content { request, data: Bytes::from_static(b"hi"), last: true };
        clipboard.handle_message(NOW, OTHER, true, content(request)).expect("in bounds");
        assert_eq!(effects(&mut clipboard), [], "only the owner answers");
        clipboard.handle_message(NOW, ONE, true, content(request)).expect("in bounds");
        assert_eq!(effects(&mut clipboard), [Effect::Send(OTHER, content(ClipboardRequest(77)))]);
    }

    #[test]
    fn who_may_only_look_or_asks_itself_or_waits_too_long_gets_nothing() {
        let mut clipboard = Clipboard::default();
        offer(&mut clipboard, ONE);
        effects(&mut clipboard);
        ask(&mut clipboard, OTHER, false);
        assert_eq!(effects(&mut clipboard), [Effect::Send(OTHER, UNAVAILABLE)]);
        ask(&mut clipboard, ONE, true);
        assert_eq!(effects(&mut clipboard), [Effect::Send(ONE, UNAVAILABLE)]);
        ask(&mut clipboard, OTHER, true);
        effects(&mut clipboard);
        clipboard.handle_timeout(clipboard.timeout().expect("one waits"));
        assert_eq!(effects(&mut clipboard), [Effect::Send(OTHER, UNAVAILABLE)]);
        assert_eq!(clipboard.timeout(), None);
    }
}
