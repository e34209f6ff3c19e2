//! The input and motion lanes, from viewer to host. Positions are logical units from the track's top left corner.

use media::{Axis, Button, InputId, KeyCode, Logical, Position, Timestamp, TouchPoint, TrackId};
use serde::{Deserialize, Serialize};

/// One input event of a user.
///
/// Keys, buttons, scrolling, touch, text, relative motion and closing travel on the input lane; motion travels alone on the motion lane and may
/// be lost or late: an event with a lower id than one already handled is dropped there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Input {
    /// Its number, increasing over both lanes: within a link, and over links of a viewer that is known again.
    pub id: InputId,
    /// When it happened, on the viewer's clock.
    pub at: Timestamp,
    /// How many messages that go before input ([`ToHost::goes_before_input`](crate::control::ToHost::goes_before_input))
    /// its viewer had sent on this link when it happened. It takes effect after those, whichever lane is faster.
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
    /// Text that came from no key: an input method, a paste as typing, an automation. At most [`MAX_TEXT`] bytes.
    Text {
        /// Which.
        text: String,
    },
    /// A text is being composed by an input method, and is shown at the app's caret. It stays until it changes, a
    /// [`Text`](InputEvent::Text) takes its place, or it is empty. Its window has the keyboard focus, or gets it.
    Preedit {
        /// What there is of it; at most [`MAX_TEXT`] bytes.
        text: String,
        /// Begin and end of its selection, or twice its caret: offsets in bytes of UTF-8, at character boundaries
        /// within the text, in order. Nil: not shown.
        cursor: Option<(u32, u32)>,
    },
    /// The pointer moved.
    Motion {
        /// To where.
        position: Position<Logical>,
    },
    /// The pointer was moved by this much, in logical units, while an app has it locked. All of it counts: a viewer may
    /// unite several into their sum before it sends, and drops none.
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
    /// The window is asked to close, after all that was typed before; it may refuse. Also a viewer without the seat may
    /// ask.
    Close,
}

impl InputEvent {
    /// Whether a composed text's cursor lies in it: in order, at character boundaries.
    pub fn is_cursor_of(text: &str, cursor: Option<(u32, u32)>) -> bool {
        let boundary = |at: u32| usize::try_from(at).is_ok_and(|at| text.is_char_boundary(at));
        cursor.is_none_or(|(begin, end)| begin <= end && boundary(begin) && boundary(end))
    }
}

/// The longest text of one event, in bytes.
pub const MAX_TEXT: usize = 4096;

/// The most fingers in one event.
pub const MAX_TOUCH_POINTS: usize = 16;
