//! Texts of apps, cleaned and bounded before anybody sees them.

use media::Window;

/// A title or app id without control characters, cut at a character boundary.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len().min(Window::MAX_TEXT));
    for c in text.chars().filter(|&c| !c.is_control() && !is_override(c)) {
        if cleaned.len() + c.len_utf8() > Window::MAX_TEXT {
            break;
        }
        cleaned.push(c);
    }
    cleaned
}

/// Characters that reverse the order of those around them: a title could pretend to be another.
fn is_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_overlong_ends_are_cut() {
        assert_eq!(clean("a\nb\u{1b}[31m\u{202e}ä"), "ab[31mä");
        let long = clean(&"ä".repeat(Window::MAX_TEXT));
        assert_eq!(long.len(), Window::MAX_TEXT);
        assert!(long.chars().all(|c| c == 'ä'));
    }
}
