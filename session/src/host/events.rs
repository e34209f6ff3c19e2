//! What the source of windows and the encoder report.

use media::{
    Capabilities, Drag, Encoded, Event, Region, TextInput, Timestamp, Timing, TrackId, Window, WindowGrab,
};
use protocol::control::ToViewer;

use super::{
    Action, Host,
    delivery::Made,
    tracks::{Reported, Track},
};

impl Host {
    /// The source says what it can do, first of all.
    pub fn handle_ready(&mut self, capabilities: Capabilities) {
        self.out.set_source(capabilities);
        self.tracks.set_fixed(!capabilities.resizes);
    }

    /// The source reports something.
    pub fn handle_event(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Window(window) => self.window(now, window),
            Event::WindowGone(track) => self.window_gone(track),
            Event::Damaged { track, size, region, captured, cause } => {
                self.damaged(now, track, size, &region, captured, cause);
            }
            Event::FrameWanted(track) => self.tracks.frame_wanted(now, &mut self.out, track),
            Event::App { track, app } => {
                if let Some(track) = self.tracks.get_mut(track) {
                    track.set_app(app);
                }
            }
            Event::Dispatched { cause, at } => {
                if let Some(member) = self.members.get_mut(cause.viewer) {
                    member.input_mut().dispatched(cause.input, at);
                }
                return;
            }
            Event::Icon(icon) => {
                self.images.add_icon(icon.clone());
                self.members.broadcast(&mut self.out, &ToViewer::Icon(icon));
            }
            Event::Cursor(cursor) => {
                self.members.broadcast(&mut self.out, &ToViewer::Cursor(cursor.clone()));
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
            Event::Bell(track) if self.tracks.has_window(track) => {
                self.members.broadcast(&mut self.out, &ToViewer::Bell { track })
            }
            Event::Bell(_) => {}
            Event::Grabbed { track, grab } => self.grabbed(track, grab),
            Event::TextInput { track, input } => self.text_input(track, input),
            Event::PointerLock(track) => {
                let track = track.filter(|track| self.tracks.has_window(*track));
                self.wants.pointer_lock(&mut self.out, self.seat.holder(), track);
            }
            Event::Drag(drag) => self.dragged(drag),
            Event::Notice(notice) => self.members.broadcast(&mut self.out, &ToViewer::Notice(notice)),
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
        if let Some(viewer) = told.filter(|viewer| self.members.has(*viewer)) {
            self.out.send(viewer, ToViewer::Drag { drag });
        }
    }

    /// The app with the keyboard takes text somewhere, or no more: whoever may type is told.
    fn text_input(&mut self, track: TrackId, input: Option<TextInput>) {
        let input_there = input.filter(|_| self.tracks.has_window(track));
        if self.wants.text_input(track, input_there) {
            self.members.tell_users(&mut self.out, None, &ToViewer::TextInput { track, input });
        }
    }

    /// The encoder has done a job. Its result is sent, whatever happened meanwhile; unless the viewer or the
    /// window is gone.
    pub fn handle_encoded(&mut self, now: Timestamp, encoded: Encoded) {
        let Some(track) = self.tracks.get_mut(encoded.track) else { return };
        let Some(member) = self.members.get_mut(encoded.viewer) else { return };
        let Some((job, verdict)) = member.delivery_mut().finish(now, &encoded, track.size()) else { return };
        track.taken(job.commits);
        if verdict.send {
            let input = job.cause.and_then(|input| member.input().times(input));
            let timing = Timing {
                input_received: input.map(|input| input.received),
                input_dispatched: input.and_then(|input| input.dispatched),
                captured: job.captured,
                encode_started: encoded.started,
                encoded: encoded.finished,
                sent: now,
            };
            let made = Made { encoded, cause: job.cause, exact: verdict.exact, timing };
            let focus = member.focus();
            member.delivery_mut().send(now, &mut self.out, &self.tracks, focus, made);
        }
        self.pump(now);
    }

    fn window(&mut self, now: Timestamp, window: Window) {
        let (id, most) = (window.track, self.config.max_windows);
        let Some(Reported { is_new, by_itself }) = self.tracks.report(&window, most) else {
            tracing::warn!(track = %id, limit = most, "too many windows; this one stays unseen");
            return;
        };
        let Some(size) = self.tracks.get(id).map(Track::size) else { return };
        for (viewer, member) in self.members.iter_mut() {
            if let Some(window) = self.tracks.window_for(id, viewer) {
                self.out.send(viewer, ToViewer::Window(window));
            }
            if is_new {
                member.delivery_mut().introduce(now, id, size);
            }
        }
        if by_itself {
            self.layouts.follow(self.seat.settled(), self.seat.kept_for(), &window);
        }
    }

    fn window_gone(&mut self, id: TrackId) {
        let Some(track) = self.tracks.remove(id) else { return };
        self.out.push(Action::ForgetTrack(id));
        self.seat.forget_track(id);
        self.keyboard.forget_track(id);
        self.wants.forget_track(id);
        self.members.forget_track(id);
        self.layouts.forget_track(id);
        if track.has_window() {
            self.members.broadcast(&mut self.out, &ToViewer::WindowGone { track: id });
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
        let damaged = self.tracks.damaged(now, &mut self.out, id, size, region, captured);
        let Some(region) = damaged else { return };
        for (viewer, member) in self.members.iter_mut() {
            let own = cause.filter(|cause| cause.viewer == viewer).map(|cause| cause.input);
            member.delivery_mut().damage(now, id, &region, own);
        }
    }
}
