//! What apps were sent and have not read yet.
//!
//! An app that works on something reads nothing meanwhile, and its user moves the pointer over it all the
//! time. The system keeps some hundred events of such an app in its socket. What comes then waits here, and
//! goes on its way once the app reads again, though nobody else has anything to do in the session.

use std::{
    collections::HashMap,
    os::fd::{AsFd, OwnedFd},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smithay::reexports::{
    calloop::{Interest, LoopHandle, Mode, PostAction, generic::Generic},
    wayland_server::backend::ClientId,
};

use crate::wayland::State;

/// Bytes that wait for one app, beside what the system keeps: some minutes of ceaseless motion over an app
/// that reads nothing. An app for which more waits is given up.
pub(in crate::wayland) const MAX_UNREAD: usize = 4 << 20;

/// The sockets of all apps.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    readers: HashMap<ClientId, Reader>,
}

#[derive(Debug)]
struct Reader {
    socket: OwnedFd,
    /// Whether the loop wakes up when the app has read.
    watched: bool,
}

impl Unread {
    /// An app is sent what it gets over this socket.
    pub(in crate::wayland) fn add(&mut self, client: ClientId, socket: OwnedFd) {
        self.readers.insert(client, Reader { socket, watched: false });
    }

    pub(in crate::wayland) fn forget(&mut self, client: &ClientId) {
        self.readers.remove(client);
    }

    /// Has the loop wake up when those have read for whom something may wait. To be called when all was sent
    /// that sockets took: a turn of the loop sends the rest.
    pub(in crate::wayland) fn watch(&mut self, events: &LoopHandle<'static, State>) {
        let mut fds: Vec<PollFd<'_>> =
            self.readers.values().map(|reader| PollFd::new(&reader.socket, PollFlags::OUT)).collect();
        if poll(&mut fds, Some(&Timespec::default())).is_err() {
            return;
        }
        let full: Vec<bool> = fds.iter().map(|fd| fd.revents().is_empty()).collect();
        drop(fds);
        for ((client, reader), full) in self.readers.iter_mut().zip(full) {
            if !full || reader.watched {
                continue;
            }
            let Ok(socket) = reader.socket.as_fd().try_clone_to_owned() else { continue };
            let client = client.clone();
            let source = Generic::new(socket, Interest::WRITE, Mode::OneShot);
            let watched = events.insert_source(source, move |_, _, state| {
                if let Some(reader) = state.unread.readers.get_mut(&client) {
                    reader.watched = false;
                }
                Ok(PostAction::Remove)
            });
            reader.watched = watched.is_ok();
        }
    }
}
