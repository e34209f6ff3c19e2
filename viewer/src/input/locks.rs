//! Caps Lock and Num Lock of the user's own keyboard, as its keys show them: window systems tell programs of
//! them by what keys type. They may be on before this program starts, and turn while others have the
//! keyboard.

use media::{KeyCode, Locks};
use xkbcommon::xkb::{self, KeyDirection, Keycode};

/// X11 and xkb count keys from here.
const XKB_OFFSET: u32 = 8;

/// What a key typed on the user's own desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// These characters.
    Text(String),
    /// None: it does something else.
    Nothing,
    /// That is not known: an input method has it, or it waits for the next.
    Unknown,
}

/// A keyboard with its locks.
#[derive(Default)]
pub(crate) struct LockKeys {
    state: Option<xkb::State>,
    /// What was told last.
    told: Option<Locks>,
}

impl std::fmt::Debug for LockKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LockKeys").field("told", &self.told).finish_non_exhaustive()
    }
}

impl LockKeys {
    /// The keyboard's layout is this one. Its locks stay.
    pub(crate) fn set_keymap(&mut self, text: &str) {
        let locks = self.state.as_ref().map(locks_of);
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
        let keymap = xkb::Keymap::new_from_string(&context, text.to_owned(), format, flags);
        self.state = keymap.map(|keymap| xkb::State::new(&keymap));
        if let Some((state, locks)) = self.state.as_mut().zip(locks) {
            lock(state, locks);
        }
    }

    /// A key goes down that typed this here, with Shift held or not: which locks are on, if that is news.
    pub(crate) fn shows(&mut self, key: KeyCode, shift: bool, typed: &Typed) -> Option<Locks> {
        let state = self.state.as_mut()?;
        let believed = locks_of(state);
        let Locks { caps, num } = believed;
        let candidates =
            [(caps, num), (!caps, num), (caps, !num), (!caps, !num)].map(|(caps, num)| Locks { caps, num });
        let fits = |locks: &Locks| types(state, code(key), shift, *locks) == *typed;
        if let Some(locks) = candidates.into_iter().find(fits).filter(|locks| *locks != believed) {
            lock(state, locks);
        }
        self.news()
    }

    /// A key went down or up: it may turn a lock. Which locks are on, if that is news.
    pub(crate) fn turns(&mut self, key: KeyCode, pressed: bool) -> Option<Locks> {
        let direction = if pressed { KeyDirection::Down } else { KeyDirection::Up };
        self.state.as_mut()?.update_key(code(key), direction);
        self.news()
    }

    /// Nothing is held down any more.
    pub(crate) fn let_go(&mut self) {
        if let Some(state) = &mut self.state {
            let locks = locks_of(state);
            *state = xkb::State::new(&state.get_keymap());
            lock(state, locks);
        }
    }

    fn news(&mut self) -> Option<Locks> {
        let now = self.state.as_ref().map(locks_of);
        if now == self.told {
            return None;
        }
        self.told = now;
        now
    }
}

fn code(KeyCode(key): KeyCode) -> Keycode {
    Keycode::new(u32::from(key) + XKB_OFFSET)
}

fn locks_of(state: &xkb::State) -> Locks {
    let locked = |name| state.mod_name_is_active(name, xkb::STATE_MODS_LOCKED);
    Locks { caps: locked(xkb::MOD_NAME_CAPS), num: locked(xkb::MOD_NAME_NUM) }
}

fn mask(keymap: &xkb::Keymap, name: &str, is_on: bool) -> u32 {
    let index = keymap.mod_get_index(name);
    if is_on && index != xkb::MOD_INVALID { 1 << index } else { 0 }
}

/// Turns locks as a key would.
fn lock(state: &mut xkb::State, locks: Locks) {
    let keymap = state.get_keymap();
    let (caps, num) = (mask(&keymap, xkb::MOD_NAME_CAPS, true), mask(&keymap, xkb::MOD_NAME_NUM, true));
    let others = state.serialize_mods(xkb::STATE_MODS_LOCKED) & !(caps | num);
    let locked =
        others | mask(&keymap, xkb::MOD_NAME_CAPS, locks.caps) | mask(&keymap, xkb::MOD_NAME_NUM, locks.num);
    let depressed = state.serialize_mods(xkb::STATE_MODS_DEPRESSED);
    state.update_mask(depressed, 0, locked, 0, 0, 0);
}

/// What a key types under these locks.
fn types(state: &xkb::State, key: Keycode, shift: bool, locks: Locks) -> Typed {
    let keymap = state.get_keymap();
    let without_shift =
        state.serialize_mods(xkb::STATE_MODS_DEPRESSED) & !mask(&keymap, xkb::MOD_NAME_SHIFT, true);
    let mut other = xkb::State::new(&keymap);
    other.update_mask(without_shift | mask(&keymap, xkb::MOD_NAME_SHIFT, shift), 0, 0, 0, 0, 0);
    lock(&mut other, locks);
    let text = xkb::keysym_to_utf8(other.key_get_one_sym(key));
    let text = text.trim_end_matches('\0');
    if text.is_empty() || text.chars().any(char::is_control) {
        Typed::Nothing
    } else {
        Typed::Text(text.into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::{prelude::*, test_runner::Config};

    use super::*;

    const CAPS: u16 = 58;
    const NUM: u16 = 69;
    const SHIFT: u16 = 42;

    fn keymap_of(layout: &str) -> String {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
        let keymap = xkb::Keymap::new_from_names(&context, "evdev", "pc105", layout, "", None, flags);
        keymap.expect("xkb-data is installed").get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)
    }

    const LAYOUTS: [&str; 6] = ["us", "de", "fr", "ru", "gr", "tr"];

    fn state_of(text: &str) -> xkb::State {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
        xkb::State::new(
            &xkb::Keymap::new_from_string(&context, text.to_owned(), format, flags).expect("sound"),
        )
    }

    /// A key of the user's desktop: what it types, and then what it turns.
    fn tap(desktop: &mut xkb::State, key: u16) -> Typed {
        let shift = desktop.mod_name_is_active(xkb::MOD_NAME_SHIFT, xkb::STATE_MODS_EFFECTIVE);
        let typed = types(desktop, code(KeyCode(key)), shift, locks_of(desktop));
        desktop.update_key(code(KeyCode(key)), KeyDirection::Down);
        desktop.update_key(code(KeyCode(key)), KeyDirection::Up);
        typed
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// A key while this program has the keyboard, perhaps with Shift.
        Here(u16, bool),
        /// The program does not have it.
        Elsewhere(u16),
        /// The desktop's layout changes; its locks do not.
        Layout(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        // Letters, digits, a keypad, Enter, locks.
        let key = || prop::sample::select(vec![16_u16, 30, 44, 2, 28, 57, 71, 83, CAPS, NUM]);
        let layout = 0..LAYOUTS.len();
        let step = prop_oneof![
            6 => (key(), prop::bool::weighted(0.2)).prop_map(|(key, shift)| Step::Here(key, shift)),
            3 => key().prop_map(Step::Elsewhere),
            1 => layout.prop_map(Step::Layout),
        ];
        prop::collection::vec(step, 1..40)
    }

    proptest! {
        #![proptest_config(Config { cases: 64, ..Config::default() })]

        /// Whatever happened to the locks, each key means here what it typed on the user's desktop.
        #[test]
        fn every_key_is_struck_under_the_locks_of_the_users_keyboard(steps in steps()) {
            static KEYMAPS: LazyLock<[String; 6]> = LazyLock::new(|| LAYOUTS.map(keymap_of));
            let mut desktop = state_of(&KEYMAPS[0]);
            let mut keys = LockKeys::default();
            keys.set_keymap(&KEYMAPS[0]);
            let mut told = Locks::default();
            for step in steps {
                match step {
                    Step::Here(key, shift) => {
                        let held = shift && key != CAPS && key != NUM;
                        if held {
                            desktop.update_key(code(KeyCode(SHIFT)), KeyDirection::Down);
                            told = keys.turns(KeyCode(SHIFT), true).unwrap_or(told);
                        }
                        let before = desktop.clone();
                        let typed = tap(&mut desktop, key);
                        told = keys.shows(KeyCode(key), held, &typed).unwrap_or(told);
                        let there = types(&before, code(KeyCode(key)), held, told);
                        prop_assert_eq!(&there, &typed);
                        for pressed in [true, false] {
                            told = keys.turns(KeyCode(key), pressed).unwrap_or(told);
                        }
                        if held {
                            desktop.update_key(code(KeyCode(SHIFT)), KeyDirection::Up);
                            told = keys.turns(KeyCode(SHIFT), false).unwrap_or(told);
                        }
                    }
                    Step::Elsewhere(key) => {
                        keys.let_go();
                        tap(&mut desktop, key);
                    }
                    Step::Layout(layout) => {
                        let locks = locks_of(&desktop);
                        desktop = state_of(&KEYMAPS[layout]);
                        lock(&mut desktop, locks);
                        keys.set_keymap(&KEYMAPS[layout]);
                    }
                }
            }
        }
    }

    #[test]
    fn what_an_input_method_has_shows_nothing() {
        let mut keys = LockKeys::default();
        keys.set_keymap(&keymap_of("us"));
        let q = KeyCode(16);
        assert_eq!(keys.shows(q, false, &Typed::Text("Q".into())), Some(Locks { caps: true, num: false }));
        assert_eq!(keys.shows(q, false, &Typed::Unknown), None);
        assert_eq!(keys.shows(q, false, &Typed::Nothing), None);
        assert_eq!(keys.shows(q, false, &Typed::Text("世".into())), None);
        assert_eq!(keys.shows(q, true, &Typed::Text("Q".into())), Some(Locks::default()));
    }
}
