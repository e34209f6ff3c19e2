//! The front end numbers its wishes, and so does the viewer core: from the one to the other.

use std::collections::{HashMap, VecDeque};

use media::TrackId;

/// Which serial of the core stands for which of the front end.
#[derive(Debug, Default)]
pub(crate) struct Serials(HashMap<TrackId, VecDeque<Pair>>);

#[derive(Debug)]
struct Pair {
    core: u32,
    front: u32,
}

/// So many unanswered wishes of a window are remembered; the oldest goes first.
const MAX_OPEN: usize = 64;

impl Serials {
    /// A wish was passed on.
    pub(crate) fn asked(&mut self, track: TrackId, core: u32, front: u32) {
        let open = self.0.entry(track).or_default();
        if open.len() >= MAX_OPEN {
            open.pop_front();
        }
        open.push_back(Pair { core, front });
    }

    /// The front end's serial that a window's state answers, 0 before the first.
    pub(crate) fn answered(&mut self, track: TrackId, core: u32) -> u32 {
        let Some(open) = self.0.get_mut(&track) else { return 0 };
        // The newest answered stays, to be named again by later states.
        while open.get(1).is_some_and(|next| next.core <= core) {
            open.pop_front();
        }
        open.front().filter(|pair| pair.core <= core).map_or(0, |pair| pair.front)
    }

    /// A window is gone.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.0.remove(&track);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_the_newest_wish_it_covers() {
        let mut serials = Serials::default();
        let track = TrackId(1);
        assert_eq!(serials.answered(track, 9), 0);
        serials.asked(track, 10, 1);
        serials.asked(track, 12, 2);
        assert_eq!(serials.answered(track, 9), 0);
        assert_eq!(serials.answered(track, 11), 1);
        assert_eq!(serials.answered(track, 12), 2);
        assert_eq!(serials.answered(track, 12), 2, "again, for a state that changed otherwise");
        assert_eq!(serials.answered(TrackId(2), 12), 0);
    }
}
