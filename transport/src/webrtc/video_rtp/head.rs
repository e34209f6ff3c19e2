//! What stands before an update whose videos travel beside it, on RTP: which packets belong to it.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the number of its ops `Video` |
//! | 4 | its track |
//! | 8 | its id |
//! | for each of those ops, in order: 1 | the RTP slot, or 255 |
//! | 4 | the RTP time stamp; behind slot 255 the length of the data |
//! | behind slot 255 | the data |
//!
//! Numbers are big-endian. The ops' own `data` is empty.

use bytes::{BufMut, Bytes, BytesMut};
use media::{Op, TrackId, Update, UpdateId};

/// Stands for: the data is here.
const INLINE: u8 = 255;

/// Where a video op's data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the RTP packets of this slot with this time stamp.
    Rtp { slot: u8, timestamp: u32 },
    /// Here.
    Inline(Bytes),
}

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) track: TrackId,
    pub(crate) update: UpdateId,
    pub(crate) places: Vec<Place>,
}

impl Head {
    /// The head and behind it the update.
    pub(crate) fn write(&self, update: &[u8]) -> Bytes {
        let mut message = BytesMut::with_capacity(64 + update.len());
        let count =
            u8::try_from(self.places.len()).expect("an update has fewer videos than a track decoders");
        message.put_u8(count);
        message.put_u32(self.track.0);
        message.put_u64(self.update.0);
        for place in &self.places {
            match place {
                Place::Rtp { slot, timestamp } => {
                    message.put_u8(*slot);
                    message.put_u32(*timestamp);
                }
                Place::Inline(data) => {
                    message.put_u8(INLINE);
                    message.put_u32(u32::try_from(data.len()).expect("lanes limit messages to far less"));
                    message.put_slice(data);
                }
            }
        }
        message.put_slice(update);
        message.freeze()
    }

    /// The head, and what is behind it.
    pub(crate) fn read(message: &Bytes) -> Option<(Self, Bytes)> {
        let mut rest = message.clone();
        let [count] = take(&mut rest)?;
        let track = TrackId(u32::from_be_bytes(take(&mut rest)?));
        let update = UpdateId(u64::from_be_bytes(take(&mut rest)?));
        let mut places = Vec::new();
        for _ in 0..count {
            let [slot] = take(&mut rest)?;
            let number = u32::from_be_bytes(take(&mut rest)?);
            if slot == INLINE {
                let length = number as usize;
                places.push(Place::Inline((length <= rest.len()).then(|| rest.split_to(length))?));
            } else {
                places.push(Place::Rtp { slot, timestamp: number });
            }
        }
        Some((Self { track, update, places }, rest))
    }
}

fn take<const N: usize>(rest: &mut Bytes) -> Option<[u8; N]> {
    let taken = *rest.first_chunk()?;
    *rest = rest.slice(N..);
    Some(taken)
}

/// Puts the data of its videos back into an update, in order; `false` if there are not as many as it has.
pub(crate) fn put_back(update: &mut Update, mut units: impl Iterator<Item = Bytes>) -> bool {
    for op in &mut update.ops {
        if let Op::Video { data, .. } = op {
            let Some(unit) = units.next() else { return false };
            *data = unit;
        }
    }
    units.next().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, proptest};

    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let inline = Place::Inline(Bytes::from_static(b"unit"));
        let places =
            vec![Place::Rtp { slot: 3, timestamp: u32::MAX }, inline, Place::Rtp { slot: 0, timestamp: 7 }];
        let head = Head { track: TrackId(9), update: UpdateId(1 << 40), places };
        let message = head.write(b"the update");
        assert_eq!(Head::read(&message), Some((head, Bytes::from_static(b"the update"))));
        assert_eq!(Head::read(&message.slice(..20)), None, "cut short");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let bytes = Bytes::from(bytes);
            if let Some((head, rest)) = Head::read(&bytes) {
                prop_assert_eq!(head.write(&rest), bytes);
            }
        }
    }
}
