//! Key codes that are lent to characters for which the viewer's keyboard has no key.
//!
//! Apps look at a key's symbol, and some at its code as well: what is lent to a letter must not be the code
//! of Escape. So only codes are lent that no key of a keyboard in use today means anything by. Invariants:
//! - All other keys stay as the viewer's keymap has them: nothing has to be taken back before a key of the
//!   viewer's.
//! - A code keeps its character for as long as it can: of those that are lent, the one used longest ago goes
//!   to the next.
//! - A code whose key may not have been read keeps its character until it was.

use std::ops::RangeInclusive;

use xkbcommon::xkb;

/// The first code of X and xkb is this one after evdev's.
pub(in crate::wayland) const XKB_OFFSET: u32 = 8;

/// The codes of F13 to F24, and of a keypad's brackets. Chromium drops keys whose codes it has never heard
/// of, so there are no more for apps that look at codes.
const KNOWN: [RangeInclusive<u16>; 2] = [183..=194, 179..=180];

/// X11 apps look at symbols alone, but they translate keys when they get to them, which can be late: so many
/// codes that each can keep its character for long. What is left out does something in some app: media keys,
/// reload, back, close.
const OBSCURE: [RangeInclusive<u16>; 19] = [
    141..=141,
    145..=149,
    151..=154,
    157..=157,
    160..=160,
    162..=162,
    167..=171,
    174..=178,
    181..=182,
    202..=205,
    209..=209,
    211..=216,
    218..=223,
    226..=229,
    230..=234,
    235..=239,
    240..=243,
    244..=245,
    246..=247,
];

/// Who reads the keys. Each has codes of its own, so that what one app may not have read yet hinders none of
/// the other kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wayland) enum Reader {
    /// A Wayland app, which is told of keymaps and keys in one order and reads each key by the keymap that it
    /// was sent with.
    Wayland,
    /// An X11 app: its window. It reads keys by the keymap that X has when it gets to them.
    X11(u32),
}

/// A key of an X11 app that may not have been read: the window and how many keys it had been sent with it.
pub(in crate::wayland) type Unread = (u32, u64);

/// All codes that are lent, the one that was used longest ago first.
#[derive(Debug, Default)]
pub(in crate::wayland) struct Spare {
    lent: Vec<Lent>,
}

#[derive(Debug)]
struct Lent {
    code: u16,
    character: char,
    unread: Vec<Unread>,
}

impl Spare {
    /// The code that types a character. Whether it is newly lent is the second.
    pub(in crate::wayland) fn code_for(
        &mut self,
        character: char,
        reader: Reader,
        free: impl Fn(u16, &[Unread]) -> bool,
    ) -> Option<(u16, bool)> {
        let mine = |code: u16| codes(reader).any(|own| own == code);
        if let Some(at) = self.lent.iter().position(|lent| lent.character == character && mine(lent.code)) {
            let lent = self.lent.remove(at);
            let code = lent.code;
            self.lent.push(lent);
            return Some((code, false));
        }
        let never_lent =
            codes(reader).find(|code| self.lent.iter().all(|lent| lent.code != *code) && free(*code, &[]));
        let code = never_lent.or_else(|| {
            let at = self.lent.iter().position(|lent| mine(lent.code) && free(lent.code, &lent.unread))?;
            Some(self.lent.remove(at).code)
        })?;
        self.lent.push(Lent { code, character, unread: Vec::new() });
        Some((code, true))
    }

    /// A key is pressed that an X11 app may read late. Keys that this app was sent before are read before.
    pub(in crate::wayland) fn used(&mut self, code: u16, key: Unread) {
        if let Some(lent) = self.lent.iter_mut().find(|lent| lent.code == code) {
            lent.unread.retain(|(window, _)| *window != key.0);
            lent.unread.push(key);
        }
    }

    /// Who may not have read a code yet that is lent; `None` if it is not.
    pub(in crate::wayland) fn lent(&self, code: u16) -> Option<&[Unread]> {
        self.lent.iter().find(|lent| lent.code == code).map(|lent| &lent.unread[..])
    }

    /// The viewer pressed the key itself that has this code. Whether it was lent.
    pub(in crate::wayland) fn take_back(&mut self, code: u16) -> bool {
        let before = self.lent.len();
        self.lent.retain(|lent| lent.code != code);
        self.lent.len() != before
    }

    /// The viewer's keymap as `written` by xkbcommon, with what is lent in it.
    pub(in crate::wayland) fn keymap(&self, written: &str) -> String {
        if self.lent.is_empty() {
            return written.to_owned();
        }
        let (mut names, mut keys) = (String::new(), String::new());
        for lent in &self.lent {
            let code = u32::from(lent.code) + XKB_OFFSET;
            let name = name_of(written, code).map_or_else(
                || {
                    let name = format!("<Q{code}>");
                    names.push_str(&format!("\t{name} = {code};\n"));
                    name
                },
                str::to_owned,
            );
            let symbol = format!("U{:04X}", u32::from(lent.character));
            keys.push_str(&format!(
                "\treplace key {name} {{ type[Group1]= \"DORMER_TEXT\", symbols[Group1]= [ {symbol} ] }};\n"
            ));
        }
        extended(written, &names, TYPE, &keys).unwrap_or_else(|| written.to_owned())
    }
}

fn codes(reader: Reader) -> impl Iterator<Item = u16> {
    match reader {
        Reader::Wayland => KNOWN.iter(),
        Reader::X11(_) => OBSCURE.iter(),
    }
    .flat_map(Clone::clone)
}

/// The name that a keymap gives a code, with its brackets.
pub(super) fn name_of(written: &str, code: u32) -> Option<&str> {
    let names = written.lines().take_while(|line| *line != "};").filter_map(|line| {
        let (name, number) = line.trim().strip_suffix(';')?.split_once('=')?;
        let name = name.trim();
        (name.starts_with('<') && number.trim().parse() == Ok(code)).then_some(name)
    });
    // A later name replaces an earlier one.
    names.last()
}

/// Neither Shift nor Caps Lock makes another character of one that is meant.
const TYPE: &str = "\ttype \"DORMER_TEXT\" {\n\t\tmodifiers= Shift+Lock;\n\t\tmap[Shift]= 1;\n\t\tmap[Lock]= 1;\n\
                    \t\tmap[Shift+Lock]= 1;\n\t\tlevel_name[1]= \"Any\";\n\t};\n";

/// Puts more names, types and keys at the ends of a keymap's sections; X wants to be told how far its codes
/// reach.
pub(super) fn extended(written: &str, names: &str, types: &str, keys: &str) -> Option<String> {
    const END: &str = "\n};";
    let second = written.find("\nxkb_types")?;
    let compatibility = second + written[second..].find("\nxkb_compat")?;
    let symbols = compatibility + written[compatibility..].find("\nxkb_symbols")?;
    let names_end = written[..second].rfind(END)? + 1;
    let types_end = written[..compatibility].rfind(END)? + 1;
    let keys_end = symbols + written[symbols..].find(END)? + 1;
    let head = written[..names_end].lines().map(|line| match largest(line) {
        Some(number) if number < 255 => "\tmaximum = 255;\n".to_owned(),
        _ => format!("{line}\n"),
    });
    let mut whole: String = head.collect();
    whole.push_str(names);
    whole.push_str(&written[names_end..types_end]);
    whole.push_str(types);
    whole.push_str(&written[types_end..keys_end]);
    whole.push_str(keys);
    whole.push_str(&written[keys_end..]);
    Some(whole)
}

fn largest(line: &str) -> Option<u32> {
    line.trim()
        .strip_prefix("maximum")?
        .trim()
        .strip_prefix('=')?
        .trim()
        .strip_suffix(';')?
        .trim()
        .parse()
        .ok()
}

/// The system's keymap in xkbcommon's own words; `None` if there is none.
pub(in crate::wayland) fn default_keymap() -> Option<String> {
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
    let keymap = xkb::Keymap::new_from_names(&context, "", "", "", "", None, flags);
    Some(keymap?.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use xkbcommon::xkb;

    use super::*;
    use crate::wayland::input::compiled::written_apart;

    fn compiled(text: &str) -> xkb::Keymap {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
        xkb::Keymap::new_from_string(&context, text.to_owned(), format, flags).expect("it compiles")
    }

    fn of_layout(layout: &str) -> String {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let flags = xkb::KEYMAP_COMPILE_NO_FLAGS;
        let keymap = xkb::Keymap::new_from_names(&context, "evdev", "pc105", layout, "", None, flags);
        keymap.expect("xkb-data is installed").get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)
    }

    /// What each modifier alone, and none, make of a key.
    fn typed(keymap: &xkb::Keymap, code: u16) -> Vec<u32> {
        let masks = [0, 1, 2, 3];
        let read = |mask: u32| {
            let mut state = xkb::State::new(keymap);
            state.update_mask(mask & 1, 0, mask & 2, 0, 0, 0);
            state.key_get_utf32(xkb::Keycode::new(u32::from(code) + XKB_OFFSET))
        };
        masks.into_iter().map(read).collect()
    }

    const READERS: [Reader; 2] = [Reader::Wayland, Reader::X11(1)];

    #[test]
    fn codes_that_mean_something_are_never_lent() {
        for reader in READERS {
            for code in codes(reader) {
                assert!(code > 127, "{code} is a key of most keyboards");
                let media = [113, 114, 115, 128, 150, 155, 158, 159, 161, 163, 164, 165, 166, 172, 173];
                assert!(!media.contains(&code) && code < 248, "{code}");
            }
        }
        assert!(codes(Reader::Wayland).all(|code| codes(Reader::X11(1)).all(|other| other != code)));
        assert!(codes(Reader::X11(1)).count() >= 60);
    }

    #[test]
    fn what_is_lent_is_typed_whatever_is_locked_and_all_other_keys_stay() {
        let one_key = "xkb_keymap { xkb_keycodes \"t\" { minimum = 8; maximum = 60; indicator 1 = \"Caps Lock\"; \
                       <AC01> = 38; }; xkb_types \"t\" { type \"ONE_LEVEL\" { modifiers = none; level_name[1] = \
                       \"Any\"; }; }; xkb_compatibility \"t\" { }; xkb_symbols \"t\" { key <AC01> { [ a ] }; }; };";
        let one_key = written_apart(one_key).expect("it compiles");
        let layouts = ["us", "de(neo)", "us,ru,il", "jp", "br"].map(of_layout);
        for base in layouts.iter().chain([&one_key]) {
            let mut spare = Spare::default();
            let mut lent = Vec::new();
            for (reader, c) in [(READERS[0], 'ß'), (READERS[0], '世'), (READERS[1], 'ß'), (READERS[1], '😀')]
            {
                let (code, new) = spare.code_for(c, reader, |_, _| true).expect("a code");
                assert!(new);
                lent.push((code, c));
            }
            let text = spare.keymap(base);
            let (before, after) = (compiled(base), compiled(&text));
            for code in 1..248 {
                let meant = lent.iter().find(|(own, _)| *own == code).map(|(_, c)| vec![u32::from(*c); 4]);
                assert_eq!(typed(&after, code), meant.unwrap_or_else(|| typed(&before, code)), "{code}");
            }
        }
    }

    proptest! {
        /// Whatever is typed, a code that is not free keeps its character.
        #[test]
        fn a_code_is_not_lent_again_before_its_key_was_read(
            typed in proptest::collection::vec((0_u32..200, 0_u64..3), 1..400),
        ) {
            let (mut spare, reader) = (Spare::default(), Reader::X11(7));
            let (mut sent, mut read) = (0_u64, 0_u64);
            let mut pending: Vec<(u64, u16, char)> = Vec::new();
            for (character, reads) in typed {
                let character = char::from_u32(0x4e00 + character).expect("a character");
                let known = read;
                let free = |_, unread: &[Unread]| unread.iter().all(|(_, key)| *key <= known);
                if let Some((code, _)) = spare.code_for(character, reader, free) {
                    sent += 1;
                    spare.used(code, (7, sent));
                    pending.push((sent, code, character));
                } else {
                    prop_assert!(pending.len() >= 60, "there was room");
                }
                for (_, code, character) in &pending {
                    let lent = spare.lent.iter().find(|lent| lent.code == *code).expect("it is lent");
                    prop_assert_eq!(lent.character, *character);
                }
                read = (read + reads).min(sent);
                pending.retain(|(key, ..)| *key > read);
            }
        }
    }
}
