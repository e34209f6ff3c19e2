//! The RTP slots of a link: which video stream travels in which, its packets and their pace.
//!
//! A stream keeps its slot while it lives. Streams end without notice, so a new one takes the slot that has
//! been quiet for the longest; if none has been quiet for long enough, its data travels inline.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use bytes::Bytes;
use media::TrackId;
use rtc::rtp::{self, codec::h264::H264Payloader, packetizer::Payloader};

use crate::{
    lane_queue::Share,
    link::DetachedVideo,
    webrtc::video_rtp::head::{Head, Place},
};

/// The most bytes of video in one packet: with RTP, SRTP and UDP it crosses every path that carries IPv6.
const PAYLOAD: usize = 1160;

/// A stream whose last picture is older may be over. Encoders are kept a little longer.
const SLOT_FREE_AFTER: Duration = Duration::from_millis(1200);

/// Video goes out this much faster than the path was measured to be, so that a picture arrives soon.
const HASTE: f64 = 2.0;

/// The slowest pace, in bits a second.
const LEAST_PACE: f64 = 1e6;

/// As much time's worth of packets goes at once, since timers are no finer.
const PACING_BURST: Duration = Duration::from_millis(2);

/// How soon after a stream began, or was asked for a keyframe, it may be asked again: the answer is on its
/// way.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// How long after a picture its last packet goes again, and then once more, if nothing followed it: a
/// receiver notices what it lost by what comes after.
const REPEAT_LAST_AFTER: [Duration; 2] = [Duration::from_millis(30), Duration::from_millis(100)];

/// RTP's clock for video, per second.
const CLOCK_RATE: u128 = 90_000;

/// See the module's documentation.
pub(crate) struct VideoSender {
    slots: Vec<Slot>,
    started: Instant,
    queue: VecDeque<Waiting>,
    /// When the next packet may go.
    free_at: Instant,
    /// In bits a second.
    pace: f64,
}

struct Slot {
    stream: Option<(TrackId, u32)>,
    /// When its stream had its newest picture.
    used: Option<Instant>,
    began: Instant,
    timestamp: u32,
    sequence: u16,
    /// The last packet of the newest picture, when it went, and how often it went again.
    last: Option<(rtp::Packet, Instant, usize)>,
}

struct Waiting {
    slot: u8,
    packet: rtp::Packet,
    /// Held by the last packet of an update.
    share: Option<Share>,
}

impl VideoSender {
    /// So many, all free.
    pub(crate) fn new(count: usize, now: Instant) -> Self {
        let slot = || Slot { stream: None, used: None, began: now, timestamp: 0, sequence: 0, last: None };
        let slots = (0..count).map(|_| slot()).collect();
        Self { slots, started: now, queue: VecDeque::new(), free_at: now, pace: LEAST_PACE }
    }

    /// Gives the videos of an update their places, and queues what goes on RTP. The share is kept until all
    /// is sent; what travels inline keeps none, since the message that it is in does.
    pub(crate) fn place(
        &mut self,
        video: DetachedVideo,
        share: Share,
        now: Instant,
    ) -> (Head, Option<Share>) {
        let DetachedVideo { track, update, units, rate } = video;
        self.pace = (rate as f64 * HASTE).max(LEAST_PACE);
        let mut places = Vec::new();
        let before = self.queue.len();
        for unit in units {
            places.push(match self.take(track, unit.stream, now) {
                Some(slot) => self.packetize(slot, &unit.data, now),
                None => Place::Inline(unit.data),
            });
        }
        let mut share = Some(share);
        if self.queue.len() > before
            && let Some(last) = self.queue.back_mut()
        {
            last.share = share.take();
        }
        (Head { track, update, places }, share)
    }

    /// The slot of a stream.
    fn take(&mut self, track: TrackId, stream: u32, now: Instant) -> Option<usize> {
        let stream = Some((track, stream));
        let index = match self.slots.iter().position(|slot| slot.stream == stream) {
            Some(index) => index,
            None => {
                let (index, quietest) =
                    self.slots.iter_mut().enumerate().min_by_key(|(_, slot)| slot.used)?;
                if quietest.used.is_some_and(|used| now < used + SLOT_FREE_AFTER) {
                    return None;
                }
                (quietest.stream, quietest.began) = (stream, now);
                index
            }
        };
        self.slots[index].used = Some(now);
        Some(index)
    }

    fn packetize(&mut self, index: usize, data: &Bytes, now: Instant) -> Place {
        let ticks = (now - self.started).as_micros() * CLOCK_RATE / 1_000_000;
        let slot = &mut self.slots[index];
        slot.last = None;
        // Each picture has its own time stamp, however soon it follows.
        let next = slot.timestamp.wrapping_add(1);
        let clock = ticks as u32;
        slot.timestamp = if clock.wrapping_sub(next) < u32::MAX / 2 { clock } else { next };
        let timestamp = slot.timestamp;
        // Our units are well formed, and a payloader is free of state between units that are.
        let payloads = H264Payloader::default().payload(PAYLOAD, data).unwrap_or_default();
        let count = payloads.len();
        let number = u8::try_from(index).expect("few slots");
        for (at, payload) in payloads.into_iter().enumerate() {
            let header = rtp::Header {
                version: 2,
                marker: at + 1 == count,
                sequence_number: slot.sequence,
                timestamp,
                ..Default::default()
            };
            slot.sequence = slot.sequence.wrapping_add(1);
            self.queue.push_back(Waiting {
                slot: number,
                packet: rtp::Packet { header, payload },
                share: None,
            });
        }
        Place::Rtp { slot: number, timestamp }
    }

    /// When [`Self::pop`] has something, if anything waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        let next =
            (!self.queue.is_empty()).then(|| self.free_at.checked_sub(PACING_BURST).unwrap_or(self.free_at));
        let again = self.slots.iter().filter_map(Slot::again_at);
        next.into_iter().chain(again).min()
    }

    /// The next packet, once it may go. Its stream is the slot's; the library fills in what the connection
    /// agreed on.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(u8, rtp::Packet)> {
        if let Some((slot, packet)) = self.pop_again(now) {
            return Some((slot, packet));
        }
        if now + PACING_BURST < self.free_at {
            return None;
        }
        let Waiting { slot, packet, .. } = self.queue.pop_front()?;
        let bits = (packet.payload.len() * 8) as f64;
        self.free_at = self.free_at.max(now) + Duration::from_secs_f64(bits / self.pace);
        if packet.header.marker {
            self.slots[usize::from(slot)].last = Some((packet.clone(), now, 0));
        }
        Some((slot, packet))
    }

    fn pop_again(&mut self, now: Instant) -> Option<(u8, rtp::Packet)> {
        let index = self.slots.iter().position(|slot| slot.again_at().is_some_and(|at| now >= at))?;
        let (packet, _, times) = self.slots[index].last.as_mut()?;
        *times += 1;
        Some((u8::try_from(index).expect("few slots"), packet.clone()))
    }

    /// The stream in a slot whose viewer wants a keyframe, if it may want one now.
    pub(crate) fn keyframe_wanted(&mut self, slot: u8, now: Instant) -> Option<(TrackId, u32)> {
        let slot = self.slots.get_mut(usize::from(slot))?;
        if now < slot.began + KEYFRAME_INTERVAL {
            return None;
        }
        slot.began = now;
        slot.stream
    }
}

impl Slot {
    /// When the last packet goes again.
    fn again_at(&self) -> Option<Instant> {
        let (_, went, times) = self.last.as_ref()?;
        Some(*went + *REPEAT_LAST_AFTER.get(*times)?)
    }
}

#[cfg(test)]
mod tests {
    use media::UpdateId;

    use super::*;
    use crate::{
        lane_queue::{Bound, lane_queue},
        link::AccessUnit,
    };

    const START: &[u8] = &[0, 0, 0, 1];

    /// An access unit of one slice.
    fn unit(stream: u32, length: usize) -> AccessUnit {
        let data: Vec<u8> =
            START.iter().copied().chain([0x41]).chain((1..length).map(|at| at as u8 | 1)).collect();
        AccessUnit { stream, data: data.into() }
    }

    fn video(units: Vec<AccessUnit>) -> DetachedVideo {
        DetachedVideo { track: TrackId(1), update: UpdateId(1), units, rate: 10_000_000 }
    }

    async fn share() -> Share {
        lane_queue::<()>(Bound { items: 1, bytes: 1 }).0.reserve(1).await
    }

    fn slot_of(place: &Place) -> Option<u8> {
        match place {
            Place::Rtp { slot, .. } => Some(*slot),
            Place::Inline(_) => None,
        }
    }

    #[tokio::test]
    async fn streams_keep_their_slots_and_the_fifth_travels_inline() {
        let now = Instant::now();
        let mut slots = VideoSender::new(4, now);
        let units = (1..=5).map(|stream| unit(stream, 50)).collect();
        let (head, _) = slots.place(video(units), share().await, now);
        let taken: Vec<_> = head.places.iter().map(slot_of).collect();
        assert_eq!(taken, [Some(0), Some(1), Some(2), Some(3), None]);
        let later = now + SLOT_FREE_AFTER / 2;
        let (head, _) = slots.place(video(vec![unit(3, 50), unit(1, 50)]), share().await, later);
        assert_eq!([slot_of(&head.places[0]), slot_of(&head.places[1])], [Some(2), Some(0)]);
        let (head, _) = slots.place(
            video(vec![unit(6, 50), unit(7, 50), unit(8, 50)]),
            share().await,
            now + SLOT_FREE_AFTER,
        );
        let taken: Vec<_> = head.places.iter().map(slot_of).collect();
        assert_eq!(taken, [Some(1), Some(3), None], "those that were quiet for long are free");
    }

    #[tokio::test]
    async fn a_picture_goes_out_at_its_pace_and_whole() {
        let now = Instant::now();
        let mut slots = VideoSender::new(1, now);
        // 50 kB at 2 × 10 Mbit/s: 20 ms.
        let (head, _) = slots.place(video(vec![unit(1, 50_000)]), share().await, now);
        let Place::Rtp { timestamp, .. } = head.places[0] else { panic!("on RTP") };
        let (mut at, mut packets) = (now, Vec::new());
        while !slots.queue.is_empty() {
            at = at.max(slots.due().expect("something waits"));
            packets.extend(slots.pop(at).map(|(_, packet)| packet));
        }
        assert!((17..=21).contains(&(at - now).as_millis()), "{:?}", at - now);
        let sequence: Vec<u16> = packets.iter().map(|packet| packet.header.sequence_number).collect();
        assert_eq!(sequence, (0..packets.len() as u16).collect::<Vec<_>>());
        let marked = packets.iter().filter(|packet| packet.header.marker).count();
        assert!(marked == 1 && packets.last().is_some_and(|packet| packet.header.marker));
        assert!(packets.iter().all(|packet| packet.header.timestamp == timestamp));
        assert!(packets.iter().all(|packet| packet.payload.len() <= PAYLOAD));
    }

    #[tokio::test]
    async fn the_end_of_a_picture_goes_again_if_nothing_follows() {
        let now = Instant::now();
        let mut slots = VideoSender::new(1, now);
        slots.place(video(vec![unit(1, 50)]), share().await, now);
        let (_, packet) = slots.pop(now).expect("at once");
        for again in REPEAT_LAST_AFTER {
            assert_eq!(slots.due(), Some(now + again));
            assert!(slots.pop(now + again - PACING_BURST).is_none());
            assert_eq!(slots.pop(now + again), Some((0, packet.clone())));
        }
        assert_eq!(slots.due(), None, "not for ever");
        slots.place(video(vec![unit(1, 50)]), share().await, now + REPEAT_LAST_AFTER[1]);
        let next = slots.pop(now + REPEAT_LAST_AFTER[1]).expect("the next");
        assert_ne!(next.1.header.sequence_number, packet.header.sequence_number);
    }

    #[tokio::test]
    async fn a_keyframe_is_asked_for_once_while_it_is_on_its_way() {
        let now = Instant::now();
        let mut slots = VideoSender::new(1, now);
        slots.place(video(vec![unit(5, 50)]), share().await, now);
        assert_eq!(slots.keyframe_wanted(0, now), None, "it has just begun with one");
        let later = now + KEYFRAME_INTERVAL;
        assert_eq!(slots.keyframe_wanted(0, later), Some((TrackId(1), 5)));
        assert_eq!(slots.keyframe_wanted(0, later), None);
        assert_eq!(slots.keyframe_wanted(9, later), None, "no such slot");
    }
}
