//! Keymaps of viewers: what is let through to xkbcommon has it read no other file, take no more memory than
//! keyboards need, and go on with the next.
#![no_main]

// The compositor needs more of it than this target.
#[allow(dead_code)]
#[path = "../../../compositor/src/wayland/input/keymap.rs"]
mod keymap;

use std::cell::LazyCell;

use libfuzzer_sys::fuzz_target;
use xkbcommon::xkb;

thread_local! {
    static CONTEXT: LazyCell<xkb::Context> = LazyCell::new(|| {
        let mut context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        context.set_log_level(xkb::LogLevel::Critical);
        context
    });
}

fuzz_target!(|text: &str| {
    if keymap::check(text).is_err() {
        return;
    }
    CONTEXT.with(|context| {
        let (text, format) = (text.to_owned(), xkb::KEYMAP_FORMAT_TEXT_V1);
        let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
        if let Some(keymap) = xkb::Keymap::new_from_string(context, text, format, flags) {
            let mut state = xkb::State::new(&keymap);
            for code in keymap.min_keycode().raw()..=keymap.max_keycode().raw() {
                state.update_key(code.into(), xkb::KeyDirection::Down);
                let _ = state.key_get_utf8(code.into());
                state.update_key(code.into(), xkb::KeyDirection::Up);
            }
        }
    });
});
