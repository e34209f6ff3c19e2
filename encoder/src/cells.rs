//! Sets of 16×16 cells of a picture: exact where a [`Region`] would grow.
//!
//! The encoder remembers what changed and what is lossy by cells, so that work which was done can be taken
//! away again without ever losing or inventing any; a [`Region`] is only made of it at the border of the
//! crate.

use media::{Pixels, Rect, Region, Size};

/// The side of a cell in pixels. Even, and that of an H.264 macroblock.
pub(crate) const CELL: u32 = 16;

/// A set of cells of a picture. Cells at the right and bottom edge are cut off by the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cells {
    picture: Size<Pixels>,
    columns: usize,
    set: Vec<bool>,
}

/// Cells from a column and row to another, the latter excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) x0: usize,
    pub(crate) y0: usize,
    pub(crate) x1: usize,
    pub(crate) y1: usize,
}

impl Cells {
    /// No cells of a picture of this size.
    pub(crate) fn new(picture: Size<Pixels>) -> Self {
        let columns = picture.w.div_ceil(CELL) as usize;
        let rows = picture.h.div_ceil(CELL) as usize;
        Self { picture, columns, set: vec![false; columns * rows] }
    }

    /// All cells of a picture of this size.
    pub(crate) fn all(picture: Size<Pixels>) -> Self {
        let mut cells = Self::new(picture);
        cells.set.fill(true);
        cells
    }

    /// How many columns of cells the picture has.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// How many rows of cells the picture has.
    pub(crate) fn rows(&self) -> usize {
        self.set.len().checked_div(self.columns).unwrap_or(0)
    }

    /// How many cells are in the set.
    pub(crate) fn count(&self) -> usize {
        self.set.iter().filter(|&&set| set).count()
    }

    /// Whether the cell is in the set. It must be one of the picture's.
    pub(crate) fn get(&self, x: usize, y: usize) -> bool {
        self.set[y * self.columns + x]
    }

    /// Adds a cell. It must be one of the picture's.
    pub(crate) fn add(&mut self, x: usize, y: usize) {
        self.set[y * self.columns + x] = true;
    }

    /// Adds every cell that `rect` touches.
    pub(crate) fn add_touched(&mut self, rect: Rect<Pixels>) {
        self.fill(self.touched(rect), true);
    }

    /// Takes away every cell that lies wholly within `rect`, as far as it lies within the picture.
    pub(crate) fn remove_covered(&mut self, rect: Rect<Pixels>) {
        self.fill(self.covered(rect), false);
    }

    /// Whether `rect` touches any cell of the set.
    pub(crate) fn touches(&self, rect: Rect<Pixels>) -> bool {
        let span = self.touched(rect);
        (span.y0..span.y1).any(|y| self.row(span, y).contains(&true))
    }

    /// How many cells `rect` touches, in the set or not.
    pub(crate) fn count_all(&self, rect: Rect<Pixels>) -> usize {
        let span = self.touched(rect);
        (span.x1 - span.x0) * (span.y1 - span.y0)
    }

    /// Keeps the cells that are also in `other`, a set over a picture of the same size.
    pub(crate) fn intersect(&mut self, other: &Cells) {
        debug_assert_eq!(self.picture, other.picture);
        self.set.iter_mut().zip(&other.set).for_each(|(set, &also)| *set &= also);
    }

    /// Keeps the cells that `rect` touches.
    pub(crate) fn keep_touched(&mut self, rect: Rect<Pixels>) {
        let mut kept = Cells::new(self.picture);
        kept.add_touched(rect);
        self.intersect(&kept);
    }

    /// Takes away every cell that `rect` touches.
    pub(crate) fn remove_touched(&mut self, rect: Rect<Pixels>) {
        self.fill(self.touched(rect), false);
    }

    /// The same set over a picture of another size. New cells, and cells that were cut off by the old
    /// picture's edge and are larger now, are not in it unless they were.
    pub(crate) fn resized(&self, picture: Size<Pixels>) -> Cells {
        let mut resized = Cells::new(picture);
        for y in 0..self.rows().min(resized.rows()) {
            for x in 0..self.columns.min(resized.columns) {
                if self.get(x, y) {
                    resized.add(x, y);
                }
            }
        }
        resized
    }

    /// Rectangles of pixels that cover the set, disjoint, cut to the picture, few: runs in a row of cells
    /// that are at most `gap` cells apart are joined, equal runs of successive rows too.
    pub(crate) fn rects(&self, gap: usize) -> Vec<Rect<Pixels>> {
        let mut done: Vec<Span> = Vec::new();
        let mut open: Vec<Span> = Vec::new();
        for y in 0..self.rows() {
            let runs = self.runs(y, gap);
            let mut next = Vec::with_capacity(runs.len());
            for (x0, x1) in runs {
                match open.iter().position(|span| (span.x0, span.x1) == (x0, x1)) {
                    Some(above) => next.push(Span { y1: y + 1, ..open.swap_remove(above) }),
                    None => next.push(Span { x0, x1, y0: y, y1: y + 1 }),
                }
            }
            done.append(&mut open);
            open = next;
        }
        done.append(&mut open);
        done.sort_by_key(|span| (span.y0, span.x0));
        done.into_iter().map(|span| self.pixels(span)).collect()
    }

    /// Like [`Cells::rects`], but no more than one rectangle a row of cells when a pattern would make many.
    pub(crate) fn few_rects(&self, gap: usize) -> Vec<Rect<Pixels>> {
        const MANY: usize = 512;
        let rects = self.rects(gap);
        if rects.len() > MANY { self.rects(self.columns) } else { rects }
    }

    /// Of the rectangles that lie wholly within the set, one that holds the most cells of `weight`, a set
    /// over the same picture, and no edge without any. None if no cell is in both.
    pub(crate) fn heaviest(&self, weight: &Cells) -> Option<Span> {
        let sums = weight.sums();
        let at = |x: usize, y: usize| sums[y * (self.columns + 1) + x];
        let count = |s: Span| at(s.x1, s.y1) + at(s.x0, s.y0) - at(s.x1, s.y0) - at(s.x0, s.y1);
        let mut heights = vec![0; self.columns];
        let mut best = (0, None);
        for y in 0..self.rows() {
            for (x, height) in heights.iter_mut().enumerate() {
                *height = if self.get(x, y) { *height + 1 } else { 0 };
            }
            for (x0, x1, height) in maximal(&heights) {
                let span = Span { x0, x1, y0: y + 1 - height, y1: y + 1 };
                let held = count(span);
                if held > best.0 {
                    best = (held, Some(span));
                }
            }
        }
        let mut span: Span = best.1?;
        while count(Span { y1: span.y0 + 1, ..span }) == 0 {
            span.y0 += 1;
        }
        while count(Span { y0: span.y1 - 1, ..span }) == 0 {
            span.y1 -= 1;
        }
        while count(Span { x1: span.x0 + 1, ..span }) == 0 {
            span.x0 += 1;
        }
        while count(Span { x0: span.x1 - 1, ..span }) == 0 {
            span.x1 -= 1;
        }
        Some(span)
    }

    /// How many cells of the set lie above and to the left of each corner of cells, row by row.
    fn sums(&self) -> Vec<u32> {
        let stride = self.columns + 1;
        let mut sums = vec![0; stride * (self.rows() + 1)];
        for y in 0..self.rows() {
            let mut row = 0;
            for x in 0..self.columns {
                row += u32::from(self.get(x, y));
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
            }
        }
        sums
    }

    /// The set as a region, which may be larger.
    pub(crate) fn region(&self) -> Region {
        self.few_rects(0).into_iter().collect()
    }

    /// The smallest rectangle of whole cells around the set, cut to the picture; empty for the empty set.
    pub(crate) fn bounds(&self) -> Rect<Pixels> {
        self.rects(self.columns).into_iter().fold(Rect::default(), Rect::bounds_with)
    }

    /// The pixels of a span of cells, cut to the picture.
    pub(crate) fn pixels(&self, span: Span) -> Rect<Pixels> {
        let at = |cell: usize, end: u32| (cell as u32 * CELL).min(end) as i32;
        let Size { w, h, .. } = self.picture;
        Rect::between(at(span.x0, w), at(span.y0, h), at(span.x1, w), at(span.y1, h))
    }

    /// The cells that `rect` touches.
    pub(crate) fn touched(&self, rect: Rect<Pixels>) -> Span {
        let Some(rect) = rect.intersection(self.picture.to_rect()) else {
            return Span { x0: 0, y0: 0, x1: 0, y1: 0 };
        };
        let cell = |pixel: i32| pixel as usize / CELL as usize;
        Span {
            x0: cell(rect.x),
            y0: cell(rect.y),
            x1: cell(rect.right() - 1) + 1,
            y1: cell(rect.bottom() - 1) + 1,
        }
    }

    fn covered(&self, rect: Rect<Pixels>) -> Span {
        let touched = self.touched(rect);
        let cell = CELL as usize;
        let first = |pixel: i32| usize::try_from(pixel).unwrap_or(0).div_ceil(cell);
        // A cell that the picture's edge cuts off is covered when its visible part is.
        let last = |pixel: i32, edge: u32, touched: usize| {
            if i64::from(pixel) >= i64::from(edge) {
                touched
            } else {
                usize::try_from(pixel).unwrap_or(0) / cell
            }
        };
        Span {
            x0: first(rect.x),
            y0: first(rect.y),
            x1: last(rect.right(), self.picture.w, touched.x1),
            y1: last(rect.bottom(), self.picture.h, touched.y1),
        }
    }

    fn runs(&self, y: usize, gap: usize) -> Vec<(usize, usize)> {
        let row = &self.set[y * self.columns..(y + 1) * self.columns];
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (x, _) in row.iter().enumerate().filter(|(_, set)| **set) {
            match runs.last_mut() {
                Some((_, end)) if x - *end <= gap => *end = x + 1,
                _ => runs.push((x, x + 1)),
            }
        }
        runs
    }

    fn row(&self, span: Span, y: usize) -> &[bool] {
        &self.set[y * self.columns + span.x0..y * self.columns + span.x1]
    }

    /// Adds or takes away the cells of a span.
    pub(crate) fn fill(&mut self, span: Span, set: bool) {
        for y in span.y0..span.y1 {
            if span.x0 < span.x1 {
                self.set[y * self.columns + span.x0..y * self.columns + span.x1].fill(set);
            }
        }
    }
}

/// The largest rectangles under a row of heights that end at the row's bottom: left, right and height of
/// each, as a histogram's largest rectangle is found with a stack.
fn maximal(heights: &[usize]) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (x, height) in heights.iter().copied().chain([0]).enumerate() {
        let mut start = x;
        while let Some(&(from, tall)) = open.last().filter(|&&(_, tall)| tall > height) {
            open.pop();
            found.push((from, x, tall));
            start = from;
        }
        if height > 0 && open.last().is_none_or(|&(_, tall)| tall < height) {
            open.push((start, height));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PICTURE: Size<Pixels> = Size::new(100, 70);

    fn rect() -> impl Strategy<Value = Rect<Pixels>> {
        (-20..110i32, -20..80i32, 0..90u32, 0..90u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }

    proptest! {
        #[test]
        fn rectangles_cover_exactly_the_cells_when_no_gap_is_allowed(rects in prop::collection::vec(rect(), 0..6)) {
            let mut cells = Cells::new(PICTURE);
            rects.iter().for_each(|&rect| cells.add_touched(rect));
            let mut again = Cells::new(PICTURE);
            let mut area = 0;
            for rect in cells.rects(0) {
                prop_assert!(PICTURE.to_rect().contains(rect));
                area += rect.area();
                again.add_touched(rect);
            }
            prop_assert_eq!(&again, &cells);
            let disjoint: u64 = (0..cells.rows()).flat_map(|y| (0..cells.columns()).map(move |x| (x, y)))
                .filter(|&(x, y)| cells.get(x, y))
                .map(|(x, y)| cells.pixels(Span { x0: x, y0: y, x1: x + 1, y1: y + 1 }).area()).sum();
            prop_assert_eq!(area, disjoint);
        }

        #[test]
        fn the_heaviest_rectangle_is_as_heavy_as_any(
            rects in prop::collection::vec(rect(), 0..4),
            heavy in rect(),
        ) {
            let (mut cells, mut weight) = (Cells::new(PICTURE), Cells::new(PICTURE));
            rects.iter().for_each(|&rect| cells.add_touched(rect));
            weight.add_touched(heavy);
            weight.intersect(&cells);
            let held = |set: &Cells, s: Span| -> usize {
                let all = (s.y0..s.y1).flat_map(|y| (s.x0..s.x1).map(move |x| (x, y)));
                all.filter(|&(x, y)| set.get(x, y)).count()
            };
            let mut best = 0;
            for y0 in 0..cells.rows() {
                for x0 in 0..cells.columns() {
                    for y1 in y0 + 1..=cells.rows() {
                        for x1 in x0 + 1..=cells.columns() {
                            let span = Span { x0, x1, y0, y1 };
                            if held(&cells, span) == (x1 - x0) * (y1 - y0) {
                                best = best.max(held(&weight, span));
                            }
                        }
                    }
                }
            }
            let found = cells.heaviest(&weight);
            prop_assert_eq!(found.map_or(0, |span| held(&weight, span)), best);
            if let Some(span) = found {
                prop_assert_eq!(held(&cells, span), (span.x1 - span.x0) * (span.y1 - span.y0));
            }
        }

        #[test]
        fn a_cell_is_removed_only_when_all_of_it_is_covered(hole in rect()) {
            let mut cells = Cells::all(PICTURE);
            cells.remove_covered(hole);
            for y in 0..cells.rows() {
                for x in 0..cells.columns() {
                    let cell = cells.pixels(Span { x0: x, y0: y, x1: x + 1, y1: y + 1 });
                    prop_assert_eq!(cells.get(x, y), !hole.contains(cell), "{:?} of {:?}", cell, hole);
                }
            }
        }
    }
}
