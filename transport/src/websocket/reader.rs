//! Reads messages from one end of a WebSocket. Memory grows with what has arrived, never with what was
//! announced, and nothing is read that its judge did not admit.

#![cfg_attr(
    not(test),
    expect(clippy::wildcard_enum_match_arm, reason = "kinds of errors are the standard library's")
)]

use std::{io, sync::Arc};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::{
    frame::{Header, HeaderError, Opcode, Start, apply_mask},
    pulse::Pulse,
};
use crate::close::{CloseCode, CloseReason};

/// What is read at once.
const BUFFER: usize = 16 << 10;

/// The most memory that is taken on the word of a length alone.
const MAX_PREALLOCATED: usize = 64 << 10;

/// WebSocket leaves the codes from here on to its users: ours follow.
pub(super) const CLOSE_CODE_BASE: u16 = 4000;

/// Decides about messages while they come in.
pub(super) trait Judge {
    /// Whether a message that begins with `number`, and of which `so_far` bytes came, may go on with `more`
    /// bytes. Waits until there is room for them.
    async fn admit(&mut self, number: u8, so_far: usize, more: usize) -> Result<(), CloseReason>;

    /// A message of a lane in words, to name it in errors.
    fn name(number: u8) -> String;
}

/// What came in.
#[derive(Debug)]
pub(super) enum Heard {
    /// A whole message: the number it began with, and the rest.
    Message(u8, Vec<u8>),
    /// WebSocket's own question.
    Ping(Vec<u8>),
    /// The other end's farewell. Nothing comes after it.
    Close(CloseReason),
}

/// Reads messages.
pub(super) struct Reader<R> {
    source: BufReader<R>,
    /// Whether the other end masks what it sends, as viewers must and hosts must not.
    masked: bool,
    pulse: Arc<Pulse>,
    partial: Option<Partial>,
}

/// A message of which some frames came.
#[derive(Default)]
struct Partial {
    number: Option<u8>,
    bytes: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) fn new(source: R, masked: bool, pulse: Arc<Pulse>) -> Self {
        Self { source: BufReader::with_capacity(BUFFER, source), masked, pulse, partial: None }
    }

    /// The next that came in. Must not be cancelled, but for the last time.
    pub(super) async fn next<J: Judge>(&mut self, judge: &mut J) -> Result<Heard, CloseReason> {
        loop {
            let header = self.header::<J>().await?;
            match header.opcode {
                Opcode::Text => return Err(broke("a text message")),
                Opcode::Binary if self.partial.is_some() => {
                    return Err(broke("a message within another"));
                }
                Opcode::Continuation if self.partial.is_none() => {
                    return Err(broke("the rest of a message that never began"));
                }
                Opcode::Binary | Opcode::Continuation => {
                    let partial = self.partial.take().unwrap_or_default();
                    let partial = self.read_part(header, partial, judge).await?;
                    if !header.last {
                        self.partial = Some(partial);
                        continue;
                    }
                    let number = partial.number.ok_or_else(|| broke("an empty message"))?;
                    return Ok(Heard::Message(number, partial.bytes));
                }
                Opcode::Ping => return Ok(Heard::Ping(self.read_control(header).await?)),
                Opcode::Pong => drop(self.read_control(header).await?),
                Opcode::Close => {
                    let payload = self.read_control(header).await?;
                    return Ok(Heard::Close(farewell(&payload)?));
                }
            }
        }
    }

    /// Reads on, whatever comes, until the other end closes.
    pub(super) async fn discard(&mut self) {
        let mut rest = [0; 4096];
        while self.source.read(&mut rest).await.is_ok_and(|read| read > 0) {}
    }

    async fn header<J: Judge>(&mut self) -> Result<Header, CloseReason> {
        let mut start = [0; 2];
        if let Err(error) = self.source.read_exact(&mut start).await {
            return Err(self.ended::<J>(error));
        }
        let start = Start::read(start, self.masked).map_err(broken_header)?;
        let mut rest = [0; 12];
        let rest = &mut rest[..start.rest()];
        if let Err(error) = self.source.read_exact(rest).await {
            return Err(self.ended::<J>(error));
        }
        self.pulse.received(2 + rest.len());
        start.finish(rest).map_err(broken_header)
    }

    /// Reads one frame's part of a message.
    async fn read_part<J: Judge>(
        &mut self,
        header: Header,
        mut partial: Partial,
        judge: &mut J,
    ) -> Result<Partial, CloseReason> {
        let mask = header.mask.unwrap_or_default();
        let mut left = usize::try_from(header.length).unwrap_or(usize::MAX);
        let mut offset = 0;
        if partial.number.is_none() && left > 0 {
            let mut number = [0];
            if let Err(error) = self.source.read_exact(&mut number).await {
                return Err(self.ended::<J>(error));
            }
            self.pulse.received(1);
            apply_mask(mask, 0, &mut number);
            partial.number = Some(number[0]);
            (left, offset) = (left - 1, 1);
        }
        let Some(number) = partial.number else { return Ok(partial) };
        judge.admit(number, partial.bytes.len(), left).await?;
        partial.bytes.reserve(left.min(MAX_PREALLOCATED));
        while left > 0 {
            let arrived = match self.source.fill_buf().await {
                Ok([]) => return Err(within::<J>(number)),
                Ok(arrived) => arrived,
                Err(error) => return Err(lost(&error)),
            };
            let take = arrived.len().min(left);
            let begin = partial.bytes.len();
            partial.bytes.extend_from_slice(&arrived[..take]);
            apply_mask(mask, offset, &mut partial.bytes[begin..]);
            self.source.consume(take);
            self.pulse.received(take);
            (left, offset) = (left - take, offset + take);
        }
        Ok(partial)
    }

    /// Reads a control frame's payload, whose length its header was checked for.
    async fn read_control(&mut self, header: Header) -> Result<Vec<u8>, CloseReason> {
        let mut payload = vec![0; usize::try_from(header.length).expect("at most 125")];
        self.source.read_exact(&mut payload).await.map_err(|error| lost(&error))?;
        apply_mask(header.mask.unwrap_or_default(), 0, &mut payload);
        self.pulse.received(payload.len());
        Ok(payload)
    }

    /// Why the stream ended between or within frames.
    fn ended<J: Judge>(&self, error: io::Error) -> CloseReason {
        match &self.partial {
            Some(Partial { number: Some(number), .. }) if error.kind() == io::ErrorKind::UnexpectedEof => {
                within::<J>(*number)
            }
            _ => lost(&error),
        }
    }
}

/// What a close frame says.
fn farewell(payload: &[u8]) -> Result<CloseReason, CloseReason> {
    let (code, reason) = match payload {
        [] => return Ok(CloseReason::Left(String::new())),
        [_] => return Err(broke("a farewell with half a code")),
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    let ours = match code {
        // Done, and going away, as browsers say when a tab closes.
        1000 | 1001 => CloseCode::Left as u64,
        _ => code.checked_sub(CLOSE_CODE_BASE).map_or(u64::MAX, u64::from),
    };
    Ok(CloseReason::from_farewell(ours, reason))
}

fn broke(what: &str) -> CloseReason {
    CloseReason::Protocol(what.to_owned())
}

fn broken_header(error: HeaderError) -> CloseReason {
    CloseReason::Protocol(error.to_string())
}

fn within<J: Judge>(number: u8) -> CloseReason {
    CloseReason::Cut(format!("{} ended within a message", J::name(number)))
}

fn lost(error: &io::Error) -> CloseReason {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => CloseReason::Lost("the other end hung up".to_owned()),
        _ => CloseReason::Lost(crate::close::clean(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Admits messages of at most ten bytes.
    struct Ten;

    impl Judge for Ten {
        async fn admit(&mut self, _: u8, so_far: usize, more: usize) -> Result<(), CloseReason> {
            if so_far.saturating_add(more) > 10 { Err(broke("too long")) } else { Ok(()) }
        }

        fn name(number: u8) -> String {
            format!("lane {number}")
        }
    }

    fn frame(last: bool, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        let mask = Some([9, 8, 7, 6]);
        let mut bytes = Vec::new();
        Header { last, opcode, mask, length: payload.len() as u64 }.write(&mut bytes);
        let begin = bytes.len();
        bytes.extend(payload);
        apply_mask([9, 8, 7, 6], 0, &mut bytes[begin..]);
        bytes
    }

    /// Everything that is heard of `bytes` when they come in two pieces, until the end.
    async fn heard(bytes: &[u8], at: usize) -> Vec<String> {
        let (first, second) = bytes.split_at(at);
        let mut reader = Reader::new(first.chain(second), true, Arc::new(Pulse::new(None)));
        let mut heard = Vec::new();
        loop {
            match reader.next(&mut Ten).await {
                Ok(Heard::Message(number, bytes)) => heard.push(format!("{number}: {bytes:?}")),
                Ok(other) => heard.push(format!("{other:?}")),
                Err(reason) => {
                    heard.push(reason.to_string());
                    return heard;
                }
            }
        }
    }

    #[tokio::test]
    async fn messages_arrive_whole_however_they_are_cut() {
        let stream = [
            frame(true, Opcode::Binary, &[0, 1, 2]),
            frame(false, Opcode::Binary, &[]),
            frame(false, Opcode::Continuation, &[1]),
            frame(true, Opcode::Ping, b"?"),
            frame(false, Opcode::Continuation, &[3, 4]),
            frame(true, Opcode::Continuation, &[5]),
            frame(true, Opcode::Pong, b"!"),
            frame(true, Opcode::Close, &[[0x0f, 0xa0].as_slice(), b"bye"].concat()),
        ]
        .concat();
        for at in 0..=stream.len() {
            let heard = heard(&stream, at).await;
            assert_eq!(heard[..2], ["0: [1, 2]", "Ping([63])"], "cut at {at}");
            assert_eq!(heard[2..4], ["1: [3, 4, 5]", "Close(Left(\"bye\"))"], "cut at {at}");
        }
    }

    #[tokio::test]
    async fn a_stream_may_end_anywhere() {
        let stream =
            [frame(false, Opcode::Binary, &[0, 1, 2]), frame(true, Opcode::Continuation, &[3])].concat();
        for end in 0..stream.len() {
            let reason = heard(&stream[..end], 0).await.pop().expect("a reason");
            let expected = if end > 6 { "within a message" } else { "hung up" };
            assert!(reason.contains(expected), "{reason} at {end}");
            assert!(
                !reason.contains("broke the protocol"),
                "whoever is killed breaks off: {reason} at {end}"
            );
        }
    }

    #[tokio::test]
    async fn lengths_are_judged_before_the_bytes_come() {
        let mut announced = Vec::new();
        let mask = Some([0; 4]);
        Header { last: true, opcode: Opcode::Binary, mask, length: u64::MAX >> 1 }.write(&mut announced);
        announced.push(0);
        assert!(heard(&announced, 0).await[0].contains("too long"));
        let parts = [
            frame(false, Opcode::Binary, &[0; 8]),
            frame(false, Opcode::Continuation, &[0; 3]),
            frame(false, Opcode::Continuation, &[0; 1]),
        ];
        assert!(heard(&parts.concat(), 0).await[0].contains("too long"), "parts count together");
    }

    #[tokio::test]
    async fn what_is_not_ours_is_refused_by_name() {
        for (bytes, name) in [
            (frame(true, Opcode::Text, b"hello"), "text"),
            (frame(true, Opcode::Continuation, b"hello"), "never began"),
            (
                [frame(false, Opcode::Binary, &[0]), frame(true, Opcode::Binary, &[0])].concat(),
                "within another",
            ),
            (frame(true, Opcode::Binary, &[]), "empty"),
            (frame(true, Opcode::Close, &[3]), "half a code"),
        ] {
            let reason = heard(&bytes, 0).await.pop().expect("a reason");
            assert!(reason.contains(name), "{reason}");
        }
    }
}
