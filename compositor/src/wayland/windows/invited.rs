//! Which new windows may take the keyboard: those that follow from what the user did. Any other opens below
//! the window in use and asks for attention, so that nobody types into what opened by itself.

use media::{AppId, TrackId, WindowKind};
use smithay::reexports::wayland_server::{Resource, protocol::wl_surface::WlSurface};

use crate::process::{Moment, Process};
use crate::wayland::State;
use crate::wayland::picture::layout;
use crate::wayland::windows::tracks::Role;

/// What the user pressed last: a key, a button, or a finger on the screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Press {
    /// Whose window got it.
    app: AppId,
    /// The process of that app, where it is known.
    process: Option<Process>,
    by: Hand,
    at: Moment,
    /// How many apps users had asked to start by then.
    starts: u64,
    /// How many came before.
    number: u64,
}

/// What it was pressed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// Keys, or text that a viewer composed.
    Keys,
    /// A button or a finger.
    Pointer,
}

impl Press {
    /// Whether the user is still where `earlier` was: has typed nothing since, and pressed nothing elsewhere.
    fn still_at(&self, earlier: &Press) -> bool {
        self.number == earlier.number || (self.by == Hand::Pointer && self.app == earlier.app)
    }
}

impl State {
    /// The user pressed something in a surface.
    pub(in crate::wayland) fn pressed(&mut self, surface: &WlSurface, by: Hand) {
        let Some(track) = self.tracks.of_surface(&layout::root_of(surface)) else { return };
        let Some(app) = self.app_number(track) else { return };
        let number = self.input.pressed.map_or(0, |press| press.number + 1);
        let process = self.process_of(track);
        let (at, starts) = (Moment::now(), self.starts.count());
        self.input.pressed = Some(Press { app, process, by, at, starts, number });
    }

    /// Whether what an earlier press led to still is what the user waits for.
    pub(in crate::wayland) fn awaits(&self, earlier: Option<&Press>) -> bool {
        match (&self.input.pressed, earlier) {
            (Some(now), Some(earlier)) => now.still_at(earlier),
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// A window is about to be shown for the first time.
    pub(in crate::wayland) fn introduce(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get(id) else { return };
        if self.describe(id, track).kind != WindowKind::Toplevel {
            return;
        }
        if self.is_invited(id) {
            return self.set_urgent(id, false);
        }
        self.set_urgent(id, true);
        for above in self.in_use() {
            self.tracks.raise(above);
            self.report_now(above);
        }
    }

    /// The window that has the keyboard and those that it belongs to, the lowest first.
    fn in_use(&self) -> Vec<TrackId> {
        let mut chain: Vec<TrackId> = self.input.focused.into_iter().collect();
        while let Some(owner) = chain.last().and_then(|&id| self.owner_of(id)) {
            if chain.contains(&owner) {
                break;
            }
            chain.push(owner);
        }
        chain.reverse();
        chain
    }

    /// The window that a dialog belongs to.
    fn owner_of(&self, id: TrackId) -> Option<TrackId> {
        self.describe(id, self.tracks.get(id)?).parent
    }

    /// Whether a new window follows from what the user did: it was brought to the front already, or belongs
    /// to what is in use; the user's last deed was to start an app; its app is in use, or was started since
    /// the last press by that which is.
    fn is_invited(&mut self, id: TrackId) -> bool {
        let (Some(focused), Some(press)) = (self.input.focused, self.input.pressed) else { return true };
        let in_use = self.in_use();
        if focused == id || self.owner_of(id).is_some_and(|owner| in_use.contains(&owner)) {
            return true;
        }
        // Who asked to start an app has pressed nothing in any since. An app that runs already may answer.
        if press.starts != self.starts.count() {
            return true;
        }
        let app = self.app_number(id);
        if app == Some(press.app) || app == self.app_number(focused) {
            return true;
        }
        let Some(process) = self.process_of(id) else { return false };
        let mut shown = self.tracks.iter().filter(|(_, track)| track.reported.is_some());
        let stays = shown.any(|(_, track)| track.app == Some(press.app));
        // A launcher that closed has no children any more.
        process.led_to_by(press.process, press.at) || (!stays && process.is_since(press.at))
    }

    /// Whose window it is. Xwayland stands for many apps, which X tells apart.
    pub(in crate::wayland) fn app_number(&mut self, id: TrackId) -> Option<AppId> {
        let track = self.tracks.get(id)?;
        match &track.role {
            Role::X11(shown) => self.xwayland.running().map(|x11| x11.app_of(shown.window)),
            Role::Toplevel(_) | Role::Popup(_) => {
                let client = track.root.client()?;
                Some(self.clients.number(&client.id()))
            }
        }
    }

    /// The process of its app, where it is known.
    fn process_of(&self, id: TrackId) -> Option<Process> {
        let track = self.tracks.get(id)?;
        match &track.role {
            Role::X11(shown) => self.xwayland.running()?.windows.get(shown.window)?.process,
            Role::Toplevel(_) | Role::Popup(_) => self.clients.process_of(&track.root.client()?.id()),
        }
    }
}
