//! `_NET_WM_ICON`: pictures of several sizes, one after the other, each a width, a height and pixels A R G B.

use media::Icon;

use crate::icons::{self, Picture};

/// The picture that fits best, as a square.
pub(crate) fn parse(values: &[u32]) -> Option<Icon> {
    icons::best(pictures(values))
}

fn pictures(mut values: &[u32]) -> impl Iterator<Item = Picture<'_>> {
    std::iter::from_fn(move || {
        let (&[w, h], rest) = values.split_first_chunk::<2>()?;
        let (pixels, rest) = rest.split_at_checked(w.checked_mul(h)? as usize)?;
        values = rest;
        Picture::new(w, h, pixels)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(w: u32, h: u32, argb: u32) -> Vec<u32> {
        let mut values = vec![w, h];
        values.resize(2 + (w * h) as usize, argb);
        values
    }

    #[test]
    fn the_smallest_that_is_large_enough_is_taken() {
        let values =
            [filled(16, 16, 0xff00_0000), filled(64, 64, 0xff11_2233), filled(256, 256, 0xffff_ffff)]
                .concat();
        let icon = parse(&values).unwrap();
        assert_eq!(icon.side, 64);
        assert_eq!(icon.rgba[..4], [0x11, 0x22, 0x33, 0xff]);
        assert_eq!(parse(&filled(16, 16, 0)).unwrap().side, 16);
    }

    #[test]
    fn large_and_oblong_ones_become_small_squares() {
        let icon = parse(&filled(512, 256, 0xff40_8020)).unwrap();
        assert_eq!(icon.side, Icon::MAX_SIDE);
        assert_eq!(icon.rgba.len(), (128 * 128 * 4) as usize);
        assert_eq!(icon.rgba[..4], [0; 4], "above the picture nothing is drawn");
        let middle = (64 * 128 + 64) * 4;
        assert_eq!(icon.rgba[middle..middle + 4], [0x40, 0x80, 0x20, 0xff]);
    }

    #[test]
    fn nonsense_is_no_icon() {
        assert!(parse(&[]).is_none());
        assert!(parse(&[16]).is_none());
        assert!(parse(&[0, 16, 1]).is_none());
        assert!(parse(&[u32::MAX, u32::MAX, 1]).is_none());
        assert!(parse(&[64, 64, 1, 2, 3]).is_none());
    }
}
