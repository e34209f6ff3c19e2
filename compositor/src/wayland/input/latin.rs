//! Shortcuts on keyboards of other scripts than Latin.
//!
//! Apps look for shortcuts in three ways: those of GTK, Qt and others look for the Latin letter in all
//! layouts of a keymap, those of Motif and Java for the key that has it in any, and those of Tk, terminals
//! and many others at nothing but what the key types. So a keymap whose layout in use has no Latin letters
//! gets
//! - a layout more, of Latin letters, unless it has one, and
//! - the Latin letters under Ctrl, with which nobody writes.
//!
//! Everything else means what it meant: what keys type without Ctrl, and Alt with a letter of the script,
//! which is what menus in the user's language name.

use xkbcommon::xkb::{self, Keycode, Keysym, LevelIndex};

use crate::wayland::input::spare::{XKB_OFFSET, extended, name_of};

/// What the keys that write type on a plain keyboard, by evdev's code: alone and with Shift.
const ROWS: [(u16, &str, &str); 4] = [
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
];

/// The bits of Shift, Lock and Ctrl, which every keymap has, and of all real modifiers.
const SHIFT: u32 = 1;
const LOCK: u32 = 1 << 1;
const CONTROL: u32 = 1 << 2;
const REAL: [&str; 8] = ["Shift", "Lock", "Control", "Mod1", "Mod2", "Mod3", "Mod4", "Mod5"];

/// xkb knows no more layouts.
const MOST_LAYOUTS: u32 = 4;

/// A keymap as `written` by xkbcommon, with its shortcuts within reach of all apps.
pub(in crate::wayland) fn reachable(written: String) -> String {
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
    let Some(keymap) = xkb::Keymap::new_from_string(&context, written.clone(), format, flags) else {
        return written;
    };
    let layouts = keymap.num_layouts();
    if layouts == 0 || is_latin(&keymap, 0) {
        return written;
    }
    let latin = (1..layouts).find(|layout| is_latin(&keymap, *layout));
    let adds = latin.is_none() && layouts < MOST_LAYOUTS;
    let mut text = Text { written: &written, keymap: &keymap, types: TYPES.to_owned(), keys: String::new() };
    for (key, plain, shifted) in plain_keys() {
        let meant = match latin {
            Some(layout) => [0, 1].map(|level| text.symbol(key, layout, level)),
            None => [plain, shifted].map(|c| xkb::utf32_to_keysym(u32::from(c))),
        };
        text.key(key, meant, adds);
    }
    let Text { types, keys, .. } = text;
    let extended = extended(&written, "", &types, &keys);
    // As xkbcommon writes it: what comes behind is put in at places of its choice.
    extended
        .and_then(|text| xkb::Keymap::new_from_string(&context, text, format, flags))
        .map_or(written, |keymap| keymap.get_as_string(format))
}

/// Types of the added layout: letters, which Caps Lock makes capitals, and all else.
const TYPES: &str = "\ttype \"DORMER_LETTER\" {\n\t\tmodifiers= Shift+Lock;\n\t\tmap[Shift]= 2;\n\t\tmap[Lock]= 2;\n\
                     \t\tlevel_name[1]= \"Any\";\n\t\tlevel_name[2]= \"Caps\";\n\t};\n\
                     \ttype \"DORMER_SIGN\" {\n\t\tmodifiers= Shift;\n\t\tmap[Shift]= 2;\n\
                     \t\tlevel_name[1]= \"Any\";\n\t\tlevel_name[2]= \"Shift\";\n\t};\n";

fn plain_keys() -> impl Iterator<Item = (u16, char, char)> {
    let row = |(first, plain, shifted): (u16, &'static str, &'static str)| {
        let keys = (first..).zip(plain.chars()).zip(shifted.chars());
        keys.map(|((key, plain), shifted)| (key, plain, shifted))
    };
    ROWS.into_iter().flat_map(row)
}

fn code(key: u16) -> Keycode {
    Keycode::new(u32::from(key) + XKB_OFFSET)
}

/// Whether most Latin letters can be typed in a layout.
fn is_latin(keymap: &xkb::Keymap, layout: u32) -> bool {
    let types = |(key, ..): &(u16, char, char)| {
        let code = code(*key);
        let has = layout < keymap.num_layouts_for_key(code);
        has && matches!(keymap.key_get_syms_by_level(code, layout, 0), [sym] if is_ascii_letter(*sym))
    };
    plain_keys().filter(types).count() > 13
}

fn is_ascii_letter(sym: Keysym) -> bool {
    char::from_u32(xkb::keysym_to_utf32(sym)).is_some_and(|c| c.is_ascii_alphabetic())
}

/// What is added to a keymap.
struct Text<'a> {
    written: &'a str,
    keymap: &'a xkb::Keymap,
    types: String,
    keys: String,
}

impl Text<'_> {
    fn symbol(&self, key: u16, layout: u32, level: LevelIndex) -> Keysym {
        let syms = self.keymap.key_get_syms_by_level(code(key), layout, level);
        syms.first().copied().unwrap_or(Keysym::from(xkb::keysyms::KEY_NoSymbol))
    }

    /// What a key means by Ctrl, and in the added layout.
    fn key(&mut self, key: u16, [plain, shifted]: [Keysym; 2], adds: bool) {
        let Some(name) = name_of(self.written, code(key).raw()) else { return };
        let mut parts = Vec::new();
        let own = self.symbol(key, 0, 0);
        let lacks =
            if is_ascii_letter(plain) { !is_ascii_letter(own) } else { !is_ascii(own) && is_ascii(plain) };
        if lacks {
            let kind = self.kind(key);
            let levels = self.levels(key);
            let mut symbols: Vec<String> = (0..levels).map(|level| self.symbols(key, level)).collect();
            symbols.extend([plain, shifted].map(xkb::keysym_get_name));
            parts.push(format!("type[Group1]= \"{kind}\", symbols[Group1]= [ {} ]", symbols.join(", ")));
        }
        if adds {
            let kind = if is_ascii_letter(plain) { "DORMER_LETTER" } else { "DORMER_SIGN" };
            let symbols = [plain, shifted].map(xkb::keysym_get_name).join(", ");
            let group = self.keymap.num_layouts_for_key(code(key)).max(1) + 1;
            parts.push(format!("type[Group{group}]= \"{kind}\", symbols[Group{group}]= [ {symbols} ]"));
        }
        if !parts.is_empty() {
            self.keys.push_str(&format!("\toverride key {name} {{ {} }};\n", parts.join(", ")));
        }
    }

    /// The levels of a key in the first layout; also one that types nothing has one.
    fn levels(&self, key: u16) -> LevelIndex {
        self.keymap.num_levels_for_key(code(key), 0).max(1)
    }

    /// What stands at a level of the first layout.
    fn symbols(&self, key: u16, level: LevelIndex) -> String {
        let names: Vec<String> = self
            .keymap
            .key_get_syms_by_level(code(key), 0, level)
            .iter()
            .map(|it| xkb::keysym_get_name(*it))
            .collect();
        match &names[..] {
            [] => "NoSymbol".to_owned(),
            [name] => name.clone(),
            names => format!("{{ {} }}", names.join(", ")),
        }
    }

    /// The type of a key that has two levels more, for Ctrl and for Ctrl with Shift. Its name.
    fn kind(&mut self, key: u16) -> String {
        let code = code(key);
        let mut state = xkb::State::new(self.keymap);
        // By what is held: the level, and what apps are not to count besides.
        let mut read = |mask| {
            state.update_mask(mask, 0, 0, 0, 0, 0);
            (state.key_get_level(code, 0), state.key_get_consumed_mods(code))
        };
        let known: Vec<(LevelIndex, u32)> = (0..1 << REAL.len()).map(&mut read).collect();
        let counts = known.iter().fold(SHIFT | CONTROL, |all, (_, consumed)| all | consumed);
        let most = self.levels(key);
        let mut entries = String::new();
        for (mask, (level, consumed)) in (0..).zip(known).filter(|(mask, _)| mask & !counts == 0) {
            let (level, kept) = match mask & CONTROL != 0 && mask & !(SHIFT | LOCK | CONTROL) == 0 {
                // Apps are to see that Ctrl is held.
                true => (most + (mask & SHIFT), CONTROL),
                false => (if level < most { level } else { 0 }, mask & !consumed),
            };
            let of = modifiers(mask);
            if level > 0 || kept > 0 {
                entries.push_str(&format!("\t\tmap[{of}]= {};\n", level + 1));
            }
            if kept > 0 {
                entries.push_str(&format!("\t\tpreserve[{of}]= {};\n", modifiers(kept)));
            }
        }
        let names: String =
            (1..=most + 2).map(|level| format!("\t\tlevel_name[{level}]= \"Level {level}\";\n")).collect();
        let body = format!("{{\n\t\tmodifiers= {};\n{entries}{names}\t}};\n", modifiers(counts));
        self.named(&body)
    }

    /// The name of a type with this body, which is written once.
    fn named(&mut self, body: &str) -> String {
        const NAME: &str = "DORMER_CONTROL_";
        let known = self.types.split("\ttype \"").find_map(|text| {
            let (name, other) = text.split_once("\" ")?;
            (other == body).then(|| name.to_owned())
        });
        known.unwrap_or_else(|| {
            let name = format!("{NAME}{}", self.types.matches(NAME).count());
            self.types.push_str(&format!("\ttype \"{name}\" {body}"));
            name
        })
    }
}

fn is_ascii(sym: Keysym) -> bool {
    char::from_u32(xkb::keysym_to_utf32(sym)).is_some_and(|c| c.is_ascii_graphic())
}

fn modifiers(mask: u32) -> String {
    let names: Vec<&str> =
        (0..).zip(REAL).filter(|(bit, _)| mask & (1 << bit) != 0).map(|(_, name)| name).collect();
    if names.is_empty() { "none".to_owned() } else { names.join("+") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layouts of all scripts, and variants; some Latin.
    const OTHERS: [&str; 34] = [
        "ru",
        "ru(phonetic)",
        "ua",
        "by",
        "bg",
        "bg(phonetic)",
        "rs",
        "mk",
        "kz",
        "kg",
        "mn",
        "tj",
        "gr",
        "gr(polytonic)",
        "ara",
        "ara(azerty)",
        "ara(digits)",
        "ir",
        "pk",
        "iq",
        "il",
        "il(lyx)",
        "ge",
        "am",
        "th",
        "in",
        "in(tam)",
        "kh",
        "mm",
        "et",
        "ru,ua",
        "ru,us",
        "gr,de",
        "ru,ua,gr,il",
    ];
    const LATIN: [&str; 10] = ["us", "de", "fr", "tr", "pl", "us(dvorak)", "us,ru", "jp", "br", "cz"];

    fn compiled(text: &str) -> xkb::Keymap {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let (format, flags) = (xkb::KEYMAP_FORMAT_TEXT_V1, xkb::KEYMAP_COMPILE_NO_FLAGS);
        xkb::Keymap::new_from_string(&context, text.to_owned(), format, flags).expect("it compiles")
    }

    fn of_layout(layout: &str) -> String {
        let (layouts, variants): (Vec<&str>, Vec<&str>) = layout
            .split(',')
            .map(|one| one.strip_suffix(')').and_then(|one| one.split_once('(')).unwrap_or((one, "")))
            .unzip();
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let (flags, layouts, variants) =
            (xkb::KEYMAP_COMPILE_NO_FLAGS, layouts.join(","), variants.join(","));
        let keymap =
            xkb::Keymap::new_from_names(&context, "evdev", "pc105", &layouts, &variants, None, flags);
        keymap.expect(layout).get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)
    }

    fn under(keymap: &xkb::Keymap, key: u16, mask: u32) -> (Keysym, bool) {
        let mut state = xkb::State::new(keymap);
        state.update_mask(mask & !LOCK, 0, mask & LOCK, 0, 0, 0);
        (state.key_get_one_sym(code(key)), state.mod_index_is_consumed(code(key), 2))
    }

    #[test]
    fn shortcuts_are_in_reach_and_all_else_stays() {
        for layout in OTHERS {
            let written = of_layout(layout);
            let (before, after) = (compiled(&written), compiled(&reachable(written)));
            for letter in 'a'..='z' {
                let wanted = xkb::utf32_to_keysym(u32::from(letter));
                let has = |(key, ..): (u16, char, char)| {
                    let code = code(key);
                    let mut layouts = 0..after.num_layouts_for_key(code);
                    layouts.any(|layout| after.key_get_syms_by_level(code, layout, 0) == [wanted])
                };
                assert!(layout == "ru,ua,gr,il" || plain_keys().any(has), "{layout}: {letter} in any layout");
                let types = |(key, ..): (u16, char, char)| under(&after, key, CONTROL) == (wanted, false);
                assert!(plain_keys().any(types), "{layout}: Ctrl+{letter}");
                let capital = xkb::utf32_to_keysym(u32::from(letter.to_ascii_uppercase()));
                let types =
                    |(key, ..): (u16, char, char)| under(&after, key, CONTROL | SHIFT) == (capital, false);
                assert!(plain_keys().any(types), "{layout}: Ctrl+Shift+{letter}");
            }
            for key in 1..248 {
                for mask in 0..16 {
                    let mask = mask & (SHIFT | LOCK) | (mask & 4) << 2 | (mask & 8) << 4;
                    let (old, new) = (under(&before, key, mask).0, under(&after, key, mask).0);
                    assert_eq!(old, new, "{layout}: key {key} under {}", modifiers(mask));
                }
            }
        }
    }

    #[test]
    fn keyboards_with_latin_letters_stay_as_they_are() {
        for layout in LATIN {
            let written = of_layout(layout);
            assert_eq!(reachable(written.clone()), written, "{layout}");
        }
    }
}
