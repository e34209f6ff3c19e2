//! Starting the compositor's thread, talking to it, ending it.

use std::{io, thread};

use calloop::channel::{self, Sender};
use media::Command;
use thiserror::Error;

use crate::{Config, Event, wayland};

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

/// What the handle tells the thread.
#[derive(Debug)]
pub(crate) enum Order {
    /// A command of the session core.
    Command(Command),
    /// End.
    Shutdown,
}

impl Compositor {
    /// Starts a compositor on a thread of its own and returns once apps can connect. `sink` is called on that thread
    /// with every event, [`Event::Ready`] first; it must not block, or every app waits with it.
    pub fn spawn(config: Config, sink: impl FnMut(Event) + Send + 'static) -> Result<Handle, StartError> {
        let (orders, inbox) = channel::channel();
        let (started, start) = std::sync::mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("compositor".into())
            .spawn(move || wayland::run(config, inbox, Box::new(sink), started))
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
    orders: Sender<Order>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Handle {
    /// Hands in a command and wakes the compositor at once. Commands are handled in order. Without effect when the
    /// compositor has ended, as [`Event::Ended`] tells.
    pub fn send(&self, command: Command) {
        let _ = self.orders.send(Order::Command(command));
    }

    /// A sender of commands that can be cloned and kept elsewhere; it does not keep the compositor alive.
    pub fn sender(&self) -> impl Fn(Command) + Clone + Send + use<> {
        let orders = self.orders.clone();
        move |command| {
            let _ = orders.send(Order::Command(command));
        }
    }

    /// Ends the compositor and waits for its thread, as dropping does.
    pub fn shutdown(self) {}
}

impl Drop for Handle {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Shutdown);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the compositor's thread panicked");
        }
    }
}
