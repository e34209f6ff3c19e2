//! The viewer's end of the clipboard: what it offers, and what it asked the session for.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Bytes, BytesMut};
use media::{ClipboardRequest, Timestamp};
use protocol::control::{Clipboard, MAX_CLIPBOARD, MAX_MIMES};

use super::Event;
use crate::chunks;

/// How long a request may go without progress.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most requests open at a time.
const MAX_PENDING: usize = 8;

/// What this viewer offers, and what it wants of the session's clipboard.
#[derive(Debug, Default)]
pub(crate) struct ClipboardEnd {
    offered: Vec<String>,
    requests: Requests,
}

/// What a message of the host leads to.
#[derive(Debug, PartialEq)]
pub(crate) enum Reaction {
    /// Nothing yet.
    None,
    /// News for the front end.
    Tell(Event),
    /// An answer to the host.
    Answer(Clipboard),
}

impl ClipboardEnd {
    /// The user has put something on this viewer's own clipboard; none: it is this viewer's no more. What to
    /// tell the host.
    pub(crate) fn offer(&mut self, mut mimes: Vec<String>) -> Clipboard {
        mimes.truncate(MAX_MIMES);
        self.offered.clone_from(&mimes);
        Clipboard::Offer { mimes }
    }

    /// What to tell the host of a new link, which knows nothing of this viewer's clipboard.
    pub(crate) fn offer_again(&self) -> Option<Clipboard> {
        (!self.offered.is_empty()).then(|| Clipboard::Offer { mimes: self.offered.clone() })
    }

    /// Asks for what is on the session's clipboard: the request, and what to tell the host; `None` if too
    /// much is asked for already.
    pub(crate) fn request(&mut self, now: Timestamp, mime: String) -> (ClipboardRequest, Option<Clipboard>) {
        let request = self.requests.number();
        let message = self.requests.open(now, request).then_some(Clipboard::Request { request, mime });
        (request, message)
    }

    /// Numbers a request that cannot be sent.
    pub(crate) fn refuse(&mut self) -> ClipboardRequest {
        self.requests.number()
    }

    /// The messages that answer [`Event::ClipboardWanted`]; `None` if there is no such content.
    pub(crate) fn provide(request: ClipboardRequest, data: Option<Bytes>) -> Vec<Clipboard> {
        match data.filter(|data| data.len() <= MAX_CLIPBOARD) {
            None => vec![Clipboard::Unavailable { request }],
            Some(data) => chunks::content(request, data).collect(),
        }
    }

    /// A message of the host.
    pub(crate) fn handle(&mut self, now: Timestamp, message: Clipboard) -> Reaction {
        match message {
            Clipboard::Offer { mimes } => {
                // Whoever offers owns the clipboard from now on.
                self.offered.clear();
                Reaction::Tell(Event::ClipboardOffered { mimes })
            }
            Clipboard::Request { request, mime } if self.offered.contains(&mime) => {
                Reaction::Tell(Event::ClipboardWanted { request, mime })
            }
            Clipboard::Request { request, .. } => Reaction::Answer(Clipboard::Unavailable { request }),
            Clipboard::Content { request, data, last } => {
                match self.requests.content(now, request, &data, last) {
                    Progress::None => Reaction::None,
                    Progress::Done(data) => {
                        Reaction::Tell(Event::ClipboardContent { request, data: Some(data) })
                    }
                    Progress::TooLong => {
                        tracing::warn!(
                            limit = MAX_CLIPBOARD,
                            "clipboard content is too large; it is dropped"
                        );
                        Reaction::Tell(Event::ClipboardContent { request, data: None })
                    }
                }
            }
            Clipboard::Unavailable { request } if self.requests.close(request) => {
                Reaction::Tell(Event::ClipboardContent { request, data: None })
            }
            Clipboard::Unavailable { .. } => Reaction::None,
        }
    }

    /// Ends the requests that waited too long, or all with `None`.
    pub(crate) fn end(&mut self, now: Option<Timestamp>) -> impl Iterator<Item = Event> + use<> {
        let ended = self.requests.end(now).into_iter();
        ended.map(|request| Event::ClipboardContent { request, data: None })
    }

    /// When the next has waited too long.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.requests.timeout()
    }
}

/// The requests that are open.
#[derive(Debug, Default)]
struct Requests {
    pending: BTreeMap<ClipboardRequest, (Timestamp, BytesMut)>,
    next: u32,
}

/// What a part of the content did.
#[derive(Debug, PartialEq)]
enum Progress {
    /// More follows, or nobody asked.
    None,
    /// That was all of it.
    Done(Bytes),
    /// It is too long: the request is over.
    TooLong,
}

impl Requests {
    /// The number of a new request.
    fn number(&mut self) -> ClipboardRequest {
        let request = ClipboardRequest(self.next);
        self.next = self.next.wrapping_add(1);
        request
    }

    /// Opens a request, unless too many are open.
    fn open(&mut self, now: Timestamp, request: ClipboardRequest) -> bool {
        let room = self.pending.len() < MAX_PENDING;
        if room {
            self.pending.insert(request, (now + TIMEOUT, BytesMut::new()));
        }
        room
    }

    /// A part came.
    fn content(&mut self, now: Timestamp, request: ClipboardRequest, data: &[u8], last: bool) -> Progress {
        let Some((deadline, content)) = self.pending.get_mut(&request) else { return Progress::None };
        if content.len() + data.len() > MAX_CLIPBOARD {
            self.pending.remove(&request);
            return Progress::TooLong;
        }
        *deadline = now + TIMEOUT;
        content.extend_from_slice(data);
        if !last {
            return Progress::None;
        }
        let whole = self.pending.remove(&request).map(|(_, content)| content.freeze());
        Progress::Done(whole.unwrap_or_default())
    }

    /// Ends a request; says whether it was open.
    fn close(&mut self, request: ClipboardRequest) -> bool {
        self.pending.remove(&request).is_some()
    }

    /// Ends those that waited too long, or all with `None`.
    fn end(&mut self, now: Option<Timestamp>) -> Vec<ClipboardRequest> {
        let over = |deadline: &Timestamp| now.is_none_or(|now| *deadline <= now);
        let ended = self.pending.iter().filter(|(_, (deadline, _))| over(deadline));
        let ended: Vec<ClipboardRequest> = ended.map(|(request, _)| *request).collect();
        for request in &ended {
            self.pending.remove(request);
        }
        ended
    }

    /// When the next has waited too long.
    fn timeout(&self) -> Option<Timestamp> {
        self.pending.values().map(|(deadline, _)| *deadline).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1);

    fn text() -> Vec<String> {
        vec!["text/plain".to_owned()]
    }

    #[test]
    fn only_what_was_offered_and_is_still_ours_is_given_away() {
        let mut clipboard = ClipboardEnd::default();
        let request = ClipboardRequest(3);
        let wanted = |mime: &str| Clipboard::Request { request, mime: mime.to_owned() };
        let refused = Reaction::Answer(Clipboard::Unavailable { request });
        assert_eq!(clipboard.handle(NOW, wanted("text/plain")), refused);
        clipboard.offer(text());
        assert_eq!(clipboard.offer_again(), Some(Clipboard::Offer { mimes: text() }));
        let asked = Event::ClipboardWanted { request, mime: "text/plain".to_owned() };
        assert_eq!(clipboard.handle(NOW, wanted("text/plain")), Reaction::Tell(asked));
        clipboard.handle(NOW, Clipboard::Offer { mimes: Vec::new() });
        assert_eq!(clipboard.handle(NOW, wanted("text/plain")), refused, "somebody else owns it");
        assert_eq!(clipboard.offer_again(), None);
    }

    #[test]
    fn a_request_is_answered_once_by_content_by_refusal_or_by_time() {
        let mut clipboard = ClipboardEnd::default();
        let ask = |clipboard: &mut ClipboardEnd| clipboard.request(NOW, "a/b".into()).0;
        let (first, second, third) = (ask(&mut clipboard), ask(&mut clipboard), ask(&mut clipboard));
        let part = |request, last| Clipboard::Content { request, data: Bytes::from_static(b"ab"), last };
        let answered = |request, data| Reaction::Tell(Event::ClipboardContent { request, data });
        assert_eq!(clipboard.handle(NOW, part(first, false)), Reaction::None);
        let whole = Some(Bytes::from_static(b"abab"));
        assert_eq!(clipboard.handle(NOW, part(first, true)), answered(first, whole));
        assert_eq!(clipboard.handle(NOW, part(first, true)), Reaction::None, "nobody asks any more");
        let refusal = Clipboard::Unavailable { request: second };
        assert_eq!(clipboard.handle(NOW, refusal.clone()), answered(second, None));
        assert_eq!(clipboard.handle(NOW, refusal), Reaction::None);
        let due = clipboard.timeout().expect("one is open");
        let ended: Vec<Event> = clipboard.end(Some(due)).collect();
        assert_eq!(ended, [Event::ClipboardContent { request: third, data: None }]);
        assert_eq!(clipboard.timeout(), None);
    }
}
