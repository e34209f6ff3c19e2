//! Keymaps of viewers: what is let through has xkbcommon read no other file and take no more memory than
//! keyboards need, whatever brings it down does so in a child process, and what comes out of that serves as a
//! keymap.
#![no_main]

// The compositor needs more of it than this target.
#[allow(dead_code)]
#[path = "../../../compositor/src/wayland/input/keymap.rs"]
mod keymap;

#[path = "../../../compositor/src/wayland/input/compiled.rs"]
mod compiled;

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
    let Some(written) = compiled::written_apart(text) else { return };
    CONTEXT.with(|context| {
        let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
        let keymap =
            xkb::Keymap::new_from_string(context, written, format, flags).expect("it compiled before");
        let mut state = xkb::State::new(&keymap);
        for code in keymap.min_keycode().raw()..=keymap.max_keycode().raw() {
            state.update_key(code.into(), xkb::KeyDirection::Down);
            let _ = state.key_get_utf8(code.into());
            state.update_key(code.into(), xkb::KeyDirection::Up);
        }
    });
});
