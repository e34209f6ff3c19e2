//! Protocol versions. Both ends say the range they speak; the host picks the newest common one or refuses.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A version of the protocol. Additions that old peers can ignore do not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct Version(pub u16);

impl Version {
    /// The oldest version this build speaks.
    pub const OLDEST: Version = Version(1);
    /// The newest version this build speaks.
    pub const NEWEST: Version = Version(1);
}

/// A range of versions that one end speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct VersionRange {
    /// The oldest.
    pub oldest: Version,
    /// The newest.
    pub newest: Version,
}

impl VersionRange {
    /// What this build speaks.
    pub const OURS: VersionRange = VersionRange { oldest: Version::OLDEST, newest: Version::NEWEST };

    /// The newest version that both ends speak.
    pub fn common(self, peer: VersionRange) -> Result<Version, VersionMismatch> {
        let version = self.newest.min(peer.newest);
        if version >= self.oldest && version >= peer.oldest && peer.oldest <= peer.newest {
            Ok(version)
        } else {
            Err(VersionMismatch { host: self, viewer: peer })
        }
    }
}

/// Host and viewer have no version in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "no common protocol version: the host speaks {}–{}, the viewer {}–{}; update the older of the two",
    host.oldest.0, host.newest.0, viewer.oldest.0, viewer.newest.0
)]
pub struct VersionMismatch {
    /// What the host speaks.
    pub host: VersionRange,
    /// What the viewer speaks.
    pub viewer: VersionRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(oldest: u16, newest: u16) -> VersionRange {
        VersionRange { oldest: Version(oldest), newest: Version(newest) }
    }

    #[test]
    fn the_newest_common_version_is_chosen() {
        assert_eq!(range(1, 3).common(range(2, 5)), Ok(Version(3)));
        assert_eq!(range(2, 5).common(range(1, 2)), Ok(Version(2)));
    }

    #[test]
    fn a_mismatch_names_both_sides() {
        let refusal = range(1, 2).common(range(4, 6)).expect_err("disjoint").to_string();
        assert!(refusal.contains("1–2") && refusal.contains("4–6"), "{refusal}");
        assert!(range(1, 9).common(range(5, 4)).is_err(), "an inverted range is nobody's");
    }
}
