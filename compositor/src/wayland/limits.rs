//! What each app uses, and what happens when that is too much: the app is cut off with a protocol error, and one line in
//! the log says why.

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

use media::{AppId, Cause, Timestamp};
use rustix::process::Pid;
use smithay::{
    reexports::{
        wayland_protocols::wp::primary_selection::zv1::server::zwp_primary_selection_source_v1::ZwpPrimarySelectionSourceV1,
        wayland_server::{
            Client, Resource,
            backend::{ClientData, ClientId, DisconnectReason, protocol::ProtocolError},
            protocol::wl_surface::WlSurface,
        },
    },
    wayland::compositor::CompositorClientState,
};

use super::{State, barred::Barred, pending::Rects};
use crate::{Limits, clock};

/// `wl_display.error.no_memory`: what the protocol has for a client that asks for too much.
const NO_MEMORY: u32 = 2;

/// Registries of one app, and what it binds of one global.
const REGISTRIES: u32 = 4096;

/// What one app may send in one turn of the loop. Well-behaved apps wait for their buffers, which come back at the end of
/// a turn.
const TURN_REQUESTS: u32 = 50_000;
const TURN_COMMITS: u32 = 200;
const TURN: Duration = Duration::from_millis(200);

/// How long its pictures may take in one turn, if they are more than a few.
const TURN_DRAWING: Duration = Duration::from_millis(500);
const FEW_COMMITS: u32 = 4;

/// All apps that are connected.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) limits: Limits,
    used: HashMap<ClientId, Usage>,
    /// Who is connected, with the process where that is known.
    connected: HashMap<ClientId, (Option<Pid>, Arc<ClientState>)>,
    /// Bytes of pixels kept for all of them.
    bytes: u64,
    newest: u32,
    turn: u64,
    turn_began: Timestamp,
    gone: Arc<Mutex<Vec<ClientId>>>,
    barred: Barred,
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
    /// How many types its sources of the primary selection offer.
    pub(crate) types: Vec<(ZwpPrimarySelectionSourceV1, usize)>,
    /// Icons that are being made, each with a small picture.
    pub(crate) icons: u32,
    /// Bytes of canvases and of pictures kept for compositing.
    pub(crate) bytes: u64,
    /// Its number, once it was asked for.
    number: Option<AppId>,
    /// The newest input handed to the app since its last commit.
    cause: Option<Cause>,
    cut_off: bool,
    /// The loop's turn that these two count.
    turn: u64,
    requests: u32,
    commits: u32,
    drawing: Duration,
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
}

impl ClientState {
    pub(super) fn new(socket: Option<UnixStream>, gone: Arc<Mutex<Vec<ClientId>>>) -> Self {
        Self {
            compositor: CompositorClientState::default(),
            looks: AtomicU32::new(0),
            socket,
            shut: OnceLock::new(),
            gone,
        }
    }

    /// The app looks at the globals. `wl_registry` objects live as long as their app, and no handler hears of them.
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
            turn: 0,
            turn_began: Timestamp::default(),
            gone: Arc::default(),
            barred: Barred::default(),
        }
    }

    /// What to keep for one more connection of a process, if there is room for it.
    pub(crate) fn admit(
        &self,
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
            self.connected.values().filter(|(other, _)| other.is_some() && *other == process).count();
        if of_process >= self.limits.process_clients as usize {
            return Err(Full::Process);
        }
        Ok(Arc::new(ClientState::new(socket, self.gone.clone())))
    }

    /// The connection that was admitted is made.
    pub(crate) fn connected(&mut self, client: ClientId, process: Option<Pid>, app: Arc<ClientState>) {
        self.connected.insert(client, (process, app));
    }

    /// All who are connected.
    pub(crate) fn all(&self) -> Vec<(ClientId, Arc<ClientState>)> {
        self.connected.iter().map(|(client, (_, app))| (client.clone(), app.clone())).collect()
    }

    /// Apps that have left since this was asked last.
    pub(crate) fn take_gone(&mut self) -> Vec<ClientId> {
        mem::take(&mut *self.gone.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets an app that has left.
    pub(crate) fn forget(&mut self, client: &ClientId) {
        let freed = self.used.remove(client).map_or(0, |usage| usage.bytes);
        self.bytes = self.bytes.saturating_sub(freed);
        let Some((process, app)) = self.connected.remove(client) else { return };
        app.close();
        if let Some(process) = process
            && app.was_shut()
        {
            let wait = self.barred.shut(clock::now(), process);
            let process = process.as_raw_nonzero();
            tracing::warn!(process, ?wait, "its process may not connect again for a while");
        }
    }

    /// What an app uses.
    pub(crate) fn usage(&mut self, client: &ClientId) -> &mut Usage {
        self.used.entry(client.clone()).or_default()
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

    /// Apps' requests that have arrived are about to be handled.
    pub(crate) fn begin_turn(&mut self) {
        self.turn += 1;
        self.turn_began = clock::now();
    }

    /// Counts a request. Whether the app sends faster than it is served: a turn of the loop would never end.
    pub(crate) fn floods(&mut self, client: &ClientId, is_commit: bool) -> bool {
        let (turn, began) = (self.turn, self.turn_began);
        let usage = self.usage(client);
        if usage.turn != turn {
            usage.start_turn(turn);
        }
        usage.requests += 1;
        usage.commits += u32::from(is_commit);
        let heavy = is_commit && usage.commits > TURN_COMMITS && clock::now().since(began) > TURN;
        heavy || usage.requests > TURN_REQUESTS
    }

    /// Counts time spent on an app's pictures. Whether it was too much for one turn of the loop.
    pub(crate) fn draws_too_long(&mut self, client: &ClientId, took: Duration) -> bool {
        let turn = self.turn;
        let usage = self.usage(client);
        if usage.turn != turn {
            usage.start_turn(turn);
        }
        usage.drawing += took;
        usage.drawing > TURN_DRAWING && usage.commits > FEW_COMMITS
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

impl Usage {
    fn start_turn(&mut self, turn: u64) {
        (self.turn, self.requests, self.commits, self.drawing) = (turn, 0, 0, Duration::ZERO);
    }
}

impl State {
    /// Cuts an app off.
    pub(crate) fn cut_off(&mut self, client: &Client, reason: &str) {
        if std::mem::replace(&mut self.clients.usage(&client.id()).cut_off, true) {
            return;
        }
        tracing::warn!(reason, "an app is cut off");
        let error = ProtocolError {
            code: NO_MEMORY,
            object_id: 1,
            object_interface: "wl_display".into(),
            message: reason.into(),
        };
        client.kill(&self.display, error);
    }

    /// Accounts a change of the bytes kept for an app; cuts it off when that is over its limit.
    pub(crate) fn account(&mut self, surface: &WlSurface, before: u64, after: u64) -> bool {
        let Some(client) = surface.client() else { return false };
        let limits = self.clients.limits;
        let usage = self.clients.usage(&client.id());
        let used = usage.bytes;
        usage.bytes = used.saturating_sub(before).saturating_add(after);
        let of_app = usage.bytes;
        self.clients.bytes = self.clients.bytes.saturating_sub(used).saturating_add(of_app);
        if of_app > limits.canvas_bytes {
            let limit = limits.canvas_bytes;
            self.cut_off(&client, &format!("its windows need more than {limit} bytes of pixels"));
            return false;
        }
        // Only whoever asks for more now: the others keep what they have.
        if self.clients.bytes > limits.session_bytes && of_app > used {
            let limit = limits.session_bytes;
            self.cut_off(&client, &format!("all windows together need more than {limit} bytes of pixels"));
            return false;
        }
        true
    }
}
