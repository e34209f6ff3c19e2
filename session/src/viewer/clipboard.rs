//! The viewer's side of the clipboard: what it asked the session for.

use std::{collections::BTreeMap, time::Duration};

use bytes::{Bytes, BytesMut};
use media::{ClipboardRequest, Timestamp};
use protocol::control::MAX_CLIPBOARD;

/// How long a request may go without progress.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most requests open at a time.
const MAX_PENDING: usize = 8;

/// The requests that are open.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    pending: BTreeMap<ClipboardRequest, (Timestamp, BytesMut)>,
    next: u32,
}

/// What a part of the content did.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress {
    /// More follows, or nobody asked.
    None,
    /// That was all of it.
    Done(Bytes),
    /// It is too long: the request is over.
    TooLong,
}

impl Requests {
    /// Opens a request; `None` if too many are open.
    pub(crate) fn open(&mut self, now: Timestamp) -> Option<ClipboardRequest> {
        if self.pending.len() >= MAX_PENDING {
            return None;
        }
        let request = ClipboardRequest(self.next);
        self.next = self.next.wrapping_add(1);
        self.pending.insert(request, (now + TIMEOUT, BytesMut::new()));
        Some(request)
    }

    /// A part came.
    pub(crate) fn content(
        &mut self,
        now: Timestamp,
        request: ClipboardRequest,
        data: &[u8],
        last: bool,
    ) -> Progress {
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
    pub(crate) fn close(&mut self, request: ClipboardRequest) -> bool {
        self.pending.remove(&request).is_some()
    }

    /// Ends those that waited too long, or all with `None`.
    pub(crate) fn end(&mut self, now: Option<Timestamp>) -> Vec<ClipboardRequest> {
        let over = |deadline: &Timestamp| now.is_none_or(|now| *deadline <= now);
        let ended = self.pending.iter().filter(|(_, (deadline, _))| over(deadline));
        let ended: Vec<ClipboardRequest> = ended.map(|(request, _)| *request).collect();
        for request in &ended {
            self.pending.remove(request);
        }
        ended
    }

    /// When the next has waited too long.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.pending.values().map(|(deadline, _)| *deadline).min()
    }
}
