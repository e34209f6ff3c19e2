//! Just enough of H.264's byte stream (ITU-T H.264, Annex B) to tell what an access unit is.

/// What an access unit holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// A slice of any kind.
    pub(super) slice: bool,
    /// A slice of an IDR picture.
    pub(super) idr: bool,
    /// A sequence parameter set.
    pub(super) sps: bool,
    /// A picture parameter set.
    pub(super) pps: bool,
}

impl Parts {
    /// Reads the types of all NAL units (table 7-1).
    pub(super) fn of(unit: &[u8]) -> Parts {
        let mut parts = Parts::default();
        let mut at = 0;
        while let Some(found) = unit[at..].windows(3).position(|three| three == [0, 0, 1]) {
            at += found + 3;
            match unit.get(at).map(|header| header & 0x1f) {
                Some(1..=4) => parts.slice = true,
                Some(5) => (parts.slice, parts.idr) = (true, true),
                Some(7) => parts.sps = true,
                Some(8) => parts.pps = true,
                Some(_) | None => {}
            }
        }
        parts
    }

    /// Whether a decoder can begin with it.
    pub(super) fn can_begin(self) -> bool {
        self.idr && self.sps && self.pps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_behind_long_and_short_start_codes() {
        let unit = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 9];
        assert_eq!(Parts::of(&unit), Parts { slice: true, idr: true, sps: true, pps: true });
        assert!(Parts::of(&unit).can_begin());
        assert_eq!(Parts::of(&[0, 0, 1, 0x41, 7]), Parts { slice: true, ..Parts::default() });
    }

    #[test]
    fn rubbish_holds_nothing() {
        for unit in [&[][..], &[0, 0, 1], &[0, 0], &[1, 2, 3, 4], &[0, 0, 1, 0x09, 0, 0, 1]] {
            assert_eq!(Parts::of(unit), Parts::default(), "{unit:?}");
        }
    }
}
