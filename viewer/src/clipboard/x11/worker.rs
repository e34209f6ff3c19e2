//! The thread that hears the X server.

use std::sync::{Arc, mpsc};

use bytes::Bytes;
use media::ClipboardRequest;
use protocol::control::MAX_CLIPBOARD;
use x11rb::{
    connection::Connection,
    errors::{ConnectionError, ReplyError},
    protocol::{
        Event as XEvent,
        xproto::{
            Atom, AtomEnum, ConnectionExt as _, Property, PropertyNotifyEvent, SelectionNotifyEvent, Window,
        },
    },
    rust_connection::RustConnection,
};

use super::{
    Order,
    atoms::Atoms,
    owner::{Need, Owner},
};
use crate::clipboard::Event;

/// The thread's state.
pub(super) struct Worker<T> {
    connection: Arc<RustConnection>,
    window: Window,
    atoms: Atoms,
    orders: mpsc::Receiver<Order>,
    tell: T,
    owner: Owner,
    fetching: Fetching,
}

/// Whether the desktop's text is on its way.
#[derive(Debug)]
enum Fetching {
    /// No.
    Idle,
    /// Its owner was asked.
    Asked(ClipboardRequest),
    /// It comes in pieces; an empty one is the last.
    Pieces(ClipboardRequest, Vec<u8>),
}

impl<T: Fn(Event)> Worker<T> {
    /// A thread that has heard nothing.
    pub(super) fn new(
        connection: Arc<RustConnection>,
        window: Window,
        atoms: Atoms,
        orders: mpsc::Receiver<Order>,
        tell: T,
    ) -> Self {
        Self { connection, window, atoms, orders, tell, owner: Owner::Other, fetching: Fetching::Idle }
    }

    /// Hears until the connection breaks.
    pub(super) fn run(mut self) {
        if let Err(error) = self.listen() {
            tracing::warn!("copy and paste with this desktop ends: {error}");
        }
    }

    fn listen(&mut self) -> Result<(), ReplyError> {
        // What was copied before this viewer started can be pasted too.
        if self.connection.get_selection_owner(self.atoms.CLIPBOARD)?.reply()?.owner != x11rb::NONE {
            self.convert(self.atoms.TARGETS, self.atoms.DORMER_TARGETS)?;
        }
        loop {
            match self.connection.wait_for_event()? {
                XEvent::ClientMessage(message) if message.type_ == self.atoms.DORMER_WAKE => self.obey()?,
                XEvent::XfixesSelectionNotify(change) => self.on_owner(change.owner)?,
                XEvent::SelectionNotify(answer) => self.on_answer(&answer)?,
                XEvent::PropertyNotify(change) => self.on_property(&change)?,
                XEvent::SelectionClear(_) => self.owner = Owner::Other,
                XEvent::SelectionRequest(request) => {
                    match self.owner.asked(&self.connection, &self.atoms, request)? {
                        Need::Nothing => {}
                        Need::Text => (self.tell)(Event::Pasting),
                    }
                }
                _ => {}
            }
        }
    }

    fn obey(&mut self) -> Result<(), ConnectionError> {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Own => {
                    self.owner = Owner::Lazy(Vec::new());
                    self.connection.set_selection_owner(
                        self.window,
                        self.atoms.CLIPBOARD,
                        x11rb::CURRENT_TIME,
                    )?;
                }
                Order::Disown if !matches!(self.owner, Owner::Other) => {
                    self.owner = Owner::Other;
                    self.connection.set_selection_owner(
                        x11rb::NONE,
                        self.atoms.CLIPBOARD,
                        x11rb::CURRENT_TIME,
                    )?;
                }
                Order::Disown => {}
                Order::Deliver(text) => self.owner.delivered(&self.connection, &self.atoms, text)?,
                Order::Fetch(request) => {
                    // An owner that never answered does not hold up the next request.
                    self.fetched(None);
                    self.fetching = Fetching::Asked(request);
                    self.convert(self.atoms.UTF8_STRING, self.atoms.DORMER_TEXT)?;
                }
            }
        }
        self.connection.flush()
    }

    /// The clipboard changed hands.
    fn on_owner(&mut self, owner: Window) -> Result<(), ConnectionError> {
        if owner == self.window {
            return Ok(());
        }
        self.owner = Owner::Other;
        if owner == x11rb::NONE {
            (self.tell)(Event::Copied { text: false });
            return Ok(());
        }
        self.convert(self.atoms.TARGETS, self.atoms.DORMER_TARGETS)
    }

    fn on_answer(&mut self, answer: &SelectionNotifyEvent) -> Result<(), ReplyError> {
        if answer.target == self.atoms.TARGETS {
            let targets = self.read(answer.property, AtomEnum::ATOM.into(), MAX_TARGETS)?;
            let text =
                targets.is_some_and(|content| content.as_atoms().any(|target| self.atoms.is_text(target)));
            (self.tell)(Event::Copied { text });
        } else if let Fetching::Asked(request) = self.fetching {
            match self.read(answer.property, x11rb::NONE, MAX_CLIPBOARD)? {
                Some(content) if content.kind == self.atoms.INCR => {
                    self.fetching = Fetching::Pieces(request, Vec::new());
                }
                content => self.fetched(content.map(|content| content.bytes)),
            }
        }
        Ok(())
    }

    fn on_property(&mut self, change: &PropertyNotifyEvent) -> Result<(), ReplyError> {
        let is_piece = change.atom == self.atoms.DORMER_TEXT && change.state == Property::NEW_VALUE;
        if !is_piece || !matches!(self.fetching, Fetching::Pieces(..)) {
            return Ok(());
        }
        let piece =
            self.read(self.atoms.DORMER_TEXT, x11rb::NONE, MAX_CLIPBOARD)?.map(|content| content.bytes);
        let Fetching::Pieces(_, text) = &mut self.fetching else { return Ok(()) };
        match piece {
            Some(piece) if piece.is_empty() => {
                let text = std::mem::take(text);
                self.fetched(Some(text));
            }
            Some(piece) if text.len() + piece.len() <= MAX_CLIPBOARD => text.extend(piece),
            _ => {
                tracing::warn!(
                    limit = MAX_CLIPBOARD,
                    "the text on the clipboard is too long; nothing is pasted"
                );
                self.fetched(None);
            }
        }
        Ok(())
    }

    fn fetched(&mut self, text: Option<Vec<u8>>) {
        match std::mem::replace(&mut self.fetching, Fetching::Idle) {
            Fetching::Idle => {}
            Fetching::Asked(request) | Fetching::Pieces(request, _) => {
                (self.tell)(Event::Fetched { request, data: text.map(Bytes::from) });
            }
        }
    }

    fn convert(&self, target: Atom, property: Atom) -> Result<(), ConnectionError> {
        let Atoms { CLIPBOARD: clipboard, .. } = self.atoms;
        self.connection.convert_selection(self.window, clipboard, target, property, x11rb::CURRENT_TIME)?;
        self.connection.flush()
    }

    /// Takes a property of our window; `None` if there is none or it is longer than `limit`.
    fn read(&self, property: Atom, kind: Atom, limit: usize) -> Result<Option<Content>, ReplyError> {
        if property == x11rb::NONE {
            return Ok(None);
        }
        let words = u32::try_from(limit.div_ceil(4)).unwrap_or(u32::MAX);
        let reply = self.connection.get_property(true, self.window, property, kind, 0, words)?.reply()?;
        if reply.bytes_after > 0 {
            self.connection.delete_property(self.window, property)?;
            self.connection.flush()?;
            return Ok(None);
        }
        Ok(Some(Content { kind: reply.type_, bytes: reply.value }))
    }
}

/// The longest list of targets, in bytes.
const MAX_TARGETS: usize = 16 << 10;

struct Content {
    kind: Atom,
    bytes: Vec<u8>,
}

impl Content {
    fn as_atoms(&self) -> impl Iterator<Item = Atom> {
        self.bytes.as_chunks::<4>().0.iter().map(|&bytes| Atom::from_ne_bytes(bytes))
    }
}
