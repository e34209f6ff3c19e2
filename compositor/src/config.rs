//! What a compositor is started with.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use media::{Logical, Size};
use rustix::process::{Resource, getrlimit};

use crate::memory;

/// What a compositor is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the Wayland socket is made; the apps' `XDG_RUNTIME_DIR`. Must exist and belong to the user
    /// alone.
    pub runtime_dir: PathBuf,
    /// The name of the socket in `runtime_dir`. `None` takes the first free of `wayland-1` … `wayland-32`.
    pub socket_name: Option<String>,
    /// Where windows come from.
    pub source: Source,
    /// The size of the virtual screen that apps are told of. Windows may be larger: viewers place them, not
    /// we.
    pub output: Size<Logical>,
    /// How much one app may use.
    pub limits: Limits,
    /// Counts the apps that users ask to start: what opens then may take the keyboard.
    pub starts: Starts,
}

/// Where windows come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Wayland compositor of our own.
    Wayland {
        /// Whether X11 apps are served too, by an Xwayland that starts with the first of them.
        x11_apps: bool,
    },
    /// An X display of this machine that runs already, by its name, such as `:1`.
    X11(String),
}

impl Source {
    /// Whether the compositor serves X11 apps.
    pub(crate) fn serves_x11_apps(&self) -> bool {
        match self {
            Source::Wayland { x11_apps } => *x11_apps,
            Source::X11(_) => false,
        }
    }
}

/// How many apps users have asked to start, shared between the compositor and who starts them.
#[derive(Clone, Debug, Default)]
pub struct Starts(Arc<AtomicU64>);

impl Starts {
    /// A user asks to start an app.
    pub fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Config {
    /// The usual configuration with its socket in `runtime_dir`.
    pub fn new(runtime_dir: impl Into<PathBuf>) -> Self {
        Self {
            runtime_dir: runtime_dir.into(),
            socket_name: None,
            source: Source::Wayland { x11_apps: true },
            output: Size::new(1920, 1080),
            limits: Limits::default(),
            starts: Starts::default(),
        }
    }
}

/// The name of the file in [`Config::runtime_dir`] by which X11 apps may connect, for their `XAUTHORITY`. It
/// is there if they are served.
pub(crate) const XAUTHORITY: &str = "Xauthority";

/// How much one app (one Wayland connection, unless said otherwise) may use. What is beyond is refused where
/// that is all there is to it: a picture is not taken, a connection not made. Else the app is cut off.
/// `docs/limits.md` says which is which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Surfaces alive at a time.
    pub surfaces: u32,
    /// Toplevels and popups alive at a time.
    pub tracks: u32,
    /// How deep popups nest.
    pub popup_depth: u32,
    /// How deep subsurfaces nest.
    pub subsurface_depth: u32,
    /// Shared memory pools alive at a time.
    pub pools: u32,
    /// The size of one pool, in bytes.
    pub pool_bytes: u64,
    /// Pixels held for the app in canvases and for compositing, in bytes: further pictures are not taken.
    /// Xwayland stands for many apps and may have what all together may.
    pub canvas_bytes: u64,
    /// Frame callbacks and presentation feedbacks that wait on one surface.
    pub callbacks: u32,
    /// Pixels held for all apps together, in bytes: further pictures are not taken.
    pub session_bytes: u64,
    /// Connections at a time; more are refused.
    pub clients: u32,
    /// Connections of one process at a time, so that none locks others out; more are refused.
    pub process_clients: u32,
}

impl Default for Limits {
    /// Those for the memory of this machine or container.
    fn default() -> Self {
        Self::for_memory(memory::look().map_or(USUAL_MEMORY, |memory| memory.total))
    }
}

/// What a machine is taken to have that does not tell.
const USUAL_MEMORY: u64 = 4 << 30;

impl Limits {
    /// Half of the memory holds apps' pictures: the other half is for the apps, for what is encoded of the
    /// pictures and for everything else. One app alone gets three quarters of that half, so that the others
    /// always find some.
    fn for_memory(bytes: u64) -> Self {
        let session_bytes = bytes / 2;
        // Each has two descriptors, and a few more for its memory.
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let clients = u32::try_from(files / 4).unwrap_or(u32::MAX).clamp(16, 1024);
        Self {
            surfaces: 1024,
            tracks: 256,
            popup_depth: 16,
            subsurface_depth: 16,
            pools: 1024,
            // As large as the protocol lets it be: the memory is the app's own.
            pool_bytes: 1 << 31,
            canvas_bytes: session_bytes / 4 * 3,
            callbacks: 8192,
            session_bytes,
            clients,
            process_clients: clients / 2,
        }
    }
}
