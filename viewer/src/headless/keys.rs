//! From keysyms and characters to keys: the keyboard that automation types on.

use std::collections::HashMap;

use media::KeyCode;
use thiserror::Error;
use xkbcommon::xkb::{self, KeyDirection, Keycode, Keysym};

/// A keyboard with the plain US layout, whatever the machine has, so that scripts mean the same everywhere.
pub(crate) struct Keyboard {
    text: String,
    strokes: HashMap<Keysym, Stroke>,
}

/// One key, with shift or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stroke {
    /// Which key.
    pub(crate) key: KeyCode,
    /// Whether shift must be held.
    pub(crate) shift: bool,
}

/// How to enter what a script names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// By keys: modifiers that must be held, then the key.
    Keys(Vec<KeyCode>, KeyCode),
    /// As text: the layout has no such key.
    Text(String),
}

/// Why a name is no key.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// No such keysym.
    #[error("'{0}' is no xkb keysym name; names are such as Return, a, adiaeresis, Control_L, or ctrl+c")]
    Unknown(String),
    /// A keysym without a key and without a character.
    #[error("'{0}' has no key on the US layout and is no character; it cannot be entered")]
    NoKey(String),
    /// The library has no layouts.
    #[error("cannot compile the US layout; is xkb-data (xkeyboard-config) installed?")]
    NoLayout,
}

/// Left shift, as evdev counts.
pub(crate) const SHIFT: KeyCode = KeyCode(42);

/// X11 and xkb count keys from here.
const XKB_OFFSET: u32 = 8;

/// X11 apps have no keys beyond this one.
const X11_MAX: u32 = 255;

impl Keyboard {
    /// Compiles the layout.
    pub(crate) fn us() -> Result<Keyboard, KeyError> {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
        let keymap = xkb::Keymap::new_from_names(&context, "evdev", "pc105", "us", "", None, flags)
            .ok_or(KeyError::NoLayout)?;
        let mut strokes = HashMap::new();
        for shift in [false, true] {
            let mut state = xkb::State::new(&keymap);
            if shift {
                state.update_key(Keycode::new(u32::from(SHIFT.0) + XKB_OFFSET), KeyDirection::Down);
            }
            for code in keymap.min_keycode().raw()..=keymap.max_keycode().raw().min(X11_MAX) {
                let Some(key) = code.checked_sub(XKB_OFFSET).and_then(|code| u16::try_from(code).ok()) else {
                    continue;
                };
                let keysym = state.key_get_one_sym(Keycode::new(code));
                if keysym.raw() != xkb::keysyms::KEY_NoSymbol {
                    strokes.entry(keysym).or_insert(Stroke { key: KeyCode(key), shift });
                }
            }
        }
        Ok(Keyboard { text: keymap.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1), strokes })
    }

    /// The layout in xkb text format.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// How to enter what `name` says: a keysym's name, a single character, or either behind modifiers and
    /// `+`.
    pub(crate) fn named(&self, name: &str) -> Result<Entry, KeyError> {
        let (modifiers, name) = match name.rsplit_once('+') {
            Some((modifiers, name)) if !name.is_empty() && !modifiers.is_empty() => (modifiers, name),
            _ => ("", name),
        };
        let mut held = Vec::new();
        for modifier in modifiers.split('+').filter(|modifier| !modifier.is_empty()) {
            held.push(self.modifier(modifier)?);
        }
        let keysym = keysym(name)?;
        let Some(stroke) = self.strokes.get(&keysym) else {
            let text = xkb::keysym_to_utf8(keysym).trim_end_matches('\0').to_owned();
            let enterable = held.is_empty() && !text.is_empty();
            return if enterable { Ok(Entry::Text(text)) } else { Err(KeyError::NoKey(name.to_owned())) };
        };
        if stroke.shift && !held.contains(&SHIFT) {
            held.push(SHIFT);
        }
        Ok(Entry::Keys(held, stroke.key))
    }

    /// The key that types a character, if the layout has one.
    pub(crate) fn stroke(&self, character: char) -> Option<Stroke> {
        let keysym = match character {
            '\n' | '\r' => Keysym::from(xkb::keysyms::KEY_Return),
            '\t' => Keysym::from(xkb::keysyms::KEY_Tab),
            other => xkb::utf32_to_keysym(u32::from(other)),
        };
        self.strokes.get(&keysym).copied()
    }

    fn modifier(&self, name: &str) -> Result<KeyCode, KeyError> {
        let name = match name.to_ascii_lowercase().as_str() {
            "ctrl" | "control" => "Control_L",
            "shift" => "Shift_L",
            "alt" => "Alt_L",
            "super" | "meta" => "Super_L",
            _ => name,
        };
        match self.strokes.get(&keysym(name)?) {
            Some(stroke) => Ok(stroke.key),
            None => Err(KeyError::NoKey(name.to_owned())),
        }
    }
}

fn keysym(name: &str) -> Result<Keysym, KeyError> {
    let unknown = || KeyError::Unknown(name.to_owned());
    // The C library would read a name only up to a NUL.
    if name.contains('\0') {
        return Err(unknown());
    }
    let keysym = xkb::keysym_from_name(name, xkb::KEYSYM_NO_FLAGS);
    if keysym.raw() != xkb::keysyms::KEY_NoSymbol {
        return Ok(keysym);
    }
    let mut characters = name.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => match xkb::utf32_to_keysym(u32::from(character)) {
            keysym if keysym.raw() != xkb::keysyms::KEY_NoSymbol => Ok(keysym),
            _ => Err(unknown()),
        },
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard() -> Keyboard {
        Keyboard::us().expect("xkb-data is installed")
    }

    fn keys(held: &[u16], key: u16) -> Result<Entry, KeyError> {
        Ok(Entry::Keys(held.iter().copied().map(KeyCode).collect(), KeyCode(key)))
    }

    #[test]
    fn names_become_keys_with_the_modifiers_they_need() {
        let keyboard = keyboard();
        assert_eq!(keyboard.named("a"), keys(&[], 30));
        assert_eq!(keyboard.named("A"), keys(&[42], 30));
        assert_eq!(keyboard.named("Return"), keys(&[], 28));
        assert_eq!(keyboard.named("plus"), keys(&[42], 13));
        assert_eq!(keyboard.named("+"), keys(&[42], 13));
        assert_eq!(keyboard.named("F10"), keys(&[], 68));
        assert_eq!(keyboard.named("Up"), keys(&[], 103));
        assert_eq!(keyboard.named("Control_L"), keys(&[], 29));
        assert_eq!(keyboard.named("ctrl+shift+t"), keys(&[29, 42], 20));
        assert_eq!(keyboard.named("alt+F4"), keys(&[56], 62));
    }

    #[test]
    fn what_has_no_key_becomes_text() {
        let keyboard = keyboard();
        assert_eq!(keyboard.named("adiaeresis"), Ok(Entry::Text("ä".into())));
        assert_eq!(keyboard.named("世"), Ok(Entry::Text("世".into())));
        assert_eq!(keyboard.named("EuroSign"), Ok(Entry::Text("€".into())));
    }

    #[test]
    fn what_is_no_key_says_so() {
        let keyboard = keyboard();
        assert_eq!(keyboard.named("Retrun"), Err(KeyError::Unknown("Retrun".into())));
        assert_eq!(keyboard.named(""), Err(KeyError::Unknown(String::new())));
        assert_eq!(keyboard.named("a\0b"), Err(KeyError::Unknown("a\0b".into())));
        assert!(matches!(keyboard.named("ctrl+ä"), Err(KeyError::NoKey(_))));
    }

    #[test]
    fn characters_of_the_layout_are_typed_by_keys() {
        let keyboard = keyboard();
        assert_eq!(keyboard.stroke('\n').map(|stroke| stroke.key), Some(KeyCode(28)));
        assert_eq!(keyboard.stroke('~'), Some(Stroke { key: KeyCode(41), shift: true }));
        assert_eq!(keyboard.stroke('ä'), None);
        for character in ' '..='~' {
            assert!(keyboard.stroke(character).is_some(), "{character:?}");
        }
    }

    #[test]
    fn the_layout_compiles_again_from_its_text() {
        let keyboard = keyboard();
        assert!(keyboard.text().contains("xkb_symbols"));
        assert!(keyboard.text().len() < protocol::control::MAX_KEYMAP);
    }
}
