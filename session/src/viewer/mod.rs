//! The viewer's core: one end of one link to a host, over as many connections as it takes.
//!
//! Invariants:
//! - Updates of a track are handed out in order, without gaps, and only while its window is known.
//! - After a welcome, windows that the host does not report again are gone as soon as it has said everything, which
//!   its first `Seat` marks.
//! - Nothing that this viewer pressed stays down once the focus is lost, or the host no longer knows the viewer.
//! - What the user did takes effect once, in order, also where a link broke on its way and while there is none, if a new
//!   link comes soon; else none of it does.
//! - At rest nothing is sent: pings and repeated feedback end some seconds after the last update.

mod action;
mod clipboard;
mod clock;
mod feedback;
mod histogram;
mod input;
mod joining;
mod journal;
mod latency;
mod order;
mod windows;
mod wishes;

use std::{collections::VecDeque, time::Duration};

use media::{InputId, TextInput, Timestamp, TrackId, Update, UpdateId, ViewerId, WindowGrab};
use protocol::{
    control::{Clipboard, MAX_CLIPBOARD, ToHost, ToViewer},
    feedback::Feedback,
};

pub use action::{Action, Config, End, State, Unsent};
pub use histogram::{Histogram, Summary};
pub use latency::{Latency, Stage};
pub use windows::Shown;

use clipboard::{Progress, Requests};
use clock::Clock;
use feedback::Feedbacks;
use journal::Journal;
use latency::{Decoded, Tracker};
use windows::{MAX_WINDOWS, Unapplied, Windows};

use crate::held::Held;

/// The most updates of a track that wait to be applied: a host that heeds feedback sends far fewer.
const MAX_UNAPPLIED: usize = 1024;

/// The core of one viewer. See the module's documentation.
#[derive(Debug)]
pub struct Viewer {
    config: Config,
    state: State,
    actions: VecDeque<Action>,
    windows: Windows,
    /// Whether the host is still telling what there is.
    introducing: bool,
    seat: bool,
    clock: Clock,
    tracker: Tracker,
    feedbacks: Feedbacks,
    next_input: InputId,
    journal: Journal,
    /// The viewer with whose welcome the numbers of input began.
    began: Option<ViewerId>,
    /// The newest event that took effect on an earlier link, while those after it wait for the host to tell what there is.
    resumed: Option<InputId>,
    /// Messages that go before input, sent on this link.
    sent_before_input: u32,
    next_configure: u32,
    held: Held,
    focus: Option<TrackId>,
    /// Where this viewer composes a text.
    composing: Option<TrackId>,
    text_input: Option<(TrackId, TextInput)>,
    lock: Option<TrackId>,
    keymap: Option<String>,
    /// What this viewer offers on the clipboard.
    offered: Vec<String>,
    requests: Requests,
}

impl Viewer {
    /// A viewer without a link.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Connecting,
            actions: VecDeque::new(),
            windows: Windows::default(),
            introducing: false,
            seat: false,
            clock: Clock::default(),
            tracker: Tracker::default(),
            feedbacks: Feedbacks::default(),
            next_input: InputId(1),
            journal: Journal::default(),
            began: None,
            resumed: None,
            sent_before_input: 0,
            next_configure: 1,
            held: Held::default(),
            focus: None,
            composing: None,
            text_input: None,
            lock: None,
            keymap: None,
            offered: Vec::new(),
            requests: Requests::default(),
        }
    }

    /// A message of the host.
    pub fn handle_control(&mut self, now: Timestamp, message: ToViewer) {
        let live = self.is_live();
        match message {
            ToViewer::Welcome(welcome) => self.welcome(now, welcome),
            ToViewer::Refused(refusal) => self.set_state(State::Closed(End::Refused(refusal))),
            ToViewer::Goodbye { reason } => self.set_state(State::Closed(End::Goodbye(reason))),
            _ if !live => self.protocol("a message before the welcome".to_owned()),
            ToViewer::Window(window) => {
                if self.windows.shown.len() >= MAX_WINDOWS && !self.windows.shown.contains_key(&window.track)
                {
                    return self.protocol(format!("more than {MAX_WINDOWS} windows"));
                }
                let track = window.track;
                self.windows.report(window.clone());
                self.actions.push_back(Action::Window(window));
                self.hand_out(track);
            }
            ToViewer::WindowGone { track } => self.window_gone(track),
            ToViewer::Icon(icon) => self.actions.push_back(Action::Icon(icon)),
            ToViewer::Cursor(cursor) => self.actions.push_back(Action::Cursor(cursor)),
            ToViewer::Seat { held } => self.seat(held),
            ToViewer::Clipboard(message) => self.clipboard(now, message),
            ToViewer::Bell { track } => self.actions.push_back(Action::Bell(track)),
            ToViewer::Grabbed { track, grab } => self.grabbed(now, track, grab),
            ToViewer::TextInput { track, input: Some(input) } => {
                self.set_text_input(Some((track, input)).filter(|_| self.windows.shown.contains_key(&track)));
            }
            ToViewer::TextInput { track, input: None } => self.no_text_input(track),
            ToViewer::PointerLock { track } => {
                self.set_lock(track.filter(|track| self.windows.shown.contains_key(track)));
            }
            ToViewer::Notice(notice) => self.actions.push_back(Action::Notice(notice)),
            ToViewer::Pong { viewer, host } => self.clock.pong(now, viewer, host),
        }
    }

    /// An update has arrived whole.
    pub fn handle_update(&mut self, now: Timestamp, update: Update) {
        // Updates have streams of their own, so they may overtake the welcome.
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        self.clock.touch();
        let track = update.track;
        if self.windows.is_gone(track) {
            // Its window is gone; the host still wants to know that the link has room again.
            let id = update.id;
            let feedback =
                Feedback { track, update: id, received_at: now, decoded_at: now, presented_at: None };
            self.actions.push_back(Action::Feedback(feedback));
            return;
        }
        let Some(order) = self.windows.order(track) else {
            return self.protocol("updates of many tracks without windows".to_owned());
        };
        if let Err(gap) = order.insert(now, update) {
            return self.protocol(format!("update {} of {track} never came", gap.0));
        }
        self.hand_out(track);
    }

    /// An update that was handed out has been applied; its ops were decoded at `decoded_at`.
    pub fn handle_applied(&mut self, now: Timestamp, track: TrackId, id: UpdateId, decoded_at: Timestamp) {
        let Some(queue) = self.windows.unapplied.get_mut(&track) else { return };
        let mut newest = None;
        while let Some(unapplied) = queue.pop_front_if(|unapplied| unapplied.id <= id) {
            newest = Some(unapplied);
        }
        let (Some(applied), Some(shown)) = (newest, self.windows.shown.get_mut(&track)) else { return };
        let Unapplied { received, size, exact, cause, timing, .. } = applied;
        shown.size = Some(size);
        shown.exact = exact;
        shown.changes += 1;
        let fresh = id.0 > 1 && shown.captured.is_some_and(|captured| timing.captured > captured);
        shown.captured = Some(timing.captured);
        let decoded = Decoded { track, id, received, decoded: decoded_at, cause, timing, fresh };
        self.tracker.decoded(&self.clock, decoded);
        let feedback = Feedback { track, update: id, received_at: received, decoded_at, presented_at: None };
        self.feedbacks.decoded(now, feedback);
    }

    /// What was applied up to this update is on the screen.
    pub fn handle_presented(&mut self, now: Timestamp, track: TrackId, id: UpdateId) {
        self.tracker.presented(now, track, id);
        if let Some(feedback) = self.feedbacks.presented(now, track, id) {
            self.actions.push_back(Action::Feedback(feedback));
        }
    }

    /// The time that [`Viewer::poll_timeout`] asked for has come. Calling it earlier or more often does no harm.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.is_live() {
            for feedback in self.feedbacks.due(now) {
                self.actions.push_back(Action::Feedback(feedback));
            }
            if self.clock.due(now) {
                self.control(ToHost::Ping { viewer: now });
            }
        }
        for request in self.requests.end(Some(now)) {
            self.actions.push_back(Action::ClipboardContent { request, data: None });
        }
    }

    /// What to do next, in order. Drain it after every call of a `handle_*`, and of any other method that changes
    /// something.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Viewer::handle_timeout`] is due next, if nothing else happens; may lie in the past.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let live = self.is_live().then(|| self.feedbacks.timeout().into_iter().chain(self.clock.timeout()));
        live.into_iter().flatten().chain(self.requests.timeout()).min()
    }

    /// How it stands to its host.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The windows, by track. All of them, also before their first picture.
    pub fn windows(&self) -> impl Iterator<Item = &Shown> {
        self.windows.shown.values()
    }

    /// One window.
    pub fn window(&self, track: TrackId) -> Option<&Shown> {
        self.windows.shown.get(&track)
    }

    /// Whether this viewer's input reaches the apps, as the host said last.
    pub fn has_seat(&self) -> bool {
        self.seat
    }

    /// Latency per stage since the viewer started, or since [`Viewer::clear_latency`].
    pub fn latency(&self) -> &Latency {
        self.tracker.latency()
    }

    /// Begins to count latency anew.
    pub fn clear_latency(&mut self) {
        self.tracker.latency_mut().clear();
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

    /// The desktop will see the release of the button, we shall not.
    fn grabbed(&mut self, now: Timestamp, track: TrackId, grab: WindowGrab) {
        self.release_held(now);
        self.actions.push_back(Action::Grabbed(track, grab));
    }

    fn no_text_input(&mut self, track: TrackId) {
        if self.text_input.is_some_and(|(taken, _)| taken == track) {
            self.set_text_input(None);
        }
    }

    fn set_text_input(&mut self, input: Option<(TrackId, TextInput)>) {
        if self.text_input != input {
            self.text_input = input;
            self.actions.push_back(Action::TextInput(input));
        }
    }

    fn set_lock(&mut self, track: Option<TrackId>) {
        if self.lock != track {
            self.lock = track;
            self.actions.push_back(Action::PointerLock(track));
        }
    }

    /// A window is gone, and its late updates are to be dropped.
    fn window_gone(&mut self, track: TrackId) {
        self.window_vanished(track);
        self.windows.bury(track);
    }

    fn window_vanished(&mut self, track: TrackId) {
        self.feedbacks.forget(track);
        self.tracker.forget(track);
        self.held.forget_touches(track);
        self.focus.take_if(|focus| *focus == track);
        self.composing.take_if(|composing| *composing == track);
        self.no_text_input(track);
        if self.lock == Some(track) {
            self.set_lock(None);
        }
        if self.windows.remove(track) {
            self.actions.push_back(Action::WindowGone(track));
        }
    }

    fn clipboard(&mut self, now: Timestamp, message: Clipboard) {
        match message {
            Clipboard::Offer { mimes } => {
                // Whoever offers owns the clipboard from now on.
                self.offered.clear();
                self.actions.push_back(Action::ClipboardOffered { mimes });
            }
            Clipboard::Request { request, mime } if self.offered.contains(&mime) => {
                self.actions.push_back(Action::ClipboardWanted { request, mime });
            }
            Clipboard::Request { request, .. } => self.provide_clipboard(request, None),
            Clipboard::Content { request, data, last } => {
                match self.requests.content(now, request, &data, last) {
                    Progress::None => {}
                    Progress::Done(data) => {
                        self.actions.push_back(Action::ClipboardContent { request, data: Some(data) });
                    }
                    Progress::TooLong => {
                        tracing::warn!(
                            limit = MAX_CLIPBOARD,
                            "clipboard content is too large; it is dropped"
                        );
                        self.actions.push_back(Action::ClipboardContent { request, data: None });
                    }
                }
            }
            Clipboard::Unavailable { request } => {
                if self.requests.close(request) {
                    self.actions.push_back(Action::ClipboardContent { request, data: None });
                }
            }
        }
    }

    /// Hands out the updates of a track that are next in order, if its window is known.
    fn hand_out(&mut self, track: TrackId) {
        if !self.windows.shown.get(&track).is_some_and(|shown| shown.confirmed) {
            return;
        }
        while let Some((received, update)) = self.windows.order(track).and_then(|order| order.next()) {
            let unapplied = Unapplied {
                id: update.id,
                received,
                size: update.size,
                exact: update.exact,
                cause: update.caused_by_input,
                timing: update.timing,
            };
            let unapplied_now = self.windows.unapplied.entry(track).or_default();
            if unapplied_now.len() >= MAX_UNAPPLIED {
                return self
                    .protocol(format!("over {MAX_UNAPPLIED} updates of {track} ahead of the decoder"));
            }
            unapplied_now.push_back(unapplied);
            self.actions.push_back(Action::Apply(update));
        }
    }

    fn is_live(&self) -> bool {
        matches!(self.state, State::Live { .. })
    }

    fn set_state(&mut self, state: State) {
        if self.state != state && !matches!(self.state, State::Closed(_)) {
            self.state = state.clone();
            self.actions.push_back(Action::State(state));
        }
    }

    fn protocol(&mut self, reason: String) {
        self.set_state(State::Closed(End::Protocol(reason)));
    }

    /// Sends on the control lane; without a link only the greeting goes out.
    fn control(&mut self, message: ToHost) {
        if self.is_live() || matches!(message, ToHost::Hello(_)) {
            self.sent_before_input += u32::from(message.goes_before_input());
            self.actions.push_back(Action::Control(message));
        }
    }
}
