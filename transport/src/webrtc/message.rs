//! Messages on data channels. Each data channel message begins with one byte, its kind:
//!
//! | kind | what follows |
//! |---|---|
//! | 0–4 | a whole message of the lane of that number |
//! | 5 | a whole message of the update lane, before it what its video ops need: see [`crate::webrtc::video_rtp::head`] |
//! | 128 + one of those | a fragment of such a message: one byte, its place; 4 bytes big-endian, how many bytes are still to come, these included; these |
//! | 248 | retransmission: see [`crate::webrtc::arq::retransmit`] |
//! | 249 | question for what is missing: see [`crate::webrtc::arq::in_order`] |
//! | 250 | counts: see [`crate::webrtc::arq::duplicates`] |
//! | 251 | duplicate: see [`crate::webrtc::arq::duplicates`] |
//! | 252 | keyframe wanted: one byte, the RTP slot |
//! | 253 | farewell: one byte, the code; the sentence |
//! | 254 | answer: what the question held |
//! | 255 | question, are you there? up to 8 bytes, to be sent back at once |

use bytes::{BufMut, Bytes, BytesMut};
use protocol::Lane;

/// The most bytes of a message in one fragment.
pub(crate) const FRAGMENT_BYTES: usize = 8 << 10;

/// The longest data channel message: a fragment and its head.
pub(crate) const MAX_DATA: usize = FRAGMENT_BYTES + FRAGMENT_HEAD;

/// The bytes before those of a fragment.
const FRAGMENT_HEAD: usize = 6;

/// Behind the numbers of all lanes.
const UPDATE_WITH_VIDEO: u8 = 5;
const FRAGMENT_BIT: u8 = 0x80;
const KEYFRAME: u8 = 252;
const FAREWELL: u8 = 253;
const ANSWER: u8 = 254;
const QUESTION: u8 = 255;

/// The longest content of a question.
const MAX_QUESTION: usize = 8;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A message of a lane.
    Lane(Lane),
    /// An update, before it what its video ops need.
    UpdateWithVideo,
}

impl Kind {
    /// On which lane it counts.
    pub(crate) fn lane(self) -> Lane {
        match self {
            Kind::Lane(lane) => lane,
            Kind::UpdateWithVideo => Lane::Update,
        }
    }

    fn number(self) -> u8 {
        match self {
            Kind::Lane(lane) => lane.id(),
            Kind::UpdateWithVideo => UPDATE_WITH_VIDEO,
        }
    }

    fn of(number: u8) -> Option<Self> {
        match number {
            UPDATE_WITH_VIDEO => Some(Kind::UpdateWithVideo),
            id => Lane::from_id(id).map(Kind::Lane),
        }
    }
}

/// One data channel message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// A message as it is.
    Whole {
        /// What it is.
        kind: Kind,
        /// All of it.
        body: Bytes,
    },
    /// A part of a message.
    Fragment {
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
    pub(crate) fn read(data: Bytes) -> Result<Self, String> {
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
                let kind = Kind::of(first & !FRAGMENT_BIT);
                let kind = kind.ok_or_else(|| format!("a message for lane {}", first & !FRAGMENT_BIT))?;
                if first & FRAGMENT_BIT == 0 {
                    Ok(Data::Whole { kind, body })
                } else {
                    read_fragment(kind, &body)
                }
            }
        }
    }

    /// As it travels.
    pub(crate) fn write(&self) -> BytesMut {
        let mut data = BytesMut::new();
        match self {
            Data::Whole { kind, body } => put(&mut data, &[kind.number()], body),
            Data::Fragment { kind, place, remaining, body } => {
                let [a, b, c, d] = remaining.to_be_bytes();
                put(&mut data, &[kind.number() | FRAGMENT_BIT, *place, a, b, c, d], body);
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

fn read_fragment(kind: Kind, rest: &Bytes) -> Result<Data, String> {
    let (&place, after) = rest.split_first().ok_or_else(cut_short)?;
    let remaining = u32::from_be_bytes(*after.first_chunk().ok_or_else(cut_short)?);
    Ok(Data::Fragment { kind, place, remaining, body: rest.slice(5..) })
}

fn cut_short() -> String {
    "a data channel message that is cut short".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(data) = Data::read(Bytes::from(bytes.clone())) {
                prop_assert!(!matches!(&data, Data::KeyframeWanted(_)) && data.write() == bytes
                    || matches!(&data, Data::KeyframeWanted(_)) && data.write() == bytes[..2]);
            }
        }
    }
}
