//! Waking winit's loop for what is not its own.

use std::{io, thread};

use rustix::event::{PollFd, PollFlags, poll};
use wayland_client::{
    Connection,
    backend::{ReadEventsGuard, WaylandError},
};

/// Starts a thread that reads along with winit and calls `wake` for everything that came, until that says no:
/// winit sleeps on when there is nothing for it, although there may be something for us. Whoever reads,
/// libwayland gives every share of the connection its own; this one's has no objects, so nothing.
pub(crate) fn wake_for(share: Connection, wake: impl Fn() -> bool + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("wake".into()).spawn(move || {
        // An error ends the connection, and winit's loop with it.
        if let Err(error) = watch(&share, wake) {
            tracing::debug!("the desktop is not heard any more: {error}");
        }
    })?;
    Ok(())
}

fn watch(share: &Connection, wake: impl Fn() -> bool) -> Result<(), WaylandError> {
    let mut turn = take_turn(share)?;
    loop {
        read(turn)?;
        // Before the wake: from now on nobody reads without this thread, so it misses nothing that needs
        // another one.
        turn = take_turn(share)?;
        if !wake() {
            return Ok(());
        }
    }
}

/// Takes part in the next reading, for which all wait who do.
fn take_turn(share: &Connection) -> Result<ReadEventsGuard, WaylandError> {
    loop {
        if let Some(turn) = share.prepare_read() {
            return Ok(turn);
        }
        share.backend().dispatch_inner_queue()?;
    }
}

/// Waits for something to come.
fn read(turn: ReadEventsGuard) -> Result<(), WaylandError> {
    let mut ready = [PollFd::from_borrowed_fd(turn.connection_fd(), PollFlags::IN | PollFlags::ERR)];
    while let Err(error) = poll(&mut ready, None) {
        if error != rustix::io::Errno::INTR {
            return Err(WaylandError::Io(error.into()));
        }
    }
    match turn.read() {
        // Another one has read it.
        Err(WaylandError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        read => read.map(drop),
    }
}
