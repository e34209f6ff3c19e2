//! Small messages of the reliable channels go a second time over the unreliable one, a little later and so in
//! a packet of their own.
//!
//! SCTP repeats what was lost once three later packets were acknowledged, and after a second (RFC 9260,
//! section 6.3.1) if none followed, which is what happens to single key presses; and its channel holds back
//! all that came meanwhile. A duplicate takes the lost message's place, and the packets that go after a
//! message are what SCTP waits for.
//!
//! A duplicate is `251`, the channel (0 control, 1 updates), the number of the message in its channel (4
//! bytes, big-endian, from 0), and the message. Where there is nothing to repeat, a packet of counts goes:
//! `250` and how many messages each channel has had (4 bytes each, big-endian). It is there to be
//! acknowledged, and tells of what the other end may lack; see [`crate::webrtc::arq::in_order`].

use std::time::{Duration, Instant};

use bytes::{BufMut, BytesMut};

/// The kind of a duplicate.
pub(crate) const DUPLICATE: u8 = 251;

/// The kind of a packet of counts.
pub(crate) const COUNTS: u8 = 250;

/// How long after a message its duplicate goes, and after that each of the packets that follow it.
const DUPLICATE_AFTER: Duration = Duration::from_millis(10);

/// The packets after a message.
const PACKETS_AFTER: u8 = 3;

/// How often a message is repeated: on bad networks its first duplicate is lost, too.
const COPIES: u8 = 2;

/// The most bytes of messages that are repeated at once: they fit in one packet with their heads.
const MAX_DUPLICATED: usize = 1000;

/// The reliable channels.
pub(crate) const CHANNELS: usize = 2;

/// What was sent and is to be repeated.
#[derive(Debug, Default)]
pub(crate) struct Duplicates {
    /// Messages that each channel has had.
    sent: [u32; CHANNELS],
    /// Duplicates for the next round, and how often each is still to go.
    waiting: Vec<(BytesMut, u8)>,
    next: Option<(Instant, u8)>,
}

impl Duplicates {
    /// A reliable channel was given a message.
    pub(crate) fn sent(&mut self, now: Instant, channel: usize, message: &[u8]) {
        let number = self.sent[channel];
        self.sent[channel] = number.wrapping_add(1);
        let bytes: usize = self.waiting.iter().map(|(duplicate, _)| duplicate.len()).sum();
        if bytes + message.len() <= MAX_DUPLICATED {
            let mut duplicate = BytesMut::with_capacity(6 + message.len());
            duplicate.put_u8(DUPLICATE);
            duplicate.put_u8(channel as u8);
            duplicate.put_u32(number);
            duplicate.put_slice(message);
            self.waiting.push((duplicate, COPIES));
        }
        // A first round that waits already takes this with it: else what is sent all the time would never be
        // repeated.
        self.next = self.next.filter(|(_, round)| *round == 0).or(Some((now + DUPLICATE_AFTER, 0)));
    }

    /// When [`Self::pop`] has something.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.next.map(|(at, _)| at)
    }

    /// What goes over the unreliable channel now.
    pub(crate) fn pop(&mut self, now: Instant) -> Vec<BytesMut> {
        let Some((_, round)) = self.next.filter(|(at, _)| now >= *at) else { return Vec::new() };
        self.next = (round + 1 < PACKETS_AFTER).then(|| (now + DUPLICATE_AFTER, round + 1));
        if self.waiting.is_empty() {
            return vec![self.counts()];
        }
        let duplicates = self.waiting.iter().map(|(duplicate, _)| duplicate.clone()).collect();
        self.waiting.retain_mut(|(_, left)| {
            *left -= 1;
            *left > 0
        });
        duplicates
    }

    fn counts(&self) -> BytesMut {
        let mut counts = BytesMut::with_capacity(1 + 4 * CHANNELS);
        counts.put_u8(COUNTS);
        for sent in self.sent {
            counts.put_u32(sent);
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTED: &[u8] = &[COUNTS, 0, 0, 0, 1, 0, 0, 0, 0];

    #[test]
    fn a_message_is_repeated_twice_and_followed_by_three_packets() {
        let (mut duplicates, now) = (Duplicates::default(), Instant::now());
        duplicates.sent(now, 0, b"key");
        assert!(duplicates.pop(now).is_empty());
        let first = duplicates.due().expect("a duplicate");
        let duplicate = BytesMut::from(&[DUPLICATE, 0, 0, 0, 0, 0, b'k', b'e', b'y'][..]);
        assert_eq!(&duplicates.pop(first)[..], std::slice::from_ref(&duplicate));
        let again = duplicates.due().expect("another");
        assert_eq!(&duplicates.pop(again)[..], std::slice::from_ref(&duplicate));
        let last = duplicates.due().expect("one more packet");
        assert_eq!(duplicates.pop(last), [BytesMut::from(COUNTED)]);
        assert_eq!(duplicates.due(), None, "an idle link is silent");
    }

    #[test]
    fn what_is_sent_all_the_time_is_repeated_all_the_time() {
        let (mut duplicates, start) = (Duplicates::default(), Instant::now());
        let mut repeated = 0;
        for millis in 0..100 {
            let now = start + Duration::from_millis(millis);
            repeated += duplicates.pop(now).len();
            duplicates.sent(now, 1, &[7; 50]);
        }
        assert!(repeated >= 90, "{repeated}");
    }

    #[test]
    fn large_messages_are_counted_not_repeated() {
        let (mut duplicates, now) = (Duplicates::default(), Instant::now());
        duplicates.sent(now, 0, &[0; MAX_DUPLICATED + 1]);
        assert_eq!(duplicates.pop(now + DUPLICATE_AFTER), [BytesMut::from(COUNTED)]);
    }
}
