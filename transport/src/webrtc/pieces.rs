//! Messages on data channels. Each data channel message begins with one byte, its kind:
//!
//! | kind | what follows |
//! |---|---|
//! | 0–4 | a whole message of the lane of that number |
//! | 5 | a whole message of the update lane, before it what its video ops need: see [`super::aside`] |
//! | 128 + one of those | a piece of such a message: one byte, its place; 4 bytes big-endian, how many bytes are still to come, these included; these |
//! | 248 | repair: see [`super::repair`] |
//! | 249 | question for what is missing: see [`super::originals`] |
//! | 250 | counts: see [`super::echo`] |
//! | 251 | echo: see [`super::echo`] |
//! | 252 | keyframe wanted: one byte, the RTP slot |
//! | 253 | farewell: one byte, the code; the sentence |
//! | 254 | answer: what the question held |
//! | 255 | question, are you there? up to 8 bytes, to be sent back at once |
//!
//! Messages longer than [`PIECE`] are cut, so that nothing urgent waits behind something large and no buffer of the
//! transport's needs to hold it. Pieces of several messages of one lane may alternate: each has its own place.

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};
use protocol::Lane;

/// The most bytes of a message in one piece.
pub(super) const PIECE: usize = 8 << 10;

/// The longest data channel message: a piece and its head.
pub(super) const MAX_DATA: usize = PIECE + HEAD;

/// The bytes before those of a piece.
const HEAD: usize = 6;

/// Places in which messages of one lane may be under way at once.
pub(super) const PLACES: u8 = 16;

/// The most memory that is taken on the word of a length alone.
const TRUSTED: usize = 64 << 10;

const PIECE_BIT: u8 = 0x80;
const KEYFRAME: u8 = 252;
const FAREWELL: u8 = 253;
const ANSWER: u8 = 254;
const QUESTION: u8 = 255;

/// The longest content of a question.
const MAX_QUESTION: usize = 8;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A message of a lane.
    Lane(Lane),
    /// An update, before it what its video ops need.
    UpdateWithAside,
}

impl Kind {
    /// On which lane it counts.
    pub(super) fn lane(self) -> Lane {
        match self {
            Kind::Lane(lane) => lane,
            Kind::UpdateWithAside => Lane::Update,
        }
    }

    fn number(self) -> u8 {
        match self {
            Kind::Lane(Lane::Control) => 0,
            Kind::Lane(Lane::Input) => 1,
            Kind::Lane(Lane::Motion) => 2,
            Kind::Lane(Lane::Update) => 3,
            Kind::Lane(Lane::Feedback) => 4,
            Kind::UpdateWithAside => 5,
        }
    }

    fn of(number: u8) -> Option<Self> {
        let lanes = [Lane::Control, Lane::Input, Lane::Motion, Lane::Update, Lane::Feedback];
        let mut kinds = lanes.map(Kind::Lane).into_iter().chain([Kind::UpdateWithAside]);
        kinds.find(|kind| kind.number() == number)
    }
}

/// One data channel message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// A message as it is.
    Whole {
        /// What it is.
        kind: Kind,
        /// All of it.
        body: Bytes,
    },
    /// A part of a message.
    Piece {
        /// What it is.
        kind: Kind,
        /// Which of those under way.
        place: u8,
        /// Bytes still to come, these included.
        remaining: u32,
        /// The part.
        body: Bytes,
    },
    /// The viewer cannot go on without a keyframe in this RTP slot.
    KeyframeWanted(u8),
    /// The other end closes the link.
    Farewell {
        /// Why, for programs.
        code: u8,
        /// Why, for people.
        message: Bytes,
    },
    /// Are you there?
    Question(Bytes),
    /// I am.
    Answer(Bytes),
}

impl Data {
    /// What the other end sent.
    pub(super) fn read(data: Bytes) -> Result<Self, String> {
        let Some(&first) = data.first() else { return Err("an empty data channel message".to_owned()) };
        let body = data.slice(1..);
        match first {
            QUESTION | ANSWER if body.len() > MAX_QUESTION => Err("a question that is too long".to_owned()),
            QUESTION => Ok(Data::Question(body)),
            ANSWER => Ok(Data::Answer(body)),
            KEYFRAME => body.first().map(|&slot| Data::KeyframeWanted(slot)).ok_or_else(cut_short),
            FAREWELL => {
                let &code = body.first().ok_or_else(cut_short)?;
                Ok(Data::Farewell { code, message: body.slice(1..) })
            }
            first => {
                let kind = Kind::of(first & !PIECE_BIT);
                let kind = kind.ok_or_else(|| format!("a message for lane {}", first & !PIECE_BIT))?;
                if first & PIECE_BIT == 0 { Ok(Data::Whole { kind, body }) } else { read_piece(kind, &body) }
            }
        }
    }

    /// As it travels.
    pub(super) fn write(&self) -> BytesMut {
        let mut data = BytesMut::new();
        match self {
            Data::Whole { kind, body } => put(&mut data, &[kind.number()], body),
            Data::Piece { kind, place, remaining, body } => {
                let [a, b, c, d] = remaining.to_be_bytes();
                put(&mut data, &[kind.number() | PIECE_BIT, *place, a, b, c, d], body);
            }
            Data::KeyframeWanted(slot) => put(&mut data, &[KEYFRAME, *slot], &[]),
            Data::Farewell { code, message } => put(&mut data, &[FAREWELL, *code], message),
            Data::Question(body) => put(&mut data, &[QUESTION], body),
            Data::Answer(body) => put(&mut data, &[ANSWER], body),
        }
        data
    }
}

fn put(data: &mut BytesMut, head: &[u8], body: &[u8]) {
    data.reserve(head.len() + body.len());
    data.put_slice(head);
    data.put_slice(body);
}

fn read_piece(kind: Kind, rest: &Bytes) -> Result<Data, String> {
    let (&place, after) = rest.split_first().ok_or_else(cut_short)?;
    let remaining = u32::from_be_bytes(*after.first_chunk().ok_or_else(cut_short)?);
    Ok(Data::Piece { kind, place, remaining, body: rest.slice(5..) })
}

fn cut_short() -> String {
    "a data channel message that is cut short".to_owned()
}

/// A message that is being sent.
#[derive(Debug)]
pub(super) struct Cut {
    kind: Kind,
    rest: Bytes,
    whole: bool,
}

impl Cut {
    /// Nothing of it was sent.
    pub(super) fn new(kind: Kind, message: Bytes) -> Self {
        Self { kind, whole: message.len() <= PIECE, rest: message }
    }

    /// Whether it needs a place.
    pub(super) fn in_pieces(&self) -> bool {
        !self.whole
    }

    /// The next data channel message of it, and whether it is the last. `place` is the same for all.
    pub(super) fn next(&mut self, place: u8) -> (Data, bool) {
        let remaining = self.rest.len();
        let body = self.rest.split_to(remaining.min(PIECE));
        let kind = self.kind;
        let data = if self.whole {
            Data::Whole { kind, body }
        } else {
            let remaining = u32::try_from(remaining).expect("lanes limit messages to far less");
            Data::Piece { kind, place, remaining, body }
        };
        (data, self.rest.is_empty())
    }
}

/// Messages that have come in part.
#[derive(Debug)]
pub(super) struct Joiner<S> {
    parts: HashMap<(Kind, u8), Part<S>>,
}

#[derive(Debug)]
struct Part<S> {
    bytes: BytesMut,
    remaining: usize,
    share: S,
}

/// What a piece does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Joined<S> {
    /// More must come.
    Incomplete,
    /// That was the last of it.
    Complete(Bytes, S),
}

impl<S> Default for Joiner<S> {
    fn default() -> Self {
        Self { parts: HashMap::new() }
    }
}

impl<S> Joiner<S> {
    /// Whether a piece begins a message, for which a share must be had before [`Self::begin`].
    pub(super) fn begins(&self, kind: Kind, place: u8) -> bool {
        !self.parts.contains_key(&(kind, place))
    }

    /// Begins a message of `length` bytes, of which nothing has come. Memory grows with what arrives.
    pub(super) fn begin(&mut self, kind: Kind, place: u8, length: usize, share: S) -> Result<(), String> {
        if place >= PLACES {
            return Err(format!("a piece for place {place}"));
        }
        let bytes = BytesMut::with_capacity(length.min(TRUSTED));
        self.parts.insert((kind, place), Part { bytes, remaining: length, share });
        Ok(())
    }

    /// The next piece of a message that has begun.
    pub(super) fn piece(
        &mut self,
        kind: Kind,
        place: u8,
        remaining: u32,
        body: &[u8],
    ) -> Result<Joined<S>, String> {
        let misplaced = || format!("a message began within a message of the {:?} lane", kind.lane());
        let part = self.parts.get_mut(&(kind, place)).ok_or_else(misplaced)?;
        if remaining as usize != part.remaining {
            return Err(misplaced());
        }
        if body.len() > part.remaining || body.is_empty() {
            return Err(format!("a piece of {} bytes where {remaining} are to come", body.len()));
        }
        part.bytes.extend_from_slice(body);
        part.remaining -= body.len();
        if part.remaining > 0 {
            return Ok(Joined::Incomplete);
        }
        let part = self.parts.remove(&(kind, place)).ok_or_else(misplaced)?;
        Ok(Joined::Complete(part.bytes.freeze(), part.share))
    }

    /// Whether a message of this kind has come in part.
    pub(super) fn is_within(&self, kind: Kind) -> bool {
        self.parts.keys().any(|(within, _)| *within == kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};

    use super::*;

    const UPDATE: Kind = Kind::Lane(Lane::Update);

    fn join(joiner: &mut Joiner<()>, data: Data) -> Result<Option<Bytes>, String> {
        match data {
            Data::Whole { body, .. } => Ok(Some(body)),
            Data::Piece { kind, place, remaining, body } => {
                if joiner.begins(kind, place) {
                    joiner.begin(kind, place, remaining as usize, ())?;
                }
                match joiner.piece(kind, place, remaining, &body)? {
                    Joined::Incomplete => Ok(None),
                    Joined::Complete(message, ()) => Ok(Some(message)),
                }
            }
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn messages_that_alternate_arrive_whole(lengths in prop::collection::vec(0..5 * PIECE, 1..8)) {
            let messages: Vec<Bytes> = lengths.iter().enumerate()
                .map(|(at, &length)| vec![at as u8; length].into()).collect();
            let mut cuts: Vec<_> = messages.iter().cloned().enumerate()
                .map(|(place, message)| (place as u8, Cut::new(UPDATE, message))).collect();
            let (mut joiner, mut arrived) = (Joiner::default(), Vec::new());
            while !cuts.is_empty() {
                cuts.retain_mut(|(place, cut)| {
                    let (data, last) = cut.next(*place);
                    let travelled = data.write();
                    assert!(travelled.len() <= MAX_DATA);
                    let data = Data::read(travelled.freeze()).expect("as written");
                    arrived.extend(join(&mut joiner, data).expect("in order"));
                    !last
                });
            }
            arrived.sort();
            let mut messages = messages;
            messages.sort();
            prop_assert_eq!(arrived, messages);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(data) = Data::read(Bytes::from(bytes.clone())) {
                prop_assert!(!matches!(&data, Data::KeyframeWanted(_)) && data.write() == bytes
                    || matches!(&data, Data::KeyframeWanted(_)) && data.write() == bytes[..2]);
            }
        }
    }

    #[test]
    fn pieces_that_do_not_follow_each_other_are_refused() {
        let mut joiner = Joiner::default();
        joiner.begin(UPDATE, 0, 100, ()).expect("a place");
        assert_eq!(joiner.piece(UPDATE, 0, 100, &[1; 40]), Ok(Joined::Incomplete));
        assert!(joiner.piece(UPDATE, 0, 100, &[1; 40]).is_err(), "again from the start");
        assert!(joiner.piece(UPDATE, 0, 60, &[1; 61]).is_err(), "more than was announced");
        assert!(joiner.piece(UPDATE, 0, 60, &[]).is_err(), "nothing, for ever");
        assert!(joiner.piece(UPDATE, 1, 60, &[1; 60]).is_err(), "of nothing");
        assert!(joiner.begin(UPDATE, PLACES, 100, ()).is_err(), "one place too many");
        assert!(joiner.is_within(UPDATE));
    }
}
