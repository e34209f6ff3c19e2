//! Writes messages to one end of a WebSocket, the most urgent first, little at a time.

use std::{future::pending, io, sync::Arc, time::Duration};

use ring::rand::{SecureRandom, SystemRandom};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::oneshot,
    time::{Instant, sleep_until},
};

use super::{
    frame::{Header, Opcode, apply_mask},
    pulse::{ANSWER, FOLLOWER, Pulse, QUESTION},
    reader::CLOSE_CODE_BASE,
    sorting::Sorting,
};
use crate::close::Farewell;

/// What is handed over at once. TLS and the system hold about as much again: all of it delays an urgent
/// message.
const CHUNK: usize = 16 << 10;

/// The longest reason in a close frame, in bytes.
const MAX_REASON: usize = 123;

/// How long nothing must follow a message until a follower does: long enough for its packet to be one of its
/// own.
const FOLLOWER_AFTER: Duration = Duration::from_millis(10);

/// How the writer ends.
#[derive(Debug)]
pub(super) struct Stop {
    /// Whether what waits on the control and input lanes is written first.
    pub(super) drain: bool,
    pub(super) farewell: Farewell,
}

/// Writes frames.
pub(super) struct Writer<W> {
    sink: W,
    /// Makes the masks that viewers need.
    masks: Option<SystemRandom>,
    pulse: Arc<Pulse>,
    chunk: Vec<u8>,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    pub(super) fn new(sink: W, masked: bool, pulse: Arc<Pulse>) -> Self {
        Self { sink, masks: masked.then(SystemRandom::new), pulse, chunk: Vec::with_capacity(CHUNK) }
    }

    /// Writes what there is to write until it is told to stop; then the farewell.
    pub(super) async fn run(
        &mut self,
        mut waiting: Sorting,
        mut stop: oneshot::Receiver<Stop>,
    ) -> io::Result<()> {
        let mut follower = None;
        let stop = loop {
            if let Ok(stop) = stop.try_recv() {
                break stop;
            }
            self.write_due().await?;
            match waiting.next() {
                Some(frame) => {
                    // Its share of the queue is given back when all of it has left.
                    let (frame, _share) = frame.into_parts();
                    let write = self.message(frame.lane.id(), &frame.bytes);
                    tokio::select! {
                        written = write => written?,
                        () = waiting.go_on() => {}
                    }
                    follower = Some(Instant::now() + FOLLOWER_AFTER);
                }
                None => tokio::select! {
                    () = waiting.arrival() => {}
                    () = self.pulse.wanted() => {}
                    () = at(follower) => {
                        follower = None;
                        self.message(FOLLOWER, b"").await?;
                    }
                    told = &mut stop => match told {
                        Ok(stop) => break stop,
                        // Whoever tells is gone, and the link with it.
                        Err(_) => return Ok(()),
                    },
                },
            }
        };
        while let Some(frame) = waiting.next_that_must_arrive().filter(|_| stop.drain) {
            self.message(frame.item.lane.id(), &frame.item.bytes).await?;
        }
        self.close(&stop.farewell).await
    }

    /// Writes the questions and answers that keep the link alive.
    async fn write_due(&mut self) -> io::Result<()> {
        let due = self.pulse.due();
        if due.answer {
            self.message(ANSWER, b"").await?;
        }
        if let Some(payload) = due.pong {
            self.frame(Opcode::Pong, &payload, b"").await?;
        }
        if due.question
            && let Some(question) = self.pulse.question()
        {
            self.message(QUESTION, &question).await?;
        }
        Ok(())
    }

    /// Writes one message. Must not be cancelled, but for the last time.
    pub(super) async fn message(&mut self, number: u8, message: &[u8]) -> io::Result<()> {
        self.frame(Opcode::Binary, &[number], message).await
    }

    /// Writes a close frame: the last.
    pub(super) async fn close(&mut self, farewell: &Farewell) -> io::Result<()> {
        let reason = &farewell.message;
        let end = (0..=MAX_REASON.min(reason.len())).rev().find(|&at| reason.is_char_boundary(at));
        let reason = &reason.as_bytes()[..end.expect("0 is a boundary")];
        let code = CLOSE_CODE_BASE + farewell.code as u16;
        self.frame(Opcode::Close, &code.to_be_bytes(), reason).await
    }

    /// Says that nothing else comes.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        self.sink.shutdown().await
    }

    /// Writes one frame, `head` and `body` behind one another, a chunk at a time.
    async fn frame(&mut self, opcode: Opcode, head: &[u8], body: &[u8]) -> io::Result<()> {
        let mask = self.mask()?;
        let length = (head.len() + body.len()) as u64;
        self.chunk.clear();
        Header { last: true, opcode, mask, length }.write(&mut self.chunk);
        let begin = self.chunk.len();
        self.chunk.extend_from_slice(head);
        let (first, rest) = body.split_at(body.len().min(CHUNK - self.chunk.len()));
        self.chunk.extend_from_slice(first);
        if let Some(mask) = mask {
            apply_mask(mask, 0, &mut self.chunk[begin..]);
        }
        hand_over(&mut self.sink, &self.pulse, &self.chunk).await?;
        let mut offset = head.len() + first.len();
        for part in rest.chunks(CHUNK) {
            match mask {
                None => hand_over(&mut self.sink, &self.pulse, part).await?,
                Some(mask) => {
                    self.chunk.clear();
                    self.chunk.extend_from_slice(part);
                    apply_mask(mask, offset, &mut self.chunk);
                    hand_over(&mut self.sink, &self.pulse, &self.chunk).await?;
                }
            }
            offset += part.len();
        }
        Ok(())
    }

    fn mask(&self) -> io::Result<Option<[u8; 4]>> {
        let Some(random) = &self.masks else { return Ok(None) };
        let mut mask = [0; 4];
        random.fill(&mut mask).map_err(|_| io::Error::other("no random numbers"))?;
        Ok(Some(mask))
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}

/// Writes a chunk and waits until it has left this process, so that no layer between collects many.
async fn hand_over(sink: &mut (impl AsyncWrite + Unpin), pulse: &Pulse, chunk: &[u8]) -> io::Result<()> {
    sink.write_all(chunk).await?;
    sink.flush().await?;
    pulse.sent(chunk.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use media::TrackId;
    use protocol::{Lane, control::ToViewer};
    use tokio::io::AsyncReadExt;

    use super::*;
    use crate::link::{Host, link};

    #[tokio::test]
    async fn a_message_that_nothing_follows_gets_one_follower() {
        let pulse = Arc::new(Pulse::new(None));
        let (host, driver) = link::<Host>(Box::new(Arc::clone(&pulse)));
        let (outgoing, _inbox, _requests, _end) = driver.into_parts();
        let (here, mut there) = tokio::io::duplex(1 << 10);
        let mut writer = Writer::new(here, false, pulse);
        let (_stop, stopped) = oneshot::channel();
        let numbers = async {
            let mut numbers = Vec::new();
            for track in 1..=3 {
                host.send_control(&ToViewer::Bell { track: TrackId(track) });
                // Two at once have one follower between them.
                host.send_control(&ToViewer::Bell { track: TrackId(track) });
                while numbers.iter().filter(|number| **number == FOLLOWER).count() < track as usize {
                    let mut header = [0; 2];
                    there.read_exact(&mut header).await.expect("a header");
                    let mut message = vec![0; header[1].into()];
                    there.read_exact(&mut message).await.expect("a message");
                    numbers.push(message[0]);
                }
            }
            numbers
        };
        let numbers = tokio::select! {
            numbers = numbers => numbers,
            ended = writer.run(Sorting::new(outgoing), stopped) => panic!("{ended:?}"),
        };
        assert!(Lane::from_id(FOLLOWER).is_none());
        assert_eq!(numbers, [0, 0, FOLLOWER, 0, 0, FOLLOWER, 0, 0, FOLLOWER]);
    }
}
