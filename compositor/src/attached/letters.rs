//! Texts that are entered without keys: codes of the keyboard that mean nothing stand for their letters.
//!
//! Invariant: a code means the same letter as long as there are others that mean nothing, so that apps which
//! read the keyboard's meaning late read the right one. All of them mean nothing again at the end.

use std::collections::VecDeque;

use x11rb::{connection::Connection, errors::ReplyError, protocol::xproto::ConnectionExt as _};
use xkbcommon::xkb;

use super::display::Display;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Letters {
    spare: Vec<u8>,
    /// The oldest first.
    lent: VecDeque<(u32, u8)>,
}

impl Letters {
    /// Finds the codes that mean nothing.
    pub(super) fn new(display: &Display) -> Result<Self, ReplyError> {
        let (first, last) = (display.conn().setup().min_keycode, display.conn().setup().max_keycode);
        let count = last.saturating_sub(first).saturating_add(1);
        let mapping = display.conn().get_keyboard_mapping(first, count)?.reply()?;
        let each = usize::from(mapping.keysyms_per_keycode).max(1);
        let meanings = (first..=last).zip(mapping.keysyms.chunks(each));
        let spare = meanings.filter(|(_, all)| all.iter().all(|symbol| *symbol == x11rb::NO_SYMBOL));
        Ok(Self { spare: spare.map(|(code, _)| code).collect(), lent: VecDeque::new() })
    }

    /// The code that stands for a letter from now on; `None` if every code means something.
    pub(super) fn code(&mut self, display: &Display, letter: char) -> Option<u8> {
        let symbol = match letter {
            '\n' | '\r' => xkb::keysyms::KEY_Return,
            letter => xkb::utf32_to_keysym(letter.into()).raw(),
        };
        if let Some((_, code)) = self.lent.iter().find(|(known, _)| *known == symbol) {
            return Some(*code);
        }
        let code = self.spare.pop().or_else(|| self.lent.pop_front().map(|(_, code)| code))?;
        // With and without Shift.
        display.asked(display.conn().change_keyboard_mapping(1, code, 2, &[symbol, symbol]));
        self.lent.push_back((symbol, code));
        Some(code)
    }

    /// All codes mean nothing again.
    pub(super) fn give_back(&mut self, display: &Display) {
        for (_, code) in self.lent.drain(..) {
            let nothing = [x11rb::NO_SYMBOL; 2];
            display.asked(display.conn().change_keyboard_mapping(1, code, 2, &nothing));
            self.spare.push(code);
        }
    }
}
