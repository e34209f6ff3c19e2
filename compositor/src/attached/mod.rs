//! The windows of an X display that runs already and that others may use as well.
//!
//! Every window right below the root is a track: a frame that a window manager has put around an app's
//! window, with what is in it, or the app's window itself. Windows that manage themselves are popups. Their
//! pictures are read from the X server, which keeps each as if nothing covered it; what changed, it reports.
//! Input goes in as if by the display's own keyboard and pointer.
//!
//! Invariants:
//! - The display is left as it was found: windows stay where they are, keys are let go, codes that stood for
//!   letters stand for nothing again.
//! - A track's pixels are in its canvas before the event that tells of them, and no more than one picture of
//!   it waits for a viewer to take it.
//!
//! The thread waits for the X server's answers: an app that grabs the server holds up this source, and no
//! other.

mod cursor;
mod display;
mod hands;
mod letters;
mod outbox;
mod pictures;
mod windows;

use std::{
    panic::{self, AssertUnwindSafe},
    sync::mpsc::SyncSender,
};

use calloop::{EventLoop, Interest, Mode, PostAction, generic::Generic, ping::PingSource};
use media::{Capabilities, Cause, Command, TrackId};
use x11rb::protocol::Event as XEvent;

use self::{
    cursor::Cursor,
    display::Display,
    hands::Hands,
    outbox::{Outbox, Sink},
    windows::Windows,
};
use crate::{
    AppEnv, Config, Entrance, Event, Ready, StartError,
    clock::now,
    queue::{Inbox, Order},
};

/// Shows the windows of a display until it is told to end, or the display does. `started` hears once whether
/// that begins.
pub(crate) fn run(
    config: Config,
    name: String,
    inbox: (Inbox, PingSource),
    sink: Sink,
    started: SyncSender<Result<(), StartError>>,
) {
    let (mut events, mut attached) = match start(&config, &name, inbox, sink) {
        Ok(parts) => parts,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    attached.out.send(Event::Ready(ready(&name)));
    let _ = started.send(Ok(()));
    let ended = panic::catch_unwind(AssertUnwindSafe(|| attached.turn_until_stopped(&mut events)));
    let failure = match ended {
        Ok(Ok(())) => None,
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some("the thread that shows the X display panicked; its log says where".to_owned()),
    };
    attached.out.send(Event::Ended { failure });
}

/// What apps and the session need to know.
fn ready(name: &str) -> Ready {
    let mut env =
        vec![("DISPLAY", name.into()), ("XDG_SESSION_TYPE", "x11".into()), ("QT_QPA_PLATFORM", "xcb".into())];
    if let Some(authority) = std::env::var_os("XAUTHORITY") {
        env.push(("XAUTHORITY", authority));
    }
    Ready {
        env: AppEnv::new(env),
        entrance: Entrance::X11(display::socket(name)),
        capabilities: Capabilities { resizes: true, keymaps: false, dismisses: false },
        lacks: Some("This session shows an X display: apps that speak only Wayland cannot run in it"),
    }
}

/// A source that is attached. It routes: each field is a concern of a file of its own.
struct Attached {
    out: Outbox,
    display: Display,
    windows: Windows,
    hands: Hands,
    cursor: Cursor,
}

/// What the loop hands on.
#[derive(Default)]
struct Turn {
    commands: Vec<Command>,
    stopped: bool,
}

fn start(
    config: &Config,
    name: &str,
    (inbox, woken): (Inbox, PingSource),
    sink: Sink,
) -> Result<(EventLoop<'static, Turn>, Attached), StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Loop(error.to_string());
    let refused = |reason: String| StartError::Display { name: name.to_owned(), reason };
    let display = Display::connect(name).map_err(|error| refused(error.to_string()))?;
    let events: EventLoop<'static, Turn> = EventLoop::try_new().map_err(|error| failed(&error))?;
    let watched = display.watched().map_err(|error| failed(&error))?;
    let readable = Generic::new(watched, Interest::READ, Mode::Level);
    // What can be read is read after each turn.
    let took = events.handle().insert_source(readable, |_, _, _| Ok(PostAction::Continue));
    took.map_err(|error| failed(&error.error))?;
    let took = events.handle().insert_source(woken, move |(), (), turn: &mut Turn| {
        inbox.take_all(|order| match order {
            Order::Command(command) => turn.commands.push(command),
            Order::Shutdown => turn.stopped = true,
        });
    });
    took.map_err(|error| failed(&error.error))?;
    let hands = Hands::new(&display).map_err(|error| refused(error.to_string()))?;
    let windows = Windows::new(config.limits);
    Ok((events, Attached { out: Outbox::new(sink), display, windows, hands, cursor: Cursor::default() }))
}

impl Attached {
    fn turn_until_stopped(&mut self, events: &mut EventLoop<'static, Turn>) -> Result<(), String> {
        self.windows.find_all(&mut self.out, &self.display);
        self.cursor.changed(&mut self.out, &self.display);
        let mut turn = Turn::default();
        loop {
            // Answers that were waited for may have brought events along: none is left when the loop sleeps.
            while let Some(event) = self.display.next_event()? {
                self.handle_event(event);
            }
            self.display.flush()?;
            events.dispatch(None, &mut turn).map_err(|error| format!("the event loop failed: {error}"))?;
            while let Some(event) = self.display.next_event()? {
                self.handle_event(event);
            }
            for command in turn.commands.drain(..) {
                self.handle_command(command);
            }
            if turn.stopped {
                self.hands.let_go(&self.display);
                return self.display.finish();
            }
        }
    }

    fn handle_event(&mut self, event: XEvent) {
        if let XEvent::XfixesCursorNotify(_) = event {
            self.cursor.changed(&mut self.out, &self.display);
        } else {
            self.windows.handle_event(&mut self.out, &self.display, event);
        }
    }

    fn handle_command(&mut self, command: Command) {
        let Self { out, display, windows, hands, .. } = self;
        match command {
            Command::Key { cause, track, key, pressed } => {
                hands.key(display, key, pressed);
                self.dispatched(cause, Some(track));
            }
            Command::Text { cause, track, text } => {
                hands.text(display, &text);
                self.dispatched(cause, Some(track));
            }
            Command::Motion { cause, track, position } => {
                if let Some(place) = windows.place_of(track, position) {
                    hands.point(display, place);
                    windows.uncover(display, track);
                    self.dispatched(cause, Some(track));
                }
            }
            Command::RelativeMotion { cause, track, dx, dy } => {
                hands.push(display, dx, dy);
                self.dispatched(cause, Some(track));
            }
            Command::Button { cause, button, pressed } => {
                hands.button(display, button, pressed);
                windows.press(hands.presses());
                self.dispatched(cause, None);
            }
            Command::Scroll { cause, axis } => {
                hands.scroll(display, axis);
                self.dispatched(cause, None);
            }
            Command::Touch { cause, track, points } => {
                for point in points {
                    if let Some(place) = windows.place_of(track, point.position) {
                        hands.touch(display, point.id, point.phase, place);
                    }
                }
                windows.uncover(display, track);
                windows.press(hands.presses());
                self.dispatched(cause, Some(track));
            }
            Command::Focus(Some(track)) => windows.focus(out, display, track),
            Command::Configure { track, configure } => windows.configure(out, display, track, configure),
            Command::Close(track) => windows.close(display, track),
            Command::ForceQuit(track) => windows.force_quit(display, track),
            Command::FrameDone { track, .. } => windows.frame_done(out, display, track),
            Command::ReadClipboard { request, .. } => {
                out.source(media::Event::ClipboardContent { request, data: None });
            }
            // Apps of this display tell of no text inputs, and hear of no viewer's clipboard or files.
            Command::Preedit { .. }
            | Command::DropFiles { .. }
            | Command::PointerLeft
            | Command::Focus(None)
            | Command::DismissPopups
            | Command::Keymap(_)
            | Command::Locks(_)
            | Command::OfferClipboard { .. }
            | Command::ClipboardContent { .. } => {}
        }
    }

    /// Input was handed to whoever is below the pointer or has the keyboard.
    fn dispatched(&mut self, cause: Cause, track: Option<TrackId>) {
        self.windows.note_cause(track, cause);
        self.out.source(media::Event::Dispatched { cause, at: now() });
    }
}
