//! Starting the compositor's thread, talking to it, ending it.

use std::{io, thread};

use media::{Command, ViewerId};
use thiserror::Error;

use crate::{
    Config, Event, Source, attached,
    queue::{self, Orders},
    wayland,
};

/// Starts compositors.
#[derive(Debug)]
pub struct Compositor;

/// Why a compositor could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// The Wayland socket could not be made.
    #[error(
        "cannot make a Wayland socket in {dir}: {reason}; is it a directory of yours, and is the name free?"
    )]
    Socket {
        /// The runtime directory.
        dir: String,
        /// What the system said.
        reason: String,
    },
    /// The X display cannot be shown.
    #[error("the windows of the X display {name} cannot be shown: {reason}")]
    Display {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The event loop could not be set up.
    #[error("cannot set up the compositor's event loop: {0}")]
    Loop(String),
    /// The keyboard could not be set up.
    #[error("cannot compile a keymap: {0}; is xkb-data (xkeyboard-config) installed?")]
    Keymap(String),
    /// The system gave no thread.
    #[error("cannot start the compositor's thread: {0}")]
    Thread(#[source] io::Error),
}

/// More commands waited than there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("apps cannot take so much: more than {} commands or {} MiB waited for them", queue::MOST, queue::MOST_BYTES >> 20)]
pub struct Overflow {
    /// Whose commands had the largest part in that. They were dropped, except that what it held down is let
    /// go, and more of them should not follow. `None`: those of nobody.
    pub viewer: Option<ViewerId>,
}

impl Compositor {
    /// Starts a compositor on a thread of its own and returns once apps can connect. `sink` is called on that
    /// thread with every event, [`Event::Ready`] first; it must not block, or every app waits with it.
    pub fn spawn(config: Config, sink: impl FnMut(Event) + Send + 'static) -> Result<Handle, StartError> {
        let (orders, inbox, woken) = queue::orders().map_err(|error| StartError::Loop(error.to_string()))?;
        let (started, start) = std::sync::mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("compositor".into())
            .spawn(move || match config.source.clone() {
                Source::Wayland { .. } => wayland::run(config, (inbox, woken), Box::new(sink), started),
                Source::X11(name) => attached::run(config, name, (inbox, woken), Box::new(sink), started),
            })
            .map_err(StartError::Thread)?;
        match start.recv() {
            Ok(Ok(())) => Ok(Handle { orders, thread: Some(thread) }),
            Ok(Err(error)) => {
                let _ = thread.join();
                Err(error)
            }
            Err(_) => Err(StartError::Loop("its thread ended at once".into())),
        }
    }
}

/// A running compositor. Dropping it ends the compositor and all its windows, and waits for that.
#[derive(Debug)]
pub struct Handle {
    orders: Orders,
    thread: Option<thread::JoinHandle<()>>,
}

impl Handle {
    /// Hands in a command and wakes the compositor at once; `by` is the viewer who caused it, if any did, and
    /// is known by itself for input. Commands are handled in order; while they wait, a newer motion of the
    /// pointer takes the place of the one before it, as a newer frame callback and configure of a track do.
    /// Without effect when the compositor has ended, as [`Event::Ended`] tells.
    pub fn send(&self, by: Option<ViewerId>, command: Command) -> Result<(), Overflow> {
        self.orders.send(by, command)
    }

    /// Ends the compositor and waits for its thread, as dropping does.
    pub fn shutdown(self) {}
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.orders.shut_down();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the compositor's thread panicked");
        }
    }
}
