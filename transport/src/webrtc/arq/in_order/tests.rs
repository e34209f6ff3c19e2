use proptest::prelude::*;

use super::*;
use crate::webrtc::arq::{duplicates::Duplicates, retransmit::RetransmitBuffer};

fn duplicate(number: u32, message: &[u8]) -> BytesMut {
    let mut duplicate = BytesMut::from(&[DUPLICATE, 0][..]);
    duplicate.put_u32(number);
    duplicate.put_slice(message);
    duplicate
}

fn counts(control: u32, updates: u32) -> BytesMut {
    let mut counts = BytesMut::from(&[COUNTS][..]);
    counts.put_u32(control);
    counts.put_u32(updates);
    counts
}

fn popped(in_order: &mut InOrder) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| in_order.pop()).map(|(_, message)| message.to_vec()).collect()
}

#[test]
fn a_duplicate_stands_for_its_message_and_waits_for_those_before() {
    let (mut in_order, now) = (InOrder::default(), Instant::now());
    assert_eq!(in_order.heard(now, duplicate(1, b"two")), Heard::Taken);
    assert_eq!(popped(&mut in_order), Vec::<Vec<u8>>::new());
    in_order.came(now, 0, BytesMut::from("one"));
    assert_eq!(popped(&mut in_order), [b"one", b"two"]);
    in_order.came(now, 0, BytesMut::from("two"));
    in_order.heard(now, duplicate(0, b"one"));
    assert_eq!(popped(&mut in_order), Vec::<Vec<u8>>::new(), "nothing twice");
}

#[test]
fn what_is_known_to_be_missing_is_asked_for_until_it_comes() {
    let (mut in_order, now) = (InOrder::default(), Instant::now());
    assert_eq!(in_order.due(), None);
    in_order.heard(now, counts(0, 2));
    assert!(in_order.asks(now).is_empty());
    let first = in_order.due().expect("a question");
    assert_eq!(first, now + ASK_AFTER);
    let asked = in_order.asks(first);
    assert_eq!(asked, [BytesMut::from(&[MISSING, 1, 0, 0, 0, 0][..])]);
    assert_eq!(in_order.heard(now, asked[0].clone()), Heard::Asked { channel: 1, number: 0 });
    let second = in_order.due().expect("another");
    assert_eq!(second, first + ASK_AGAIN_AFTER);
    in_order.came(second, 1, BytesMut::from("one"));
    assert_eq!(in_order.due(), Some(second + ASK_AFTER), "there is progress");
    in_order.came(second, 1, BytesMut::from("two"));
    assert_eq!(in_order.due(), None);
}

#[test]
fn what_is_kept_is_bounded() {
    let (mut in_order, now) = (InOrder::default(), Instant::now());
    for number in 1..100_000 {
        in_order.heard(now, duplicate(number, &[0; 1000]));
        in_order.heard(
            now,
            BytesMut::from(&[&[RETRANSMISSION, 1][..], &number.to_be_bytes(), &[0, 2, 7]].concat()[..]),
        );
    }
    assert!(in_order.channels[0].early_bytes <= MAX_EARLY);
    assert!(in_order.channels[1].partial.len() <= MAX_PARTIAL);
}

/// What happens on the way.
#[derive(Clone, Debug)]
enum Step {
    Send(u16),
    /// SCTP hands out the next, unless it is stuck.
    Arrive,
    /// The unreliable channel has its turn, and loses what is false.
    Turn(Vec<bool>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (4u16..9000).prop_map(Step::Send),
        Just(Step::Arrive),
        prop::collection::vec(any::<bool>(), 0..24).prop_map(Step::Turn),
    ];
    prop::collection::vec(step, 0..120)
}

/// Two ends of which only the unreliable channel always works.
struct World {
    now: Instant,
    duplicates: Duplicates,
    kept: RetransmitBuffer,
    in_order: InOrder,
    sent: u32,
    on_channel: VecDeque<BytesMut>,
    taken: Vec<u32>,
}

impl World {
    fn new() -> Self {
        Self {
            now: Instant::now(),
            duplicates: Duplicates::default(),
            kept: RetransmitBuffer::default(),
            in_order: InOrder::default(),
            sent: 0,
            on_channel: VecDeque::new(),
            taken: Vec::new(),
        }
    }

    fn send(&mut self, size: u16) {
        let mut message = BytesMut::from(&self.sent.to_be_bytes()[..]);
        message.resize(usize::from(size), 7);
        self.duplicates.sent(self.now, 0, &message);
        self.kept.given(self.now, 0, message.clone().freeze(), 1);
        self.on_channel.push_back(message);
        self.sent += 1;
    }

    fn arrive(&mut self) {
        if let Some(message) = self.on_channel.pop_front() {
            self.in_order.came(self.now, 0, message);
        }
        self.take();
    }

    fn turn(&mut self, mut arrives: impl Iterator<Item = bool>) {
        self.now += ASK_AGAIN_AFTER;
        let mut on_way = self.duplicates.pop(self.now);
        for ask in self.in_order.asks(self.now) {
            if let Heard::Asked { channel, number } = self.in_order.heard(self.now, ask)
                && arrives.next().unwrap_or(true)
            {
                // As if SCTP had almost all of it acknowledged.
                on_way.extend(self.kept.retransmissions(self.now, channel, number, 1));
            }
        }
        for packet in on_way {
            if arrives.next().unwrap_or(true) {
                self.in_order.heard(self.now, packet);
            }
        }
        self.take();
    }

    fn take(&mut self) {
        while let Some((0, mut message)) = self.in_order.pop() {
            self.taken.push(message.get_u32());
        }
    }
}

proptest! {
    /// Whatever is lost, late or repeated: what is taken of a channel is what was sent, in order, each once;
    /// and all of it comes even if SCTP never moves again, once any later message is heard of.
    #[test]
    fn each_message_is_taken_once_and_in_order(steps in steps(), stuck: bool) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Send(size) => world.send(size),
                Step::Arrive if stuck => {}
                Step::Arrive => world.arrive(),
                Step::Turn(arrives) => world.turn(arrives.into_iter()),
            }
            prop_assert_eq!(&world.taken, &(0..world.taken.len() as u32).collect::<Vec<_>>());
        }
        world.send(4);
        for _ in 0..2 * world.sent + 5 {
            world.turn(std::iter::empty());
        }
        prop_assert_eq!(world.taken, (0..world.sent).collect::<Vec<_>>());
    }

    #[test]
    fn anything_may_come(messages: Vec<Vec<u8>>) {
        let (mut in_order, now) = (InOrder::default(), Instant::now());
        for message in messages {
            let _ = in_order.heard(now, BytesMut::from(&message[..]));
        }
    }
}
