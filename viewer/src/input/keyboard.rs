//! Keys by place: the host applies the keymap, so nothing here knows letters.

use media::KeyCode;
use winit::{
    event::{ElementState, KeyEvent},
    keyboard::{Key, NamedKey, PhysicalKey},
    platform::scancode::PhysicalKeyExtScancode,
};

use super::locks::Typed;

/// What a key event means for the session, if anything.
///
/// Repeats mean nothing: apps repeat on their own. Presses that the window system makes up when a window gets
/// the focus count for modifiers only: a held Ctrl goes on to work, and the Return that closed a dialog
/// elsewhere does not type.
pub(crate) fn key(event: &KeyEvent, made_up: bool) -> Option<(KeyCode, bool)> {
    let key = code(event.physical_key)?;
    wanted(key, event.state == ElementState::Pressed, event.repeat, made_up)
}

/// What a key typed here.
pub(crate) fn typed(event: &KeyEvent) -> Typed {
    match &event.logical_key {
        Key::Character(text) => Typed::Text(text.to_string()),
        Key::Named(NamedKey::Space) => Typed::Text(" ".to_owned()),
        Key::Named(_) => Typed::Nothing,
        Key::Unidentified(_) | Key::Dead(_) => Typed::Unknown,
    }
}

fn wanted(key: KeyCode, pressed: bool, repeat: bool, made_up: bool) -> Option<(KeyCode, bool)> {
    let passes = !repeat && (!made_up || (pressed && MODIFIERS.contains(&key.0)));
    passes.then_some((key, pressed))
}

fn code(key: PhysicalKey) -> Option<KeyCode> {
    key.to_scancode().and_then(|code| u16::try_from(code).ok()).filter(|&code| code != 0).map(KeyCode)
}

/// Left and right Ctrl, Shift, Alt and Super.
const MODIFIERS: [u16; 8] = [29, 97, 42, 54, 56, 100, 125, 126];

#[cfg(test)]
mod tests {
    use winit::keyboard::{KeyCode as Place, NativeKeyCode};

    use super::*;

    #[test]
    fn places_have_their_evdev_codes() {
        for (place, expected) in [
            (Place::KeyA, 30),
            (Place::KeyY, 21),
            (Place::IntlBackslash, 86),
            (Place::AltRight, 100),
            (Place::Enter, 28),
            (Place::NumpadEnter, 96),
            (Place::ArrowUp, 103),
            (Place::F12, 88),
        ] {
            assert_eq!(code(PhysicalKey::Code(place)), Some(KeyCode(expected)), "{place:?}");
        }
    }

    #[test]
    fn keys_without_a_name_keep_their_number() {
        let key = |raw| PhysicalKey::Unidentified(NativeKeyCode::Xkb(raw));
        assert_eq!(code(key(247)), Some(KeyCode(247)));
        assert_eq!(code(key(0)), None);
        assert_eq!(code(key(70_000)), None);
    }

    #[test]
    fn repeats_and_made_up_presses_of_letters_are_nothing() {
        let (a, ctrl) = (KeyCode(30), KeyCode(29));
        assert_eq!(wanted(a, true, false, false), Some((a, true)));
        assert_eq!(wanted(a, false, false, false), Some((a, false)));
        assert_eq!(wanted(a, true, true, false), None);
        assert_eq!(wanted(a, true, false, true), None);
        assert_eq!(wanted(ctrl, true, false, true), Some((ctrl, true)));
    }
}
