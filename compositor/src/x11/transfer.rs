//! The content of selections on its way between X11 apps and all others: in one property, or for much of it
//! part by part (ICCCM's `INCR`). Bounded in size and number; whoever calls bounds it in time.

use std::{collections::HashMap, os::fd::OwnedFd};

use bytes::Bytes;
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{
        AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
        Property as Change, PropertyNotifyEvent, SelectionNotifyEvent, SelectionRequestEvent, Window,
        WindowClass,
    },
    wrapper::ConnectionExt as _,
};

use super::{
    Manager,
    manager::Then,
    selection::{Effect, Encoding, Kind},
    wire::Answer,
};

/// Transfers in each direction at a time.
const TRANSFERS: usize = 16;

/// As much goes into one property at a time.
const PART: usize = 128 << 10;

/// What is on its way.
#[derive(Debug)]
pub(crate) struct Transfers {
    /// From X11 apps, by the window that each goes to.
    incoming: HashMap<Window, Incoming>,
    /// To X11 apps.
    outgoing: Vec<Outgoing>,
    newest: u64,
    /// The longest content.
    content_bytes: usize,
}

/// A transfer that has begun and may never end by itself: [`Manager::give_up`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transfer {
    /// From an X11 app.
    Incoming(Window),
    /// To one.
    Outgoing(u64),
}

/// Content that comes from an X11 app.
#[derive(Debug)]
struct Incoming {
    to: OwnedFd,
    encoding: Encoding,
    content: Vec<u8>,
    /// It comes part by part.
    in_parts: bool,
    /// A part is being read, and whether another has come meanwhile.
    reading: bool,
    again: bool,
}

/// Content that goes to an X11 app part by part.
#[derive(Debug)]
struct Outgoing {
    number: u64,
    request: SelectionRequestEvent,
    rest: Bytes,
}

impl Transfers {
    pub(crate) fn new(content_bytes: usize) -> Self {
        Self { incoming: HashMap::new(), outgoing: Vec::new(), newest: 0, content_bytes }
    }
}

impl Incoming {
    fn new(to: OwnedFd, encoding: Encoding) -> Self {
        Self { to, encoding, content: Vec::new(), in_parts: false, reading: false, again: false }
    }

    /// All that came, as whoever pastes it knows it.
    fn delivered(self) -> Effect {
        let content = match self.encoding {
            Encoding::Latin1 => self.content.iter().map(|&b| char::from(b)).collect::<String>().into(),
            Encoding::Utf8 | Encoding::Bytes => self.content.into(),
        };
        Effect::Deliver { to: self.to, content }
    }
}

/// From X11 apps.
impl Manager {
    /// Asks the X11 app that owns a selection for its content, for a pipe. What has begun, if it has.
    pub(crate) fn fetch(&mut self, kind: Kind, mime: &str, to: OwnedFd) -> Option<Transfer> {
        let format = self.selections.get(kind).format(mime)?;
        let (target, encoding) = (format.target, format.encoding);
        if self.selections.transfers.incoming.len() >= TRANSFERS {
            tracing::warn!(limit = TRANSFERS, "a paste from an X11 app is refused: too many are under way");
            return None;
        }
        let conn = self.wire.conn();
        let window = conn.generate_id().ok()?;
        let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (root, class) = (self.wire.root, WindowClass::INPUT_ONLY);
        self.wire.sent(conn.create_window(0, window, root, -1, -1, 1, 1, 0, class, 0, &aux));
        let (selection, property) = (kind.atom(&self.wire.atoms), self.wire.atoms._DORMER_SELECTION);
        let time = match kind {
            Kind::Clipboard | Kind::Primary => x11rb::CURRENT_TIME,
            Kind::Drag => self.drag_time(),
        };
        self.wire.sent(conn.convert_selection(window, selection, target, property, time));
        self.selections.transfers.incoming.insert(window, Incoming::new(to, encoding));
        Some(Transfer::Incoming(window))
    }

    /// The app says that the content is there, or that there is none.
    pub(super) fn content_there(&mut self, e: &SelectionNotifyEvent) -> Option<Effect> {
        if e.property == x11rb::NONE {
            return self.end_incoming(e.requestor, false);
        }
        self.read_incoming(e.requestor);
        None
    }

    fn read_incoming(&mut self, window: Window) {
        let transfers = &mut self.selections.transfers;
        let Some(incoming) = transfers.incoming.get_mut(&window) else { return };
        if incoming.reading {
            incoming.again = true;
            return;
        }
        incoming.reading = true;
        let property = self.wire.atoms._DORMER_SELECTION;
        let bytes = u32::try_from(transfers.content_bytes).unwrap_or(u32::MAX);
        if let Some(answer) = self.wire.ask_property(window, property, AtomEnum::ANY.into(), bytes, true) {
            self.after(Then::Content { window, answer });
        }
    }

    /// A part of the content was read.
    pub(crate) fn content_read(&mut self, window: Window, answer: Answer) -> Option<Effect> {
        let reply = self.wire.read_property(answer);
        let incr = self.wire.atoms.INCR;
        let limit = self.selections.transfers.content_bytes;
        let incoming = self.selections.transfers.incoming.get_mut(&window)?;
        incoming.reading = false;
        let again = std::mem::take(&mut incoming.again);
        let Some(reply) = reply else { return self.end_incoming(window, false) };
        if reply.type_ == incr {
            incoming.in_parts = true;
        } else if reply.bytes_after > 0 || incoming.content.len() + reply.value.len() > limit {
            tracing::warn!(limit, "an X11 app's clipboard content is too long");
            return self.end_incoming(window, false);
        } else if reply.type_ != x11rb::NONE {
            // The last of several parts is an empty one.
            let last = !incoming.in_parts || reply.value.is_empty();
            incoming.content.extend_from_slice(&reply.value);
            if last {
                return self.end_incoming(window, true);
            }
        }
        if again {
            self.read_incoming(window);
        }
        None
    }

    /// Hands over what has come if it is complete, or else closes the pipe.
    fn end_incoming(&mut self, window: Window, complete: bool) -> Option<Effect> {
        let incoming = self.selections.transfers.incoming.remove(&window)?;
        self.wire.sent(self.wire.conn().destroy_window(window));
        complete.then(|| incoming.delivered())
    }
}

/// To X11 apps.
impl Manager {
    /// An X11 app pastes what we own. It is answered at once if it asks for no content, or for what there is
    /// not.
    pub(crate) fn pasted(&mut self, mut request: SelectionRequestEvent) -> Option<Effect> {
        if request.property == x11rb::NONE {
            // Old apps leave it to us.
            request.property = request.target;
        }
        let (conn, atoms) = (self.wire.conn(), self.wire.atoms);
        let kind = Kind::named(request.selection, &atoms).filter(|_| request.owner == self.wire.own)?;
        let selection = self.selections.get(kind);
        let SelectionRequestEvent { requestor, property, target, .. } = request;
        let answered = if target == atoms.TARGETS {
            let targets = selection.targets(&atoms, &self.names);
            let atom = AtomEnum::ATOM;
            self.wire.sent(conn.change_property32(PropMode::REPLACE, requestor, property, atom, &targets));
            true
        } else if target == atoms.TIMESTAMP {
            let (kind, since) = (AtomEnum::INTEGER, [selection.since()]);
            self.wire.sent(conn.change_property32(PropMode::REPLACE, requestor, property, kind, &since));
            true
        } else if let Some((mime, encoding)) = selection.wanted(target, &atoms, &self.names) {
            if target == atoms.TEXT {
                request.target = atoms.UTF8_STRING;
            }
            return Some(Effect::Wanted { request, kind, mime, encoding });
        } else {
            tracing::debug!("an X11 app finds nothing of this type");
            false
        };
        self.answer(&request, answered);
        None
    }

    /// The content that an X11 app asked for is there; `None`: there is none. What has begun, if it takes
    /// longer.
    pub(crate) fn fill(
        &mut self,
        request: SelectionRequestEvent,
        encoding: Encoding,
        content: Option<Bytes>,
    ) -> Option<Transfer> {
        let content = match (content, encoding) {
            (None, _) => {
                self.answer(&request, false);
                return None;
            }
            (Some(content), Encoding::Latin1) => to_latin1(&content),
            (Some(content), Encoding::Utf8 | Encoding::Bytes) => content,
        };
        let SelectionRequestEvent { requestor, property, target, .. } = request;
        let conn = self.wire.conn();
        if content.len() <= PART {
            let replace = PropMode::REPLACE;
            self.wire.sent(conn.change_property8(replace, requestor, property, target, &content));
            self.answer(&request, true);
            return None;
        }
        if self.selections.transfers.outgoing.len() >= TRANSFERS {
            tracing::warn!(limit = TRANSFERS, "a paste of an X11 app is refused: too many are under way");
            self.answer(&request, false);
            return None;
        }
        let mask = EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY;
        let aux = ChangeWindowAttributesAux::new().event_mask(mask);
        self.wire.sent(conn.change_window_attributes(requestor, &aux));
        let (incr, size) = (self.wire.atoms.INCR, [content.len() as u32]);
        self.wire.sent(conn.change_property32(PropMode::REPLACE, requestor, property, incr, &size));
        // An app that asks again for the same has given up on the first.
        let same = |o: &Outgoing| o.request.requestor == requestor && o.request.property == property;
        let transfers = &mut self.selections.transfers;
        transfers.outgoing.retain(|outgoing| !same(outgoing));
        transfers.newest += 1;
        let number = transfers.newest;
        transfers.outgoing.push(Outgoing { number, request, rest: content });
        self.answer(&request, true);
        Some(Transfer::Outgoing(number))
    }

    /// Tells an X11 app whether it has got what it asked for.
    pub(crate) fn answer(&self, e: &SelectionRequestEvent, there: bool) {
        let event = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: e.time,
            requestor: e.requestor,
            selection: e.selection,
            target: e.target,
            property: if there { e.property } else { x11rb::NONE },
        };
        self.wire.sent(self.wire.conn().send_event(false, e.requestor, EventMask::NO_EVENT, event));
    }
}

/// Both ways.
impl Manager {
    /// A property changed that is none of a window's: perhaps it moves content.
    pub(crate) fn selection_property(&mut self, e: &PropertyNotifyEvent) {
        let transfers = &mut self.selections.transfers;
        if e.state == Change::NEW_VALUE {
            let of_us = e.atom == self.wire.atoms._DORMER_SELECTION;
            // The first part is announced by an event of its own.
            if of_us && transfers.incoming.get(&e.window).is_some_and(|i| i.in_parts || i.reading) {
                self.read_incoming(e.window);
            }
            return;
        }
        let is_it = |o: &Outgoing| o.request.requestor == e.window && o.request.property == e.atom;
        let Some(at) = transfers.outgoing.iter().position(is_it) else { return };
        let outgoing = &mut transfers.outgoing[at];
        let part = outgoing.rest.split_to(outgoing.rest.len().min(PART));
        let SelectionRequestEvent { requestor, property, target, .. } = outgoing.request;
        // An empty part is the last.
        if part.is_empty() {
            transfers.outgoing.swap_remove(at);
        }
        let conn = self.wire.conn();
        self.wire.sent(conn.change_property8(PropMode::REPLACE, requestor, property, target, &part));
    }

    /// A window is gone that may have been waiting for content.
    pub(crate) fn requestor_gone(&mut self, id: Window) {
        self.selections.transfers.outgoing.retain(|outgoing| outgoing.request.requestor != id);
    }

    /// Waits no longer for a transfer.
    pub(crate) fn give_up(&mut self, transfer: Transfer) {
        match transfer {
            Transfer::Incoming(window) => drop(self.end_incoming(window, false)),
            Transfer::Outgoing(number) => {
                self.selections.transfers.outgoing.retain(|outgoing| outgoing.number != number);
            }
        }
    }
}

/// Text as old X11 apps know it; what that cannot write becomes a question mark.
fn to_latin1(content: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(content);
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_apps_get_what_latin1_can_write() {
        assert_eq!(to_latin1("aä€".as_bytes()), Bytes::from_static(b"a\xe4?"));
    }
}
