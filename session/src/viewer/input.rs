//! The user's input on its way to the host: what is held, and what is composed.

use media::{Locks, TouchPoint, TrackId};
use protocol::input::{InputEvent, MAX_TOUCH_POINTS};

use crate::held::{Held, is_lock};

/// What the user holds down and composes.
#[derive(Debug, Default)]
pub(crate) struct HeldInput {
    held: Held,
    /// Where a text is being composed.
    composing: Option<TrackId>,
    locks: KnownLocks,
}

/// The locks of the user's keyboard; none if the front end tells of none.
#[derive(Debug, Default)]
struct KnownLocks {
    here: Option<Locks>,
    /// As the host of this link knows them, if that is known.
    told: Option<Locks>,
}

impl HeldInput {
    /// Notes what is held; what remains of the event, if anything. `locked` is where an app has locked the
    /// pointer.
    pub(crate) fn hold(
        &mut self,
        track: TrackId,
        event: InputEvent,
        locked: Option<TrackId>,
    ) -> Option<InputEvent> {
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
            InputEvent::RelativeMotion { .. } => (locked == Some(track)).then_some(event),
            InputEvent::Motion { .. }
            | InputEvent::Locks { .. }
            | InputEvent::Leave
            | InputEvent::Scroll { .. }
            | InputEvent::Close
            | InputEvent::ForceQuit => Some(event),
        }
    }

    /// Which locks are on.
    pub(crate) fn set_locks(&mut self, locks: Locks) {
        self.locks.here = Some(locks);
    }

    /// There is a new link, to a host that may know this viewer from before.
    pub(crate) fn welcomed(&mut self, is_known: bool) {
        self.locks.told = (!is_known).then(Locks::default);
    }

    /// What the host has to know before an event: which locks are on, when a key goes down. One that turns
    /// locks does so at the host as well, or not, as the keymap has it.
    pub(crate) fn locks_before(&mut self, event: &InputEvent) -> Option<InputEvent> {
        let InputEvent::Key { key, pressed: true } = event else { return None };
        let KnownLocks { here, told } = &mut self.locks;
        if is_lock(*key) {
            *told = None;
        }
        let locks = here.filter(|_| *told != *here && !is_lock(*key))?;
        *told = *here;
        Some(InputEvent::Locks { caps: locks.caps, num: locks.num })
    }

    /// Whether a key is down that apps repeat.
    pub(crate) fn repeats(&self) -> bool {
        self.held.repeating().next().is_some()
    }

    /// Lets go of everything that is held down, and ends what is being composed: the events that say so.
    pub(crate) fn release(&mut self) -> Vec<(TrackId, InputEvent)> {
        let composed = self.composing.take().into_iter();
        let composed =
            composed.map(|track| (track, InputEvent::Preedit { text: String::new(), cursor: None }));
        let releases = self.held.release();
        let keys = releases.keys.into_iter();
        let keys = keys.map(|(key, track)| (track, InputEvent::Key { key, pressed: false }));
        let buttons = releases.buttons.into_iter().map(|(button, (track, position))| {
            (track, InputEvent::Button { position, button, pressed: false })
        });
        let touches = releases.touches.iter().flat_map(|(track, points)| {
            let events = points.chunks(MAX_TOUCH_POINTS);
            events.map(|points| (*track, InputEvent::Touch { points: points.to_vec() }))
        });
        composed.chain(keys).chain(buttons).chain(touches).collect()
    }

    /// Forgets what is down in a track that is gone: there is nothing left to release it in.
    pub(crate) fn forget(&mut self, track: TrackId) {
        self.held.forget_touches(track);
        self.composing.take_if(|composing| *composing == track);
    }
}

#[cfg(test)]
mod tests {
    use media::{Button, KeyCode, Position, TouchPhase};

    use super::*;

    const TRACK: TrackId = TrackId(1);

    #[test]
    fn what_was_pressed_and_composed_is_released_once() {
        let mut input = HeldInput::default();
        let position = Position::new(1.0, 2.0);
        let key = |pressed| InputEvent::Key { key: KeyCode(30), pressed };
        let button = |pressed| InputEvent::Button { position, button: Button(0x110), pressed };
        let finger = |phase| InputEvent::Touch { points: vec![TouchPoint { id: 3, phase, position }] };
        let preedit = |text: &str| InputEvent::Preedit { text: text.to_owned(), cursor: None };
        for event in [key(true), button(true), finger(TouchPhase::Down), preedit("a")] {
            assert_eq!(input.hold(TRACK, event.clone(), None), Some(event));
        }
        assert_eq!(input.hold(TRACK, key(true), None), None, "it is down already");
        let released = [preedit(""), key(false), button(false), finger(TouchPhase::Cancel)];
        assert_eq!(input.release(), released.map(|event| (TRACK, event)));
        assert_eq!(input.release(), []);
    }

    #[test]
    fn relative_motion_is_only_where_the_pointer_is_locked() {
        let mut input = HeldInput::default();
        let motion = InputEvent::RelativeMotion { dx: 1.0, dy: 0.0 };
        assert_eq!(input.hold(TRACK, motion.clone(), None), None);
        assert_eq!(input.hold(TRACK, motion.clone(), Some(TrackId(2))), None);
        assert_eq!(input.hold(TRACK, motion.clone(), Some(TRACK)), Some(motion));
    }

    #[test]
    fn keys_stay_down_when_their_window_goes_and_fingers_do_not() {
        let mut input = HeldInput::default();
        let point = TouchPoint { id: 3, phase: TouchPhase::Down, position: Position::new(0.0, 0.0) };
        input.hold(TRACK, InputEvent::Touch { points: vec![point] }, None);
        input.hold(TRACK, InputEvent::Key { key: KeyCode(30), pressed: true }, None);
        input.forget(TRACK);
        assert_eq!(input.release(), [(TRACK, InputEvent::Key { key: KeyCode(30), pressed: false })]);
    }
}
