//! Layouts that were switched by the desktop: a keymap may hold several ("groups"), and the host begins with
//! the first.

/// The keymap with the layout in use first: it changes places with the first one. Groups count from zero.
///
/// The host learns of a switch by a new keymap, since most desktops switch without a key that an app would
/// see.
pub(super) fn in_use_first(keymap: String, group: u8) -> String {
    let Some(symbols) = keymap.find("xkb_symbols").filter(|_| group > 0) else { return keymap };
    let (head, mut symbols) = (&keymap[..symbols], keymap[symbols..].to_owned());
    let used = u32::from(group) + 1;
    // Versions of xkbcommon write one or the other.
    for word in ["[Group", "[group", "["] {
        let (first, other) = (format!("{word}1]"), format!("{word}{used}]"));
        symbols = symbols.replace(&first, ASIDE).replace(&other, &first).replace(ASIDE, &other);
    }
    format!("{head}{symbols}")
}

/// Holds a place meanwhile; no keymap has such a character.
const ASIDE: &str = "\u{1}";

#[cfg(test)]
mod tests {
    use xkbcommon::xkb;

    use super::*;

    /// What the key right of T types in the first layout.
    fn beside_t(text: &str) -> String {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let format = xkb::KEYMAP_FORMAT_TEXT_V1;
        let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
        let keymap =
            xkb::Keymap::new_from_string(&context, text.to_owned(), format, flags).expect("a keymap");
        xkb::State::new(&keymap).key_get_utf8(xkb::Keycode::new(21 + 8))
    }

    #[test]
    fn the_layout_in_use_comes_first() {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
        let keymap = xkb::Keymap::new_from_names(&context, "evdev", "pc105", "us,fr,de", "", None, flags);
        let text = keymap.expect("xkb-data is installed").get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1);
        assert_eq!(beside_t(&text), "y");
        assert_eq!(in_use_first(text.clone(), 0), text);
        assert_eq!(beside_t(&in_use_first(text.clone(), 2)), "z");
        assert_eq!(in_use_first(in_use_first(text.clone(), 2), 2), text);
    }

    #[test]
    fn what_is_no_keymap_stays_as_it_is() {
        assert_eq!(in_use_first("[1]".into(), 1), "[1]");
    }
}
