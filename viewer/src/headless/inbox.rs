//! Where lines of stdin and events of the link come together.

use std::{
    io::{self, BufRead, Read},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender},
    thread,
    time::Instant,
};

use crate::link::{Event, Sink};

/// What comes in.
#[derive(Debug)]
pub(crate) enum Message {
    /// A line of stdin, without its end.
    Line(String),
    /// Stdin ended.
    LinesEnded,
    /// Something happened on the link.
    Event(Event),
}

/// Receives messages. A line is read only when it was asked for, so that scripts wait in their pipe and not
/// in memory. Events are not held back, and the channel has no bound: handling one costs far less than
/// receiving one, and a request that takes long hears them too.
#[derive(Debug)]
pub(crate) struct Inbox {
    messages: Receiver<Message>,
    wanted: SyncSender<()>,
}

impl Inbox {
    /// An inbox, and the sink that leads into it.
    pub(crate) fn new() -> io::Result<(Inbox, impl Sink)> {
        let (sender, messages) = mpsc::channel();
        let (wanted, wants) = mpsc::sync_channel(1);
        let lines = sender.clone();
        thread::Builder::new().name("stdin".into()).spawn(move || read_lines(&wants, &lines))?;
        let sink = move |event| {
            // The receiver is gone only while the process ends.
            let _ = sender.send(Message::Event(event));
        };
        Ok((Inbox { messages, wanted }, sink))
    }

    /// Asks for the next line; it comes as a message.
    pub(crate) fn want_line(&self) {
        // The reader is gone only after the end of the lines, which it has reported.
        let _ = self.wanted.send(());
    }

    /// The next message.
    pub(crate) fn receive(&self) -> Message {
        // All senders are gone: no line and no event will come.
        self.messages.recv().unwrap_or(Message::LinesEnded)
    }

    /// The next message, or `None` at the deadline.
    pub(crate) fn receive_until(&self, deadline: Instant) -> Option<Message> {
        match self.messages.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(message) => Some(message),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Message::LinesEnded),
        }
    }
}

/// The longest line: a clipboard's content in base64 fits in. The rest of a longer one is refused as a line
/// of its own.
const MAX_LINE: u64 = 32 << 20;

fn read_lines(wants: &Receiver<()>, lines: &Sender<Message>) {
    let mut stdin = io::stdin().lock();
    while wants.recv().is_ok() {
        let mut line = Vec::new();
        let message = match stdin.by_ref().take(MAX_LINE).read_until(b'\n', &mut line) {
            // What is not UTF-8 is no JSON either, and is refused as such.
            Ok(1..) => Message::Line(String::from_utf8_lossy(&line).trim().to_owned()),
            Ok(0) | Err(_) => Message::LinesEnded,
        };
        if lines.send(message).is_err() {
            return;
        }
    }
}
