//! Requests that act, as commands to the link.

use media::{Axis, KeyCode, Logical, Modality, Position, Scale, Size, TouchPoint, TrackId, Window};
use protocol::{
    control::Configure,
    input::{InputEvent, MAX_TEXT, MAX_TOUCH_POINTS},
};

use super::{
    keys::{Entry, Keyboard, SHIFT},
    request::{Button, Finger, Press},
};

/// The events that `key` stands for.
pub(crate) fn key(keyboard: &Keyboard, name: &str, state: Press) -> Result<Vec<InputEvent>, String> {
    match (keyboard.named(name).map_err(|error| error.to_string())?, state) {
        (Entry::Keys(modifiers, key), state) => Ok(strokes(&modifiers, key, state)),
        (Entry::Text(text), Press::Tap) => Ok(vec![InputEvent::Text { text }]),
        (Entry::Text(_), Press::Down | Press::Up) => Err(format!(
            "'{name}' is not on the US layout, so it can be tapped but not held; use \"state\":\"tap\""
        )),
    }
}

/// The events that type a text: keys where the layout has them, text where not.
pub(crate) fn typing(keyboard: &Keyboard, text: &str) -> Vec<InputEvent> {
    let mut events = Vec::new();
    let mut without_keys = String::new();
    let flush = |text: &mut String, events: &mut Vec<InputEvent>| {
        if !text.is_empty() {
            events.push(InputEvent::Text { text: std::mem::take(text) });
        }
    };
    for character in text.chars() {
        match keyboard.stroke(character) {
            Some(stroke) => {
                flush(&mut without_keys, &mut events);
                let modifiers: &[KeyCode] = if stroke.shift { &[SHIFT] } else { &[] };
                events.extend(strokes(modifiers, stroke.key, Press::Tap));
            }
            None => {
                if without_keys.len() + character.len_utf8() > MAX_TEXT {
                    flush(&mut without_keys, &mut events);
                }
                without_keys.push(character);
            }
        }
    }
    flush(&mut without_keys, &mut events);
    events
}

/// The event that `compose` stands for: the caret is at the end.
pub(crate) fn compose(text: String) -> Result<InputEvent, String> {
    bounded(&text)?;
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    Ok(InputEvent::Preedit { text, cursor: Some((end, end)) })
}

/// The event that `insert` stands for.
pub(crate) fn insert(text: String) -> Result<InputEvent, String> {
    bounded(&text)?;
    Ok(InputEvent::Text { text })
}

/// The event that `push` stands for.
pub(crate) fn push(dx: f64, dy: f64) -> Result<InputEvent, String> {
    finite(Position::new(dx, dy)).map_err(|_| "dx and dy are a way in logical units")?;
    Ok(InputEvent::RelativeMotion { dx, dy })
}

/// The events that `pointer` stands for.
pub(crate) fn pointer(
    position: Position<Logical>,
    button: Option<Button>,
    state: Press,
) -> Result<Vec<InputEvent>, String> {
    finite(position)?;
    let mut events = vec![InputEvent::Motion { position }];
    if let Some(button) = button {
        let button = button.into();
        events.extend(presses(state).iter().map(|&pressed| InputEvent::Button { position, button, pressed }));
    }
    Ok(events)
}

/// The event that `scroll` stands for: a wheel whose detent is 15 logical units, as compositors have it.
pub(crate) fn scroll(position: Position<Logical>, dx: f64, dy: f64) -> Result<InputEvent, String> {
    const UNITS: f64 = 15.0;
    finite(position)?;
    if !(dx.is_finite() && dy.is_finite() && dx.abs() <= MAX_DETENTS && dy.abs() <= MAX_DETENTS) {
        return Err(format!("dx and dy are detents of a wheel, at most {MAX_DETENTS}"));
    }
    let in_120ths = |detents: f64| (detents * 120.0).round() as i32;
    let axis = Axis {
        modality: Modality::Wheel,
        dx: dx * UNITS,
        dy: dy * UNITS,
        detents_x: in_120ths(dx),
        detents_y: in_120ths(dy),
    };
    Ok(InputEvent::Scroll { position, axis })
}

/// The event that `touch` stands for.
pub(crate) fn touch(fingers: &[Finger]) -> Result<InputEvent, String> {
    if fingers.is_empty() || fingers.len() > MAX_TOUCH_POINTS {
        return Err(format!("a touch has 1 to {MAX_TOUCH_POINTS} points"));
    }
    let mut points = Vec::with_capacity(fingers.len());
    for finger in fingers {
        let position = Position::new(finger.x, finger.y);
        finite(position)?;
        points.push(TouchPoint { id: finger.id, phase: finger.phase, position });
    }
    Ok(InputEvent::Touch { points })
}

/// What `resize` may change; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    /// In logical units.
    pub(crate) width: Option<u32>,
    /// In logical units.
    pub(crate) height: Option<u32>,
    /// Pixels for one logical unit.
    pub(crate) scale: Option<f64>,
    /// Whether it fills the work area.
    pub(crate) maximized: Option<bool>,
    /// Whether it fills the screen.
    pub(crate) fullscreen: Option<bool>,
}

impl Wish {
    /// The wish as the protocol has it, for a window as it is now.
    pub(crate) fn configure(self, window: &Window, serial: u32) -> Result<Configure, String> {
        let size = Size::new(self.width.unwrap_or(window.size.w), self.height.unwrap_or(window.size.h));
        if size.is_empty() {
            return Err("width and height are at least 1".into());
        }
        let scale = match self.scale {
            None => window.scale,
            Some(factor) if (0.5..=8.0).contains(&factor) => {
                Scale::from_120ths((factor * 120.0).round() as u32)
            }
            Some(_) => return Err("scale lies between 0.5 and 8".into()),
        };
        Ok(Configure {
            serial,
            size: Some(size),
            scale,
            maximized: self.maximized.unwrap_or(window.states.maximized),
            fullscreen: self.fullscreen.unwrap_or(window.states.fullscreen),
            resizing: false,
        })
    }
}

/// More detents in one event are a mistake.
const MAX_DETENTS: f64 = 1000.0;

fn strokes(modifiers: &[KeyCode], key: KeyCode, state: Press) -> Vec<InputEvent> {
    let event = |pressed| move |&key: &KeyCode| InputEvent::Key { key, pressed };
    let mut events = Vec::with_capacity(2 * modifiers.len() + 2);
    let (down, up) = (state != Press::Up, state != Press::Down);
    if down {
        events.extend(modifiers.iter().map(event(true)));
        events.push(InputEvent::Key { key, pressed: true });
    }
    if up {
        events.push(InputEvent::Key { key, pressed: false });
        events.extend(modifiers.iter().rev().map(event(false)));
    }
    events
}

fn presses(state: Press) -> &'static [bool] {
    match state {
        Press::Tap => &[true, false],
        Press::Down => &[true],
        Press::Up => &[false],
    }
}

fn bounded(text: &str) -> Result<(), String> {
    if text.len() <= MAX_TEXT { Ok(()) } else { Err(format!("a text has at most {MAX_TEXT} bytes")) }
}

fn finite(position: Position<Logical>) -> Result<(), String> {
    // A track is no larger; far outside is a mistake of the script.
    let sane = |n: f64| n.is_finite() && n.abs() <= 100_000.0;
    if sane(position.x) && sane(position.y) {
        Ok(())
    } else {
        Err("x and y are positions in the window".into())
    }
}

/// Whether a request acts on a window that can be closed, resized, activated.
pub(crate) fn toplevel(window: &Window) -> Result<TrackId, String> {
    match window.kind {
        media::WindowKind::Toplevel => Ok(window.track),
        media::WindowKind::Popup => Err(format!("track {} is a popup; name its toplevel", window.track.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard() -> Keyboard {
        Keyboard::us().expect("xkb-data is installed")
    }

    fn key_event(key: u16, pressed: bool) -> InputEvent {
        InputEvent::Key { key: KeyCode(key), pressed }
    }

    #[test]
    fn a_tap_with_shift_is_held_around_the_key() {
        let events = key(&keyboard(), "A", Press::Tap).expect("a key");
        let expected = [key_event(42, true), key_event(30, true), key_event(30, false), key_event(42, false)];
        assert_eq!(events, expected);
        assert_eq!(key(&keyboard(), "Control_L", Press::Down), Ok(vec![key_event(29, true)]));
    }

    #[test]
    fn text_mixes_keys_and_characters_in_order() {
        let events = typing(&keyboard(), "aé世b");
        let text = InputEvent::Text { text: "é世".into() };
        let expected =
            [key_event(30, true), key_event(30, false), text, key_event(48, true), key_event(48, false)];
        assert_eq!(events, expected);
    }

    #[test]
    fn long_text_is_cut_into_events_of_legal_length() {
        let events = typing(&keyboard(), &"世".repeat(4000));
        assert!(events.len() >= 3);
        for event in events {
            assert!(matches!(event, InputEvent::Text { text } if text.len() <= MAX_TEXT));
        }
    }

    #[test]
    fn what_is_not_on_the_keyboard_cannot_be_held() {
        assert!(key(&keyboard(), "世", Press::Down).expect_err("no key").contains("tap"));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(pointer(Position::new(f64::NAN, 0.0), None, Press::Tap).is_err());
        assert!(scroll(Position::new(1.0, 1.0), f64::INFINITY, 0.0).is_err());
        assert!(touch(&[]).is_err());
    }
}
