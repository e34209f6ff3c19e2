//! The input and motion lanes, from viewer to host. Positions are logical units from the track's top left
//! corner.

use media::{Axis, Button, InputId, KeyCode, Logical, Position, Timestamp, TouchPhase, TouchPoint, TrackId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One input event of a user.
///
/// Keys, buttons, scrolling, touch, text, relative motion and closing travel on the input lane; motion
/// travels alone on the motion lane and may be lost or late: an event with a lower id than one already
/// handled is dropped there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Input {
    /// Its number, increasing over both lanes: within a link, and over links of a viewer that is known again.
    pub id: InputId,
    /// When it happened, on the viewer's clock.
    pub at: Timestamp,
    /// How many messages that go before input
    /// ([`ToHost::goes_before_input`](crate::control::ToHost::goes_before_input)) its viewer had sent on this
    /// link when it happened. It takes effect after those, whichever lane is faster.
    #[serde(default)]
    pub after: u32,
    /// The window it belongs to.
    pub track: TrackId,
    /// What happened.
    pub event: InputEvent,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum InputEvent {
    /// A key went down or up.
    Key {
        /// Which, by place.
        key: KeyCode,
        /// Down or up.
        pressed: bool,
    },
    /// The locks that are on at the user's keyboard, before the next key goes down: also those that a key
    /// before it turned, since the host may know otherwise. A viewer that tells none has none. It counts
    /// while its viewer has the seat, and takes none.
    Locks {
        /// Caps Lock.
        caps: bool,
        /// Num Lock.
        num: bool,
    },
    /// Text that came from no key: an input method, a paste as typing, an automation. At most [`MAX_TEXT`]
    /// bytes.
    Text {
        /// Which.
        text: String,
    },
    /// A text is being composed by an input method, and is shown at the app's caret. It stays until it
    /// changes, a [`Text`](InputEvent::Text) takes its place, or it is empty. Its window has the keyboard
    /// focus, or gets it.
    Preedit {
        /// What there is of it; at most [`MAX_TEXT`] bytes.
        text: String,
        /// Begin and end of its selection, or twice its caret: offsets in bytes of UTF-8, at character
        /// boundaries within the text, in order. Nil: not shown.
        cursor: Option<(u32, u32)>,
    },
    /// The pointer moved.
    Motion {
        /// To where.
        position: Position<Logical>,
    },
    /// The pointer was moved by this much, in logical units, while an app has it locked. All of it counts: a
    /// viewer may unite several into their sum before it sends, and drops none.
    RelativeMotion {
        /// Rightwards.
        dx: f64,
        /// Downwards.
        dy: f64,
    },
    /// The pointer left the track.
    Leave,
    /// A button went down or up.
    Button {
        /// Where the pointer is.
        position: Position<Logical>,
        /// Which.
        button: Button,
        /// Down or up.
        pressed: bool,
    },
    /// The wheel turned or fingers scrolled.
    Scroll {
        /// Where the pointer is.
        position: Position<Logical>,
        /// How.
        axis: Axis,
    },
    /// Fingers touched, moved or left. At most [`MAX_TOUCH_POINTS`].
    Touch {
        /// What changed.
        points: Vec<TouchPoint>,
    },
    /// The window is asked to close, after all that was typed before; it may refuse. Also a viewer without
    /// the seat may ask.
    Close,
    /// The app of the window is ended, whatever it holds, since it does not answer
    /// ([`States::unresponsive`](media::States::unresponsive)). Also a viewer without the seat may say so.
    ForceQuit,
}

impl InputEvent {
    /// Whether it keeps to the protocol's bounds. The host ends a link over an event that does not.
    pub fn validate(&self) -> Result<(), OutOfBounds> {
        let (sound, reason) = match self {
            InputEvent::Key { .. }
            | InputEvent::Locks { .. }
            | InputEvent::Leave
            | InputEvent::Close
            | InputEvent::ForceQuit => return Ok(()),
            InputEvent::Text { text } => (text.len() <= MAX_TEXT, OutOfBounds::Text),
            InputEvent::Preedit { text, cursor } => {
                (text.len() <= MAX_TEXT && Self::is_cursor_of(text, *cursor), OutOfBounds::Preedit)
            }
            InputEvent::RelativeMotion { dx, dy } => {
                (is_coordinate(*dx) && is_coordinate(*dy), OutOfBounds::Place)
            }
            InputEvent::Motion { position } | InputEvent::Button { position, .. } => {
                (is_place(*position), OutOfBounds::Place)
            }
            InputEvent::Scroll { position, axis } => {
                let sound = is_place(*position) && is_coordinate(axis.dx) && is_coordinate(axis.dy);
                (sound, OutOfBounds::Place)
            }
            InputEvent::Touch { points } => {
                let sound = points.len() <= MAX_TOUCH_POINTS && points.iter().all(|it| is_place(it.position));
                (sound, OutOfBounds::Touch)
            }
        };
        if sound { Ok(()) } else { Err(reason) }
    }

    /// Whether a composed text's cursor lies in it: in order, at character boundaries.
    pub fn is_cursor_of(text: &str, cursor: Option<(u32, u32)>) -> bool {
        let boundary = |at: u32| usize::try_from(at).is_ok_and(|at| text.is_char_boundary(at));
        cursor.is_none_or(|(begin, end)| begin <= end && boundary(begin) && boundary(end))
    }

    /// Whether it travels on the motion lane, where only the newest counts.
    pub fn is_motion(&self) -> bool {
        matches!(self, InputEvent::Motion { .. })
    }

    /// Whether it is a wish about a window, which needs no seat and takes none: also who does not use the
    /// apps may have it.
    pub fn needs_no_seat(&self) -> bool {
        matches!(self, InputEvent::Close | InputEvent::ForceQuit)
    }

    /// Whether it only ends what another event began: a press, a touch, a composition.
    pub fn releases(&self) -> bool {
        let lifted = |point: &TouchPoint| matches!(point.phase, TouchPhase::Up | TouchPhase::Cancel);
        match self {
            InputEvent::Key { pressed, .. } | InputEvent::Button { pressed, .. } => !pressed,
            InputEvent::Touch { points } => points.iter().all(lifted),
            InputEvent::Preedit { text, .. } => text.is_empty(),
            InputEvent::Text { .. }
            | InputEvent::Locks { .. }
            | InputEvent::Motion { .. }
            | InputEvent::RelativeMotion { .. }
            | InputEvent::Leave
            | InputEvent::Scroll { .. }
            | InputEvent::Close
            | InputEvent::ForceQuit => false,
        }
    }
}

/// Over which of the protocol's bounds an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OutOfBounds {
    /// See [`InputEvent::Text`].
    #[error("a text has at most {MAX_TEXT} bytes")]
    Text,
    /// See [`InputEvent::Preedit`].
    #[error("a composed text has at most {MAX_TEXT} bytes, and its cursor lies between its characters")]
    Preedit,
    /// See [`InputEvent::Touch`].
    #[error("a touch has at most {MAX_TOUCH_POINTS} points, each with a finite position")]
    Touch,
    /// See [`MAX_COORDINATE`].
    #[error("positions and distances are finite numbers of a sensible size")]
    Place,
}

/// The longest text of one event, in bytes.
pub const MAX_TEXT: usize = 4096;

/// The most fingers in one event.
pub const MAX_TOUCH_POINTS: usize = 16;

/// How far positions and distances reach from zero, in logical units. No desktop is that large: what lies
/// beyond is a mistake.
pub const MAX_COORDINATE: f64 = 1e6;

fn is_place(position: Position<Logical>) -> bool {
    is_coordinate(position.x) && is_coordinate(position.y)
}

fn is_coordinate(value: f64) -> bool {
    value.is_finite() && value.abs() <= MAX_COORDINATE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> InputEvent {
        InputEvent::Motion { position: Position::new(x, y) }
    }

    #[test]
    fn places_and_distances_are_numbers_up_to_the_bound() {
        for sound in [0.0, -MAX_COORDINATE, MAX_COORDINATE] {
            assert_eq!(at(sound, sound).validate(), Ok(()), "{sound}");
            assert_eq!(InputEvent::RelativeMotion { dx: sound, dy: sound }.validate(), Ok(()), "{sound}");
        }
        for wrong in [MAX_COORDINATE + 1.0, -1e9, f64::NAN, f64::INFINITY] {
            assert_eq!(at(wrong, 0.0).validate(), Err(OutOfBounds::Place), "{wrong}");
            assert_eq!(at(0.0, wrong).validate(), Err(OutOfBounds::Place), "{wrong}");
            let relative = InputEvent::RelativeMotion { dx: 0.0, dy: wrong };
            assert_eq!(relative.validate(), Err(OutOfBounds::Place), "{wrong}");
        }
    }

    #[test]
    fn texts_and_cursors_are_counted_in_bytes_of_utf_8() {
        let text = |length: usize| InputEvent::Text { text: "x".repeat(length) };
        assert_eq!(text(MAX_TEXT).validate(), Ok(()));
        assert_eq!(text(MAX_TEXT + 1).validate(), Err(OutOfBounds::Text));
        let preedit = |cursor| InputEvent::Preedit { text: "aé".to_owned(), cursor }.validate();
        for sound in [None, Some((0, 0)), Some((1, 3)), Some((3, 3))] {
            assert_eq!(preedit(sound), Ok(()), "{sound:?}");
        }
        for wrong in [Some((1, 0)), Some((2, 3)), Some((0, 4))] {
            assert_eq!(preedit(wrong), Err(OutOfBounds::Preedit), "{wrong:?}");
        }
    }

    #[test]
    fn only_what_ends_something_releases() {
        let point = |phase| TouchPoint { id: 1, phase, position: Position::new(0.0, 0.0) };
        let touch = |phases: &[TouchPhase]| InputEvent::Touch {
            points: phases.iter().map(|&phase| point(phase)).collect(),
        };
        assert!(touch(&[TouchPhase::Up, TouchPhase::Cancel]).releases());
        assert!(!touch(&[TouchPhase::Up, TouchPhase::Move]).releases());
        assert!(InputEvent::Key { key: KeyCode(30), pressed: false }.releases());
        assert!(!InputEvent::Key { key: KeyCode(30), pressed: true }.releases());
        assert!(InputEvent::Preedit { text: String::new(), cursor: None }.releases());
        assert!(!InputEvent::Leave.releases() && !InputEvent::Close.releases() && !at(0.0, 0.0).releases());
    }
}
