//! The keymaps that the browser viewer writes mean what its user's keyboard means. The same files are checked
//! against what it writes in `viewer/web/src/input/keyboard/keymap.test.ts`.

use std::fs;

use xkbcommon::xkb::{self, KeyDirection, Keycode, Keysym, State};

const SHIFT: u32 = 42;
const CTRL: u32 = 29;
const ALT: u32 = 56;
const ALTGR: u32 = 100;
const SUPER: u32 = 125;
const A: u32 = 30;
const Q: u32 = 16;

fn keymap(name: &str) -> xkb::Keymap {
    let path = format!("{}/web/test/keymaps/{name}.xkb", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS | xkb::CONTEXT_NO_DEFAULT_INCLUDES);
    let format = xkb::KEYMAP_FORMAT_TEXT_V1;
    xkb::Keymap::new_from_string(&context, text, format, xkb::KEYMAP_COMPILE_NO_FLAGS)
        .unwrap_or_else(|| panic!("{path} compiles"))
}

/// The keyboard with these keys held down, as evdev counts them.
fn holding(name: &str, held: &[u32]) -> State {
    let mut state = State::new(&keymap(name));
    for key in held {
        state.update_key(code(*key), KeyDirection::Down);
    }
    state
}

fn code(key: u32) -> Keycode {
    Keycode::new(key + 8)
}

fn typed(name: &str, held: &[u32], key: u32) -> String {
    holding(name, held).key_get_utf8(code(key))
}

#[test]
fn keys_type_what_is_printed_on_them() {
    for (name, held, key, expected) in [
        ("us", &[][..], Q, "q"),
        ("us", &[SHIFT], Q, "Q"),
        ("us", &[], 57, " "),
        ("us", &[SHIFT], 3, "@"),
        ("us", &[ALTGR], Q, "q"),
        ("de", &[], 21, "z"),
        ("de", &[SHIFT], 12, "?"),
        ("de", &[ALTGR], Q, "@"),
        ("de", &[ALTGR], 18, "€"),
        ("ru", &[], A, "ф"),
        ("ru", &[SHIFT], A, "Ф"),
        ("us", &[], 71, "7"),
    ] {
        assert_eq!(typed(name, held, key), expected, "{name}, {key} with {held:?}");
    }
}

#[test]
fn what_was_learned_is_typed_as_it_was() {
    assert_eq!(typed("learned", &[], 36), "😀");
    assert_eq!(typed("learned", &[], A), "Q", "the locks stand in the keymap");
    assert_eq!(typed("learned", &[SHIFT, ALTGR], 45), "\u{f8ff}");
    assert_eq!(typed("learned", &[SHIFT], 83), ",");
    assert_eq!(holding("learned", &[]).key_get_one_sym(code(79)), Keysym::KP_End);
}

#[test]
fn keys_that_do_not_write_have_their_names() {
    for (held, key, expected) in [
        (&[][..], 1, Keysym::Escape),
        (&[], 14, Keysym::BackSpace),
        (&[], 28, Keysym::Return),
        (&[], 96, Keysym::KP_Enter),
        (&[], 59, Keysym::F1),
        (&[], 88, Keysym::F12),
        (&[], 194, Keysym::F24),
        (&[], 103, Keysym::Up),
        (&[], 109, Keysym::Next),
        (&[SHIFT], 15, Keysym::ISO_Left_Tab),
        (&[], 127, Keysym::Menu),
        (&[], 164, Keysym::XF86_AudioPlay),
        (&[], 92, Keysym::Henkan_Mode),
    ] {
        assert_eq!(holding("us", held).key_get_one_sym(code(key)), expected, "{key}");
    }
}

#[test]
fn modifiers_are_those_that_toolkits_look_for() {
    for (key, modifier) in [
        (SHIFT, xkb::MOD_NAME_SHIFT),
        (CTRL, xkb::MOD_NAME_CTRL),
        (ALT, xkb::MOD_NAME_ALT),
        (SUPER, xkb::MOD_NAME_LOGO),
        (ALTGR, "Mod5"),
    ] {
        let state = holding("de", &[key]);
        assert!(state.mod_name_is_active(modifier, xkb::STATE_MODS_EFFECTIVE), "{modifier}");
    }
    assert!(holding("us", &[ALTGR]).mod_name_is_active(xkb::MOD_NAME_ALT, xkb::STATE_MODS_EFFECTIVE));
}

#[test]
fn layouts_without_latin_letters_have_them_second_for_shortcuts() {
    let keymap = keymap("ru");
    assert_eq!(keymap.num_layouts_for_key(code(46)), 2);
    assert_eq!(keymap.key_get_syms_by_level(code(46), 1, 0), [Keysym::c]);
}
