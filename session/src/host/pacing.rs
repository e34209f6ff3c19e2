//! When an app may draw its next frame.
//!
//! Every commit that asks is answered. How soon depends on who looks ([`Audience`]):
//! - What viewers look at is paced by what they can take. A commit's frame callback goes out as soon as the
//!   first viewer's encoder has taken the commit, and not sooner than [`FRAME`] after the callback before. So
//!   a slow viewer does not slow the app for a fast one, and after a rest the callback goes at once: there
//!   are no ticks. A commit that changes nothing has nothing to be taken; but where pixels before it wait to
//!   be taken, it waits with them.
//! - What nobody takes gets one callback in [`UNWATCHED`], so that none is ever lost. What nobody looks at
//!   does as well, but after a rest a few sooner ([`FEW`]): an app that starts, or draws once in a while,
//!   need not wait.
//! - A hidden window of an app that shows others which move or are used gets its callbacks as if it were
//!   seen: the app may draw all of them by one thread, which waits for each.

use std::time::Duration;

use media::Timestamp;

/// The least time between two callbacks of a track.
const FRAME: Duration = Duration::from_millis(16);
/// The time between two callbacks when nobody takes the track's pictures.
pub(crate) const UNWATCHED: Duration = Duration::from_secs(1);

/// So many callbacks of a track that nobody looks at may go in a row.
const FEW: u32 = 4;

/// How long before a track has rested a callback may go.
const IN_A_ROW: Duration = UNWATCHED.saturating_mul(FEW - 1);

/// The frame callbacks of one track.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pacer {
    state: Pacing,
    audience: Audience,
    last: Option<Timestamp>,
    /// When all of [`FEW`] could go again.
    rested: Timestamp,
    /// Counts commits, to tell which an encoder has taken.
    commits: u64,
}

/// For whom the next frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Viewers that see the track.
    Viewers,
    /// Nobody; but viewers see another track of the same app, which would wait for this one.
    Siblings,
    /// Nobody.
    #[default]
    Nobody,
}

/// What the newest commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Pacing {
    /// Nothing: its callback has gone.
    #[default]
    Done,
    /// An encoder has not taken it yet.
    Waiting {
        /// When the first that waits came.
        since: Timestamp,
        /// Its number.
        first: u64,
    },
    /// Only for its time.
    Taken,
}

impl Pacer {
    /// The app committed. `empty`: without new pixels, so that there is nothing to take.
    pub(crate) fn commit(&mut self, now: Timestamp, empty: bool) {
        self.commits += 1;
        self.state = match self.state {
            // Pixels without an answer yet are still to be taken, whatever an empty commit behind them says.
            waiting @ Pacing::Waiting { .. } => waiting,
            Pacing::Done | Pacing::Taken if empty => Pacing::Taken,
            Pacing::Done | Pacing::Taken => Pacing::Waiting { since: now, first: self.commits },
        };
    }

    /// The newest commit's number, for a job that reads it.
    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }

    /// An encoder has taken all commits up to this number.
    pub(crate) fn taken(&mut self, commits: u64) {
        if let Pacing::Waiting { first, .. } = self.state
            && commits >= first
        {
            self.state = Pacing::Taken;
        }
    }

    /// Who looks now.
    pub(crate) fn watched_by(&mut self, audience: Audience) {
        self.audience = audience;
    }

    /// Whether a callback is owed.
    pub(crate) fn is_owed(&self) -> bool {
        self.state != Pacing::Done
    }

    /// When the callback is due, if one is owed.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        let after = |time| self.last.map_or(Timestamp(0), |last| last + time);
        let unseen = after(FRAME).max(Timestamp(self.rested.0.saturating_sub(IN_A_ROW.as_micros() as u64)));
        match (self.state, self.audience) {
            (Pacing::Done, _) => None,
            (Pacing::Taken, Audience::Viewers) | (_, Audience::Siblings) => Some(after(FRAME)),
            (Pacing::Taken, Audience::Nobody) => Some(unseen),
            (Pacing::Waiting { since, .. }, Audience::Nobody) => Some((since + FRAME).max(unseen)),
            (Pacing::Waiting { since, .. }, Audience::Viewers) => Some((since + FRAME).max(after(UNWATCHED))),
        }
    }

    /// Whether the callback goes now; notes that it went.
    pub(crate) fn due(&mut self, now: Timestamp) -> bool {
        let due = self.timeout().is_some_and(|due| due <= now);
        if due {
            self.state = Pacing::Done;
            self.last = Some(now);
            self.rested = (self.rested.max(now) + UNWATCHED).min(now + UNWATCHED * FEW);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp(10_000_000 + ms * 1000)
    }

    fn watched() -> Pacer {
        Pacer { audience: Audience::Viewers, ..Pacer::default() }
    }

    #[test]
    fn the_first_callback_after_a_rest_goes_at_once_and_the_next_a_frame_later() {
        let mut pacer = watched();
        pacer.commit(at(0), false);
        assert!(!pacer.due(at(1)), "no encoder has taken it");
        pacer.taken(pacer.commits());
        assert!(pacer.due(at(2)));
        pacer.commit(at(3), false);
        pacer.taken(pacer.commits());
        assert_eq!(pacer.timeout(), Some(at(18)));
        assert!(!pacer.due(at(17)) && pacer.due(at(18)));
        assert_eq!(pacer.timeout(), None);
    }

    #[test]
    fn an_encoder_that_read_an_older_commit_has_not_taken_the_newer() {
        let mut pacer = Pacer::default();
        let older = pacer.commits();
        pacer.commit(at(0), false);
        pacer.taken(older);
        assert!(!pacer.due(at(2)));
    }

    #[test]
    fn an_app_that_does_not_wait_for_callbacks_gets_them_nevertheless() {
        let mut pacer = watched();
        let mut gone = 0;
        for ms in 0..1000 {
            let read = pacer.commits();
            pacer.commit(at(ms), false);
            pacer.taken(read);
            gone += u32::from(pacer.due(at(ms)));
        }
        assert!((55..=63).contains(&gone), "{gone}");
    }

    #[test]
    fn nobody_watching_means_a_few_callbacks_then_one_a_second_and_none_lost() {
        for empty in [false, true] {
            let mut pacer = Pacer::default();
            let mut now = at(0);
            let mut gone = Vec::new();
            for _ in 0..8 {
                pacer.commit(now, empty);
                let due = pacer.timeout().expect("owed").max(now);
                assert!(due.since(now) <= UNWATCHED);
                now = due;
                assert!(pacer.due(now));
                gone.push(now);
            }
            assert!(gone[3] <= at(64), "{gone:?}");
            assert!(gone[7] >= at(4000), "{gone:?}");
            pacer.commit(at(20_000), empty);
            assert!(pacer.due(at(20_016)), "it has rested");
        }
    }

    #[test]
    fn a_commit_without_pixels_needs_no_encoder() {
        let mut pacer = watched();
        pacer.commit(at(0), true);
        assert!(pacer.due(at(0)));
        pacer.commit(at(1), true);
        assert_eq!(pacer.timeout(), Some(at(16)), "at a screen's pace");
    }

    #[test]
    fn a_commit_without_pixels_waits_with_the_pixels_before_it() {
        let mut pacer = watched();
        pacer.commit(at(0), false);
        pacer.commit(at(1), true);
        assert!(!pacer.due(at(2)));
        pacer.taken(pacer.commits());
        assert!(pacer.due(at(3)));
    }

    #[test]
    fn what_nobody_sees_is_slow_unless_its_app_is_in_use() {
        for empty in [false, true] {
            let mut pacer = Pacer::default();
            pacer.watched_by(Audience::Viewers);
            for frame in 0..u64::from(FEW) {
                pacer.commit(at(frame * 16), empty);
                pacer.taken(pacer.commits());
                assert!(pacer.due(at(frame * 16)));
            }
            pacer.commit(at(49), empty);
            pacer.watched_by(Audience::Nobody);
            assert!(pacer.timeout() >= Some(at(950)), "what was seen until now has not rested");
            pacer.watched_by(Audience::Siblings);
            assert_eq!(pacer.timeout(), Some(at(64)));
        }
    }
}
