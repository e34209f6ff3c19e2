//! Apps that do not answer.
//!
//! An app is asked when somebody uses it or asks one of its windows to close, and answers when it comes to
//! that: by `xdg_wm_base.ping` on Wayland, by `_NET_WM_PING` on X11. Time alone says nothing of an app on a
//! busy machine, so it is not time that is counted but looks at it, each after all that has arrived was read:
//! an app is unresponsive that has been seen doing nothing although it was asked, or that has worked long on
//! something else. One that waits for a processor is given as long as that takes. Whoever answers, however
//! late, is responsive again. An X11 app that knows no pings is unresponsive while somebody has stopped it.

use std::{collections::HashMap, time::Duration};

use media::{Timestamp, TrackId};
use rustix::process::Pid;
use smithay::{
    reexports::{
        calloop::timer::{TimeoutAction, Timer},
        wayland_server::{Resource, backend::ClientId, protocol::wl_surface::WlSurface},
    },
    utils::SERIAL_COUNTER,
    wayland::shell::{PingError, xdg::ShellClient},
};
use x11rb::protocol::xproto::Window;

use crate::clock;
use crate::process::{Activity, Doing, Process};
use crate::wayland::State;
use crate::wayland::picture::layout;
use crate::wayland::windows::tracks::Role;

/// Between two looks at an app.
const LOOK: Duration = Duration::from_secs(1);

/// So many looks in a row find an unresponsive app doing nothing.
const IDLE_LOOKS: u32 = 5;

/// So many look at one of which nothing tells what it does, or which waits for a disk.
const BLIND_LOOKS: u32 = 15;

/// So long an unresponsive app has worked on something else.
const WORK: Duration = Duration::from_secs(5);

/// An app that is used all the time is not asked more often than this.
const APART: Duration = Duration::from_secs(2);

/// An app, as far as it answers as one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::wayland) enum App {
    /// A connection.
    Wayland(ClientId),
    /// A connection to Xwayland, by what its windows have in common.
    X11(u32),
}

/// Who was asked.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    apps: HashMap<App, Ping>,
    /// A timer will say that it is time for a look.
    ticking: bool,
    /// It has: everybody is looked at once what has arrived is read.
    due: bool,
    newest: u32,
}

/// What one app was asked last.
#[derive(Debug)]
struct Ping {
    at: Timestamp,
    asked: Asked,
    process: Option<Process>,
    /// The window in which it was used since it answered, too soon to be asked again.
    used: Option<TrackId>,
}

/// Where the question is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    /// It was answered.
    Answered,
    /// On its way to Xwayland, about this window.
    Sent(Window, u32),
    /// With the app; on X11 about a window.
    Delivered(Option<(Window, u32)>, Patience),
    /// The app does not answer.
    Unresponsive(Option<(Window, u32)>),
    /// The app of this window cannot be asked, and so many looks in a row found it stopped.
    Watched(Window, u32),
}

impl Asked {
    fn is_unresponsive(self) -> bool {
        match self {
            Asked::Unresponsive(_) => true,
            Asked::Watched(_, stopped) => stopped >= IDLE_LOOKS,
            Asked::Answered | Asked::Sent(..) | Asked::Delivered(..) => false,
        }
    }

    /// The window by which an X11 app was asked.
    fn window(self) -> Option<Window> {
        if let Asked::Watched(window, _) = self {
            Some(window)
        } else {
            self.about().map(|(window, _)| window)
        }
    }

    fn about(self) -> Option<(Window, u32)> {
        match self {
            Asked::Answered | Asked::Watched(..) => None,
            Asked::Sent(window, number) => Some((window, number)),
            Asked::Delivered(about, _) | Asked::Unresponsive(about) => about,
        }
    }
}

/// What was seen of an app since it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Patience {
    began: Option<Duration>,
    last: Option<Activity>,
    looks: u32,
    idle: u32,
    blind: u32,
}

impl Patience {
    /// One more look at an app that has not answered. Whether that is enough.
    fn look(&mut self, now: Option<Activity>) -> bool {
        self.looks += 1;
        match now {
            None => self.blind += 1,
            Some(now) => {
                let began = *self.began.get_or_insert(now.time);
                let rested = self.last.is_some_and(|last| last.time == now.time);
                match now.doing {
                    Doing::Stopped | Doing::Nothing if rested => self.idle += 1,
                    Doing::Blocked if rested => self.blind += 1,
                    Doing::Stopped | Doing::Nothing | Doing::Blocked | Doing::Works => self.idle = 0,
                }
                self.last = Some(now);
                if self.looks >= IDLE_LOOKS && now.time.saturating_sub(began) >= WORK {
                    return true;
                }
            }
        }
        self.idle >= IDLE_LOOKS || self.blind >= BLIND_LOOKS
    }
}

impl Pings {
    /// Whether an app does not answer.
    pub(in crate::wayland) fn is_unresponsive(&self, app: &App) -> bool {
        self.apps.get(app).is_some_and(|ping| ping.asked.is_unresponsive())
    }

    /// Whether an app of which a window is used is to be asked now. One that has not answered need not be
    /// asked again; one that was asked just now is asked a little later.
    fn wants(&mut self, app: &App, track: TrackId, now: Timestamp) -> bool {
        let Some(ping) = self.apps.get_mut(app) else { return true };
        let (answered, soon) = (ping.asked == Asked::Answered, now.since(ping.at) < APART);
        if answered && soon {
            ping.used = Some(track);
        }
        answered && !soon
    }

    /// The windows of which apps are to be asked by now, since they were used after the last answer.
    fn overdue(&mut self, now: Timestamp) -> Vec<TrackId> {
        let rested = |ping: &&mut Ping| ping.asked == Asked::Answered && now.since(ping.at) >= APART;
        self.apps.values_mut().filter(rested).filter_map(|ping| ping.used.take()).collect()
    }

    fn asked(&mut self, app: App, asked: Asked, process: Option<Process>) {
        self.apps.insert(app, Ping { at: clock::now(), asked, process, used: None });
    }

    fn waits(&self) -> bool {
        let looked_at = |asked| matches!(asked, Asked::Delivered(..) | Asked::Watched(..));
        self.apps.values().any(|ping| looked_at(ping.asked) || ping.used.is_some())
    }
}

impl State {
    /// Whose a track is.
    pub(in crate::wayland) fn app_of(&self, track: TrackId) -> Option<App> {
        let track = self.tracks.get(track)?;
        match &track.role {
            Role::X11(shown) => Some(App::X11(self.xwayland.running()?.wire.owner_of(shown.window))),
            Role::Toplevel(_) | Role::Popup(_) => track.root.client().map(|client| App::Wayland(client.id())),
        }
    }

    /// Whether the app of a track does not answer.
    pub(in crate::wayland) fn is_unresponsive(&self, track: TrackId) -> bool {
        self.app_of(track).is_some_and(|app| self.pings.is_unresponsive(&app))
    }

    /// Somebody uses what a surface shows.
    pub(in crate::wayland) fn ping_surface(&mut self, surface: &WlSurface) {
        let track = self.tracks.of_surface(&layout::root_of(surface));
        if let Some(track) = track.and_then(|track| self.tracks.toplevel_of(track)) {
            self.ping(track);
        }
    }

    /// Asks the app of a window whether it answers, unless it was asked just now.
    pub(in crate::wayland) fn ping(&mut self, track: TrackId) {
        let Some(app) = self.app_of(track) else { return };
        if !self.pings.wants(&app, track, clock::now()) {
            if self.pings.waits() {
                self.tick();
            }
            return;
        }
        let Some(role) = self.tracks.get(track).map(|track| &track.role) else { return };
        self.pings.newest = self.pings.newest.wrapping_add(1).max(1);
        let number = self.pings.newest;
        match role {
            Role::X11(shown) => {
                let window = shown.window;
                let Some(x11) = self.xwayland.manager() else { return };
                let pinged = x11.ping(window, number);
                let process = x11.windows.get(window).and_then(|window| window.process);
                if pinged {
                    self.pings.asked(app, Asked::Sent(window, number), process);
                } else {
                    self.pings.asked(app, Asked::Watched(window, 0), process);
                    self.tick();
                }
            }
            Role::Toplevel(toplevel) => {
                let (shell, App::Wayland(client)) = (toplevel.surface.client(), &app) else { return };
                let process = self.clients.process_of(client);
                // Whoever has not answered another's ping is asked as well.
                let sent = shell.send_ping(SERIAL_COUNTER.next_serial());
                if matches!(sent, Err(PingError::DeadSurface)) {
                    return;
                }
                let theirs = client.clone();
                // Who answers is told by nothing else.
                let _ = shell.with_data(|data| data.insert_if_missing_threadsafe(|| theirs));
                self.flush();
                self.pings.asked(app, Asked::Delivered(None, Patience::default()), process);
                self.tick();
            }
            Role::Popup(_) => (),
        }
    }

    /// A Wayland app has answered.
    pub(in crate::wayland) fn ponged(&mut self, shell: &ShellClient) {
        if let Ok(Some(client)) = shell.with_data(|data| data.get::<ClientId>().cloned()) {
            self.answered(&App::Wayland(client));
        }
    }

    /// An X11 app has answered what it was asked about a window.
    pub(in crate::wayland) fn x11_ponged(&mut self, window: Window, number: u32) {
        let Some(app) = self.x11_app(window) else { return };
        if self.pings.apps.get(&app).and_then(|ping| ping.asked.about()) == Some((window, number)) {
            self.answered(&app);
        }
    }

    /// Xwayland has handed on what an app was asked about a window.
    pub(in crate::wayland) fn x11_pinged(&mut self, window: Window, number: u32) {
        let Some(app) = self.x11_app(window) else { return };
        if let Some(ping) = self.pings.apps.get_mut(&app)
            && ping.asked == Asked::Sent(window, number)
        {
            ping.asked = Asked::Delivered(Some((window, number)), Patience::default());
            self.tick();
        }
    }

    fn x11_app(&self, window: Window) -> Option<App> {
        Some(App::X11(self.xwayland.running()?.wire.owner_of(window)))
    }

    fn answered(&mut self, app: &App) {
        let Some(ping) = self.pings.apps.get_mut(app) else { return };
        let before = std::mem::replace(&mut ping.asked, Asked::Answered);
        if before.is_unresponsive() {
            tracing::info!("an app answers again");
            self.report_app_windows(app);
        }
    }

    /// A window is gone: nothing more is said about it.
    pub(in crate::wayland) fn x11_ping_void(&mut self, window: Window) {
        let Some(app) = self.x11_app(window) else { return };
        if self.pings.apps.get(&app).and_then(|ping| ping.asked.window()) == Some(window) {
            self.answered(&app);
        }
    }

    /// An app is gone.
    pub(in crate::wayland) fn forget_ping(&mut self, client: &ClientId) {
        self.pings.apps.remove(&App::Wayland(client.clone()));
    }

    /// All X11 apps are gone.
    pub(in crate::wayland) fn forget_x11_pings(&mut self) {
        self.pings.apps.retain(|app, _| matches!(app, App::Wayland(_)));
    }

    fn tick(&mut self) {
        if std::mem::replace(&mut self.pings.ticking, true) {
            return;
        }
        let timer = self.events.insert_source(Timer::from_duration(LOOK), |_, (), state| {
            state.pings.due = true;
            TimeoutAction::Drop
        });
        if let Err(error) = timer {
            tracing::warn!(%error, "apps that do not answer may stay unnoticed");
        }
        // What X11 apps answer comes through Xwayland, which must not be late with that either.
        let asks_x11 = |(app, ping): (&App, &Ping)| {
            matches!(app, App::X11(_)) && matches!(ping.asked, Asked::Delivered(..))
        };
        if self.pings.apps.iter().any(asks_x11)
            && let Some(x11) = self.xwayland.manager()
        {
            x11.wire.fence();
            x11.wire.flush();
        }
    }

    /// Looks at those who have not answered, if it is time: all that has arrived was read in this turn of the
    /// loop.
    pub(in crate::wayland) fn look_at_silent_apps(&mut self) {
        if !std::mem::take(&mut self.pings.due) {
            return;
        }
        self.pings.ticking = false;
        let x11 = self.xwayland.running();
        let xwayland_is_late = x11.is_some_and(|x11| x11.owes());
        // Which process an X11 app is may be known only now.
        let process_of = |window| x11?.windows.get(window)?.process;
        let (mut silent, mut again) = (Vec::new(), Vec::new());
        for (app, ping) in &mut self.pings.apps {
            ping.process = ping.process.or_else(|| ping.asked.window().and_then(process_of));
            let look = || ping.process.and_then(Process::look);
            match &mut ping.asked {
                Asked::Delivered(..) if matches!(app, App::X11(_)) && xwayland_is_late => {}
                Asked::Delivered(about, patience) => {
                    if patience.look(look()) {
                        ping.asked = Asked::Unresponsive(*about);
                        silent.push(app.clone());
                    }
                }
                Asked::Watched(_, stopped) if look().is_some_and(|now| now.doing == Doing::Stopped) => {
                    *stopped = stopped.saturating_add(1);
                    if *stopped == IDLE_LOOKS {
                        silent.push(app.clone());
                    }
                }
                Asked::Watched(..) => again.push(app.clone()),
                Asked::Answered | Asked::Sent(..) | Asked::Unresponsive(_) => {}
            }
        }
        for app in again {
            self.answered(&app);
        }
        for app in silent {
            tracing::info!("an app does not answer");
            self.report_app_windows(&app);
        }
        for track in self.pings.overdue(clock::now()) {
            self.ping(track);
        }
        if self.pings.waits() {
            self.tick();
        }
    }

    fn report_app_windows(&mut self, app: &App) {
        let shown: Vec<TrackId> = self.tracks.iter().map(|(track, _)| track).collect();
        for track in shown {
            if self.tracks.shown(track) && self.app_of(track).as_ref() == Some(app) {
                self.reports.stale(track);
            }
        }
    }

    /// Ends the app of a window, whatever it does: its connection first, so that its windows are gone at
    /// once.
    pub(in crate::wayland) fn force_quit(&mut self, track: TrackId) {
        let process = match self.app_of(track) {
            Some(App::X11(_)) => self.kill_x11(track),
            Some(App::Wayland(client)) => {
                let process = self.clients.process_of(&client);
                let reason = smithay::reexports::wayland_server::backend::DisconnectReason::ConnectionClosed;
                self.display.backend_handle().kill_client(client, reason);
                process
            }
            None => return,
        };
        tracing::info!(
            process = process.map(|it| Pid::as_raw_nonzero(it.pid())),
            "an app is ended by its user"
        );
        if let Some(process) = process {
            process.kill();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(millis: u64, doing: Doing) -> Option<Activity> {
        Some(Activity { time: Duration::from_millis(millis), doing })
    }

    #[test]
    fn who_does_nothing_although_asked_is_unresponsive_soon() {
        let mut patience = Patience::default();
        let looks = (0..100).take_while(|_| !patience.look(seen(40, Doing::Nothing))).count();
        assert_eq!(looks, IDLE_LOOKS as usize);
    }

    #[test]
    fn who_works_on_something_else_is_so_once_that_took_long() {
        let mut patience = Patience::default();
        let looks = (0..100).take_while(|n| !patience.look(seen(n * 1000, Doing::Works))).count();
        assert_eq!(looks, 5);
    }

    #[test]
    fn of_whom_nothing_is_known_is_so_at_last() {
        let mut patience = Patience::default();
        let looks = (1..100).take_while(|_| !patience.look(None)).count();
        assert_eq!(looks + 1, BLIND_LOOKS as usize);
    }

    proptest! {
        /// On a machine that is ever so busy: an app that wants a processor gets a little of one, or none for
        /// long.
        #[test]
        fn an_app_that_waits_for_a_processor_is_never_so(
            looks in proptest::collection::vec((0u64..20, any::<bool>()), 1..200),
        ) {
            let mut patience = Patience::default();
            let mut time = 0;
            for (worked, sleeps) in looks {
                time += worked;
                // It may rest between two pieces of work, but was at work since.
                let doing = if sleeps && worked > 0 { Doing::Nothing } else { Doing::Works };
                prop_assert!(!patience.look(seen(time, doing)), "after {} ms of work", time);
            }
        }
    }
}
