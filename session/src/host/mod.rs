//! The host's core: between one source of windows, the encoder and the links of all viewers.
//!
//! Invariants:
//! - At most one viewer has the seat, and only one with the role `control`. What it held down is released
//!   when it loses the seat or goes; what it composed ends then, and so does its lock of the pointer.
//! - Only the holder of the seat changes anything: the focus, popups, sizes and states of windows. What
//!   others say of that waits for the seat.
//! - A viewer is owed exactly the windows that it was told of. Of each (viewer, track) at most one job is
//!   under way, and its updates are numbered without gaps.
//! - Nothing encoded is thrown away; what changes meanwhile is owed again. So every viewer is exact at rest.
//! - All that is kept per viewer goes with it, and all that is kept per track goes with that. How far the
//!   input of a viewer came is remembered for a while; one that returns goes on from there.
//! - Everything is bounded: regions by their rectangles, updates under way by the link's window, remembered
//!   inputs and wishes by dropping the oldest, clipboard content by its size, viewers and windows by
//!   [`Config`].

mod action;
mod causes;
mod clipboard;
mod configure;
mod control;
mod debt;
mod delivery;
mod early;
mod events;
mod filter;
mod images;
mod input;
mod input_end;
mod invariants;
mod keyboard;
mod layout;
mod member;
mod outbox;
mod pacing;
mod rate;
mod repeats;
mod resume;
mod seat;
mod tracks;
mod turns;
mod user_time;
mod wants;

use std::time::Duration;

use media::{Command, Timestamp, ViewerId};
use protocol::control::{Clipboard as Message, Refusal, RefusalCode, Role, ToViewer, Welcome};
use protocol::feedback::Feedback;

pub use action::{Action, Config, Join, LinkStats};
pub use invariants::Violation;

use clipboard::Clipboard;
use images::Images;
use keyboard::Keyboard;
use layout::Layouts;
use member::{Member, Members};
use outbox::Outbox;
use repeats::Repeats;
use resume::Absent;
use seat::{Departure, Seat};
use tracks::Tracks;
use wants::Wants;

/// How long pixels must at least not change before they count as resting.
const REST: Duration = Duration::from_millis(75);

/// The core of one session. See the module's documentation.
///
/// It owns nothing itself but routes: each field is a concern, whose state is private to its file.
#[derive(Debug)]
pub struct Host {
    config: Config,
    out: Outbox,
    members: Members,
    absent: Absent,
    tracks: Tracks,
    images: Images,
    seat: Seat,
    /// How each viewer wants windows to be.
    layouts: Layouts,
    keyboard: Keyboard,
    /// Held keys and what is heard of their viewer.
    repeats: Repeats,
    clipboard: Clipboard,
    wants: Wants,
}

impl Host {
    /// A session without windows and viewers.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            out: Outbox::default(),
            members: Members::default(),
            absent: Absent::default(),
            tracks: Tracks::default(),
            images: Images::default(),
            seat: Seat::default(),
            layouts: Layouts::default(),
            keyboard: Keyboard::default(),
            repeats: Repeats::default(),
            clipboard: Clipboard::default(),
            wants: Wants::default(),
        }
    }

    /// A viewer joins. It is sent `Welcome`, then all icons and windows (parents first, from bottom to top),
    /// the cursor, the clipboard's offer, where text is taken, and at last `Seat`, by which it knows that it
    /// has been told everything. One that is known from an earlier link takes that link's place. It gets the
    /// seat if nobody else could have it.
    ///
    /// A refusal is for the caller to send; the core keeps nothing of a viewer that was refused.
    pub fn handle_join(&mut self, now: Timestamp, join: Join) -> Result<ViewerId, Refusal> {
        let version = join.hello.validate()?;
        if self.members.len() >= self.config.max_viewers && self.members.ghost(&join).is_none() {
            let message = format!("the session has {} viewers already; close one", self.members.len());
            return Err(Refusal { code: RefusalCode::Full, message });
        }
        let viewer = self.members.number();
        tracing::debug!(%viewer, agent = ?join.hello.agent, role = ?join.role, "viewer joins");
        let mut member = Member::new(now, viewer, &join);
        let resumed = self.resume(now, viewer, &join, &mut member);
        if member.may_use() {
            self.layouts.join(viewer, member.key());
        }
        self.members.insert(viewer, member);
        self.claim_seat(now, viewer);
        let session = self.config.session.clone();
        let role = join.role;
        self.out.send(viewer, ToViewer::Welcome(Welcome { version, session, viewer, role, now, resumed }));
        self.introduce(now, viewer);
        self.pump(now);
        Ok(viewer)
    }

    /// A viewer confirmed an update.
    pub fn handle_feedback(&mut self, now: Timestamp, viewer: ViewerId, feedback: Feedback) {
        self.heard(now, viewer, false);
        if let Some(member) = self.members.get_mut(viewer) {
            member.delivery_mut().feedback(now, &feedback);
            self.pump(now);
        }
    }

    /// The transport measured a viewer's round trip. Optional: without it, updates and their feedback measure
    /// it.
    pub fn handle_round_trip(&mut self, now: Timestamp, viewer: ViewerId, round_trip: Duration) {
        if let Some(member) = self.members.get_mut(viewer) {
            member.delivery_mut().measured(now, round_trip);
        }
    }

    /// A viewer's link ended.
    pub fn handle_gone(&mut self, now: Timestamp, viewer: ViewerId) {
        let Some(member) = self.members.get(viewer) else { return };
        let departure = member.departure();
        self.absent.remember(now, member, self.seat.modifiers(viewer));
        self.forget_viewer(now, viewer, departure);
        self.settle_vacancy(now);
        self.pump(now);
    }

    /// The source has no room for what a viewer sends, and dropped it: its link ends, for this reason.
    pub fn handle_overflow(&mut self, now: Timestamp, viewer: ViewerId, reason: String) {
        if self.members.has(viewer) {
            self.disconnect(now, viewer, Refusal { code: RefusalCode::Overflow, message: reason });
        }
    }

    /// A viewer's right has ended, for the reason that it is told.
    pub fn handle_right_ended(&mut self, now: Timestamp, viewer: ViewerId, refusal: Refusal) {
        if self.members.has(viewer) {
            self.disconnect(now, viewer, refusal);
        }
    }

    /// The time that [`Host::poll_timeout`] asked for has come. Calling it earlier or more often does no
    /// harm.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        for (_, member) in self.members.iter_mut() {
            member.delivery_mut().handle_timeout(now);
        }
        self.take_early_input(now);
        if let Some(viewer) = self.seat.holder() {
            let held: Vec<_> = self.seat.repeating().collect();
            self.repeats.handle_timeout(now, &mut self.out, self.members.cause(viewer), &held);
        }
        self.clipboard.handle_timeout(now);
        self.clipboard_effects();
        self.settle_vacancy(now);
        self.pump(now);
    }

    /// What to do next, in order. Drain it after every call of a `handle_*`.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.out.pop()
    }

    /// When [`Host::handle_timeout`] is due next, if nothing else happens; may lie in the past. `None`:
    /// never, the session rests.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let holds = self.seat.repeating().next().is_some();
        let timeouts = [
            self.members.timeout(),
            self.tracks.timeout(),
            self.repeats.timeout(holds),
            self.seat.kept_until().filter(|_| self.members.users().next().is_some()),
            self.clipboard.timeout(),
        ];
        timeouts.into_iter().flatten().min()
    }

    /// The viewers there are.
    pub fn viewers(&self) -> impl Iterator<Item = (ViewerId, Role)> {
        self.members.iter().map(|(viewer, member)| (viewer, member.role()))
    }

    /// Whose input reaches the apps.
    pub fn seat_holder(&self) -> Option<ViewerId> {
        self.seat.holder()
    }

    /// For whom the seat is kept, whose link broke.
    pub fn seat_kept_for(&self) -> Option<protocol::resume::ResumeKey> {
        self.seat.kept_for()
    }

    /// How a viewer's link does.
    pub fn link_stats(&self, now: Timestamp, viewer: ViewerId) -> Option<LinkStats> {
        Some(self.members.get(viewer)?.delivery().stats(now))
    }

    /// Whether a viewer has, or is about to have without more work, the newest pixels of all windows,
    /// exactly.
    pub fn is_settled(&self, viewer: ViewerId) -> bool {
        self.members.get(viewer).is_some_and(|member| member.delivery().is_settled())
    }

    /// Releases what a viewer holds down, and drops all that is kept of it but what it may come back to.
    fn forget_viewer(&mut self, now: Timestamp, viewer: ViewerId, departure: Departure) {
        tracing::debug!(%viewer, ?departure, "viewer goes");
        let key = self.members.get(viewer).and_then(Member::key);
        let key = key.filter(|_| departure == Departure::MayReturn);
        self.release_seat(now, viewer, key);
        self.layouts.leave(viewer, key);
        self.members.remove(viewer);
        if self.keyboard.forget_viewer(viewer) {
            self.out.command(Command::Focus(None));
        }
        self.tracks.forget_viewer(viewer);
        self.clipboard.handle_gone(viewer);
        self.clipboard_effects();
        self.out.push(Action::ForgetViewer(viewer));
    }

    /// Tells a viewer everything there is.
    fn introduce(&mut self, now: Timestamp, viewer: ViewerId) {
        let icons = self.images.icons(|icon| self.tracks.windows().any(|window| window.icon == Some(icon)));
        let windows = self.tracks.in_order();
        let windows = windows.iter().filter_map(|window| self.tracks.window_for(window.track, viewer));
        for message in icons.chain(windows.map(ToViewer::Window)).chain(self.images.cursor()) {
            self.out.send(viewer, message);
        }
        if let Some(member) = self.members.get_mut(viewer) {
            for (id, size) in self.tracks.sizes() {
                member.delivery_mut().introduce(now, id, size);
            }
        }
        if self.members.may_use(viewer) {
            self.clipboard.handle_joined(viewer);
            self.clipboard_effects();
            self.wants.introduce_text_input(&mut self.out, viewer);
        }
        self.wants.introduce_lock(&mut self.out, viewer);
        let held = self.seat.holder() == Some(viewer);
        self.out.send(viewer, ToViewer::Seat { held });
    }

    /// Throws a viewer out that broke a rule, or whose right has ended. It is not remembered: what it sent
    /// may be lost with it.
    fn disconnect(&mut self, now: Timestamp, viewer: ViewerId, refusal: Refusal) {
        tracing::warn!(%viewer, reason = refusal.message, "viewer is thrown out");
        self.forget_viewer(now, viewer, Departure::ForGood);
        self.settle_vacancy(now);
        self.pump(now);
        self.out.push(Action::Disconnect { viewer, refusal });
    }

    /// Does what the clipboard asks for.
    fn clipboard_effects(&mut self) {
        while let Some(effect) = self.clipboard.poll_effect() {
            match effect {
                clipboard::Effect::Source(command) => self.out.command(command),
                clipboard::Effect::Send(viewer, message) => {
                    self.out.send(viewer, ToViewer::Clipboard(message));
                }
                clipboard::Effect::Offer { mimes, except } => {
                    let message = ToViewer::Clipboard(Message::Offer { mimes });
                    self.members.tell_users(&mut self.out, except, &message);
                }
            }
        }
    }

    /// Something came from a viewer.
    fn heard(&mut self, now: Timestamp, viewer: ViewerId, is_ping: bool) {
        if self.seat.holder() == Some(viewer) {
            self.repeats.heard(now, viewer);
            if is_ping {
                self.repeats.pinged(now, self.seat.repeating().next().is_some());
            }
        }
    }

    /// Does all that is due: called at the end of whatever may make something due.
    fn pump(&mut self, now: Timestamp) {
        self.settle_seat();
        self.pump_tracks(now);
        for (_, member) in self.members.iter_mut() {
            let focus = member.focus();
            member.delivery_mut().pump(now, &mut self.out, &mut self.tracks, focus);
        }
        for (_, member) in self.members.iter_mut() {
            member.delivery_mut().plan_rest(now, &self.tracks);
        }
    }

    /// Callbacks and wishes that are due.
    fn pump_tracks(&mut self, now: Timestamp) {
        self.tracks.pump(now, &mut self.out, |track| self.members.sees(track));
    }
}

/// A message broke the protocol's rules.
fn protocol_error(message: String) -> Refusal {
    Refusal { code: RefusalCode::Protocol, message }
}
