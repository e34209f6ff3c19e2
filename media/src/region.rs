//! A set of pixels as a short list of rectangles.

use std::fmt;

use crate::{Pixels, Rect};

/// A set of pixels, as disjoint rectangles, never more than [`Region::MAX_RECTS`].
///
/// A region describes work still to do (damage, what a viewer is owed, what it holds lossily). When it would
/// need more rectangles than it may have, it **grows** to a simpler superset: work is then done twice, never
/// forgotten. So a region must not be used for work that has been done; say what remains instead.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Region {
    rects: Vec<Rect<Pixels>>,
}

impl Region {
    /// The bound on the number of rectangles.
    pub const MAX_RECTS: usize = 64;

    /// The empty region.
    pub const fn new() -> Self {
        Self { rects: Vec::new() }
    }

    /// The rectangles; disjoint, none empty, in no particular order.
    pub fn rects(&self) -> &[Rect<Pixels>] {
        &self.rects
    }

    /// Whether it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// How many pixels it covers.
    pub fn area(&self) -> u64 {
        self.rects.iter().map(|r| r.area()).sum()
    }

    /// The smallest rectangle around it; empty for the empty region.
    pub fn bounds(&self) -> Rect<Pixels> {
        self.rects.iter().fold(Rect::default(), |all, &r| all.bounds_with(r))
    }

    /// Adds a rectangle.
    pub fn add(&mut self, rect: Rect<Pixels>) {
        if rect.is_empty() || self.rects.iter().any(|r| r.contains(rect)) {
            return;
        }
        self.cut(rect);
        self.rects.push(rect);
        self.simplify();
    }

    /// Adds all of another region.
    pub fn union(&mut self, other: &Region) {
        for &rect in &other.rects {
            self.add(rect);
        }
    }

    /// Takes a rectangle away.
    pub fn subtract(&mut self, rect: Rect<Pixels>) {
        self.cut(rect);
        self.simplify();
    }

    /// Takes all of another region away. `other` must be exact: see the type's documentation.
    pub fn subtract_region(&mut self, other: &Region) {
        for &rect in &other.rects {
            self.cut(rect);
        }
        self.simplify();
    }

    /// Keeps only what lies within `rect`.
    pub fn clip(&mut self, rect: Rect<Pixels>) {
        self.rects = self.rects.iter().filter_map(|r| r.intersection(rect)).collect();
    }

    /// What lies within `rect`.
    pub fn clipped(&self, rect: Rect<Pixels>) -> Region {
        let mut region = self.clone();
        region.clip(rect);
        region
    }

    /// Whether any pixel of `rect` is covered.
    pub fn overlaps(&self, rect: Rect<Pixels>) -> bool {
        self.rects.iter().any(|r| r.overlaps(rect))
    }

    /// Whether the pixel at `x`, `y` is covered.
    pub fn contains_pixel(&self, x: i32, y: i32) -> bool {
        self.overlaps(Rect::new(x, y, 1, 1))
    }

    /// Empties the region and returns what it held.
    pub fn take(&mut self) -> Region {
        std::mem::take(self)
    }

    /// Removes `rect` exactly, splitting rectangles; may exceed the bound until `simplify`.
    fn cut(&mut self, rect: Rect<Pixels>) {
        if !self.overlaps(rect) {
            return;
        }
        let mut kept = Vec::with_capacity(self.rects.len() + 4);
        for &r in &self.rects {
            let Some(hole) = r.intersection(rect) else {
                kept.push(r);
                continue;
            };
            let around = [
                Rect::between(r.x, r.y, r.right(), hole.y),
                Rect::between(r.x, hole.bottom(), r.right(), r.bottom()),
                Rect::between(r.x, hole.y, hole.x, hole.bottom()),
                Rect::between(hole.right(), hole.y, r.right(), hole.bottom()),
            ];
            kept.extend(around.into_iter().filter(|piece| !piece.is_empty()));
        }
        self.rects = kept;
    }

    /// Merges the cheapest pairs until the bound holds again.
    fn simplify(&mut self) {
        while self.rects.len() > Self::MAX_RECTS {
            let (a, b) = self.cheapest_pair();
            let mut merged = self.rects[a].bounds_with(self.rects[b]);
            // A merged rectangle swallows what it touches, or the list would no longer be disjoint.
            while let Some(touched) = self.rects.iter().position(|r| r.overlaps(merged)) {
                merged = merged.bounds_with(self.rects.swap_remove(touched));
            }
            self.rects.push(merged);
        }
    }

    fn cheapest_pair(&self) -> (usize, usize) {
        let mut best = (0, 1, u64::MAX);
        for (a, &ra) in self.rects.iter().enumerate() {
            for (b, &rb) in self.rects.iter().enumerate().skip(a + 1) {
                let waste = ra.bounds_with(rb).area().saturating_sub(ra.area() + rb.area());
                if waste < best.2 {
                    best = (a, b, waste);
                }
            }
        }
        (best.0, best.1)
    }
}

impl From<Rect<Pixels>> for Region {
    fn from(rect: Rect<Pixels>) -> Self {
        let mut region = Region::new();
        region.add(rect);
        region
    }
}

impl FromIterator<Rect<Pixels>> for Region {
    fn from_iter<I: IntoIterator<Item = Rect<Pixels>>>(rects: I) -> Self {
        let mut region = Region::new();
        for rect in rects {
            region.add(rect);
        }
        region
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.rects).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELD: i32 = 40;

    fn rect() -> impl Strategy<Value = Rect<Pixels>> {
        (-5..FIELD, -5..FIELD, 0..20u32, 0..20u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }

    fn covered(rects: &[Rect<Pixels>]) -> Vec<bool> {
        let inside = |x, y| rects.iter().any(|r| r.overlaps(Rect::new(x, y, 1, 1)));
        (0..FIELD).flat_map(|y| (0..FIELD).map(move |x| (x, y))).map(|(x, y)| inside(x, y)).collect()
    }

    proptest! {
        #[test]
        fn a_union_covers_exactly_its_parts_while_it_is_small(rects in prop::collection::vec(rect(), 0..6)) {
            let region: Region = rects.iter().copied().collect();
            prop_assert_eq!(covered(region.rects()), covered(&rects));
        }

        #[test]
        fn rectangles_stay_disjoint_bounded_and_never_lose_a_pixel(rects in prop::collection::vec(
            (0..2000i32, 0..2000i32, 1..9u32, 1..9u32).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h)), 0..300)) {
            let region: Region = rects.iter().copied().collect();
            prop_assert!(region.rects().len() <= Region::MAX_RECTS);
            for (i, a) in region.rects().iter().enumerate() {
                prop_assert!(!a.is_empty());
                prop_assert!(region.rects()[i + 1..].iter().all(|b| !a.overlaps(*b)));
            }
            for r in rects {
                let mut rest = Region::from(r);
                rest.subtract_region(&region);
                prop_assert!(rest.is_empty());
            }
        }

        #[test]
        fn subtracting_leaves_the_rest(rects in prop::collection::vec(rect(), 0..5), hole in rect()) {
            let mut region: Region = rects.iter().copied().collect();
            let before = covered(region.rects());
            region.subtract(hole);
            let holes = covered(&[hole]);
            let expected: Vec<bool> = before.iter().zip(&holes).map(|(&b, &h)| b && !h).collect();
            prop_assert_eq!(covered(region.rects()), expected);
        }
    }
}
