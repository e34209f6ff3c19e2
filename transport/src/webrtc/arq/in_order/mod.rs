//! Puts together what the reliable channels carry from the messages themselves, their duplicates and their
//! retransmissions: in order, each once.
//!
//! SCTP may take a second and more to repeat what was lost (RFC 9260, section 6.3: a repetition that is lost
//! as well waits for the timer, which is never shorter than a second), and its channel holds back all that
//! came meanwhile. So an end that knows that it lacks messages, from their duplicates or from counts, asks
//! for them: `249`, the channel, the number of the first that it lacks (4 bytes, big-endian). See
//! [`crate::webrtc::arq::retransmit`] for the answer.
//!
//! Invariants: what is handed out of a channel is what was sent, in order, without gaps. What is kept is
//! bounded: [`MAX_EARLY`] bytes of messages before their turn, [`MAX_PARTIAL`] messages in parts.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use bytes::{Buf, BufMut, BytesMut};

use crate::webrtc::arq::{
    duplicates::{CHANNELS, COUNTS, DUPLICATE},
    retransmit::{MAX_PARTS, PART_BYTES, RETRANSMISSION},
};

/// The kind of a question for what is missing.
const MISSING: u8 = 249;

/// How long something is missing until it is asked for: what is only late should come by itself.
const ASK_AFTER: Duration = Duration::from_millis(60);

/// How long after that it is asked for again.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The most bytes of messages that are kept until it is their turn. Others are asked for again.
const MAX_EARLY: usize = 256 << 10;

/// The most messages that are kept until it is their turn, and how far ahead they may be.
const MAX_AHEAD: u64 = 4096;

/// The most messages of a channel of which some parts are there.
const MAX_PARTIAL: usize = 32;

/// What a message on the unreliable channel is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// None of those that are about other messages.
    Other(BytesMut),
    /// The other end lacks messages of a channel, this one before all.
    Asked {
        /// Which channel.
        channel: usize,
        /// The number of the message.
        number: u32,
    },
    /// Done: what it made whole waits in [`InOrder::pop`].
    Taken,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct InOrder {
    channels: [Incoming; CHANNELS],
    whole: VecDeque<(usize, BytesMut)>,
}

impl InOrder {
    /// A message came by a reliable channel itself.
    pub(crate) fn came(&mut self, now: Instant, channel: usize, message: BytesMut) {
        let incoming = &mut self.channels[channel];
        let number = incoming.came;
        incoming.came += 1;
        incoming.known = incoming.known.max(incoming.came);
        incoming.offer(number, message);
        self.hand_out(now, channel);
    }

    /// A message came by the unreliable channel.
    pub(crate) fn heard(&mut self, now: Instant, mut message: BytesMut) -> Heard {
        let kind = message.first().copied();
        if !matches!(kind, Some(DUPLICATE | COUNTS | MISSING | RETRANSMISSION)) {
            return Heard::Other(message);
        }
        message.advance(1);
        if kind == Some(COUNTS) {
            self.counted(now, message);
            return Heard::Taken;
        }
        if message.len() < 5 || usize::from(message[0]) >= CHANNELS {
            return Heard::Taken;
        }
        let (channel, number) = (usize::from(message.get_u8()), message.get_u32());
        match kind {
            Some(MISSING) => return Heard::Asked { channel, number },
            Some(DUPLICATE) => self.channels[channel].duplicate(number, message),
            _ => self.channels[channel].retransmission(now, number, message),
        }
        self.hand_out(now, channel);
        Heard::Taken
    }

    /// The next whole message, and its channel.
    pub(crate) fn pop(&mut self) -> Option<(usize, BytesMut)> {
        self.whole.pop_front()
    }

    /// When [`Self::asks`] has something, unless what is missing comes before.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.channels.iter().filter_map(|incoming| incoming.ask).min()
    }

    /// Questions that go over the unreliable channel now.
    pub(crate) fn asks(&mut self, now: Instant) -> Vec<BytesMut> {
        let mut asks = Vec::new();
        for (channel, incoming) in self.channels.iter_mut().enumerate() {
            if incoming.ask.is_some_and(|at| now >= at) {
                incoming.ask = Some(now + ASK_AGAIN_AFTER);
                let mut ask = BytesMut::with_capacity(6);
                ask.put_u8(MISSING);
                ask.put_u8(channel as u8);
                ask.put_u32(incoming.taken as u32);
                asks.push(ask);
            }
        }
        asks
    }

    fn counted(&mut self, now: Instant, mut counts: BytesMut) {
        if counts.len() != 4 * CHANNELS {
            return;
        }
        for channel in 0..CHANNELS {
            let incoming = &mut self.channels[channel];
            if let Some(sent) = incoming.near(counts.get_u32()) {
                incoming.known = incoming.known.max(sent);
            }
            self.hand_out(now, channel);
        }
    }

    fn hand_out(&mut self, now: Instant, channel: usize) {
        let incoming = &mut self.channels[channel];
        let before = incoming.taken;
        while let Some(message) = incoming.next() {
            self.whole.push_back((channel, message));
        }
        let lacks = incoming.known > incoming.taken;
        let waits = incoming.ask.filter(|_| incoming.taken == before);
        incoming.ask = lacks.then(|| waits.unwrap_or(now + ASK_AFTER));
    }
}

/// What came of one channel. Messages are counted from 0.
#[derive(Debug, Default)]
struct Incoming {
    /// Handed out.
    taken: u64,
    /// Came by the channel itself: SCTP leaves out none.
    came: u64,
    /// The other end is known to have sent.
    known: u64,
    /// When to ask for what is missing.
    ask: Option<Instant>,
    early: BTreeMap<u64, BytesMut>,
    early_bytes: usize,
    partial: BTreeMap<u64, Parts>,
}

impl Incoming {
    /// A number on the wire, counted on beyond 32 bits; `None` if it is past, or further ahead than anything
    /// can be.
    fn near(&self, number: u32) -> Option<u64> {
        let ahead = u64::from(number.wrapping_sub(self.taken as u32));
        (ahead <= MAX_AHEAD).then_some(self.taken + ahead)
    }

    fn duplicate(&mut self, number: u32, message: BytesMut) {
        if let Some(number) = self.near(number)
            && !message.is_empty()
        {
            self.known = self.known.max(number + 1);
            self.offer(number, message);
        }
    }

    fn retransmission(&mut self, now: Instant, number: u32, part: BytesMut) {
        let Some(number) = self.near(number) else { return };
        // The others of that answer are on their way.
        self.ask = self.ask.map(|_| now + ASK_AFTER);
        self.known = self.known.max(number + 1);
        if self.partial.len() >= MAX_PARTIAL && !self.partial.contains_key(&number) {
            return;
        }
        if let Some(message) = self.partial.entry(number).or_default().push(part) {
            self.partial.remove(&number);
            self.offer(number, message);
        }
    }

    fn offer(&mut self, number: u64, message: BytesMut) {
        let is_next = number == self.taken;
        let has_room = self.early_bytes + message.len() <= MAX_EARLY;
        if number >= self.taken && (is_next || has_room) && !self.early.contains_key(&number) {
            self.early_bytes += message.len();
            self.early.insert(number, message);
        }
    }

    fn next(&mut self) -> Option<BytesMut> {
        let message = self.early.remove(&self.taken)?;
        self.early_bytes -= message.len();
        self.partial.remove(&self.taken);
        self.taken += 1;
        Some(message)
    }
}

/// Parts of one message.
#[derive(Debug, Default)]
struct Parts(BTreeMap<u8, BytesMut>);

impl Parts {
    /// The message, if this part was the last that was missing.
    fn push(&mut self, mut part: BytesMut) -> Option<BytesMut> {
        if part.len() < 2 || part.len() > 2 + PART_BYTES {
            return None;
        }
        let (index, count) = (part.get_u8(), part.get_u8());
        if index >= count || count > MAX_PARTS {
            return None;
        }
        self.0.insert(index, part);
        let whole = (0..count).all(|index| self.0.contains_key(&index));
        whole.then(|| {
            let mut message = BytesMut::new();
            for part in (0..count).filter_map(|index| self.0.get(&index)) {
                message.extend_from_slice(part);
            }
            message
        })
    }
}

#[cfg(test)]
mod tests;
