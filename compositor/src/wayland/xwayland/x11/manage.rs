//! Windows that come, are mapped, change and go.

use media::{Event as Report, Logical, MAX_DIMENSION, Point, Rect, Size, TrackId};
use smithay::reexports::calloop::timer::{TimeoutAction, Timer};
use x11rb::protocol::{
    Event,
    xproto::{
        ChangeWindowAttributesAux, ConfigureNotifyEvent, ConfigureWindowAux, ConnectionExt as _,
        CreateNotifyEvent, EventMask, GetGeometryReply, StackMode, Window,
    },
};

use super::{
    manager::{IcccmState, Then},
    properties::Property,
    windows::{NetStates, Stage, XWindow},
    wire::Answer,
};
use crate::wayland::State;

/// Events of X that are handled before others get their turn.
const EVENTS_A_TURN: usize = 2048;

/// How often a window may change its icon.
const ICON_CHANGES: u32 = 256;

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
            Event::DestroyNotify(e) => self.x11_gone(e.window),
            Event::MapRequest(e) => self.x11_map_asked(e.window),
            Event::MapNotify(e) => self.x11_mapped(e.window, e.override_redirect),
            Event::UnmapNotify(e) => self.x11_unmapped(e.window),
            Event::ConfigureRequest(e) => self.x11_configure_asked(&e),
            Event::ConfigureNotify(e) => self.x11_configured(&e),
            Event::PropertyNotify(e) => match Property::changed(e.atom, &x11.wire.atoms) {
                Some(property) => x11.read_properties(e.window, &[property]),
                None => self.x11_selection_property(&e),
            },
            Event::ClientMessage(e) => match x11.wire.arrived(&e) {
                Some(fence) => {
                    if let Some(then) = x11.due(fence) {
                        self.x11_answered(then);
                    }
                }
                None => self.x11_message(&e),
            },
            Event::ShapeNotify(e) => self.x11_shape_changed(&e),
            Event::SelectionRequest(e) => self.x11_paste(e),
            Event::SelectionNotify(e) => self.x11_converted(&e),
            Event::XfixesSelectionNotify(e) => self.x11_selection_owner(&e),
            // Requests about windows that are gone meanwhile fail; that is all there is to it.
            _ => (),
        }
    }

    fn x11_answered(&mut self, then: Then) {
        match then {
            Then::Properties { window, answers, geometry } => self.x11_known(window, answers, geometry),
            Then::Shape { window, extents, rects } => self.x11_shaped(window, extents, rects),
            Then::Targets { kind, answer } => self.x11_targets(kind, answer),
            Then::Killed { owner } => {
                if let Some(x11) = self.xwayland.manager() {
                    x11.killed.remove(&owner);
                }
            }
            Then::Content { window, answer } => self.x11_content(window, answer),
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
            return self.x11_requestor_gone(id);
        }
        x11.recent.retain(|&recent| recent != id);
        x11.disown(id);
    }

    fn x11_map_asked(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        if window.stage != Stage::Unmapped {
            return;
        }
        window.stage = Stage::Asked;
        window.override_redirect = false;
        if self.x11_has_room(id) {
            self.x11_read_all(id);
        }
    }

    fn x11_read_all(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        x11.wire.sent(x11.wire.conn().change_window_attributes(id, &aux));
        x11.watch_shape(id);
        x11.read_properties(id, &Property::ALL);
    }

    /// A window's properties were read.
    fn x11_known(&mut self, id: Window, answers: Vec<(Property, Answer)>, geometry: Option<Answer>) {
        let Some(x11) = self.xwayland.manager() else { return };
        // What was answered is read in any case, or it would be kept for ever.
        let replies: Vec<_> = answers
            .into_iter()
            .map(|(property, answer)| (property, x11.wire.read_property(answer)))
            .collect();
        let geometry: Option<GetGeometryReply> = geometry.and_then(|answer| x11.wire.read(answer));
        let atoms = x11.wire.atoms;
        let Some(window) = x11.windows.get_mut(id) else { return };
        let mut again = Vec::new();
        for (property, reply) in replies {
            if window.reading.remove(&property) == Some(true) {
                again.push(property);
            }
            if property == Property::Icon {
                window.icon_changes += 1;
                if window.icon_changes > ICON_CHANGES {
                    continue;
                }
            }
            if let Some(reply) = reply {
                window.properties.set(property, reply, &atoms);
            }
        }
        // What we have given it since is newer than the answer.
        if let Some(g) = geometry.filter(|_| window.override_redirect || !window.measured) {
            window.rect = Rect::new(i32::from(g.x), i32::from(g.y), u32::from(g.width), u32::from(g.height));
        }
        for property in again {
            x11.read_properties(id, &[property]);
        }
        self.report_x11_icon(id);
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

    fn report_x11_icon(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(icon) = x11.windows.get(id).and_then(|window| window.properties.icon.clone()) else {
            return;
        };
        if x11.icons.insert(icon.id) {
            self.outbox.source(Report::Icon(icon));
        }
    }

    /// Maps a toplevel at its place.
    fn map_x11(&mut self, id: Window) {
        let screen = self.screen.size;
        let Some(x11) = self.xwayland.manager() else { return };
        let atoms = x11.wire.atoms;
        let Some(window) = x11.windows.get_mut(id) else { return };
        let wants = |atom| window.properties.initial.contains(&atom);
        window.states = NetStates {
            maximized: wants(atoms._NET_WM_STATE_MAXIMIZED_HORZ) && wants(atoms._NET_WM_STATE_MAXIMIZED_VERT),
            fullscreen: wants(atoms._NET_WM_STATE_FULLSCREEN),
            modal: wants(atoms._NET_WM_STATE_MODAL),
            attention: wants(atoms._NET_WM_STATE_DEMANDS_ATTENTION),
            ..NetStates::default()
        };
        let mut size = bounded(window.rect.size());
        if window.states.maximized || window.states.fullscreen {
            window.restored = Some(size);
            size = screen;
        }
        self.resize_x11(id, size);
        let Some(x11) = self.xwayland.manager() else { return };
        x11.write_states(id);
        x11.write_frame(id);
        x11.write_stage(id, IcccmState::Normal);
        // The pointer is elsewhere until it comes to it.
        let below = ConfigureWindowAux::new().sibling(x11.wire.floor).stack_mode(StackMode::BELOW);
        x11.wire.sent(x11.wire.conn().configure_window(id, &below));
        x11.wire.sent(x11.wire.conn().map_window(id));
    }

    /// Gives a toplevel a size, at its place.
    pub(super) fn resize_x11(&mut self, id: Window, size: Size<Logical>) {
        let size = self.x11_grant(id, bounded(size));
        self.grow_screen(size);
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(id) else { return };
        (window.rect, window.measured) = (size.to_rect(), true);
        let aux = ConfigureWindowAux::new().x(0).y(0).width(size.w).height(size.h).border_width(0);
        x11.wire.sent(x11.wire.conn().configure_window(id, &aux));
        self.tell_x11_place(id);
    }

    /// Tells an app where on the root its window is. X itself tells of changes only, and an app that has asked for
    /// one waits until it hears something: ICCCM 4.1.5.
    pub(super) fn tell_x11_place(&mut self, id: Window) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get(id) else { return };
        let event = ConfigureNotifyEvent {
            response_type: x11rb::protocol::xproto::CONFIGURE_NOTIFY_EVENT,
            sequence: 0,
            event: id,
            window: id,
            above_sibling: 0,
            x: i16::try_from(window.rect.x).unwrap_or_default(),
            y: i16::try_from(window.rect.y).unwrap_or_default(),
            width: u16::try_from(window.rect.w).unwrap_or(u16::MAX),
            height: u16::try_from(window.rect.h).unwrap_or(u16::MAX),
            border_width: 0,
            override_redirect: false,
        };
        x11.wire.sent(x11.wire.conn().send_event(false, id, EventMask::STRUCTURE_NOTIFY, event));
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
            if self.x11_has_room(id) && self.x11_menu_fits(id) {
                self.x11_read_all(id);
            }
        } else {
            window.stage = Stage::Mapped;
            x11.write_list();
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
        window.states = NetStates::default();
        window.asked.clear();
        window.restored = None;
        let (managed, track) = (!window.override_redirect, window.track);
        if let Some(track) = track {
            self.hide_x11(track);
        }
        let Some(x11) = self.xwayland.manager() else { return };
        x11.windows.unlink(id);
        if x11.top == Some(id) {
            x11.top = None;
        }
        if managed {
            x11.write_stage(id, IcccmState::Withdrawn);
            x11.wire.sent(x11.wire.conn().delete_property(id, x11.wire.atoms._NET_WM_STATE));
            x11.write_list();
        }
    }

    fn x11_configured(&mut self, e: &ConfigureNotifyEvent) {
        let Some(x11) = self.xwayland.manager() else { return };
        let Some(window) = x11.windows.get_mut(e.window) else { return };
        // A managed window gets its place from us alone, so what X tells is old news: it may have got another since.
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
        match &self.tracks.get(track)?.role {
            crate::wayland::windows::tracks::Role::X11(shown) => Some(shown.window),
            _ => None,
        }
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
            && let crate::wayland::windows::tracks::Role::X11(shown) = &mut shown.role
        {
            shown.position = position;
        }
        self.report_x11(id);
    }

    fn x11_popup_position(&self, id: Window, track: TrackId) -> Point<Logical> {
        let parent = self.tracks.get(track).and_then(|track| match &track.role {
            crate::wayland::windows::tracks::Role::X11(shown) => shown.parent,
            _ => None,
        });
        self.x11_place_in(id, parent)
    }
}

/// A size that a window can have.
fn bounded(size: Size<Logical>) -> Size<Logical> {
    Size::new(size.w.clamp(1, MAX_DIMENSION), size.h.clamp(1, MAX_DIMENSION))
}
