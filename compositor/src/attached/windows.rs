//! The windows of the display, and what viewers are told of them.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the protocol's"))]

use std::collections::{BTreeMap, HashMap};

use media::{
    Canvas, Cause, Configure, Icon, IconId, Logical, MAX_DIMENSION, Pixels, Point, Position, Rect, Scale,
    Size, SizeLimits, States, TrackId, WindowKind,
};
use x11rb::protocol::{
    Event as XEvent,
    xproto::{
        ChangeWindowAttributesAux, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, EventMask,
        InputFocus, MapState, StackMode, Window, WindowClass,
    },
};

use super::{display::Display, outbox::Outbox, pictures::Picture};
use crate::{
    Event, Limits,
    clock::now,
    x11::properties::{Properties, Property},
};

/// How deep within a frame an app's window is looked for, and among how many.
const DEPTH: u32 = 3;
const BREADTH: usize = 256;

/// All windows.
#[derive(Debug)]
pub(super) struct Windows {
    /// By the windows right below the root.
    shown: BTreeMap<Window, Shown>,
    /// Which of those other windows lie in.
    within: HashMap<Window, Window>,
    limits: Limits,
    newest: u32,
    /// The toplevel that was used last: what opens a menu.
    used: Option<TrackId>,
    focus: Option<TrackId>,
    /// The window that is pressed, and where it was then.
    pressed: Option<(TrackId, Point<Logical>)>,
}

/// One window that viewers see.
#[derive(Debug)]
struct Shown {
    track: TrackId,
    /// The app's window: itself, or within the frame.
    client: Window,
    /// It manages itself.
    is_popup: bool,
    parent: Option<TrackId>,
    /// Where in the root, without its border.
    rect: Rect<Logical>,
    properties: Properties,
    picture: Picture,
    icon: Option<IconId>,
    states: States,
    /// The newest wish that its state answers, and one that it does not answer yet.
    configured: u32,
    asked: Option<u32>,
    stacking: u32,
    /// The newest input that it may answer.
    cause: Option<Cause>,
    /// Whether viewers know it.
    is_told: bool,
}

/// What a window right below the root is like.
#[derive(Debug)]
struct Measured {
    rect: Rect<Logical>,
    manages_itself: bool,
}

impl Windows {
    /// None yet.
    pub(super) fn new(limits: Limits) -> Self {
        let (shown, within) = (BTreeMap::new(), HashMap::new());
        Self { shown, within, limits, newest: 0, used: None, focus: None, pressed: None }
    }

    /// Those that are there already.
    pub(super) fn find_all(&mut self, out: &mut Outbox, display: &Display) {
        for window in display.children(display.root()) {
            self.show(out, display, window);
        }
    }

    /// The display tells of something.
    pub(super) fn handle_event(&mut self, out: &mut Outbox, display: &Display, event: XEvent) {
        let root = display.root();
        match event {
            XEvent::MapNotify(e) if e.event == root => self.show(out, display, e.window),
            XEvent::UnmapNotify(e) if e.event == root => self.hide(out, display, e.window),
            XEvent::DestroyNotify(e) if e.event == root => self.hide(out, display, e.window),
            XEvent::ReparentNotify(e) if e.parent == root => self.show(out, display, e.window),
            XEvent::ReparentNotify(e) if e.event == root => self.hide(out, display, e.window),
            XEvent::ReparentNotify(e) => {
                let frame = self.frame_of(e.parent);
                self.look_again(out, display, frame);
            }
            XEvent::ConfigureNotify(e) if e.event == root => {
                self.show(out, display, e.window);
                self.measure_again(out, display, e.window);
            }
            // That of the app's window, also if nothing changed: the answer to a wish.
            XEvent::ConfigureNotify(e) if e.event == e.window => {
                let frame = self.frame_of(e.window);
                if self.shown.get(&frame).is_some_and(|shown| shown.client == e.window) {
                    self.answered(out, display, frame);
                }
            }
            XEvent::PropertyNotify(e) if e.atom == display.atoms().WM_STATE => {
                let frame = self.frame_of(e.window);
                self.look_again(out, display, frame);
            }
            XEvent::PropertyNotify(e) if Property::changed(e.atom, display.atoms()).is_some() => {
                self.read_properties(out, display, e.window);
            }
            XEvent::DamageNotify(e) => {
                let (x, y) = (i32::from(e.area.x), i32::from(e.area.y));
                let part = Rect::new(x, y, e.area.width.into(), e.area.height.into());
                if let Some(shown) = self.shown.get_mut(&e.drawable) {
                    shown.picture.change(part);
                }
                self.draw(out, display, e.drawable);
            }
            _ => {}
        }
    }

    /// Viewers can take a track's next picture.
    pub(super) fn frame_done(&mut self, out: &mut Outbox, display: &Display, track: TrackId) {
        if let Some((window, shown)) = self.find(track) {
            shown.picture.taken();
            self.draw(out, display, window);
        }
    }

    /// A place of a track on the screen. One that is pressed may be moved by that, while it stays where it is
    /// at the viewer: then the place is counted from where it was.
    pub(super) fn place_of(&self, track: TrackId, at: Position<Logical>) -> Option<(f64, f64)> {
        let shown = self.shown.values().find(|shown| shown.track == track)?;
        let pressed = self.pressed.filter(|(pressed, _)| *pressed == track);
        let origin = pressed.map_or(shown.rect.origin(), |(_, origin)| origin);
        Some((f64::from(origin.x) + at.x, f64::from(origin.y) + at.y))
    }

    /// The first button or finger goes down in the window that is used, or the last goes up.
    pub(super) fn press(&mut self, pressed: bool) {
        let used =
            self.used.and_then(|used| self.find(used)).map(|(_, shown)| (shown.track, shown.rect.origin()));
        self.pressed = match self.pressed {
            Some(before) if pressed => Some(before),
            Some(_) | None => used.filter(|_| pressed),
        };
    }

    /// The pointer is on a track: what covers it there must not get what is meant for it.
    pub(super) fn uncover(&mut self, display: &Display, track: TrackId) {
        let Some((window, shown)) = self.find(track) else { return };
        let is_popup = shown.is_popup;
        if !is_popup {
            self.used = Some(track);
        }
        let below = display.below_pointer();
        let is_own = |other: &Window| {
            self.shown.get(other).is_some_and(|other| other.is_popup && other.parent == Some(track))
        };
        if below != Some(window) && !below.is_some_and(|below| is_own(&below)) {
            self.raise(display, window, track);
        }
    }

    /// Gives a window the keyboard, as the window manager does it, if there is one.
    pub(super) fn focus(&mut self, out: &mut Outbox, display: &Display, track: TrackId) {
        let Some((window, shown)) = self.find(track).filter(|(_, shown)| !shown.is_popup) else { return };
        let (client, atoms) = (shown.client, display.atoms());
        if display.has(display.root(), atoms._NET_SUPPORTING_WM_CHECK) {
            // As a pager, which no window manager takes for an app that pushes itself forward.
            let data = [2, x11rb::CURRENT_TIME, 0, 0, 0];
            let event = ClientMessageEvent::new(32, client, atoms._NET_ACTIVE_WINDOW, data);
            display.message(display.root(), event);
        } else {
            self.raise(display, window, track);
            let (conn, now) = (display.conn(), x11rb::CURRENT_TIME);
            display.asked(conn.set_input_focus(InputFocus::POINTER_ROOT, client, now));
        }
        let before = self.focus.replace(track);
        self.used = Some(track);
        for changed in before.into_iter().chain([track]) {
            if let Some((window, shown)) = self.find(changed) {
                shown.states.activated = changed == track;
                self.tell(out, window);
            }
        }
    }

    /// A viewer wants a window to be otherwise.
    pub(super) fn configure(
        &mut self,
        out: &mut Outbox,
        display: &Display,
        track: TrackId,
        configure: Configure,
    ) {
        let Some((window, shown)) = self.find(track) else { return };
        let (client, frame) = (shown.client, shown.rect.size());
        shown.asked = Some(configure.serial);
        shown.states.maximized = configure.maximized;
        shown.states.fullscreen = configure.fullscreen;
        let now = size_of(display, client).unwrap_or(frame);
        let wanted = configure.size.map_or(now, |size| {
            let without = |side: u32, frame: u32, now: u32| {
                side.saturating_sub(frame.saturating_sub(now)).clamp(1, MAX_DIMENSION)
            };
            Size::new(without(size.w, frame.w, now.w), without(size.h, frame.h, now.h))
        });
        if shown.is_popup || wanted == now {
            return self.answered(out, display, window);
        }
        let size = ConfigureWindowAux::new().width(wanted.w).height(wanted.h);
        display.asked(display.conn().configure_window(client, &size));
    }

    /// Asks a window to close; one that cannot be asked is ended.
    pub(super) fn close(&mut self, display: &Display, track: TrackId) {
        let Some((_, shown)) = self.find(track) else { return };
        if !shown.properties.deletes {
            return self.force_quit(display, track);
        }
        let atoms = display.atoms();
        let data = [atoms.WM_DELETE_WINDOW, x11rb::CURRENT_TIME, 0, 0, 0];
        display.message(shown.client, ClientMessageEvent::new(32, shown.client, atoms.WM_PROTOCOLS, data));
    }

    /// Ends a window's app.
    pub(super) fn force_quit(&mut self, display: &Display, track: TrackId) {
        if let Some((_, shown)) = self.find(track) {
            display.asked(display.conn().kill_client(shown.client));
        }
    }

    /// Input went to a track; to that which is used, if it does not say.
    pub(super) fn note_cause(&mut self, track: Option<TrackId>, cause: Cause) {
        if let Some((_, shown)) = track.or(self.used).and_then(|track| self.find(track)) {
            shown.cause = Some(cause);
        }
    }

    fn find(&mut self, track: TrackId) -> Option<(Window, &mut Shown)> {
        let mut all = self.shown.iter_mut();
        all.find(|(_, shown)| shown.track == track).map(|(window, shown)| (*window, shown))
    }

    /// The window right below the root that another lies in.
    fn frame_of(&self, window: Window) -> Window {
        self.within.get(&window).copied().unwrap_or(window)
    }

    /// A window right below the root is to be seen.
    fn show(&mut self, out: &mut Outbox, display: &Display, window: Window) {
        if self.shown.contains_key(&window) {
            return;
        }
        let Some(measured) = measure(display, window) else { return };
        if self.shown.len() >= self.limits.tracks as usize || !self.has_room_for(measured.rect.size()) {
            tracing::warn!(window, "there is no room for another window of the X display");
            return;
        }
        let found = self.look_within(display, window);
        let is_free = measured.manages_itself && found.is_none();
        if is_free && !display.is_on_screen(measured.rect) {
            // Somebody keeps it for other ends.
            return self.forget_within(window);
        }
        let client = found.unwrap_or(window);
        let properties = display.properties(client);
        let Some(picture) = Picture::of(display, window, pixels(measured.rect.size())) else {
            return self.forget_within(window);
        };
        let parent = self.parent_of(&properties, is_free);
        let track = TrackId(self.number());
        let stacking = self.number();
        let icon = told_icon(out, properties.icon.as_ref());
        out.send(Event::Canvas { track, canvas: Canvas::clone(picture.canvas()) });
        let shown = Shown {
            track,
            client,
            is_popup: is_free && parent.is_some(),
            parent,
            rect: measured.rect,
            properties,
            picture,
            icon,
            states: States::default(),
            configured: 0,
            asked: None,
            stacking,
            cause: None,
            is_told: false,
        };
        self.shown.insert(window, shown);
        self.draw(out, display, window);
    }

    /// A window right below the root is not to be seen any more. Its menus go before it, and come back if
    /// they outlive it.
    fn hide(&mut self, out: &mut Outbox, display: &Display, window: Window) {
        let Some(shown) = self.shown.remove(&window) else { return };
        let track = shown.track;
        self.forget_within(window);
        shown.picture.end(display);
        let is_menu = |other: &Shown| other.is_popup && other.parent == Some(track);
        let menus = self.shown.iter().filter(|(_, other)| is_menu(other)).map(|(window, _)| *window);
        let menus: Vec<Window> = menus.collect();
        for menu in &menus {
            self.hide(out, display, *menu);
        }
        self.used.take_if(|used| *used == track);
        self.focus.take_if(|focus| *focus == track);
        for other in self.shown.values_mut() {
            other.parent.take_if(|parent| *parent == track);
        }
        out.source(media::Event::WindowGone(track));
        for menu in menus {
            self.show(out, display, menu);
        }
    }

    /// What lies within a window right below the root may be another app's window than it was.
    fn look_again(&mut self, out: &mut Outbox, display: &Display, window: Window) {
        if !self.shown.contains_key(&window) {
            return;
        }
        let client = self.look_within(display, window).unwrap_or(window);
        let Some(shown) = self.shown.get_mut(&window).filter(|shown| shown.client != client) else { return };
        if shown.is_popup {
            // It was taken for a menu, and is the frame of an app's window.
            self.hide(out, display, window);
            return self.show(out, display, window);
        }
        shown.client = client;
        self.read_properties(out, display, client);
    }

    /// The app's window: that of which a window manager keeps a state. Those on the way are listened to.
    fn look_within(&mut self, display: &Display, window: Window) -> Option<Window> {
        self.forget_within(window);
        let mask = EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY;
        let mask = ChangeWindowAttributesAux::new().event_mask(mask);
        let mut level = vec![window];
        for _ in 0..=DEPTH {
            for inner in &level {
                display.asked(display.conn().change_window_attributes(*inner, &mask));
                self.within.insert(*inner, window);
            }
            if let Some(found) = level.iter().find(|inner| display.has(**inner, display.atoms().WM_STATE)) {
                return Some(*found);
            }
            // An app's window lies above the parts of its frame.
            let inner = level.into_iter().flat_map(|inner| display.children(inner).into_iter().rev());
            level = inner.take(BREADTH).collect();
        }
        None
    }

    fn forget_within(&mut self, window: Window) {
        self.within.retain(|_, frame| *frame != window);
    }

    /// What a window belongs to: what it names, or, if it manages itself, what was used last.
    fn parent_of(&self, properties: &Properties, is_free: bool) -> Option<TrackId> {
        let toplevels = || self.shown.values().filter(|shown| !shown.is_popup);
        let named = properties
            .transient_for
            .and_then(|named| toplevels().find(|shown| shown.client == named).map(|shown| shown.track));
        let last = || self.used.or(toplevels().max_by_key(|shown| shown.stacking).map(|shown| shown.track));
        named.or_else(|| if is_free { last() } else { None })
    }

    /// It may have another place or size.
    fn measure_again(&mut self, out: &mut Outbox, display: &Display, window: Window) {
        let Some(shown) = self.shown.get_mut(&window) else { return };
        let Some(Measured { rect, .. }) = measure(display, window) else { return };
        let before = std::mem::replace(&mut shown.rect, rect);
        if before.size() != rect.size() {
            shown.picture.resize(pixels(rect.size()));
            if !self.has_room_for(Size::new(0, 0)) {
                tracing::warn!(window, "a window of the X display is too large to be shown");
                return self.hide(out, display, window);
            }
            self.draw(out, display, window);
        }
        if before != rect {
            self.tell(out, window);
        }
    }

    /// A window has the size that it was asked to have, or keeps another.
    fn answered(&mut self, out: &mut Outbox, display: &Display, window: Window) {
        self.measure_again(out, display, window);
        let Some(shown) = self.shown.get_mut(&window) else { return };
        if let Some(serial) = shown.asked.take() {
            shown.configured = serial;
            self.tell(out, window);
        }
    }

    fn read_properties(&mut self, out: &mut Outbox, display: &Display, client: Window) {
        let window = self.frame_of(client);
        if let Some(shown) = self.shown.get_mut(&window).filter(|shown| shown.client == client) {
            shown.properties = display.properties(client);
            shown.icon = told_icon(out, shown.properties.icon.as_ref());
            self.tell(out, window);
        }
    }

    /// Puts a window above all others, and its menus above it.
    fn raise(&mut self, display: &Display, window: Window, track: TrackId) {
        let stacking = self.number();
        let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        let is_menu = |shown: &Shown| shown.is_popup && shown.parent == Some(track);
        let menus = self.shown.iter().filter(|(_, shown)| is_menu(shown)).map(|(window, _)| *window);
        for window in [window].into_iter().chain(menus) {
            display.asked(display.conn().configure_window(window, &above));
        }
        if let Some(shown) = self.shown.get_mut(&window) {
            shown.stacking = stacking;
        }
    }

    /// Reads what changed of a window, if viewers can take it.
    fn draw(&mut self, out: &mut Outbox, display: &Display, window: Window) {
        let Some(shown) = self.shown.get_mut(&window) else { return };
        let Some(region) = shown.picture.read(display, window) else { return };
        let (track, size, cause) = (shown.track, shown.picture.size(), shown.cause.take());
        out.source(media::Event::Damaged { track, size, region, captured: now(), cause });
        if !std::mem::replace(&mut shown.is_told, true) {
            self.tell(out, window);
        }
    }

    /// Tells viewers how a window is.
    fn tell(&self, out: &mut Outbox, window: Window) {
        let Some(shown) = self.shown.get(&window).filter(|shown| shown.is_told) else { return };
        let parent = self.shown.values().find(|other| Some(other.track) == shown.parent);
        let position = match parent.filter(|_| shown.is_popup) {
            Some(parent) => Point::new(shown.rect.x - parent.rect.x, shown.rect.y - parent.rect.y),
            None => Point::new(0, 0),
        };
        let is_framed = shown.client != window;
        let urgent = shown.properties.urgent;
        let decorated = is_framed || shown.properties.undecorated;
        out.source(media::Event::Window(media::Window {
            track: shown.track,
            kind: if shown.is_popup { WindowKind::Popup } else { WindowKind::Toplevel },
            parent: shown.parent,
            title: shown.properties.title().to_owned(),
            app_id: shown.properties.class.clone(),
            icon: shown.icon,
            position,
            size: shown.rect.size(),
            scale: Scale::ONE,
            // Those of a frame are its window manager's to keep.
            limits: if is_framed { SizeLimits::default() } else { shown.properties.limits },
            states: States { urgent, client_decorated: decorated, ..shown.states },
            configured: shown.configured,
            stacking: shown.stacking,
        }));
    }

    /// Whether there is memory for one more picture.
    fn has_room_for(&self, size: Size<Logical>) -> bool {
        let fits = |size: Size<Pixels>| size.w.max(size.h) <= MAX_DIMENSION;
        let all = || self.shown.values().map(|shown| shown.picture.size()).chain([pixels(size)]);
        all().all(fits) && all().map(|size| size.area() * 4).sum::<u64>() <= self.limits.canvas_bytes
    }

    fn number(&mut self) -> u32 {
        self.newest += 1;
        self.newest
    }
}

/// Tells viewers of an icon; which it is.
fn told_icon(out: &mut Outbox, icon: Option<&Icon>) -> Option<IconId> {
    let icon = icon?;
    out.source(media::Event::Icon(icon.clone()));
    Some(icon.id)
}

/// What a window right below the root is like; `None` if nothing of it is to be seen, or it cannot be shown.
fn measure(display: &Display, window: Window) -> Option<Measured> {
    let conn = display.conn();
    let attributes = conn.get_window_attributes(window).ok()?;
    let geometry = conn.get_geometry(window).ok()?;
    let (attributes, geometry) = (attributes.reply().ok()?, geometry.reply().ok()?);
    if attributes.map_state != MapState::VIEWABLE || attributes.class != WindowClass::INPUT_OUTPUT {
        return None;
    }
    if geometry.root != display.root() || ![24, 32].contains(&geometry.depth) {
        return None;
    }
    let border = i32::from(geometry.border_width);
    let (x, y) = (i32::from(geometry.x) + border, i32::from(geometry.y) + border);
    let rect = Rect::new(x, y, geometry.width.into(), geometry.height.into());
    Some(Measured { rect, manages_itself: attributes.override_redirect })
}

fn size_of(display: &Display, window: Window) -> Option<Size<Logical>> {
    let geometry = display.conn().get_geometry(window).ok()?.reply().ok()?;
    Some(Size::new(geometry.width.into(), geometry.height.into()))
}

/// A unit is a pixel.
fn pixels(size: Size<Logical>) -> Size<Pixels> {
    Size::new(size.w, size.h)
}
