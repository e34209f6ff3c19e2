//! The Wayland compositor: all Smithay types live below this module.
//!
//! [`State`] is what Smithay's handlers are implemented on. It only joins parts that own one concern each; a
//! handler lives in the file of its concern. Invariants:
//! - A surface's buffer is read and released during its commit or, as [`later`] says, soon after; before any
//!   frame callback.
//! - A track's pixels are in its canvas before the event that tells of them.
//! - Nothing an app does ends the loop: limits end in a disconnect of that app alone.

mod clipboard;
mod commands;
mod globals;
mod input;
mod picture;
mod quota;
mod socket;
mod windows;
mod xwayland;

use std::{
    panic::{self, AssertUnwindSafe},
    sync::mpsc::SyncSender,
};

use calloop::ping::PingSource;
use media::{Capabilities, NoticeKind};
use smithay::reexports::{
    calloop::{EventLoop, LoopHandle},
    wayland_server::{Client, Display, DisplayHandle},
};

use self::{
    clipboard::selection::Clipboard,
    globals::Globals,
    input::cursor::Cursor,
    input::drag::Drags,
    input::seat::Input,
    input::text_input::TextInputs,
    picture::frames::Frames,
    quota::clients::Clients,
    quota::later::Later,
    quota::notices::Notices,
    quota::pace::Alarm,
    quota::unread::{MAX_UNREAD, Unread},
    quota::watchdog::Watch,
    windows::foreign::Foreign,
    windows::listed::Listed,
    windows::pings::Pings,
    windows::reports::Reports,
    windows::sandbox::Sandboxes,
    windows::screen::Screen,
    windows::toplevel_icon::Reported,
    windows::tracks::Tracks,
    xwayland::supervisor::Xwayland,
};
use crate::{
    AppEnv, Config, Entrance, Event, Ready, StartError, Starts,
    config::XAUTHORITY,
    queue::{Inbox, Order},
};

/// Where events go.
pub(crate) type Sink = Box<dyn FnMut(Event) + Send>;

/// Runs a compositor until it is told to end. `started` hears once whether apps can connect.
pub(crate) fn run(
    config: Config,
    inbox: (Inbox, PingSource),
    sink: Sink,
    started: SyncSender<Result<(), StartError>>,
) {
    let (mut server, mut state) = match start(config, inbox, sink) {
        Ok(parts) => parts,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    state.outbox.send(Event::Ready(server.ready.clone()));
    let _ = started.send(Ok(()));
    let ended = panic::catch_unwind(AssertUnwindSafe(|| server.turn_until_stopped(&mut state)));
    let failure = match ended {
        Ok(Ok(())) => None,
        Ok(Err(reason)) => Some(reason),
        Err(_) => Some("the compositor panicked; its log says where".to_owned()),
    };
    state.outbox.send(Event::Ended { failure });
}

/// What Smithay's handlers work on.
pub(crate) struct State {
    pub(crate) display: DisplayHandle,
    pub(crate) events: LoopHandle<'static, State>,
    pub(crate) outbox: Outbox,
    pub(crate) globals: Globals,
    pub(crate) clients: Clients,
    pub(crate) unread: Unread,
    /// Counts the apps that users ask to start.
    pub(crate) starts: Starts,
    pub(crate) tracks: Tracks,
    pub(crate) screen: Screen,
    pub(crate) input: Input,
    pub(crate) text_inputs: TextInputs,
    pub(crate) icons: Reported,
    pub(crate) cursor: Cursor,
    pub(crate) drags: Drags,
    pub(crate) clipboard: Clipboard,
    pub(crate) pings: Pings,
    pub(crate) reports: Reports,
    pub(crate) frames: Frames,
    pub(crate) later: Later,
    pub(crate) notices: Notices,
    pub(crate) alarm: Alarm,
    pub(crate) foreign: Foreign,
    pub(crate) listed: Listed,
    pub(crate) sandboxes: Sandboxes,
    /// Apps that hear of what others have: all selections, or all windows.
    pub(crate) watchers: Vec<Client>,
    pub(crate) xwayland: Xwayland,
    pub(crate) life: Life,
}

/// Whether the loop goes on, and what it owes before its next turn.
#[derive(Debug, Default)]
pub(crate) struct Life {
    /// Apps sent something.
    readable: bool,
    /// The handle asked for the end.
    stopped: bool,
}

/// The way out for events.
pub(crate) struct Outbox {
    sink: Sink,
    /// Whoever takes events may take long: apps are not to blame for that.
    watch: Watch,
}

impl Outbox {
    /// Reports what is the compositor's own.
    pub(crate) fn send(&mut self, event: Event) {
        self.watch.aside(|| (self.sink)(event));
    }

    /// Reports what any source reports.
    pub(crate) fn source(&mut self, event: media::Event) {
        self.send(Event::Source(event));
    }
}

/// The loop, and what must outlive each of its turns.
struct Server {
    events: EventLoop<'static, State>,
    display: Display<State>,
    ready: Ready,
}

impl Server {
    fn turn_until_stopped(&mut self, state: &mut State) -> Result<(), String> {
        while !state.life.stopped {
            self.events.dispatch(None, state).map_err(|error| format!("the event loop failed: {error}"))?;
            if std::mem::take(&mut state.life.readable) {
                self.read_apps(state);
            }
            self.bury(state);
            state.tidy();
            if let Err(error) = self.display.flush_clients() {
                tracing::debug!(%error, "flushing to apps");
            }
            state.unread.watch(&state.events);
        }
        Ok(())
    }

    /// Handles what apps have sent, each in its turn: none is read again before the others, commands and
    /// timers.
    fn read_apps(&mut self, state: &mut State) {
        for (client, app) in state.clients.all() {
            state.clients.begin_reading();
            state.outbox.watch.begin(app);
            // An error is that there is nothing to read, or nobody any more.
            let _ = self.display.backend().dispatch_single_client(state, client);
            state.outbox.watch.end();
            state.draw_later();
        }
    }
}

impl Server {
    /// Ends what is left of apps that are gone. The library does so whenever it reads an app; it may have
    /// given up one that takes in nothing while it told it something, and then it would read none for that.
    fn bury(&mut self, state: &mut State) {
        loop {
            let gone = state.clients.take_gone();
            if gone.is_empty() {
                return;
            }
            for client in gone {
                if state.clients.was_shut(&client) {
                    state.tell_of_app(&client, NoticeKind::Ended);
                }
                // Nobody is there to be read.
                let _ = self.display.backend().dispatch_single_client(state, client.clone());
                state.clients.forget(&client);
                state.unread.forget(&client);
                state.forget_ping(&client);
            }
        }
    }
}

impl State {
    /// What is cheaper to do once a turn than at each cause.
    fn tidy(&mut self) {
        self.configure_new();
        self.release_dead_cursor();
        self.draw_refused();
        self.tell_x11_desktop();
        self.turn_x11();
        self.look_at_silent_apps();
        self.serve_loosened();
        self.pay_reports();
        self.report_cursor();
        self.drop_brought();
        self.report_drag();
        self.clear_lost_selections();
        self.report_offer();
        self.report_text_input();
        self.report_pointer_lock();
    }

    /// Sends what is queued for apps now, not at the end of the turn.
    pub(crate) fn flush(&mut self) {
        if let Err(error) = self.display.flush_clients() {
            tracing::debug!(%error, "flushing to apps");
        }
    }
}

fn start(
    config: Config,
    (inbox, woken): (Inbox, PingSource),
    sink: Sink,
) -> Result<(Server, State), StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Loop(error.to_string());
    let events: EventLoop<'static, State> = EventLoop::try_new().map_err(|e| failed(&e))?;
    let mut display: Display<State> = Display::new().map_err(|e| failed(&e))?;
    let handle = display.handle();
    handle.set_default_max_buffer_size(MAX_UNREAD);

    let socket = socket::listen(&events.handle(), &config)?;
    socket::watch_clients(&events.handle(), &mut display)?;
    events
        .handle()
        .insert_source(woken, move |(), (), state| {
            inbox.take_all(|order| match order {
                Order::Command(command) => state.handle_command(command),
                Order::Shutdown => state.life.stopped = true,
            });
        })
        .map_err(|e| failed(&e.error))?;

    let mut globals = Globals::new(&handle);
    let input = Input::new(&mut globals, &handle)?;
    let state = State {
        screen: Screen::new(&handle, config.output),
        xwayland: Xwayland::new(&config, &handle, &events.handle()),
        events: events.handle(),
        outbox: Outbox { sink, watch: Watch::start().map_err(StartError::Thread)? },
        clients: Clients::new(config.limits),
        unread: Unread::default(),
        starts: config.starts.clone(),
        tracks: Tracks::default(),
        cursor: Cursor::default(),
        drags: Drags::default(),
        text_inputs: TextInputs::default(),
        icons: Reported::default(),
        clipboard: Clipboard::default(),
        pings: Pings::default(),
        reports: Reports::default(),
        frames: Frames::default(),
        later: Later::default(),
        notices: Notices::default(),
        alarm: Alarm::default(),
        foreign: Foreign::default(),
        listed: Listed::default(),
        sandboxes: Sandboxes::default(),
        watchers: Vec::new(),
        life: Life::default(),
        display: handle,
        globals,
        input,
    };
    let ready = ready(&config, &socket, state.xwayland.display());
    Ok((Server { events, display, ready }, state))
}

/// What apps and the session need to know, with X11 on display N of `:N` if it is served.
fn ready(config: &Config, socket: &str, x11: Option<u32>) -> Ready {
    let mut env = vec![
        ("WAYLAND_DISPLAY", socket.into()),
        ("XDG_SESSION_TYPE", "wayland".into()),
        ("QT_QPA_PLATFORM", "wayland;xcb".into()),
    ];
    if let Some(number) = x11 {
        env.push(("DISPLAY", format!(":{number}").into()));
        env.push(("XAUTHORITY", config.runtime_dir.join(XAUTHORITY).into()));
    }
    let no_x11 = "X11 apps cannot run in this session: it was started with --no-x11, or Xwayland is not installed; \
                  its log says which";
    Ready {
        env: AppEnv::new(env),
        entrance: Entrance::Wayland(config.runtime_dir.join(socket)),
        capabilities: Capabilities::ALL,
        lacks: x11.is_none().then_some(no_x11),
    }
}
