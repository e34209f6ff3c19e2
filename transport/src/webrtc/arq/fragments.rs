//! Long messages are cut into fragments, so that nothing urgent waits behind something large and no buffer of
//! the transport's needs to hold it. Fragments of several messages of one lane may alternate: each message
//! has its own place.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};

use crate::webrtc::message::{Data, FRAGMENT_BYTES, Kind};

/// Places in which messages of one lane may be under way at once.
pub(crate) const MAX_PLACES: u8 = 16;

/// The most memory that is taken on the word of a length alone.
const MAX_PREALLOCATED: usize = 64 << 10;

/// A message that is being sent.
#[derive(Debug)]
pub(crate) struct Fragmenter {
    kind: Kind,
    rest: Bytes,
    whole: bool,
}

impl Fragmenter {
    /// Nothing of it was sent.
    pub(crate) fn new(kind: Kind, message: Bytes) -> Self {
        Self { kind, whole: message.len() <= FRAGMENT_BYTES, rest: message }
    }

    /// Whether it needs a place.
    pub(crate) fn in_fragments(&self) -> bool {
        !self.whole
    }

    /// The next data channel message of it, and whether it is the last. `place` is the same for all.
    pub(crate) fn next(&mut self, place: u8) -> (Data, bool) {
        let remaining = self.rest.len();
        let body = self.rest.split_to(remaining.min(FRAGMENT_BYTES));
        let kind = self.kind;
        let data = if self.whole {
            Data::Whole { kind, body }
        } else {
            let remaining = u32::try_from(remaining).expect("lanes limit messages to far less");
            Data::Fragment { kind, place, remaining, body }
        };
        (data, self.rest.is_empty())
    }
}

/// Messages that have come in part.
#[derive(Debug)]
pub(crate) struct Reassembler<S> {
    parts: HashMap<(Kind, u8), Part<S>>,
}

#[derive(Debug)]
struct Part<S> {
    bytes: BytesMut,
    remaining: usize,
    share: S,
}

/// What a fragment does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Joined<S> {
    /// More must come.
    Incomplete,
    /// That was the last of it.
    Complete(Bytes, S),
}

impl<S> Default for Reassembler<S> {
    fn default() -> Self {
        Self { parts: HashMap::new() }
    }
}

impl<S> Reassembler<S> {
    /// Whether a fragment begins a message, for which a share must be had before [`Self::begin`].
    pub(crate) fn begins(&self, kind: Kind, place: u8) -> bool {
        !self.parts.contains_key(&(kind, place))
    }

    /// Begins a message of `length` bytes, of which nothing has come. Memory grows with what arrives.
    pub(crate) fn begin(&mut self, kind: Kind, place: u8, length: usize, share: S) -> Result<(), String> {
        if place >= MAX_PLACES {
            return Err(format!("a fragment for place {place}"));
        }
        let bytes = BytesMut::with_capacity(length.min(MAX_PREALLOCATED));
        self.parts.insert((kind, place), Part { bytes, remaining: length, share });
        Ok(())
    }

    /// The next fragment of a message that has begun.
    pub(crate) fn fragment(
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
            return Err(format!("a fragment of {} bytes where {remaining} are to come", body.len()));
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
    pub(crate) fn is_within(&self, kind: Kind) -> bool {
        self.parts.keys().any(|(within, _)| *within == kind)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};
    use protocol::Lane;

    use super::*;
    use crate::webrtc::message::MAX_DATA;

    const UPDATE: Kind = Kind::Lane(Lane::Update);

    fn join(reassembler: &mut Reassembler<()>, data: Data) -> Result<Option<Bytes>, String> {
        match data {
            Data::Whole { body, .. } => Ok(Some(body)),
            Data::Fragment { kind, place, remaining, body } => {
                if reassembler.begins(kind, place) {
                    reassembler.begin(kind, place, remaining as usize, ())?;
                }
                match reassembler.fragment(kind, place, remaining, &body)? {
                    Joined::Incomplete => Ok(None),
                    Joined::Complete(message, ()) => Ok(Some(message)),
                }
            }
            other => panic!("{other:?}"),
        }
    }

    proptest! {
        #[test]
        fn messages_that_alternate_arrive_whole(lengths in prop::collection::vec(0..5 * FRAGMENT_BYTES, 1..8)) {
            let messages: Vec<Bytes> = lengths.iter().enumerate()
                .map(|(at, &length)| vec![at as u8; length].into()).collect();
            let mut cuts: Vec<_> = messages.iter().cloned().enumerate()
                .map(|(place, message)| (place as u8, Fragmenter::new(UPDATE, message))).collect();
            let (mut reassembler, mut arrived) = (Reassembler::default(), Vec::new());
            while !cuts.is_empty() {
                cuts.retain_mut(|(place, cut)| {
                    let (data, last) = cut.next(*place);
                    let travelled = data.write();
                    assert!(travelled.len() <= MAX_DATA);
                    let data = Data::read(travelled.freeze()).expect("as written");
                    arrived.extend(join(&mut reassembler, data).expect("in order"));
                    !last
                });
            }
            arrived.sort();
            let mut messages = messages;
            messages.sort();
            prop_assert_eq!(arrived, messages);
        }
    }

    #[test]
    fn fragments_that_do_not_follow_each_other_are_refused() {
        let mut reassembler = Reassembler::default();
        reassembler.begin(UPDATE, 0, 100, ()).expect("a place");
        assert_eq!(reassembler.fragment(UPDATE, 0, 100, &[1; 40]), Ok(Joined::Incomplete));
        assert!(reassembler.fragment(UPDATE, 0, 100, &[1; 40]).is_err(), "again from the start");
        assert!(reassembler.fragment(UPDATE, 0, 60, &[1; 61]).is_err(), "more than was announced");
        assert!(reassembler.fragment(UPDATE, 0, 60, &[]).is_err(), "nothing, for ever");
        assert!(reassembler.fragment(UPDATE, 1, 60, &[1; 60]).is_err(), "of nothing");
        assert!(reassembler.begin(UPDATE, MAX_PLACES, 100, ()).is_err(), "one place too many");
        assert!(reassembler.is_within(UPDATE));
    }
}
