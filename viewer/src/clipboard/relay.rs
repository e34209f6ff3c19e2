//! Who owns what at the moment, and who asked whom.

use bytes::Bytes;
use media::ClipboardRequest;

use super::{Desktop, Event};
use crate::link::Command;

/// Between the desktop's clipboard and the session's.
pub(crate) struct Clipboard {
    desktop: Box<dyn Desktop>,
    /// What the session's text is to be asked for as; `None` if it has none.
    session_text: Option<String>,
}

/// What programs call text, best first.
const TEXTS: [&str; 5] = ["text/plain;charset=utf-8", "UTF8_STRING", "text/plain", "TEXT", "STRING"];

impl Clipboard {
    /// Nothing on either side.
    pub(super) fn new(desktop: Box<dyn Desktop>) -> Self {
        Self { desktop, session_text: None }
    }

    /// The session offers this; nothing if empty.
    pub(crate) fn offer(&mut self, mimes: &[String]) {
        let text = TEXTS.iter().find(|text| mimes.iter().any(|mime| mime == *text));
        let had_text = self.session_text.is_some();
        self.session_text = text.map(|&text| text.to_owned());
        match (had_text, &self.session_text) {
            (_, Some(_)) => self.desktop.own(),
            (true, None) => self.desktop.disown(),
            (false, None) => {}
        }
    }

    /// What the session was asked for.
    pub(crate) fn deliver(&mut self, text: Option<Bytes>) {
        self.desktop.deliver(text);
    }

    /// The session wants what this desktop offered.
    pub(crate) fn fetch(&mut self, request: ClipboardRequest) {
        self.desktop.fetch(request);
    }

    /// Something happened on the desktop: what to tell the link.
    pub(crate) fn on_event(&mut self, event: Event) -> Option<Command> {
        match event {
            Event::Copied { text } => {
                self.session_text = None;
                let mimes = if text { vec![TEXTS[0].to_owned(), TEXTS[2].to_owned()] } else { Vec::new() };
                Some(Command::OfferClipboard { mimes })
            }
            Event::Pasting => match &self.session_text {
                Some(mime) => Some(Command::ReadClipboard { mime: mime.clone() }),
                None => {
                    self.desktop.deliver(None);
                    None
                }
            },
            Event::Fetched { request, data } => Some(Command::ClipboardContent { request, data }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    #[derive(Clone, Default)]
    struct Recorder(Rc<RefCell<Vec<&'static str>>>);

    impl Desktop for Recorder {
        fn own(&mut self) {
            self.0.borrow_mut().push("own");
        }
        fn disown(&mut self) {
            self.0.borrow_mut().push("disown");
        }
        fn deliver(&mut self, text: Option<Bytes>) {
            self.0.borrow_mut().push(if text.is_some() { "deliver" } else { "deliver nothing" });
        }
        fn fetch(&mut self, _: ClipboardRequest) {
            self.0.borrow_mut().push("fetch");
        }
    }

    #[test]
    fn content_travels_only_when_somebody_pastes() {
        let recorder = Recorder::default();
        let mut clipboard = Clipboard::new(Box::new(recorder.clone()));
        clipboard.offer(&["image/png".into(), "text/plain".into()]);
        assert_eq!(*recorder.0.borrow(), ["own"]);
        let Some(Command::ReadClipboard { mime }) = clipboard.on_event(Event::Pasting) else {
            panic!("asked")
        };
        assert_eq!(mime, "text/plain");
        clipboard.deliver(Some(Bytes::from_static(b"hi")));
        assert_eq!(*recorder.0.borrow(), ["own", "deliver"]);
    }

    #[test]
    fn whoever_copied_last_owns_the_clipboard() {
        let recorder = Recorder::default();
        let mut clipboard = Clipboard::new(Box::new(recorder.clone()));
        clipboard.offer(&["text/plain".into()]);
        let told = clipboard.on_event(Event::Copied { text: true });
        assert!(matches!(told, Some(Command::OfferClipboard { mimes }) if mimes.len() == 2));
        assert!(clipboard.on_event(Event::Pasting).is_none(), "the session's text is outdated");
        assert_eq!(*recorder.0.borrow(), ["own", "deliver nothing"]);
    }

    #[test]
    fn what_is_no_text_stays_where_it_is() {
        let recorder = Recorder::default();
        let mut clipboard = Clipboard::new(Box::new(recorder.clone()));
        clipboard.offer(&["image/png".into()]);
        assert!(recorder.0.borrow().is_empty());
        clipboard.offer(&["STRING".into()]);
        clipboard.offer(&[]);
        assert_eq!(*recorder.0.borrow(), ["own", "disown"]);
    }
}
