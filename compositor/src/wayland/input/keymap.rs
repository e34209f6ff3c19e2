//! What is looked at in a viewer's keymap before it is compiled.
//!
//! xkbcommon trusts what it compiles: a keymap may have it read other files, also such as never end, and it
//! makes a table as long as the largest key code or level that a keymap names. Keymaps as libraries write
//! them do neither.

/// The longest keymap that is compiled. The usual ones have 70 kB.
const MAX_KEYMAP: usize = 512 << 10;

/// The largest number in a keymap, but for keysyms: more than any keyboard has keys.
const MAX_NUMBER: u32 = 4095;

/// Why a keymap is not compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unsound {
    #[error("it is longer than {MAX_KEYMAP} bytes")]
    Long,
    #[error("it has characters that no keymap has")]
    Character,
    #[error("a string in it does not end")]
    Open,
    #[error("it includes another file")]
    Include,
    #[error("it has a number over {MAX_NUMBER}, or calculates one")]
    Number,
    #[error("it has no indicator, without which Xwayland falls over at the first modifier")]
    Lampless,
}

/// Checks a keymap of the text format.
pub(crate) fn check(text: &str) -> Result<(), Unsound> {
    if has_lamp(text)? { Ok(()) } else { Err(Unsound::Lampless) }
}

/// Whether a sound keymap has an indicator.
fn has_lamp(text: &str) -> Result<bool, Unsound> {
    if text.len() > MAX_KEYMAP {
        return Err(Unsound::Long);
    }
    // Also in a comment: for C the text ends there.
    if text.contains('\0') {
        return Err(Unsound::Character);
    }
    let mut tokens = Tokens(text.as_bytes());
    // What stands before the token, and before the bracket that it stands in.
    let (mut last, mut before_bracket) = (Token::Mark(b';'), None);
    let mut lamp = false;
    while let Some(token) = tokens.next()? {
        match token {
            Token::Text if last.includes() => return Err(Unsound::Include),
            Token::Mark(b'[') => before_bracket = Some(last),
            Token::Mark(b']') => before_bracket = None,
            Token::Mark(b'*' | b'/') => return Err(Unsound::Number),
            Token::Mark(b'+' | b'-') if matches!(last, Token::Number(_) | Token::Mark(b')')) => {
                return Err(Unsound::Number);
            }
            // Keysyms stand in lists, which follow no word.
            Token::Number(number) => {
                lamp |= last.is_word(b"indicator");
                let in_list = matches!(before_bracket, Some(Token::Mark(b'=' | b'{' | b',')));
                if !in_list && number > MAX_NUMBER {
                    return Err(Unsound::Number);
                }
            }
            Token::Word(_) | Token::Text | Token::Key | Token::Mark(_) => {}
        }
        last = token;
    }
    Ok(lamp)
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    Word(&'a [u8]),
    Number(u32),
    /// A string, whatever is in it.
    Text,
    /// The name of a key.
    Key,
    Mark(u8),
}

impl Token<'_> {
    /// Whether a string that follows names a file.
    fn includes(self) -> bool {
        let words: [&[u8]; 5] = [b"include", b"augment", b"override", b"replace", b"alternate"];
        words.into_iter().any(|known| self.is_word(known))
    }

    fn is_word(self, known: &[u8]) -> bool {
        matches!(self, Token::Word(word) if known.eq_ignore_ascii_case(word))
    }
}

/// What is left to be read.
struct Tokens<'a>(&'a [u8]);

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Result<Option<Token<'a>>, Unsound> {
        loop {
            let Some(&first) = self.0.first() else { return Ok(None) };
            return Ok(Some(match first {
                b' ' | b'\t' | b'\n' | b'\r' => {
                    self.0 = &self.0[1..];
                    continue;
                }
                b'#' => {
                    self.take(|byte| byte != b'\n');
                    continue;
                }
                b'/' if self.0.get(1) == Some(&b'/') => {
                    self.take(|byte| byte != b'\n');
                    continue;
                }
                b'"' => self.string()?,
                b'<' => self.key()?,
                b'0'..=b'9' => number(self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'.'))?,
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    Token::Word(self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
                }
                b'{' | b'}' | b'(' | b')' | b'[' | b']' | b'=' | b',' | b';' | b'.' | b'+' | b'-' | b'!'
                | b'~' | b'*' | b'/' => {
                    self.0 = &self.0[1..];
                    Token::Mark(first)
                }
                _ => return Err(Unsound::Character),
            }));
        }
    }

    fn string(&mut self) -> Result<Token<'a>, Unsound> {
        self.0 = &self.0[1..];
        loop {
            self.take(|byte| !matches!(byte, b'"' | b'\\' | b'\n' | 0));
            match self.0 {
                [b'"', rest @ ..] => {
                    self.0 = rest;
                    return Ok(Token::Text);
                }
                [b'\\', escaped, rest @ ..] if !matches!(escaped, b'\n' | 0) => self.0 = rest,
                _ => return Err(Unsound::Open),
            }
        }
    }

    fn key(&mut self) -> Result<Token<'a>, Unsound> {
        self.0 = &self.0[1..];
        self.take(|byte| byte.is_ascii_graphic() && byte != b'>' && byte != b'"');
        let Some(rest) = self.0.strip_prefix(b">") else { return Err(Unsound::Character) };
        self.0 = rest;
        Ok(Token::Key)
    }

    fn take(&mut self, is_of_it: impl Fn(u8) -> bool) -> &'a [u8] {
        let length = self.0.iter().position(|&byte| !is_of_it(byte)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }
}

/// A number as xkbcommon reads it; one without an end is as large as can be.
fn number(digits: &[u8]) -> Result<Token<'static>, Unsound> {
    let text = std::str::from_utf8(digits).map_err(|_| Unsound::Character)?;
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    // Fractions occur in geometries, which are not compiled.
    let whole = text.split('.').next().unwrap_or_default();
    let read = match hexadecimal {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => whole.parse(),
    };
    Ok(Token::Number(read.unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use xkbcommon::xkb;

    use super::*;

    /// Keymaps as xkbcommon writes them.
    fn written(layout: &str, variant: &str, options: &str) -> String {
        let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
        let (options, flags) = (Some(options.to_owned()), xkb::KEYMAP_COMPILE_NO_FLAGS);
        let keymap = xkb::Keymap::new_from_names(&context, "evdev", "pc105", layout, variant, options, flags);
        keymap.expect("xkb-data is installed").get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1)
    }

    #[test]
    fn what_keyboards_have_is_sound() {
        for (layout, variant, options) in [
            ("us", "", ""),
            ("de", "neo", ""),
            ("us,ru,il", ",,", "grp:alt_shift_toggle,caps:escape,keypad:pointerkeys"),
            ("jp", "kana", "compose:menu"),
            ("fr", "bepo", "terminate:ctrl_alt_bksp"),
            ("cn", "tib", ""),
            ("br", "", "misc:typo,lv3:ralt_alt"),
        ] {
            assert_eq!(check(&written(layout, variant, options)), Ok(()), "{layout} {variant} {options}");
        }
    }

    #[test]
    fn other_files_are_not_read() {
        for text in [
            r#"xkb_keymap { xkb_symbols { include "us" }; };"#,
            r#"xkb_keymap { xkb_symbols { INCLUDE // here
                "../../../../dev/tty" }; };"#,
            r#"xkb_keymap { xkb_types { augment "complete" }; };"#,
            r#"xkb_keymap { xkb_types { override "complete" }; };"#,
            r#"xkb_keymap { xkb_types { Replace"complete" }; };"#,
        ] {
            assert_eq!(check(text), Err(Unsound::Include), "{text}");
        }
        assert_eq!(has_lamp(r#"// include "us""#), Ok(false));
        assert_eq!(has_lamp(r#"name[group1]="to include \"us\"";"#), Ok(false));
    }

    #[test]
    fn tables_do_not_get_longer_than_keyboards() {
        for text in [
            "<A> = 4294967294;",
            "maximum = 0xfffffffe;",
            "level_name[4000000000] = \"x\";",
            "level_name[4000*4000] = \"x\";",
            "level_name[(4000)+4000] = \"x\";",
            "map[Shift] = 4000 + 4000;",
            "<A> = 99999999999999999999;",
        ] {
            assert_eq!(check(text), Err(Unsound::Number), "{text}");
        }
        assert_eq!(has_lamp("key <A> { [ 0x1008ff12, 0x10000fb ], [ 0x100abcd ] };"), Ok(false));
        assert_eq!(has_lamp("action = MovePtr(x=+7,y=-1);"), Ok(false));
    }

    #[test]
    fn a_keymap_has_a_lamp() {
        let typed = "xkb_keymap { xkb_compatibility { indicator \"Caps Lock\" { }; }; };";
        assert_eq!(check(typed), Err(Unsound::Lampless), "that is how it looks, not that there is one");
        assert_eq!(check("xkb_keycodes { indicator 1 = \"Caps Lock\"; };"), Ok(()));
    }

    #[test]
    fn what_is_no_keymap_is_refused() {
        assert_eq!(check(&" ".repeat(MAX_KEYMAP + 1)), Err(Unsound::Long));
        assert_eq!(check("xkb_keymap {\0};"), Err(Unsound::Character));
        assert_eq!(check("xkb_keymap { # \0\n };"), Err(Unsound::Character));
        assert_eq!(check("name = \"open"), Err(Unsound::Open));
        assert_eq!(check("name = \"open\\"), Err(Unsound::Open));
        assert_eq!(check("<A"), Err(Unsound::Character));
    }
}
