//! The session's windows as the source last reported them, with what all viewers share of each: damage that has not
//! rested, frame callbacks, wishes.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use media::{Icon, IconId, Pixels, Region, Size, Timestamp, TrackId, ViewerId, Window, WindowKind};

use super::{REST, configure::Configures, pacing::Pacer};

/// The most icons that are kept for viewers to come; the oldest goes first.
const MAX_ICONS: usize = 64;
/// The longest time that pixels of a track that changes slowly must not change to count as resting.
const LONGEST_REST: Duration = Duration::from_millis(200);
/// Damage within this time is one entry of a track's recent damage.
const GRAIN: Duration = Duration::from_millis(10);

/// All windows and icons.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    /// By track.
    pub(crate) all: BTreeMap<TrackId, Track>,
    icons: VecDeque<Icon>,
}

/// One window's track.
#[derive(Debug)]
pub(crate) struct Track {
    /// The window; `None` while only pixels were reported.
    pub(crate) window: Option<Window>,
    /// The picture's size; `None` while no pixels were reported.
    pub(crate) size: Option<Size<Pixels>>,
    /// When the newest commit was captured.
    pub(crate) captured: Timestamp,
    /// Its frame callbacks.
    pub(crate) pacer: Pacer,
    /// What viewers wish of it.
    pub(crate) configures: Configures,
    recent: VecDeque<(Timestamp, Region)>,
    /// About how long lies between two changes, while they follow one another.
    interval: Duration,
    stirred: Timestamp,
}

impl Tracks {
    /// The windows that viewers know, parents before their children, else from the bottom of the stack to its top.
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

    /// Notes an icon.
    pub(crate) fn add_icon(&mut self, icon: Icon) {
        self.icons.retain(|kept| kept.id != icon.id);
        if self.icons.len() >= MAX_ICONS {
            self.icons.pop_front();
        }
        self.icons.push_back(icon);
    }

    /// The icons that windows name.
    pub(crate) fn icons(&self) -> impl Iterator<Item = &Icon> {
        let named: Vec<IconId> = self.windows().filter_map(|window| window.icon).collect();
        self.icons.iter().filter(move |icon| named.contains(&icon.id))
    }

    /// Whether the bounds hold.
    pub(crate) fn is_bounded(&self) -> bool {
        self.icons.len() <= MAX_ICONS
            && self.all.values().all(|track| track.recent.len() <= Track::MAX_RECENT)
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
            captured: Timestamp(0),
            pacer: Pacer::default(),
            configures: Configures::default(),
            recent: VecDeque::new(),
            interval: Duration::ZERO,
            stirred: Timestamp(0),
        }
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
        let gap = now.since(std::mem::replace(&mut self.stirred, now));
        self.interval = if gap > LONGEST_REST * 2 { Duration::ZERO } else { (self.interval * 3 + gap) / 4 };
        match self.recent.back_mut() {
            // The entry's own time stays, or steady small damage would keep all of it restless for ever; the newest
            // part of it may be taken for rested one grain too early.
            Some((at, recent)) if now.since(*at) < GRAIN => recent.union(region),
            _ => self.recent.push_back((now, region.clone())),
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
        self.recent.front().map_or(Timestamp(0), |(at, _)| *at + self.rest())
    }

    /// How long its pixels must not change to count as resting: longer than motion pauses between two pictures.
    fn rest(&self) -> Duration {
        (self.interval * 2).clamp(REST, LONGEST_REST)
    }

    fn settle(&mut self, now: Timestamp) {
        let rest = self.rest();
        while self.recent.front().is_some_and(|(at, _)| now.since(*at) >= rest) {
            self.recent.pop_front();
        }
    }
}
