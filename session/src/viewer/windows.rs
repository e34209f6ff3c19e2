//! The windows as a viewer knows them.

use std::collections::{BTreeMap, VecDeque};

use media::{InputId, Pixels, Size, Timestamp, Timing, TrackId, Update, UpdateId, Window};

use thiserror::Error;

use super::order::{Gap, Order};

/// The most windows that a viewer keeps: a host that reports more is broken.
const MAX_WINDOWS: usize = 4096;
/// The most updates of a track that wait to be applied: a host that heeds feedback sends far fewer.
const MAX_UNAPPLIED: usize = 1024;
/// The most tracks whose updates came before their window.
const MAX_EARLY: usize = 1024;
/// How many tracks that are gone are remembered, to know their late updates.
const MAX_GONE: usize = 1024;

/// The most bytes of updates that wait for others, or to be applied, of all tracks together: several of the
/// longest messages.
const MAX_HELD: u64 = 256 << 20;
/// The most pixels of all pictures together, which take 2 GiB: 64 screens of 3840 × 2160.
const MAX_PIXELS: u64 = 512 << 20;

/// One window.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its state, as the host said last.
    pub window: Window,
    /// The picture's size, from the newest applied update; `None` before the first of this session.
    pub size: Option<Size<Pixels>>,
    /// Whether the picture equals the app's, pixel by pixel.
    pub exact: bool,
    /// How many updates were applied, over all links: grows with every change of the picture.
    pub changes: u64,
    /// When the host captured the newest applied picture, on the host's clock.
    pub captured: Option<Timestamp>,
    /// Whether the host has reported it since the last welcome.
    pub(crate) confirmed: bool,
    /// Whether anybody can see it here.
    pub(crate) visible: bool,
}

/// An update that was handed out and is not applied yet.
#[derive(Clone, Copy, Debug)]
struct Unapplied {
    id: UpdateId,
    received: Timestamp,
    size: Size<Pixels>,
    exact: bool,
    cause: Option<InputId>,
    timing: Timing,
    /// How much memory it holds until then.
    held: u64,
}

/// An update that has been applied, as far as latency is concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applied {
    /// When it had arrived whole.
    pub(crate) received: Timestamp,
    /// The input that caused it.
    pub(crate) cause: Option<InputId>,
    /// Its way through the host.
    pub(crate) timing: Timing,
    /// Whether it shows something newer than what was shown on this link before.
    pub(crate) fresh: bool,
}

/// Which bound a host breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum TooMany {
    /// See [`MAX_WINDOWS`].
    #[error("more than {MAX_WINDOWS} windows")]
    Windows,
    /// See [`MAX_EARLY`].
    #[error("updates of many tracks without windows")]
    Early,
    /// See [`MAX_UNAPPLIED`].
    #[error("over {MAX_UNAPPLIED} updates of {0} ahead of the decoder")]
    Unapplied(TrackId),
    /// Too many wait for one that never came.
    #[error("update {1} of {0} never came")]
    Gap(TrackId, UpdateId),
    /// See [`MAX_HELD`].
    #[error("over {} MiB of updates that cannot be shown yet", MAX_HELD >> 20)]
    Held,
    /// See [`MAX_PIXELS`].
    #[error("pictures of over {} million pixels", MAX_PIXELS / 1_000_000)]
    Pixels,
}

/// All windows and the order of their updates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    shown: BTreeMap<TrackId, Shown>,
    unapplied: BTreeMap<TrackId, VecDeque<Unapplied>>,
    orders: BTreeMap<TrackId, Order>,
    gone: VecDeque<TrackId>,
    /// The memory of all updates that wait for others, or to be applied.
    held: u64,
    /// How many pixels each track's picture has, as far as updates were handed out.
    pixels: BTreeMap<TrackId, u64>,
}

impl Windows {
    /// The host reports a window.
    pub(crate) fn report(&mut self, window: Window) -> Result<(), TooMany> {
        let track = window.track;
        if let Some(shown) = self.shown.get_mut(&track) {
            shown.window = window;
            shown.confirmed = true;
            return Ok(());
        }
        if self.shown.len() >= MAX_WINDOWS {
            return Err(TooMany::Windows);
        }
        let shown = Shown {
            window,
            size: None,
            exact: false,
            changes: 0,
            captured: None,
            confirmed: true,
            visible: true,
        };
        self.shown.insert(track, shown);
        Ok(())
    }

    /// One window.
    pub(crate) fn get(&self, track: TrackId) -> Option<&Shown> {
        self.shown.get(&track)
    }

    /// Whether there is such a window.
    pub(crate) fn contains(&self, track: TrackId) -> bool {
        self.shown.contains_key(&track)
    }

    /// All of them, by track.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Shown> {
        self.shown.values()
    }

    /// Notes whether anybody can see a window here; says whether that is news.
    pub(crate) fn set_visible(&mut self, track: TrackId, visible: bool) -> bool {
        let Some(shown) = self.shown.get_mut(&track) else { return false };
        std::mem::replace(&mut shown.visible, visible) != visible
    }

    /// The windows that nobody can see here.
    pub(crate) fn hidden(&self) -> Vec<TrackId> {
        self.shown.iter().filter(|(_, shown)| !shown.visible).map(|(track, _)| *track).collect()
    }

    /// The update of a track that is next in order, if it has come and its window is known. It is to be
    /// applied.
    pub(crate) fn next(&mut self, track: TrackId) -> Result<Option<Update>, TooMany> {
        let confirmed = self.shown.get(&track).is_some_and(|shown| shown.confirmed);
        let order = self.orders.get_mut(&track).filter(|_| confirmed);
        let Some((received, update)) = order.and_then(Order::next) else { return Ok(None) };
        self.pixels.insert(track, update.size.area());
        if self.pixels.values().fold(0, |sum: u64, pixels| sum.saturating_add(*pixels)) > MAX_PIXELS {
            return Err(TooMany::Pixels);
        }
        let unapplied = self.unapplied.entry(track).or_default();
        if unapplied.len() >= MAX_UNAPPLIED {
            return Err(TooMany::Unapplied(track));
        }
        unapplied.push_back(Unapplied {
            id: update.id,
            received,
            size: update.size,
            exact: update.exact,
            cause: update.caused_by_input,
            timing: update.timing,
            held: held_by(&update),
        });
        Ok(Some(update))
    }

    /// What was handed out up to this update has been applied.
    pub(crate) fn applied(&mut self, track: TrackId, id: UpdateId) -> Option<Applied> {
        let queue = self.unapplied.get_mut(&track)?;
        let mut newest = None;
        while let Some(unapplied) = queue.pop_front_if(|unapplied| unapplied.id <= id) {
            self.held = self.held.saturating_sub(unapplied.held);
            newest = Some(unapplied);
        }
        let Unapplied { received, size, exact, cause, timing, .. } = newest?;
        let shown = self.shown.get_mut(&track)?;
        let before = shown.captured.replace(timing.captured);
        let fresh = id.0 > 1 && before.is_some_and(|before| timing.captured > before);
        shown.size = Some(size);
        shown.exact = exact;
        shown.changes += 1;
        Some(Applied { received, cause, timing, fresh })
    }

    /// A window is not shown any more; says whether it was.
    pub(crate) fn remove(&mut self, track: TrackId) -> bool {
        for unapplied in self.unapplied.remove(&track).into_iter().flatten() {
            self.held = self.held.saturating_sub(unapplied.held);
        }
        self.pixels.remove(&track);
        self.shown.remove(&track).is_some()
    }

    /// A window is gone for good: updates of it that are still on their way are late.
    pub(crate) fn bury(&mut self, track: TrackId) {
        if let Some(order) = self.orders.remove(&track) {
            self.held = self.held.saturating_sub(order.waiting().map(held_by).sum());
        }
        if self.gone.len() >= MAX_GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(track);
    }

    /// Whether it was there and is gone.
    pub(crate) fn is_gone(&self, track: TrackId) -> bool {
        self.gone.contains(&track)
    }

    /// Whether a window is `track`, or belongs to it over any number of others.
    pub(crate) fn is_at_or_above(&self, track: TrackId, window: TrackId) -> bool {
        let parent = |window: &TrackId| self.shown.get(window).and_then(|shown| shown.window.parent);
        // What is kept has no circles; the bound is only there so that this ends whatever is kept.
        std::iter::successors(Some(window), parent).take(MAX_WINDOWS).any(|window| window == track)
    }

    /// An update has arrived: it waits for its turn.
    pub(crate) fn insert(&mut self, now: Timestamp, update: Update) -> Result<(), TooMany> {
        let (track, held) = (update.track, held_by(&update));
        let is_new =
            self.order(track)?.insert(now, update).map_err(|Gap(missing)| TooMany::Gap(track, missing))?;
        self.held += if is_new { held } else { 0 };
        if self.held > MAX_HELD { Err(TooMany::Held) } else { Ok(()) }
    }

    /// Where updates of a track are ordered.
    fn order(&mut self, track: TrackId) -> Result<&mut Order, TooMany> {
        let known = self.shown.contains_key(&track) || self.orders.contains_key(&track);
        if !known {
            let early = self.orders.keys().filter(|track| !self.shown.contains_key(track)).count();
            if early >= MAX_EARLY {
                return Err(TooMany::Early);
            }
        }
        Ok(self.orders.entry(track).or_default())
    }

    /// A new link: updates begin anew, windows wait to be confirmed.
    pub(crate) fn begin(&mut self) {
        self.orders.clear();
        self.unapplied.clear();
        self.gone.clear();
        self.held = 0;
        for shown in self.shown.values_mut() {
            shown.confirmed = false;
            shown.exact = false;
        }
    }

    /// The windows that the host has not reported since the last welcome.
    pub(crate) fn unconfirmed(&self) -> Vec<TrackId> {
        self.shown.iter().filter(|(_, shown)| !shown.confirmed).map(|(track, _)| *track).collect()
    }
}

/// The memory that an update holds, about.
fn held_by(update: &Update) -> u64 {
    let ops: usize = update.ops.iter().map(media::Op::encoded_len).sum();
    (size_of::<Update>() + ops) as u64
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::{MAX_DIMENSION, Op, Rect, Scale, SizeLimits, States, TileCoding, WindowKind};

    use super::*;

    fn window(track: u32, parent: Option<u32>) -> Window {
        Window {
            track: TrackId(track),
            kind: if parent.is_some() { WindowKind::Popup } else { WindowKind::Toplevel },
            parent: parent.map(TrackId),
            title: String::new(),
            app_id: String::new(),
            icon: None,
            position: Default::default(),
            size: Size::new(1, 1),
            scale: Scale::ONE,
            limits: SizeLimits::default(),
            states: States::default(),
            configured: 0,
            stacking: track,
        }
    }

    fn update(track: u32, id: u64, side: u32, data: &Bytes) -> Update {
        let rect = Rect::new(0, 0, side, side);
        Update {
            track: TrackId(track),
            id: UpdateId(id),
            size: Size::new(side, side),
            ops: vec![Op::Tile { rect, coding: TileCoding::Solid, data: data.clone() }],
            exact: true,
            caused_by_input: None,
            timing: Timing::default(),
        }
    }

    /// Reports a window, and hands out an update of it.
    fn hand_out(windows: &mut Windows, update: Update) -> Result<(), TooMany> {
        let track = update.track;
        windows.report(window(track.0, None))?;
        windows.insert(Timestamp(0), update)?;
        windows.next(track).map(|next| assert!(next.is_some()))
    }

    fn end(windows: &mut Windows, track: u32) {
        windows.remove(TrackId(track));
        windows.bury(TrackId(track));
    }

    #[test]
    fn one_colour_on_ever_more_tracks_ends_the_link_and_what_is_gone_counts_no_more() {
        let mut windows = Windows::default();
        let colour = Bytes::from_static(&[1, 2, 3, 255]);
        for track in 1..100 {
            hand_out(&mut windows, update(track, 1, MAX_DIMENSION, &colour)).expect("one at a time");
            end(&mut windows, track);
        }
        let first = (101..200).find_map(|track| {
            hand_out(&mut windows, update(track, 1, MAX_DIMENSION, &colour)).err().map(|error| (track, error))
        });
        assert_eq!(first, Some((109, TooMany::Pixels)), "eight of the largest pictures");
    }

    #[test]
    fn updates_out_of_order_are_bounded_by_bytes_over_all_tracks() {
        let mut windows = Windows::default();
        let long = Bytes::from(vec![0; 31 << 20]);
        for track in 1..=8 {
            windows.report(window(track, None)).expect("few");
            windows.insert(Timestamp(0), update(track, 2, 4, &long)).expect("eight of the longest");
        }
        for _ in 0..9 {
            windows.insert(Timestamp(0), update(1, 2, 4, &long)).expect("one that is held already");
        }
        assert_eq!(windows.insert(Timestamp(0), update(9, 2, 4, &long)), Err(TooMany::Held));
    }

    #[test]
    fn what_was_applied_or_is_gone_holds_nothing() {
        let mut windows = Windows::default();
        let long = Bytes::from(vec![0; 31 << 20]);
        for id in 1..=20 {
            hand_out(&mut windows, update(1, id, 4, &long)).expect("one at a time");
            windows.applied(TrackId(1), UpdateId(id)).expect("handed out");
        }
        for track in 2..=20 {
            hand_out(&mut windows, update(track, 1, 4, &long)).expect("two at a time");
            windows.insert(Timestamp(0), update(track, 3, 4, &long)).expect("two at a time");
            end(&mut windows, track);
        }
        assert_eq!(windows.held, 0);
    }

    #[test]
    fn a_window_is_above_itself_and_whatever_belongs_to_it() {
        let mut windows = Windows::default();
        for (track, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(9))] {
            windows.report(window(track, parent)).expect("few");
        }
        let above = |track, window| windows.is_at_or_above(TrackId(track), TrackId(window));
        assert!(above(1, 1) && above(1, 3) && above(9, 4) && above(5, 5));
        assert!(!above(3, 1) && !above(3, 4) && !above(3, 9));
    }
}
