//! What a compositor is started with.

use std::path::PathBuf;

use media::{Logical, Size};

/// What a compositor is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the Wayland socket is made; the apps' `XDG_RUNTIME_DIR`. Must exist and belong to the user alone.
    pub runtime_dir: PathBuf,
    /// The name of the socket in `runtime_dir`. `None` takes the first free of `wayland-1` … `wayland-32`.
    pub socket_name: Option<String>,
    /// Whether X11 apps are served too, by an Xwayland that starts with the first of them.
    pub xwayland: bool,
    /// The size of the virtual screen that apps are told of. Windows may be larger: viewers place them, not we.
    pub output: Size<Logical>,
    /// How much one app may use.
    pub limits: Limits,
}

impl Config {
    /// The usual configuration with its socket in `runtime_dir`.
    pub fn new(runtime_dir: impl Into<PathBuf>) -> Self {
        Self {
            runtime_dir: runtime_dir.into(),
            socket_name: None,
            xwayland: true,
            output: Size::new(1920, 1080),
            limits: Limits::default(),
        }
    }
}

/// How much one app (one Wayland connection, unless said otherwise) may use before it is cut off.
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
    /// Pixels held for the app in canvases and for compositing, in bytes.
    pub canvas_bytes: u64,
    /// Frame callbacks and presentation feedbacks that wait on one surface.
    pub callbacks: u32,
    /// Pixels held for all apps together, in bytes. Whoever asks for more is cut off.
    pub session_bytes: u64,
    /// Connections at a time; more are refused.
    pub clients: u32,
    /// Connections of one process at a time, so that none locks others out; more are refused.
    pub process_clients: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            surfaces: 1024,
            tracks: 256,
            popup_depth: 16,
            subsurface_depth: 16,
            pools: 1024,
            pool_bytes: 1 << 30,
            canvas_bytes: 512 << 20,
            callbacks: 1024,
            session_bytes: 2 << 30,
            clients: 256,
            process_clients: 32,
        }
    }
}
