//! The windows as a viewer knows them.

use std::collections::{BTreeMap, VecDeque};

use media::{InputId, Pixels, Size, Timestamp, Timing, TrackId, Update, UpdateId, Window};

use thiserror::Error;

use super::order::Order;

/// The most windows that a viewer keeps: a host that reports more is broken.
const MAX_WINDOWS: usize = 4096;
/// The most updates of a track that wait to be applied: a host that heeds feedback sends far fewer.
const MAX_UNAPPLIED: usize = 1024;
/// The most tracks whose updates came before their window.
const MAX_EARLY: usize = 1024;
/// How many tracks that are gone are remembered, to know their late updates.
const MAX_GONE: usize = 1024;

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
}

/// All windows and the order of their updates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    shown: BTreeMap<TrackId, Shown>,
    unapplied: BTreeMap<TrackId, VecDeque<Unapplied>>,
    orders: BTreeMap<TrackId, Order>,
    gone: VecDeque<TrackId>,
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
        });
        Ok(Some(update))
    }

    /// What was handed out up to this update has been applied.
    pub(crate) fn applied(&mut self, track: TrackId, id: UpdateId) -> Option<Applied> {
        let queue = self.unapplied.get_mut(&track)?;
        let mut newest = None;
        while let Some(unapplied) = queue.pop_front_if(|unapplied| unapplied.id <= id) {
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
        self.unapplied.remove(&track);
        self.shown.remove(&track).is_some()
    }

    /// A window is gone for good: updates of it that are still on their way are late.
    pub(crate) fn bury(&mut self, track: TrackId) {
        self.orders.remove(&track);
        if self.gone.len() >= MAX_GONE {
            self.gone.pop_front();
        }
        self.gone.push_back(track);
    }

    /// Whether it was there and is gone.
    pub(crate) fn is_gone(&self, track: TrackId) -> bool {
        self.gone.contains(&track)
    }

    /// Where updates of a track are ordered.
    pub(crate) fn order(&mut self, track: TrackId) -> Result<&mut Order, TooMany> {
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
