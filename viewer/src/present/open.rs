//! Making local windows and keeping them like their remote ones.

use std::rc::Rc;

use media::{Logical, Pixels, Point, Size, TrackId, Window as Remote, WindowKind};
use winit::{
    event_loop::ActiveEventLoop,
    platform::{
        wayland::WindowAttributesExtWayland,
        x11::{WindowAttributesExtX11, WindowType},
    },
    window::{Fullscreen, UserAttentionType, Window, WindowAttributes},
};

use super::{
    desk::{Desk, Desktop},
    face::Face,
    geometry::{logical, physical, place},
    view::View,
};

impl Desk {
    /// Makes a track's window, if its state and its first picture are here.
    pub(super) fn open(&mut self, track: TrackId, events: &ActiveEventLoop) {
        if !self.waiting.contains_key(&track) {
            return;
        }
        let Some(face) = self.face(track, events) else { return };
        let Some(first) = self.waiting.remove(&track) else { return };
        let mut view = match View::new(&self.canvas, face, first.picture.clone()) {
            Ok(view) => view,
            Err(error) => return tracing::error!(%track, "cannot draw a window: {error}"),
        };
        view.update(&first);
        self.cursor.put_on(&view.face);
        if let Some(window) = view.face.window() {
            self.tracks.insert(window.id(), track);
        }
        self.views.insert(track, view);
        // The desktop may have its own mind about size and scale from the start.
        self.on_local_change(track);
    }

    /// What a track is to be on this desktop, if that can be made by now.
    fn face(&mut self, track: TrackId, events: &ActiveEventLoop) -> Option<Face> {
        let remote = self.windows.get(track)?;
        let attributes = match (remote.kind, &self.desktop) {
            (WindowKind::Toplevel, _) => self.toplevel(remote),
            (WindowKind::Popup, Desktop::X11(_)) => self.popup(remote)?,
            (WindowKind::Popup, Desktop::Wayland(_)) => return self.popup_of_parent(track),
        };
        let shows_later = !attributes.visible;
        let wants_attention = remote.states.urgent;
        let window = match events.create_window(attributes) {
            Ok(window) => window,
            Err(error) => {
                tracing::error!(%track, "cannot make a window: {error}");
                return None;
            }
        };
        if let (Desktop::X11(hints), true) = (&self.desktop, shows_later) {
            let parent = remote.parent.and_then(|parent| self.window(parent)).map(Window::id);
            hints.belongs_to(window.id(), parent, remote.states.modal);
            if remote.states.urgent {
                hints.opens_by_itself(window.id());
            }
            window.set_visible(true);
        }
        if wants_attention {
            window.request_user_attention(Some(UserAttentionType::Critical));
        }
        Some(Face::Window(Rc::new(window)))
    }

    /// Brings a local window in line with its remote one, which was like `before`.
    pub(super) fn follow(&mut self, track: TrackId, before: &Remote) {
        let Some(remote) = self.windows.get(track) else { return };
        match remote.kind {
            WindowKind::Toplevel => self.follow_toplevel(track, before),
            WindowKind::Popup => self.place_popup(track),
        }
    }

    /// Puts all popups of a toplevel where they belong, after it moved.
    pub(super) fn place_popups_of(&mut self, root: TrackId) {
        let popups = self.windows.popups().map(|popup| popup.track);
        let popups: Vec<TrackId> = popups.filter(|&popup| self.windows.root(popup) == root).collect();
        popups.into_iter().for_each(|popup| self.place_popup(popup));
    }

    fn toplevel(&self, remote: &Remote) -> WindowAttributes {
        let limits = remote.limits;
        let mut attributes = Window::default_attributes()
            .with_title(self.title(remote))
            .with_inner_size(logical(remote.size))
            .with_decorations(!remote.states.client_decorated)
            .with_maximized(remote.states.maximized)
            .with_window_icon(remote.icon.and_then(|icon| self.icons.get(&icon)).cloned());
        if remote.states.fullscreen {
            attributes = attributes.with_fullscreen(Some(Fullscreen::Borderless(None)));
        }
        if let Some(min) = limits.min {
            attributes = attributes.with_min_inner_size(logical(min));
        }
        if let Some(max) = limits.max {
            attributes = attributes.with_max_inner_size(logical(max));
        }
        if let Some(increment) = limits.increment {
            attributes = attributes.with_resize_increments(logical(increment));
        }
        match self.desktop {
            Desktop::X11(_) => {
                if let Some(base) = limits.base {
                    attributes = attributes.with_base_size(logical(base));
                }
                let instance = remote.app_id.rsplit('.').next().unwrap_or_default();
                attributes = WindowAttributesExtX11::with_name(attributes, &remote.app_id, instance);
                // Whose it is, and whether the keyboard is, must be known before the window manager sees it.
                let plain = remote.parent.is_none() && !remote.states.modal && !remote.states.urgent;
                attributes.with_visible(plain)
            }
            Desktop::Wayland(_) => WindowAttributesExtWayland::with_name(attributes, &remote.app_id, ""),
        }
    }

    /// A popup's window, where popups are windows.
    fn popup(&self, remote: &Remote) -> Option<WindowAttributes> {
        let (at, size) = self.popup_rect(remote)?;
        Some(
            Window::default_attributes()
                .with_title(self.title(remote))
                .with_inner_size(physical(size))
                .with_position(place(at))
                .with_decorations(false)
                // Menus have round corners, and space around them.
                .with_transparent(true)
                .with_active(false)
                .with_override_redirect(true)
                .with_x11_window_type(vec![WindowType::PopupMenu]),
        )
    }

    /// Where a popup is on the desktop, and its size there.
    fn popup_rect(&self, remote: &Remote) -> Option<(Point<Pixels>, Size<Pixels>)> {
        let (root_track, within) = self.windows.place(remote.track);
        let root = self.views.get(&root_track)?;
        let rect = self.placement(root_track).rect(within, remote.size);
        // None is larger than the screen, whatever its host says.
        let screen = root.face.window().and_then(Window::current_monitor).map(|monitor| monitor.size());
        let side = |n: u32, screen: Option<u32>| n.min(screen.filter(|&n| n > 0).unwrap_or(n));
        let size =
            Size::new(side(rect.w, screen.map(|it| it.width)), side(rect.h, screen.map(|it| it.height)));
        Some((root.origin()?.offset(rect.x, rect.y), size))
    }

    fn place_popup(&mut self, track: TrackId) {
        let Some(remote) = self.windows.get(track) else { return };
        match self.views.get(&track).map(|view| view.face.clone()) {
            None => {}
            Some(Face::Popup(popup)) => {
                if let Some((_, granted)) = self.place_of_popup(remote) {
                    popup.put(granted);
                }
            }
            Some(Face::Window(window)) => {
                let Some((at, size)) = self.popup_rect(remote) else { return };
                window.set_outer_position(place(at));
                if let Some(view) = self.views.get_mut(&track) {
                    request_size(view, size);
                }
            }
        }
    }

    fn follow_toplevel(&mut self, track: TrackId, before: &Remote) {
        let Some(remote) = self.windows.get(track) else { return };
        let title = self.title(remote);
        let Some(view) = self.views.get_mut(&track) else { return };
        let Face::Window(window) = view.face.clone() else { return };
        let named =
            |window: &'_ Remote| (window.title.clone(), window.app_id.clone(), window.states.unresponsive);
        if named(remote) != named(before) {
            window.set_title(&title);
        }
        if remote.icon != before.icon {
            window.set_window_icon(remote.icon.and_then(|icon| self.icons.get(&icon)).cloned());
        }
        if remote.limits != before.limits {
            let size = |size: Option<Size<Logical>>| size.map(logical);
            window.set_min_inner_size(size(remote.limits.min));
            window.set_max_inner_size(size(remote.limits.max));
            window.set_resize_increments(size(remote.limits.increment));
        }
        if remote.states.client_decorated != before.states.client_decorated {
            window.set_decorations(!remote.states.client_decorated);
        }
        if remote.states.urgent && !before.states.urgent {
            window.request_user_attention(Some(UserAttentionType::Critical));
        }
        // The app's wish is a moment, not a state: the user may bring the window back.
        if remote.states.minimized && !before.states.minimized {
            window.set_minimized(true);
        }
        if remote.scale != before.scale {
            view.invalidate();
        }
        if !self.seat_held {
            look_on(view, &window, remote);
        } else if self.wishes.may_follow(remote) {
            follow_size(view, &window, remote, before);
        }
    }
}

/// Gives a local window the size that another viewer wants it to have, where the desktop lets it: one that
/// the user has made fill the screen shows it smaller, or with room around it.
pub(super) fn look_on(view: &mut View, window: &Window, remote: &Remote) {
    view.invalidate();
    if !window.is_maximized() && window.fullscreen().is_none() {
        request_size(view, view.scale().to_pixels(remote.size));
    }
}

/// Lets the host decide about size and states.
fn follow_size(view: &mut View, window: &Window, remote: &Remote, before: &Remote) {
    if remote.states.maximized != before.states.maximized {
        window.set_maximized(remote.states.maximized);
    }
    if remote.states.fullscreen != before.states.fullscreen {
        window.set_fullscreen(remote.states.fullscreen.then_some(Fullscreen::Borderless(None)));
    }
    // A window that fills the screen has the screen's size, whatever its app makes of it.
    if !remote.states.maximized && !remote.states.fullscreen {
        request_size(view, view.scale().to_pixels(remote.size));
    }
}

pub(super) fn request_size(view: &mut View, size: Size<Pixels>) {
    let wanted = physical(size);
    if Size::new(wanted.width, wanted.height) == view.size() {
        return;
    }
    // Some desktops answer at once, others by an event.
    if let Some(now) = view.face.window().and_then(|window| window.request_inner_size(wanted))
        && let Err(error) = view.resize(Size::new(now.width, now.height))
    {
        tracing::warn!(%error, "a window could not be resized");
    }
}
