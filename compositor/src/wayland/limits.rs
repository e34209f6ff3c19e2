//! What each app uses, and what happens when that is too much: the app is cut off with a protocol error, and one line in
//! the log says why.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use media::{Cause, Timestamp};
use smithay::{
    reexports::wayland_server::{
        Client, Resource,
        backend::{ClientData, ClientId, DisconnectReason, protocol::ProtocolError},
        protocol::wl_surface::WlSurface,
    },
    wayland::compositor::CompositorClientState,
};

use super::State;
use crate::{Limits, clock};

/// `wl_display.error.no_memory`: what the protocol has for a client that asks for too much.
const NO_MEMORY: u32 = 2;

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
    connected: u32,
    turn: u64,
    turn_began: Timestamp,
    gone: Arc<Mutex<Vec<ClientId>>>,
}

/// What one app uses now.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    pub(crate) surfaces: u32,
    pub(crate) tracks: u32,
    pub(crate) pools: u32,
    /// Other objects that cost memory here: buffers, regions, positioners.
    pub(crate) objects: u32,
    /// Icons that are being made, each with a small picture.
    pub(crate) icons: u32,
    /// Bytes of canvases and of pictures kept for compositing.
    pub(crate) bytes: u64,
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
    gone: Arc<Mutex<Vec<ClientId>>>,
}

impl ClientData for ClientState {
    fn disconnected(&self, client: ClientId, reason: DisconnectReason) {
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
            connected: 0,
            turn: 0,
            turn_began: Timestamp::default(),
            gone: Arc::default(),
        }
    }

    /// Lets one more app in, if there is room.
    pub(crate) fn admit(&mut self) -> Option<Arc<ClientState>> {
        if self.connected >= self.limits.clients {
            return None;
        }
        self.connected += 1;
        Some(Arc::new(ClientState { compositor: CompositorClientState::default(), gone: self.gone.clone() }))
    }

    /// Forgets apps that have left.
    pub(crate) fn forget_gone(&mut self) {
        for client in self.gone.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            self.used.remove(&client);
            self.connected = self.connected.saturating_sub(1);
        }
    }

    /// What an app uses.
    pub(crate) fn usage(&mut self, client: &ClientId) -> &mut Usage {
        self.used.entry(client.clone()).or_default()
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
        let limit = self.clients.limits.canvas_bytes;
        let usage = self.clients.usage(&client.id());
        usage.bytes = usage.bytes.saturating_sub(before).saturating_add(after);
        let fits = usage.bytes <= limit;
        if !fits {
            self.cut_off(&client, &format!("its windows need more than {limit} bytes of pixels"));
        }
        fits
    }
}
