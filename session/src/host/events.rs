//! What the source of windows and the encoder report.

use media::{
    Command, Drag, Encoded, Event, InputId, Op, Region, TextInput, Timestamp, Timing, TrackId, Update,
    ViewerId, Window, WindowGrab,
};
use protocol::{
    Lane,
    control::{Role, ToViewer},
};

use super::{Action, Host, debt::Debt, debt::Job, pacing::Audience, schedule, tracks::Track};

/// An update is cut when its ops have more bytes than this: half of what the lane takes, for what names and
/// numbers add.
const MAX_UPDATE: usize = Lane::Update.max_message() / 2;

/// Tracks that have pixels and no window yet, at most: the oldest is forgotten.
const MAX_WITHOUT_WINDOW: usize = 64;

impl Host {
    /// The source reports something.
    pub fn handle_event(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Window(window) => self.window(now, window),
            Event::WindowGone(track) => self.window_gone(track),
            Event::Damaged { track, size, region, captured, cause } => {
                self.damaged(now, track, size, &region, captured, cause);
            }
            Event::FrameWanted(track) => self.frame_wanted(now, track),
            Event::App { track, app } => {
                if let Some(track) = self.tracks.all.get_mut(&track) {
                    track.app = Some(app);
                }
            }
            Event::Dispatched { cause, at } => {
                if let Some(member) = self.members.get_mut(&cause.viewer) {
                    member.causes.dispatched(cause.input, at);
                }
                return;
            }
            Event::Icon(icon) => {
                self.images.add_icon(icon.clone());
                self.broadcast(&ToViewer::Icon(icon));
            }
            Event::Cursor(cursor) => {
                self.broadcast(&ToViewer::Cursor(cursor.clone()));
                self.images.set_cursor(cursor);
            }
            Event::ClipboardOffered { mimes } => {
                self.clipboard.handle_app_offer(mimes);
                self.clipboard_effects();
            }
            Event::ClipboardContent { request, data } => {
                self.clipboard.handle_app_content(request, data);
                self.clipboard_effects();
            }
            Event::ClipboardWanted { request, mime } => {
                self.clipboard.handle_app_request(now, request, mime);
                self.clipboard_effects();
            }
            Event::Bell(track) if self.tracks.has_window(track) => self.broadcast(&ToViewer::Bell { track }),
            Event::Bell(_) => {}
            Event::Grabbed { track, grab } => self.grabbed(track, grab),
            Event::TextInput { track, input } => self.text_input(track, input),
            Event::PointerLock(track) => {
                let track = track.filter(|track| self.tracks.has_window(*track));
                self.wants.pointer_lock(&mut self.out, self.seat.holder(), track);
            }
            Event::Drag(drag) => self.dragged(drag),
            Event::Notice(notice) => self.broadcast(&ToViewer::Notice(notice)),
        }
        self.pump(now);
    }

    /// Only the viewer whose button is down can drag.
    fn grabbed(&mut self, track: TrackId, grab: WindowGrab) {
        if let Some(viewer) = self.seat.holder().filter(|_| self.tracks.has_window(track)) {
            self.out.send(viewer, ToViewer::Grabbed { track, grab });
        }
    }

    fn dragged(&mut self, drag: Option<Drag>) {
        let told = self.wants.dragged(self.seat.holder(), drag.is_some());
        if let Some(viewer) = told.filter(|viewer| self.members.contains_key(viewer)) {
            self.out.send(viewer, ToViewer::Drag { drag });
        }
    }

    /// The app with the keyboard takes text somewhere, or no more: whoever may type is told.
    fn text_input(&mut self, track: TrackId, input: Option<TextInput>) {
        let input_there = input.filter(|_| self.tracks.has_window(track));
        if self.wants.text_input(track, input_there) {
            for (&viewer, _) in self.members.iter().filter(|(_, member)| member.role == Role::Control) {
                self.out.send(viewer, ToViewer::TextInput { track, input });
            }
        }
    }

    /// The encoder has done a job. Its result is sent, whatever happened meanwhile; unless the viewer or the
    /// window is gone.
    pub fn handle_encoded(&mut self, now: Timestamp, encoded: Encoded) {
        let (viewer, id) = (encoded.viewer, encoded.track);
        let Some(track) = self.tracks.all.get_mut(&id) else { return };
        let Some(member) = self.members.get_mut(&viewer) else { return };
        let Some(debt) = member.debts.get_mut(&id) else { return };
        let Some((job, verdict)) = debt.finish(now, &encoded, track.size.unwrap_or_default()) else { return };
        track.pacer.taken(job.commits);
        if verdict.send {
            self.send_updates(now, encoded, &job, verdict.exact);
        }
        self.pump(now);
    }

    fn window(&mut self, now: Timestamp, window: Window) {
        let id = window.track;
        let is_new = !self.tracks.has_window(id);
        if is_new && self.tracks.windows().count() >= self.config.max_windows {
            tracing::warn!(track = %id, limit = self.config.max_windows, "too many windows; this one stays unseen");
            return;
        }
        let track = self.tracks.all.entry(id).or_insert_with(Track::new);
        track.configures.answer(window.configured);
        let before = track.window.replace(window.clone());
        let by_itself = track.configures.is_answered()
            && before
                .is_some_and(|before| before.configured == window.configured && !is_alike(&before, &window));
        let size = track.size.unwrap_or_default();
        for (viewer, member) in &mut self.members {
            if let Some(window) = track.window_for(*viewer) {
                self.out.send(*viewer, ToViewer::Window(window));
            }
            if is_new {
                member.debts.insert(id, Debt::new(now, size));
            }
        }
        if by_itself {
            self.follow_app(&window);
        }
    }

    fn window_gone(&mut self, id: TrackId) {
        let Some(track) = self.tracks.all.remove(&id) else { return };
        self.out.push(Action::ForgetTrack(id));
        if let Some(held) = self.seat.held_mut() {
            held.forget_touches(id);
        }
        self.keyboard.forget_track(id);
        self.wants.forget_track(id);
        for member in self.members.values_mut() {
            member.debts.remove(&id);
            member.rate.forget_track(id);
            member.layout.forget(id);
            if member.focus == Some(id) {
                member.focus = None;
            }
        }
        self.layouts.forget(id);
        if track.window.is_some() {
            self.broadcast(&ToViewer::WindowGone { track: id });
        }
    }

    fn damaged(
        &mut self,
        now: Timestamp,
        id: TrackId,
        size: media::Size<media::Pixels>,
        region: &Region,
        captured: Timestamp,
        cause: Option<media::Cause>,
    ) {
        let track = self.committed(now, id);
        let mut region = region.clipped(size.to_rect());
        if track.size.replace(size) != Some(size) {
            region = Region::from(size.to_rect());
        }
        track.captured = captured;
        track.pacer.commit(now, region.is_empty());
        if region.is_empty() {
            return;
        }
        track.stir(now, &region);
        for (viewer, member) in &mut self.members {
            if let Some(debt) = member.debts.get_mut(&id) {
                let own = cause.filter(|cause| cause.viewer == *viewer).map(|cause| cause.input);
                debt.damage(now, &region, own);
            }
        }
    }

    /// A commit changed nothing, and its app waits for its frame callback.
    fn frame_wanted(&mut self, now: Timestamp, id: TrackId) {
        self.committed(now, id).pacer.commit(now, true);
    }

    /// The track of a commit.
    fn committed(&mut self, now: Timestamp, id: TrackId) -> &mut Track {
        if !self.tracks.all.contains_key(&id) {
            self.make_room_for_windowless(now);
        }
        let track = self.tracks.all.entry(id).or_insert_with(Track::new);
        track.in_use(now);
        track
    }

    /// Forgets a track without a window if there are many: one whose app waits for nothing, or else it waits
    /// no more.
    fn make_room_for_windowless(&mut self, now: Timestamp) {
        let windowless = || self.tracks.all.iter().filter(|(_, track)| track.window.is_none());
        if windowless().count() < MAX_WITHOUT_WINDOW {
            return;
        }
        let idle = windowless().find(|(_, track)| !track.pacer.is_owed());
        let Some((&id, track)) = idle.or_else(|| windowless().next()) else { return };
        if track.pacer.is_owed() {
            self.out.command(Command::FrameDone { track: id, at: now });
        }
        self.tracks.all.remove(&id);
    }

    fn send_updates(&mut self, now: Timestamp, encoded: Encoded, job: &Job, exact: bool) {
        let (viewer, id) = (encoded.viewer, encoded.track);
        let timing = self.timing(now, viewer, &encoded, job);
        let priority = schedule::priority(self.rank(viewer, id, job.cause.is_some()));
        let mut parts = cut(encoded.ops);
        let last = parts.pop().unwrap_or_default();
        let parts = parts.into_iter().map(|ops| (ops, false)).chain([(last, true)]);
        for (ops, is_last) in parts {
            let Some(member) = self.members.get_mut(&viewer) else { return };
            let Some(debt) = member.debts.get_mut(&id) else { return };
            let bytes = ops.iter().map(Op::encoded_len).sum();
            let update = Update {
                track: id,
                id: debt.number(bytes),
                size: encoded.size,
                ops,
                exact: exact && is_last,
                caused_by_input: job.cause,
                timing,
            };
            member.rate.sent(now, id, update.id, bytes);
            let bitrate = member.rate.bitrate(now);
            self.out.push(Action::SendUpdate { viewer, update, priority, bitrate });
        }
    }

    fn timing(&self, now: Timestamp, viewer: ViewerId, encoded: &Encoded, job: &Job) -> Timing {
        let times = |input: InputId| self.members.get(&viewer)?.causes.get(input);
        let input = job.cause.and_then(times);
        Timing {
            input_received: input.map(|input| input.received),
            input_dispatched: input.and_then(|input| input.dispatched),
            captured: job.captured,
            encode_started: encoded.started,
            encoded: encoded.finished,
            sent: now,
        }
    }

    /// Callbacks and wishes that are due.
    pub(super) fn pump_tracks(&mut self, now: Timestamp) {
        let owed = self.tracks.all.iter().filter(|(_, track)| track.pacer.is_owed());
        let audiences: Vec<_> = owed.map(|(id, track)| (*id, self.audience(now, *id, track))).collect();
        for (id, audience) in audiences {
            if let Some(track) = self.tracks.all.get_mut(&id) {
                track.pacer.watched_by(audience);
            }
        }
        for (id, track) in &mut self.tracks.all {
            if track.pacer.due(now) {
                track.answered(now);
                self.out.command(Command::FrameDone { track: *id, at: now });
            }
            let next_serial = &mut self.next_serial;
            let serial = || {
                let serial = *next_serial;
                *next_serial = next_serial.wrapping_add(1).max(1);
                serial
            };
            if let Some(configure) = track.configures.due(now, serial) {
                self.out.command(Command::Configure { track: *id, configure });
            }
        }
    }
}

impl Host {
    /// For whom a track's app draws.
    fn audience(&self, now: Timestamp, id: TrackId, track: &Track) -> Audience {
        let is_sibling =
            |other: &Track| track.app.is_some() && other.app == track.app && other.is_in_use(now);
        if self.is_watched(id) {
            Audience::Viewers
        } else if self.tracks.all.iter().any(|(id, other)| is_sibling(other) && self.is_watched(*id)) {
            Audience::Siblings
        } else {
            Audience::Nobody
        }
    }

    /// Whether any viewer sees a track.
    fn is_watched(&self, id: TrackId) -> bool {
        self.members.values().any(|member| member.debts.get(&id).is_some_and(|debt| debt.visible))
    }
}

/// Whether a window has the same size and states of those that viewers ask for.
fn is_alike(a: &Window, b: &Window) -> bool {
    let asked = |window: &Window| (window.size, window.states.maximized, window.states.fullscreen);
    asked(a) == asked(b)
}

/// Cuts ops that are too many bytes for one message into several lists, in order.
fn cut(ops: Vec<Op>) -> Vec<Vec<Op>> {
    let mut parts = vec![Vec::new()];
    let mut bytes = 0;
    for op in ops {
        let more = op.encoded_len();
        if bytes > 0 && bytes + more > MAX_UPDATE {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(part) = parts.last_mut() {
            part.push(op);
        }
    }
    parts
}
