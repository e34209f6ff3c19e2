//! The session's windows as the source last reported them, with what all viewers share of each: damage that
//! has not rested, frame callbacks, wishes.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use media::{AppId, Pixels, Region, Size, Timestamp, TrackId, ViewerId, Window, WindowKind};

use super::{
    REST,
    configure::Configures,
    pacing::{Pacer, UNWATCHED},
};

/// The longest time that pixels of a track that changes slowly must not change to count as resting.
const LONGEST_REST: Duration = Duration::from_millis(200);
/// How long a window counts as in use: longer than an app can wait for another window of its own.
const BUSY: Duration = UNWATCHED.saturating_mul(2);
/// Damage within this time is one entry of a track's recent damage.
const GRAIN: Duration = Duration::from_millis(10);

/// All windows.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    /// By track.
    pub(crate) all: BTreeMap<TrackId, Track>,
}

/// One window's track.
#[derive(Debug)]
pub(crate) struct Track {
    /// The window; `None` while only pixels were reported.
    pub(crate) window: Option<Window>,
    /// The picture's size; `None` while no pixels were reported.
    pub(crate) size: Option<Size<Pixels>>,
    /// Whose it is, if the source said so.
    pub(crate) app: Option<AppId>,
    /// When the newest commit was captured.
    pub(crate) captured: Timestamp,
    /// Its frame callbacks.
    pub(crate) pacer: Pacer,
    /// What viewers wish of it.
    pub(crate) configures: Configures,
    recent: VecDeque<(Timestamp, Region)>,
    /// Whether the newest damage has not had its callback: its app waits, which is no rest.
    unanswered: bool,
    /// About how long lies between two changes, while they follow one another.
    interval: Duration,
    stirred: Timestamp,
    /// Until when its app counts as being at work on it.
    busy_until: Timestamp,
}

impl Tracks {
    /// The windows that viewers know, parents before their children, else from the bottom of the stack to its
    /// top.
    pub(crate) fn in_order(&self) -> Vec<&Window> {
        let mut rest: Vec<&Window> = self.windows().collect();
        rest.sort_by_key(|window| window.stacking);
        let mut ordered: Vec<&Window> = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            let (ready, waiting): (Vec<_>, Vec<_>) = rest.iter().partition(|window| {
                let parent_waits = |parent| rest.iter().any(|other| other.track == parent);
                !window.parent.is_some_and(parent_waits)
            });
            if ready.is_empty() {
                // A circle of parents is a mistake of the source; the windows are shown nevertheless.
                ordered.extend(waiting);
                break;
            }
            ordered.extend(ready);
            rest = waiting;
        }
        ordered
    }

    /// The windows that viewers know.
    pub(crate) fn windows(&self) -> impl Iterator<Item = &Window> {
        self.all.values().filter_map(|track| track.window.as_ref())
    }

    /// Whether viewers know this window.
    pub(crate) fn has_window(&self, track: TrackId) -> bool {
        self.all.get(&track).is_some_and(|track| track.window.is_some())
    }

    /// Whether the bounds hold.
    pub(crate) fn is_bounded(&self) -> bool {
        self.all.values().all(|track| track.recent.len() <= Track::MAX_RECENT)
    }
}

impl Track {
    /// One entry a grain, until it has rested.
    const MAX_RECENT: usize = (LONGEST_REST.as_millis() / GRAIN.as_millis()) as usize + 1;

    /// A track that nothing is known of.
    pub(crate) fn new() -> Self {
        Self {
            window: None,
            size: None,
            app: None,
            captured: Timestamp(0),
            pacer: Pacer::default(),
            configures: Configures::default(),
            recent: VecDeque::new(),
            unanswered: false,
            interval: Duration::ZERO,
            stirred: Timestamp(0),
            busy_until: Timestamp(0),
        }
    }

    /// It moves, or somebody uses it. Whether it had rested before.
    pub(crate) fn in_use(&mut self, now: Timestamp) -> bool {
        let before = std::mem::replace(&mut self.busy_until, now + BUSY);
        before <= now
    }

    /// Whether it did lately.
    pub(crate) fn is_in_use(&self, now: Timestamp) -> bool {
        now < self.busy_until
    }

    /// Whether it is a popup.
    pub(crate) fn is_popup(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.kind == WindowKind::Popup)
    }

    /// The window's state as one viewer reads it.
    pub(crate) fn window_for(&self, viewer: ViewerId) -> Option<Window> {
        let mut window = self.window.clone()?;
        window.configured = self.configures.answered(viewer);
        Some(window)
    }

    /// Notes damage as not rested.
    pub(crate) fn stir(&mut self, now: Timestamp, region: &Region) {
        self.settle(now);
        self.unanswered = true;
        let gap = now.since(std::mem::replace(&mut self.stirred, now));
        self.interval = if gap > LONGEST_REST * 2 { Duration::ZERO } else { (self.interval * 3 + gap) / 4 };
        match self.recent.back_mut() {
            // The entry's own time stays, or steady small damage would keep all of it restless for ever; the
            // newest part of it may be taken for rested one grain too early.
            Some((at, recent)) if now.since(*at) < GRAIN => recent.union(region),
            _ => self.recent.push_back((now, region.clone())),
        }
    }

    /// The callback of its newest commit goes now. Only from now on could the app draw anything else: where a
    /// link stalls, pictures that were to go on moving would else be repeated losslessly as soon as it moves
    /// again.
    pub(crate) fn answered(&mut self, now: Timestamp) {
        if std::mem::take(&mut self.unanswered)
            && let Some((at, _)) = self.recent.back_mut()
        {
            *at = now;
        }
    }

    /// What was damaged so lately that it may change again.
    pub(crate) fn restless(&mut self, now: Timestamp) -> Region {
        self.settle(now);
        let mut region = Region::new();
        for (_, recent) in &self.recent {
            region.union(recent);
        }
        region
    }

    /// When the next part of it has rested.
    pub(crate) fn rests_at(&self) -> Timestamp {
        let answer = self.pacer.timeout().filter(|_| self.unanswered && self.recent.len() == 1);
        let since = answer.or(self.recent.front().map(|(at, _)| *at));
        since.map_or(Timestamp(0), |since| since + self.rest())
    }

    /// How long its pixels must not change to count as resting: longer than motion pauses between two
    /// pictures.
    fn rest(&self) -> Duration {
        (self.interval * 2).clamp(REST, LONGEST_REST)
    }

    fn settle(&mut self, now: Timestamp) {
        let rest = self.rest();
        let kept = usize::from(self.unanswered);
        while self.recent.len() > kept && self.recent.front().is_some_and(|(at, _)| now.since(*at) >= rest) {
            self.recent.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pacing::Audience, *};

    fn at(ms: u64) -> Timestamp {
        Timestamp(10_000_000 + ms * 1000)
    }

    fn damaged(now: Timestamp) -> Track {
        let mut track = Track::new();
        track.pacer.watched_by(Audience::Viewers);
        track.pacer.commit(now, false);
        track.stir(now, &Region::from(Size::new(64, 64).to_rect()));
        track
    }

    #[test]
    fn an_app_that_waits_for_its_callback_does_not_rest() {
        let mut track = damaged(at(0));
        assert!(!track.restless(at(500)).is_empty(), "it could not draw");
        track.pacer.taken(track.pacer.commits());
        assert!(track.pacer.due(at(500)));
        track.answered(at(500));
        assert!(!track.restless(at(560)).is_empty(), "it has not had the time to");
        assert_eq!(track.rests_at(), at(500) + REST);
        assert!(track.restless(at(580)).is_empty(), "it had");
    }

    #[test]
    fn callbacks_without_new_pixels_keep_nothing_restless() {
        let mut track = damaged(at(0));
        for ms in (0..100).step_by(16) {
            track.pacer.commit(at(ms), true);
            track.answered(at(ms));
        }
        assert!(track.restless(at(100)).is_empty());
        assert_eq!(track.rests_at(), Timestamp(0));
    }
}
