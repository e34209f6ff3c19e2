//! The viewer's end of videos on RTP: packets become access units, and units go back into the updates that
//! wait for them.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use bytes::{Bytes, BytesMut};
use protocol::{Lane, decode, encode, update::Update};
use rtc::rtp::{self, codec::h264::H264Packet, packetizer::Depacketizer};

use crate::webrtc::video_rtp::head::{Head, Place, put_back};

/// Packets of one slot that wait for others. More of them belong to pictures that will never be whole.
const MAX_PACKETS: usize = 4096;

/// Units and updates that wait for each other.
const MAX_WAITING: usize = 1024;

/// A whole access unit.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) slot: u8,
    pub(crate) timestamp: u32,
    pub(crate) data: Bytes,
}

/// Makes units of the packets of one slot. Sequence numbers begin with 0.
#[derive(Debug, Default)]
pub(crate) struct Assembler {
    /// By sequence number, counted on beyond 16 bits.
    packets: BTreeMap<u64, rtp::Packet>,
    newest: u64,
    /// Numbers of the last packets of pictures.
    ends: HashSet<u64>,
}

impl Assembler {
    /// The units that this packet completes.
    pub(crate) fn push(&mut self, slot: u8, packet: rtp::Packet) -> Vec<Unit> {
        let number = self.number(packet.header.sequence_number);
        self.newest = self.newest.max(number);
        if packet.header.marker {
            self.ends.insert(number);
        }
        let (timestamp, marker) = (packet.header.timestamp, packet.header.marker);
        self.packets.insert(number, packet);
        while self.packets.len() > MAX_PACKETS {
            self.packets.pop_first();
        }
        let newest = self.newest;
        self.ends.retain(|end| end + MAX_PACKETS as u64 > newest);
        // An end tells where the next picture begins.
        let next =
            marker.then(|| self.packets.get(&(number + 1)).map(|next| next.header.timestamp)).flatten();
        [Some(timestamp), next]
            .into_iter()
            .flatten()
            .filter_map(|timestamp| self.take(slot, timestamp))
            .collect()
    }

    fn number(&self, sequence: u16) -> u64 {
        let difference = sequence.wrapping_sub(self.newest as u16) as i16;
        self.newest.saturating_add_signed(difference.into())
    }

    fn take(&mut self, slot: u8, timestamp: u32) -> Option<Unit> {
        let of_unit = |(number, packet): (&u64, &rtp::Packet)| {
            (packet.header.timestamp == timestamp).then_some(*number)
        };
        let numbers: Vec<u64> = self.packets.iter().filter_map(of_unit).collect();
        let (&first, &last) = (numbers.first()?, numbers.last()?);
        let begins = first == 0 || self.ends.contains(&(first - 1));
        let whole = begins && self.ends.contains(&last) && last - first + 1 == numbers.len() as u64;
        if !whole {
            return None;
        }
        let (mut depacketizer, mut data) = (H264Packet::default(), BytesMut::new());
        for number in numbers {
            let packet = self.packets.remove(&number)?;
            data.extend_from_slice(&depacketizer.depacketize(&packet.payload).ok()?);
        }
        Some(Unit { slot, timestamp, data: data.freeze() })
    }
}

/// Updates and the units that belong to them. `S` is held as long as an update waits.
#[derive(Debug)]
pub(crate) struct UpdateReassembly<S> {
    units: HashMap<(u8, u32), Bytes>,
    waiting: VecDeque<(Head, Bytes, S)>,
}

impl<S> Default for UpdateReassembly<S> {
    fn default() -> Self {
        Self { units: HashMap::new(), waiting: VecDeque::new() }
    }
}

impl<S> UpdateReassembly<S> {
    /// A unit came.
    pub(crate) fn push_unit(&mut self, unit: Unit) -> Result<(), String> {
        if self.units.len() >= MAX_WAITING {
            return Err("pictures of videos without updates".to_owned());
        }
        self.units.insert((unit.slot, unit.timestamp), unit.data);
        Ok(())
    }

    /// An update came, behind its head.
    pub(crate) fn push_update(&mut self, message: &Bytes, share: S) -> Result<(), String> {
        if self.waiting.len() >= MAX_WAITING {
            return Err("updates without pictures of their videos".to_owned());
        }
        let (head, rest) = Head::read(message).ok_or("the head of an update is cut short")?;
        self.waiting.push_back((head, rest, share));
        Ok(())
    }

    /// The next update that is whole, as if its videos had never left it.
    pub(crate) fn pop(&mut self) -> Result<Option<(Vec<u8>, S)>, String> {
        let here = |place: &Place| match place {
            Place::Rtp { slot, timestamp } => self.units.contains_key(&(*slot, *timestamp)),
            Place::Inline(_) => true,
        };
        let Some(at) = self.waiting.iter().position(|(head, ..)| head.places.iter().all(here)) else {
            return Ok(None);
        };
        let Some((head, rest, share)) = self.waiting.remove(at) else { return Ok(None) };
        let mut update: Update = decode(Lane::Update, &rest).map_err(|wrong| wrong.to_string())?;
        let units = head.places.into_iter().map(|place| match place {
            Place::Rtp { slot, timestamp } => self.units.remove(&(slot, timestamp)).unwrap_or_default(),
            Place::Inline(data) => data,
        });
        if !put_back(&mut update, units) {
            return Err("an update with another number of videos than its head says".to_owned());
        }
        Ok(Some((encode(&update), share)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16, timestamp: u32, marker: bool) -> rtp::Packet {
        let header = rtp::Header { sequence_number: sequence, timestamp, marker, ..Default::default() };
        rtp::Packet { header, payload: Bytes::from(vec![0x41, sequence as u8, 9]) }
    }

    fn stamps(units: &[Unit]) -> Vec<u32> {
        units.iter().map(|unit| unit.timestamp).collect()
    }

    #[test]
    fn units_are_whole_whatever_the_order_of_their_packets() {
        let mut slot = Assembler::default();
        assert!(slot.push(0, packet(1, 7, false)).is_empty());
        assert!(slot.push(0, packet(4, 9, true)).is_empty());
        assert!(slot.push(0, packet(3, 9, false)).is_empty(), "its beginning is not known");
        assert!(slot.push(0, packet(0, 7, false)).is_empty());
        let units = slot.push(0, packet(2, 7, true));
        assert_eq!(stamps(&units), [7, 9]);
        let start = [0, 0, 0, 1, 0x41];
        let expected: Vec<u8> = (0..3).flat_map(|at| start.into_iter().chain([at, 9])).collect();
        assert_eq!(units[0].data, expected);
    }

    #[test]
    fn sequence_numbers_begin_anew_after_65535() {
        let mut slot = Assembler::default();
        for number in 0..200_000u32 {
            let units = slot.push(3, packet(number as u16, number, true));
            assert_eq!(stamps(&units), [number]);
        }
        assert!(slot.packets.is_empty() && slot.ends.len() <= MAX_PACKETS);
    }
}
