//! All local windows, and what the link says about them.

use std::{
    collections::{BTreeSet, HashMap},
    io::Write,
    time::Instant,
};

use media::{IconId, Point, Scale, TrackId, Window as Remote, WindowKind};
use session::viewer::Event as SessionEvent;
use winit::{
    application::ApplicationHandler,
    event::{DeviceEvent, DeviceId, WindowEvent},
    event_loop::{ActiveEventLoop, ControlFlow},
    window::{CursorIcon, Icon, UserAttentionType, Window, WindowId},
};

use super::{
    Wake,
    cursor::Cursor,
    face::Face,
    geometry::Placement,
    ime::Ime,
    lock::Lock,
    open::{look_on, request_size},
    paint::Light,
    seat::Seat,
    view::{Canvas, View},
    wayland::Popups,
    wishes::{Local, Wishes},
    x11::Hints,
};
use crate::{
    clipboard::Clipboard,
    link::{Command, End, Event, Link, State, Updated},
    windows::Windows,
};

/// All local windows.
pub(crate) struct Desk {
    pub(super) link: Link,
    pub(super) canvas: Canvas,
    pub(super) clipboard: Clipboard,
    pub(super) windows: Windows,
    pub(super) views: HashMap<TrackId, View>,
    pub(super) tracks: HashMap<WindowId, TrackId>,
    /// Newest pictures of tracks that have no window yet.
    pub(super) waiting: HashMap<TrackId, Updated>,
    pub(super) icons: HashMap<IconId, Icon>,
    pub(super) cursor: Cursor,
    pub(super) seat: Seat,
    pub(super) ime: Ime,
    pub(super) lock: Lock,
    pub(super) wishes: Wishes,
    pub(super) desktop: Desktop,
    state: State,
    /// Whether windows are this viewer's to lay out. Until the host says so they are.
    pub(super) seat_held: bool,
    /// Windows that their user closed although they do not answer.
    insisted: BTreeSet<TrackId>,
}

/// What kind of desktop this is.
pub(crate) enum Desktop {
    /// Popups are windows of their own, at places that we say.
    X11(Box<Hints>),
    /// Popups belong to their parent's window, which the desktop places.
    Wayland(Box<Popups>),
}

impl Desk {
    /// No windows yet.
    pub(crate) fn new(link: Link, canvas: Canvas, clipboard: Clipboard, desktop: Desktop) -> Self {
        Self {
            link,
            canvas,
            clipboard,
            windows: Windows::default(),
            views: HashMap::new(),
            tracks: HashMap::new(),
            waiting: HashMap::new(),
            icons: HashMap::new(),
            cursor: Cursor::Icon(CursorIcon::Default),
            seat: Seat::default(),
            ime: Ime::default(),
            lock: Lock::default(),
            wishes: Wishes::default(),
            desktop,
            state: State::Connecting,
            seat_held: true,
            insisted: BTreeSet::new(),
        }
    }

    /// A track's local window, if it has one.
    pub(super) fn window(&self, track: TrackId) -> Option<&Window> {
        self.views.get(&track)?.face.window()
    }

    /// Why it is over.
    pub(crate) fn into_end(self) -> Option<End> {
        if let State::Ended(end) = self.state { Some(end) } else { None }
    }

    /// What follows a window's title.
    pub(super) fn title(&self, remote: &Remote) -> String {
        let suffix = match &self.state {
            State::Online { role: protocol::control::Role::Control } if remote.states.unresponsive => {
                // A window's title is all that every desktop lets us say something in.
                if self.insisted.contains(&remote.track) {
                    " (not responding: close again to force quit)"
                } else {
                    " (not responding)"
                }
            }
            State::Reconnecting { .. } | State::Connecting => " — reconnecting…",
            State::Online { role: protocol::control::Role::View } => " (view only)",
            State::Online { .. } if !self.seat_held => " (in use elsewhere)",
            State::Online { .. } | State::Ended(_) => "",
        };
        // No window is without a name in a task bar.
        let title = if remote.title.is_empty() { &remote.app_id } else { &remote.title };
        format!("{title}{suffix}")
    }

    /// The user closes a window. One that does not answer cannot close by itself: who closes it again ends
    /// its app.
    pub(super) fn ask_to_close(&mut self, track: TrackId) {
        let Some(remote) = self.windows.get(track).filter(|remote| remote.states.unresponsive) else {
            return self.link.send(Command::Close(track));
        };
        let again = !self.insisted.insert(track);
        let (title, wish) = (self.title(remote), if again { Command::ForceQuit } else { Command::Close });
        self.link.send(wish(track));
        if let Some(window) = self.window(track) {
            window.set_title(&title);
        }
    }

    fn on_link(&mut self, event: Event, events: &ActiveEventLoop) {
        match event {
            Event::State(state) => self.on_state(state, events),
            Event::Session(event) => self.on_session(event, events),
            Event::Updated(updated) => self.on_updated(updated, events),
            Event::Report { report, .. } => {
                if let Ok(line) = serde_json::to_string(&report) {
                    // Nobody reads: nothing to do about it, and windows go on.
                    let _ = writeln!(std::io::stdout().lock(), "{line}");
                }
            }
        }
    }

    fn on_session(&mut self, event: SessionEvent, events: &ActiveEventLoop) {
        match event {
            SessionEvent::Window(remote) => self.on_window(remote, events),
            SessionEvent::WindowGone(track) => self.on_gone(track),
            SessionEvent::Icon(icon) => self.on_icon(&icon),
            SessionEvent::Cursor(image) => {
                let factor = self.views.values().next().map_or(1.0, |view| view.scale().factor());
                self.cursor = Cursor::new(&image, factor, events);
                if !self.lock.is_held() {
                    self.views.values().for_each(|view| self.cursor.put_on(&view.face));
                }
                if let Desktop::Wayland(popups) = &mut self.desktop {
                    popups.set_cursor(&self.cursor);
                }
            }
            SessionEvent::Seat { held } => self.on_seat(held),
            SessionEvent::Bell(track) => self.on_bell(track),
            SessionEvent::Grabbed(track, grab) => self.on_grabbed(track, grab),
            SessionEvent::TextInput(place) => self.on_text_input(place),
            SessionEvent::PointerLock(track) => self.on_pointer_lock(track),
            // The window system keeps the pointer in the window where the button went down.
            SessionEvent::Drag(_) => (),
            SessionEvent::Notice(notice) => tracing::warn!("{notice}"),
            SessionEvent::ClipboardOffered { mimes } => self.clipboard.offer(&mimes),
            SessionEvent::ClipboardContent { data, .. } => {
                if let Some(command) = self.clipboard.deliver(data) {
                    self.link.send(command);
                }
            }
            SessionEvent::ClipboardWanted { request, mime } => {
                if let Some(command) = self.clipboard.fetch(request, &mime) {
                    self.link.send(command);
                }
            }
        }
    }

    fn on_state(&mut self, state: State, events: &ActiveEventLoop) {
        self.state = state;
        match &self.state {
            State::Online { .. } => self.introduce(),
            State::Ended(_) => events.exit(),
            State::Connecting | State::Reconnecting { .. } => {}
        }
        self.retitle();
        self.views.values_mut().for_each(View::invalidate);
    }

    /// Tells a host that has just been met what it must know.
    fn introduce(&mut self) {
        self.seat_held = true;
        for (track, configure) in self.wishes.again() {
            self.link.send(Command::Configure { track, configure });
        }
    }

    /// Windows are this viewer's to lay out from now on, or another's.
    fn on_seat(&mut self, held: bool) {
        if std::mem::replace(&mut self.seat_held, held) != held {
            let tracks: Vec<TrackId> = self.views.keys().copied().collect();
            for track in tracks {
                if held { self.lay_out(track) } else { self.lay_down(track) }
            }
        }
        self.retitle();
    }

    /// Brings a window to the size and state that it has on this desktop.
    fn lay_out(&mut self, track: TrackId) {
        let Some(view) = self.views.get_mut(&track) else { return };
        view.invalidate();
        let Face::Window(window) = view.face.clone() else { return };
        let fills = window.is_maximized() || window.fullscreen().is_some();
        if let Some(size) = self.wishes.standing(track).filter(|_| !fills) {
            request_size(view, view.scale().to_pixels(size));
        }
        match self.wishes.standing(track).filter(|_| !fills) {
            Some(size) => {
                let scale = view.scale();
                let local = Local { size, scale, maximized: false, fullscreen: false };
                let configure = self.wishes.insist(track, local);
                self.link.send(Command::Configure { track, configure });
            }
            None => self.on_local_change(track),
        }
    }

    /// Shows a window as another viewer wants it.
    fn lay_down(&mut self, track: TrackId) {
        let (Some(view), Some(remote)) = (self.views.get_mut(&track), self.windows.get(track)) else {
            return;
        };
        view.invalidate();
        if let (Face::Window(window), WindowKind::Toplevel) = (view.face.clone(), remote.kind) {
            look_on(view, &window, remote);
        }
    }

    /// Where a track's content is in its local window.
    pub(super) fn placement(&self, track: TrackId) -> Placement {
        match (self.views.get(&track), self.windows.get(track)) {
            (Some(view), Some(remote)) if !self.seat_held => {
                Placement::within(remote.size, view.size(), view.scale())
            }
            (Some(view), _) => Placement::exact(view.scale()),
            (None, _) => Placement::exact(Scale::ONE),
        }
    }

    fn retitle(&self) {
        for (&track, view) in &self.views {
            if let (Some(remote), Some(window)) = (self.windows.get(track), view.face.window()) {
                window.set_title(&self.title(remote));
            }
        }
    }

    fn on_window(&mut self, remote: Remote, events: &ActiveEventLoop) {
        let track = remote.track;
        let before = self.windows.get(track).cloned();
        if !remote.states.unresponsive {
            self.insisted.remove(&track);
        }
        self.windows.set(remote);
        match before {
            Some(before) if self.views.contains_key(&track) => self.follow(track, &before),
            _ => self.open(track, events),
        }
    }

    fn on_gone(&mut self, track: TrackId) {
        self.close(track);
        self.windows.remove(track);
        self.waiting.remove(&track);
        self.wishes.forget(track);
        self.seat.forget(track);
        self.insisted.remove(&track);
    }

    fn on_icon(&mut self, icon: &media::Icon) {
        let Ok(made) = Icon::from_rgba(icon.rgba.to_vec(), icon.side, icon.side) else {
            tracing::debug!(icon = icon.id.0, "an icon whose size does not fit its pixels");
            return;
        };
        // Icons are few; a host that sends endless ones loses the old.
        if self.icons.len() >= MAX_ICONS {
            self.icons.clear();
        }
        for remote in self.windows.iter().filter(|remote| remote.icon == Some(icon.id)) {
            if let Some(window) = self.window(remote.track) {
                window.set_window_icon(Some(made.clone()));
            }
        }
        self.icons.insert(icon.id, made);
    }

    fn on_bell(&self, track: TrackId) {
        let root = self.windows.root(track);
        if let Some(window) = self.window(root).filter(|_| self.seat.focused() != Some(root)) {
            window.request_user_attention(Some(UserAttentionType::Informational));
        }
    }

    fn on_updated(&mut self, updated: Updated, events: &ActiveEventLoop) {
        let track = updated.track;
        match self.views.get_mut(&track) {
            Some(view) => view.update(&updated),
            None => {
                self.waiting.insert(track, updated);
                self.open(track, events);
            }
        }
    }

    /// Paints and presents whatever is pending.
    fn present(&mut self) {
        let light = if matches!(self.state, State::Online { .. }) { Light::Full } else { Light::Dimmed };
        let tracks: Vec<TrackId> = self.views.keys().copied().collect();
        for track in tracks {
            let (Some(view), Some(remote)) = (self.views.get_mut(&track), self.windows.get(track)) else {
                continue;
            };
            let part = (!self.seat_held).then(|| {
                Placement::within(remote.size, view.size(), view.scale()).rect(Point::default(), remote.size)
            });
            match view.present(remote, part, light) {
                Ok(None) => {}
                Ok(Some(update)) => {
                    self.link.send(Command::Presented { track, update, at: clock::now() });
                }
                Err(error) => tracing::warn!(%track, %error, "a window could not be painted"),
            }
        }
    }
}

/// The most icons that are kept.
const MAX_ICONS: usize = 256;

impl ApplicationHandler<Wake> for Desk {
    fn resumed(&mut self, _: &ActiveEventLoop) {}

    fn user_event(&mut self, events: &ActiveEventLoop, wake: Wake) {
        match wake {
            Wake::Link(event) => self.on_link(event, events),
            Wake::Keymap(text) => {
                self.seat.locks.set_keymap(&text);
                self.link.send(Command::Keymap(text));
            }
            Wake::Clipboard(event) => {
                if let Some(command) = self.clipboard.on_event(event) {
                    self.link.send(command);
                }
            }
            // Once all events of this moment are through.
            Wake::Desktop => {}
        }
    }

    fn window_event(&mut self, _events: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        if let Some(&track) = self.tracks.get(&id) {
            self.on_window_event(track, event);
        }
    }

    fn device_event(&mut self, _events: &ActiveEventLoop, _device: DeviceId, event: DeviceEvent) {
        self.on_device_event(&event);
    }

    fn about_to_wait(&mut self, events: &ActiveEventLoop) {
        self.hear_popups();
        self.clipboard.hear();
        self.settle_focus();
        self.settle_composition();
        self.settle_motion();
        for (track, configure) in self.wishes.settle(Instant::now()) {
            self.link.send(Command::Configure { track, configure });
        }
        self.present();
        self.open_waiting_popups(events);
        events.set_control_flow(self.wishes.deadline().map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}
