//! Small messages of the reliable channels go a second time over the unreliable one, a little later and so in a packet of their own.
//!
//! SCTP repeats what was lost once three later packets were acknowledged, and after a second (RFC 9260, section 6.3.1) if
//! none followed, which is what happens to single key presses; and its channel holds back all that came meanwhile. An echo
//! takes the lost message's place, and the packets that go after a message are what SCTP waits for.
//!
//! An echo is `251`, the channel (0 control, 1 updates), the number of the message in its channel (4 bytes, big-endian, from
//! 0), and the message. With nothing after the `251` it is only there to be acknowledged.

use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, BytesMut};

/// The kind of an echo.
const ECHO: u8 = 251;

/// How long after a message its echo goes, and after that each of the packets that follow it.
const PAUSE: Duration = Duration::from_millis(10);

/// The packets after a message.
const ROUNDS: u8 = 3;

/// How often a message is repeated: on bad networks its first echo is lost, too.
const REPEATS: u8 = 2;

/// The most bytes of messages that are repeated at once: they fit in one packet with their heads.
const MAX_BYTES: usize = 1000;

/// The reliable channels.
pub(super) const CHANNELS: usize = 2;

/// What was sent and is to be repeated.
#[derive(Debug, Default)]
pub(super) struct Echoes {
    /// Messages that each channel has had.
    sent: [u32; CHANNELS],
    /// Echoes for the next round, and how often each is still to go.
    waiting: Vec<(BytesMut, u8)>,
    next: Option<(Instant, u8)>,
}

impl Echoes {
    /// A reliable channel was given a message.
    pub(super) fn sent(&mut self, now: Instant, channel: usize, message: &[u8]) {
        let number = self.sent[channel];
        self.sent[channel] = number.wrapping_add(1);
        let bytes: usize = self.waiting.iter().map(|(echo, _)| echo.len()).sum();
        if bytes + message.len() <= MAX_BYTES {
            let mut echo = BytesMut::with_capacity(6 + message.len());
            echo.put_u8(ECHO);
            echo.put_u8(channel as u8);
            echo.put_u32(number);
            echo.put_slice(message);
            self.waiting.push((echo, REPEATS));
        }
        // A first round that waits already takes this with it: else what is sent all the time would never be repeated.
        self.next = self.next.filter(|(_, round)| *round == 0).or(Some((now + PAUSE, 0)));
    }

    /// When [`Self::pop`] has something.
    pub(super) fn due(&self) -> Option<Instant> {
        self.next.map(|(at, _)| at)
    }

    /// What goes over the unreliable channel now.
    pub(super) fn pop(&mut self, now: Instant) -> Vec<BytesMut> {
        let Some((_, round)) = self.next.filter(|(at, _)| now >= *at) else { return Vec::new() };
        self.next = (round + 1 < ROUNDS).then(|| (now + PAUSE, round + 1));
        if self.waiting.is_empty() {
            return vec![BytesMut::from(&[ECHO][..])];
        }
        let echoes = self.waiting.iter().map(|(echo, _)| echo.clone()).collect();
        self.waiting.retain_mut(|(_, left)| {
            *left -= 1;
            *left > 0
        });
        echoes
    }
}

/// What came, in order and each once.
#[derive(Debug, Default)]
pub(super) struct Originals {
    /// Messages of each channel that were taken, from it or by their echoes.
    taken: [u32; CHANNELS],
    /// Messages that came by the channel itself.
    came: [u32; CHANNELS],
}

/// What a message on the unreliable channel is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// No echo.
    Other(BytesMut),
    /// An echo of what was not there yet: it stands for the next message of that channel.
    First(usize, BytesMut),
    /// An echo that says nothing new.
    Again,
}

impl Originals {
    /// A message came by a reliable channel: whether it is new.
    pub(super) fn came(&mut self, channel: usize) -> bool {
        let number = self.came[channel];
        self.came[channel] = number.wrapping_add(1);
        let new = number == self.taken[channel];
        if new {
            self.taken[channel] = self.came[channel];
        }
        new
    }

    /// A message came by the unreliable channel.
    pub(super) fn heard(&mut self, mut message: BytesMut) -> Heard {
        if message.first() != Some(&ECHO) {
            return Heard::Other(message);
        }
        if message.len() <= 6 {
            return Heard::Again;
        }
        message.advance(1);
        let (channel, number) = (usize::from(message.get_u8()), message.get_u32());
        match self.taken.get_mut(channel) {
            // Only the next: what comes after a gap is in order only once the gap is filled.
            Some(taken) if *taken == number => {
                *taken = number.wrapping_add(1);
                Heard::First(channel, message)
            }
            _ => Heard::Again,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_message_is_repeated_twice_and_followed_by_three_packets() {
        let (mut echoes, now) = (Echoes::default(), Instant::now());
        echoes.sent(now, 0, b"key");
        assert!(echoes.pop(now).is_empty());
        let first = echoes.due().expect("an echo");
        let [echo] = &echoes.pop(first)[..] else { panic!("one echo") };
        assert_eq!(Originals::default().heard(echo.clone()), Heard::First(0, BytesMut::from("key")));
        let again = echoes.due().expect("another");
        assert_eq!(&echoes.pop(again)[..], std::slice::from_ref(echo));
        let last = echoes.due().expect("one more packet");
        assert_eq!(echoes.pop(last), [BytesMut::from(&[ECHO][..])]);
        assert_eq!(echoes.due(), None, "an idle link is silent");
    }

    #[test]
    fn what_is_sent_all_the_time_is_repeated_all_the_time() {
        let (mut echoes, start) = (Echoes::default(), Instant::now());
        let mut repeated = 0;
        for millis in 0..100 {
            let now = start + Duration::from_millis(millis);
            repeated += echoes.pop(now).len();
            echoes.sent(now, 1, &[7; 50]);
        }
        assert!(repeated >= 90, "{repeated}");
    }

    #[test]
    fn large_messages_are_not_repeated() {
        let (mut echoes, now) = (Echoes::default(), Instant::now());
        echoes.sent(now, 1, &[0; MAX_BYTES + 1]);
        assert_eq!(echoes.pop(now + PAUSE), [BytesMut::from(&[ECHO][..])]);
    }

    proptest! {
        /// Whatever is lost, late or repeated: what is taken of a channel is what was sent, in order, each once.
        #[test]
        fn each_message_is_taken_once_and_in_order(steps in prop::collection::vec((0u8..4, any::<bool>()), 0..200)) {
            let (mut echoes, mut originals) = (Echoes::default(), Originals::default());
            let mut now = Instant::now();
            let (mut sent, mut on_channel, mut taken) = (0u32, std::collections::VecDeque::new(), Vec::new());
            for (step, lost) in steps {
                now += PAUSE;
                match step {
                    0 | 1 => {
                        echoes.sent(now, 0, &sent.to_be_bytes());
                        on_channel.push_back(sent);
                        sent += 1;
                    }
                    2 => if let Some(number) = on_channel.pop_front() && originals.came(0) {
                        taken.push(number);
                    },
                    _ => for echo in echoes.pop(now) {
                        if !lost && let Heard::First(0, mut message) = originals.heard(echo) {
                            taken.push(message.get_u32());
                        }
                    },
                }
            }
            while let Some(number) = on_channel.pop_front() {
                if originals.came(0) {
                    taken.push(number);
                }
            }
            prop_assert_eq!(taken, (0..sent).collect::<Vec<_>>());
        }

        #[test]
        fn anything_may_come(message: Vec<u8>) {
            let _ = Originals::default().heard(BytesMut::from(&message[..]));
        }
    }
}
