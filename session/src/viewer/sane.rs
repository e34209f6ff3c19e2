//! What a host says, made fit to be shown.
//!
//! Hosts are not trusted, and window systems end programs that ask them for impossible things. All that the
//! front ends are told goes through here. The page has the same rules in `session/sane.ts`; both are held to
//! `protocol/vectors/hostile.json`.

use media::{Logical, MAX_DIMENSION, Notice, Point, Scale, Size, SizeLimits, TextInput, Window};
use protocol::control::{Clipboard, Refusal, ToViewer, Welcome};

/// The longest side of a window in logical units: the largest picture at the smallest scale.
const MAX_SIDE: u32 = 2 * MAX_DIMENSION;
/// Windows lie within this distance of where they belong.
const MAX_POSITION: i32 = 1 << 16;

/// A text that can be shown anywhere: in one line, bounded, without characters that steer terminals or that
/// change the order of others.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len().min(Window::MAX_TEXT));
    for c in text.chars().filter(|&c| !c.is_control() && !breaks_or_turns(c)) {
        if cleaned.len() + c.len_utf8() > Window::MAX_TEXT {
            break;
        }
        cleaned.push(c);
    }
    cleaned
}

fn breaks_or_turns(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The message with every text cleaned and every number within what can be shown.
pub(crate) fn message(message: ToViewer) -> ToViewer {
    match message {
        ToViewer::Window(window) => ToViewer::Window(self::window(window)),
        ToViewer::Notice(Notice { app, kind }) => ToViewer::Notice(Notice { app: clean(&app), kind }),
        ToViewer::Goodbye { reason } => ToViewer::Goodbye { reason: clean(&reason) },
        ToViewer::Refused(Refusal { code, message }) => {
            ToViewer::Refused(Refusal { code, message: clean(&message) })
        }
        ToViewer::Welcome(welcome) => {
            ToViewer::Welcome(Welcome { session: clean(&welcome.session), ..welcome })
        }
        ToViewer::TextInput { track, input } => {
            let bounded = |input: TextInput| TextInput { caret: TextInput::bounded(input.caret), ..input };
            ToViewer::TextInput { track, input: input.map(bounded) }
        }
        ToViewer::Clipboard(Clipboard::Offer { mimes }) => {
            ToViewer::Clipboard(Clipboard::Offer { mimes: mimes.iter().map(|mime| clean(mime)).collect() })
        }
        ToViewer::Clipboard(Clipboard::Request { request, mime }) => {
            ToViewer::Clipboard(Clipboard::Request { request, mime: clean(&mime) })
        }
        ToViewer::WindowGone { .. }
        | ToViewer::Icon(_)
        | ToViewer::Cursor(_)
        | ToViewer::Seat { .. }
        | ToViewer::Clipboard(_)
        | ToViewer::Bell { .. }
        | ToViewer::Grabbed { .. }
        | ToViewer::PointerLock { .. }
        | ToViewer::Drag { .. }
        | ToViewer::Pong { .. } => message,
    }
}

fn window(window: Window) -> Window {
    Window {
        title: clean(&window.title),
        app_id: clean(&window.app_id),
        position: Point::new(position(window.position.x), position(window.position.y)),
        size: size(1, window.size),
        scale: Scale::from_120ths(window.scale.in_120ths()),
        limits: limits(window.limits),
        ..window
    }
}

fn position(at: i32) -> i32 {
    at.clamp(-MAX_POSITION, MAX_POSITION)
}

fn size(least: u32, size: Size<Logical>) -> Size<Logical> {
    Size::new(size.w.clamp(least, MAX_SIDE), size.h.clamp(least, MAX_SIDE))
}

/// Desktops throw out programs whose windows have a greatest size below their least.
fn limits(limits: SizeLimits) -> SizeLimits {
    let SizeLimits { min, max, increment, base } = limits;
    let min = min.map(|min| size(1, min));
    let least = min.unwrap_or(Size::new(1, 1));
    SizeLimits {
        min,
        max: max.map(|max| size(1, max)).map(|max| Size::new(max.w.max(least.w), max.h.max(least.h))),
        increment: increment.map(|increment| size(1, increment)),
        base: base.map(|base| size(0, base)),
    }
}

#[cfg(test)]
mod tests {
    use media::{States, TrackId, WindowKind};
    use serde::Deserialize;

    use super::*;

    /// One of `protocol/vectors/hostile.json`.
    #[derive(Deserialize)]
    struct Vectors {
        texts: Vec<(String, String)>,
        windows: Vec<(Geometry, Geometry)>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Geometry {
        position: Point<Logical>,
        size: Size<Logical>,
        scale: Scale,
        limits: SizeLimits,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../../protocol/vectors/hostile.json")).expect("the vectors")
    }

    fn hostile(Geometry { position, size, scale, limits }: Geometry) -> Window {
        Window {
            track: TrackId(1),
            kind: WindowKind::Toplevel,
            parent: None,
            title: "bank\0\u{1b}]0;\u{202e}knab".to_owned(),
            app_id: "app\0".to_owned(),
            icon: None,
            position,
            size,
            scale,
            limits,
            states: States::default(),
            configured: 0,
            stacking: 0,
        }
    }

    #[test]
    fn texts_are_cleaned_as_the_vectors_say() {
        for (text, cleaned) in vectors().texts {
            assert_eq!(clean(&text), cleaned, "{text:?}");
        }
        assert_eq!(clean(&"ä".repeat(Window::MAX_TEXT)).len(), Window::MAX_TEXT);
    }

    #[test]
    fn windows_are_brought_within_bounds_as_the_vectors_say() {
        for (given, expected) in vectors().windows {
            let ToViewer::Window(window) = message(ToViewer::Window(hostile(given))) else {
                panic!("another message");
            };
            let Window { position, size, scale, limits, title, app_id, .. } = window;
            assert_eq!(Geometry { position, size, scale, limits }, expected);
            assert_eq!((title.as_str(), app_id.as_str()), ("bank]0;knab", "app"));
        }
    }
}
