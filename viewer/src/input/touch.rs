//! Fingers.

use std::collections::BTreeMap;

use media::{Logical, Position, TouchPhase, TouchPoint, TrackId};
use winit::event::TouchPhase as Phase;

/// Which finger has which small number, and on which track it came down: it belongs there until it leaves.
#[derive(Debug, Default)]
pub(crate) struct Fingers(BTreeMap<u64, (u32, TrackId)>);

/// More fingers are ignored: no app tells them apart.
const MAX_FINGERS: usize = protocol::input::MAX_TOUCH_POINTS;

impl Fingers {
    /// The track of a finger that is down.
    pub(crate) fn track(&self, finger: u64) -> Option<TrackId> {
        self.0.get(&finger).map(|&(_, track)| track)
    }

    /// What a finger's change means.
    pub(crate) fn change(
        &mut self,
        finger: u64,
        phase: Phase,
        track: TrackId,
        position: Position<Logical>,
    ) -> Option<TouchPoint> {
        let point = |id, phase| TouchPoint { id, phase, position };
        match phase {
            Phase::Started => {
                let id = self.free()?;
                self.0.insert(finger, (id, track));
                Some(point(id, TouchPhase::Down))
            }
            Phase::Moved => self.0.get(&finger).map(|&(id, _)| point(id, TouchPhase::Move)),
            Phase::Ended => self.0.remove(&finger).map(|(id, _)| point(id, TouchPhase::Up)),
            Phase::Cancelled => self.0.remove(&finger).map(|(id, _)| {
                // One finger's cancel voids the gesture of all.
                self.0.clear();
                point(id, TouchPhase::Cancel)
            }),
        }
    }

    /// Forgets all: they were released otherwise.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    fn free(&self) -> Option<u32> {
        let taken = |id| self.0.values().any(|&(other, _)| other == id);
        (0..MAX_FINGERS as u32).find(|&id| !taken(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingers_get_small_numbers_and_keep_them() {
        let mut fingers = Fingers::default();
        let at = Position::new(1.0, 2.0);
        let track = TrackId(1);
        let id = |point: Option<TouchPoint>| point.map(|point| point.id);
        assert_eq!(id(fingers.change(900, Phase::Started, track, at)), Some(0));
        assert_eq!(id(fingers.change(901, Phase::Started, track, at)), Some(1));
        assert_eq!(id(fingers.change(900, Phase::Ended, track, at)), Some(0));
        assert_eq!(id(fingers.change(901, Phase::Moved, track, at)), Some(1));
        assert_eq!(id(fingers.change(902, Phase::Started, track, at)), Some(0));
        assert_eq!(fingers.track(902), Some(track));
        assert_eq!(fingers.change(900, Phase::Moved, track, at), None, "it is not down any more");
    }

    #[test]
    fn hands_have_a_bound() {
        let mut fingers = Fingers::default();
        let down = (0..40).filter_map(|n| fingers.change(n, Phase::Started, TrackId(1), Position::default()));
        assert_eq!(down.count(), MAX_FINGERS);
    }
}
