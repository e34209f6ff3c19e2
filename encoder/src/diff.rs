//! Finding what really changed: apps redraw what is there already, and X11 windows damage bounding boxes.

use media::{Frame, Pixels, Rect, Region};

use crate::cells::{CELL, Cells};

const CELL_BYTES: usize = CELL as usize * Frame::BYTES_PER_PIXEL;

/// The cells within `damage` in which two pictures of the same size differ.
pub(crate) fn changed(newer: &Frame, older: &Frame, damage: &Region) -> Cells {
    debug_assert_eq!(newer.size(), older.size());
    let mut cells = Cells::new(newer.size());
    for rect in damage.rects() {
        if let Some(rect) = rect.intersection(newer.size().to_rect()) {
            mark_changed(newer, older, rect, &mut cells);
        }
    }
    cells
}

/// The smallest rectangle within `rect` outside of which the pictures are equal; `None` if they do not
/// differ.
pub(crate) fn tighten(newer: &Frame, older: &Frame, rect: Rect<Pixels>) -> Option<Rect<Pixels>> {
    let differs = |&y: &i32| newer.row(rect, y) != older.row(rect, y);
    let top = (rect.y..rect.bottom()).find(differs)?;
    let bottom = (top..rect.bottom()).rfind(differs)? + 1;
    let (mut left, mut right) = (rect.w as usize, 0);
    for y in top..bottom {
        let (new, old) = (pixels(newer.row(rect, y)), pixels(older.row(rect, y)));
        left = new[..left].iter().zip(&old[..left]).position(|(a, b)| a != b).unwrap_or(left);
        if let Some(last) = new[right..].iter().zip(&old[right..]).rposition(|(a, b)| a != b) {
            right += last + 1;
        }
    }
    Some(Rect::between(rect.x + left as i32, top, rect.x + right as i32, bottom))
}

fn mark_changed(newer: &Frame, older: &Frame, rect: Rect<Pixels>, cells: &mut Cells) {
    let first_cell = rect.x as usize / CELL as usize;
    // The first segment ends where the second cell begins.
    let lead = ((first_cell + 1) * CELL as usize - rect.x as usize) * Frame::BYTES_PER_PIXEL;
    for y in rect.y..rect.bottom() {
        let (new, old) = (newer.row(rect, y), older.row(rect, y));
        if new == old {
            continue;
        }
        let cell_row = y as usize / CELL as usize;
        let lead = lead.min(new.len());
        if new[..lead] != old[..lead] {
            cells.add(first_cell, cell_row);
        }
        let segments = new[lead..].chunks(CELL_BYTES).zip(old[lead..].chunks(CELL_BYTES));
        for (i, _) in segments.enumerate().filter(|(_, (new, old))| new != old) {
            cells.add(first_cell + 1 + i, cell_row);
        }
    }
}

fn pixels(row: &[u8]) -> &[[u8; Frame::BYTES_PER_PIXEL]] {
    row.as_chunks().0
}

#[cfg(test)]
mod tests {
    use media::Size;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_changed_pixel_is_found_and_nothing_else(
            dots in prop::collection::vec((0..75usize, 0..53usize), 0..12),
            rect in (0..75i32, 0..53i32, 1..75u32, 1..53u32),
        ) {
            let older = Frame::new(Size::new(75, 53));
            let mut newer = older.clone();
            for &(x, y) in &dots {
                newer.data_mut()[(y * 75 + x) * 4] = 1;
            }
            let rect = Rect::new(rect.0, rect.1, rect.2, rect.3);
            let cells = changed(&newer, &older, &rect.into());
            let inside: Vec<_> = dots.iter()
                .map(|&(x, y)| Rect::new(x as i32, y as i32, 1, 1)).filter(|dot| rect.overlaps(*dot)).collect();
            let mut expected = Cells::new(newer.size());
            inside.iter().for_each(|&dot| expected.add_touched(dot));
            prop_assert_eq!(cells, expected);

            let rect = rect.intersection(newer.size().to_rect()).expect("it begins inside");
            let bounds = inside.iter().fold(Rect::default(), |all: Rect<Pixels>, &dot| all.bounds_with(dot));
            prop_assert_eq!(tighten(&newer, &older, rect).unwrap_or_default(), bounds);
        }
    }
}
