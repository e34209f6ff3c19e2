//! The user's input on its way to the host.

use media::{InputId, Timestamp, TouchPhase, TouchPoint, TrackId};
use protocol::{
    control::{Role, ToHost},
    input::{Input, InputEvent, MAX_TEXT, MAX_TOUCH_POINTS},
};

use super::{Action, State, Unsent, Viewer};

impl Viewer {
    /// The user's input on a window. Presses of what is down and releases of what is up are not sent: a key that
    /// repeats is repeated by its app. Between two links all but motion waits, and is sent if the host knows the viewer
    /// again.
    pub fn handle_input(
        &mut self,
        now: Timestamp,
        track: TrackId,
        event: InputEvent,
    ) -> Result<InputId, Unsent> {
        let waits = match self.state {
            State::Live { role: Role::Control, .. } => self.resumed.is_some(),
            State::Live { role: Role::View, .. } => return Err(Unsent::ViewOnly),
            State::Reconnecting { role: Role::Control, .. } => true,
            _ => return Err(Unsent::NotLive),
        };
        if waits && !self.may_wait(&event) {
            return Err(Unsent::NotLive);
        }
        if !self.windows.shown.contains_key(&track) {
            return Err(Unsent::NoWindow);
        }
        check(&event)?;
        let event = self.hold(track, event).ok_or(Unsent::NoChange)?;
        Ok(self.send_input(now, track, event))
    }

    /// Which window of this viewer has the desktop's keyboard focus; `None`: none of them. Then everything that is
    /// held down is released.
    pub fn handle_focus(&mut self, now: Timestamp, track: Option<TrackId>) {
        if track.is_none() {
            self.release_held(now);
        }
        if self.focus != track {
            self.focus = track;
            self.control(ToHost::Focus { track });
        }
    }

    /// Releases everything that is held down, and ends what is being composed.
    pub fn release_held(&mut self, now: Timestamp) {
        if let Some(track) = self.composing.take() {
            self.send_input(now, track, InputEvent::Preedit { text: String::new(), cursor: None });
        }
        let releases = self.held.release();
        for (key, track) in releases.keys {
            self.send_input(now, track, InputEvent::Key { key, pressed: false });
        }
        for (button, (track, position)) in releases.buttons {
            self.send_input(now, track, InputEvent::Button { position, button, pressed: false });
        }
        for (track, points) in releases.touches {
            for points in points.chunks(MAX_TOUCH_POINTS) {
                self.send_input(now, track, InputEvent::Touch { points: points.to_vec() });
            }
        }
    }

    /// Notes what is held; what remains of the event, if anything.
    fn hold(&mut self, track: TrackId, event: InputEvent) -> Option<InputEvent> {
        match event {
            InputEvent::Key { key, pressed } => self.held.key(track, key, pressed).then_some(event),
            InputEvent::Button { position, button, pressed } => {
                self.held.button(track, position, button, pressed).then_some(event)
            }
            InputEvent::Touch { points } => {
                let possible = points.into_iter().filter(|point| self.held.touch(track, *point));
                let points: Vec<TouchPoint> = possible.collect();
                (!points.is_empty()).then_some(InputEvent::Touch { points })
            }
            InputEvent::Text { ref text } if text.is_empty() => None,
            InputEvent::Text { .. } => {
                self.composing = None;
                Some(event)
            }
            InputEvent::Preedit { ref text, .. } => {
                let before = self.composing.take();
                self.composing = (!text.is_empty()).then_some(track);
                (before.is_some() || self.composing.is_some()).then_some(event)
            }
            // Without a lock, motion has a place.
            InputEvent::RelativeMotion { .. } => (self.lock == Some(track)).then_some(event),
            other => Some(other),
        }
    }

    /// Once the host has told everything and knows what holds on: what has not taken effect is sent again, as it was.
    pub(super) fn send_again(&mut self) {
        let Some(newest) = self.resumed.take() else { return };
        for input in self.journal.after(newest) {
            let input = Input { after: self.sent_before_input, ..input.clone() };
            self.actions.push_back(Action::Input(input));
        }
        self.clock.touch();
    }

    fn send_input(&mut self, now: Timestamp, track: TrackId, event: InputEvent) -> InputId {
        let id = self.next_input;
        self.next_input = InputId(id.0 + 1);
        let input = Input { id, at: now, after: self.sent_before_input, track, event };
        let motion = is_motion(&input.event);
        if !self.is_live() || self.resumed.is_some() {
            // Its turn comes after what was done before.
            if !motion {
                self.journal.waits(input);
            }
            return id;
        }
        self.clock.touch();
        self.tracker.input(id, now);
        if motion {
            self.actions.push_back(Action::Motion(input));
        } else {
            self.journal.sent(input.clone());
            self.actions.push_back(Action::Input(input));
        }
        id
    }

    /// Whether an event is kept until there is a link: motion is not, and of too much only what lets something go.
    fn may_wait(&self, event: &InputEvent) -> bool {
        !is_motion(event) && (lets_go(event) || !self.journal.is_full())
    }
}

/// Whether the event only ends what another began.
fn lets_go(event: &InputEvent) -> bool {
    let lifted = |point: &TouchPoint| matches!(point.phase, TouchPhase::Up | TouchPhase::Cancel);
    match event {
        InputEvent::Key { pressed, .. } | InputEvent::Button { pressed, .. } => !pressed,
        InputEvent::Touch { points } => points.iter().all(lifted),
        InputEvent::Preedit { text, .. } => text.is_empty(),
        _ => false,
    }
}

fn is_motion(event: &InputEvent) -> bool {
    matches!(event, InputEvent::Motion { .. })
}

/// The protocol's bounds; the host would end the link over them.
fn check(event: &InputEvent) -> Result<(), Unsent> {
    let sound = match event {
        InputEvent::Key { .. } | InputEvent::Leave | InputEvent::Close => true,
        InputEvent::Text { text } => text.len() <= MAX_TEXT,
        InputEvent::Preedit { text, cursor } => {
            text.len() <= MAX_TEXT && InputEvent::is_cursor_of(text, *cursor)
        }
        InputEvent::RelativeMotion { dx, dy } => dx.is_finite() && dy.is_finite(),
        InputEvent::Motion { position } | InputEvent::Button { position, .. } => position.is_finite(),
        InputEvent::Scroll { position, axis } => {
            position.is_finite() && axis.dx.is_finite() && axis.dy.is_finite()
        }
        InputEvent::Touch { points } => {
            points.len() <= MAX_TOUCH_POINTS && points.iter().all(|point| point.position.is_finite())
        }
    };
    if sound { Ok(()) } else { Err(Unsent::Bounds) }
}
