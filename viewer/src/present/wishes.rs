//! Sizes and states that this desktop wants windows to have, and how far the host has answered.
//!
//! The newest wish wins. Until the host has answered it, and while the user is still dragging, what the host
//! says about size and states is older than what the desktop wants, and is not followed: windows would jump
//! back and forth.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use media::{Logical, Scale, Size, TrackId, Window};
use protocol::control::Configure;

/// The wishes for all windows.
#[derive(Debug, Default)]
pub(crate) struct Wishes {
    serial: u32,
    by_track: HashMap<TrackId, Wish>,
}

/// What the desktop makes of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Local {
    /// Its inner size.
    pub(crate) size: Size<Logical>,
    /// The desktop's scale there.
    pub(crate) scale: Scale,
    /// Whether it fills the work area.
    pub(crate) maximized: bool,
    /// Whether it fills the screen.
    pub(crate) fullscreen: bool,
}

#[derive(Debug)]
struct Wish {
    configure: Configure,
    dragging: Dragging,
}

/// Whether the user is changing a size right now. Desktops do not tell; a pause does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dragging {
    /// No.
    Settled,
    /// Yes, unless nothing changes until then.
    Until(Instant),
}

/// A drag is over when its window kept its size for so long.
const PAUSE: Duration = Duration::from_millis(200);

impl Wishes {
    /// Notes what the desktop made of a window. Returns what to ask of the host, if that is news to it.
    pub(crate) fn changed(&mut self, remote: &Window, local: Local, now: Instant) -> Option<Configure> {
        let previous =
            self.by_track.get(&remote.track).map_or_else(|| of_remote(remote), |wish| of(wish.configure));
        let known = self.by_track.get(&remote.track).is_none_or(|wish| answered(wish, remote));
        if local == previous || (known && local == of_remote(remote)) {
            return None;
        }
        // A change of state is one step; only bare changes of size come in swarms.
        let drags = local.maximized == previous.maximized
            && local.fullscreen == previous.fullscreen
            && local.scale == previous.scale
            && !local.maximized
            && !local.fullscreen;
        let dragging = if drags { Dragging::Until(now + PAUSE) } else { Dragging::Settled };
        Some(self.wish(remote.track, local, dragging))
    }

    /// Whether the host's newest state of a window answers the newest wish, and the user is not dragging.
    pub(crate) fn may_follow(&self, remote: &Window) -> bool {
        self.by_track
            .get(&remote.track)
            .is_none_or(|wish| answered(wish, remote) && wish.dragging == Dragging::Settled)
    }

    /// When [`Wishes::settle`] is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.by_track
            .values()
            .filter_map(|wish| match wish.dragging {
                Dragging::Settled => None,
                Dragging::Until(end) => Some(end),
            })
            .min()
    }

    /// Ends the drags whose time has come: what to tell the host.
    pub(crate) fn settle(&mut self, now: Instant) -> Vec<(TrackId, Configure)> {
        let ended = |wish: &Wish| matches!(wish.dragging, Dragging::Until(end) if end <= now);
        let tracks: Vec<(TrackId, Local)> = self
            .by_track
            .iter()
            .filter(|(_, wish)| ended(wish))
            .map(|(&track, wish)| (track, of(wish.configure)))
            .collect();
        tracks.into_iter().map(|(track, local)| (track, self.wish(track, local, Dragging::Settled))).collect()
    }

    /// The wishes that stand, for a host that has just been met again.
    pub(crate) fn again(&mut self) -> Vec<(TrackId, Configure)> {
        let standing: Vec<(TrackId, Local)> =
            self.by_track.iter().map(|(&track, wish)| (track, of(wish.configure))).collect();
        standing
            .into_iter()
            .map(|(track, local)| (track, self.wish(track, local, Dragging::Settled)))
            .collect()
    }

    /// The size that a window has on this desktop where it fills nothing, if that was its newest wish.
    pub(crate) fn standing(&self, track: TrackId) -> Option<Size<Logical>> {
        let configure = self.by_track.get(&track)?.configure;
        configure.size.filter(|_| !configure.maximized && !configure.fullscreen)
    }

    /// Asks for this even if the window seems to be so already: another viewer's wishes were in force until
    /// now.
    pub(crate) fn insist(&mut self, track: TrackId, local: Local) -> Configure {
        self.wish(track, local, Dragging::Settled)
    }

    /// Forgets a window.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.by_track.remove(&track);
    }

    fn wish(&mut self, track: TrackId, local: Local, dragging: Dragging) -> Configure {
        self.serial = self.serial.wrapping_add(1).max(1);
        let configure = Configure {
            serial: self.serial,
            size: Some(local.size),
            scale: local.scale,
            maximized: local.maximized,
            fullscreen: local.fullscreen,
            resizing: matches!(dragging, Dragging::Until(_)),
        };
        self.by_track.insert(track, Wish { configure, dragging });
        configure
    }
}

fn answered(wish: &Wish, remote: &Window) -> bool {
    remote.configured >= wish.configure.serial
}

fn of(configure: Configure) -> Local {
    Local {
        size: configure.size.unwrap_or_default(),
        scale: configure.scale,
        maximized: configure.maximized,
        fullscreen: configure.fullscreen,
    }
}

fn of_remote(remote: &Window) -> Local {
    Local {
        size: remote.size,
        scale: remote.scale,
        maximized: remote.states.maximized,
        fullscreen: remote.states.fullscreen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::tests::window;

    fn local(w: u32, h: u32) -> Local {
        Local { size: Size::new(w, h), scale: Scale::ONE, maximized: false, fullscreen: false }
    }

    #[test]
    fn the_size_a_window_has_anyway_is_no_wish() {
        let mut wishes = Wishes::default();
        assert_eq!(wishes.changed(&window(1, None), local(100, 50), Instant::now()), None);
        assert!(wishes.may_follow(&window(1, None)));
    }

    #[test]
    fn a_drag_ends_after_a_pause_and_only_then_is_the_host_followed() {
        let mut wishes = Wishes::default();
        let now = Instant::now();
        let mut remote = window(1, None);
        let first = wishes.changed(&remote, local(110, 50), now).expect("news");
        let second = wishes.changed(&remote, local(120, 50), now + PAUSE / 2).expect("news");
        assert!(first.resizing && second.resizing && second.serial > first.serial);
        assert!(wishes.settle(now + PAUSE).is_empty(), "the second step came in between");
        remote = Window { configured: second.serial, size: Size::new(116, 50), ..remote };
        assert!(!wishes.may_follow(&remote), "the user is still dragging");
        let [(_, last)] = wishes.settle(now + 2 * PAUSE)[..] else { panic!("the drag is over") };
        assert!(!last.resizing && last.size == Some(Size::new(120, 50)));
        assert!(!wishes.may_follow(&remote), "not answered yet");
        remote.configured = last.serial;
        assert!(wishes.may_follow(&remote));
        assert_eq!(wishes.deadline(), None);
    }

    #[test]
    fn following_the_host_is_no_wish_of_its_own() {
        let mut wishes = Wishes::default();
        let now = Instant::now();
        let asked = wishes.changed(&window(1, None), local(120, 50), now).expect("news");
        let last = wishes.settle(now + PAUSE)[0].1;
        assert!(last.serial > asked.serial);
        let snapped = Window { configured: last.serial, size: Size::new(116, 50), ..window(1, None) };
        assert_eq!(wishes.changed(&snapped, local(116, 50), now + PAUSE), None);
    }

    #[test]
    fn a_change_of_state_is_no_drag() {
        let mut wishes = Wishes::default();
        let maximized = Local { maximized: true, ..local(800, 600) };
        let configure = wishes.changed(&window(1, None), maximized, Instant::now()).expect("news");
        assert!(configure.maximized && !configure.resizing);
        assert_eq!(wishes.deadline(), None);
    }
}
