//! The viewer's end of a link, as its front end sees it: commands go in, events come out.
//!
//! The network thread owns the link and the sans-IO viewer core; the decode thread owns the decoders. Both
//! report to the front end through one [`Sink`], at once. A link that breaks is made again by itself; the
//! front end is told.

mod backoff;
mod decoding;
mod figures;
mod network;
mod signals;
mod vocabulary;

use std::thread;

use tokio::sync::mpsc;

pub use self::vocabulary::{Command, End, Event, State, Updated};

/// Where events go. Called from several threads; must return soon.
pub trait Sink: Fn(Event) + Clone + Send + 'static {}

impl<F: Fn(Event) + Clone + Send + 'static> Sink for F {}

/// A link that lives on its own threads.
#[derive(Debug)]
pub struct Link {
    commands: mpsc::Sender<Command>,
    thread: Option<thread::JoinHandle<()>>,
}

/// So many commands wait at most; whoever sends more waits in turn.
const MAX_COMMANDS: usize = 4096;

impl Link {
    /// Starts to connect, and keeps connected until [`Command::Leave`] or an [`Event::State`] that says it
    /// ended. With `stats` it reports every second without being asked.
    pub fn start(address: transport::LinkAddress, stats: bool, sink: impl Sink) -> std::io::Result<Link> {
        let (commands, received) = mpsc::channel(MAX_COMMANDS);
        let thread = thread::Builder::new()
            .name("network".into())
            .spawn(move || network::run(address, stats, received, sink))?;
        Ok(Link { commands, thread: Some(thread) })
    }

    /// Sends a command. After the link's end nobody hears it.
    pub fn send(&self, command: Command) {
        // A closed channel means that the link ended, which the sink was told already.
        let _ = self.commands.blocking_send(command);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.send(Command::Leave);
        if let Some(thread) = self.thread.take() {
            // A network thread that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}
