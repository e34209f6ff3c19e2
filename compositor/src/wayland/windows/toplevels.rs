//! Toplevels: what they are asked to become, and what they have become.

use std::collections::VecDeque;

use media::{Configure, IconId, Logical, Size, States, TrackId};
use smithay::{
    reexports::wayland_protocols::xdg::{
        decoration::zv1::server::zxdg_toplevel_decoration_v1::Mode,
        shell::server::xdg_toplevel::State as XdgState,
    },
    utils::Serial,
    wayland::{
        compositor,
        shell::xdg::{ToplevelState, ToplevelSurface, XdgToplevelSurfaceData},
    },
};

use crate::wayland::State;
use crate::wayland::picture::capture::Change;
use crate::wayland::quota::unapplied;
use crate::wayland::windows::decoration;
use crate::wayland::windows::tracks::Role;
use crate::wayland::windows::wishes;

/// So many configures wait for an answer; a newer one is held back until then, and replaced by one newer
/// still.
const IN_FLIGHT: usize = 4;

/// A toplevel and its conversation about configures.
#[derive(Debug)]
pub(crate) struct Toplevel {
    pub(crate) surface: ToplevelSurface,
    /// The newest of the viewers' configures that the app has answered.
    pub(crate) configured: u32,
    /// Sent and not answered: Wayland's serial, and the viewers'.
    in_flight: VecDeque<(Serial, u32)>,
    /// The newest one that is not sent, since too many are in flight.
    held: Option<Configure>,
    /// Whether it is not told whether it is active.
    withheld: bool,
    /// The icon that its app gave it.
    pub(in crate::wayland) icon: Option<IconId>,
    minimized: bool,
    urgent: bool,
    /// Its size before it filled the screen.
    restored: Option<Size<Logical>>,
}

impl Toplevel {
    pub(crate) fn new(surface: ToplevelSurface, screen: Size<Logical>) -> Self {
        surface.with_pending_state(|state| state.bounds = Some((screen.w as i32, screen.h as i32).into()));
        Self {
            surface,
            configured: 0,
            in_flight: VecDeque::new(),
            held: None,
            withheld: false,
            icon: None,
            minimized: false,
            urgent: false,
            restored: None,
        }
    }

    /// Takes note of a commit. Whether the commit's content is to be shown. The first asks for a configure,
    /// see [`State::configure_new`].
    pub(in crate::wayland) fn committed(&mut self, change: &Change) -> bool {
        if !self.surface.is_initial_configure_sent() {
            if matches!(change, Change::Fresh(_)) && !self.surface.ensure_configured() {
                return false;
            }
            return false;
        }
        match change {
            Change::Fresh(_) if !self.surface.ensure_configured() => return false,
            Change::Removed => {
                self.surface.reset_initial_configure_sent();
                self.in_flight.clear();
                self.held = None;
            }
            Change::Fresh(_) | Change::None => (),
        }
        self.note_answers();
        true
    }

    /// The states that the app has acknowledged, and those that only we know of.
    pub(in crate::wayland) fn states(&self) -> States {
        let by_kde = decoration::is_agreed(self.surface.wl_surface());
        let awake = wishes::keeps_awake(self.surface.wl_surface());
        self.with_current(|state| States {
            activated: state.states.contains(XdgState::Activated),
            maximized: state.states.contains(XdgState::Maximized),
            fullscreen: state.states.contains(XdgState::Fullscreen),
            minimized: self.minimized,
            resizing: state.states.contains(XdgState::Resizing),
            modal: false,
            urgent: self.urgent,
            client_decorated: state.decoration_mode != Some(Mode::ServerSide) && !by_kde,
            unresponsive: false,
            awake,
        })
    }

    /// What it is asked to become, with the size that it had where it ends to fill the screen and nobody says
    /// another. `size`: the one that it has.
    fn restoring(&mut self, configure: Configure, size: Size<Logical>) -> Configure {
        let fills = configure.maximized || configure.fullscreen;
        let restored = self.fills(fills, size);
        Configure { size: configure.size.or(restored), ..configure }
    }

    /// It is to fill the screen, or no more: the size that it gets back.
    fn fills(&mut self, fills: bool, size: Size<Logical>) -> Option<Size<Logical>> {
        if !fills {
            return self.restored.take();
        }
        if !size.is_empty() {
            self.restored.get_or_insert(size);
        }
        None
    }

    fn ask(&mut self, configure: Configure) {
        if self.in_flight.len() >= IN_FLIGHT {
            self.held = Some(configure);
            return;
        }
        self.held = None;
        self.surface.with_pending_state(|state| apply(state, configure));
        if self.surface.has_pending_changes() {
            let serial = self.surface.send_configure();
            self.in_flight.push_back((serial, configure.serial));
        } else {
            match self.in_flight.back() {
                Some(&(newest, _)) => self.in_flight.push_back((newest, configure.serial)),
                None => self.configured = configure.serial,
            }
        }
    }

    fn note_answers(&mut self) {
        let answered = compositor::with_states(self.surface.wl_surface(), |states| {
            let data = states.data_map.get::<XdgToplevelSurfaceData>()?;
            data.lock().expect("no handler of ours panics while it holds this").current_serial
        });
        let Some(answered) = answered else { return };
        while let Some(&(serial, configured)) = self.in_flight.front()
            && serial <= answered
        {
            self.configured = configured;
            self.in_flight.pop_front();
        }
    }

    fn with_current<R>(&self, f: impl FnOnce(&ToplevelState) -> R) -> R {
        compositor::with_states(self.surface.wl_surface(), |states| {
            match states.data_map.get::<XdgToplevelSurfaceData>() {
                Some(data) => f(&data.lock().expect("no handler of ours panics while it holds this").current),
                None => f(&ToplevelState::default()),
            }
        })
    }
}

impl State {
    /// A toplevel committed for the first time, or after it showed nothing: it gets its configure once all is
    /// read that its app has sent with that. GTK 3 says only then who draws its title bar, and must know that
    /// before its size.
    pub(in crate::wayland) fn await_configure(&mut self, id: TrackId) {
        let new = |toplevel: &Toplevel| !toplevel.surface.is_initial_configure_sent();
        if self.tracks.get(id).is_some_and(|track| matches!(&track.role, Role::Toplevel(own) if new(own))) {
            self.reports.unconfigured.insert(id);
        }
    }

    /// Sends new toplevels their first configure.
    pub(in crate::wayland) fn configure_new(&mut self) {
        for id in std::mem::take(&mut self.reports.unconfigured) {
            if let Some(track) = self.tracks.get(id)
                && let Role::Toplevel(toplevel) = &track.role
                && toplevel.surface.alive()
                && !toplevel.surface.is_initial_configure_sent()
            {
                toplevel.surface.send_configure();
            }
        }
    }
}

fn apply(state: &mut ToplevelState, configure: Configure) {
    state.size = configure.size.map(|size| {
        let side = |n: u32| n.clamp(1, media::MAX_DIMENSION) as i32;
        (side(size.w), side(size.h)).into()
    });
    set(state, XdgState::Maximized, configure.maximized);
    set(state, XdgState::Fullscreen, configure.fullscreen);
    set(state, XdgState::Resizing, configure.resizing);
}

fn set(state: &mut ToplevelState, which: XdgState, on: bool) {
    if on {
        state.states.set(which);
    } else {
        state.states.unset(which);
    }
}

impl State {
    /// A viewer asks a window to change.
    pub(in crate::wayland) fn configure(&mut self, id: TrackId, configure: Configure) {
        self.screen.learn(&configure);
        if self.configure_x11(id, configure) {
            return;
        }
        let Some(track) = self.tracks.get_mut(id) else { return };
        self.screen.set_scale(configure.scale);
        let size = track.picture.geometry.size();
        let Role::Toplevel(toplevel) = &mut track.role else { return };
        let configure = toplevel.restoring(configure, size);
        toplevel.ask(configure);
        self.rescale(id, configure.scale);
        self.report(id);
        self.flush();
    }

    /// Sends a configure that was held back, if there is room now.
    pub(in crate::wayland) fn send_held_configure(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get_mut(id) else { return };
        let Role::Toplevel(toplevel) = &mut track.role else { return };
        if let Some(held) = toplevel.held.take() {
            toplevel.ask(held);
        }
        if toplevel.withheld && unapplied::unanswered(toplevel.surface.wl_surface()) == 0 {
            toplevel.withheld = false;
            toplevel.surface.send_pending_configure();
        }
    }

    /// Asks a window to close.
    pub(in crate::wayland) fn close(&mut self, id: TrackId) {
        if self.close_x11(id) {
            return;
        }
        let Some(track) = self.tracks.get(id) else { return };
        if let Some(toplevel) = track.toplevel() {
            toplevel.send_close();
            self.ping(id);
        } else {
            self.dismiss(id);
        }
        self.flush();
    }

    /// Draws a window as active or not.
    pub(in crate::wayland) fn activate(&mut self, id: TrackId, active: bool) {
        if self.activate_x11(id, active) {
            return;
        }
        let Some(track) = self.tracks.get_mut(id) else { return };
        let Role::Toplevel(toplevel) = &mut track.role else { return };
        if active {
            (toplevel.minimized, toplevel.urgent) = (false, false);
        }
        toplevel.surface.with_pending_state(|state| set(state, XdgState::Activated, active));
        // An app that answers nothing hears of it when it does again.
        toplevel.withheld = unapplied::unanswered(toplevel.surface.wl_surface()) >= unapplied::UNANSWERED / 2;
        if toplevel.surface.is_initial_configure_sent() && !toplevel.withheld {
            toplevel.surface.send_pending_configure();
        }
        if active {
            self.tracks.raise(id);
        }
        if self.tracks.shown(id) {
            self.report(id);
        }
    }

    /// A window wants the user's attention, or no more.
    pub(in crate::wayland) fn set_urgent(&mut self, id: TrackId, urgent: bool) {
        if self.set_x11_urgent(id, urgent) {
            return;
        }
        if let Some(track) = self.tracks.get_mut(id)
            && let Role::Toplevel(toplevel) = &mut track.role
        {
            toplevel.urgent = urgent;
        }
        if self.tracks.shown(id) {
            self.report(id);
        }
    }

    /// The app wishes a state; it gets it, and viewers follow.
    pub(in crate::wayland) fn wish_state(&mut self, surface: &ToplevelSurface, which: XdgState, on: bool) {
        let fills = surface.with_pending_state(|state| {
            set(state, which, on);
            let is = |which| state.states.contains(which);
            (is(XdgState::Maximized), is(XdgState::Fullscreen))
        });
        let filled = match fills {
            (_, true) => Some(self.screen.viewer),
            (true, false) => Some(self.screen.work),
            (false, false) => None,
        };
        let track = self.tracks.of_surface(surface.wl_surface()).and_then(|id| self.tracks.get_mut(id));
        let restored = track.and_then(|track| {
            let size = track.picture.geometry.size();
            let Role::Toplevel(toplevel) = &mut track.role else { return None };
            toplevel.fills(filled.is_some(), size)
        });
        surface.with_pending_state(|state| {
            state.size = filled.or(restored).map(|size| (size.w as i32, size.h as i32).into());
        });
        // The protocol wants an answer even if nothing changes; before the first commit it is the initial
        // configure.
        if surface.is_initial_configure_sent() {
            self.answer(surface);
        }
    }

    pub(in crate::wayland) fn minimize(&mut self, surface: &ToplevelSurface) {
        let Some(id) = self.tracks.of_surface(surface.wl_surface()) else { return };
        if let Some(track) = self.tracks.get_mut(id)
            && let Role::Toplevel(toplevel) = &mut track.role
        {
            toplevel.minimized = true;
        }
        self.report_surface(surface.wl_surface());
    }

    fn rescale(&mut self, id: TrackId, scale: media::Scale) {
        let Some(track) = self.tracks.get_mut(id) else { return };
        track.preferred_scale = scale;
        let root = track.root.clone();
        self.announce_scale(&root, scale);
        for child in self.tracks.children(id) {
            self.rescale(child, scale);
        }
    }
}
