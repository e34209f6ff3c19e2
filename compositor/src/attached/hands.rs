//! What viewers do with keys, buttons, wheels and fingers, as the display's own devices would.
//!
//! Invariant: what was pressed here and is still down is let go at the end.

use std::collections::BTreeSet;

use media::{Axis, Button, KeyCode, Modality, TouchPhase};
use x11rb::{
    connection::Connection,
    errors::ReplyError,
    protocol::{
        xproto::{
            BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
        },
        xtest::ConnectionExt as _,
    },
};

use super::{display::Display, letters::Letters};

/// X counts keys from here.
const FIRST_KEY: u16 = 8;
/// A detent of a wheel, as viewers count it.
const DETENT: f64 = 120.0;
/// So many units of a finger's way are a detent.
const UNITS: f64 = 15.0;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Hands {
    letters: Letters,
    keys: BTreeSet<u8>,
    buttons: BTreeSet<u8>,
    /// What was scrolled, rightwards and downwards, and is no detent yet.
    scrolled: (f64, f64),
    /// The finger that stands for the pointer.
    finger: Option<u32>,
}

impl Hands {
    /// Hands that hold nothing.
    pub(super) fn new(display: &Display) -> Result<Self, ReplyError> {
        let letters = Letters::new(display)?;
        let (keys, buttons) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { letters, keys, buttons, scrolled: (0.0, 0.0), finger: None })
    }

    /// A key goes down or up.
    pub(super) fn key(&mut self, display: &Display, KeyCode(key): KeyCode, pressed: bool) {
        let setup = display.conn().setup();
        let code = u8::try_from(key.saturating_add(FIRST_KEY)).ok();
        let Some(code) = code.filter(|code| (setup.min_keycode..=setup.max_keycode).contains(code)) else {
            return;
        };
        self.press_key(display, code, pressed);
    }

    /// A text is entered.
    pub(super) fn text(&mut self, display: &Display, text: &str) {
        for letter in text.chars() {
            let Some(code) = self.letters.code(display, letter) else {
                tracing::warn!("the X display has no key that means nothing: a text was not entered");
                return;
            };
            self.press_key(display, code, true);
            self.press_key(display, code, false);
        }
    }

    /// The pointer moves to a place of the screen.
    pub(super) fn point(&mut self, display: &Display, place: (f64, f64)) {
        let (x, y) = display.on_screen(place);
        let request = display.conn().xtest_fake_input(
            MOTION_NOTIFY_EVENT,
            0,
            x11rb::CURRENT_TIME,
            display.root(),
            x,
            y,
            0,
        );
        display.asked(request);
    }

    /// The pointer moves by this much.
    pub(super) fn push(&mut self, display: &Display, dx: f64, dy: f64) {
        let by = |way: f64| way.round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16;
        let (now, root) = (x11rb::CURRENT_TIME, x11rb::NONE);
        let conn = display.conn();
        display.asked(conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 1, now, root, by(dx), by(dy), 0));
    }

    /// A button goes down or up where the pointer is.
    pub(super) fn button(&mut self, display: &Display, button: Button, pressed: bool) {
        if let Some(number) = number_of(button) {
            self.press_button(display, number, pressed);
        }
    }

    /// Whether a button is down.
    pub(super) fn presses(&self) -> bool {
        !self.buttons.is_empty()
    }

    /// The wheel turns, or fingers scroll.
    pub(super) fn scroll(&mut self, display: &Display, axis: Axis) {
        let (x, y) = match axis.modality {
            Modality::Wheel => (f64::from(axis.detents_x), f64::from(axis.detents_y)),
            Modality::Finger | Modality::Continuous => (axis.dx / UNITS * DETENT, axis.dy / UNITS * DETENT),
        };
        let right = detents(&mut self.scrolled.0, x);
        let down = detents(&mut self.scrolled.1, y);
        // As the protocol has it: a detent is a button that is pressed and let go.
        for (count, [back, forth]) in [(down, [4, 5]), (right, [6, 7])] {
            for _ in 0..count.unsigned_abs() {
                let number = if count < 0 { back } else { forth };
                self.press_button(display, number, true);
                self.press_button(display, number, false);
            }
        }
    }

    /// A finger does something. The first one stands for the pointer and its left button.
    pub(super) fn touch(&mut self, display: &Display, id: u32, phase: TouchPhase, place: (f64, f64)) {
        match phase {
            TouchPhase::Down if self.finger.is_none() => {
                self.finger = Some(id);
                self.point(display, place);
                self.button(display, Button::LEFT, true);
            }
            TouchPhase::Move if self.finger == Some(id) => self.point(display, place),
            TouchPhase::Up if self.finger == Some(id) => {
                self.finger = None;
                self.button(display, Button::LEFT, false);
            }
            TouchPhase::Cancel if self.finger.take().is_some() => self.button(display, Button::LEFT, false),
            TouchPhase::Down | TouchPhase::Move | TouchPhase::Up | TouchPhase::Cancel => {}
        }
    }

    /// Nothing is held any more, and no letters are lent.
    pub(super) fn let_go(&mut self, display: &Display) {
        for code in std::mem::take(&mut self.keys) {
            press(display, KEY_RELEASE_EVENT, code);
        }
        for number in std::mem::take(&mut self.buttons) {
            press(display, BUTTON_RELEASE_EVENT, number);
        }
        self.letters.give_back(display);
    }

    fn press_key(&mut self, display: &Display, code: u8, pressed: bool) {
        if note(&mut self.keys, code, pressed) {
            press(display, if pressed { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT }, code);
        }
    }

    fn press_button(&mut self, display: &Display, number: u8, pressed: bool) {
        if note(&mut self.buttons, number, pressed) {
            press(display, if pressed { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT }, number);
        }
    }
}

/// Notes what is down. Whether that is news.
fn note(down: &mut BTreeSet<u8>, which: u8, pressed: bool) -> bool {
    if pressed { down.insert(which) } else { down.remove(&which) }
}

fn press(display: &Display, kind: u8, which: u8) {
    let (now, conn) = (x11rb::CURRENT_TIME, display.conn());
    display.asked(conn.xtest_fake_input(kind, which, now, x11rb::NONE, 0, 0, 0));
}

/// X's number of a button.
fn number_of(Button(button): Button) -> Option<u8> {
    match button {
        0x110 => Some(1),
        0x111 => Some(3),
        0x112 => Some(2),
        0x113 => Some(8),
        0x114 => Some(9),
        _ => None,
    }
}

/// The whole detents in what was scrolled; the rest stays. Who turns back begins anew.
fn detents(scrolled: &mut f64, more: f64) -> i32 {
    if *scrolled * more < 0.0 {
        *scrolled = 0.0;
    }
    *scrolled += more;
    let whole = (*scrolled / DETENT).trunc().clamp(-64.0, 64.0);
    *scrolled = (*scrolled - whole * DETENT).clamp(-DETENT, DETENT);
    whole as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_detents_add_up_and_turning_back_begins_anew() {
        let mut scrolled = 0.0;
        assert_eq!(
            [60.0, 60.0, 300.0, -30.0, -90.0].map(|more| detents(&mut scrolled, more)),
            [0, 1, 2, 0, -1]
        );
        assert_eq!(detents(&mut scrolled, 1e9), 64, "nobody turns so far");
    }
}
