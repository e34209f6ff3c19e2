//! The content of selections on its way between X11 apps and all others: in one property, or for much of it part by
//! part (ICCCM's `INCR`). Bounded in size, number and time.

use std::{collections::HashMap, os::fd::OwnedFd, time::Duration};

use bytes::Bytes;
use smithay::reexports::calloop::timer::{TimeoutAction, Timer};
use smithay::reexports::wayland_server::Resource;
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
    manager::Then,
    selection::{Encoding, Kind},
    wire::Answer,
};
use crate::wayland::State;
use crate::wayland::clipboard::pipes;

/// Transfers in each direction at a time.
const TRANSFERS: usize = 16;

/// As much goes into one property at a time.
const PART: usize = 128 << 10;

/// How long an app may take for all of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is on its way.
#[derive(Debug, Default)]
pub(super) struct Transfers {
    /// From X11 apps, by the window that each goes to.
    incoming: HashMap<Window, Incoming>,
    /// To X11 apps.
    outgoing: Vec<Outgoing>,
    newest: u64,
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

impl State {
    /// Writes the content of a selection that an X11 app owns into a pipe.
    pub(in crate::wayland) fn x11_content_into(&mut self, kind: Kind, mime: &str, to: OwnedFd) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(format) = x11.selections.get(kind).format(mime) else { return };
        if x11.selections.transfers.incoming.len() >= TRANSFERS {
            tracing::warn!(limit = TRANSFERS, "a paste from an X11 app is refused: too many are under way");
            return;
        }
        let conn = x11.wire.conn();
        let Ok(window) = conn.generate_id() else { return };
        let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let (root, atoms) = (x11.wire.root, &x11.wire.atoms);
        x11.wire.sent(conn.create_window(0, window, root, -1, -1, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &aux));
        let (selection, property) = (kind.atom(atoms), atoms._DORMER_SELECTION);
        x11.wire.sent(conn.convert_selection(
            window,
            selection,
            format.target,
            property,
            x11rb::CURRENT_TIME,
        ));
        let incoming = Incoming {
            to,
            encoding: format.encoding,
            content: Vec::new(),
            in_parts: false,
            reading: false,
            again: false,
        };
        x11.selections.transfers.incoming.insert(window, incoming);
        let patience = self.events.insert_source(Timer::from_duration(PATIENCE), move |_, (), state| {
            state.end_incoming(window, false);
            TimeoutAction::Drop
        });
        if let Err(error) = patience {
            tracing::warn!(%error, "a clipboard transfer has no time limit");
        }
    }

    /// The app says that the content is there, or that there is none.
    pub(super) fn x11_content_there(&mut self, e: &SelectionNotifyEvent) {
        if e.property == x11rb::NONE {
            self.end_incoming(e.requestor, false);
        } else {
            self.read_incoming(e.requestor);
        }
    }

    fn read_incoming(&mut self, window: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(incoming) = x11.selections.transfers.incoming.get_mut(&window) else { return };
        if incoming.reading {
            incoming.again = true;
            return;
        }
        incoming.reading = true;
        let property = x11.wire.atoms._DORMER_SELECTION;
        let bytes = pipes::MAX_BYTES as u32;
        if let Some(answer) = x11.wire.ask_property(window, property, AtomEnum::ANY.into(), bytes, true) {
            x11.after(Then::Content { window, answer });
        }
    }

    pub(super) fn x11_content(&mut self, window: Window, answer: Answer) {
        let Some(x11) = self.xwayland.manager() else { return };
        let reply = x11.wire.read_property(answer);
        let incr = x11.wire.atoms.INCR;
        let Some(incoming) = x11.selections.transfers.incoming.get_mut(&window) else { return };
        incoming.reading = false;
        let again = std::mem::take(&mut incoming.again);
        let Some(reply) = reply else { return self.end_incoming(window, false) };
        if reply.type_ == incr {
            incoming.in_parts = true;
        } else if reply.bytes_after > 0 || incoming.content.len() + reply.value.len() > pipes::MAX_BYTES {
            tracing::warn!(limit = pipes::MAX_BYTES, "an X11 app's clipboard content is too long");
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
    }

    /// Hands over what has come if it is complete, and closes the pipe.
    fn end_incoming(&mut self, window: Window, complete: bool) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(incoming) = x11.selections.transfers.incoming.remove(&window) else { return };
        x11.wire.sent(x11.wire.conn().destroy_window(window));
        if complete {
            let content = match incoming.encoding {
                Encoding::Latin1 => {
                    incoming.content.iter().map(|&b| char::from(b)).collect::<String>().into()
                }
                Encoding::Utf8 | Encoding::Bytes(_) => incoming.content.into(),
            };
            pipes::write(&self.events, incoming.to, content);
        }
    }

    /// A property changed that is none of a window's: perhaps it moves content.
    pub(super) fn x11_selection_property(&mut self, e: &PropertyNotifyEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        let transfers = &mut x11.selections.transfers;
        if e.state == Change::NEW_VALUE {
            let of_us = e.atom == x11.wire.atoms._DORMER_SELECTION;
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
        let conn = x11.wire.conn();
        x11.wire.sent(conn.change_property8(PropMode::REPLACE, requestor, property, target, &part));
    }

    /// A window is gone that may have been waiting for content.
    pub(super) fn x11_requestor_gone(&mut self, id: Window) {
        if let Some(x11) = self.xwayland.manager() {
            x11.selections.transfers.outgoing.retain(|outgoing| outgoing.request.requestor != id);
        }
    }

    /// An X11 app pastes what we own.
    pub(super) fn x11_paste(&mut self, mut e: SelectionRequestEvent) {
        if e.property == x11rb::NONE {
            // Old apps leave it to us.
            e.property = e.target;
        }
        let has_keyboard = self.x11_has_keyboard();
        let Some(x11) = self.xwayland.manager() else { return };
        let (conn, atoms) = (x11.wire.conn(), x11.wire.atoms);
        let Some(kind) = Kind::named(e.selection, &atoms).filter(|_| e.owner == x11.wire.own) else { return };
        let selection = x11.selections.get(kind);
        let SelectionRequestEvent { requestor, property, target, .. } = e;
        if target == atoms.TARGETS {
            let targets = selection.targets(&atoms);
            let atom = AtomEnum::ATOM;
            x11.wire.sent(conn.change_property32(PropMode::REPLACE, requestor, property, atom, &targets));
            return self.answer_x11(&e, true);
        }
        if target == atoms.TIMESTAMP {
            let (kind, since) = (AtomEnum::INTEGER, [selection.since()]);
            x11.wire.sent(conn.change_property32(PropMode::REPLACE, requestor, property, kind, &since));
            return self.answer_x11(&e, true);
        }
        let Some((mime, encoding)) = selection.wanted(target, &atoms) else {
            return self.answer_x11(&e, false);
        };
        if !has_keyboard {
            tracing::debug!("an X11 app without the keyboard may not read the clipboard");
            return self.answer_x11(&e, false);
        }
        if target == atoms.TEXT {
            e.target = atoms.UTF8_STRING;
        }
        let Ok((from, to)) = pipes::pipe() else { return self.answer_x11(&e, false) };
        pipes::read(&self.events, from, move |state, content| state.fill_x11(e, encoding, content));
        self.content_for_x11(kind, mime, to);
    }

    /// Whether the user works with an X11 app. Only such may read what others copied, as on Wayland.
    pub(super) fn x11_has_keyboard(&self) -> bool {
        let client = self.input.keyboard_surface().and_then(|surface| surface.client());
        self.xwayland.running().is_some_and(|x11| Some(&x11.client) == client.as_ref())
    }

    /// The content that an X11 app asked for is there.
    fn fill_x11(&mut self, e: SelectionRequestEvent, encoding: Encoding, content: Option<Bytes>) {
        let Some(x11) = self.xwayland.manager() else { return };
        let content = match (content, encoding) {
            (None, _) => return self.answer_x11(&e, false),
            (Some(content), Encoding::Latin1) => to_latin1(&content),
            (Some(content), _) => content,
        };
        let conn = x11.wire.conn();
        if content.len() <= PART {
            let written =
                conn.change_property8(PropMode::REPLACE, e.requestor, e.property, e.target, &content);
            x11.wire.sent(written);
            return self.answer_x11(&e, true);
        }
        if x11.selections.transfers.outgoing.len() >= TRANSFERS {
            tracing::warn!(limit = TRANSFERS, "a paste of an X11 app is refused: too many are under way");
            return self.answer_x11(&e, false);
        }
        let mask = EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY;
        let aux = ChangeWindowAttributesAux::new().event_mask(mask);
        x11.wire.sent(conn.change_window_attributes(e.requestor, &aux));
        let (incr, size) = (x11.wire.atoms.INCR, [content.len() as u32]);
        x11.wire.sent(conn.change_property32(PropMode::REPLACE, e.requestor, e.property, incr, &size));
        // An app that asks again for the same has given up on the first.
        let same = |o: &Outgoing| o.request.requestor == e.requestor && o.request.property == e.property;
        let transfers = &mut x11.selections.transfers;
        transfers.outgoing.retain(|outgoing| !same(outgoing));
        transfers.newest += 1;
        let number = transfers.newest;
        transfers.outgoing.push(Outgoing { number, request: e, rest: content });
        self.answer_x11(&e, true);
        let patience = self.events.insert_source(Timer::from_duration(PATIENCE), move |_, (), state| {
            if let Some(x11) = state.xwayland.manager() {
                x11.selections.transfers.outgoing.retain(|outgoing| outgoing.number != number);
            }
            TimeoutAction::Drop
        });
        if let Err(error) = patience {
            tracing::warn!(%error, "a clipboard transfer has no time limit");
        }
    }

    fn answer_x11(&mut self, e: &SelectionRequestEvent, there: bool) {
        let Some(x11) = self.xwayland.manager() else { return };
        let event = SelectionNotifyEvent {
            response_type: x11rb::protocol::xproto::SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: e.time,
            requestor: e.requestor,
            selection: e.selection,
            target: e.target,
            property: if there { e.property } else { x11rb::NONE },
        };
        x11.wire.sent(x11.wire.conn().send_event(false, e.requestor, EventMask::NO_EVENT, event));
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
