//! Points, sizes and rectangles that carry their coordinate space in the type.
//!
//! Two spaces exist. [`Pixels`] are the samples of a track's picture. [`Logical`] are the units that apps and
//! input use; a [`Scale`] leads from one to the other. The origin is always the top left corner of the track,
//! which is the app's window geometry: shadows that an app draws around itself lie outside and are never
//! sent.

use std::{cmp::Ordering, fmt, hash, marker::PhantomData};

use serde::{Deserialize, Serialize};

/// A coordinate space.
pub trait Space: 'static {
    /// Its name, for `Debug`.
    const NAME: &'static str;
}

/// The samples of a track's picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pixels {}
/// Units of the window system: what apps lay out in and input is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Logical {}

impl Space for Pixels {
    const NAME: &'static str = "px";
}
impl Space for Logical {
    const NAME: &'static str = "lg";
}

/// A whole-numbered point.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(bound = "")]
#[cfg_attr(feature = "typescript", ts(concrete(S = Pixels)))]
pub struct Point<S> {
    /// Rightwards.
    pub x: i32,
    /// Downwards.
    pub y: i32,
    #[serde(skip)]
    space: PhantomData<S>,
}

/// A point with fractions, as pointers and fingers have.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(bound = "")]
#[cfg_attr(feature = "typescript", ts(concrete(S = Pixels)))]
pub struct Position<S> {
    /// Rightwards.
    pub x: f64,
    /// Downwards.
    pub y: f64,
    #[serde(skip)]
    space: PhantomData<S>,
}

/// A width and a height.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(bound = "")]
#[cfg_attr(feature = "typescript", ts(concrete(S = Pixels)))]
pub struct Size<S> {
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
    #[serde(skip)]
    space: PhantomData<S>,
}

/// A rectangle: its top left corner, its width and its height. Empty if either is zero.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(bound = "")]
#[cfg_attr(feature = "typescript", ts(concrete(S = Pixels)))]
pub struct Rect<S> {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width.
    pub w: u32,
    /// Height.
    pub h: u32,
    #[serde(skip)]
    space: PhantomData<S>,
}

macro_rules! value_traits {
    ($name:ident { $($field:ident),+ }) => {
        impl<S> Clone for $name<S> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<S> Copy for $name<S> {}
        impl<S> PartialEq for $name<S> {
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field)&&+
            }
        }
        impl<S> Default for $name<S> {
            fn default() -> Self {
                Self { $($field: Default::default(),)+ space: PhantomData }
            }
        }
        impl<S: Space> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(S::NAME)?;
                f.debug_list()$(.entry(&self.$field))+.finish()
            }
        }
    };
}

macro_rules! total_traits {
    ($name:ident { $($field:ident),+ }) => {
        impl<S> Eq for $name<S> {}
        impl<S> hash::Hash for $name<S> {
            fn hash<H: hash::Hasher>(&self, state: &mut H) {
                $(self.$field.hash(state);)+
            }
        }
        impl<S> PartialOrd for $name<S> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl<S> Ord for $name<S> {
            fn cmp(&self, other: &Self) -> Ordering {
                ($(self.$field,)+).cmp(&($(other.$field,)+))
            }
        }
    };
}

value_traits!(Point { x, y });
value_traits!(Position { x, y });
value_traits!(Size { w, h });
value_traits!(Rect { x, y, w, h });
total_traits!(Point { x, y });
total_traits!(Size { w, h });
total_traits!(Rect { y, x, h, w });

impl<S> Point<S> {
    /// The point at `x`, `y`.
    pub const fn new(x: i32, y: i32) -> Self {
        Self { x, y, space: PhantomData }
    }

    /// This point moved by `dx`, `dy`; saturates at the edges of the number range.
    pub const fn offset(self, dx: i32, dy: i32) -> Self {
        Self::new(self.x.saturating_add(dx), self.y.saturating_add(dy))
    }
}

impl<S> Position<S> {
    /// The position at `x`, `y`.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y, space: PhantomData }
    }

    /// Whether both coordinates are numbers (neither infinite nor NaN); anything else is a mistake of the
    /// sender.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

impl<S> Size<S> {
    /// `w` wide and `h` high.
    pub const fn new(w: u32, h: u32) -> Self {
        Self { w, h, space: PhantomData }
    }

    /// Whether it covers nothing.
    pub const fn is_empty(self) -> bool {
        self.w == 0 || self.h == 0
    }

    /// How many unit squares it covers.
    pub const fn area(self) -> u64 {
        self.w as u64 * self.h as u64
    }

    /// The rectangle of this size at the origin.
    pub const fn to_rect(self) -> Rect<S> {
        Rect::new(0, 0, self.w, self.h)
    }
}

impl<S> Rect<S> {
    /// The rectangle at `x`, `y`, `w` wide and `h` high.
    pub const fn new(x: i32, y: i32, w: u32, h: u32) -> Self {
        Self { x, y, w, h, space: PhantomData }
    }

    /// The rectangle between two corners; empty unless the second is below and right of the first.
    pub fn between(x0: i32, y0: i32, x1: i32, y1: i32) -> Self {
        let extent = |from: i32, to: i32| u32::try_from(i64::from(to) - i64::from(from)).unwrap_or(0);
        Self::new(x0, y0, extent(x0, x1), extent(y0, y1))
    }

    /// The first column right of it; saturates.
    pub fn right(self) -> i32 {
        self.x.saturating_add_unsigned(self.w)
    }

    /// The first row below it; saturates.
    pub fn bottom(self) -> i32 {
        self.y.saturating_add_unsigned(self.h)
    }

    /// Its width and height.
    pub const fn size(self) -> Size<S> {
        Size::new(self.w, self.h)
    }

    /// Its top left corner.
    pub const fn origin(self) -> Point<S> {
        Point::new(self.x, self.y)
    }

    /// Whether it covers nothing.
    pub const fn is_empty(self) -> bool {
        self.w == 0 || self.h == 0
    }

    /// How many unit squares it covers.
    pub const fn area(self) -> u64 {
        self.size().area()
    }

    /// What both cover, if anything.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let both = Self::between(
            self.x.max(other.x),
            self.y.max(other.y),
            self.right().min(other.right()),
            self.bottom().min(other.bottom()),
        );
        (!both.is_empty()).then_some(both)
    }

    /// Whether any unit square lies in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.intersection(other).is_some()
    }

    /// Whether `other` lies within this rectangle. The empty rectangle lies within every other.
    pub fn contains(self, other: Self) -> bool {
        other.is_empty()
            || (self.x <= other.x
                && self.y <= other.y
                && self.right() >= other.right()
                && self.bottom() >= other.bottom())
    }

    /// The smallest rectangle around both.
    pub fn bounds_with(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self::between(
            self.x.min(other.x),
            self.y.min(other.y),
            self.right().max(other.right()),
            self.bottom().max(other.bottom()),
        )
    }

    /// This rectangle moved by `dx`, `dy`; saturates.
    pub fn offset(self, dx: i32, dy: i32) -> Self {
        Self::new(self.x.saturating_add(dx), self.y.saturating_add(dy), self.w, self.h)
    }
}

/// How many pixels one logical unit is, in 120ths, as in wp-fractional-scale-v1. Between 1/2 and 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Scale(u32);

impl Scale {
    /// One pixel for one logical unit.
    pub const ONE: Scale = Scale(120);

    /// The scale of `n` 120ths, clamped to what windows can sensibly have.
    pub fn from_120ths(n: u32) -> Self {
        Scale(n.clamp(60, 960))
    }

    /// In 120ths.
    pub fn in_120ths(self) -> u32 {
        self.0
    }

    /// As a factor.
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 120.0
    }

    /// The picture's size for a logical size: halves round away from zero, as wp-fractional-scale-v1 demands.
    pub fn to_pixels(self, size: Size<Logical>) -> Size<Pixels> {
        let scaled =
            |n: u32| u32::try_from((u64::from(n) * u64::from(self.0) + 60) / 120).unwrap_or(u32::MAX);
        Size::new(scaled(size.w), scaled(size.h))
    }
}

impl Default for Scale {
    fn default() -> Self {
        Scale::ONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_at_the_edge_of_the_number_range_do_not_wrap() {
        let huge = Rect::<Pixels>::new(i32::MAX - 1, i32::MIN, u32::MAX, u32::MAX);
        assert_eq!(huge.right(), i32::MAX);
        assert_eq!(huge.bottom(), i32::MAX);
        assert!(huge.intersection(Rect::new(0, 0, 10, 10)).is_none());
    }

    #[test]
    fn an_intersection_lies_in_both() {
        let a = Rect::<Pixels>::new(0, 0, 10, 10);
        let b = Rect::new(5, 6, 10, 10);
        assert_eq!(a.intersection(b), Some(Rect::new(5, 6, 5, 4)));
        assert_eq!(a.intersection(Rect::new(10, 0, 1, 1)), None);
    }

    #[test]
    fn scaling_rounds_halves_up() {
        assert_eq!(Scale::from_120ths(180).to_pixels(Size::new(101, 33)), Size::new(152, 50));
        assert_eq!(Scale::ONE.to_pixels(Size::new(7, 9)), Size::new(7, 9));
    }
}
