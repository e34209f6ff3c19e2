//! Tiles or video? The memory of motion behind that decision.
//!
//! Text must never flip into video where the link can carry it losslessly, so motion alone is no reason for
//! video: its lossless form must also cost more than the link, or reason, allows.

use std::time::Duration;

use media::{EncodeJob, Pixels, Rect, Size, Timestamp};

use crate::{cells::Cells, video::Content};

/// What has moved lately, and what it cost.
///
/// Both are sums that lose half of their value every [`HALF_LIFE`]: a sum of events of a steady rate settles
/// at that rate times [`HALF_LIFE`] / ln 2.
pub(crate) struct Motion {
    heat: Vec<f32>,
    columns: usize,
    tile_bytes: f64,
    raw_bytes: f64,
    at: Timestamp,
}

/// What tiles took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TileBytes {
    /// All of them.
    pub(crate) all: usize,
    /// Those that had too many colours for a palette.
    pub(crate) raw: usize,
}

const HALF_LIFE: Duration = Duration::from_millis(500);

/// A cell that is hotter changes at least seven times a second, for at least two tenths of a second.
const HOT: f32 = 5.0;

/// Below this a cell counts as cold.
const COLD: f32 = 0.1;

/// What changes fewer cells is a glyph or a caret, even where a film has just ended, and cheap as tiles in
/// any case.
const LEAST_CELLS: usize = 16;

/// The share of a link that lossless motion may take, so that other windows and input have room.
const LOSSLESS_SHARE: f64 = 0.5;

/// What moving text and drawings may take of any link, in bits per second: more costs more time to code than
/// video.
const SCREEN_LIMIT: f64 = 60e6;

/// What moving films and scenes may take of any link: nobody sees what more would buy.
const MOTION_LIMIT: f64 = 6e6;

/// How many budgets a single change may cost before it is sent lossily first.
const BUDGETS: usize = 4;

/// How long a single change may occupy the link before it is sent lossily first.
const PATIENCE: Duration = Duration::from_millis(100);

impl Motion {
    /// No motion yet.
    pub(crate) fn new(picture: Size<Pixels>) -> Self {
        let cells = Cells::new(picture);
        Self {
            heat: vec![0.0; cells.columns() * cells.rows()],
            columns: cells.columns(),
            tile_bytes: 0.0,
            raw_bytes: 0.0,
            at: Timestamp::default(),
        }
    }

    /// Notes what changed now.
    pub(crate) fn note(&mut self, now: Timestamp, changed: &Cells) {
        self.decay(now);
        let hotter = (0..changed.rows()).flat_map(|y| (0..changed.columns()).map(move |x| (x, y)));
        for (x, y) in hotter.filter(|&(x, y)| changed.get(x, y)) {
            self.heat[y * self.columns + x] += 1.0;
        }
    }

    /// Notes what was spent on tiles now.
    pub(crate) fn note_tiles(&mut self, spent: TileBytes) {
        self.tile_bytes += spent.all as f64;
        self.raw_bytes += spent.raw as f64;
    }

    /// What the tiles of the last second looked like.
    pub(crate) fn content(&self) -> Content {
        content(self.raw_bytes, self.tile_bytes)
    }

    /// Whether most of what changed within `rect` has been changing for a while, at a rate of motion.
    pub(crate) fn sustained(&self, changed: &Cells, rect: Rect<Pixels>) -> bool {
        let span = changed.touched(rect);
        let cells = (span.y0..span.y1).flat_map(|y| (span.x0..span.x1).map(move |x| (x, y)));
        let (mut all, mut hot) = (0, 0);
        for (x, y) in cells.filter(|&(x, y)| changed.get(x, y)) {
            all += 1;
            hot += usize::from(self.heat[y * self.columns + x] >= HOT);
        }
        all >= LEAST_CELLS && hot * 2 > all
    }

    /// Whether the tiles of the last second took more than the link of `job` can spare for motion.
    pub(crate) fn too_costly(&self, job: &EncodeJob) -> bool {
        let per_second = std::f64::consts::LN_2 / HALF_LIFE.as_secs_f64();
        let limit = match self.content() {
            Content::Screen => SCREEN_LIMIT,
            Content::Motion => MOTION_LIMIT,
        };
        self.tile_bytes * 8.0 * per_second > limit.min(job.bitrate as f64 * LOSSLESS_SHARE)
    }

    fn decay(&mut self, now: Timestamp) {
        let passed = now.since(self.at);
        self.at = now;
        let kept = 0.5f64.powf(passed.as_secs_f64() / HALF_LIFE.as_secs_f64());
        self.tile_bytes *= kept;
        self.raw_bytes *= kept;
        let kept = kept as f32;
        for heat in &mut self.heat {
            *heat = if *heat < COLD { 0.0 } else { *heat * kept };
        }
    }
}

impl TileBytes {
    /// Adds others.
    pub(crate) fn add(&mut self, other: TileBytes) {
        self.all += other.all;
        self.raw += other.raw;
    }

    /// What they show.
    pub(crate) fn content(self) -> Content {
        content(self.raw as f64, self.all as f64)
    }
}

/// Text and drawings have few colours, so most of their tiles have a palette.
fn content(raw: f64, all: f64) -> Content {
    if raw * 2.0 > all { Content::Motion } else { Content::Screen }
}

/// How many bytes of tiles one change may cost before it is worth sending it lossily first.
pub(crate) fn tile_limit(job: &EncodeJob) -> usize {
    let patience = u128::from(job.bitrate) / 8 * PATIENCE.as_micros() / 1_000_000;
    (job.budget.saturating_mul(BUDGETS)).max(usize::try_from(patience).unwrap_or(usize::MAX))
}

/// Groups rectangles that are near one another: each of the answers is the bounds of a group.
pub(crate) fn clusters(rects: &[Rect<Pixels>]) -> Vec<Rect<Pixels>> {
    let mut clusters: Vec<Rect<Pixels>> = Vec::new();
    for &rect in rects {
        let mut merged = rect;
        while let Some(near) = clusters.iter().position(|other| grown(merged).overlaps(*other)) {
            merged = merged.bounds_with(clusters.swap_remove(near));
        }
        clusters.push(merged);
    }
    clusters
}

fn grown(rect: Rect<Pixels>) -> Rect<Pixels> {
    const NEAR: i32 = 32;
    Rect::between(rect.x - NEAR, rect.y - NEAR, rect.right() + NEAR, rect.bottom() + NEAR)
}

#[cfg(test)]
mod tests {
    use media::{Region, TrackId, ViewerId};

    use super::*;

    const PICTURE: Size<Pixels> = Size::new(640, 480);
    const AREA: Rect<Pixels> = Rect::new(64, 64, 320, 240);

    fn job(bitrate: u64) -> EncodeJob {
        EncodeJob {
            viewer: ViewerId(1),
            track: TrackId(1),
            damage: Region::new(),
            refine: Region::new(),
            budget: 64_000,
            bitrate,
            video: true,
            now: Timestamp(0),
        }
    }

    fn changing(times: u32, interval_ms: u64, bytes: usize) -> (Motion, Cells) {
        let mut changed = Cells::new(PICTURE);
        changed.add_touched(AREA);
        let mut motion = Motion::new(PICTURE);
        for i in 0..u64::from(times) {
            motion.note(Timestamp(1_000_000 + i * interval_ms * 1000), &changed);
            motion.note_tiles(TileBytes { all: bytes, raw: 0 });
        }
        (motion, changed)
    }

    #[test]
    fn typing_and_a_caret_are_no_motion_but_a_film_is() {
        let (caret, changed) = changing(100, 500, 100);
        assert!(!caret.sustained(&changed, AREA));
        let (burst, changed) = changing(3, 33, 100);
        assert!(!burst.sustained(&changed, AREA));
        let (film, changed) = changing(10, 33, 100);
        assert!(film.sustained(&changed, AREA));
    }

    #[test]
    fn the_cost_of_motion_is_measured_against_the_link() {
        let (text, _) = changing(60, 33, 30_000); // 7.2 Mbit/s
        assert!(!text.too_costly(&job(100_000_000)));
        assert!(text.too_costly(&job(4_000_000)));
        let (film, _) = changing(60, 33, 1_500_000); // 360 Mbit/s
        assert!(film.too_costly(&job(u64::MAX)));
    }

    #[test]
    fn near_rectangles_are_one_cluster() {
        let rects = [Rect::new(0, 0, 16, 16), Rect::new(320, 0, 16, 16), Rect::new(32, 16, 16, 16)];
        let mut found = clusters(&rects);
        found.sort();
        assert_eq!(found, [Rect::new(0, 0, 48, 32), Rect::new(320, 0, 16, 16)]);
    }
}
