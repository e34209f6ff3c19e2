//! Who owns what at the moment, and who asked whom.
//!
//! Clipboard managers copy what they paste: they take over the session's content as their own. Offered back,
//! it would go to all other viewers, whose managers do the same, and the clipboard would never come to rest.
//! So what a desktop offers after it has got a text of the session is looked at first: the same text is no
//! news.

use std::collections::VecDeque;

use bytes::Bytes;
use media::ClipboardRequest;

use super::{Desktop, Event, Format};
use crate::link::Command;

/// Between the desktop's clipboard and the session's.
pub(crate) struct Clipboard {
    desktop: Box<dyn Desktop>,
    /// What the session has, and the type that it is to be asked for as.
    session: Vec<(Format, String)>,
    /// What the desktop waits for. The first is asked for; one at a time, since answers do not say what they
    /// answer.
    asked: VecDeque<Format>,
    /// The answer under way is to a question about content that is outdated.
    outdated: bool,
    /// The session's text, once the desktop has got it.
    given: Option<Bytes>,
    /// What the desktop copied since, while it is looked at.
    looked_at: Option<(ClipboardRequest, Vec<Format>)>,
    looks: u32,
    /// Somebody on the desktop took the session's content over.
    taken_over: bool,
}

impl Clipboard {
    /// Nothing on either side.
    pub(super) fn new(desktop: Box<dyn Desktop>) -> Self {
        Self {
            desktop,
            session: Vec::new(),
            asked: VecDeque::new(),
            outdated: false,
            given: None,
            looked_at: None,
            looks: 0,
            taken_over: false,
        }
    }

    /// Something may have come from the window system.
    pub(crate) fn hear(&mut self) {
        self.desktop.hear();
    }

    /// The session offers this; nothing if empty.
    pub(crate) fn offer(&mut self, mimes: &[String]) {
        let best = |format: Format| {
            let mime = format.mimes().iter().find(|known| mimes.iter().any(|mime| mime == *known))?;
            Some((format, (*mime).to_owned()))
        };
        let (had_any, taken_over) = (!self.session.is_empty(), self.taken_over);
        self.set_session(Format::ALL.into_iter().filter_map(best).collect());
        if !self.session.is_empty() {
            self.desktop.own(self.session.iter().map(|(format, _)| *format).collect());
        } else if had_any {
            if taken_over {
                // What its owner has cleared does not stay with who took it over.
                self.desktop.own(vec![Format::Text]);
            }
            self.desktop.disown();
        }
    }

    /// What the session was asked for; what to ask it next.
    pub(crate) fn deliver(&mut self, data: Option<Bytes>) -> Option<Command> {
        let format = if std::mem::take(&mut self.outdated) { None } else { self.asked.pop_front() };
        if let Some(format) = format {
            if format == Format::Text && data.is_some() {
                self.given.clone_from(&data);
            }
            self.desktop.deliver(format, data);
        }
        self.ask()
    }

    /// The session wants what this desktop offered; what to answer at once, if that is not to be had.
    pub(crate) fn fetch(&mut self, request: ClipboardRequest, mime: &str) -> Option<Command> {
        match Format::ALL.into_iter().find(|format| format.mimes().contains(&mime)) {
            Some(format) => {
                self.desktop.fetch(request, format);
                None
            }
            None => Some(Command::ClipboardContent { request, data: None }),
        }
    }

    /// Something happened on the desktop: what to tell the link.
    pub(crate) fn on_event(&mut self, event: Event) -> Option<Command> {
        match event {
            Event::Copied { formats } if self.given.is_some() && formats.contains(&Format::Text) => {
                // Counted from above, where the host's numbers never get.
                let request = ClipboardRequest(u32::MAX - self.looks);
                self.looks = self.looks.wrapping_add(1) % 1024;
                self.looked_at = Some((request, formats));
                self.desktop.fetch(request, Format::Text);
                None
            }
            Event::Fetched { request, data } if self.looked_at.as_ref().is_some_and(|at| at.0 == request) => {
                let (_, formats) = self.looked_at.take()?;
                if data.is_some() && data == self.given {
                    self.taken_over = true;
                    return None;
                }
                self.given = None;
                self.on_event(Event::Copied { formats })
            }
            // A look at what is no more.
            Event::Fetched { request, .. } if request.0 > u32::MAX - 1024 => None,
            Event::Copied { formats } => {
                self.set_session(Vec::new());
                let names = |format: &Format| match format {
                    // Every program understands one of these.
                    Format::Text => vec!["text/plain;charset=utf-8".to_owned(), "text/plain".to_owned()],
                    Format::Png | Format::Html => {
                        format.mimes().iter().map(|&mime| mime.to_owned()).collect()
                    }
                };
                Some(Command::OfferClipboard { mimes: formats.iter().flat_map(names).collect() })
            }
            Event::Pasting(format) => {
                if self.asked.contains(&format) {
                    return None;
                }
                self.asked.push_back(format);
                if self.asked.len() == 1 && !self.outdated { self.ask() } else { None }
            }
            Event::Fetched { request, data } => Some(Command::ClipboardContent { request, data }),
        }
    }

    /// Asks for what the desktop waits for, and tells it of what is not to be had.
    fn ask(&mut self) -> Option<Command> {
        while let Some(&format) = self.asked.front() {
            if let Some((_, mime)) = self.session.iter().find(|(known, _)| *known == format) {
                return Some(Command::ReadClipboard { mime: mime.clone() });
            }
            self.asked.pop_front();
            self.desktop.deliver(format, None);
        }
        None
    }

    /// The session has something else now: what the desktop waited for is not to be had any more.
    fn set_session(&mut self, session: Vec<(Format, String)>) {
        self.outdated |= !self.asked.is_empty();
        self.asked.clear();
        self.session = session;
        (self.given, self.looked_at, self.taken_over) = (None, None, false);
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    #[derive(Clone, Default)]
    struct Recorder(Rc<RefCell<Vec<String>>>);

    impl Recorder {
        fn seen(&self) -> Vec<String> {
            self.0.take()
        }
    }

    impl Desktop for Recorder {
        fn own(&mut self, formats: Vec<Format>) {
            self.0.borrow_mut().push(format!("own {formats:?}"));
        }
        fn disown(&mut self) {
            self.0.borrow_mut().push("disown".to_owned());
        }
        fn deliver(&mut self, format: Format, data: Option<Bytes>) {
            let what = if data.is_some() { "something" } else { "nothing" };
            self.0.borrow_mut().push(format!("deliver {what} as {format:?}"));
        }
        fn fetch(&mut self, _: ClipboardRequest, format: Format) {
            self.0.borrow_mut().push(format!("fetch {format:?}"));
        }
    }

    fn start() -> (Recorder, Clipboard) {
        let recorder = Recorder::default();
        (recorder.clone(), Clipboard::new(Box::new(recorder)))
    }

    fn asked(command: Option<Command>) -> Option<String> {
        command.map(|command| match command {
            Command::ReadClipboard { mime } => mime,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn content_travels_only_when_somebody_pastes() {
        let (recorder, mut clipboard) = start();
        clipboard.offer(&["image/png".into(), "text/plain".into(), "application/x-app".into()]);
        assert_eq!(recorder.seen(), ["own [Text, Png]"]);
        assert_eq!(asked(clipboard.on_event(Event::Pasting(Format::Text))).as_deref(), Some("text/plain"));
        assert_eq!(asked(clipboard.on_event(Event::Pasting(Format::Png))), None, "one at a time");
        let next = clipboard.deliver(Some(Bytes::from_static(b"hi")));
        assert_eq!(asked(next).as_deref(), Some("image/png"));
        assert_eq!(asked(clipboard.deliver(None)), None);
        assert_eq!(recorder.seen(), ["deliver something as Text", "deliver nothing as Png"]);
    }

    #[test]
    fn whoever_copied_last_owns_the_clipboard() {
        let (recorder, mut clipboard) = start();
        clipboard.offer(&["text/plain".into()]);
        let told = clipboard.on_event(Event::Copied { formats: vec![Format::Text, Format::Html] });
        assert!(matches!(told, Some(Command::OfferClipboard { mimes }) if mimes.len() == 3));
        assert_eq!(asked(clipboard.on_event(Event::Pasting(Format::Text))), None, "that is outdated");
        assert_eq!(recorder.seen(), ["own [Text]", "deliver nothing as Text"]);
    }

    #[test]
    fn an_answer_about_outdated_content_is_not_pasted() {
        let (recorder, mut clipboard) = start();
        clipboard.offer(&["text/plain".into()]);
        clipboard.on_event(Event::Pasting(Format::Text));
        clipboard.offer(&["text/html".into()]);
        assert_eq!(asked(clipboard.on_event(Event::Pasting(Format::Html))), None, "an answer is under way");
        let next = clipboard.deliver(Some(Bytes::from_static(b"old")));
        assert_eq!(asked(next).as_deref(), Some("text/html"));
        assert_eq!(recorder.seen(), ["own [Text]", "own [Html]"]);
    }

    #[test]
    fn who_takes_over_what_the_session_has_is_not_offered_back() {
        let (recorder, mut clipboard) = start();
        let text = || Some(Bytes::from_static(b"copied once"));
        let copied = || Event::Copied { formats: vec![Format::Text] };
        let first_look = ClipboardRequest(u32::MAX);
        clipboard.offer(&["text/plain".into()]);
        clipboard.on_event(Event::Pasting(Format::Text));
        clipboard.deliver(text());
        assert!(clipboard.on_event(copied()).is_none(), "it is looked at first");
        assert!(clipboard.on_event(Event::Fetched { request: first_look, data: text() }).is_none());
        recorder.seen();
        clipboard.offer(&[]);
        assert_eq!(recorder.seen(), ["own [Text]", "disown"], "cleared where it was taken over");

        clipboard.offer(&["text/plain".into()]);
        clipboard.on_event(Event::Pasting(Format::Text));
        clipboard.deliver(text());
        assert!(clipboard.on_event(copied()).is_none());
        assert!(clipboard.on_event(Event::Fetched { request: first_look, data: text() }).is_none());
        let second_look = ClipboardRequest(u32::MAX - 1);
        let other = Some(Bytes::from_static(b"something else"));
        let told = clipboard.on_event(Event::Fetched { request: second_look, data: other });
        assert!(matches!(told, Some(Command::OfferClipboard { .. })), "what is new is offered");
    }

    #[test]
    fn what_nobody_here_knows_stays_where_it_is() {
        let (recorder, mut clipboard) = start();
        clipboard.offer(&["application/x-app".into()]);
        assert!(recorder.seen().is_empty());
        let unknown = clipboard.fetch(ClipboardRequest(1), "image/jpeg");
        assert!(matches!(unknown, Some(Command::ClipboardContent { data: None, .. })));
        assert!(clipboard.fetch(ClipboardRequest(2), "image/png").is_none());
        clipboard.offer(&["STRING".into()]);
        clipboard.offer(&[]);
        assert_eq!(recorder.seen(), ["fetch Png", "own [Text]", "disown"]);
    }
}
