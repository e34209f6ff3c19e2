//! The session's windows as the source last reported them, with what all viewers share of each: damage that
//! has not rested, frame callbacks, wishes.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use media::{
    AppId, Command, Pixels, Region, Size, SizeLimits, Timestamp, TrackId, ViewerId, Window, WindowKind,
};
use protocol::control::Configure;

use super::{
    REST,
    configure::Configures,
    layout,
    outbox::Outbox,
    pacing::{Audience, Pacer, UNWATCHED},
};

/// The longest time that pixels of a track that changes slowly must not change to count as resting.
const LONGEST_REST: Duration = Duration::from_millis(200);
/// How long a window counts as in use: longer than an app can wait for another window of its own.
const BUSY: Duration = UNWATCHED.saturating_mul(2);
/// Tracks that have pixels and no window yet, at most: the oldest is forgotten.
const MAX_WITHOUT_WINDOW: usize = 64;
/// Damage within this time is one entry of a track's recent damage.
const GRAIN: Duration = Duration::from_millis(10);

/// All windows.
#[derive(Debug, Default)]
pub(crate) struct Tracks {
    all: BTreeMap<TrackId, Track>,
    /// The newest serial of a configure.
    serial: u32,
    /// Whether windows are as their apps made them, whatever viewers want.
    fixed: bool,
}

/// One window's track.
#[derive(Debug)]
pub(crate) struct Track {
    /// The window; `None` while only pixels were reported.
    window: Option<Window>,
    /// The picture's size; `None` while no pixels were reported.
    size: Option<Size<Pixels>>,
    /// Whose it is, if the source said so.
    app: Option<AppId>,
    /// When the newest commit was captured.
    captured: Timestamp,
    /// Its frame callbacks.
    pacer: Pacer,
    /// What viewers wish of it.
    configures: Configures,
    recent: VecDeque<(Timestamp, Region)>,
    /// Whether the newest damage has not had its callback: its app waits, which is no rest.
    unanswered: bool,
    /// About how long lies between two changes, while they follow one another.
    interval: Duration,
    stirred: Timestamp,
    /// Until when its app counts as being at work on it.
    busy_until: Timestamp,
}

/// What a report of a window means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reported {
    /// Viewers do not know it yet.
    pub(crate) is_new: bool,
    /// Its app has changed it without being asked.
    pub(crate) by_itself: bool,
}

impl Tracks {
    /// One of them.
    pub(crate) fn get(&self, track: TrackId) -> Option<&Track> {
        self.all.get(&track)
    }

    /// One of them.
    pub(crate) fn get_mut(&mut self, track: TrackId) -> Option<&mut Track> {
        self.all.get_mut(&track)
    }

    /// The source reports a window; `None` if there are `most` others, and it stays unseen.
    pub(crate) fn report(&mut self, window: &Window, most: usize) -> Option<Reported> {
        let is_new = !self.has_window(window.track);
        if is_new && self.windows().count() >= most {
            return None;
        }
        let track = self.all.entry(window.track).or_insert_with(Track::new);
        Some(Reported { is_new, by_itself: track.report(window) })
    }

    /// A window is gone; says what was known of it.
    pub(crate) fn remove(&mut self, track: TrackId) -> Option<Track> {
        self.all.remove(&track)
    }

    /// An app committed pixels. What changed, if anything.
    pub(crate) fn damaged(
        &mut self,
        now: Timestamp,
        out: &mut Outbox,
        id: TrackId,
        size: Size<Pixels>,
        region: &Region,
        captured: Timestamp,
    ) -> Option<Region> {
        self.committed(now, out, id).damaged(now, size, region, captured)
    }

    /// A commit changed nothing, and its app waits for its frame callback.
    pub(crate) fn frame_wanted(&mut self, now: Timestamp, out: &mut Outbox, id: TrackId) {
        self.committed(now, out, id).pacer.commit(now, true);
    }

    /// The track of a commit.
    fn committed(&mut self, now: Timestamp, out: &mut Outbox, id: TrackId) -> &mut Track {
        if !self.all.contains_key(&id) {
            self.make_room_for_windowless(now, out);
        }
        let track = self.all.entry(id).or_insert_with(Track::new);
        track.in_use(now);
        track
    }

    /// Forgets a track without a window if there are many: one whose app waits for nothing, or else it waits
    /// no more.
    fn make_room_for_windowless(&mut self, now: Timestamp, out: &mut Outbox) {
        let windowless = || self.all.iter().filter(|(_, track)| track.window.is_none());
        if windowless().count() < MAX_WITHOUT_WINDOW {
            return;
        }
        let idle = windowless().find(|(_, track)| !track.pacer.is_owed());
        let Some((&id, track)) = idle.or_else(|| windowless().next()) else { return };
        if track.pacer.is_owed() {
            out.command(Command::FrameDone { track: id, at: now });
        }
        self.all.remove(&id);
    }

    /// Callbacks and wishes that are due. `is_seen`: whether any viewer sees a track.
    pub(crate) fn pump(&mut self, now: Timestamp, out: &mut Outbox, is_seen: impl Fn(TrackId) -> bool) {
        let owed = self.all.iter().filter(|(_, track)| track.pacer.is_owed());
        let audiences: Vec<_> =
            owed.map(|(id, track)| (*id, self.audience(now, *id, track, &is_seen))).collect();
        for (id, audience) in audiences {
            if let Some(track) = self.all.get_mut(&id) {
                track.pacer.watched_by(audience);
            }
        }
        for (&id, track) in &mut self.all {
            if track.pacer.due(now) {
                track.answered(now);
                out.command(Command::FrameDone { track: id, at: now });
            }
            let newest = &mut self.serial;
            let serial = || {
                *newest = newest.wrapping_add(1).max(1);
                *newest
            };
            if let Some(configure) = track.configures.due(now, serial) {
                out.command(Command::Configure { track: id, configure });
            }
        }
    }

    /// For whom a track's app draws.
    fn audience(
        &self,
        now: Timestamp,
        id: TrackId,
        track: &Track,
        is_seen: &impl Fn(TrackId) -> bool,
    ) -> Audience {
        let is_sibling =
            |other: &Track| track.app.is_some() && other.app == track.app && other.is_in_use(now);
        if is_seen(id) {
            Audience::Viewers
        } else if self.all.iter().any(|(id, other)| is_sibling(other) && is_seen(*id)) {
            Audience::Siblings
        } else {
            Audience::Nobody
        }
    }

    /// The windows that viewers know, with the sizes of their pictures.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = (TrackId, Size<Pixels>)> {
        let known = self.all.iter().filter(|(_, track)| track.has_window());
        known.map(|(id, track)| (*id, track.size()))
    }

    /// When [`Self::pump`] has something to do, if nothing else happens.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        let timeouts = |track: &Track| [track.pacer.timeout(), track.configures.timeout()];
        self.all.values().flat_map(timeouts).flatten().min()
    }

    /// Whether windows are as their apps made them, whatever viewers want.
    pub(crate) fn set_fixed(&mut self, fixed: bool) {
        self.fixed = fixed;
    }

    /// The window's state as one viewer reads it. A window that cannot be resized says so.
    pub(crate) fn window_for(&self, track: TrackId, viewer: ViewerId) -> Option<Window> {
        let mut window = self.get(track)?.window_for(viewer)?;
        if self.fixed {
            let size = Some(window.size);
            window.limits = SizeLimits { min: size, max: size, ..SizeLimits::default() };
        }
        Some(window)
    }

    /// A viewer whose wish counts says how it wants a window to be.
    pub(crate) fn wish(&mut self, viewer: ViewerId, track: TrackId, configure: Configure) {
        match self.all.get_mut(&track) {
            Some(track) if self.fixed => track.configures.refuse(viewer, configure.serial),
            Some(track) => track.configures.wish(viewer, configure),
            None => {}
        }
    }

    /// Whether a wish changes nothing: windows are as their apps made them, or an app would draw, and perhaps
    /// take much memory, for a picture that cannot be.
    pub(crate) fn is_vain(&self, configure: &Configure) -> bool {
        self.fixed || !layout::has_picture(configure)
    }

    /// A wish that changes nothing is answered without the app, which is not asked.
    pub(crate) fn refuse(&mut self, viewer: ViewerId, track: TrackId, serial: u32) {
        if let Some(track) = self.all.get_mut(&track) {
            track.configures.refuse(viewer, serial);
        }
    }

    /// A viewer is gone.
    pub(crate) fn forget_viewer(&mut self, viewer: ViewerId) {
        self.all.values_mut().for_each(|track| track.configures.forget(viewer));
    }

    /// The viewers whose wishes are remembered, for the invariants.
    pub(crate) fn wishing(&self) -> impl Iterator<Item = ViewerId> {
        self.all.values().flat_map(|track| track.configures.kept())
    }

    /// Whether it is a popup's.
    pub(crate) fn is_popup(&self, track: TrackId) -> bool {
        self.get(track).is_some_and(Track::is_popup)
    }

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
    fn new() -> Self {
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

    /// The picture's size; nothing while no pixels were reported.
    pub(crate) fn size(&self) -> Size<Pixels> {
        self.size.unwrap_or_default()
    }

    /// Whether viewers know its window.
    pub(crate) fn has_window(&self) -> bool {
        self.window.is_some()
    }

    /// The source says whose it is.
    pub(crate) fn set_app(&mut self, app: AppId) {
        self.app = Some(app);
    }

    /// The newest commit's number, for a job that reads it.
    pub(crate) fn commits(&self) -> u64 {
        self.pacer.commits()
    }

    /// When that was captured.
    pub(crate) fn captured(&self) -> Timestamp {
        self.captured
    }

    /// An encoder has taken all commits up to this number.
    pub(crate) fn taken(&mut self, commits: u64) {
        self.pacer.taken(commits);
    }

    /// The source reports the window's state. Whether its app has changed it by itself.
    fn report(&mut self, window: &Window) -> bool {
        self.configures.answer(window.configured);
        let before = self.window.replace(window.clone());
        self.configures.is_answered()
            && before
                .is_some_and(|before| before.configured == window.configured && !is_alike(&before, window))
    }

    /// Its app committed pixels. What changed, if anything.
    fn damaged(
        &mut self,
        now: Timestamp,
        size: Size<Pixels>,
        region: &Region,
        captured: Timestamp,
    ) -> Option<Region> {
        let mut region = region.clipped(size.to_rect());
        if self.size.replace(size) != Some(size) {
            region = Region::from(size.to_rect());
        }
        self.captured = captured;
        self.pacer.commit(now, region.is_empty());
        if region.is_empty() {
            return None;
        }
        self.stir(now, &region);
        Some(region)
    }

    /// It moves, or somebody uses it. Whether it had rested before.
    pub(crate) fn in_use(&mut self, now: Timestamp) -> bool {
        let before = std::mem::replace(&mut self.busy_until, now + BUSY);
        before <= now
    }

    /// Whether it did lately.
    fn is_in_use(&self, now: Timestamp) -> bool {
        now < self.busy_until
    }

    /// Whether it is a popup.
    fn is_popup(&self) -> bool {
        self.window.as_ref().is_some_and(|window| window.kind == WindowKind::Popup)
    }

    /// The window's state as one viewer reads it.
    fn window_for(&self, viewer: ViewerId) -> Option<Window> {
        let mut window = self.window.clone()?;
        window.configured = self.configures.answered(viewer);
        Some(window)
    }

    /// Notes damage as not rested.
    fn stir(&mut self, now: Timestamp, region: &Region) {
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
    fn answered(&mut self, now: Timestamp) {
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

/// Whether a window has the same size and states of those that viewers ask for.
fn is_alike(a: &Window, b: &Window) -> bool {
    let asked = |window: &Window| (window.size, window.states.maximized, window.states.fullscreen);
    asked(a) == asked(b)
}

#[cfg(test)]
mod tests {
    use super::*;

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
