//! Popups where they belong to their parent's window: on Wayland.
//!
//! A popup is opened once its parent is on the desktop, and is gone before its parent is: desktops insist on
//! both.

use media::{MAX_DIMENSION, Point, Size, TrackId, Window as Remote, WindowKind};
use protocol::input::InputEvent;
use winit::event_loop::ActiveEventLoop;

use super::{
    desk::{Desk, Desktop},
    face::Face,
    geometry::Placement,
    wayland::Place,
};
use crate::link::Command;

impl Desk {
    /// A popup of its parent's window, if that is on the desktop already.
    pub(super) fn popup_of_parent(&mut self, track: TrackId) -> Option<Face> {
        let (parent, place) = self.place_of_popup(self.windows.get(track)?)?;
        let parent = self.views.get(&parent).filter(|parent| parent.is_shown())?;
        let Desktop::Wayland(popups) = &mut self.desktop else { return None };
        Some(Face::Popup(popups.open(track, &parent.face, place)?))
    }

    /// A popup's parent, and where the popup is to be there.
    pub(super) fn place_of_popup(&self, popup: &Remote) -> Option<(TrackId, Place)> {
        let parent = popup.parent?;
        let view = self.views.get(&parent)?;
        let frame = view.frame();
        let scale = view.scale();
        let is_root = self.windows.root(parent) == parent;
        // What another viewer has laid out may be shown smaller, and with room around it.
        let (placement, unit) = (self.placement(parent), Placement::exact(scale));
        let shown = placement.rect(popup.position, popup.size);
        let corner = placement.rect(Point::default(), Size::new(1, 1));
        let (left, top) = if is_root { (0, 0) } else { (corner.x, corner.y) };
        let at = unit.position(f64::from(shown.x - left), f64::from(shown.y - top));
        let at = Point::new(at.x.round() as i32 + frame.x, at.y.round() as i32 + frame.y);
        let share = placement.share(scale);
        let length = |n: u32| ((f64::from(n) * share).round() as u32).clamp(1, MAX_DIMENSION);
        let size = Size::new(length(popup.size.w), length(popup.size.h));
        Some((parent, Place { at, size, scale }))
    }

    /// Opens popups that waited for their parent.
    pub(super) fn open_waiting_popups(&mut self, events: &ActiveEventLoop) {
        let Desktop::Wayland(_) = self.desktop else { return };
        let is_popup =
            |track: &TrackId| self.windows.get(*track).is_some_and(|remote| remote.kind == WindowKind::Popup);
        let waiting: Vec<TrackId> = self.waiting.keys().copied().filter(is_popup).collect();
        waiting.into_iter().for_each(|track| self.open(track, events));
    }

    /// Handles what the desktop said about popups.
    pub(super) fn hear_popups(&mut self) {
        let Desktop::Wayland(popups) = &mut self.desktop else { return };
        for (track, event) in popups.dispatch() {
            self.on_window_event(track, event);
        }
    }

    /// The desktop has taken a popup down: the app is to do without it too.
    pub(super) fn on_taken_down(&mut self, track: TrackId) {
        self.close(track);
        self.link.send(Command::DismissPopups);
    }

    /// Takes a track's window and the popups on it off the desktop, the topmost first.
    pub(super) fn close(&mut self, track: TrackId) {
        let above: Vec<TrackId> = self
            .windows
            .popups()
            .filter(|popup| popup.parent == Some(track) && self.views.contains_key(&popup.track))
            .map(|popup| popup.track)
            .collect();
        let Some(view) = self.views.remove(&track) else { return };
        if let Face::Popup(_) = view.face {
            self.let_go_in(track);
        }
        above.into_iter().for_each(|popup| self.close(popup));
        if let Some(window) = view.face.window() {
            self.tracks.remove(&window.id());
        }
    }

    /// Buttons that are down in a popup are up when it is gone: the desktop tells nobody of their release
    /// then.
    fn let_go_in(&mut self, popup: TrackId) {
        let Some((pointed, position)) = self.seat.pointer().filter(|(pointed, _)| *pointed == popup) else {
            return;
        };
        let root = self.windows.root(pointed);
        let position = self.windows.within(pointed, root, position);
        for button in self.seat.let_go() {
            self.input(root, InputEvent::Button { position, button, pressed: false });
        }
    }
}
