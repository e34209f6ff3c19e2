//! Owning the clipboard: programs ask for its content, and get it when the session has sent it.

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
use crate::clipboard::Format;

/// Whether this viewer owns the clipboard.
#[derive(Debug)]
pub(super) enum Owner {
    /// Somebody else does, or nobody.
    Other,
    /// It does.
    Ours {
        /// What the session has.
        formats: Vec<Format>,
        /// What of it was sent here.
        content: Vec<(Format, Bytes)>,
        /// Programs that wait for the rest.
        waiting: Vec<(Format, SelectionRequestEvent)>,
    },
}

/// More programs than this do not wait at a time; the first give up.
const MAX_WAITING: usize = 32;

impl Owner {
    /// The session has this.
    pub(super) fn ours(formats: Vec<Format>) -> Self {
        Owner::Ours { formats, content: Vec::new(), waiting: Vec::new() }
    }

    /// A program asks. `Some`: it waits for the session's content of this format.
    pub(super) fn asked(
        &mut self,
        connection: &RustConnection,
        atoms: &Atoms,
        request: SelectionRequestEvent,
    ) -> Result<Option<Format>, ConnectionError> {
        let Owner::Ours { formats, content, waiting } = self else {
            refuse(connection, &request)?;
            return Ok(None);
        };
        if request.target == atoms.TARGETS {
            list(connection, atoms, &request, formats)?;
            return Ok(None);
        }
        let Some(format) = atoms.format(request.target).filter(|format| formats.contains(format)) else {
            refuse(connection, &request)?;
            return Ok(None);
        };
        if let Some((_, content)) = content.iter().find(|(of, _)| *of == format) {
            give(connection, atoms, &request, content)?;
            return Ok(None);
        }
        let first = !waiting.iter().any(|(of, _)| *of == format);
        if waiting.len() >= MAX_WAITING {
            refuse(connection, &waiting.remove(0).1)?;
        }
        waiting.push((format, request));
        Ok(first.then_some(format))
    }

    /// The session's content, or that there is none.
    pub(super) fn delivered(
        &mut self,
        connection: &RustConnection,
        atoms: &Atoms,
        format: Format,
        data: Option<Bytes>,
    ) -> Result<(), ConnectionError> {
        let Owner::Ours { content, waiting, .. } = self else { return Ok(()) };
        for (_, request) in waiting.extract_if(.., |(of, _)| *of == format) {
            match &data {
                Some(data) => give(connection, atoms, &request, data)?,
                None => refuse(connection, &request)?,
            }
        }
        if let Some(data) = data {
            content.retain(|(of, _)| *of != format);
            content.push((format, data));
        }
        Ok(())
    }

    /// Somebody else owns the clipboard now: who waits, waits in vain.
    pub(super) fn lost(&mut self, connection: &RustConnection) -> Result<(), ConnectionError> {
        if let Owner::Ours { waiting, .. } = std::mem::replace(self, Owner::Other) {
            for (_, request) in &waiting {
                refuse(connection, request)?;
            }
        }
        Ok(())
    }
}

fn list(
    connection: &RustConnection,
    atoms: &Atoms,
    request: &SelectionRequestEvent,
    formats: &[Format],
) -> Result<(), ConnectionError> {
    let mut targets = vec![atoms.TARGETS];
    targets.extend(formats.iter().flat_map(|format| atoms.targets(*format)));
    let (property, kind) = (property(request), AtomEnum::ATOM);
    connection.change_property32(PropMode::REPLACE, request.requestor, property, kind, &targets)?;
    notify(connection, request, property)
}

fn give(
    connection: &RustConnection,
    atoms: &Atoms,
    request: &SelectionRequestEvent,
    content: &Bytes,
) -> Result<(), ConnectionError> {
    // Some bytes of a request are its head.
    const HEAD: usize = 64;
    if content.len() + HEAD > connection.maximum_request_bytes() {
        tracing::warn!(bytes = content.len(), "what is pasted is too long for this X server");
        return refuse(connection, request);
    }
    let property = property(request);
    let (kind, bytes) = if request.target == atoms.STRING {
        (atoms.STRING, latin1(content))
    } else if request.target == atoms.TEXT {
        (atoms.UTF8_STRING, content.to_vec())
    } else {
        (request.target, content.to_vec())
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
