//! Messages to send.

use bytes::Bytes;
use media::{
    Button, InputId, KeyCode, Op, Position, Rect, Size, TileCoding, Timestamp, Timing, TrackId, Update,
    UpdateId,
};
use protocol::{
    feedback::Feedback,
    input::{Input, InputEvent},
};

pub(crate) fn key(id: u64) -> Input {
    event(id, InputEvent::Key { key: KeyCode(30), pressed: id.is_multiple_of(2) })
}

pub(crate) fn motion(id: u64) -> Input {
    event(id, InputEvent::Motion { position: Position::new(id as f64, 0.5) })
}

pub(crate) fn button(id: u64) -> Input {
    event(id, InputEvent::Button { position: Position::new(1.0, 2.0), button: Button::LEFT, pressed: true })
}

fn event(id: u64, event: InputEvent) -> Input {
    Input { id: InputId(id), at: Timestamp(id), after: 0, track: TrackId(1), event }
}

pub(crate) fn feedback(id: u64) -> Feedback {
    Feedback {
        track: TrackId(1),
        update: UpdateId(id),
        received_at: Timestamp(1),
        decoded_at: Timestamp(2),
        presented_at: None,
    }
}

/// An update whose one tile holds `length` bytes that follow from its id.
pub(crate) fn update(id: u64, length: usize) -> Update {
    let data: Vec<u8> = (0..length).map(|at| (at as u64 * 31 + id) as u8).collect();
    Update {
        track: TrackId(1),
        id: UpdateId(id),
        size: Size::new(640, 480),
        ops: vec![Op::Tile {
            rect: Rect::new(0, 0, 64, 64),
            coding: TileCoding::Raw,
            data: Bytes::from(data),
        }],
        exact: true,
        caused_by_input: Some(InputId(id)),
        timing: Timing::default(),
    }
}
