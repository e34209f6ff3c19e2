//! Waking winit's loop for what is not its own.

use std::{io, thread};

use rustix::event::{PollFd, PollFlags, poll};
use wayland_client::{Connection, backend::WaylandError};

/// Starts a thread that reads along with winit and wakes it for everything that came: winit sleeps on when there is
/// nothing for it, although there may be something for us. Whoever reads, libwayland gives everyone his own.
pub(super) fn start(connection: Connection, wake: impl Fn() -> bool + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("popups".into()).spawn(
        move || {
            while wait(&connection).is_ok() && wake() {}
        },
    )?;
    Ok(())
}

/// Waits for something to come.
fn wait(connection: &Connection) -> Result<(), WaylandError> {
    let Some(guard) = connection.prepare_read() else {
        return connection.backend().dispatch_inner_queue().map(drop);
    };
    let mut ready = [PollFd::from_borrowed_fd(guard.connection_fd(), PollFlags::IN | PollFlags::ERR)];
    if poll(&mut ready, None).is_err() {
        // Interrupted: nothing came.
        return Ok(());
    }
    match guard.read() {
        // The other one has read it.
        Err(WaylandError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
        read => read.map(drop),
    }
}
