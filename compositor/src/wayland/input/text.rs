//! Keymaps of viewers, and text that has no keys.
//!
//! Text is typed by keys of the viewer's keymap where it has them, and else by key codes that are lent to its
//! characters, see [`spare`](super::spare). Apps see ordinary keys, so this works in every toolkit and
//! terminal.

use media::{Cause, Locks, TrackId};
use smithay::{
    backend::input::{KeyState, Keycode},
    input::keyboard::{KeyboardTarget, Layout, ModifiersState, SerializedMods},
    utils::SERIAL_COUNTER,
};
use xkbcommon::xkb;

use crate::wayland::State;
use crate::wayland::input::compiled::written_apart;
use crate::wayland::input::spare::{self, Reader, Spare, Unread, XKB_OFFSET};
use crate::wayland::input::{keymap, latin};
use crate::wayland::windows::invited::Hand;

/// Keymaps: the viewer's, and what is lent of its codes.
#[derive(Debug, Default)]
pub(crate) struct Keymaps {
    /// The viewer's as xkbcommon writes it, or the system's default, once it was needed.
    written: Option<String>,
    /// What apps were told last.
    told: Option<String>,
    pub(in crate::wayland) spare: Spare,
}

/// What became of a keymap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Replaced {
    /// It is still there.
    Not,
    /// Apps had the new one already, and are told nothing.
    BySame,
    /// Apps were told of the new one, and of what is held.
    ByOther,
}

/// How much may be lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wayland) enum Care {
    /// Nothing that an app may not have read.
    Full,
    /// What is needed: who reads so late must not hinder others.
    None,
}

impl State {
    /// Installs a viewer's keymap; if it does not compile, the last one stays.
    pub(in crate::wayland) fn set_keymap(&mut self, text: String) {
        if let Err(reason) = keymap::check(&text) {
            return tracing::warn!(%reason, "a viewer's keymap is refused; the last one stays");
        }
        let Some(written) = written_apart(&text) else {
            return tracing::warn!("a viewer's keymap does not compile; the last one stays");
        };
        self.input.keymaps.written = Some(latin::reachable(written));
        // Nothing is locked on another keyboard.
        let before = self.input.keyboard.modifier_state().serialized;
        if self.replace_keymap() == Replaced::BySame {
            self.tell_modifiers_if_not(before);
        }
        self.flush();
    }

    /// These locks are on, and no other.
    pub(in crate::wayland) fn set_locks(&mut self, Locks { caps, num }: Locks) {
        let keyboard = self.input.keyboard.clone();
        let before = keyboard.modifier_state();
        keyboard.set_modifier_state(ModifiersState { caps_lock: caps, num_lock: num, ..before });
        self.tell_modifiers_if_not(before.serialized);
        self.flush();
    }

    /// Hands a text to an app: to its text input if that is in use, else as keys.
    pub(in crate::wayland) fn text(&mut self, cause: Cause, track: TrackId, text: &str) {
        self.deliver(cause, |state| {
            state.follow_focus(track);
            let receiver = state.input.keyboard_surface()?;
            state.pressed(&receiver, Hand::Keys);
            if !state.commit_text(text) {
                let typed = state.type_text(text, Care::Full);
                state.type_later(cause, track, &text[typed..]);
            }
            Some(receiver)
        });
    }

    /// Types a text, and says how many bytes of it were typed: for more, apps must first read what they were
    /// sent.
    pub(in crate::wayland) fn type_text(&mut self, text: &str, care: Care) -> usize {
        let mut typed = 0;
        while typed < text.len() {
            let (length, codes) = self.lend_for(&text[typed..], care);
            if length == 0 {
                break;
            }
            typed += length;
            self.tap(&codes);
        }
        typed
    }

    /// Lends codes for as much of a text as one keymap has codes for, and installs that. How much it is, and
    /// its keys.
    fn lend_for(&mut self, text: &str, care: Care) -> (usize, Vec<u16>) {
        let reader = self.reader();
        let held = self.input.keyboard.pressed_keys();
        let is_held = |code: u16| held.contains(&Keycode::new(u32::from(code) + XKB_OFFSET));
        let (mut codes, mut new, mut length) = (Vec::new(), false, 0);
        for (at, c) in text.char_indices() {
            let after = at + c.len_utf8();
            let own = self.own_key(c, reader).filter(|code| !is_held(*code));
            let code = match own {
                Some(code) => Some((code, false)),
                // A line end is a key or nothing, as are all that do not stand for a character.
                None if c.is_control() => {
                    length = after;
                    continue;
                }
                None => {
                    let (typing, unread) = (&codes, &self.xwayland.typing);
                    let idle = |code: u16| !typing.contains(&code) && !is_held(code);
                    let spare = &mut self.input.keymaps.spare;
                    // Best one that is of no meaning to anybody any more; else none that this app has yet to
                    // read.
                    let read_by_all = |code, keys: &[Unread]| idle(code) && !unread.any_of(keys, None);
                    let read_here = |code, keys: &[Unread]| {
                        idle(code) && (care == Care::None || !unread.any_of(keys, Some(reader)))
                    };
                    spare.code_for(c, reader, read_by_all).or_else(|| spare.code_for(c, reader, read_here))
                }
            };
            let Some((code, lent)) = code else { break };
            new |= lent;
            codes.push(code);
            length = after;
        }
        if new {
            self.install_keymap();
        }
        (length, codes)
    }

    /// Presses keys and lets them go, as if nothing was held or locked: what is to be typed is known.
    fn tap(&mut self, codes: &[u16]) {
        let reader = self.reader();
        let mods = self.input.keyboard.modifier_state();
        let serialized = mods.serialized;
        let bare = serialized.depressed | serialized.latched | serialized.locked == 0;
        // X counts held keys itself; there, characters that are lent do not depend on them.
        let hides = reader == Reader::Wayland && !bare;
        if hides {
            let mut none = ModifiersState::default();
            none.serialized.layout_effective = serialized.layout_effective;
            self.tell_modifiers(none);
        }
        for code in codes {
            for state in [KeyState::Pressed, KeyState::Released] {
                self.press(Keycode::new(u32::from(*code) + XKB_OFFSET), state);
            }
        }
        if hides {
            self.tell_modifiers(mods);
        }
    }

    fn tell_modifiers(&mut self, mods: ModifiersState) {
        let (seat, serial) = (self.input.seat.clone(), SERIAL_COUNTER.next_serial());
        if let Some(focus) = self.input.keyboard.current_focus() {
            focus.modifiers(&seat, self, mods, serial);
        }
    }

    /// A key of the viewer's keyboard that types a character by itself, if what is held or locked lets it.
    fn own_key(&mut self, c: char, reader: Reader) -> Option<u16> {
        let mods = self.input.keyboard.modifier_state();
        let serialized = ModifiersState { num_lock: false, serialized: Default::default(), ..mods };
        if reader != Reader::Wayland && serialized != ModifiersState::default() && !c.is_control() {
            return None;
        }
        let wanted = if c == '\n' { u32::from('\r') } else { u32::from(c) };
        let keyboard = self.input.keyboard.clone();
        keyboard.with_xkb_state(self, |context| {
            let Ok(xkb) = context.xkb().lock() else { return None };
            let layout = xkb.active_layout();
            let types = |code: &u16| {
                let syms =
                    xkb.raw_syms_for_key_in_layout(Keycode::new(u32::from(*code) + XKB_OFFSET), layout);
                matches!(syms, [sym] if xkb::keysym_to_utf32(*sym) == wanted)
            };
            TYPING.into_iter().flatten().find(types)
        })
    }

    /// Who has the keyboard.
    pub(in crate::wayland) fn reader(&self) -> Reader {
        self.x11_reader().map_or(Reader::Wayland, Reader::X11)
    }

    /// Installs the viewer's keymap with what is lent. What is held and locked stays so.
    pub(in crate::wayland) fn install_keymap(&mut self) {
        let keyboard = self.input.keyboard.clone();
        let mods = keyboard.modifier_state();
        let layout = Layout(mods.serialized.layout_effective);
        let known = match self.replace_keymap() {
            Replaced::Not => return,
            Replaced::BySame => mods.serialized,
            // They were told of it without what is locked.
            Replaced::ByOther => keyboard.modifier_state().serialized,
        };
        keyboard.set_modifier_state(mods);
        if layout == Layout(0) {
            self.tell_modifiers_if_not(known);
        } else {
            keyboard.with_xkb_state(self, |mut context| context.set_layout(layout));
        }
    }

    /// Tells the app with the keyboard what is held and locked, if it knows otherwise.
    fn tell_modifiers_if_not(&mut self, known: SerializedMods) {
        let now = self.input.keyboard.modifier_state();
        if now.serialized != known {
            self.tell_modifiers(now);
        }
    }

    /// Installs the viewer's keymap with what is lent.
    fn replace_keymap(&mut self) -> Replaced {
        let keymaps = &mut self.input.keymaps;
        if keymaps.written.is_none() {
            keymaps.written = spare::default_keymap();
        }
        let Some(written) = &keymaps.written else {
            tracing::error!("there is no keymap: is xkb-data installed?");
            return Replaced::Not;
        };
        let text = keymaps.spare.keymap(written);
        let before = keymaps.told.take().or_else(spare::default_keymap);
        keymaps.told = Some(text.clone());
        let replaced = if before.as_ref() == Some(&text) { Replaced::BySame } else { Replaced::ByOther };
        let keyboard = self.input.keyboard.clone();
        if keyboard.set_keymap_from_string(self, text).is_err() {
            tracing::error!("the keymap that was in use does not compile any more");
            return Replaced::Not;
        }
        replaced
    }
}

/// The keys that type in every app: Escape, Backspace, Tab, Enter, letters, digits and what stands around
/// them.
const TYPING: [std::ops::RangeInclusive<u16>; 6] = [1..=28, 30..=41, 43..=53, 57..=57, 86..=86, 89..=89];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_modifier_is_a_key_that_types() {
        for modifier in [29, 42, 54, 56, 58, 69, 97, 100, 125, 126] {
            assert!(!TYPING.into_iter().flatten().any(|code| code == modifier), "{modifier}");
        }
    }
}
