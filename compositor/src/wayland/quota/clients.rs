//! What each app uses, and what happens when that is too much. Pixels are refused: the app goes on, and its
//! window keeps the picture it has. What cannot be refused ends in a protocol error for the app. Either way
//! one line in the log says why.
//!
//! Invariant: nothing here looks at how much time has passed. On a machine that is busy, time says nothing
//! about an app.

use std::{
    collections::HashMap,
    mem,
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use media::{AppId, Cause, NoticeKind};
use rustix::process::Pid;
use smithay::{
    reexports::wayland_server::{
        Client, Resource,
        backend::{ClientData, ClientId, DisconnectReason, ObjectId, protocol::ProtocolError},
        protocol::wl_surface::WlSurface,
    },
    wayland::compositor::CompositorClientState,
};

use crate::wayland::State;
use crate::wayland::quota::banned::Barred;
use crate::wayland::quota::unapplied::Rects;
use crate::{
    Limits, clock,
    memory::{self, Memory},
    process::Process,
};

/// `wl_display.error.no_memory`: what the protocol has for a client that asks for too much.
const NO_MEMORY: u32 = 2;

/// Registries of one app, and what it binds of one global.
const REGISTRIES: u32 = 4096;

/// What one app may send in one turn of the loop: many more than any that waits for what it asked for,
/// however late that is. Whoever sends more is cut off if it has made work for longer than [`TURN_WORK`] as
/// well: its turn might never end.
const TURN_REQUESTS: u32 = 50_000;

/// How long the compositor may work on what one app sends in one turn, if it is very much; without the
/// copying of pictures, of which there is little, as [`crate::wayland::quota::later`] says.
const TURN_WORK: Duration = Duration::from_millis(250);

/// Of very many requests, so many pass between two looks at the time.
const LOOK_EVERY: u32 = 64;

/// Pictures that grow by less than this do not have the machine asked for its memory.
const LITTLE: u64 = 1 << 20;

/// A part of the memory that pictures leave for everything else.
const RESERVE: u64 = 16;

/// All apps that are connected.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) limits: Limits,
    used: HashMap<ClientId, Usage>,
    /// Who is connected, with the process where that is known.
    connected: HashMap<ClientId, Connected>,
    /// Bytes of pixels kept for all of them.
    bytes: u64,
    newest: u32,
    /// Whether they have become fewer since somebody looked whether that helps.
    pub(in crate::wayland) freed: bool,
    reading: Reading,
    gone: Arc<Mutex<Vec<ClientId>>>,
    barred: Barred,
}

/// A connection.
#[derive(Debug)]
struct Connected {
    /// The number of the process that made it, where that is known.
    pid: Option<Pid>,
    /// That process.
    process: Option<Process>,
    app: Arc<ClientState>,
}

/// The app that is read now.
#[derive(Debug)]
struct Reading {
    /// How long this thread has worked.
    worked: fn() -> Duration,
    /// How long it had when it began to read the app, and what it did meanwhile that does not count.
    began: Duration,
    turn: u64,
}

/// Why pixels are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoom {
    #[error("its windows would need more than {0} bytes of pixels")]
    App(u64),
    #[error("all windows together would need more than {0} bytes of pixels")]
    Session(u64),
    #[error("the machine has only {0} bytes of memory left")]
    Machine(u64),
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("too many apps are connected")]
    Session,
    #[error("its process has too many connections")]
    Process,
    #[error("its process was shut {times} times; it may come again in {left:?}")]
    Barred { times: u32, left: Duration },
}

/// What one app uses now.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) surfaces: u32,
    pub(crate) tracks: u32,
    pub(crate) pools: u32,
    pub(crate) regions: u32,
    /// Their rectangles, and those of surfaces.
    pub(crate) rects: Rects,
    /// Requests to its surfaces that have not taken effect.
    pub(crate) requests_kept: u32,
    /// Pointers, keyboards, outputs and the like.
    pub(crate) listeners: u32,
    /// Other objects that cost memory here: buffers, positioners, callbacks and many more.
    pub(crate) objects: u32,
    /// How many types its sources of selections offer.
    pub(crate) types: HashMap<ObjectId, usize>,
    /// Its devices that hear of all selections, and its lists of all windows.
    pub(crate) watches: u32,
    /// Icons that are being made, each with a small picture.
    pub(crate) icons: u32,
    /// Bytes of canvases and of pictures kept for compositing.
    pub(crate) bytes: u64,
    /// Its number, once it was asked for.
    number: Option<AppId>,
    /// The newest input handed to the app since its last commit.
    cause: Option<Cause>,
    cut_off: bool,
    /// Whether it is known that there is no room for its pictures.
    refused: bool,
    /// Requests in this turn of the loop.
    turn: u64,
    requests: u32,
}

/// By which socket an app came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The session's.
    Session,
    /// That of a sandbox: such an app sees no protocols that reach beyond its own windows.
    Sandbox,
}

/// What Wayland keeps for each app that connected to our socket.
#[derive(Debug)]
pub(crate) struct ClientState {
    pub(crate) compositor: CompositorClientState,
    /// How often the app looked at the globals: once for each registry, and more.
    looks: AtomicU32,
    /// The connection once more, to be shut where nothing else can be done.
    socket: Option<UnixStream>,
    /// Why it was.
    shut: OnceLock<&'static str>,
    gone: Arc<Mutex<Vec<ClientId>>>,
    origin: Origin,
}

impl ClientState {
    pub(in crate::wayland) fn new(
        origin: Origin,
        socket: Option<UnixStream>,
        gone: Arc<Mutex<Vec<ClientId>>>,
    ) -> Self {
        Self {
            compositor: CompositorClientState::default(),
            looks: AtomicU32::new(0),
            socket,
            shut: OnceLock::new(),
            gone,
            origin,
        }
    }

    /// Whether the app may use what reaches beyond its own windows.
    pub(crate) fn is_trusted(&self) -> bool {
        self.origin == Origin::Session
    }

    /// The app looks at the globals. `wl_registry` objects live as long as their app, and no handler hears of
    /// them.
    pub(crate) fn looks_at_globals(&self) {
        if self.looks.fetch_add(1, Ordering::Relaxed) >= REGISTRIES {
            self.shut("it made too many registries");
        }
    }

    /// Ends the connection: Smithay may remember its app for a while, and with that our copy of the socket.
    fn close(&self) {
        if let Some(socket) = &self.socket {
            // Closed already: then there is nothing to do.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Whether it was cut off that way.
    fn was_shut(&self) -> bool {
        self.shut.get().is_some()
    }

    /// Cuts the app off from outside of the loop's work on it: its requests end where its connection does.
    pub(crate) fn shut(&self, reason: &'static str) {
        if let Some(socket) = &self.socket
            && self.shut.set(reason).is_ok()
        {
            // Shut already: then there is nothing to do.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl ClientData for ClientState {
    fn disconnected(&self, client: ClientId, reason: DisconnectReason) {
        if let Some(reason) = self.shut.get() {
            tracing::warn!(reason, "an app is cut off");
        }
        match reason {
            DisconnectReason::ConnectionClosed => tracing::debug!("an app disconnected"),
            DisconnectReason::ProtocolError(error) => {
                tracing::info!(reason = %error.message, "an app was disconnected");
            }
        }
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }
}

impl Clients {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            used: HashMap::new(),
            connected: HashMap::new(),
            bytes: 0,
            newest: 0,
            freed: false,
            reading: Reading { worked: clock::worked, began: Duration::ZERO, turn: 0 },
            gone: Arc::default(),
            barred: Barred::default(),
        }
    }

    /// What to keep for one more connection of a process, if there is room for it.
    pub(crate) fn admit(
        &self,
        origin: Origin,
        process: Option<Pid>,
        socket: Option<UnixStream>,
    ) -> Result<Arc<ClientState>, Full> {
        if self.connected.len() >= self.limits.clients as usize {
            return Err(Full::Session);
        }
        if let Some(process) = process {
            self.barred.check(clock::now(), process)?;
        }
        let of_process =
            self.connected.values().filter(|other| other.pid.is_some() && other.pid == process).count();
        if of_process >= self.limits.process_clients as usize {
            return Err(Full::Process);
        }
        Ok(Arc::new(ClientState::new(origin, socket, self.gone.clone())))
    }

    /// The connection that was admitted is made.
    pub(crate) fn connected(&mut self, client: ClientId, pid: Option<Pid>, app: Arc<ClientState>) {
        self.connected.insert(client, Connected { pid, process: pid.and_then(Process::of), app });
    }

    /// All who are connected.
    pub(crate) fn all(&self) -> Vec<(ClientId, Arc<ClientState>)> {
        self.connected.iter().map(|(client, it)| (client.clone(), it.app.clone())).collect()
    }

    /// Apps that have left since this was asked last.
    pub(crate) fn take_gone(&mut self) -> Vec<ClientId> {
        mem::take(&mut *self.gone.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets an app that has left.
    pub(crate) fn forget(&mut self, client: &ClientId) {
        let freed = self.used.remove(client).map_or(0, |usage| usage.bytes);
        self.bytes = self.bytes.saturating_sub(freed);
        self.freed |= freed > 0;
        let Some(Connected { pid: process, app, .. }) = self.connected.remove(client) else { return };
        app.close();
        if let Some(process) = process
            && app.was_shut()
        {
            let wait = self.barred.shut(clock::now(), process);
            let process = process.as_raw_nonzero();
            tracing::warn!(process, ?wait, "its process may not connect again for a while");
        }
    }

    /// The process that made a connection, if it is known.
    pub(crate) fn process(&self, client: &ClientId) -> Option<Pid> {
        self.connected.get(client)?.pid
    }

    /// That process, if it is another than this one.
    pub(crate) fn process_of(&self, client: &ClientId) -> Option<Process> {
        self.connected.get(client)?.process
    }

    /// Whether a connection was shut for what its app did.
    pub(crate) fn was_shut(&self, client: &ClientId) -> bool {
        self.connected.get(client).is_some_and(|it| it.app.was_shut())
    }

    /// What an app uses.
    pub(crate) fn usage(&mut self, client: &ClientId) -> &mut Usage {
        self.used.entry(client.clone()).or_default()
    }

    /// By how many objects an app hears of all selections or all windows.
    pub(in crate::wayland) fn watches(&self, client: &ClientId) -> u32 {
        self.used.get(client).map_or(0, |usage| usage.watches)
    }

    /// An app's number. Those of X11 apps are higher.
    pub(crate) fn number(&mut self, client: &ClientId) -> AppId {
        let next = AppId(u64::from(self.newest) + 1);
        let number = *self.usage(client).number.get_or_insert(next);
        if number == next {
            self.newest += 1;
        }
        number
    }

    /// An app's requests that have arrived are about to be handled.
    pub(crate) fn begin_reading(&mut self) {
        self.reading.turn += 1;
        self.reading.began = (self.reading.worked)();
    }

    /// Does work that is not held against the app that is read.
    pub(crate) fn aside<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let before = (self.reading.worked)();
        let done = work();
        self.reading.began += (self.reading.worked)().saturating_sub(before);
        done
    }

    /// Counts a request. Whether the app sends faster than it is served: a turn of the loop would never end.
    pub(crate) fn floods(&mut self, client: &ClientId) -> bool {
        let turn = self.reading.turn;
        let usage = self.usage(client);
        if usage.turn != turn {
            (usage.turn, usage.requests) = (turn, 0);
        }
        usage.requests = usage.requests.saturating_add(1);
        let requests = usage.requests;
        requests > TURN_REQUESTS
            && requests.is_multiple_of(LOOK_EVERY)
            && (self.reading.worked)().saturating_sub(self.reading.began) > TURN_WORK
    }

    /// Whether pictures may grow by so many bytes. `alone`: those of one app, which uses so many now.
    fn room(&self, grow: u64, alone: Option<u64>) -> Result<(), NoRoom> {
        let Limits { canvas_bytes, session_bytes, .. } = self.limits;
        if alone.is_some_and(|used| used.saturating_add(grow) > canvas_bytes) {
            return Err(NoRoom::App(canvas_bytes));
        }
        if self.bytes.saturating_add(grow) > session_bytes {
            return Err(NoRoom::Session(session_bytes));
        }
        match self.memory(grow) {
            Some(Memory { total, free }) if free < grow.saturating_add(total / RESERVE) => {
                Err(NoRoom::Machine(free))
            }
            _ => Ok(()),
        }
    }

    /// What the machine has, if that is worth asking for.
    fn memory(&self, grow: u64) -> Option<Memory> {
        if grow < LITTLE { None } else { memory::look() }
    }

    /// What an app uses, if it has not left.
    pub(crate) fn usage_if_known(&mut self, client: &ClientId) -> Option<&mut Usage> {
        self.used.get_mut(client)
    }

    /// Remembers that input went to the app of `surface`.
    pub(crate) fn caused(&mut self, surface: &WlSurface, cause: Cause) {
        if let Some(client) = surface.client() {
            self.usage(&client.id()).cause = Some(cause);
        }
    }

    /// The input that a commit of `surface` most likely answers.
    pub(crate) fn take_cause(&mut self, surface: &WlSurface) -> Option<Cause> {
        let client = surface.client()?;
        self.usage(&client.id()).cause.take()
    }
}

impl State {
    /// Cuts an app off.
    pub(crate) fn cut_off(&mut self, client: &Client, reason: &str) {
        if std::mem::replace(&mut self.clients.usage(&client.id()).cut_off, true) {
            return;
        }
        tracing::warn!(reason, "an app is cut off");
        self.tell_of_app(&client.id(), NoticeKind::Ended);
        let error = ProtocolError {
            code: NO_MEMORY,
            object_id: 1,
            object_interface: "wl_display".into(),
            message: reason.into(),
        };
        client.kill(&self.display, error);
    }

    /// Accounts a change of the bytes kept for an app, if there is room for it; else nothing may be kept.
    pub(crate) fn account(&mut self, surface: &WlSurface, before: u64, after: u64) -> bool {
        let room = self.has_room(surface, after.saturating_sub(before));
        if room {
            self.book(surface, before, after);
        }
        room
    }

    /// Whether an app's pictures may grow by so many bytes. If not, that is said once, until they may again.
    pub(crate) fn has_room(&mut self, surface: &WlSurface, grow: u64) -> bool {
        let Some(client) = surface.client() else { return false };
        if grow == 0 {
            return true;
        }
        // X11 apps have limits of their own.
        let alone =
            if self.is_xwayland(&client) { None } else { Some(self.clients.usage(&client.id()).bytes) };
        let room = self.clients.room(grow, alone);
        let refused_before = std::mem::replace(&mut self.clients.usage(&client.id()).refused, room.is_err());
        if let Err(reason) = room
            && !refused_before
            && self.tell_of_app(&client.id(), NoticeKind::NoRoom)
        {
            tracing::warn!(%reason, "an app's window keeps its picture, since there is no room for the next");
        }
        room.is_ok()
    }

    /// Accounts a change of the bytes kept for an app that has happened.
    pub(crate) fn book(&mut self, surface: &WlSurface, before: u64, after: u64) {
        let Some(client) = surface.client() else { return };
        let usage = self.clients.usage(&client.id());
        let used = usage.bytes;
        usage.bytes = used.saturating_sub(before).saturating_add(after);
        let of_app = usage.bytes;
        self.clients.bytes = self.clients.bytes.saturating_sub(used).saturating_add(of_app);
        self.clients.freed |= of_app < used;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// How long the compositor's thread has worked, in these tests.
        static WORKED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    fn work(more: Duration) {
        WORKED.set(WORKED.get() + more);
    }

    fn clients() -> (Clients, ClientId) {
        let display = smithay::reexports::wayland_server::Display::<State>::new().expect("a display");
        let (ours, _theirs) = UnixStream::pair().expect("a socket");
        let mut clients = Clients::new(Limits::default());
        clients.reading.worked = || WORKED.get();
        let data = Arc::new(ClientState::new(Origin::Session, None, Arc::default()));
        let client = display.handle().insert_client(ours, data).expect("a client");
        clients.begin_reading();
        (clients, client.id())
    }

    fn send(clients: &mut Clients, client: &ClientId, requests: u32, each: Duration) -> bool {
        (0..requests).any(|_| {
            work(each);
            clients.floods(client)
        })
    }

    #[test]
    fn few_requests_are_no_flood_however_much_work_they_are() {
        let (mut clients, client) = clients();
        assert!(!send(&mut clients, &client, TURN_REQUESTS, Duration::from_secs(1)));
    }

    #[test]
    fn many_requests_are_no_flood_while_they_are_little_work() {
        let (mut clients, client) = clients();
        assert!(!send(&mut clients, &client, 1_000_000, Duration::ZERO));
        clients.aside(|| work(Duration::from_secs(9)));
        assert!(!send(&mut clients, &client, 1000, Duration::ZERO), "pictures do not count");
    }

    #[test]
    fn many_requests_that_are_much_work_are_a_flood_within_one_turn_alone() {
        let (mut clients, client) = clients();
        assert!(send(&mut clients, &client, TURN_REQUESTS + 1000, Duration::from_micros(10)));
        for _ in 0..10 {
            clients.begin_reading();
            assert!(!send(&mut clients, &client, TURN_REQUESTS, Duration::from_micros(10)));
        }
    }

    #[test]
    fn pictures_have_room_within_each_limit() {
        let (mut clients, _) = clients();
        (clients.limits.canvas_bytes, clients.limits.session_bytes) = (600, 1000);
        clients.bytes = 500;
        assert_eq!(clients.room(400, Some(200)), Ok(()));
        assert_eq!(clients.room(401, Some(200)), Err(NoRoom::App(600)));
        assert_eq!(clients.room(501, None), Err(NoRoom::Session(1000)));
        (clients.limits.canvas_bytes, clients.limits.session_bytes) = (u64::MAX, u64::MAX);
        clients.bytes = 0;
        assert_eq!(clients.room(1 << 20, Some(0)), Ok(()), "this machine has a MiB");
        assert!(matches!(clients.room(1 << 60, Some(0)), Err(NoRoom::Machine(_))));
    }
}
