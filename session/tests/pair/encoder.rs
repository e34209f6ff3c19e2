//! A toy encoder: real pixels run-length coded, padded to the size that real coding would have about.

use std::{collections::HashMap, time::Duration};

use bytes::{Buf, BufMut, BytesMut};
use media::{
    Canvas, EncodeJob, Encoded, Frame, Op, Pixels, Rect, Region, Size, TileCoding, Timestamp, TrackId,
    ViewerId,
};

/// Bytes a pixel, in hundredths: each toy pixel stands for sixteen real ones.
const LOSSLESS: u64 = 240;
const LOSSY_LEAST: u64 = 20;
/// The bit by which a lossy pixel differs.
const BLUR: u8 = 0x80;
/// Changes that follow one another so soon are motion.
const MOTION: Duration = Duration::from_millis(150);
/// A change up to this many bytes is not worth losing pixels.
const SMALL: usize = 4 << 10;

#[derive(Default)]
pub(crate) struct Encoder {
    pub(crate) canvases: HashMap<TrackId, Canvas>,
    shown: HashMap<(ViewerId, TrackId), Copy>,
    pub(crate) jobs: u64,
}

#[derive(Default)]
struct Copy {
    frame: Frame,
    lossy: Region,
    /// When much changed last.
    moved: Timestamp,
}

impl Encoder {
    /// Does a job, and says how long it took.
    pub(crate) fn encode(&mut self, job: &EncodeJob, started: Timestamp) -> Option<(Encoded, Duration)> {
        self.jobs += 1;
        let canvas = self.canvases.get(&job.track)?;
        let copy = self.shown.entry((job.viewer, job.track)).or_default();
        let (ops, size) = canvas.read(|newest| (copy.bring_up(newest, job), newest.size()));
        let area: u64 =
            ops.iter().map(|op| if let Op::Tile { rect, .. } = op { rect.area() } else { 0 }).sum();
        let took = Duration::from_micros(300 + area / 10);
        let lossy = copy.lossy.clone();
        let (viewer, track) = (job.viewer, job.track);
        Some((Encoded { viewer, track, size, ops, lossy, started, finished: started + took }, took))
    }

    pub(crate) fn forget_viewer(&mut self, viewer: ViewerId) {
        self.shown.retain(|(of, _), _| *of != viewer);
    }

    pub(crate) fn forget_track(&mut self, track: TrackId) {
        self.canvases.remove(&track);
        self.shown.retain(|(_, of), _| *of != track);
    }

    pub(crate) fn kept(&self) -> usize {
        self.shown.len()
    }
}

impl Copy {
    fn bring_up(&mut self, newest: &Frame, job: &EncodeJob) -> Vec<Op> {
        let all = newest.size().to_rect();
        self.frame.resize(newest.size());
        self.lossy.clip(all);
        let changed: Vec<Rect<Pixels>> = job
            .damage
            .clipped(all)
            .rects()
            .iter()
            .copied()
            .filter(|rect| self.lossy.overlaps(*rect) || !newest.rows(*rect).eq(self.frame.rows(*rect)))
            .collect();
        let area: u64 = changed.iter().map(|rect| rect.area()).sum();
        let lossless = bytes(area, LOSSLESS);
        let limit = SMALL.max(job.budget).max(job.bitrate as usize / 8 / 15);
        let mut ops = Vec::new();
        let moves = lossless > 2 * SMALL && job.now.since(self.moved) < MOTION;
        if lossless > 2 * SMALL {
            self.moved = job.now;
        }
        if lossless <= limit && !moves {
            ops.extend(changed.iter().map(|rect| self.tile(newest, *rect, lossless_bytes(*rect), 0)));
        } else {
            // A frame's share of the rate, at thirty a second, as the rate control of a video encoder would
            // do.
            let aim = (job.bitrate as usize / 8 / 30).min(job.budget.max(SMALL));
            let aim = aim.clamp(bytes(area, LOSSY_LEAST), lossless);
            for rect in changed {
                let share = (aim as u64 * rect.area() / area.max(1)) as usize;
                ops.push(self.tile(newest, rect, share, BLUR));
            }
        }
        self.refine(newest, job, &mut ops);
        ops
    }

    fn refine(&mut self, newest: &Frame, job: &EncodeJob, ops: &mut Vec<Op>) {
        let mut left = job.budget.saturating_sub(ops.iter().map(data).sum());
        let mut refine = job.refine.clipped(newest.size().to_rect());
        if !self.lossy.is_empty() {
            for rect in refine.take().rects() {
                for y in (rect.y..rect.bottom()).step_by(8) {
                    let strip = Rect::between(rect.x, y, rect.right(), rect.bottom().min(y + 8));
                    if self.lossy.overlaps(strip) && (left >= lossless_bytes(strip) || ops.is_empty()) {
                        left = left.saturating_sub(lossless_bytes(strip));
                        ops.push(self.tile(newest, strip, lossless_bytes(strip), 0));
                    }
                }
            }
        }
    }

    fn tile(&mut self, newest: &Frame, rect: Rect<Pixels>, bytes: usize, blur: u8) -> Op {
        let mut data = BytesMut::new();
        let mut run: Option<([u8; 4], u32)> = None;
        for row in newest.rows(rect) {
            for pixel in row.chunks_exact(4) {
                let pixel = [pixel[0], pixel[1], pixel[2], pixel[3] ^ blur];
                match &mut run {
                    Some((same, count)) if *same == pixel => *count += 1,
                    other => {
                        if let Some((pixel, count)) = other.replace((pixel, 1)) {
                            data.put_u32(count);
                            data.put_slice(&pixel);
                        }
                    }
                }
            }
        }
        if let Some((pixel, count)) = run {
            data.put_u32(count);
            data.put_slice(&pixel);
        }
        if data.len() < bytes {
            data.resize(bytes, 0);
        }
        let data = data.freeze();
        decode(&mut self.frame, rect, &data);
        if blur == 0 {
            self.lossy.subtract(rect);
        } else {
            self.lossy.add(rect);
        }
        Op::Tile { rect, coding: TileCoding::Raw, data }
    }
}

/// Applies what [`Encoder`] made.
pub(crate) fn apply(frame: &mut Frame, size: Size<Pixels>, ops: &[Op]) {
    frame.resize(size);
    for op in ops {
        if let Op::Tile { rect, data, .. } = op {
            decode(frame, *rect, data);
        }
    }
}

fn decode(frame: &mut Frame, rect: Rect<Pixels>, mut data: &[u8]) {
    let (mut left, mut pixel) = (0, [0; 4]);
    for y in rect.y..rect.bottom() {
        for target in frame.row_mut(rect, y).chunks_exact_mut(4) {
            if left == 0 {
                left = data.get_u32();
                data.copy_to_slice(&mut pixel);
            }
            left -= 1;
            target.copy_from_slice(&pixel);
        }
    }
}

fn data(op: &Op) -> usize {
    if let Op::Tile { data, .. } = op { data.len() } else { 0 }
}

fn lossless_bytes(rect: Rect<Pixels>) -> usize {
    bytes(rect.area(), LOSSLESS)
}

fn bytes(area: u64, hundredths: u64) -> usize {
    (area * hundredths / 100) as usize
}
