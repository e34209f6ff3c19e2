//! An encoder and the viewer's decoder, joined without a network, and pictures to send.

use std::{num::NonZeroUsize, sync::mpsc, time::Duration};

use dormer_encoder::{Pool, PoolConfig, Selection};
use media::{
    Canvas, EncodeJob, Encoded, Frame, Op, Pixels, Rect, Region, Size, Timestamp, Timing, TrackId, Update,
    UpdateId, ViewerId,
};

use crate::decode::Track;

const VIEWER: ViewerId = ViewerId(7);
const TRACK: TrackId = TrackId(3);

/// One viewer of one track.
pub(crate) struct Pair {
    pool: Pool,
    answers: mpsc::Receiver<Encoded>,
    pub(crate) canvas: Canvas,
    pub(crate) track: Track,
    pub(crate) lossy: Region,
    pub(crate) now: Timestamp,
    pub(crate) link: Link,
    updates: u64,
}

/// What the link is told to carry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) budget: usize,
    pub(crate) bitrate: u64,
    pub(crate) video: bool,
}

/// What one job became.
pub(crate) struct Sent {
    pub(crate) ops: Vec<Op>,
    pub(crate) bytes: usize,
}

impl Link {
    pub(crate) const FAST: Link = Link { budget: 1 << 20, bitrate: 1_000_000_000, video: true };
    pub(crate) const SLOW: Link = Link { budget: 8_000, bitrate: 2_000_000, video: true };
}

impl Pair {
    pub(crate) fn new(link: Link) -> Self {
        let (send, answers) = mpsc::channel();
        let config = PoolConfig { threads: NonZeroUsize::MIN, video: Selection::default() };
        let pool = Pool::new(config, move |encoded| drop(send.send(encoded)));
        let canvas = Canvas::new();
        pool.canvas(TRACK, canvas.clone());
        let now = Timestamp(5_000_000);
        Self { pool, answers, canvas, track: Track::new(), lossy: Region::new(), now, link, updates: 0 }
    }

    /// Sends what is damaged and refines what is asked for.
    pub(crate) fn send(&mut self, damage: impl Into<Region>, refine: Region) -> Sent {
        self.now = self.now + Duration::from_millis(33);
        let Link { budget, bitrate, video } = self.link;
        let job = EncodeJob {
            viewer: VIEWER,
            track: TRACK,
            damage: damage.into(),
            refine,
            budget,
            bitrate,
            video,
            now: self.now,
        };
        self.pool.submit(job);
        let encoded = self.answers.recv_timeout(Duration::from_secs(60)).expect("every job is answered");
        self.lossy = encoded.lossy;
        self.updates += 1;
        let update = Update {
            track: TRACK,
            id: UpdateId(self.updates),
            size: encoded.size,
            ops: encoded.ops,
            exact: false,
            caused_by_input: None,
            timing: Timing::default(),
        };
        self.track.apply(&update).expect("the encoder's updates can be applied");
        let bytes = update.ops.iter().map(op_bytes).sum();
        Sent { ops: update.ops, bytes }
    }

    /// Changes the picture and sends it whole.
    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame)) -> Sent {
        let size = self.canvas.write(|frame| {
            draw(frame);
            frame.size()
        });
        self.send(Region::from(size.to_rect()), Region::new())
    }

    /// Refines until all is exact. Answers how many jobs that took.
    pub(crate) fn refine_all(&mut self) -> usize {
        for jobs in 0..10_000 {
            if self.lossy.is_empty() {
                return jobs;
            }
            let refine = self.lossy.clone();
            self.send(Region::new(), refine);
        }
        panic!("refining never ends: {:?} is still lossy", self.lossy);
    }

    /// Panics unless the viewer shows the canvas exactly, outside of what is lossy.
    pub(crate) fn check(&self) {
        self.canvas.read(|frame| {
            let shown = self.track.frame();
            assert_eq!(shown.size(), frame.size());
            let mut exact = Region::from(frame.size().to_rect());
            self.lossy.rects().iter().for_each(|&rect| exact.subtract(rect));
            // A region may only grow by simplification, so pixels are asked about the lossy one.
            for rect in exact.rects() {
                for y in rect.y..rect.bottom() {
                    if shown.row(*rect, y) != frame.row(*rect, y) {
                        self.check_row(frame, *rect, y);
                    }
                }
            }
        });
    }

    fn check_row(&self, frame: &Frame, rect: Rect<Pixels>, y: i32) {
        for x in rect.x..rect.right() {
            let pixel = Rect::new(x, y, 1, 1);
            let equal = self.track.frame().row(pixel, y) == frame.row(pixel, y);
            assert!(equal || self.lossy.contains_pixel(x, y), "the viewer differs at {x}, {y}");
        }
    }
}

fn op_bytes(op: &Op) -> usize {
    match op {
        Op::Copy { .. } => 0,
        Op::Tile { data, .. } | Op::Video { data, .. } => data.len(),
    }
}

/// Random numbers that are the same every time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }
}

pub(crate) fn fill(frame: &mut Frame, rect: Rect<Pixels>, mut colour: impl FnMut(i32, i32) -> [u8; 3]) {
    let Some(rect) = rect.intersection(frame.size().to_rect()) else { return };
    for y in rect.y..rect.bottom() {
        for (x, pixel) in (rect.x..).zip(frame.row_mut(rect, y).as_chunks_mut::<4>().0) {
            let [b, g, r] = colour(x, y);
            *pixel = [b, g, r, 255];
        }
    }
}

/// Lines of something like text, the first being line `from` of an endless page.
pub(crate) fn text(frame: &mut Frame, rect: Rect<Pixels>, from: i32) {
    const LINE: i32 = 17;
    fill(frame, rect, |x, y| {
        let (line, row) = ((y - rect.y) / LINE + from, (y - rect.y) % LINE);
        let (letter, column) = ((x - rect.x) / 9, (x - rect.x) % 9);
        let glyph = (line as u32).wrapping_mul(2_654_435_761) ^ (letter as u32).wrapping_mul(40_503);
        let blank =
            glyph.is_multiple_of(6) || letter as u32 % 97 > 20 + (line as u32).wrapping_mul(7919) % 76;
        let ink = (2..14).contains(&row) && column < 8 && (glyph >> ((row * 3 + column * 5) % 29)) & 3 == 0;
        if ink && !blank { [0x20; 3] } else { [0xf8, 0xf8, 0xf4] }
    });
}

/// A smooth picture in motion, as a film or a 3D scene has.
pub(crate) fn film(frame: &mut Frame, rect: Rect<Pixels>, time: i32) {
    let wave = |a: i32, b: i32| (((a as f32 / 37.0).sin() + (b as f32 / 23.0).cos()) * 60.0 + 125.0) as u8;
    fill(frame, rect, |x, y| {
        let (x, y) = (x + time * 4, y + time);
        [wave(x, y), wave(y, x + time), wave(x + y, x - y)]
    });
}

pub(crate) fn noise(frame: &mut Frame, rect: Rect<Pixels>, seed: u32) {
    let mut random = Random::new(u64::from(seed) + 1);
    fill(frame, rect, |_, _| {
        let [b, g, r, _] = random.next().to_le_bytes();
        [b, g, r]
    });
}

pub(crate) fn sized(size: Size<Pixels>) -> impl FnOnce(&mut Frame) {
    move |frame| frame.resize(size)
}
