//! The windows as a viewer knows them.

use std::collections::{BTreeMap, VecDeque};

use media::{Pixels, Size, Timestamp, Timing, TrackId, UpdateId, Window};

use super::order::Order;

/// The most windows that a viewer keeps: a host that reports more is broken.
pub(crate) const MAX_WINDOWS: usize = 4096;
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
pub(crate) struct Unapplied {
    pub(crate) id: UpdateId,
    pub(crate) received: Timestamp,
    pub(crate) size: Size<Pixels>,
    pub(crate) exact: bool,
    pub(crate) cause: Option<media::InputId>,
    pub(crate) timing: Timing,
}

/// All windows and the order of their updates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    pub(crate) shown: BTreeMap<TrackId, Shown>,
    pub(crate) unapplied: BTreeMap<TrackId, VecDeque<Unapplied>>,
    orders: BTreeMap<TrackId, Order>,
    gone: VecDeque<TrackId>,
}

impl Windows {
    /// The host reports a window.
    pub(crate) fn report(&mut self, window: Window) {
        let track = window.track;
        match self.shown.get_mut(&track) {
            Some(shown) => {
                shown.window = window;
                shown.confirmed = true;
            }
            None => {
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
            }
        }
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

    /// Where updates of a track are ordered; `None` if too many came before their windows.
    pub(crate) fn order(&mut self, track: TrackId) -> Option<&mut Order> {
        let known = self.shown.contains_key(&track) || self.orders.contains_key(&track);
        if !known {
            let early = self.orders.keys().filter(|track| !self.shown.contains_key(track)).count();
            if early >= MAX_EARLY {
                return None;
            }
        }
        Some(self.orders.entry(track).or_default())
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
