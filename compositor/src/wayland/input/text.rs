//! Keymaps of viewers, and text that has no keys.
//!
//! Text is typed through a keymap made for it, in which key after key bears one of its characters; then the viewer's
//! keymap comes back. Apps see ordinary keys, so this works in every toolkit and terminal.

use media::{Cause, TrackId};
use smithay::{
    backend::input::{KeyState, Keycode},
    input::keyboard::{ModifiersState, XkbConfig},
};

use crate::wayland::State;
use crate::wayland::input::keymap;

/// Keys of a keymap made for text: X11 apps know codes up to 255.
pub(in crate::wayland) const FIRST_KEY: u32 = 9;
pub(in crate::wayland) const KEYS: usize = 240;

impl State {
    /// Installs a viewer's keymap; if it does not compile, the last one stays.
    pub(in crate::wayland) fn set_keymap(&mut self, text: String) {
        if let Err(reason) = keymap::check(&text) {
            return tracing::warn!(%reason, "a viewer's keymap is refused; the last one stays");
        }
        let keyboard = self.input.keyboard.clone();
        match keyboard.set_keymap_from_string(self, text.clone()) {
            Ok(()) => self.input.keymap = Some(text),
            Err(_) => tracing::warn!("a viewer's keymap does not compile; the last one stays"),
        }
        self.flush();
    }

    /// Hands a text to an app: to its text input if that is in use, else as keys.
    pub(in crate::wayland) fn text(&mut self, cause: Cause, track: TrackId, text: &str) {
        self.deliver(cause, |state| {
            state.follow_focus(track);
            let receiver = state.input.keyboard_surface()?;
            if !state.commit_text(text) && !state.type_into_x11(cause, track, text) {
                state.type_text(text);
            }
            Some(receiver)
        });
    }

    fn type_text(&mut self, text: &str) {
        let keyboard = self.input.keyboard.clone();
        let modifiers = keyboard.modifier_state();
        for batch in batches(text) {
            if keyboard.set_keymap_from_string(self, keymap_for(&batch.keys, Reader::Apps)).is_err() {
                tracing::warn!("a text cannot be typed: its keymap does not compile");
                break;
            }
            for key in batch.taps {
                let code = Keycode::new(FIRST_KEY + key as u32);
                self.press(code, KeyState::Pressed);
                self.press(code, KeyState::Released);
            }
        }
        self.restore_keymap(modifiers);
    }

    /// Installs the viewer's keymap again.
    pub(in crate::wayland) fn restore_keymap(&mut self, modifiers: ModifiersState) {
        let keyboard = self.input.keyboard.clone();
        let restored = match self.input.keymap.clone() {
            Some(keymap) => keyboard.set_keymap_from_string(self, keymap),
            None => keyboard.set_xkb_config(self, XkbConfig::default()),
        };
        if restored.is_err() {
            tracing::error!("the keymap that was in use does not compile any more");
        }
        keyboard.set_modifier_state(modifiers);
    }
}

/// As much of a text as one keymap has keys for.
#[derive(Debug, Default, PartialEq)]
struct Batch {
    /// The keysym's name of each key.
    keys: Vec<String>,
    /// Which keys are tapped, in order.
    taps: Vec<usize>,
}

fn batches(text: &str) -> Vec<Batch> {
    let mut batches = vec![Batch::default()];
    for name in text.chars().filter_map(keysym) {
        let full = batches.last().is_some_and(|b| b.keys.len() >= KEYS && !b.keys.contains(&name));
        if full {
            batches.push(Batch::default());
        }
        let Some(batch) = batches.last_mut() else { break };
        let key = batch.keys.iter().position(|key| *key == name).unwrap_or_else(|| {
            batch.keys.push(name);
            batch.keys.len() - 1
        });
        batch.taps.push(key);
    }
    batches.retain(|batch| !batch.taps.is_empty());
    batches
}

/// The name of the keysym that stands for a character; controls other than the usual keys have none.
pub(in crate::wayland) fn keysym(c: char) -> Option<String> {
    match c {
        '\n' | '\r' => Some("Return".into()),
        '\t' => Some("Tab".into()),
        '\u{8}' => Some("BackSpace".into()),
        '\u{1b}' => Some("Escape".into()),
        c if c.is_control() => None,
        c => Some(format!("U{:04X}", u32::from(c))),
    }
}

/// Who compiles a keymap made for text.
#[derive(Clone, Copy, Debug)]
pub(in crate::wayland) enum Reader {
    /// We and every Wayland app: the smaller, the sooner.
    Apps,
    /// An X server, which wants the usual types and modifiers.
    XServer,
}

/// A keymap with one key for each keysym.
pub(in crate::wayland) fn keymap_for(keys: &[String], reader: Reader) -> String {
    let mut codes = String::new();
    let mut symbols = String::new();
    for (i, key) in keys.iter().enumerate() {
        codes.push_str(&format!("<T{i}> = {};\n", FIRST_KEY as usize + i));
        symbols.push_str(&format!("key <T{i}> {{ [ {key} ] }};\n"));
    }
    let (types, compatibility) = match reader {
        Reader::Apps => ("type \"ONE_LEVEL\" { modifiers = none; level_name[1] = \"Any\"; };", ""),
        Reader::XServer => ("include \"complete\"", "include \"complete\""),
    };
    format!(
        "xkb_keymap {{\n\
         xkb_keycodes \"text\" {{ minimum = 8; maximum = 255;\n{codes}}};\n\
         xkb_types \"text\" {{ {types} }};\n\
         xkb_compatibility \"text\" {{ {compatibility} }};\n\
         xkb_symbols \"text\" {{\n{symbols}}};\n\
         }};\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_keys_and_repeat_without_new_ones() {
        let [batch] = &batches("aä€a\n\u{7f}")[..] else { panic!("one batch") };
        assert_eq!(batch.keys, ["U0061", "U00E4", "U20AC", "Return"]);
        assert_eq!(batch.taps, [0, 1, 2, 0, 3]);
    }

    #[test]
    fn more_characters_than_keys_take_several_keymaps() {
        let text: String = ('\u{4e00}'..).take(600).collect();
        let batches = batches(&text);
        assert_eq!(batches.len(), 3);
        assert!(batches.iter().all(|batch| batch.keys.len() <= KEYS));
        assert_eq!(batches.iter().map(|batch| batch.taps.len()).sum::<usize>(), 600);
    }
}
