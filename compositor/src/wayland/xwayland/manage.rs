//! Windows that come, are mapped, change and go.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are X11's"))]

use media::{Event as Report, Logical, Point, Rect, Size, TrackId};
use smithay::reexports::calloop::timer::{TimeoutAction, Timer};
use x11rb::protocol::{
    Event,
    xproto::{ConfigureNotifyEvent, CreateNotifyEvent, Window},
};

use crate::wayland::State;
use crate::wayland::windows::tracks::Role;
use crate::x11::{
    geometry::bounded,
    manager::Then,
    properties::Property,
    states::{IcccmState, NetStates},
    windows::{Stage, XWindow},
    wire::Answer,
};

/// Events of X that are handled before others get their turn.
const EVENTS_A_TURN: usize = 2048;

impl State {
    /// Handles what Xwayland has said, and sends what it is to hear. Once a turn of the loop.
    pub(in crate::wayland) fn turn_x11(&mut self) {
        for _ in 0..EVENTS_A_TURN {
            let Some(x11) = self.xwayland.manager() else { return };
            let mut event = x11.wire.next();
            if event.is_none() {
                // Sending can bring events in, too.
                x11.wire.flush();
                event = x11.wire.next();
            }
            match event {
                Some(event) => self.x11_event(event),
                None if x11.wire.broken() => return self.lose_xwayland(),
                None => return self.watch_answers(),
            }
        }
        // More is there, which nothing would wake us for.
        let again = self.events.insert_source(Timer::immediate(), |_, (), _| TimeoutAction::Drop);
        if let Err(error) = again {
            tracing::warn!(%error, "X11 events may wait");
        }
    }

    /// Tells X11 apps how large the viewer's screen is, if that is news.
    pub(in crate::wayland) fn tell_x11_desktop(&mut self) {
        let (viewer, work) = (self.screen.viewer, self.screen.work);
        if let Some(x11) = self.xwayland.manager() {
            x11.write_desktop(viewer, work);
        }
    }

    fn x11_event(&mut self, event: Event) {
        let Some(x11) = self.xwayland.manager() else { return };
        let root = x11.wire.root;
        match event {
            Event::CreateNotify(e) if e.parent == root => self.x11_created(&e),
            Event::ReparentNotify(e) if e.parent == root => {
                let rect = Rect::new(i32::from(e.x), i32::from(e.y), 1, 1);
                let window = XWindow { measured: false, ..XWindow::new(e.override_redirect, rect) };
                self.x11_come(e.window, window);
            }
            Event::ReparentNotify(e) => self.x11_gone(e.window),
            Event::DestroyNotify(e) => {
                self.x11_drag_loses(e.window);
                self.x11_gone(e.window);
            }
            Event::MapRequest(e) => self.x11_map_asked(e.window),
            Event::MapNotify(e) => self.x11_mapped(e.window, e.override_redirect),
            Event::UnmapNotify(e) => self.x11_unmapped(e.window),
            Event::ConfigureRequest(e) => self.x11_configure_asked(&e),
            Event::ConfigureNotify(e) => self.x11_configured(&e),
            Event::PropertyNotify(e) => match Property::changed(e.atom, &x11.wire.atoms) {
                Some(property) => x11.read_properties(e.window, &[property]),
                None => x11.selection_property(&e),
            },
            Event::ClientMessage(e) => match x11.wire.arrived(&e) {
                Some(fence) => {
                    if let Some(then) = x11.due(fence) {
                        self.x11_answered(then);
                    }
                }
                None => self.x11_message(&e),
            },
            Event::SelectionClear(e) => x11.settings_taken(&e),
            Event::ShapeNotify(e) => x11.shape_changed(&e),
            Event::SelectionRequest(e) => self.x11_selection(|x11| x11.pasted(e)),
            Event::SelectionNotify(e) => self.x11_selection(|x11| x11.converted(&e)),
            Event::XfixesSelectionNotify(e) => self.x11_selection(|x11| x11.selection_owner(&e)),
            // Requests about windows that are gone meanwhile fail; that is all there is to it.
            _ => (),
        }
    }

    fn x11_answered(&mut self, then: Then) {
        match then {
            Then::Properties { window, answers, geometry } => self.x11_known(window, answers, geometry),
            Then::Shape { window, extents, rects } => self.x11_shaped(window, extents, rects),
            Then::Targets { kind, answer } => self.x11_selection(|x11| x11.targets_read(kind, answer)),
            Then::Pinged { window, number } => self.x11_pinged(window, number),
            Then::Process { window, answer } => {
                if let Some(x11) = self.xwayland.manager() {
                    x11.process_read(window, answer);
                }
            }
            Then::Named { kind, targets, answers } => {
                self.x11_selection(|x11| x11.named(kind, &targets, answers));
            }
            Then::Interned { kind, turn, answers } => {
                if let Some(x11) = self.xwayland.manager() {
                    x11.interned(kind, turn, answers);
                    let given = x11.drag_looks_again();
                    self.drag_given(given);
                }
            }
            Then::Dragged { source, types, answers } => {
                self.x11_selection(|x11| x11.drag_read(source, types, answers));
            }
            Then::Killed { owner } => {
                if let Some(x11) = self.xwayland.manager() {
                    x11.killed.remove(&owner);
                }
            }
            Then::Focused => self.x11_focused(),
            Then::Handed(handed) => self.x11_handed(handed),
            Then::Content { window, answer } => self.x11_selection(|x11| x11.content_read(window, answer)),
        }
    }

    fn x11_created(&mut self, e: &CreateNotifyEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        if x11.is_ours(e.window) {
            return;
        }
        let rect = Rect::new(i32::from(e.x), i32::from(e.y), u32::from(e.width), u32::from(e.height));
        if !e.override_redirect || self.x11_size_fits(e.window, rect.size()) {
            self.x11_come(e.window, XWindow::new(e.override_redirect, rect));
        }
    }

    fn x11_come(&mut self, id: Window, window: XWindow) {
        if !self.x11_may_have(id) {
            return;
        }
        if let Some(x11) = self.xwayland.manager() {
            x11.windows.insert(id, window);
        }
    }

    fn x11_gone(&mut self, id: Window) {
        self.x11_unmapped(id);
        let Some(x11) = self.xwayland.manager() else { return };
        if x11.windows.remove(id).is_none() {
            return x11.requestor_gone(id);
        }
        x11.recent.retain(|&recent| recent != id);
        x11.disown(id);
        self.xwayland.surfaces.unlink(id);
        self.x11_reads_no_more(id);
    }

    fn x11_map_asked(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        if window.stage != Stage::Unmapped {
            return;
        }
        window.stage = Stage::Asked;
        window.override_redirect = false;
        if self.x11_has_room(id)
            && let Some(x11) = self.xwayland.manager()
        {
            x11.read_all(id);
        }
    }

    /// A window's properties were read.
    fn x11_known(&mut self, id: Window, answers: Vec<(Property, Answer)>, geometry: Option<Answer>) {
        let Some(x11) = self.xwayland.manager() else { return };
        if !x11.known(id, answers, geometry) {
            return;
        }
        if let Some(icon) = x11.new_icon(id) {
            self.outbox.source(Report::Icon(icon));
        }
        let given = x11.drag_looks_again();
        self.drag_given(given);
        self.x11_goes_on(id);
    }

    /// Takes a window to its next stage now that it is known.
    fn x11_goes_on(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        match window.stage {
            Stage::Unmapped => (),
            Stage::Asked => self.map_x11(id),
            Stage::Unknown => {
                window.stage = Stage::Mapped;
                self.show_x11(id);
            }
            Stage::Mapped => self.report_x11(id),
        }
    }

    /// Maps a toplevel at its place.
    fn map_x11(&mut self, id: Window) {
        let (screen, work) = (self.screen.viewer, self.screen.work);
        let Some(x11) = self.xwayland.manager() else { return };
        let atoms = x11.wire.atoms;
        let Some(window) = x11.windows.get_mut(id) else { return };
        window.states = NetStates::initial(&window.properties.initial, &atoms);
        let mut size = bounded(window.rect.size());
        if window.states.fills() {
            window.restored = Some(size);
            size = if window.states.fullscreen { screen } else { work };
        }
        self.resize_x11(id, size);
        let Some(x11) = self.xwayland.manager() else { return };
        x11.write_states(id);
        x11.write_frame(id);
        x11.write_stage(id, IcccmState::Normal);
        x11.map(id);
    }

    /// Gives a toplevel a size, at its place.
    pub(super) fn resize_x11(&mut self, id: Window, size: Size<Logical>) {
        let size = self.x11_grant(id, bounded(size));
        self.grow_screen(size);
        if let Some(x11) = self.xwayland.manager() {
            x11.resize(id, size);
        }
    }

    fn x11_mapped(&mut self, id: Window, override_redirect: bool) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        if window.is_mapped() {
            return;
        }
        window.override_redirect = override_redirect;
        if override_redirect {
            window.stage = Stage::Unknown;
            // It lies above all others now, wherever the pointer is.
            x11.top = None;
            if self.x11_has_room(id)
                && self.x11_menu_fits(id)
                && let Some(x11) = self.xwayland.manager()
            {
                x11.read_all(id);
            }
        } else {
            window.stage = Stage::Mapped;
            x11.list(id, true);
            self.show_x11(id);
        }
    }

    fn x11_unmapped(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        let was = std::mem::replace(&mut window.stage, Stage::Unmapped);
        if was == Stage::Unmapped {
            return;
        }
        self.x11_ping_void(id);
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        window.states = NetStates::default();
        window.asked.clear();
        window.restored = None;
        let (managed, track) = (!window.override_redirect, window.track);
        if let Some(track) = track {
            self.hide_x11(track);
        }
        self.xwayland.surfaces.unlink(id);
        let Some(x11) = self.xwayland.manager() else { return };
        if x11.top == Some(id) {
            x11.top = None;
        }
        if managed {
            x11.withdraw(id);
        }
    }

    fn x11_configured(&mut self, e: &ConfigureNotifyEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(e.window) else { return };
        // A managed window gets its place from us alone, so what X tells is old news: it may have got another
        // since.
        if !e.override_redirect && !window.override_redirect && window.measured {
            return;
        }
        window.rect = Rect::new(i32::from(e.x), i32::from(e.y), u32::from(e.width), u32::from(e.height));
        window.measured = true;
        let above = std::mem::replace(&mut window.above, e.above_sibling);
        if window.override_redirect {
            // It may lie above the one under the pointer.
            if above != e.above_sibling {
                x11.top = None;
            }
            let (size, mapped) = (window.rect.size(), window.is_mapped());
            if self.x11_size_fits(e.window, size) && (!mapped || self.x11_menu_fits(e.window)) {
                self.move_x11_popup(e.window);
            }
            self.x11_drag_icon_moved(e.window);
        }
    }

    /// Makes the virtual screen so large that windows of `size` have room on it.
    fn grow_screen(&mut self, size: Size<Logical>) {
        let screen = self.screen.size;
        if size.w > screen.w || size.h > screen.h {
            self.screen.grow(Size::new(screen.w.max(size.w), screen.h.max(size.h)));
        }
    }

    /// The window that a track shows.
    pub(super) fn x11_window_of(&self, track: TrackId) -> Option<Window> {
        let Role::X11(shown) = &self.tracks.get(track)?.role else { return None };
        Some(shown.window)
    }

    pub(super) fn report_x11(&mut self, id: Window) {
        let track = self.xwayland.manager().and_then(|x11| x11.windows.get(id)?.track);
        if let Some(track) = track.filter(|&track| self.tracks.shown(track)) {
            self.report(track);
        }
    }

    /// An override-redirect window is elsewhere or has another size.
    fn move_x11_popup(&mut self, id: Window) {
        let Some(track) = self.xwayland.manager().and_then(|x11| x11.windows.get(id)?.track) else { return };
        let position = self.x11_popup_position(id, track);
        if let Some(shown) = self.tracks.get_mut(track)
            && let Role::X11(shown) = &mut shown.role
        {
            shown.position = position;
        }
        self.report_x11(id);
    }

    fn x11_popup_position(&self, id: Window, track: TrackId) -> Point<Logical> {
        let parent = self.tracks.get(track).and_then(|track| match &track.role {
            Role::X11(shown) => shown.parent,
            Role::Toplevel(_) | Role::Popup(_) => None,
        });
        self.x11_place_in(id, parent)
    }
}
