//! Finding what moved as a whole: scrolled text, dragged panes.
//!
//! A guess is made from hashes of short runs of rows, or of columns; what is then reported has been compared
//! byte by byte.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use media::{Frame, Pixels, Rect};

use crate::cells::{CELL, Cells, Span};

/// A rectangle that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    /// Where it is in the older picture.
    pub(crate) from: Rect<Pixels>,
    /// How far it moved.
    pub(crate) dx: i32,
    pub(crate) dy: i32,
}

/// What to look at.
pub(crate) struct Search<'a> {
    pub(crate) newer: &'a Frame,
    pub(crate) older: &'a Frame,
    /// Where the pictures differ.
    pub(crate) changed: &'a Cells,
    /// Where the older picture is not what the viewer shows.
    pub(crate) lossy: &'a Cells,
}

/// Fewer changed cells are not worth a search.
const LEAST_CELLS: usize = 24;

/// Guesses a distance to the right and down by which most of an area moved.
type Guess = fn(&Search<'_>, Rect<Pixels>) -> Option<(i32, i32)>;

/// Finds rectangles of one common movement, in an order in which they can be moved one after the other. Each
/// still must be compared before it is used, since the ones before may have changed its source: see
/// [`Search::verified`].
pub(crate) fn find(search: &Search<'_>) -> Vec<Move> {
    let changed = search.changed.count();
    if changed < LEAST_CELLS {
        return Vec::new();
    }
    let area = search.changed.bounds();
    for guess in [vertical as Guess, horizontal] {
        let Some((dx, dy)) = guess(search, area) else { continue };
        let moved = search.moved_cells(area, dx, dy);
        let mut useful = moved.clone();
        useful.intersect(search.changed);
        if useful.count() * 5 < changed {
            continue;
        }
        let mut moves: Vec<Move> = few_rects(moved, useful)
            .into_iter()
            .map(|to| Move { from: to.offset(-dx, -dy), dx, dy })
            .collect();
        // What moves up must begin at the top, what moves right at the right, and so on.
        moves.sort_by_key(|m| (m.from.y * -dy.signum(), m.from.x * -dx.signum()));
        return moves;
    }
    Vec::new()
}

/// The most rectangles of one movement. What they leave is sent as it is.
const MOST_MOVES: usize = 8;

/// Disjoint rectangles of moved cells that cover the useful ones, the best first: each costs viewers an op.
/// Flat areas beside a pane equal themselves at any distance; whoever takes runs of cells row by row cuts the
/// pane where these end.
fn few_rects(mut moved: Cells, mut useful: Cells) -> Vec<Rect<Pixels>> {
    let mut rects = Vec::new();
    while rects.len() < MOST_MOVES
        && let Some(span) = moved.heaviest(&useful)
    {
        rects.push(moved.pixels(span));
        moved.fill(span, false);
        useful.fill(span, false);
    }
    rects
}

impl Search<'_> {
    /// The move, grown as far as it holds beyond whole cells, if it still holds.
    pub(crate) fn verified(&self, found: Move) -> Option<Move> {
        if !self.holds(found) {
            return None;
        }
        let mut best = found;
        let sides: [fn(Rect<Pixels>) -> Rect<Pixels>; 4] = [
            |r| Rect::between(r.x, r.y - 1, r.right(), r.bottom()),
            |r| Rect::between(r.x, r.y, r.right(), r.bottom() + 1),
            |r| Rect::between(r.x - 1, r.y, r.right(), r.bottom()),
            |r| Rect::between(r.x, r.y, r.right() + 1, r.bottom()),
        ];
        for side in sides {
            for _ in 1..CELL {
                let from = side(best.from);
                let edge = Rect::between(from.x, from.y, from.right(), from.bottom());
                let strip = new_strip(edge, best.from);
                if !self.holds(Move { from: strip, ..best }) {
                    break;
                }
                best.from = from;
            }
        }
        Some(best)
    }

    fn holds(&self, Move { from, dx, dy }: Move) -> bool {
        let to = from.offset(dx, dy);
        let picture = self.older.size().to_rect();
        picture.contains(from)
            && picture.contains(to)
            && !self.lossy.touches(from)
            && self.older.rows(from).eq(self.newer.rows(to))
    }

    /// The cells of `area` whose new pixels are found exactly at a distance in the older picture.
    fn moved_cells(&self, area: Rect<Pixels>, dx: i32, dy: i32) -> Cells {
        let mut moved = Cells::new(self.newer.size());
        let span = moved.touched(area);
        for y in span.y0..span.y1 {
            for x in span.x0..span.x1 {
                let to = moved.pixels(Span { x0: x, y0: y, x1: x + 1, y1: y + 1 });
                if self.holds(Move { from: to.offset(-dx, -dy), dx, dy }) {
                    moved.add(x, y);
                }
            }
        }
        moved
    }
}

/// What `grown` has more than `before`, of which it is larger on one side.
fn new_strip(grown: Rect<Pixels>, before: Rect<Pixels>) -> Rect<Pixels> {
    if grown.y < before.y {
        Rect::between(grown.x, grown.y, grown.right(), before.y)
    } else if grown.bottom() > before.bottom() {
        Rect::between(grown.x, before.bottom(), grown.right(), grown.bottom())
    } else if grown.x < before.x {
        Rect::between(grown.x, grown.y, before.x, grown.bottom())
    } else {
        Rect::between(before.right(), grown.y, grown.right(), grown.bottom())
    }
}

/// How many strips of the area are looked at.
const STRIPS: usize = 8;
const STRIP: u32 = 64;

/// The vertical distance that most rows agree on.
fn vertical(search: &Search<'_>, area: Rect<Pixels>) -> Option<(i32, i32)> {
    let hashes = |frame: &Frame, strip: Rect<Pixels>| -> Vec<u64> { frame.rows(strip).map(hash).collect() };
    let mut votes = Votes::default();
    for x in strip_starts(area.x, area.w) {
        let strip = Rect::new(x, area.y, STRIP.min(area.w), area.h);
        votes.count(&hashes(search.older, strip), &hashes(search.newer, strip));
    }
    votes.winner().map(|dy| (0, dy))
}

/// The horizontal distance that most columns agree on.
fn horizontal(search: &Search<'_>, area: Rect<Pixels>) -> Option<(i32, i32)> {
    let hashes = |frame: &Frame, strip: Rect<Pixels>| -> Vec<u64> {
        let mut columns = vec![0u64; strip.w as usize];
        for row in frame.rows(strip) {
            for (column, pixel) in columns.iter_mut().zip(row.as_chunks::<4>().0) {
                *column = mix(*column, u64::from(u32::from_le_bytes(*pixel)));
            }
        }
        columns
    };
    let mut votes = Votes::default();
    for y in strip_starts(area.y, area.h) {
        let strip = Rect::new(area.x, y, area.w, STRIP.min(area.h));
        votes.count(&hashes(search.older, strip), &hashes(search.newer, strip));
    }
    votes.winner().map(|dx| (dx, 0))
}

fn strip_starts(start: i32, length: u32) -> impl Iterator<Item = i32> {
    let room = length.saturating_sub(STRIP) as usize;
    let strips = STRIPS.min(room / STRIP as usize + 1);
    (0..strips).map(move |i| start + (room * i / strips.saturating_sub(1).max(1)) as i32)
}

/// Distances, and how many rows or columns speak for each.
#[derive(Default)]
struct Votes(HashMap<i32, u32>);

/// Fewer rows or columns are chance.
const LEAST_VOTES: u32 = 8;

impl Votes {
    /// Lets every row that is new where it is, and is found exactly once among the older ones, speak for its
    /// distance.
    fn count(&mut self, older: &[u64], newer: &[u64]) {
        let mut places: HashMap<u64, Option<usize>, Hashed> =
            HashMap::with_capacity_and_hasher(older.len(), Hashed::default());
        for (at, &hash) in older.iter().enumerate() {
            places.entry(hash).and_modify(|place| *place = None).or_insert(Some(at));
        }
        for (at, hash) in newer.iter().enumerate().filter(|&(at, &hash)| older[at] != hash) {
            if let Some(&Some(place)) = places.get(hash) {
                *self.0.entry(at as i32 - place as i32).or_default() += 1;
            }
        }
    }

    fn winner(self) -> Option<i32> {
        let (distance, votes) =
            self.0.into_iter().max_by_key(|&(distance, votes)| (votes, -distance.abs()))?;
        (votes >= LEAST_VOTES).then_some(distance)
    }
}

/// Keys that are hashes already need no other.
type Hashed = BuildHasherDefault<Identity>;

#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.0 = mix(self.0, u64::from(byte)));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Four sums that do not wait for one another.
fn hash(row: &[u8]) -> u64 {
    let (blocks, rest) = row.as_chunks::<32>();
    let mut sums = [row.len() as u64, 1, 2, 3];
    for block in blocks {
        for (sum, word) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
            *sum = mix(*sum, u64::from_le_bytes(*word));
        }
    }
    let all = sums.into_iter().fold(0, mix);
    rest.iter().fold(all, |hash, &byte| mix(hash, u64::from(byte)))
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29)
}
