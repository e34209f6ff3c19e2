//! The desktop's input method: allowed where an app takes text, told where its caret is, and its text passed
//! on.

use media::{Point, Size, TextInput, TextPurpose, TrackId};
use protocol::input::{InputEvent, MAX_TEXT};
use winit::{
    dpi::{PhysicalPosition, PhysicalSize},
    event::Ime as Told,
    window::ImePurpose,
};

use super::desk::Desk;

/// What the input method is about.
#[derive(Debug, Default)]
pub(crate) struct Ime {
    /// Where the app with the keyboard takes text, as far as it tells.
    place: Option<(TrackId, TextInput)>,
    /// The window that the input method is allowed in, and what it was told there.
    allowed: Option<(TrackId, TextInput)>,
    /// It has taken its composed text back: either to put a text in its place, or for good.
    taken_back: bool,
}

impl Desk {
    /// An app takes text somewhere else, or no more.
    pub(super) fn on_text_input(&mut self, place: Option<(TrackId, TextInput)>) {
        self.ime.place = place;
        self.settle_ime();
    }

    /// Allows the input method in the window with the keyboard if its app takes text there. Elsewhere it
    /// would only keep keys back.
    pub(super) fn settle_ime(&mut self) {
        let wanted = self.ime.place.and_then(|(track, input)| {
            let (root, offset) = self.windows.place(track);
            let caret = input.caret.offset(offset.x, offset.y);
            (self.seat.focused() == Some(root)).then_some((root, TextInput { caret, ..input }))
        });
        if wanted == self.ime.allowed {
            return;
        }
        let before = std::mem::replace(&mut self.ime.allowed, wanted);
        let moves = before.map(|(root, _)| root) != wanted.map(|(root, _)| root);
        if let Some(window) = before.filter(|_| moves).and_then(|(root, _)| self.window(root)) {
            window.set_ime_allowed(false);
        }
        let Some((root, input)) = wanted else { return };
        let Some(window) = self.window(root) else { return };
        if moves {
            window.set_ime_allowed(true);
        }
        window.set_ime_purpose(purpose(input.purpose));
        let caret = input.caret;
        let area = self.placement(root).rect(Point::new(caret.x, caret.y), Size::new(caret.w, caret.h));
        window.set_ime_cursor_area(PhysicalPosition::new(area.x, area.y), PhysicalSize::new(area.w, area.h));
    }

    /// The input method says something.
    pub(super) fn on_ime(&mut self, told: Told) {
        let Some(track) = self.seat.focused() else { return };
        match told {
            Told::Enabled => {}
            // A text may follow at once, which is better not preceded by a moment without both.
            Told::Preedit(text, _) if text.is_empty() => self.ime.taken_back = true,
            Told::Preedit(text, cursor) => {
                self.ime.taken_back = false;
                if let Some(event) = preedit(text, cursor) {
                    self.input(track, event);
                }
            }
            Told::Commit(text) => {
                self.ime.taken_back = false;
                for part in parts(&text) {
                    self.input(track, InputEvent::Text { text: part.to_owned() });
                }
            }
            Told::Disabled => self.ime.taken_back = true,
        }
    }

    /// All events of this moment are through: what was composed and taken back is gone.
    pub(super) fn settle_composition(&mut self) {
        if std::mem::take(&mut self.ime.taken_back)
            && let Some(track) = self.seat.focused()
        {
            self.input(track, InputEvent::Preedit { text: String::new(), cursor: None });
        }
    }
}

/// A composed text as the protocol has it; one that is too long is not shown.
fn preedit(text: String, cursor: Option<(usize, usize)>) -> Option<InputEvent> {
    let place = |at: usize| u32::try_from(at).ok();
    let cursor = cursor.and_then(|(begin, end)| Some((place(begin)?, place(end)?)));
    let cursor = cursor.filter(|cursor| InputEvent::is_cursor_of(&text, Some(*cursor)));
    (text.len() <= MAX_TEXT).then_some(InputEvent::Preedit { text, cursor })
}

/// A text in parts of legal length.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, after) = rest.split_at(rest.floor_char_boundary(MAX_TEXT));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

fn purpose(purpose: TextPurpose) -> ImePurpose {
    match purpose {
        TextPurpose::Password | TextPurpose::Pin => ImePurpose::Password,
        TextPurpose::Terminal => ImePurpose::Terminal,
        TextPurpose::Normal
        | TextPurpose::Letters
        | TextPurpose::Digits
        | TextPurpose::Number
        | TextPurpose::Phone
        | TextPurpose::Url
        | TextPurpose::Email
        | TextPurpose::Name
        | TextPurpose::Date
        | TextPurpose::Time
        | TextPurpose::DateTime => ImePurpose::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_input_methods_say_becomes_legal_input() {
        let text = || "世界".to_owned();
        let with = |cursor| preedit(text(), cursor);
        let expected = |cursor| Some(InputEvent::Preedit { text: text(), cursor });
        assert_eq!(with(Some((0, 3))), expected(Some((0, 3))));
        assert_eq!(with(Some((1, 3))), expected(None), "that is within a character");
        assert_eq!(with(Some((3, 0))), expected(None));
        assert_eq!(preedit("x".repeat(MAX_TEXT + 1), None), None);
    }

    #[test]
    fn long_texts_go_in_parts() {
        let text = "世".repeat(3000);
        let parts: Vec<&str> = parts(&text).collect();
        assert!(parts.iter().all(|part| part.len() <= MAX_TEXT) && parts.len() == 3);
        assert_eq!(parts.concat(), text);
    }
}
