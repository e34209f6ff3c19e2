//! Owning the clipboard: programs ask for the text, and get it when the session has sent it.

use bytes::Bytes;
use x11rb::{
    connection::{Connection, RequestConnection},
    errors::ConnectionError,
    protocol::xproto::{
        AtomEnum, ConnectionExt as _, EventMask, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
        SelectionRequestEvent,
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use super::atoms::Atoms;

/// Whether this viewer owns the clipboard.
#[derive(Debug)]
pub(super) enum Owner {
    /// Somebody else does, or nobody.
    Other,
    /// It does, and the text is still in the session. These wait for it.
    Lazy(Vec<SelectionRequestEvent>),
    /// It does, and has the text.
    Full(Bytes),
}

/// More programs than this do not wait for one text; the first give up.
const MAX_WAITING: usize = 32;

/// What a request needs beyond an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Nothing,
    /// The session's text.
    Text,
}

impl Owner {
    /// A program asks.
    pub(super) fn asked(
        &mut self,
        connection: &RustConnection,
        atoms: &Atoms,
        request: SelectionRequestEvent,
    ) -> Result<Need, ConnectionError> {
        if matches!(self, Owner::Other) || !(request.target == atoms.TARGETS || atoms.is_text(request.target))
        {
            refuse(connection, &request)?;
        } else if request.target == atoms.TARGETS {
            let mut targets = vec![atoms.TARGETS];
            targets.extend(atoms.texts());
            let property = property(&request);
            connection.change_property32(
                PropMode::REPLACE,
                request.requestor,
                property,
                AtomEnum::ATOM,
                &targets,
            )?;
            notify(connection, &request, property)?;
        } else {
            return self.wants_text(connection, atoms, request);
        }
        Ok(Need::Nothing)
    }

    /// The session's text, or that there is none.
    pub(super) fn delivered(
        &mut self,
        connection: &RustConnection,
        atoms: &Atoms,
        text: Option<Bytes>,
    ) -> Result<(), ConnectionError> {
        let Owner::Lazy(waiting) = self else { return Ok(()) };
        let waiting = std::mem::take(waiting);
        for request in &waiting {
            match &text {
                Some(text) => give(connection, atoms, request, text)?,
                None => refuse(connection, request)?,
            }
        }
        if let Some(text) = text {
            *self = Owner::Full(text);
        }
        Ok(())
    }

    fn wants_text(
        &mut self,
        connection: &RustConnection,
        atoms: &Atoms,
        request: SelectionRequestEvent,
    ) -> Result<Need, ConnectionError> {
        match self {
            Owner::Other => refuse(connection, &request)?,
            Owner::Full(text) => give(connection, atoms, &request, text)?,
            Owner::Lazy(waiting) => {
                let first = waiting.is_empty();
                if waiting.len() >= MAX_WAITING {
                    refuse(connection, &waiting.remove(0))?;
                }
                waiting.push(request);
                return Ok(if first { Need::Text } else { Need::Nothing });
            }
        }
        Ok(Need::Nothing)
    }
}

fn give(
    connection: &RustConnection,
    atoms: &Atoms,
    request: &SelectionRequestEvent,
    text: &Bytes,
) -> Result<(), ConnectionError> {
    // Some bytes of a request are its head.
    const HEAD: usize = 64;
    if text.len() + HEAD > connection.maximum_request_bytes() {
        tracing::warn!(bytes = text.len(), "the text is too long for this X server; nothing is pasted");
        return refuse(connection, request);
    }
    let property = property(request);
    let (kind, bytes) = if request.target == atoms.STRING {
        (atoms.STRING, latin1(text))
    } else if request.target == atoms.TEXT {
        (atoms.UTF8_STRING, text.to_vec())
    } else {
        (request.target, text.to_vec())
    };
    connection.change_property8(PropMode::REPLACE, request.requestor, property, kind, &bytes)?;
    notify(connection, request, property)
}

fn refuse(connection: &RustConnection, request: &SelectionRequestEvent) -> Result<(), ConnectionError> {
    notify(connection, request, x11rb::NONE)
}

fn notify(
    connection: &RustConnection,
    request: &SelectionRequestEvent,
    property: u32,
) -> Result<(), ConnectionError> {
    let event = SelectionNotifyEvent {
        response_type: SELECTION_NOTIFY_EVENT,
        sequence: 0,
        time: request.time,
        requestor: request.requestor,
        selection: request.selection,
        target: request.target,
        property,
    };
    connection.send_event(false, request.requestor, EventMask::NO_EVENT, event)?;
    connection.flush()
}

/// Programs older than the convention name no property; their target serves.
fn property(request: &SelectionRequestEvent) -> u32 {
    if request.property == x11rb::NONE { request.target } else { request.property }
}

/// What the oldest programs understand.
fn latin1(text: &Bytes) -> Vec<u8> {
    String::from_utf8_lossy(text).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_programs_get_what_they_can_read() {
        assert_eq!(latin1(&Bytes::from_static("aä€".as_bytes())), [b'a', 0xe4, b'?']);
    }
}
