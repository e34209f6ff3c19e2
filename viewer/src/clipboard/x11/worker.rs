//! The thread that hears the X server.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are X11's"))]

use std::sync::{Arc, mpsc};

use bytes::Bytes;
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
    fetch::{Arrival, Fetch},
    owner::Owner,
};
use crate::clipboard::{Event, Format};

/// The thread's state.
pub(super) struct Worker<T> {
    connection: Arc<RustConnection>,
    window: Window,
    atoms: Atoms,
    orders: mpsc::Receiver<Order>,
    tell: T,
    owner: Owner,
    /// At most one for each format.
    fetches: Vec<Fetch>,
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
        Self { connection, window, atoms, orders, tell, owner: Owner::Other, fetches: Vec::new() }
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
                XEvent::SelectionClear(_) => self.owner.lost(&self.connection)?,
                XEvent::SelectionRequest(request) => {
                    if let Some(format) = self.owner.asked(&self.connection, &self.atoms, request)? {
                        (self.tell)(Event::Pasting(format));
                    }
                }
                _ => {}
            }
        }
    }

    fn obey(&mut self) -> Result<(), ConnectionError> {
        while let Ok(order) = self.orders.try_recv() {
            match order {
                Order::Own(formats) => {
                    self.owner.lost(&self.connection)?;
                    self.owner = Owner::ours(formats);
                    self.connection.set_selection_owner(
                        self.window,
                        self.atoms.CLIPBOARD,
                        x11rb::CURRENT_TIME,
                    )?;
                }
                Order::Disown if !matches!(self.owner, Owner::Other) => {
                    self.owner.lost(&self.connection)?;
                    self.connection.set_selection_owner(
                        x11rb::NONE,
                        self.atoms.CLIPBOARD,
                        x11rb::CURRENT_TIME,
                    )?;
                }
                Order::Disown => {}
                Order::Deliver(format, data) => {
                    self.owner.delivered(&self.connection, &self.atoms, format, data)?;
                }
                Order::Fetch(request, format) => {
                    // An owner that never answered does not hold up the next request.
                    self.fetched(format, None);
                    self.fetches.push(Fetch::new(request, format));
                    self.convert(self.atoms.targets(format)[0], self.atoms.place(format))?;
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
        self.owner.lost(&self.connection)?;
        if owner == x11rb::NONE {
            (self.tell)(Event::Copied { formats: Vec::new() });
            return Ok(());
        }
        self.convert(self.atoms.TARGETS, self.atoms.DORMER_TARGETS)
    }

    fn on_answer(&mut self, answer: &SelectionNotifyEvent) -> Result<(), ReplyError> {
        if answer.target == self.atoms.TARGETS {
            let targets = self.read(answer.property, AtomEnum::ATOM.into(), MAX_TARGETS)?;
            let targets: Vec<Atom> = targets.iter().flat_map(|content| content.as_atoms()).collect();
            let has =
                |format: &Format| self.atoms.targets(*format).iter().any(|target| targets.contains(target));
            (self.tell)(Event::Copied { formats: Format::ALL.into_iter().filter(has).collect() });
            return Ok(());
        }
        let Some(format) = self.atoms.format(answer.target) else { return Ok(()) };
        if self.fetch(format).is_some_and(|fetch| !fetch.is_in_pieces()) {
            self.on_arrival(format, answer.property)?;
        }
        Ok(())
    }

    fn on_property(&mut self, change: &PropertyNotifyEvent) -> Result<(), ReplyError> {
        let is_place = |format: &Format| self.atoms.place(*format) == change.atom;
        let Some(format) = Format::ALL.into_iter().find(is_place) else { return Ok(()) };
        let is_piece = change.state == Property::NEW_VALUE;
        if is_piece && self.fetch(format).is_some_and(|fetch| fetch.is_in_pieces()) {
            self.on_arrival(format, change.atom)?;
        }
        Ok(())
    }

    /// Content, or a piece of it, or that it will come in pieces, is in a property.
    fn on_arrival(&mut self, format: Format, property: Atom) -> Result<(), ReplyError> {
        let content = self.read(property, x11rb::NONE, MAX_CLIPBOARD)?;
        let incr = self.atoms.INCR;
        let Some(fetch) = self.fetch(format) else { return Ok(()) };
        let arrival = match content {
            Some(content) if content.kind == incr && !fetch.is_in_pieces() => fetch.begin_pieces(),
            content => fetch.arrived(content.map(|content| content.bytes)),
        };
        match arrival {
            Arrival::More => {}
            Arrival::Whole(bytes) => self.fetched(format, Some(bytes)),
            Arrival::None => self.fetched(format, None),
        }
        Ok(())
    }

    fn fetch(&mut self, format: Format) -> Option<&mut Fetch> {
        self.fetches.iter_mut().find(|fetch| fetch.format == format)
    }

    fn fetched(&mut self, format: Format, data: Option<Vec<u8>>) {
        if let Some(at) = self.fetches.iter().position(|fetch| fetch.format == format) {
            let request = self.fetches.swap_remove(at).request;
            (self.tell)(Event::Fetched { request, data: data.map(Bytes::from) });
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
