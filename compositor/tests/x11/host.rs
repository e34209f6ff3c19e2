//! A compositor under test with an Xwayland, and what it reported.

use std::{
    collections::HashMap,
    io::Write,
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use dormer_compositor::{Compositor, Config, Event, Handle};
use media::{Canvas, Cause, Command, InputId, Position, Timestamp, TrackId, ViewerId, Window};
use tempfile::TempDir;

/// Anything that does not happen within this does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Host {
    handle: Handle,
    _dir: TempDir,
    pub(crate) display: u32,
    events: Receiver<Event>,
    canvases: HashMap<TrackId, Canvas>,
    inputs: u64,
}

impl Host {
    /// A compositor that serves X11 apps; `None`, with the reason printed, where Xwayland is missing.
    pub(crate) fn start() -> Option<Self> {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Option<Self> {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (sender, events) = mpsc::channel();
        let sink = move |event| {
            let _ = sender.send(event);
        };
        let mut config = Config::new(dir.path());
        change(&mut config);
        let handle = Compositor::spawn(config, sink).expect("a compositor");
        let Ok(Event::Ready(ready)) = events.recv_timeout(PATIENCE) else {
            panic!("the first event must be Ready");
        };
        let display =
            ready.env.get("DISPLAY").and_then(|name| name.to_str()?.strip_prefix(':')?.parse().ok());
        let Some(display) = display else {
            let complete = std::env::var_os("DORMER_TESTS_COMPLETE").is_some();
            assert!(!complete, "Xwayland is not installed; `make setup` installs its package xwayland");
            // The macro's words would be libtest's, who keeps them to itself.
            let _ = writeln!(std::io::stderr(), "SKIPPED: Xwayland is not installed");
            return None;
        };
        Some(Self { handle, _dir: dir, display, events, canvases: HashMap::new(), inputs: 0 })
    }

    pub(crate) fn send(&self, command: Command) {
        self.handle.send(None, command).expect("room");
    }

    /// A new cause.
    pub(crate) fn cause(&mut self) -> Cause {
        self.inputs += 1;
        Cause { viewer: ViewerId(1), input: InputId(self.inputs), at: Timestamp(u64::MAX) }
    }

    pub(crate) fn point(&mut self, track: TrackId, x: f64, y: f64) {
        let cause = self.cause();
        self.send(Command::Motion { cause, track, position: Position::new(x, y) });
    }

    pub(crate) fn press(&mut self, pressed: bool) {
        let cause = self.cause();
        self.send(Command::Button { cause, button: media::Button::LEFT, pressed });
    }

    pub(crate) fn key(&mut self, track: TrackId, key: u16, pressed: bool) {
        let cause = self.cause();
        self.send(Command::Key { cause, track, key: media::KeyCode(key), pressed });
    }

    /// Waits for an event that `wanted` makes something of. Those before it are dropped.
    pub(crate) fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&media::Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(Event::Canvas { track, canvas }) => {
                    self.canvases.insert(track, canvas);
                }
                Ok(Event::Source(event)) => {
                    // A viewer that takes all it can get.
                    match event {
                        media::Event::Damaged { track, captured: at, .. } => {
                            self.send(Command::FrameDone { track, at });
                        }
                        media::Event::FrameWanted(track) => {
                            self.send(Command::FrameDone { track, at: Timestamp(1_000_000) });
                        }
                        _ => (),
                    }
                    if let Some(found) = wanted(&event) {
                        return found;
                    }
                }
                Ok(Event::Ended { failure }) => panic!("the compositor ended: {failure:?}"),
                Ok(Event::Ready(_)) => panic!("ready twice"),
                Err(error) => panic!("no {what}: {error}"),
            }
        }
    }

    pub(crate) fn window(&mut self, what: &str, wanted: impl Fn(&Window) -> bool) -> Window {
        self.wait(what, |event| match event {
            media::Event::Window(window) if wanted(window) => Some(window.clone()),
            _ => None,
        })
    }

    pub(crate) fn gone(&mut self, track: TrackId) {
        self.wait("end of a window", |event| (*event == media::Event::WindowGone(track)).then_some(()));
    }

    /// Waits until a pixel of a track is B G R A.
    pub(crate) fn pixel(&mut self, track: TrackId, x: usize, y: usize, bgra: [u8; 4]) {
        let deadline = Instant::now() + PATIENCE;
        while self.read(track, x, y) != Some(bgra) {
            assert!(Instant::now() < deadline, "the pixel stays {:?}", self.read(track, x, y));
            self.wait("damage", |event| matches!(event, media::Event::Damaged { .. }).then_some(()));
        }
    }

    fn read(&self, track: TrackId, x: usize, y: usize) -> Option<[u8; 4]> {
        self.canvases.get(&track)?.read(|frame| {
            let start = y * frame.stride() + x * 4;
            frame.data().get(start..start + 4)?.try_into().ok()
        })
    }

    /// The process of its Xwayland, if one runs.
    pub(crate) fn xwayland(&self) -> Option<rustix::process::Pid> {
        let display = format!(":{}", self.display);
        let is_it = |dir: &std::fs::DirEntry| {
            let line = std::fs::read(dir.path().join("cmdline")).unwrap_or_default();
            let mut words = line.split(|&byte| byte == 0);
            let program = words.next().unwrap_or_default();
            program.ends_with(b"Xwayland") && words.next() == Some(display.as_bytes())
        };
        let found = std::fs::read_dir("/proc").ok()?.flatten().find(is_it)?;
        rustix::process::Pid::from_raw(found.file_name().to_str()?.parse().ok()?)
    }
}
