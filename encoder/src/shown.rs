//! What one viewer shows of one track, and how it is brought nearer to the newest pixels.

use std::time::Duration;

use media::{Canvas, EncodeJob, Frame, Op, Pixels, Rect, Region, Size, TileCoding, Timestamp};
use tracing::warn;

use crate::{
    cells::{CELL, Cells},
    classify::{self, Motion, TileBytes},
    diff,
    scroll::{self, Search},
    streams::{Outcome, Streams, VideoTools, Wanted},
    tile::{self, TileEncoder},
    video::{Blocking, Broker, Content, Planes},
};

/// One viewer's copy of one track, as the encoder knows it.
///
/// `frame` holds the pixels that were last sent, exactly or not. Invariant: the viewer shows the same outside
/// of `lossy`. Within, it shows something like it.
pub(crate) struct Shown {
    frame: Frame,
    lossy: Cells,
    motion: Motion,
    streams: Streams,
    /// Until when video is not tried, since it took no less than tiles.
    dear_until: Timestamp,
}

/// What a worker lends to the track it works for.
pub(crate) struct Tools {
    broker: Broker,
    blocking: Box<Blocking>,
    tiles: TileEncoder,
    planes: Planes,
}

/// What a job produced.
pub(crate) struct Change {
    pub(crate) size: Size<Pixels>,
    pub(crate) ops: Vec<Op>,
    pub(crate) lossy: Region,
}

/// Cells that are this near are sent as one rectangle.
const GAP: usize = 2;

/// How long video is not tried again after it was not worth it.
const DEAR: Duration = Duration::from_secs(2);

/// A smaller part of a video's rectangle that changes, one in this many cells, is no motion: a caret, a
/// progress bar.
const STILL: usize = 20;

impl Shown {
    /// A viewer that shows nothing yet.
    pub(crate) fn new() -> Self {
        let size = Size::new(0, 0);
        Self {
            frame: Frame::default(),
            lossy: Cells::new(size),
            motion: Motion::new(size),
            streams: Streams::default(),
            dear_until: Timestamp::default(),
        }
    }

    /// A viewer that shows we do not know what: all of it is lossy until it was refined.
    pub(crate) fn unknown(size: Size<Pixels>) -> Self {
        Self { frame: Frame::new(size), lossy: Cells::all(size), motion: Motion::new(size), ..Self::new() }
    }

    /// Whether there is anything that [`Shown::expire`] will drop some time.
    pub(crate) fn can_expire(&self) -> bool {
        !self.streams.is_empty()
    }

    /// Drops video encoders that were not used for a while.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.streams.expire(now);
    }

    /// The viewer lost pictures of a video: what goes on there begins anew.
    pub(crate) fn restart_video(&mut self, stream: u32) {
        self.streams.restart(stream);
    }

    /// Does a job.
    pub(crate) fn encode(&mut self, canvas: &Canvas, job: &EncodeJob, tools: &mut Tools) -> Change {
        self.streams.expire(job.now);
        let mut ops = Vec::new();
        let mut pending = canvas.read(|newest| self.take_over(newest, job, &mut ops));
        self.motion.note(job.now, &pending.cells);
        let mut sent = Sent::default();
        if job.video {
            self.continue_motion(&mut pending, job, tools, &mut sent);
        }
        self.send(&pending, job, tools, &mut sent);
        self.motion.note_tiles(sent.tile_bytes);
        self.mark(&sent);
        ops.append(&mut sent.video);
        ops.append(&mut sent.tiles);
        self.refine(canvas, job, tools, &sent.video_rects, &mut ops);
        Change { size: self.frame.size(), ops, lossy: self.lossy.region() }
    }

    /// Takes the newest pixels of what is damaged, as far as they differ, and moves what only moved.
    fn take_over(&mut self, newest: &Frame, job: &EncodeJob, ops: &mut Vec<Op>) -> Pending {
        let all;
        let damage = if newest.size() == self.frame.size() {
            &job.damage
        } else {
            self.resize(newest.size());
            all = Region::from(newest.size().to_rect());
            &all
        };
        let mut cells = diff::changed(newest, &self.frame, damage);
        let mut still = cells.clone();
        // What plays as a video does not scroll as well, and the search is not cheap.
        self.streams.ongoing(job.now).into_iter().for_each(|playing| still.remove_touched(playing));
        if self.scroll(newest, &still, ops) {
            cells = diff::changed(newest, &self.frame, &cells.region());
        }
        let rects: Vec<_> =
            cells.few_rects(GAP).into_iter().filter_map(|rect| self.tightened(newest, rect)).collect();
        rects.iter().for_each(|&rect| self.frame.copy_from(newest, rect));
        Pending { cells, rects }
    }

    fn resize(&mut self, size: Size<Pixels>) {
        self.frame.resize(size);
        self.lossy = self.lossy.resized(size);
        self.motion = Motion::new(size);
        self.streams.clear();
    }

    fn scroll(&mut self, newest: &Frame, changed: &Cells, ops: &mut Vec<Op>) -> bool {
        let search = Search { newer: newest, older: &self.frame, changed, lossy: &self.lossy };
        let found = scroll::find(&search);
        let mut moved = false;
        for candidate in found {
            let search = Search { newer: newest, older: &self.frame, changed, lossy: &self.lossy };
            if let Some(scroll::Move { from, dx, dy }) = search.verified(candidate) {
                let to = from.offset(dx, dy);
                self.frame.copy_within(from, dx, dy);
                self.lossy.remove_covered(to);
                ops.push(Op::Copy { from, to: to.origin() });
                moved = true;
            }
        }
        moved
    }

    /// What of `rect` must be sent: not what is equal, but all of lossy cells, so that they become exact.
    fn tightened(&self, newest: &Frame, rect: Rect<Pixels>) -> Option<Rect<Pixels>> {
        if self.lossy.touches(rect) { Some(rect) } else { diff::tighten(newest, &self.frame, rect) }
    }

    /// Sends the next pictures of the videos that are playing.
    fn continue_motion(
        &mut self,
        pending: &mut Pending,
        job: &EncodeJob,
        tools: &mut Tools,
        sent: &mut Sent,
    ) {
        for rect in self.streams.ongoing(job.now) {
            let mut inside = pending.cells.clone();
            inside.keep_touched(rect);
            if inside.count() * STILL < inside.count_all(rect) {
                continue;
            }
            let content = self.motion.content();
            let wanted = Wanted { rect: inside.bounds(), sustained: true, content, worth: usize::MAX };
            if let Some(shown) = self.send_video(wanted, job, tools, sent) {
                pending.remove(shown);
            }
        }
    }

    /// Sends what changed, each group of rectangles in the form that suits it.
    fn send(&mut self, pending: &Pending, job: &EncodeJob, tools: &mut Tools, sent: &mut Sent) {
        let mut left = classify::tile_limit(job);
        for cluster in classify::clusters(&pending.rects) {
            let sustained = self.motion.sustained(&pending.cells, cluster);
            let wanted =
                Wanted { rect: cluster, sustained, content: self.motion.content(), worth: usize::MAX };
            let video =
                job.video && job.now >= self.dear_until && self.streams.can_show(self.frame.size(), wanted);
            let costly = video && sustained && self.motion.too_costly(job);
            if costly
                && wanted.content == Content::Motion
                && self.send_video(wanted, job, tools, sent).is_some()
            {
                continue;
            }
            let rects = pending.rects.iter().copied().filter(|rect| cluster.contains(*rect));
            let mut coded = Coded::new(cluster, rects);
            self.encode_tiles(&mut coded, if video { left } else { usize::MAX }, tools);
            if video && (costly || coded.bytes.all > left) {
                let wanted = Wanted { content: coded.bytes.content(), worth: coded.worth(), ..wanted };
                if self.send_video(wanted, job, tools, sent).is_some() {
                    continue;
                }
                self.dear_until = job.now + DEAR;
                self.encode_tiles(&mut coded, usize::MAX, tools);
            }
            left = left.saturating_sub(coded.bytes.all);
            sent.tile_bytes.add(coded.bytes);
            sent.tiles.append(&mut coded.ops);
        }
    }

    /// Codes tiles, until that takes more than `limit`.
    fn encode_tiles(&self, coded: &mut Coded, limit: usize, tools: &mut Tools) {
        while coded.bytes.all <= limit && !coded.is_complete() {
            tools.tiles.load(&self.frame, coded.tiles[coded.ops.len()]);
            coded.add(tools.tiles.encode());
        }
    }

    /// Sends a picture of a video. Answers which rectangle it shows, `None` if that cannot be or is not worth
    /// it.
    fn send_video(
        &mut self,
        wanted: Wanted,
        job: &EncodeJob,
        tools: &mut Tools,
        sent: &mut Sent,
    ) -> Option<Rect<Pixels>> {
        let mut lent =
            VideoTools { broker: &tools.broker, planes: &mut tools.planes, blocking: &*tools.blocking };
        match self.streams.picture(&self.frame, wanted, job, &mut lent) {
            Ok(Outcome::Shown { rect, op }) => {
                sent.video.extend(op);
                sent.video_rects.push(rect);
                Some(rect)
            }
            Ok(Outcome::NotWorth) => None,
            Err(error) => {
                warn!(track = %job.track, viewer = %job.viewer, %error, "no video for now, tiles instead");
                self.streams.clear();
                None
            }
        }
    }

    fn mark(&mut self, sent: &Sent) {
        sent.video_rects.iter().for_each(|&rect| self.lossy.add_touched(rect));
        for op in &sent.tiles {
            if let Op::Tile { rect, .. } = op {
                self.lossy.remove_covered(*rect);
            }
        }
    }

    /// Sends lossy cells as tiles of the newest pixels, as far as the budget goes.
    fn refine(
        &mut self,
        canvas: &Canvas,
        job: &EncodeJob,
        tools: &mut Tools,
        moving: &[Rect<Pixels>],
        ops: &mut Vec<Op>,
    ) {
        let mut cells = Cells::new(self.frame.size());
        job.refine.rects().iter().for_each(|&rect| cells.add_touched(rect));
        cells.intersect(&self.lossy);
        moving.iter().for_each(|&rect| cells.remove_touched(rect));
        let mut left = job.budget.saturating_sub(ops.iter().map(Op::encoded_len).sum());
        // A tile that is larger than any budget must still arrive some time.
        let mut must = ops.is_empty() && job.budget > 0;
        let mut tiles: Vec<_> = cells.rects(0).into_iter().flat_map(tile::split).collect();
        tiles.reverse();
        while let Some(tile) = tiles.pop() {
            if left == 0 && !must || !self.load_newest(canvas, tile, tools) {
                return;
            }
            let op = tools.tiles.encode();
            let bytes = op.encoded_len();
            if bytes > left {
                match halves(tile) {
                    Some([first, second]) => {
                        tiles.extend([second, first]);
                        continue;
                    }
                    None if !must => return,
                    None => {}
                }
            }
            tools.tiles.store(&mut self.frame);
            self.lossy.remove_covered(tile);
            ops.push(op);
            left = left.saturating_sub(bytes);
            must = false;
        }
    }

    /// Takes the newest pixels of a tile, unless the picture has another size by now.
    fn load_newest(&self, canvas: &Canvas, tile: Rect<Pixels>, tools: &mut Tools) -> bool {
        canvas.read(|newest| {
            let same_size = newest.size() == self.frame.size();
            if same_size {
                tools.tiles.load(newest, tile);
            }
            same_size
        })
    }
}

impl Tools {
    /// The tools of one worker. `blocking` runs what waits for a device.
    pub(crate) fn new(broker: Broker, blocking: impl Fn(&mut dyn FnMut()) + 'static) -> Self {
        Self { broker, blocking: Box::new(blocking), tiles: TileEncoder::new(), planes: Planes::new() }
    }

    /// Gives back the memory that only video needs.
    pub(crate) fn shrink(&mut self) {
        self.planes = Planes::new();
    }
}

/// What changed and was not sent yet.
struct Pending {
    cells: Cells,
    rects: Vec<Rect<Pixels>>,
}

impl Pending {
    /// Forgets what lies within `done`, which consists of whole cells.
    fn remove(&mut self, done: Rect<Pixels>) {
        self.cells.remove_touched(done);
        let rects = std::mem::take(&mut self.rects);
        self.rects = rects.into_iter().flat_map(|rect| outside(rect, done)).collect();
    }
}

/// What was sent by a job, besides moves.
#[derive(Default)]
struct Sent {
    video: Vec<Op>,
    /// The rectangles of videos, also of those whose picture was skipped.
    video_rects: Vec<Rect<Pixels>>,
    tiles: Vec<Op>,
    tile_bytes: TileBytes,
}

/// Tiles, coded from the first one on as far as was worth it.
struct Coded {
    tiles: Vec<Rect<Pixels>>,
    /// What to send instead if the tile has many colours, when it is one for several rectangles.
    apart: Vec<Rect<Pixels>>,
    ops: Vec<Op>,
    bytes: TileBytes,
}

/// Rectangles become one tile if its pixels are at most this many times theirs: what lies between lines and
/// words costs next to nothing, but every tile has a palette and learns its glyphs anew.
const JOINED: u64 = 2;

impl Coded {
    /// Of rectangles with these bounds.
    fn new(bounds: Rect<Pixels>, rects: impl Iterator<Item = Rect<Pixels>>) -> Self {
        let rects: Vec<_> = rects.collect();
        let area: u64 = rects.iter().map(|rect| rect.area()).sum();
        let tiles: Vec<_> = rects.into_iter().flat_map(tile::split).collect();
        let coded = Self { tiles, apart: Vec::new(), ops: Vec::new(), bytes: TileBytes::default() };
        if coded.tiles.len() > 1 && tile::fits(bounds) && bounds.area() <= area * JOINED {
            Self { tiles: vec![bounds], apart: coded.tiles, ..coded }
        } else {
            coded
        }
    }

    /// Adds the next tile.
    fn add(&mut self, op: Op) {
        let bytes = TileBytes::of(&op);
        if bytes.raw > 0 && !self.apart.is_empty() {
            self.tiles = std::mem::take(&mut self.apart);
            return;
        }
        self.bytes.add(bytes);
        self.ops.push(op);
    }

    fn is_complete(&self) -> bool {
        self.ops.len() == self.tiles.len()
    }

    /// How many bytes a lossy picture instead of all tiles is worth.
    fn worth(&self) -> usize {
        const SHARE: u64 = 60;
        let area = |tiles: &[Rect<Pixels>]| tiles.iter().map(|tile| tile.area()).sum::<u64>();
        let all = self.bytes.all as u64 * area(&self.tiles) / area(&self.tiles[..self.ops.len()]).max(1);
        usize::try_from(all * SHARE / 100).unwrap_or(usize::MAX)
    }
}

impl TileBytes {
    fn of(op: &Op) -> TileBytes {
        let all = op.encoded_len();
        let raw = matches!(op, Op::Tile { coding: TileCoding::Raw | TileCoding::Planes, .. });
        TileBytes { all, raw: if raw { all } else { 0 } }
    }
}

/// Two halves of whole cells of a rectangle that begins at a cell; `None` if it is too small for that.
fn halves(rect: Rect<Pixels>) -> Option<[Rect<Pixels>; 2]> {
    let middle = |length: u32| (length / 2).next_multiple_of(CELL) as i32;
    let (right, bottom) = (rect.right(), rect.bottom());
    if rect.w <= CELL && rect.h <= CELL {
        None
    } else if rect.w >= rect.h {
        let x = rect.x + middle(rect.w);
        Some([Rect::between(rect.x, rect.y, x, bottom), Rect::between(x, rect.y, right, bottom)])
    } else {
        let y = rect.y + middle(rect.h);
        Some([Rect::between(rect.x, rect.y, right, y), Rect::between(rect.x, y, right, bottom)])
    }
}

/// The parts of `rect` outside of `hole`.
fn outside(rect: Rect<Pixels>, hole: Rect<Pixels>) -> Vec<Rect<Pixels>> {
    let Some(hole) = rect.intersection(hole) else { return vec![rect] };
    let around = [
        Rect::between(rect.x, rect.y, rect.right(), hole.y),
        Rect::between(rect.x, hole.y, hole.x, hole.bottom()),
        Rect::between(hole.right(), hole.y, rect.right(), hole.bottom()),
        Rect::between(rect.x, hole.bottom(), rect.right(), rect.bottom()),
    ];
    around.into_iter().filter(|piece| !piece.is_empty()).collect()
}
