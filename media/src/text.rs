//! Where the focused app takes text, as input methods must know it.

use serde::{Deserialize, Serialize};

use crate::{Logical, Rect};

/// A place where an app takes text. Apps that say nothing about theirs (X11 apps, games) take text all the
/// same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TextInput {
    /// The caret, in the track's coordinates: candidates of an input method stand below it. Within
    /// [`TextInput::MAX_COORDINATE`], and perhaps outside of the window; without a width if the app gives
    /// none.
    pub caret: Rect<Logical>,
    /// What kind of text is wanted.
    pub purpose: TextPurpose,
    /// Whether it can have several lines.
    pub multiline: bool,
}

impl TextInput {
    /// Carets are moved and cut to lie within this distance of the origin.
    pub const MAX_COORDINATE: i32 = 1 << 16;

    /// This caret, bounded.
    pub fn bounded(caret: Rect<Logical>) -> Rect<Logical> {
        let max = Self::MAX_COORDINATE;
        let (x, y) = (caret.x.clamp(-max, max), caret.y.clamp(-max, max));
        Rect::between(x, y, caret.right().clamp(x, max), caret.bottom().clamp(y, max))
    }
}

/// What kind of text is wanted, as in text-input-v3: for soft keyboards, and so that what is secret is not
/// learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the kind of text of its name")]
pub enum TextPurpose {
    #[default]
    Normal,
    Letters,
    Digits,
    Number,
    Phone,
    Url,
    Email,
    Name,
    /// Secret: nothing of it is to be shown or kept.
    Password,
    /// Secret, of digits.
    Pin,
    Date,
    Time,
    DateTime,
    /// Commands: nothing is to be corrected or capitalised.
    Terminal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_at_the_edge_of_the_number_range_are_brought_back() {
        let max = TextInput::MAX_COORDINATE;
        let far = Rect::new(i32::MIN, i32::MAX, u32::MAX, u32::MAX);
        assert_eq!(TextInput::bounded(far), Rect::between(-max, max, max, max));
        assert_eq!(TextInput::bounded(Rect::new(0, 0, u32::MAX, 3)), Rect::new(0, 0, max as u32, 3));
        let sound = Rect::new(-4, 17, 0, 20);
        assert_eq!(TextInput::bounded(sound), sound, "a caret without a width keeps its height");
    }
}
