//! xdg-shell: windows that appear, change their state and go, and what is reported of them.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "edges are the protocol's"))]

use media::{Event, Point, Size, SizeLimits, States, TrackId, Window, WindowGrab, WindowKind};
use smithay::{
    reexports::{
        wayland_protocols::xdg::shell::server::xdg_toplevel,
        wayland_server::{
            Resource,
            protocol::{wl_output::WlOutput, wl_seat::WlSeat, wl_surface::WlSurface},
        },
    },
    utils::Serial,
    wayland::{
        compositor,
        shell::xdg::{
            PopupSurface, PositionerState, ShellClient, SurfaceCachedState, ToplevelSurface, XdgShellHandler,
            XdgShellState, XdgToplevelSurfaceData, dialog::XdgDialogHandler,
        },
    },
};

use crate::text as words;
use crate::wayland::State;
use crate::wayland::windows::toplevels::Toplevel;
use crate::wayland::windows::tracks::{Role, Track};

impl XdgShellHandler for State {
    fn xdg_shell_state(&mut self) -> &mut XdgShellState {
        &mut self.globals.xdg_shell
    }

    fn client_pong(&mut self, shell: ShellClient) {
        self.ponged(&shell);
        self.app_ponged(&shell);
    }

    fn new_toplevel(&mut self, surface: ToplevelSurface) {
        let root = surface.wl_surface().clone();
        self.add_track(root, Role::Toplevel(Toplevel::new(surface, self.screen.size)));
    }

    fn new_popup(&mut self, surface: PopupSurface, positioner: PositionerState) {
        let root = surface.wl_surface().clone();
        if let Some(popup) = self.placed_popup(surface, positioner) {
            self.add_track(root, Role::Popup(popup));
        }
    }

    fn grab(&mut self, surface: PopupSurface, _seat: WlSeat, _serial: Serial) {
        self.grab_popup(surface);
    }

    fn move_request(&mut self, surface: ToplevelSurface, _seat: WlSeat, serial: Serial) {
        self.grab_window(&surface, serial, WindowGrab::Move);
    }

    fn resize_request(
        &mut self,
        surface: ToplevelSurface,
        _seat: WlSeat,
        serial: Serial,
        edges: xdg_toplevel::ResizeEdge,
    ) {
        if let Some(grab) = resize_grab(edges) {
            self.grab_window(&surface, serial, grab);
        }
    }

    fn reposition_request(&mut self, surface: PopupSurface, positioner: PositionerState, token: u32) {
        self.reposition_popup(&surface, positioner, token);
    }

    fn maximize_request(&mut self, surface: ToplevelSurface) {
        self.wish_state(&surface, xdg_toplevel::State::Maximized, true);
    }

    fn unmaximize_request(&mut self, surface: ToplevelSurface) {
        self.wish_state(&surface, xdg_toplevel::State::Maximized, false);
    }

    fn fullscreen_request(&mut self, surface: ToplevelSurface, _output: Option<WlOutput>) {
        self.wish_state(&surface, xdg_toplevel::State::Fullscreen, true);
    }

    fn unfullscreen_request(&mut self, surface: ToplevelSurface) {
        self.wish_state(&surface, xdg_toplevel::State::Fullscreen, false);
    }

    fn minimize_request(&mut self, surface: ToplevelSurface) {
        self.minimize(&surface);
    }

    fn toplevel_destroyed(&mut self, surface: ToplevelSurface) {
        self.remove_track(surface.wl_surface());
    }

    fn popup_destroyed(&mut self, surface: PopupSurface) {
        self.end_grab(&surface);
        self.remove_track(surface.wl_surface());
    }

    fn app_id_changed(&mut self, surface: ToplevelSurface) {
        self.report_surface(surface.wl_surface());
    }

    fn title_changed(&mut self, surface: ToplevelSurface) {
        self.report_surface(surface.wl_surface());
    }

    fn parent_changed(&mut self, surface: ToplevelSurface) {
        self.report_surface(surface.wl_surface());
    }
}

impl XdgDialogHandler for State {
    fn modal_changed(&mut self, toplevel: ToplevelSurface, _is_modal: bool) {
        self.report_surface(toplevel.wl_surface());
    }
}

impl State {
    /// The user drags a title bar or border that the app draws, if a button or finger is down as the app
    /// claims.
    fn grab_window(&mut self, surface: &ToplevelSurface, serial: Serial, grab: WindowGrab) {
        let pressed = self.input.pointer.has_grab(serial) || self.input.touch.has_grab(serial);
        let track = self.tracks.of_surface(surface.wl_surface());
        if let Some(track) = track.filter(|&track| pressed && self.tracks.shown(track)) {
            self.report_grab(track, grab);
        }
    }

    fn add_track(&mut self, root: WlSurface, role: Role) {
        let Some(client) = root.client() else { return };
        let limit = self.clients.limits.tracks;
        let usage = self.clients.usage(&client.id());
        usage.tracks += 1;
        if usage.tracks > limit {
            self.cut_off(&client, "it made too many windows");
        }
        // Popups are drawn like the window they belong to.
        let parent = match &role {
            Role::Toplevel(_) | Role::X11(_) => None,
            Role::Popup(popup) => popup.surface.get_parent_surface(),
        };
        let parent = parent.and_then(|parent| self.tracks.get(self.tracks.of_surface(&parent)?));
        let scale = parent.map_or(self.screen.scale, |track| track.preferred_scale);
        self.announce_scale(&root, scale);
        self.tracks.add(root, role, scale);
    }

    fn remove_track(&mut self, root: &WlSurface) {
        let Some(id) = self.tracks.of_surface(root) else { return };
        self.hide(id);
        // Hiding gave it a new id.
        let Some(id) = self.tracks.of_surface(root) else { return };
        self.tracks.remove(id);
        if let Some(client) = root.client() {
            let usage = self.clients.usage(&client.id());
            usage.tracks = usage.tracks.saturating_sub(1);
        }
    }

    /// A window shows nothing any more: its popups go first, then it is reported as gone.
    pub(in crate::wayland) fn hide(&mut self, id: TrackId) {
        if self.tracks.get(id).is_some_and(|track| matches!(track.role, Role::X11(_))) {
            return self.hide_x11(id);
        }
        for child in self.tracks.children(id) {
            self.dismiss(child);
        }
        let Some(track) = self.tracks.get(id) else { return };
        let root = track.root.clone();
        let bytes = track.picture.bytes();
        let was_shown = track.reported.is_some();
        let popup = track.popup().cloned();
        self.book(&root, bytes, 0);
        self.later.settle(&root);
        self.tracks.renew(id);
        self.reports.forget(id);
        self.release_frames(id);
        if let Some(popup) = popup {
            self.end_grab(&popup);
        }
        self.forget_focus(id, &root);
        if was_shown {
            self.unlist_window(id);
            self.outbox.source(Event::WindowGone(id));
        }
    }

    /// Reports a window's state at the end of the turn.
    pub(in crate::wayland) fn report_surface(&mut self, root: &WlSurface) {
        if let Some(id) = self.tracks.of_surface(root).filter(|&id| self.tracks.shown(id)) {
            self.reports.stale(id);
        }
    }

    /// Reports a window's state if it differs from what was reported last; later, if that happens all the
    /// time.
    pub(in crate::wayland) fn report(&mut self, id: TrackId) {
        let Some(track) = self.tracks.get(id) else { return };
        let window = self.describe(id, track);
        if track.reported.as_ref() == Some(&window) {
            return;
        }
        if !self.may_report(id) {
            return;
        }
        if self.tracks.shown(id) {
            self.send_report(id, window);
        } else {
            self.introduce(id);
            self.report_now(id);
        }
    }

    /// Reports a window's state, however often that happens.
    pub(in crate::wayland) fn report_now(&mut self, id: TrackId) {
        if let Some(track) = self.tracks.get(id) {
            let window = self.describe(id, track);
            self.send_report(id, window);
        }
    }

    fn send_report(&mut self, id: TrackId, window: Window) {
        let Some(track) = self.tracks.get_mut(id) else { return };
        let first = track.reported.replace(window.clone()).is_none();
        if first {
            let canvas = track.canvas.clone();
            self.outbox.send(crate::Event::Canvas { track: id, canvas });
        }
        self.list_window(&window);
        self.outbox.source(Event::Window(window));
        if first {
            self.report_app(id);
            self.appeared(id);
        }
    }

    /// Reports whose window it is.
    fn report_app(&mut self, id: TrackId) {
        let Some(app) = self.app_number(id) else { return };
        if let Some(track) = self.tracks.get_mut(id) {
            track.app = Some(app);
        }
        self.outbox.source(Event::App { track: id, app });
    }

    /// A window is shown for the first time: what refers to it is told again.
    fn appeared(&mut self, id: TrackId) {
        let dependants: Vec<TrackId> = self
            .tracks
            .iter()
            .filter(|(other, track)| *other != id && track.reported.is_some())
            .map(|(other, _)| other)
            .collect();
        for other in dependants {
            self.report(other);
        }
    }

    pub(in crate::wayland) fn describe(&self, id: TrackId, track: &Track) -> Window {
        let picture = &track.picture;
        let common = Window {
            track: id,
            kind: WindowKind::Toplevel,
            parent: None,
            title: String::new(),
            app_id: String::new(),
            icon: None,
            position: Point::default(),
            size: picture.geometry.size(),
            scale: picture.scale,
            limits: SizeLimits::default(),
            states: States::default(),
            configured: 0,
            stacking: track.stacking,
        };
        match &track.role {
            Role::Toplevel(toplevel) => self.describe_toplevel(toplevel, common),
            Role::Popup(popup) => Window {
                kind: WindowKind::Popup,
                parent: popup.surface.get_parent_surface().and_then(|parent| self.shown_track(&parent)),
                position: popup.position(),
                ..common
            },
            Role::X11(shown) => self.describe_x11(shown, common),
        }
    }

    fn describe_toplevel(&self, toplevel: &Toplevel, common: Window) -> Window {
        let surface = &toplevel.surface;
        let (title, app_id, modal) = compositor::with_states(surface.wl_surface(), |states| {
            let Some(data) = states.data_map.get::<XdgToplevelSurfaceData>() else {
                return Default::default();
            };
            let data = data.lock().expect("no handler of ours panics while it holds this");
            let text = |text: &Option<String>| text.as_deref().map(words::clean).unwrap_or_default();
            (text(&data.title), text(&data.app_id), data.modal)
        });
        let parent = surface.parent().and_then(|parent| self.shown_track(&parent));
        Window {
            title,
            app_id,
            parent,
            limits: limits(surface.wl_surface()),
            states: States {
                modal: modal && parent.is_some(),
                unresponsive: self.is_unresponsive(common.track),
                ..toplevel.states()
            },
            configured: toplevel.configured,
            icon: toplevel.icon,
            ..common
        }
    }

    fn shown_track(&self, root: &WlSurface) -> Option<TrackId> {
        self.tracks.of_surface(root).filter(|&id| self.tracks.shown(id))
    }
}

/// What a drag of these borders is; `None` for none or for a value that the protocol does not know.
fn resize_grab(edges: xdg_toplevel::ResizeEdge) -> Option<WindowGrab> {
    use xdg_toplevel::ResizeEdge;
    Some(match edges {
        ResizeEdge::Top => WindowGrab::ResizeTop,
        ResizeEdge::Bottom => WindowGrab::ResizeBottom,
        ResizeEdge::Left => WindowGrab::ResizeLeft,
        ResizeEdge::Right => WindowGrab::ResizeRight,
        ResizeEdge::TopLeft => WindowGrab::ResizeTopLeft,
        ResizeEdge::TopRight => WindowGrab::ResizeTopRight,
        ResizeEdge::BottomLeft => WindowGrab::ResizeBottomLeft,
        ResizeEdge::BottomRight => WindowGrab::ResizeBottomRight,
        _ => return None,
    })
}

/// The sizes an app allows; nonsense counts as no limit.
fn limits(root: &WlSurface) -> SizeLimits {
    let (min, max) = compositor::with_states(root, |states| {
        let mut guard = states.cached_state.get::<SurfaceCachedState>();
        let state = guard.current();
        (state.min_size, state.max_size)
    });
    let side = |n: i32, unlimited: u32| u32::try_from(n).ok().filter(|&n| n > 0).unwrap_or(unlimited);
    let bound = |size: smithay::utils::Size<i32, _>, unlimited: u32| {
        (size.w > 0 || size.h > 0).then(|| Size::new(side(size.w, unlimited), side(size.h, unlimited)))
    };
    SizeLimits { min: bound(min, 1), max: bound(max, media::MAX_DIMENSION), increment: None, base: None }
}
