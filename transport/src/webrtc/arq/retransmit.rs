//! Keeps what the reliable channels were given until it is acknowledged, and sends again, over the unreliable
//! channel, what the other end lacks. See [`crate::webrtc::arq::in_order`], which asks for it.
//!
//! SCTP hands out nothing of a channel that comes after something lost, so all that was acknowledged behind
//! it goes again, too. What was only not sent yet does not: there must be signs that a message was lost.
//!
//! A retransmission is `248`, the channel, the number of the message (4 bytes, big-endian), which part of it
//! this is and how many there are (a byte each), and at most [`PART_BYTES`] bytes: one packet.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bytes::{BufMut, Bytes, BytesMut};

use crate::webrtc::arq::duplicates::CHANNELS;

/// The kind of a retransmission.
pub(crate) const RETRANSMISSION: u8 = 248;

/// The most bytes of a message in one retransmission.
pub(crate) const PART_BYTES: usize = 1000;

/// The most parts of a message.
pub(crate) const MAX_PARTS: u8 = 16;

/// The most bytes of a channel's messages that are kept, and the most messages: many are smaller than what
/// notes them.
const MAX_KEPT: usize = 512 << 10;
const MAX_MESSAGES: usize = 4096;

/// The most bytes that one question is answered with: on a path that loses, SCTP takes no more in a round
/// trip.
const ANSWER_BYTES: usize = 4 << 10;

/// With no more than this unacknowledged, all of it was sent, and after [`OVERDUE_AFTER`] should have been
/// acknowledged.
const ALL_SENT_BELOW: usize = 4 << 10;
const OVERDUE_AFTER: Duration = Duration::from_millis(150);

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct RetransmitBuffer([Sent; CHANNELS]);

impl RetransmitBuffer {
    /// A channel was given a message, and so many bytes of those before are not acknowledged.
    pub(crate) fn given(&mut self, now: Instant, channel: usize, message: Bytes, outstanding: usize) {
        self.0[channel].given(now, message, outstanding);
    }

    /// Retransmissions of what the other end lacks from this number on, as many as go at once; so many bytes
    /// of the channel are not acknowledged. The next question is answered with the parts that follow.
    pub(crate) fn retransmissions(
        &mut self,
        now: Instant,
        channel: usize,
        number: u32,
        outstanding: usize,
    ) -> Vec<BytesMut> {
        self.0[channel].retransmissions(now, channel as u8, number, outstanding)
    }
}

/// What one channel was given.
#[derive(Debug, Default)]
struct Sent {
    messages: VecDeque<Message>,
    /// The number of the first that is kept.
    first: u32,
    kept: usize,
    /// Bytes that the channel has had.
    given: u64,
}

#[derive(Debug)]
struct Message {
    bytes: Bytes,
    /// Bytes that the channel had with it.
    end: u64,
    given: Instant,
    /// Which part goes next when it is sent again.
    next: usize,
}

impl Sent {
    fn given(&mut self, now: Instant, bytes: Bytes, outstanding: usize) {
        self.given += bytes.len() as u64;
        self.kept += bytes.len();
        self.messages.push_back(Message { bytes, end: self.given, given: now, next: 0 });
        let others = self.messages.len() - 1;
        let done = if outstanding == 0 { others } else { 0 };
        for at in 0..others {
            if at >= done && self.kept <= MAX_KEPT && self.messages.len() <= MAX_MESSAGES {
                break;
            }
            if let Some(gone) = self.messages.pop_front() {
                self.kept -= gone.bytes.len();
                self.first = self.first.wrapping_add(1);
            }
        }
    }

    fn retransmissions(
        &mut self,
        now: Instant,
        channel: u8,
        number: u32,
        outstanding: usize,
    ) -> Vec<BytesMut> {
        // What opened the channel is not counted here.
        let acknowledged = self.given.saturating_sub(outstanding as u64);
        let from = number.wrapping_sub(self.first) as usize;
        let mut retransmissions = Vec::new();
        for (index, message) in self.messages.iter_mut().enumerate().skip(from) {
            let behind = message.end < acknowledged;
            let overdue = outstanding <= ALL_SENT_BELOW && now >= message.given + OVERDUE_AFTER;
            let room = ANSWER_BYTES / PART_BYTES - retransmissions.len();
            if outstanding == 0 || !(behind || overdue) || room == 0 {
                break;
            }
            let number = self.first.wrapping_add(index as u32);
            retransmissions.extend(message.parts(channel, number).take(room));
        }
        retransmissions
    }
}

impl Message {
    /// All parts once, from where the last retransmission ended.
    fn parts(&mut self, channel: u8, number: u32) -> impl Iterator<Item = BytesMut> {
        let Self { bytes, next, .. } = self;
        let count = match bytes.len().div_ceil(PART_BYTES) {
            count if count <= usize::from(MAX_PARTS) => count,
            _ => 0,
        };
        (0..count).map(move |_| {
            let index = *next % count;
            *next = index + 1;
            let body = &bytes[index * PART_BYTES..bytes.len().min((index + 1) * PART_BYTES)];
            let mut part = BytesMut::with_capacity(8 + body.len());
            part.put_u8(RETRANSMISSION);
            part.put_u8(channel);
            part.put_u32(number);
            part.put_u8(index as u8);
            part.put_u8(count as u8);
            part.put_slice(body);
            part
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Duration = Duration::from_millis(200);

    fn kept(sizes: &[usize]) -> (RetransmitBuffer, Instant) {
        let (mut kept, now) = (RetransmitBuffer::default(), Instant::now());
        for size in sizes {
            kept.given(now, 1, vec![7; *size].into(), 1);
        }
        (kept, now)
    }

    fn numbers(retransmissions: &[BytesMut]) -> Vec<(u8, u8, u8)> {
        retransmissions
            .iter()
            .map(|retransmission| (retransmission[5], retransmission[6], retransmission[7]))
            .collect()
    }

    #[test]
    fn what_was_lost_goes_again_with_what_was_acknowledged_behind_it_and_nothing_else() {
        let (mut kept, now) = kept(&[100, 1500, 200, 300, 1200, 9000]);
        // Of message 1 a packet is missing; what follows is acknowledged, but for the last, which waits to be
        // sent.
        let retransmissions = kept.retransmissions(now, 1, 1, 1000 + 9000);
        assert_eq!(numbers(&retransmissions), [(1, 0, 2), (1, 1, 2), (2, 0, 1), (3, 0, 1)]);
        assert!(retransmissions.iter().all(|retransmission| retransmission.len() <= PART_BYTES + 8));
        assert_eq!(retransmissions[1].len(), 500 + 8);
    }

    #[test]
    fn what_may_only_be_on_its_way_is_not_repeated() {
        let (mut kept, now) = kept(&[100, 200]);
        assert!(kept.retransmissions(now, 1, 0, 300).is_empty(), "just sent");
        assert!(kept.retransmissions(now + LATER, 1, 0, 0).is_empty(), "acknowledged: it is there");
        assert_eq!(numbers(&kept.retransmissions(now + LATER, 1, 0, 300)), [(0, 0, 1), (1, 0, 1)]);
    }

    #[test]
    fn a_large_message_goes_again_bit_by_bit() {
        let (mut kept, now) = kept(&[5500]);
        let mut parts = |outstanding| numbers(&kept.retransmissions(now + LATER, 1, 0, outstanding));
        assert_eq!(parts(1000), [(0, 0, 6), (0, 1, 6), (0, 2, 6), (0, 3, 6)]);
        assert_eq!(parts(1000), [(0, 4, 6), (0, 5, 6), (0, 0, 6), (0, 1, 6)]);
    }

    #[test]
    fn what_nobody_lacks_any_more_is_not_kept() {
        let (mut kept, now) = kept(&[100, 200, 300]);
        kept.given(now, 1, Bytes::from_static(b"next"), 0);
        assert_eq!(kept.0[1].messages.len(), 1);
        assert!(kept.retransmissions(now + LATER, 1, 2, 4).is_empty(), "gone");
        assert_eq!(numbers(&kept.retransmissions(now + LATER, 1, 3, 4)), [(3, 0, 1)]);
        for _ in 0..1000 {
            kept.given(now, 1, vec![0; 8000].into(), 1);
        }
        assert!(kept.0[1].kept <= MAX_KEPT);
        for _ in 0..10_000 {
            kept.given(now, 1, Bytes::from_static(b"small"), 1);
        }
        assert!(kept.0[1].messages.len() <= MAX_MESSAGES);
        assert!(kept.retransmissions(now, 1, 77_777, 1).is_empty(), "nobody was sent that");
    }
}
