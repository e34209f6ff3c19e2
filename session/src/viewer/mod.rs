//! The viewer's core: one end of one link to a host, over as many connections as it takes.
//!
//! Invariants:
//! - Updates of a track are handed out in order, without gaps, and only while its window is known.
//! - After a welcome, windows that the host does not report again are gone as soon as it has said everything,
//!   which its first `Seat` marks.
//! - Nothing that this viewer pressed stays down once the focus is lost, or the host no longer knows the
//!   viewer.
//! - What the user did takes effect once, in order, also where a link broke on its way and while there is
//!   none, if a new link comes soon; else none of it does.
//! - What the front end is told of texts, sizes and places can be shown: see `sane`. All tracks together hold
//!   no more pixels, and no more bytes of updates, than any honest session has; a host that exceeds that
//!   loses the link.
//! - At rest nothing is sent: pings and repeated feedback end some seconds after the last update.

mod action;
mod clipboard;
mod clock;
mod feedback;
mod histogram;
mod input;
mod journal;
mod keyboard;
mod lane;
mod latency;
mod link;
mod order;
mod outbox;
mod sane;
mod seat;
mod wants;
mod windows;

use std::time::Duration;

use bytes::Bytes;
use media::{ClipboardRequest, InputId, Locks, Timestamp, TrackId, Update, UpdateId, Window, WindowGrab};
use protocol::{
    control::{Clipboard, Configure, Hello, Role, ToHost, ToViewer, Welcome},
    feedback::Feedback,
    input::InputEvent,
    resume::Resume,
    version::{Version, VersionRange},
};

pub use action::{Action, Config, End, Event, Outbound, State, Unsent};
pub use histogram::{Histogram, Summary};
pub use latency::{Latency, Stage};
pub use sane::clean;
pub use windows::Shown;

use clipboard::{ClipboardEnd, Reaction};
use clock::Clock;
use feedback::Feedbacks;
use input::HeldInput;
use keyboard::Keyboard;
use lane::InputLane;
use latency::{Decoded, Tracker};
use link::Link;
use outbox::Outbox;
use seat::Seat;
use wants::Wants;
use windows::{Applied, Windows};

/// The core of one viewer. See the module's documentation.
///
/// It owns nothing itself but routes: each field is a concern, whose state is private to its file.
#[derive(Debug)]
pub struct Viewer {
    config: Config,
    out: Outbox,
    link: Link,
    seat: Seat,
    windows: Windows,
    clock: Clock,
    tracker: Tracker,
    feedbacks: Feedbacks,
    lane: InputLane,
    held: HeldInput,
    keyboard: Keyboard,
    clipboard: ClipboardEnd,
    wants: Wants,
}

impl Viewer {
    /// A viewer without a link.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            out: Outbox::default(),
            link: Link::default(),
            seat: Seat::default(),
            windows: Windows::default(),
            clock: Clock::default(),
            tracker: Tracker::default(),
            feedbacks: Feedbacks::default(),
            lane: InputLane::default(),
            held: HeldInput::default(),
            keyboard: Keyboard::default(),
            clipboard: ClipboardEnd::default(),
            wants: Wants::default(),
        }
    }

    /// A connection to the host stands: the viewer introduces itself.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.windows.begin();
        let resume = self.resume(now);
        let Config { ticket, agent, video, .. } = self.config.clone();
        self.control(ToHost::Hello(Hello { versions: VersionRange::OURS, ticket, agent, video, resume }));
    }

    /// How the host of the next link knows this viewer again: what its hello says of that.
    pub fn resume(&mut self, now: Timestamp) -> Option<Resume> {
        self.config.resume.map(|key| self.lane.resume(now, key))
    }

    /// The connection is lost. The windows stay, and so does what is held down, if the host of the next
    /// connection knows the viewer again; whoever has lost sight of the user's hands calls
    /// [`Viewer::release_held`]. `handle_connected` follows when there is a new one.
    pub fn reset_link(&mut self, _now: Timestamp) {
        self.link.lost(&mut self.out);
        self.windows.begin();
        self.feedbacks.clear();
        self.tracker.begin();
        self.wants.lost(&mut self.out);
        self.lane.reset();
        self.seat.lost(&mut self.out);
        self.end_requests(None);
    }

    /// A message of the host.
    pub fn handle_control(&mut self, now: Timestamp, message: ToViewer) {
        let live = self.link.is_live();
        match sane::message(message) {
            ToViewer::Welcome(welcome) => self.welcome(now, welcome),
            ToViewer::Refused(refusal) => self.link.close(&mut self.out, End::Refused(refusal)),
            ToViewer::Goodbye { reason } => self.link.close(&mut self.out, End::Goodbye(reason)),
            _ if !live => self.protocol("a message before the welcome".to_owned()),
            ToViewer::Window(window) => self.window_reported(window),
            ToViewer::WindowGone { track } => self.window_gone(track),
            ToViewer::Icon(icon) => self.tell(Event::Icon(icon)),
            ToViewer::Cursor(cursor) => self.tell(Event::Cursor(cursor)),
            ToViewer::Seat { held } => self.seat(held),
            ToViewer::Clipboard(message) => self.clipboard(now, message),
            ToViewer::Bell { track } => self.tell(Event::Bell(track)),
            ToViewer::Grabbed { track, grab } => self.grabbed(now, track, grab),
            ToViewer::TextInput { track, input: Some(input) } => {
                let text = Some((track, input)).filter(|_| self.windows.contains(track));
                self.wants.set_text_input(&mut self.out, text);
            }
            ToViewer::TextInput { track, input: None } => self.wants.end_text_input(&mut self.out, track),
            ToViewer::PointerLock { track } => {
                let track = track.filter(|track| self.windows.contains(*track));
                self.wants.set_lock(&mut self.out, track);
            }
            ToViewer::Drag { drag } => self.tell(Event::Drag(drag)),
            ToViewer::Notice(notice) => self.tell(Event::Notice(notice)),
            ToViewer::Pong { viewer, host } => self.clock.pong(now, viewer, host),
        }
    }

    /// An update has arrived whole.
    pub fn handle_update(&mut self, now: Timestamp, update: Update) {
        // Updates have streams of their own, so they may overtake the welcome.
        if self.link.is_closed() {
            return;
        }
        self.clock.touch();
        let track = update.track;
        if self.windows.is_gone(track) {
            // Its window is gone; the host still wants to know that the link has room again.
            let id = update.id;
            let feedback =
                Feedback { track, update: id, received_at: now, decoded_at: now, presented_at: None };
            self.send(Outbound::Feedback(feedback));
            return;
        }
        if let Err(too_many) = self.windows.insert(now, update) {
            return self.protocol(too_many.to_string());
        }
        self.hand_out(track);
    }

    /// An update that was handed out has been applied; its ops were decoded at `decoded_at`.
    pub fn handle_applied(&mut self, now: Timestamp, track: TrackId, id: UpdateId, decoded_at: Timestamp) {
        let Some(applied) = self.windows.applied(track, id) else { return };
        let Applied { received, cause, timing, fresh } = applied;
        let decoded = Decoded { track, id, received, decoded: decoded_at, cause, timing, fresh };
        self.tracker.decoded(&self.clock, decoded);
        let feedback = Feedback { track, update: id, received_at: received, decoded_at, presented_at: None };
        self.feedbacks.decoded(now, feedback);
    }

    /// What was applied up to this update is on the screen.
    pub fn handle_presented(&mut self, now: Timestamp, track: TrackId, id: UpdateId) {
        self.tracker.presented(now, track, id);
        if let Some(feedback) = self.feedbacks.presented(now, track, id) {
            self.send(Outbound::Feedback(feedback));
        }
    }

    /// The time that [`Viewer::poll_timeout`] asked for has come. Calling it earlier or more often does no
    /// harm.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.link.is_live() {
            for feedback in self.feedbacks.due(now) {
                self.send(Outbound::Feedback(feedback));
            }
            if self.clock.due(now, self.held.repeats()) {
                self.control(ToHost::Ping { viewer: now });
            }
        }
        self.end_requests(Some(now));
    }

    /// The user's input on a window. Presses of what is down and releases of what is up are not sent: a key
    /// that repeats is repeated by its app. Between two links all but motion waits, and is sent if the host
    /// knows the viewer again.
    pub fn handle_input(
        &mut self,
        now: Timestamp,
        track: TrackId,
        event: InputEvent,
    ) -> Result<InputId, Unsent> {
        self.link.may_use()?;
        if self.waits() && !self.lane.takes(&event) {
            return Err(Unsent::NotLive);
        }
        if !self.windows.contains(track) {
            return Err(Unsent::NoWindow);
        }
        event.validate().map_err(|_| Unsent::Bounds)?;
        let event = self.held.hold(track, event, self.wants.lock()).ok_or(Unsent::NoChange)?;
        if let Some(locks) = self.held.locks_before(&event) {
            self.send_input(now, track, locks);
        }
        Ok(self.send_input(now, track, event))
    }

    /// Which window of this viewer has the desktop's keyboard focus; `None`: none of them. Then everything
    /// that is held down is released.
    pub fn handle_focus(&mut self, now: Timestamp, track: Option<TrackId>) {
        if track.is_none() {
            self.release_held(now);
        }
        let focus = self.keyboard.set_focus(track);
        self.control(focus);
    }

    /// Releases everything that is held down, and ends what is being composed.
    pub fn release_held(&mut self, now: Timestamp) {
        for (track, event) in self.held.release() {
            self.send_input(now, track, event);
        }
    }

    /// Says how this viewer wants a window to be, which counts while it has the seat. The front end numbers
    /// its wishes for a window in increasing order: the window's `configured` names the newest that its state
    /// answers.
    pub fn configure(&mut self, track: TrackId, configure: Configure) {
        self.control(ToHost::Configure { track, configure });
    }

    /// The user pressed outside of all popups, or the desktop took the focus away.
    pub fn dismiss_popups(&mut self) {
        self.control(ToHost::DismissPopups);
    }

    /// The user does something to windows that is no input of an app, such as to resize one: takes the seat,
    /// if nobody else is using the apps. [`Event::Seat`] is the answer.
    pub fn take_seat(&mut self) {
        self.control(ToHost::TakeSeat);
    }

    /// Whether anybody can see a window here.
    pub fn set_visible(&mut self, track: TrackId, visible: bool) {
        if self.windows.set_visible(track, visible) {
            self.control(ToHost::Visible { track, visible });
        }
    }

    /// The user's keyboard layout, as xkb text. One that is over the protocol's bound is not sent.
    pub fn set_keymap(&mut self, text: String) {
        let keymap = self.keyboard.set_keymap(text);
        self.control(keymap);
    }

    /// Which locks are on at the user's keyboard, as far as keys showed it. The host hears of it before the
    /// next key that it matters to.
    pub fn set_locks(&mut self, locks: Locks) {
        self.held.set_locks(locks);
    }

    /// The user has put something on this viewer's own clipboard; none: it is this viewer's no more.
    pub fn offer_clipboard(&mut self, mimes: Vec<String>) {
        let offer = self.clipboard.offer(mimes);
        self.control(ToHost::Clipboard(offer));
    }

    /// Asks for what is on the session's clipboard; [`Event::ClipboardContent`] is the answer, within
    /// seconds, or at once if there is no link or too much is asked for already.
    pub fn request_clipboard(&mut self, now: Timestamp, mime: String) -> ClipboardRequest {
        if !self.link.is_live() {
            let request = self.clipboard.refuse();
            self.tell(Event::ClipboardContent { request, data: None });
            return request;
        }
        let (request, message) = self.clipboard.request(now, mime);
        match message {
            Some(message) => self.control(ToHost::Clipboard(message)),
            None => self.tell(Event::ClipboardContent { request, data: None }),
        }
        request
    }

    /// Answers [`Event::ClipboardWanted`]; `None` if there is no such content.
    pub fn provide_clipboard(&mut self, request: ClipboardRequest, data: Option<Bytes>) {
        for message in ClipboardEnd::provide(request, data) {
            self.control(ToHost::Clipboard(message));
        }
    }

    /// What to do next, in order. Drain it after every call of a `handle_*`, and of any other method that
    /// changes something.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.out.pop()
    }

    /// When [`Viewer::handle_timeout`] is due next, if nothing else happens; may lie in the past.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let live = self
            .link
            .is_live()
            .then(|| self.feedbacks.timeout().into_iter().chain(self.clock.timeout(self.held.repeats())));
        live.into_iter().flatten().chain(self.clipboard.timeout()).min()
    }

    /// How it stands to its host.
    pub fn state(&self) -> &State {
        self.link.state()
    }

    /// The windows, by track. All of them, also before their first picture.
    pub fn windows(&self) -> impl Iterator<Item = &Shown> {
        self.windows.iter()
    }

    /// One window.
    pub fn window(&self, track: TrackId) -> Option<&Shown> {
        self.windows.get(track)
    }

    /// Whether this viewer's input reaches the apps, as the host said last.
    pub fn has_seat(&self) -> bool {
        self.seat.is_held()
    }

    /// Latency per stage since the viewer started, or since [`Viewer::clear_latency`].
    pub fn latency(&self) -> &Latency {
        self.tracker.latency()
    }

    /// Begins to count latency anew.
    pub fn clear_latency(&mut self) {
        self.tracker.clear();
    }

    /// The least round trip of the newest pings.
    pub fn round_trip(&self) -> Option<Duration> {
        self.clock.round_trip()
    }

    /// The host's clock minus the viewer's, in microseconds, as well as is known.
    pub fn clock_offset(&self) -> i64 {
        self.clock.offset()
    }

    /// How old the newest applied picture of a window is, by its commit. Only meaningful while its app draws.
    pub fn age(&self, now: Timestamp, track: TrackId) -> Option<Duration> {
        let captured = self.window(track)?.captured?;
        Some(latency::age(&self.clock, now, captured))
    }

    fn welcome(&mut self, now: Timestamp, welcome: Welcome) {
        if !(Version::OLDEST..=Version::NEWEST).contains(&welcome.version) || self.link.is_live() {
            return self.protocol("an impossible welcome".to_owned());
        }
        if self.link.is_of_another(&welcome.session) {
            for track in self.windows.unconfirmed() {
                self.window_vanished(track);
            }
        }
        self.clock.begin(now, welcome.now);
        let Welcome { session, viewer, role, resumed, .. } = welcome;
        self.lane.welcomed(viewer, resumed);
        self.held.welcomed(resumed.is_some());
        if resumed.is_none() {
            // A host that does not know this viewer has released what it held down.
            self.held.release();
        }
        self.link.welcomed(&mut self.out, session, viewer, role);
        if role == Role::Control {
            self.control(self.keyboard.keymap_again());
        }
        self.handle_timeout(now);
    }

    /// Whether input reaches the apps. The first time after a welcome also means: that was everything.
    fn seat(&mut self, held: bool) {
        if self.link.introduced() {
            for track in self.windows.unconfirmed() {
                self.window_gone(track);
            }
            for track in self.windows.hidden() {
                self.control(ToHost::Visible { track, visible: false });
            }
            self.control(self.keyboard.focus_again(self.lane.is_returning()));
            self.control(self.clipboard.offer_again().map(ToHost::Clipboard));
            self.send_again();
        }
        self.seat.set(&mut self.out, held);
    }

    /// Once the host has told everything and knows what holds on: what has not taken effect is sent again, as
    /// it was.
    fn send_again(&mut self) {
        if self.lane.is_returning() {
            for input in self.lane.again() {
                self.send(Outbound::Input(input));
            }
            self.clock.touch();
        }
    }

    /// Whether input waits: for a link, or until what was done before it was sent again.
    fn waits(&self) -> bool {
        !self.link.is_live() || self.lane.is_returning()
    }

    fn send_input(&mut self, now: Timestamp, track: TrackId, event: InputEvent) -> InputId {
        let input = self.lane.number(now, track, event);
        let id = input.id;
        if self.waits() {
            self.lane.waits(input);
            return id;
        }
        self.clock.touch();
        self.tracker.input(id, now);
        self.lane.sent(&input);
        let motion = input.event.is_motion();
        self.send(if motion { Outbound::Motion(input) } else { Outbound::Input(input) });
        id
    }

    /// The desktop will see the release of the button, we shall not.
    fn grabbed(&mut self, now: Timestamp, track: TrackId, grab: WindowGrab) {
        self.release_held(now);
        self.tell(Event::Grabbed(track, grab));
    }

    fn window_reported(&mut self, mut window: Window) {
        let track = window.track;
        window.parent.take_if(|parent| self.windows.is_at_or_above(track, *parent));
        if let Err(too_many) = self.windows.report(window.clone()) {
            return self.protocol(too_many.to_string());
        }
        self.tell(Event::Window(window));
        self.hand_out(track);
    }

    /// A window is gone, and its late updates are to be dropped.
    fn window_gone(&mut self, track: TrackId) {
        self.window_vanished(track);
        self.windows.bury(track);
    }

    fn window_vanished(&mut self, track: TrackId) {
        self.feedbacks.forget(track);
        self.tracker.forget(track);
        self.held.forget(track);
        self.keyboard.forget_track(track);
        self.wants.forget_track(&mut self.out, track);
        if self.windows.remove(track) {
            self.tell(Event::WindowGone(track));
        }
    }

    fn clipboard(&mut self, now: Timestamp, message: Clipboard) {
        match self.clipboard.handle(now, message) {
            Reaction::None => {}
            Reaction::Tell(event) => self.tell(event),
            Reaction::Answer(message) => self.control(ToHost::Clipboard(message)),
        }
    }

    /// Ends the requests for content that waited too long, or all with `None`.
    fn end_requests(&mut self, now: Option<Timestamp>) {
        for event in self.clipboard.end(now) {
            self.tell(event);
        }
    }

    /// Hands out the updates of a track that are next in order, if its window is known.
    fn hand_out(&mut self, track: TrackId) {
        loop {
            match self.windows.next(track) {
                Ok(Some(update)) => self.out.push(Action::Apply(update)),
                Ok(None) => return,
                Err(too_many) => return self.protocol(too_many.to_string()),
            }
        }
    }

    fn tell(&mut self, event: Event) {
        self.out.tell(event);
    }

    fn send(&mut self, outbound: Outbound) {
        self.out.send(outbound);
    }

    fn protocol(&mut self, reason: String) {
        self.link.close(&mut self.out, End::Protocol(reason));
    }

    /// Sends on the control lane, if there is something to say; without a link only the greeting goes out.
    fn control(&mut self, message: impl Into<Option<ToHost>>) {
        let Some(message) = message.into() else { return };
        if self.link.is_live() || matches!(message, ToHost::Hello(_)) {
            if message.goes_before_input() {
                self.lane.precede();
            }
            self.send(Outbound::Control(message));
        }
    }
}
