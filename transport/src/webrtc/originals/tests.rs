use proptest::prelude::*;

use super::*;
use crate::webrtc::{echo::Echoes, repair::Kept};

fn echo(number: u32, message: &[u8]) -> BytesMut {
    let mut echo = BytesMut::from(&[ECHO, 0][..]);
    echo.put_u32(number);
    echo.put_slice(message);
    echo
}

fn counts(control: u32, updates: u32) -> BytesMut {
    let mut counts = BytesMut::from(&[COUNTS][..]);
    counts.put_u32(control);
    counts.put_u32(updates);
    counts
}

fn popped(originals: &mut Originals) -> Vec<Vec<u8>> {
    std::iter::from_fn(|| originals.pop()).map(|(_, message)| message.to_vec()).collect()
}

#[test]
fn an_echo_stands_for_its_message_and_waits_for_those_before() {
    let (mut originals, now) = (Originals::default(), Instant::now());
    assert_eq!(originals.heard(now, echo(1, b"two")), Heard::Taken);
    assert_eq!(popped(&mut originals), Vec::<Vec<u8>>::new());
    originals.came(now, 0, BytesMut::from("one"));
    assert_eq!(popped(&mut originals), [b"one", b"two"]);
    originals.came(now, 0, BytesMut::from("two"));
    originals.heard(now, echo(0, b"one"));
    assert_eq!(popped(&mut originals), Vec::<Vec<u8>>::new(), "nothing twice");
}

#[test]
fn what_is_known_to_be_missing_is_asked_for_until_it_comes() {
    let (mut originals, now) = (Originals::default(), Instant::now());
    assert_eq!(originals.due(), None);
    originals.heard(now, counts(0, 2));
    assert!(originals.asks(now).is_empty());
    let first = originals.due().expect("a question");
    assert_eq!(first, now + FIRST);
    let asked = originals.asks(first);
    assert_eq!(asked, [BytesMut::from(&[ASK, 1, 0, 0, 0, 0][..])]);
    assert_eq!(originals.heard(now, asked[0].clone()), Heard::Asked { channel: 1, number: 0 });
    let second = originals.due().expect("another");
    assert_eq!(second, first + AGAIN);
    originals.came(second, 1, BytesMut::from("one"));
    assert_eq!(originals.due(), Some(second + FIRST), "there is progress");
    originals.came(second, 1, BytesMut::from("two"));
    assert_eq!(originals.due(), None);
}

#[test]
fn what_is_kept_is_bounded() {
    let (mut originals, now) = (Originals::default(), Instant::now());
    for number in 1..100_000 {
        originals.heard(now, echo(number, &[0; 1000]));
        originals.heard(
            now,
            BytesMut::from(&[&[repair::REPAIR, 1][..], &number.to_be_bytes(), &[0, 2, 7]].concat()[..]),
        );
    }
    assert!(originals.channels[0].early_bytes <= MAX_EARLY);
    assert!(originals.channels[1].parted.len() <= MAX_PARTED);
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
    echoes: Echoes,
    kept: Kept,
    originals: Originals,
    sent: u32,
    on_channel: VecDeque<BytesMut>,
    taken: Vec<u32>,
}

impl World {
    fn new() -> Self {
        Self {
            now: Instant::now(),
            echoes: Echoes::default(),
            kept: Kept::default(),
            originals: Originals::default(),
            sent: 0,
            on_channel: VecDeque::new(),
            taken: Vec::new(),
        }
    }

    fn send(&mut self, size: u16) {
        let mut message = BytesMut::from(&self.sent.to_be_bytes()[..]);
        message.resize(usize::from(size), 7);
        self.echoes.sent(self.now, 0, &message);
        self.kept.given(self.now, 0, message.clone().freeze(), 1);
        self.on_channel.push_back(message);
        self.sent += 1;
    }

    fn arrive(&mut self) {
        if let Some(message) = self.on_channel.pop_front() {
            self.originals.came(self.now, 0, message);
        }
        self.take();
    }

    fn turn(&mut self, mut arrives: impl Iterator<Item = bool>) {
        self.now += AGAIN;
        let mut on_way = self.echoes.pop(self.now);
        for ask in self.originals.asks(self.now) {
            if let Heard::Asked { channel, number } = self.originals.heard(self.now, ask)
                && arrives.next().unwrap_or(true)
            {
                // As if SCTP had almost all of it acknowledged.
                on_way.extend(self.kept.repairs(self.now, channel, number, 1));
            }
        }
        for packet in on_way {
            if arrives.next().unwrap_or(true) {
                self.originals.heard(self.now, packet);
            }
        }
        self.take();
    }

    fn take(&mut self) {
        while let Some((0, mut message)) = self.originals.pop() {
            self.taken.push(message.get_u32());
        }
    }
}

proptest! {
    /// Whatever is lost, late or repeated: what is taken of a channel is what was sent, in order, each once; and all of it
    /// comes even if SCTP never moves again, once any later message is heard of.
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
        let (mut originals, now) = (Originals::default(), Instant::now());
        for message in messages {
            let _ = originals.heard(now, BytesMut::from(&message[..]));
        }
    }
}
