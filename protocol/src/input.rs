//! The input and motion lanes, from viewer to host. Positions are logical units from the track's top left corner.

use media::{Axis, Button, InputId, KeyCode, Logical, Position, Timestamp, TouchPoint, TrackId};
use serde::{Deserialize, Serialize};

/// One input event of a user.
///
/// Keys, buttons, scrolling, touch and text travel on the input lane; motion travels alone on the motion lane and may
/// be lost or late: an event with a lower id than one already handled is dropped there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Input {
    /// Its number, increasing within a link over both lanes.
    pub id: InputId,
    /// When it happened, on the viewer's clock.
    pub at: Timestamp,
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
    /// The pointer moved.
    Motion {
        /// To where.
        position: Position<Logical>,
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
}

/// The longest text of one event, in bytes.
pub const MAX_TEXT: usize = 4096;

/// The most fingers in one event.
pub const MAX_TOUCH_POINTS: usize = 16;
