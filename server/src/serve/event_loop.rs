//! The session's loop: everything that happens meets the session core here, and everything the core decides
//! is done here.
//!
//! One task owns the core. What happens elsewhere (the compositor's thread, encoder workers, links, apps, the
//! console) arrives as a [`HostEvent`]; what the core wants done leaves as a call that never blocks. No
//! policy lives here.

mod owner;

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use clock::now;
use media::{Command, Encoded, Position, Timestamp, TrackId, ViewerId};
use protocol::control::{RefusalCode, ToViewer};
use session::host::{Action, Host as Core, Join};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time,
};
use tracing::{info, warn};
use transport::{HostIncoming, HostLink, HostSender, Joined, TicketId, UnixSeconds};

use super::{
    rights::{self, Hold, Rights},
    start_order::StartOrder,
};
use crate::{
    apps::{AppEnded, Apps, Outcome},
    catalogue,
    console::{self, Answer, MadeLink, Request},
    health::Health,
    links::{Announcement, Links, SharedLinks},
    reaper::OrphanEnds,
};

/// Something that happened outside of the core.
#[derive(Debug)]
pub(super) enum HostEvent {
    /// In the compositor.
    Compositor(compositor::Event),
    /// An encoder finished a job.
    Encoded(Encoded),
    /// A viewer was let in.
    Joined(Box<Joined>),
    /// A viewer sent something, or its link ended.
    Link(ViewerId, HostIncoming),
    /// The user asked for something, on the console or on the page.
    Order(console::Order),
    /// A command is to be started, and was looked up in the catalogue.
    Start(StartOrder),
    /// The process was asked to end.
    Stop,
}

/// Why the session ends.
#[derive(Debug)]
pub(super) enum End {
    /// The process was asked to.
    Stopped,
    /// The first app ended, and the session with it.
    Command(AppEnded),
    /// The compositor failed.
    Compositor(String),
}

/// How long viewers are given to hear that it is over.
const LAST_WORDS: Duration = Duration::from_millis(1500);

/// What runs a session: the core, which decides, and what carries its decisions out. See the module's
/// documentation.
pub(super) struct EventLoop {
    /// Decides.
    core: Core,
    engines: Engines,
    apps: SessionApps,
    ways_in: WaysIn,
    viewers: HashMap<ViewerId, LinkEnd>,
    /// Windows and popups that are open.
    open: HashSet<TrackId>,
    since: Instant,
    /// Where links' readers put what arrives.
    events: mpsc::Sender<HostEvent>,
}

/// The threads that work on pictures.
pub(super) struct Engines {
    /// Where windows come from.
    pub compositor: compositor::Handle,
    /// Makes updates of pixels.
    pub encoders: encoder::Pool,
}

/// How viewers come in.
pub(super) struct WaysIn {
    /// Makes links.
    pub links: Links,
    /// Those that stand in the link file.
    pub announcement: Arc<Announcement>,
    /// By what viewers are there.
    pub rights: Rights,
}

/// The apps of the session.
pub(super) struct SessionApps {
    /// Those that run.
    pub apps: Apps,
    /// Where their ends are reported.
    pub ends: mpsc::Receiver<AppEnded>,
    /// The app whose end ends the session, if that is wished.
    pub first: FirstApp,
    /// Tells when something ended that apps had left behind.
    pub orphan_ends: OrphanEnds,
}

/// Whether the first app's end is the session's.
pub(super) enum FirstApp {
    /// It is not.
    Free,
    /// It is, and its process runs.
    Runs(u32),
    /// It ended, and left something behind in the background: the session ends with that.
    LeftSomething(AppEnded),
}

/// Our end of one viewer's link.
struct LinkEnd {
    sender: HostSender,
    /// By what right it is there.
    hold: Hold,
    /// By which link it came, where that is known.
    link: Option<TicketId>,
    /// From where.
    address: SocketAddr,
    since: UnixSeconds,
    reader: JoinHandle<()>,
}

impl EventLoop {
    /// Of a session that has begun. Links' readers put what arrives into `events`.
    pub(super) fn new(
        core: Core,
        engines: Engines,
        apps: SessionApps,
        ways_in: WaysIn,
        events: mpsc::Sender<HostEvent>,
    ) -> Self {
        let (viewers, open, since) = (HashMap::new(), HashSet::new(), Instant::now());
        Self { core, engines, apps, ways_in, viewers, open, since, events }
    }

    /// Runs until the session ends.
    pub(super) async fn run(&mut self, events: &mut mpsc::Receiver<HostEvent>) -> End {
        let mut by = None;
        loop {
            self.act(by.take());
            let due = self.core.poll_timeout();
            let some_may_end = self.viewers.values().any(|link| !matches!(link.hold, Hold::Lasting));
            let event = tokio::select! {
                biased;
                // First: what comes by a right that has ended counts no longer.
                () = self.ways_in.rights.change(), if some_may_end => {
                    self.end_links();
                    continue;
                }
                event = events.recv() => event,
                Some(ended) = self.apps.ends.recv() => match self.handle_app_ended(ended) {
                    Some(end) => return end,
                    None => continue,
                },
                Ok(()) = self.apps.orphan_ends.changed() => match self.end_of_first_app() {
                    Some(end) => return end,
                    None => continue,
                },
                () = sleep_until(due) => {
                    self.core.handle_timeout(now());
                    continue;
                }
            };
            // We hold a sender ourselves, so the channel never closes.
            let Some(event) = event else { return End::Stopped };
            if let HostEvent::Link(viewer, _) = event {
                by = Some(viewer);
            }
            if let Some(end) = self.handle(event) {
                return end;
            }
        }
    }

    /// Ends links and apps. What apps still say meanwhile is read and dropped, so that nobody waits for us.
    pub(super) async fn close(mut self, events: &mut mpsc::Receiver<HostEvent>, reason: &str) {
        for link in self.viewers.values() {
            link.sender.send_control(&ToViewer::Goodbye { reason: reason.to_owned() });
            link.sender.close(reason);
        }
        let drain = async { while events.recv().await.is_some() {} };
        let ended = async {
            let farewells = self.viewers.values_mut().map(|link| &mut link.reader);
            let all_said = async {
                for reader in farewells {
                    // A reader ends when its link has; it cannot fail.
                    let _ = reader.await;
                }
            };
            // Viewers that are gone need not be waited for.
            let all_said = time::timeout(LAST_WORDS, all_said);
            let _ = tokio::join!(self.apps.apps.end_all(&mut self.apps.ends), all_said);
        };
        tokio::select! {
            () = drain => {}
            () = ended => {}
        }
        events.close();
    }

    fn handle(&mut self, event: HostEvent) -> Option<End> {
        let now = now();
        match event {
            HostEvent::Compositor(event) => return self.handle_compositor(now, event),
            HostEvent::Encoded(encoded) => self.core.handle_encoded(now, encoded),
            HostEvent::Joined(joined) => self.join(now, *joined),
            HostEvent::Link(viewer, incoming) => self.handle_link(now, viewer, incoming),
            HostEvent::Order((Request::Stop, answer)) => {
                let _ = answer.send(Answer::Stopping { apps: self.apps.apps.running() });
                return Some(End::Stopped);
            }
            HostEvent::Order((request, answer)) => self.handle_order(request, answer),
            HostEvent::Start(order) => order.carry_out(&mut self.apps.apps),
            HostEvent::Stop => return Some(End::Stopped),
        }
        None
    }

    fn handle_compositor(&mut self, now: Timestamp, event: compositor::Event) -> Option<End> {
        match event {
            compositor::Event::Canvas { track, canvas } => self.engines.encoders.canvas(track, canvas),
            compositor::Event::Source(event) => {
                let closed = self.note_window(&event);
                self.core.handle_event(now, event);
                return closed.then(|| self.end_of_first_app()).flatten();
            }
            compositor::Event::Ready(ready) => self.core.handle_ready(ready.capabilities),
            compositor::Event::Ended { failure } => {
                return Some(failure.map_or(End::Stopped, End::Compositor));
            }
        }
        None
    }

    fn join(&mut self, now: Timestamp, joined: Joined) {
        let hold = self.ways_in.rights.of(&joined);
        let Joined { link, hello, role, address, ticket, .. } = joined;
        let join = Join { hello, role, round_trip: Some(link.stats().rtt) };
        let joining = hold.and_then(|hold| Ok((self.core.handle_join(now, join)?, hold)));
        match joining {
            Ok((viewer, hold)) => {
                let by = self.ways_in.rights.link(hold, ticket);
                info!(%viewer, %address, ?role, ticket = ?by.unwrap_or(ticket), "viewer joined");
                let sender = link.sender().clone();
                let reader = tokio::spawn(read_link(viewer, link, self.events.clone()));
                let since = UnixSeconds::now();
                self.viewers.insert(viewer, LinkEnd { sender, hold, link: by, address, since, reader });
            }
            Err(refusal) => {
                warn!(%address, reason = %refusal.message, "viewer refused");
                link.refuse(refusal);
                tokio::spawn(async move { link.close("refused").await });
            }
        }
    }

    /// Ends the links whose right has ended.
    fn end_links(&mut self) {
        let ends = |link: &LinkEnd| !self.ways_in.rights.uses(link.hold);
        let over: Vec<_> = self.viewers.iter().filter(|(_, link)| ends(link)).map(|(id, _)| *id).collect();
        for viewer in over {
            self.core.handle_right_ended(now(), viewer, rights::over());
        }
    }

    fn handle_link(&mut self, now: Timestamp, viewer: ViewerId, incoming: HostIncoming) {
        match incoming {
            HostIncoming::Control(message) => self.core.handle_control(now, viewer, message),
            HostIncoming::Input(input) => self.core.handle_input(now, viewer, input),
            HostIncoming::Feedback(feedback) => self.core.handle_feedback(now, viewer, feedback),
            HostIncoming::KeyframeWanted { track, stream } => {
                self.engines.encoders.restart_video(viewer, track, stream)
            }
            HostIncoming::Closed(reason) => {
                info!(%viewer, %reason, "viewer left");
                self.viewers.remove(&viewer);
                self.core.handle_gone(now, viewer);
            }
        }
    }

    fn handle_order(&mut self, request: Request, answer: oneshot::Sender<Answer>) {
        match request {
            Request::Run { command, directory } => {
                let events = self.events.clone();
                // Reading files takes milliseconds: not on the task that carries pictures.
                tokio::task::spawn_blocking(move || {
                    let order = StartOrder::look_up(command, directory, answer);
                    // The host ends when its inbox does: then nothing is started any more.
                    let _ = events.blocking_send(HostEvent::Start(order));
                });
            }
            Request::Apps => {
                tokio::task::spawn_blocking(move || answer.send(Answer::Apps(catalogue::installed(None))));
            }
            Request::Outcome { pid } => {
                let (asker, told) = oneshot::channel();
                self.apps.apps.tell_of_end(pid, asker);
                tokio::spawn(pass_on(told, answer));
            }
            Request::Health => drop(answer.send(Answer::Health(self.health()))),
            Request::Link { role, ttl_secs } => {
                let links = self.ways_in.links.share(role, Duration::from_secs(ttl_secs));
                // An asker that went away needs no answer.
                let _ = answer.send(match links {
                    Ok(SharedLinks { native, browser }) => {
                        Answer::Link { native: native.into(), browser: browser.map(MadeLink::from) }
                    }
                    Err(error) => Answer::Error(format!("{error:#}")),
                });
            }
            Request::Drop { track, x, y, list } => {
                let (track, position) = (TrackId(track), Position::new(x, y));
                let offered =
                    self.engines.compositor.send(None, Command::DropFiles { track, position, list });
                let _ = answer.send(match offered {
                    Ok(()) => Answer::Offered,
                    Err(overflow) => Answer::Error(overflow.to_string()),
                });
            }
            Request::Status => drop(answer.send(Answer::Status(Box::new(self.status())))),
            Request::Links => drop(answer.send(Answer::Links(self.open_links()))),
            Request::Viewers => drop(answer.send(Answer::Viewers(self.present()))),
            Request::Kick { who } => drop(answer.send(self.kick(who))),
            Request::Revoke { ticket } => drop(answer.send(self.revoke(TicketId(ticket)))),
            // It ends the loop, which hears it first.
            Request::Stop => drop(answer),
        }
    }

    fn health(&self) -> Health {
        let env = self.apps.apps.env();
        Health {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            up_secs: self.since.elapsed().as_secs(),
            viewers: self.core.viewers().count(),
            windows: self.open.len(),
            apps: self.apps.apps.running(),
            x11: env.display.serves_x11(),
            bus: env.bus.is_some(),
            entrance: env.entrance.clone(),
        }
    }

    fn handle_app_ended(&mut self, ended: AppEnded) -> Option<End> {
        self.apps.apps.handle_ended(&ended);
        if matches!(self.apps.first, FirstApp::Runs(pid) if pid == ended.pid) {
            self.apps.first = FirstApp::LeftSomething(ended);
        }
        self.end_of_first_app()
    }

    /// Keeps count of what is open. Whether something closed.
    fn note_window(&mut self, event: &media::Event) -> bool {
        if let media::Event::Window(window) = event {
            self.open.insert(window.track);
        }
        matches!(event, media::Event::WindowGone(track) if self.open.remove(track))
    }

    /// The session's end, if the first app's is that, it has ended, and so has all that it started.
    fn end_of_first_app(&mut self) -> Option<End> {
        if !matches!(self.apps.first, FirstApp::LeftSomething(_)) || self.apps.apps.first_left_something() {
            return None;
        }
        // Some apps only ask, through the bus, for the process that shows their windows; it may outlive
        // these.
        if !self.open.is_empty() && self.apps.apps.bus_started_something() {
            return None;
        }
        match std::mem::replace(&mut self.apps.first, FirstApp::Free) {
            FirstApp::LeftSomething(ended) => Some(End::Command(ended)),
            FirstApp::Free | FirstApp::Runs(_) => None,
        }
    }

    /// Does what the core decided on what `by` sent, or on something else.
    fn act(&mut self, by: Option<ViewerId>) {
        while let Some(action) = self.core.poll_action() {
            match action {
                Action::Send { viewer, message } => {
                    self.with_link(viewer, |link| link.send_control(&message))
                }
                Action::SendUpdate { viewer, update, priority, bitrate } => {
                    self.with_link(viewer, |link| {
                        link.set_rate(bitrate);
                        link.send_update(&update, priority);
                    });
                }
                Action::Encode(job) => self.engines.encoders.submit(job),
                Action::Source(command) => {
                    if let Err(overflow) = self.engines.compositor.send(by, command) {
                        self.handle_overflow(overflow);
                    }
                }
                Action::ForgetViewer(viewer) => self.engines.encoders.forget_viewer(viewer),
                Action::ForgetTrack(track) => self.engines.encoders.forget_track(track),
                Action::Disconnect { viewer, refusal } => {
                    if refusal.code == RefusalCode::Replaced {
                        info!(%viewer, "viewer is back over another link");
                    } else {
                        warn!(%viewer, reason = %refusal.message, "viewer thrown out");
                    }
                    self.with_link(viewer, |link| link.refuse(refusal));
                }
            }
        }
    }

    /// Whoever sends more than apps can take has to go. What nobody sent was a repetition of what is said
    /// anyhow.
    fn handle_overflow(&mut self, overflow: compositor::Overflow) {
        match overflow.viewer {
            Some(viewer) => self.core.handle_overflow(now(), viewer, overflow.to_string()),
            None => warn!(%overflow, "what was said to apps is dropped"),
        }
    }

    fn with_link(&self, viewer: ViewerId, act: impl FnOnce(&HostSender)) {
        // The core may speak of a viewer whose link has just gone: then there is nobody to hear it.
        if let Some(link) = self.viewers.get(&viewer) {
            act(&link.sender);
        }
    }
}

impl Drop for LinkEnd {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Hands on what arrives on a link until it closes. Waits while the core is busy, which holds the viewer
/// back.
async fn read_link(viewer: ViewerId, mut link: HostLink, events: mpsc::Sender<HostEvent>) {
    loop {
        let incoming = link.recv().await;
        let closed = matches!(incoming, HostIncoming::Closed(_));
        if events.send(HostEvent::Link(viewer, incoming)).await.is_err() || closed {
            return;
        }
    }
}

async fn sleep_until(due: Option<Timestamp>) {
    match due {
        Some(due) => time::sleep(due.since(now())).await,
        None => std::future::pending().await,
    }
}

/// Passes on how an app ended, until the asker goes away.
async fn pass_on(told: oneshot::Receiver<Option<Outcome>>, mut answer: oneshot::Sender<Answer>) {
    tokio::select! {
        outcome = told => drop(answer.send(Answer::Outcome(outcome.ok().flatten()))),
        () = answer.closed() => {}
    }
}
