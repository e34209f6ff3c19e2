//! Where apps connect, and when they have sent something.

use std::{io, os::unix::net::UnixStream};

use rustix::process::Pid;
use smithay::reexports::{
    calloop::{Interest, LoopHandle, Mode, PostAction, generic::Generic},
    wayland_server::{Display, ListeningSocket, backend::ClientId},
};

use crate::wayland::State;
use crate::wayland::quota::clients::{Full, Origin};
use crate::{Config, StartError};

/// Connections that are taken in one turn of the loop.
const ACCEPTED_AT_ONCE: u32 = 64;

/// Makes the Wayland socket and takes in whoever connects. Returns the socket's name.
pub(super) fn listen(events: &LoopHandle<'static, State>, config: &Config) -> Result<String, StartError> {
    let refused =
        |reason: String| StartError::Socket { dir: config.runtime_dir.display().to_string(), reason };
    let names = match &config.socket_name {
        Some(name) => vec![name.clone()],
        None => (1..=32).map(|n| format!("wayland-{n}")).collect(),
    };
    let mut reason = String::new();
    let bound = names.into_iter().find_map(|name| {
        match ListeningSocket::bind_absolute(config.runtime_dir.join(&name)) {
            Ok(socket) => Some((name, socket)),
            Err(error) => {
                reason = error.to_string();
                None
            }
        }
    });
    let (name, socket) = bound.ok_or_else(|| refused(reason))?;
    events
        .insert_source(Generic::new(socket, Interest::READ, Mode::Level), |_, socket, state| {
            // Who comes without a pause keeps nobody else waiting: the rest is for the next turn.
            for _ in 0..ACCEPTED_AT_ONCE {
                match socket.accept() {
                    Ok(Some(stream)) => state.admit(Origin::Session, stream),
                    Ok(None) => break,
                    // There are no descriptors left, or who came has left: whoever is there goes on.
                    Err(error) => {
                        tracing::warn!(%error, "an app could not be let in");
                        break;
                    }
                }
            }
            Ok(PostAction::Continue)
        })
        .map_err(|error| refused(error.to_string()))?;
    Ok(name)
}

/// Wakes the loop when any app has sent something.
pub(super) fn watch_clients(
    events: &LoopHandle<'static, State>,
    display: &mut Display<State>,
) -> Result<(), StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Loop(error.to_string());
    let fd = display.backend().poll_fd().try_clone_to_owned().map_err(|e| failed(&e))?;
    events
        .insert_source(Generic::new(fd, Interest::READ, Mode::Level), |_, _, state| {
            state.life.readable = true;
            Ok(PostAction::Continue)
        })
        .map_err(|e| failed(&e.error))?;
    Ok(())
}

impl State {
    pub(in crate::wayland) fn admit(&mut self, origin: Origin, stream: UnixStream) {
        // Who connected, not who uses the connection now: enough to keep one process from taking all of them.
        let process = rustix::net::sockopt::socket_peercred(&stream).ok().map(|peer| peer.pid);
        let data = match self.clients.admit(origin, process, stream.try_clone().ok()) {
            Ok(data) => data,
            // Said when it was shut; it may come ever so often.
            Err(full @ Full::Barred { .. }) => return tracing::debug!(reason = %full, "an app was refused"),
            Err(full) => {
                let process = process.map(Pid::as_raw_nonzero);
                return tracing::warn!(reason = %full, ?process, "an app was refused");
            }
        };
        let reader = stream.try_clone();
        match self.display.insert_client(stream, data.clone()) {
            Ok(client) => {
                self.clients.connected(client.id(), process, data);
                self.reads_from(client.id(), reader);
            }
            Err(error) => tracing::warn!(%error, "an app could not be taken in"),
        }
    }

    /// An app reads what it is sent from this socket.
    pub(in crate::wayland) fn reads_from(&mut self, client: ClientId, socket: io::Result<UnixStream>) {
        match socket {
            Ok(socket) => self.unread.add(client, socket.into()),
            // What waits for it goes on its way when there is something else to do.
            Err(error) => tracing::debug!(%error, "it is not seen when an app reads"),
        }
    }
}
