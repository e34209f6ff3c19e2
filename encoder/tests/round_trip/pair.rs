//! An encoder and the viewer's decoder, joined without a network.

use std::{num::NonZeroUsize, sync::mpsc, time::Duration};

use dormer_encoder::{Pool, PoolConfig, video::Broker};
use media::{
    Canvas, EncodeJob, Encoded, Frame, Op, Pixels, Rect, Region, Timestamp, Timing, TrackId, Update,
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
    /// What was drawn and not sent yet.
    pub(crate) owed: Region,
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
        Self::with(link, Broker::default())
    }

    pub(crate) fn with(link: Link, video: Broker) -> Self {
        let (send, answers) = mpsc::channel();
        let config = PoolConfig { threads: NonZeroUsize::MIN, video };
        let pool = Pool::new(config, move |encoded| drop(send.send(encoded)));
        let canvas = Canvas::new();
        pool.canvas(TRACK, canvas.clone());
        let now = Timestamp(5_000_000);
        Self {
            pool,
            answers,
            canvas,
            track: Track::new(),
            lossy: Region::new(),
            owed: Region::new(),
            now,
            link,
            updates: 0,
        }
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

    /// Changes a part of the picture and sends it later.
    pub(crate) fn draw_unsent(&mut self, damage: Rect<Pixels>, draw: impl FnOnce(&mut Frame)) {
        self.canvas.write(draw);
        self.owed.add(damage);
    }

    /// Sends what is owed.
    pub(crate) fn send_owed(&mut self) -> Sent {
        let owed = self.owed.take();
        self.send(owed, Region::new())
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

    /// Panics unless the viewer shows the canvas exactly, outside of what is lossy or owed.
    pub(crate) fn check(&self) {
        self.canvas.read(|frame| {
            let shown = self.track.frame();
            assert_eq!(shown.size(), frame.size());
            let mut exact = Region::from(frame.size().to_rect());
            self.lossy.rects().iter().chain(self.owed.rects()).for_each(|&rect| exact.subtract(rect));
            // Subtraction may leave too much: in doubt, pixels are looked up in the regions themselves.
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
            let excused = self.lossy.contains_pixel(x, y) || self.owed.contains_pixel(x, y);
            assert!(equal || excused, "the viewer differs at {x}, {y}");
        }
    }
}

fn op_bytes(op: &Op) -> usize {
    match op {
        Op::Copy { .. } => 0,
        Op::Tile { data, .. } | Op::Video { data, .. } => data.len(),
    }
}
