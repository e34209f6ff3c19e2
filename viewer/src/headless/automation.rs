//! The loop that handles one request after the other.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use media::{Position, TrackId};
use protocol::{
    control::{MAX_CLIPBOARD, Role},
    input::InputEvent,
};
use serde_json::{Value, json};
use session::viewer::Event as SessionEvent;

use super::{
    actions::{self, Wish},
    inbox::{Inbox, Message},
    keys::Keyboard,
    model::Model,
    request::{self, Request, Until},
    screenshot,
};
use crate::input::locks::LockKeys;
use crate::link::{Command, End, Event, Link, State};

/// How long a request waits for another viewer to rest.
const SEAT_PATIENCE: Duration = Duration::from_secs(5);

/// How often it tries meanwhile.
const SEAT_RETRY: Duration = Duration::from_millis(100);

/// The headless viewer.
pub(crate) struct Automation {
    pub(super) link: Link,
    inbox: Inbox,
    pub(super) keyboard: Keyboard,
    locks: LockKeys,
    pub(super) model: Model,
    serial: u32,
    focus: Option<TrackId>,
}

/// What a request comes to: what its line is answered with.
pub(super) type Outcome = Result<Value, String>;

impl Automation {
    /// A viewer that has not connected yet.
    pub(crate) fn new(link: Link, inbox: Inbox, keyboard: Keyboard) -> Self {
        let mut locks = LockKeys::default();
        locks.set_keymap(keyboard.text());
        Self { link, inbox, keyboard, locks, model: Model::new(), serial: 0, focus: None }
    }

    /// Handles requests until their end.
    pub(crate) fn run(mut self) -> Result<()> {
        self.link.send(Command::Keymap(self.keyboard.text().to_owned()));
        self.connect()?;
        loop {
            self.inbox.want_line();
            let Some(line) = self.next_line() else { return self.end() };
            if line.is_empty() {
                continue;
            }
            let (id, request) = request::parse(&line);
            let quits = matches!(request, Ok(Request::Quit {}));
            let outcome = request.map_err(|error| error.to_string()).and_then(|request| self.handle(request));
            print(&request::answer(&id, &outcome))?;
            if quits {
                return self.end();
            }
        }
    }

    /// Sends an input event, and says when it was made.
    pub(super) fn input(&self, track: TrackId, event: InputEvent) -> media::Timestamp {
        let at = clock::now();
        self.link.send(Command::Input { at, track, event });
        at
    }

    /// Gives the keyboard to the toplevel of a window, unless it has it.
    pub(super) fn focus(&mut self, track: TrackId) {
        let root = Some(self.model.windows.root(track));
        if self.focus != root {
            self.focus = root;
            self.link.send(Command::Focus(root));
        }
    }

    /// The next event, or an error at the deadline or after the link's end.
    pub(super) fn event(&mut self, deadline: Instant, what: &str) -> Result<Event, String> {
        self.still_alive()?;
        loop {
            match self.inbox.receive_until(deadline) {
                Some(Message::Event(event)) => {
                    self.note(&event);
                    self.still_alive()?;
                    return Ok(event);
                }
                Some(Message::Line(_) | Message::LinesEnded) => {}
                None => return Err(format!("timed out while waiting for {what}")),
            }
        }
    }

    /// Waits for the link, and then for the windows that the session has already: the first request finds
    /// them.
    fn connect(&mut self) -> Result<()> {
        let mut deadline = None;
        while !self.model.is_complete() {
            let message = match deadline {
                None => self.inbox.receive(),
                Some(deadline) => match self.inbox.receive_until(deadline) {
                    Some(message) => message,
                    None => return Ok(()),
                },
            };
            if let Message::Event(event) = message {
                self.note(&event);
            }
            match &self.model.state {
                State::Ended(end) => bail!(reason(end)),
                State::Online { .. } => deadline = deadline.or_else(|| Some(Instant::now() + FIRST_PICTURES)),
                State::Connecting | State::Reconnecting { .. } => {}
            }
        }
        Ok(())
    }

    fn end(self) -> Result<()> {
        match self.model.state {
            State::Ended(End::Failed(reason)) => bail!(reason),
            State::Ended(End::Left | End::SessionOver(_))
            | State::Connecting
            | State::Online { .. }
            | State::Reconnecting { .. } => Ok(()),
        }
    }

    fn next_line(&mut self) -> Option<String> {
        loop {
            match self.inbox.receive() {
                Message::Line(line) => return Some(line),
                Message::LinesEnded => return None,
                Message::Event(event) => self.note(&event),
            }
            if self.model.state == State::Ended(End::Left) {
                return None;
            }
        }
    }

    fn note(&mut self, event: &Event) {
        self.model.note(event);
        match event {
            Event::Session(SessionEvent::ClipboardWanted { request, mime }) => {
                let data = self.model.clipboard.get(mime).cloned();
                self.link.send(Command::ClipboardContent { request: *request, data });
            }
            Event::Session(SessionEvent::WindowGone(track)) => {
                self.focus.take_if(|focus| focus == track);
            }
            Event::Session(SessionEvent::Notice(notice)) => tracing::warn!("{notice}"),
            Event::Report { report, asked: false } => {
                // A closed stdout shows itself at the next answer.
                let _ = print(&serde_json::to_string(report).unwrap_or_default());
            }
            // The model has taken note.
            Event::State(_) | Event::Session(_) | Event::Updated(_) | Event::Report { asked: true, .. } => {}
        }
    }

    fn still_alive(&self) -> Result<(), String> {
        match &self.model.state {
            State::Ended(end) => Err(reason(end)),
            State::Connecting | State::Online { .. } | State::Reconnecting { .. } => Ok(()),
        }
    }

    /// Whether input has any effect.
    pub(super) fn may_act(&self) -> Result<(), String> {
        self.still_alive()?;
        if matches!(self.model.state, State::Online { role: Role::View }) {
            return Err(
                "this link can see the windows but not use them; ask for one with --role control".into()
            );
        }
        Ok(())
    }

    fn handle(&mut self, request: Request) -> Outcome {
        match request {
            // A list of windows that nothing keeps up to date any more would be a lie.
            Request::Windows {} => self.still_alive().map(|()| self.model.list()),
            Request::Wait { until, timeout_ms } => self.wait(&until, timeout_ms),
            Request::Screenshot { track, file } => self.screenshot(track, &file),
            Request::Quit {} => Ok(Value::Null),
            Request::Visible { track, visible } => self.set_visible(track, visible),
            Request::Stats {} => self.report(),
            Request::ClipboardSet { mime, data } => self.clipboard_set(mime, &data),
            Request::ClipboardGet { mime, timeout_ms } => self.clipboard_get(mime, timeout_ms),
            Request::Measure { track, key, count, rect, rest_ms, timeout_ms } => {
                let pauses = super::measure::Pauses { rest: millis(rest_ms), timeout: millis(timeout_ms) };
                super::measure::run(self, track, &key, count, rect, pauses)
            }
            Request::Key { .. }
            | Request::Type { .. }
            | Request::Compose { .. }
            | Request::Insert { .. }
            | Request::Push { .. }
            | Request::Pointer { .. }
            | Request::Scroll { .. }
            | Request::Touch { .. }
            | Request::Resize { .. }
            | Request::Close { .. }
            | Request::ForceQuit { .. }
            | Request::Activate { .. } => {
                self.may_act()?;
                self.model.mark_all();
                self.act(request)?;
                Ok(Value::Null)
            }
        }
    }

    fn act(&mut self, action: Request) -> Result<(), String> {
        match action {
            Request::Key { track, key, state } => {
                let events = actions::key(&self.keyboard, &key, state)?;
                self.type_events(track, events)
            }
            Request::Type { track, text } => {
                let events = actions::typing(&self.keyboard, &text);
                self.type_events(track, events)
            }
            Request::Compose { track, text } => {
                let event = actions::compose(text)?;
                self.type_events(track, vec![event])
            }
            Request::Insert { track, text } => {
                let event = actions::insert(text)?;
                self.type_events(track, vec![event])
            }
            Request::Push { track, dx, dy } => {
                let event = actions::push(dx, dy)?;
                if self.model.locked != Some(track) {
                    return Err(format!(
                        "no app has locked the pointer in track {}; use \"pointer\"",
                        track.0
                    ));
                }
                self.point(track, vec![event], false)
            }
            Request::Pointer { track, x, y, button, state } => {
                let events = actions::pointer(Position::new(x, y), button, state)?;
                self.point(track, events, button.is_some())
            }
            Request::Scroll { track, x, y, dx, dy } => {
                let position = Position::new(x, y);
                let scroll = actions::scroll(position, dx, dy)?;
                self.point(track, vec![InputEvent::Motion { position }, scroll], false)
            }
            Request::Touch { track, points } => {
                let event = actions::touch(&points)?;
                self.point(track, vec![event], false)
            }
            Request::Resize { track, width, height, scale, maximized, fullscreen } => {
                self.resize(track, Wish { width, height, scale, maximized, fullscreen })
            }
            Request::Close { track } => {
                self.link.send(Command::Close(actions::toplevel(self.model.visible(track)?.0)?));
                Ok(())
            }
            Request::ForceQuit { track } => {
                self.link.send(Command::ForceQuit(actions::toplevel(self.model.visible(track)?.0)?));
                Ok(())
            }
            Request::Activate { track } => {
                actions::toplevel(self.model.visible(track)?.0)?;
                self.take_seat()?;
                self.focus(track);
                Ok(())
            }
            Request::Windows {}
            | Request::Wait { .. }
            | Request::Screenshot { .. }
            | Request::Visible { .. }
            | Request::ClipboardSet { .. }
            | Request::ClipboardGet { .. }
            | Request::Stats {}
            | Request::Measure { .. }
            | Request::Quit {} => Err(format!("{action:?} does not act")),
        }
    }

    fn set_visible(&mut self, track: TrackId, visible: bool) -> Outcome {
        self.model.visible(track)?;
        self.link.send(Command::Visible { track, visible });
        Ok(Value::Null)
    }

    /// Waits until input reaches the apps: while another viewer uses them it would be dropped.
    pub(super) fn take_seat(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + SEAT_PATIENCE;
        while !self.model.has_seat {
            if Instant::now() >= deadline {
                return Err("another viewer is using the apps; nothing was sent, try again later".into());
            }
            // It is taken as soon as its holder rests.
            self.link.send(Command::TakeSeat);
            self.inbox_until(Instant::now() + SEAT_RETRY)?;
        }
        Ok(())
    }

    /// Takes note of what happens until then, or until the seat is here.
    fn inbox_until(&mut self, until: Instant) -> Result<(), String> {
        while let Some(message) = self.inbox.receive_until(until) {
            if let Message::Event(event) = message {
                self.note(&event);
                self.still_alive()?;
                if self.model.has_seat {
                    break;
                }
            }
        }
        Ok(())
    }

    fn type_events(&mut self, track: TrackId, events: Vec<InputEvent>) -> Result<(), String> {
        self.model.visible(track)?;
        self.take_seat()?;
        self.focus(track);
        for event in events {
            let key = if let InputEvent::Key { key, pressed } = event { Some((key, pressed)) } else { None };
            self.input(track, event);
            if let Some(locks) = key.and_then(|(key, pressed)| self.locks.turns(key, pressed)) {
                self.link.send(Command::Locks(locks));
            }
        }
        Ok(())
    }

    fn point(&mut self, track: TrackId, events: Vec<InputEvent>, presses: bool) -> Result<(), String> {
        self.model.visible(track)?;
        self.take_seat()?;
        if presses {
            if self.model.windows.is_outside_popups(track) {
                self.link.send(Command::DismissPopups);
            }
            self.focus(track);
        }
        for event in events {
            self.input(track, event);
        }
        Ok(())
    }

    fn resize(&mut self, track: TrackId, wish: Wish) -> Result<(), String> {
        actions::toplevel(self.model.visible(track)?.0)?;
        self.take_seat()?;
        let (window, _) = self.model.visible(track)?;
        let serial = self.serial + 1;
        let configure = wish.configure(window, serial)?;
        self.serial = serial;
        self.model.asked.insert(track, serial);
        self.link.send(Command::Configure { track, configure });
        Ok(())
    }

    fn wait(&mut self, until: &Until, timeout_ms: u64) -> Outcome {
        let deadline = Instant::now() + millis(timeout_ms);
        while !self.model.holds(until) {
            self.event(deadline, &format!("{until:?}; the windows are {}", self.model.list()))?;
        }
        if let Until::Changed(track) = until {
            self.model.mark(*track);
        }
        Ok(self.model.list())
    }

    fn screenshot(&mut self, track: TrackId, file: &str) -> Outcome {
        let (_, shown) = self.model.visible(track)?;
        let frame = shown.picture.read(Clone::clone);
        screenshot::write(&frame, file)?;
        self.model.mark(track);
        Ok(json!({ "width": frame.size().w, "height": frame.size().h }))
    }

    fn report(&mut self) -> Outcome {
        self.link.send(Command::Report);
        let deadline = Instant::now() + ANSWER;
        loop {
            if let Event::Report { report, asked: true } = self.event(deadline, "figures")? {
                return serde_json::to_value(report).map_err(|error| error.to_string());
            }
        }
    }

    fn clipboard_set(&mut self, mime: String, data: &str) -> Outcome {
        let data = BASE64.decode(data).map_err(|error| format!("data is not base64: {error}"))?;
        if data.len() > MAX_CLIPBOARD {
            return Err(format!("{} bytes are over the limit of {MAX_CLIPBOARD}", data.len()));
        }
        self.model.clipboard.clear();
        let data = Bytes::from(data);
        if mime == "text/plain" || mime == TEXT {
            // Apps ask for either; both mean UTF-8 here.
            self.model.clipboard.insert("text/plain".into(), data.clone());
            self.model.clipboard.insert(TEXT.into(), data);
        } else {
            self.model.clipboard.insert(mime, data);
        }
        self.link.send(Command::OfferClipboard { mimes: self.model.clipboard.keys().cloned().collect() });
        Ok(Value::Null)
    }

    fn clipboard_get(&mut self, mime: String, timeout_ms: u64) -> Outcome {
        self.still_alive()?;
        self.link.send(Command::ReadClipboard { mime: mime.clone() });
        let deadline = Instant::now() + millis(timeout_ms);
        loop {
            let event = self.event(deadline, "the clipboard")?;
            if let Event::Session(SessionEvent::ClipboardContent { data, .. }) = event {
                let data = data.ok_or_else(|| format!("no app has put {mime} on the clipboard"))?;
                return Ok(json!({ "mime": mime, "data": BASE64.encode(data) }));
            }
        }
    }
}

/// What apps call text.
const TEXT: &str = "text/plain;charset=utf-8";

/// How long the first pictures may keep the first request waiting: on a slow link they take their time.
const FIRST_PICTURES: Duration = Duration::from_secs(1);

/// How long an answer from the own network thread may take.
const ANSWER: Duration = Duration::from_secs(5);

fn millis(n: u64) -> Duration {
    // A day is as good as for ever, and adding it to an instant cannot overflow.
    Duration::from_millis(n.min(86_400_000))
}

fn reason(end: &End) -> String {
    match end {
        End::Left => "the viewer left".into(),
        End::SessionOver(reason) => format!("the session is over: {reason}"),
        End::Failed(reason) => reason.clone(),
    }
}

fn print(line: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}
