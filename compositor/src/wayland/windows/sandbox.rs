//! security-context: apps in a sandbox connect by sockets of their own, and see no protocols that reach
//! beyond their own windows.

use std::{cell::Cell, io, os::unix::net::UnixStream, rc::Rc};

use smithay::{
    reexports::calloop::{EventSource, Poll, PostAction, Readiness, Token, TokenFactory},
    wayland::security_context::{SecurityContext, SecurityContextHandler, SecurityContextListenerSource},
};

use crate::wayland::State;
use crate::wayland::quota::clients::Origin;

/// Sockets of sandboxes at a time, each with two descriptors of ours.
const SANDBOXES: u32 = 64;

/// How many sandboxes have a socket.
#[derive(Debug, Default)]
pub(crate) struct Sandboxes(Rc<Cell<u32>>);

/// A sandbox's socket. What was passed to us for one may be anything: if it fails, it ends, and nothing else
/// does.
struct Listening {
    socket: SecurityContextListenerSource,
    open: Rc<Cell<u32>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.open.set(self.open.get().saturating_sub(1));
    }
}

impl EventSource for Listening {
    type Event = UnixStream;
    type Metadata = ();
    type Ret = ();
    type Error = io::Error;

    fn process_events<F: FnMut(UnixStream, &mut ())>(
        &mut self,
        readiness: Readiness,
        token: Token,
        callback: F,
    ) -> io::Result<PostAction> {
        Ok(self.socket.process_events(readiness, token, callback).unwrap_or_else(|error| {
            tracing::info!(%error, "a sandbox's socket ended");
            PostAction::Remove
        }))
    }

    fn register(&mut self, poll: &mut Poll, tokens: &mut TokenFactory) -> calloop::Result<()> {
        self.socket.register(poll, tokens)
    }

    fn reregister(&mut self, poll: &mut Poll, tokens: &mut TokenFactory) -> calloop::Result<()> {
        self.socket.reregister(poll, tokens)
    }

    fn unregister(&mut self, poll: &mut Poll) -> calloop::Result<()> {
        self.socket.unregister(poll)
    }
}

impl SecurityContextHandler for State {
    fn context_created(&mut self, socket: SecurityContextListenerSource, context: SecurityContext) {
        let open = &self.sandboxes.0;
        if open.get() >= SANDBOXES {
            return tracing::warn!(limit = SANDBOXES, "a sandbox is refused: there are too many");
        }
        open.set(open.get() + 1);
        let listening = Listening { socket, open: open.clone() };
        tracing::debug!(engine = ?context.sandbox_engine, app = ?context.app_id, "a sandbox has a socket");
        if let Err(error) =
            self.events.insert_source(listening, |stream, (), state| state.admit(Origin::Sandbox, stream))
        {
            tracing::info!(%error, "a sandbox's socket cannot be watched");
        }
    }
}
