//! Lanes: what a link carries, and how. A lane is a row of [`LANES`]; transports know classes, not lanes.

/// One kind of messages within a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Attaching, window state, clipboard.
    Control,
    /// Keys, buttons, scrolling, touch. Never coalesced.
    Input,
    /// Pointer motion.
    Motion,
    /// Pictures.
    Update,
    /// What became of updates.
    Feedback,
}

/// Who sends on a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Either end.
    Both,
    /// The viewer.
    ToHost,
    /// The host.
    ToViewer,
}

/// How a lane's messages travel: the one thing that a transport must know of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Reliable, in the order in which they were sent.
    Ordered,
    /// A later one stands for those before it: they may be lost, and are never repeated.
    LatestWins,
    /// Reliable, each on its own: none waits for another, and those of higher priority overtake.
    PerMessage,
}

/// What happens at the bound of a lane's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The link closes: nothing of the lane may be lost.
    Close,
    /// The message is dropped.
    Drop,
}

/// A lane's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSpec {
    /// Which lane.
    pub lane: Lane,
    /// Its number on the wire, the same for every transport.
    pub id: u8,
    /// Who sends.
    pub direction: Direction,
    /// How its messages travel.
    pub class: Class,
    /// The largest message that is accepted, in bytes: checked before memory is taken.
    pub max_message: usize,
    /// The most messages that wait to be sent.
    pub max_queued: usize,
    /// The most bytes of them.
    pub max_queued_bytes: usize,
    /// What happens when more are to wait.
    pub overflow: Overflow,
    /// The lower goes first where lanes share a way.
    pub rank: u8,
}

/// All lanes, in the order of their numbers.
pub const LANES: [LaneSpec; 5] = [
    LaneSpec {
        lane: Lane::Control,
        id: 0,
        direction: Direction::Both,
        class: Class::Ordered,
        max_message: 1 << 20,
        // Clipboard content is the largest that waits here: 16 MiB in chunks.
        max_queued: 4096,
        max_queued_bytes: 24 << 20,
        overflow: Overflow::Close,
        rank: 0,
    },
    LaneSpec {
        lane: Lane::Input,
        id: 1,
        direction: Direction::ToHost,
        class: Class::Ordered,
        max_message: 64 << 10,
        max_queued: 1024,
        max_queued_bytes: 1 << 20,
        overflow: Overflow::Close,
        rank: 1,
    },
    LaneSpec {
        lane: Lane::Motion,
        id: 2,
        direction: Direction::ToHost,
        class: Class::LatestWins,
        max_message: 1150,
        max_queued: 256,
        max_queued_bytes: 64 << 10,
        overflow: Overflow::Drop,
        rank: 2,
    },
    LaneSpec {
        lane: Lane::Update,
        id: 3,
        direction: Direction::ToViewer,
        class: Class::PerMessage,
        // A noisy 8192×8192 picture could be larger; such updates are cut into several.
        max_message: 32 << 20,
        max_queued: 1024,
        max_queued_bytes: 64 << 20,
        overflow: Overflow::Close,
        rank: 4,
    },
    LaneSpec {
        lane: Lane::Feedback,
        id: 4,
        direction: Direction::ToHost,
        class: Class::LatestWins,
        max_message: 1150,
        max_queued: 256,
        max_queued_bytes: 64 << 10,
        overflow: Overflow::Drop,
        rank: 3,
    },
];

impl Lane {
    /// Its row.
    pub const fn spec(self) -> LaneSpec {
        LANES[self as usize]
    }

    /// Which lane a number on the wire stands for.
    pub fn from_id(id: u8) -> Option<Self> {
        LANES.iter().find(|spec| spec.id == id).map(|spec| spec.lane)
    }

    /// Its number on the wire.
    pub const fn id(self) -> u8 {
        self.spec().id
    }

    /// The largest message that is accepted, in bytes: checked before memory is taken.
    pub const fn max_message(self) -> usize {
        self.spec().max_message
    }

    /// Whether its messages may be lost.
    pub fn is_lossy(self) -> bool {
        self.spec().class == Class::LatestWins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_has_one_row_and_one_number() {
        for (at, spec) in LANES.iter().enumerate() {
            assert_eq!(usize::from(spec.id), at, "{:?}", spec.lane);
            assert_eq!(spec.lane.spec(), *spec);
            assert_eq!(Lane::from_id(spec.id), Some(spec.lane));
            assert!(spec.max_message <= spec.max_queued_bytes, "one message fits");
            assert_eq!(
                spec.overflow == Overflow::Drop,
                spec.lane.is_lossy(),
                "what must arrive is never dropped"
            );
        }
        assert_eq!(Lane::from_id(LANES.len() as u8), None);
        let mut ranks = LANES.map(|spec| spec.rank);
        ranks.sort_unstable();
        assert!(ranks.windows(2).all(|pair| pair[0] < pair[1]), "no two are equally urgent");
    }
}
