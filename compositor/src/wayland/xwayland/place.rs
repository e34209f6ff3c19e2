//! How X11 windows become tracks: what they are popups of, where, and what is reported of them.

use media::{Event, Logical, Point, Scale, States, TrackId, Window as Report, WindowKind};
use smithay::{utils::IsAlive, wayland::selection::SelectionTarget};
use x11rb::protocol::xproto::Window;

use super::Shown;
use crate::wayland::State;
use crate::wayland::picture::layout;
use crate::wayland::windows::tracks::{Role, Track};
use crate::x11::{
    Manager,
    properties::Purpose,
    windows::{Stage, XWindow},
};

impl State {
    /// Shows a window if all that it takes is there.
    pub(super) fn show_x11(&mut self, id: Window) {
        let Some(window) = self.xwayland.running().and_then(|x11| x11.windows.get(id)) else { return };
        if window.stage != Stage::Mapped || window.track.is_some() {
            return;
        }
        let surface = self.xwayland.surfaces.surface_of(id).filter(|surface| surface.alive());
        let Some(surface) = surface.cloned() else { return };
        if window.override_redirect && window.properties.purpose == Purpose::Dragged {
            return self.x11_drag_shows(id, surface);
        }
        let parent = if window.override_redirect { self.x11_popup_parent(id) } else { None };
        let position = self.x11_place_in(id, parent);
        self.announce_scale(&surface, Scale::ONE);
        let track = self.tracks.add(surface, Role::X11(Shown { window: id, parent, position }), Scale::ONE);
        if let Some(x11) = self.xwayland.manager() {
            // A popup of another window lies above the one that was on top.
            if parent.is_some() {
                x11.top = None;
            }
            if let Some(window) = x11.windows.get_mut(id) {
                window.track = Some(track);
            }
        }
        self.reshape_x11(id, track);
        self.repaint(track);
    }

    /// A window is not shown any more: its popups go first, then it is reported as gone.
    pub(in crate::wayland) fn hide_x11(&mut self, id: TrackId) {
        for child in self.tracks.children(id) {
            self.hide_x11(child);
        }
        let Some(track) = self.tracks.remove(id) else { return };
        self.book(&track.root, track.picture.bytes(), 0);
        self.later.settle(&track.root);
        self.release_frames(id);
        if let Role::X11(shown) = &track.role
            && let Some(window) = self.xwayland.manager().and_then(|x11| x11.windows.get_mut(shown.window))
        {
            window.track = None;
        }
        self.forget_focus(id, &track.root);
        if track.reported.is_some() {
            self.unlist_window(id);
            self.outbox.source(Event::WindowGone(id));
        }
    }

    /// Xwayland is gone: so is all that it showed and offered.
    pub(in crate::wayland) fn forget_x11(&mut self) {
        let x11 = |track: &Track| matches!(track.role, Role::X11(_));
        let shown: Vec<TrackId> =
            self.tracks.iter().filter(|(_, track)| x11(track)).map(|(id, _)| id).collect();
        // Those that were hidden with their parents are passed over.
        shown.into_iter().for_each(|id| self.hide_x11(id));
        self.x11_all_read();
        for kind in [SelectionTarget::Clipboard, SelectionTarget::Primary] {
            let is_of_app = |x11: &Manager| x11.selections.get(kind.into()).is_of_app();
            if self.xwayland.running().is_some_and(is_of_app) {
                self.x11_left(kind);
            }
        }
        self.xwayland.forget_surfaces();
        self.forget_x11_pings();
        self.forget_x11_drags();
    }

    /// What is reported of an X11 window.
    pub(in crate::wayland) fn describe_x11(&self, shown: &Shown, common: Report) -> Report {
        let Some(window) = self.xwayland.running().and_then(|x11| x11.windows.get(shown.window)) else {
            return common;
        };
        let properties = &window.properties;
        let text = Report {
            title: properties.title().to_owned(),
            app_id: properties.class.clone(),
            icon: properties.icon.as_ref().map(|icon| icon.id),
            ..common
        };
        if shown.parent.is_some() {
            return Report {
                kind: WindowKind::Popup,
                parent: shown.parent,
                position: shown.position,
                ..text
            };
        }
        let parent = properties.transient_for.and_then(|parent| self.shown_x11(parent));
        let reported = self.tracks.get(text.track).and_then(|track| track.reported.as_ref());
        let before = reported.map_or(0, |before| before.configured);
        Report {
            parent,
            limits: properties.limits,
            states: self.x11_states(window, parent.is_some(), text.track),
            configured: window.answered(text.size).max(before),
            ..text
        }
    }

    /// Where a window lies relative to a parent.
    pub(super) fn x11_place_in(&self, id: Window, parent: Option<TrackId>) -> Point<Logical> {
        let parent = parent.and_then(|parent| self.x11_window_of(parent));
        let place = |parent| Some(self.xwayland.running()?.place_in(id, parent));
        parent.and_then(place).unwrap_or_default()
    }

    fn x11_states(&self, window: &XWindow, has_parent: bool, track: TrackId) -> States {
        let states = window.states;
        States {
            activated: self.input.focused == Some(track),
            maximized: states.maximized,
            fullscreen: states.fullscreen,
            minimized: states.hidden,
            resizing: false,
            modal: states.modal && has_parent,
            urgent: states.attention || (window.properties.urgent && !states.focused),
            client_decorated: window.override_redirect || window.properties.undecorated,
            unresponsive: self.is_unresponsive(track),
            awake: false,
        }
    }

    fn shown_x11(&self, id: Window) -> Option<TrackId> {
        let track = self.xwayland.running()?.windows.get(id)?.track?;
        self.tracks.shown(track).then_some(track)
    }

    /// What an override-redirect window is a popup of: what it says; else the window of the same app that the
    /// user is at, which is the one under the pointer unless keys came last; else the one that was used last,
    /// or any; else, where an app shows nothing but this, the window under the pointer or with the keyboard.
    /// With none of these it stands alone.
    fn x11_popup_parent(&self, id: Window) -> Option<TrackId> {
        let x11 = self.xwayland.running()?;
        let owner = x11.wire.owner_of(id);
        let same = |other: &Window| x11.wire.owner_of(*other) == owner && self.shown_x11(*other).is_some();
        let declared = x11.windows.get(id)?.properties.transient_for.filter(|&parent| parent != id);
        let declared = declared.and_then(|parent| self.shown_x11(parent)).filter(|&at| self.x11_depth(at));
        let used = || x11.recent.iter().copied().find(same).and_then(|id| self.shown_x11(id));
        let pointed = || {
            let under = self.tracks.of_surface(&layout::root_of(&self.input.pointer.current_focus()?))?;
            self.tracks.toplevel_of(under).filter(|&track| self.x11_window_of(track).is_some())
        };
        let is_own = |&track: &TrackId| self.x11_window_of(track).is_some_and(|id| same(&id));
        let at_hand = || pointed().filter(is_own).filter(|_| !self.input.keys_came_last);
        let focused = || self.input.focused.filter(|&track| self.x11_window_of(track).is_some());
        let any = || {
            let toplevel = |(id, window): &(Window, &XWindow)| !window.override_redirect && same(id);
            x11.windows.iter().find(toplevel).and_then(|(id, _)| self.shown_x11(id))
        };
        declared.or_else(at_hand).or_else(used).or_else(any).or_else(pointed).or_else(focused)
    }

    /// Whether one more popup can lie on a track.
    fn x11_depth(&self, track: TrackId) -> bool {
        let mut at = Some(track);
        for _ in 0..self.clients.limits.popup_depth {
            match at.and_then(|at| self.tracks.get(at)).map(|track| &track.role) {
                Some(Role::X11(shown)) => at = shown.parent,
                _ => return true,
            }
        }
        at.is_none()
    }
}
