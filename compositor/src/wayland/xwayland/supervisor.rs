//! When there is an Xwayland: from the first X11 app on, as long as the session lasts. What users set in it
//! (`xrdb`, `xset`, `xmodmap`) lasts as long.
//!
//! The display number and its socket are there from the start, so that apps can be told of them; a session
//! without X11 apps pays nothing more. Who connects waits in the socket's queue, which wakes us; the Xwayland
//! that is started then takes the socket over. When it ends, for whatever reason, we watch the socket again,
//! after a pause if it died often.

use std::{
    collections::VecDeque,
    io::{PipeReader, Read},
    os::fd::OwnedFd,
    path::Path,
    time::{Duration, Instant},
};

use media::NoticeKind;
use smithay::{
    reexports::{
        calloop::{
            Interest, LoopHandle, Mode, PostAction, RegistrationToken,
            generic::Generic,
            timer::{TimeoutAction, Timer},
        },
        wayland_server::{Client, DisplayHandle, protocol::wl_surface::WlSurface},
    },
    wayland::selection::SelectionTarget,
};

use crate::Config;
use crate::clock::Work;
use crate::wayland::State;
use crate::wayland::clipboard::pipes;
use crate::wayland::quota::clients::Origin;
use crate::wayland::xwayland::{
    pairing::Surfaces,
    server::{self, Ends, Server},
    shell::Serials,
    taste,
    typing::Typing,
};
use crate::x11::{Kind, Manager, cookie::Cookie, sockets::Sockets};

/// How often an Xwayland is looked at that is not ready. It is given up only if it slept all the time in
/// between: then it waits for something that will not come. One that works, or would if it had a processor,
/// may take its time.
const START: Duration = Duration::from_secs(20);

/// How long it may take to end after it has closed its connection.
const END: Duration = Duration::from_secs(5);

/// How often one is looked at that owes an answer, likewise: if it slept, an app holds it, or it hangs.
const ANSWER: Duration = Duration::from_secs(10);

/// So many deaths within this time are followed by a pause.
const DEATHS: usize = 3;
const PERIOD: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(30);

/// X11 apps as a whole.
pub(crate) struct Xwayland {
    /// `None` if X11 apps are not served.
    served: Option<Served>,
    phase: Phase,
    deaths: VecDeque<Instant>,
    pub(in crate::wayland) serials: Serials,
    /// Which surfaces show which windows.
    pub(in crate::wayland) surfaces: Surfaces,
    /// The surface whose app knows from where it counts a wheel.
    pub(in crate::wayland) counting: Option<WlSurface>,
    /// What others than X11 apps offer on the clipboard and as primary selection.
    offers: [Option<Vec<String>>; 2],
    /// What apps were sent and have read.
    pub(in crate::wayland) typing: Typing,
}

/// What every Xwayland is started with.
struct Served {
    sockets: Sockets,
    cookie: Cookie,
}

/// Where we are between two Xwaylands.
enum Phase {
    /// Nobody has connected.
    Idle,
    /// One is starting.
    Starting(Running),
    /// One runs, and we are its window manager.
    Managed(Running, Box<Manager>),
    /// One has closed its connections and is about to end.
    Ending(Running),
}

/// An Xwayland's process and what we watch of it.
struct Running {
    server: Server,
    client: Client,
    watched: Vec<RegistrationToken>,
    /// Whether a timer will look whether answers came.
    watching_answers: bool,
}

impl Running {
    /// Whether it did nothing since it was looked at last, and has nothing to do.
    fn slept_since(&self, before: Option<Work>) -> bool {
        match (before, self.server.worked().look()) {
            (Some(before), Some(now)) => before == now && now.asleep,
            _ => false,
        }
    }
}

impl Xwayland {
    /// Claims a display if X11 apps are to be served and can be.
    pub(in crate::wayland) fn new(
        config: &Config,
        display: &DisplayHandle,
        events: &LoopHandle<'static, State>,
    ) -> Self {
        let served = config.source.serves_x11_apps().then(|| claim(&config.runtime_dir)).flatten();
        let xwayland = Self {
            served,
            phase: Phase::Idle,
            deaths: VecDeque::new(),
            serials: Serials::new(display),
            surfaces: Surfaces::default(),
            counting: None,
            offers: [None, None],
            typing: Typing::default(),
        };
        xwayland.listen(events);
        xwayland
    }

    /// N of `:N`, if X11 apps are served.
    pub(in crate::wayland) fn display(&self) -> Option<u32> {
        self.served.as_ref().map(|served| served.sockets.number())
    }

    /// The window manager, while there is one.
    pub(in crate::wayland) fn manager(&mut self) -> Option<&mut Manager> {
        match &mut self.phase {
            Phase::Managed(_, manager) => Some(manager),
            Phase::Idle | Phase::Starting(_) | Phase::Ending(_) => None,
        }
    }

    /// The window manager and what apps were sent.
    pub(in crate::wayland) fn manager_and_typing(&mut self) -> Option<(&mut Manager, &mut Typing)> {
        match &mut self.phase {
            Phase::Managed(_, manager) => Some((manager, &mut self.typing)),
            Phase::Idle | Phase::Starting(_) | Phase::Ending(_) => None,
        }
    }

    /// The window manager, to look at.
    pub(in crate::wayland) fn running(&self) -> Option<&Manager> {
        match &self.phase {
            Phase::Managed(_, manager) => Some(manager),
            Phase::Idle | Phase::Starting(_) | Phase::Ending(_) => None,
        }
    }

    /// The managed Xwayland as a client of ours.
    pub(in crate::wayland) fn client(&self) -> Option<&Client> {
        match &self.phase {
            Phase::Managed(running, _) => Some(&running.client),
            Phase::Idle | Phase::Starting(_) | Phase::Ending(_) => None,
        }
    }

    /// Xwayland is gone, and so are its surfaces.
    pub(super) fn forget_surfaces(&mut self) {
        self.surfaces = Surfaces::default();
        self.counting = None;
    }

    /// The surface that bears a serial.
    pub(in crate::wayland) fn surface_with(&mut self, serial: u64) -> Option<WlSurface> {
        self.serials.find(serial)
    }

    /// Remembers what is on offer, for an Xwayland that will start.
    pub(in crate::wayland) fn remember_offer(&mut self, kind: SelectionTarget, offered: Option<Vec<String>>) {
        self.offers[Kind::from(kind) as usize] = offered;
    }

    fn running_mut(&mut self) -> Option<&mut Running> {
        match &mut self.phase {
            Phase::Starting(running) | Phase::Managed(running, _) | Phase::Ending(running) => Some(running),
            Phase::Idle => None,
        }
    }

    /// Waits for the first app.
    fn listen(&self, events: &LoopHandle<'static, State>) {
        let Some(served) = &self.served else { return };
        let listened =
            served.sockets.listener().try_clone().map_err(|error| error.to_string()).and_then(|listener| {
                let source = Generic::new(OwnedFd::from(listener), Interest::READ, Mode::Level);
                let inserted = events.insert_source(source, |_, _, state| {
                    state.start_xwayland();
                    Ok(PostAction::Remove)
                });
                inserted.map(|_| ()).map_err(|error| error.to_string())
            });
        if let Err(error) = listened {
            tracing::error!(error, "X11 apps cannot be waited for and will hang");
        }
    }
}

fn claim(runtime_dir: &Path) -> Option<Served> {
    if server::find().is_none() {
        tracing::warn!(
            "X11 apps are not served, since Xwayland is not installed: install the package xwayland"
        );
        return None;
    }
    let claimed = Sockets::claim().map_err(|error| format!("no X11 display could be claimed: {error}"));
    let served = claimed.and_then(|sockets| {
        let cookie = Cookie::create_in(runtime_dir).map_err(|error| format!("it has no secret: {error}"))?;
        Ok(Served { sockets, cookie })
    });
    served.map_err(|error| tracing::warn!(error, "X11 apps are not served")).ok()
}

impl State {
    /// How many surfaces a client may have. Xwayland stands for many apps, and its windows have limits of
    /// their own; but a menu has its surface before we hear of it.
    pub(in crate::wayland) fn surface_limit(&self, client: &Client) -> u32 {
        let limit = self.clients.limits.surfaces;
        if self.is_xwayland(client) { limit.saturating_mul(16) } else { limit }
    }

    /// Whether a client is Xwayland, which stands for many apps.
    pub(in crate::wayland) fn is_xwayland(&self, client: &Client) -> bool {
        match &self.xwayland.phase {
            Phase::Starting(x11) | Phase::Managed(x11, _) | Phase::Ending(x11) => x11.client == *client,
            Phase::Idle => false,
        }
    }

    /// The first app has connected.
    fn start_xwayland(&mut self) {
        if !matches!(self.xwayland.phase, Phase::Idle) {
            return;
        }
        let Some(Served { sockets, cookie }) = &self.xwayland.served else { return };
        let started = Server::start(sockets, cookie).map_err(|error| error.to_string());
        let running = started.and_then(|(server, ends)| self.watch_xwayland(server, ends));
        match running {
            Ok(running) => {
                tracing::info!(display = self.xwayland.display(), "Xwayland starts for the first X11 app");
                self.xwayland.serials.set_client(Some(running.client.id()));
                self.xwayland.phase = Phase::Starting(running);
            }
            Err(error) => {
                tracing::warn!(error, "Xwayland cannot be started");
                self.xwayland_died();
            }
        }
    }

    fn watch_xwayland(&mut self, server: Server, ends: Ends) -> Result<Running, String> {
        let Ends { wayland, manager, ready, ended } = ends;
        let data = self.clients.admit(Origin::Session, None, None).map_err(|full| full.to_string())?;
        let reader = wayland.try_clone();
        let client = self.display.insert_client(wayland, data.clone()).map_err(|error| error.to_string())?;
        self.clients.connected(client.id(), None, data);
        self.reads_from(client.id(), reader);
        let failed = |error: &dyn std::fmt::Display| error.to_string();

        let source = Generic::new(ended, Interest::READ, Mode::Level);
        let ended = self.events.insert_source(source, |_, _, state| {
            state.end_xwayland("it ended");
            Ok(PostAction::Remove)
        });
        let mut watched = vec![ended.map_err(|e| failed(&e))?];

        let mut manager = Some(manager);
        let source = Generic::new(ready, Interest::READ, Mode::Level);
        let ready = self.events.insert_source(source, move |_, ready, state| {
            match read_line(ready) {
                Line::Partial => return Ok(PostAction::Continue),
                // That it ended instead, another source tells.
                Line::Closed => (),
                Line::Whole => {
                    if let Some(manager) = manager.take() {
                        state.manage_xwayland(manager);
                    }
                }
            }
            Ok(PostAction::Remove)
        });
        watched.push(ready.map_err(|e| failed(&e))?);

        let worked = server.worked();
        let mut before = worked.look();
        let late = self.events.insert_source(Timer::from_duration(START), move |_, (), state| {
            let Phase::Starting(running) = &state.xwayland.phase else { return TimeoutAction::Drop };
            if !running.slept_since(before) {
                before = worked.look();
                return TimeoutAction::ToDuration(START);
            }
            state.end_xwayland("it does not get ready");
            TimeoutAction::Drop
        });
        watched.push(late.map_err(|e| failed(&e))?);
        Ok(Running { server, client, watched, watching_answers: false })
    }

    /// It is ready for its window manager, and then for apps.
    fn manage_xwayland(&mut self, stream: std::os::unix::net::UnixStream) {
        let Some(Served { cookie, .. }) = &self.xwayland.served else { return };
        let managed = Manager::new(stream, cookie, pipes::MAX_BYTES).map_err(|error| error.to_string());
        let managed = managed.and_then(|manager| {
            let fd = manager.watched().map_err(|error| error.to_string())?;
            // What has come is handled at the end of every turn of the loop; this only wakes it.
            let source = Generic::new(fd, Interest::READ, Mode::Level);
            let inserted = self.events.insert_source(source, |_, _, _| Ok(PostAction::Continue));
            Ok((manager, inserted.map_err(|error| error.to_string())?))
        });
        match managed {
            Ok((mut manager, token)) => {
                for (kind, offer) in [Kind::Clipboard, Kind::Primary].into_iter().zip(&self.xwayland.offers) {
                    if let Some(offer) = offer {
                        manager.offer(kind, Some(offer.clone()));
                    }
                }
                manager.provide_settings(&taste::of_user());
                manager.write_desktop(self.screen.viewer, self.screen.work);
                let phase = std::mem::replace(&mut self.xwayland.phase, Phase::Idle);
                self.build_bridge();
                self.xwayland.phase = match phase {
                    Phase::Starting(mut running) => {
                        running.watched.push(token);
                        Phase::Managed(running, Box::new(manager))
                    }
                    phase @ (Phase::Idle | Phase::Managed(..) | Phase::Ending(_)) => {
                        self.events.remove(token);
                        phase
                    }
                };
            }
            Err(error) => self.end_xwayland(&format!("it cannot be managed: {error}")),
        }
    }

    /// Looks after a while whether Xwayland has answered what it owes us now.
    pub(in crate::wayland) fn watch_answers(&mut self) {
        let owed = self.xwayland.running().filter(|x11| x11.owes()).map(Manager::progress);
        let (Some(progress), Some(running)) = (owed, self.xwayland.running_mut()) else { return };
        if std::mem::replace(&mut running.watching_answers, true) {
            return;
        }
        let before = running.server.worked().look();
        let watched = self.events.insert_source(Timer::from_duration(ANSWER), move |_, (), state| {
            let mut slept = false;
            if let Some(running) = state.xwayland.running_mut() {
                running.watching_answers = false;
                slept = running.slept_since(before);
            }
            match state.xwayland.running() {
                Some(x11) if slept && x11.owes() && x11.progress() == progress => {
                    state.end_xwayland("it does not answer: an app holds it, or it hangs");
                }
                Some(_) => state.watch_answers(),
                None => (),
            }
            TimeoutAction::Drop
        });
        if let Err(error) = watched {
            tracing::warn!(%error, "Xwayland may hang unnoticed");
        }
    }

    /// Xwayland closed its connection: what X11 apps showed is gone, and it ends by itself.
    pub(in crate::wayland) fn lose_xwayland(&mut self) {
        self.forget_x11();
        let phase = std::mem::replace(&mut self.xwayland.phase, Phase::Idle);
        let Phase::Managed(mut running, _) = phase else {
            self.xwayland.phase = phase;
            return;
        };
        // The connection was the last that was watched; closed, it would wake the loop again and again.
        if let Some(connection) = running.watched.pop() {
            self.events.remove(connection);
        }
        let late = self.events.insert_source(Timer::from_duration(END), |_, (), state| {
            state.end_xwayland("it closed its connection and did not end");
            TimeoutAction::Drop
        });
        match late {
            Ok(token) => {
                running.watched.push(token);
                self.xwayland.phase = Phase::Ending(running);
            }
            Err(_) => {
                self.xwayland.phase = Phase::Ending(running);
                self.end_xwayland("it closed its connection");
            }
        }
    }

    /// Ends Xwayland if it has not ended by itself, and with it all that X11 apps show.
    pub(in crate::wayland) fn end_xwayland(&mut self, reason: &str) {
        self.forget_x11();
        let (Phase::Starting(running) | Phase::Managed(running, _) | Phase::Ending(running)) =
            std::mem::replace(&mut self.xwayland.phase, Phase::Idle)
        else {
            return;
        };
        for token in running.watched {
            self.events.remove(token);
        }
        self.xwayland.serials.set_client(None);
        self.display.backend_handle().kill_client(
            running.client.id(),
            smithay::reexports::wayland_server::backend::DisconnectReason::ConnectionClosed,
        );
        match running.server.end() {
            Ok(status) if status.success() => {
                tracing::info!("Xwayland has ended");
                self.xwayland.listen(&self.events);
            }
            Ok(status) => {
                tracing::warn!(reason, %status, "Xwayland has died, and all X11 apps with it");
                self.xwayland_died();
            }
            Err(error) => {
                tracing::warn!(reason, %error, "Xwayland could not be waited for");
                self.xwayland_died();
            }
        }
    }

    /// Tells people, and lets the next app start another one, after a pause if it dies often.
    fn xwayland_died(&mut self) {
        self.tell(String::new(), NoticeKind::X11Ended);
        let deaths = &mut self.xwayland.deaths;
        deaths.retain(|at| at.elapsed() < PERIOD);
        deaths.push_back(Instant::now());
        if deaths.len() <= DEATHS {
            return self.xwayland.listen(&self.events);
        }
        tracing::warn!(
            seconds = PAUSE.as_secs(),
            "Xwayland dies often: X11 apps wait until it is started again"
        );
        let paused = self.events.insert_source(Timer::from_duration(PAUSE), |_, (), state| {
            state.xwayland.listen(&state.events);
            TimeoutAction::Drop
        });
        if let Err(error) = paused {
            tracing::error!(%error, "Xwayland is not started again");
        }
    }
}

/// What was read of the line by which Xwayland says that it is ready. It writes that line in pieces, and dies
/// if it cannot write all of them.
enum Line {
    Partial,
    Whole,
    Closed,
}

fn read_line(mut pipe: &PipeReader) -> Line {
    let mut said = [0; 64];
    match pipe.read(&mut said) {
        Ok(0) | Err(_) => Line::Closed,
        Ok(n) if said[..n].contains(&b'\n') => Line::Whole,
        Ok(_) => Line::Partial,
    }
}
