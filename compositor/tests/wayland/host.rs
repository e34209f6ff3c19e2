//! A compositor under test, with what it reported.

use std::{
    collections::HashMap,
    sync::mpsc::{self, Receiver},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use compositor::{Compositor, Config, Event, Handle, Source};
use dormer_compositor as compositor;
use media::{
    Canvas, Cause, ClipboardRequest, Command, InputId, Pixels, Point, Region, Size, Timestamp, TrackId,
    ViewerId, Window,
};
use tempfile::TempDir;

/// Anything that does not happen within this does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Host {
    pub(crate) handle: Handle,
    pub(crate) dir: TempDir,
    pub(crate) display: String,
    /// N of `:N`, if it serves X11 apps.
    pub(crate) x11_display: Option<u32>,
    /// The compositor's.
    thread: ThreadId,
    events: Receiver<(ThreadId, Event)>,
    seen: Vec<media::Event>,
    canvases: HashMap<TrackId, Canvas>,
}

impl Host {
    pub(crate) fn start() -> Self {
        Self::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let mut config = Config::new(dir.path());
        config.source = Source::Wayland { x11_apps: false };
        change(&mut config);
        let (sender, events) = mpsc::channel();
        crate::log::keep();
        let sink = move |event| {
            let _ = sender.send((thread::current().id(), event));
        };
        let handle = Compositor::spawn(config, sink).expect("a compositor");
        let ready = events.recv_timeout(PATIENCE);
        let Ok((thread, Event::Ready(ready))) = ready else {
            panic!("the first event must be Ready");
        };
        let value = |name| ready.env.get(name).and_then(|value| value.to_str());
        let display = value("WAYLAND_DISPLAY").expect("a socket").to_owned();
        let x11_display = value("DISPLAY").map(|name| name[1..].parse().expect("a number"));
        Self { handle, dir, display, x11_display, thread, events, seen: Vec::new(), canvases: HashMap::new() }
    }

    pub(crate) fn send(&self, command: Command) {
        self.handle.send(None, command).expect("room");
    }

    /// Waits until all that was sent has been carried out: what is still in the queue could be joined with
    /// what follows.
    pub(crate) fn settle(&mut self) {
        // Asked for on a clipboard that has no such type: answered at once.
        let (request, mime) = (ClipboardRequest(u32::MAX), "text/nothing".to_owned());
        self.send(Command::ReadClipboard { request, mime });
        let answer = media::Event::ClipboardContent { request, data: None };
        while self.seen.pop_if(|event| *event == answer).is_none() {
            let (_, event) = self.events.recv_timeout(PATIENCE).expect("an answer");
            self.take(event);
        }
    }

    pub(crate) fn frame_done(&self, track: TrackId) {
        self.send(Command::FrameDone { track, at: Timestamp(1_000_000) });
    }

    /// Waits for an event that `wanted` makes something of. Those before it are dropped.
    pub(crate) fn wait<T>(&mut self, what: &str, mut wanted: impl FnMut(&media::Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while !self.seen.is_empty() {
                let event = self.seen.remove(0);
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok((_, event)) => self.take(event),
                Err(error) => panic!("no {what}: {error}"),
            }
        }
    }

    /// All that is reported until `marker`'s bell rings through: nothing sent before is still under way.
    pub(crate) fn drain(&mut self) -> Vec<media::Event> {
        while let Ok((_, event)) = self.events.try_recv() {
            self.take(event);
        }
        std::mem::take(&mut self.seen)
    }

    pub(crate) fn window(&mut self, what: &str, wanted: impl Fn(&Window) -> bool) -> Window {
        self.wait(what, |event| match event {
            media::Event::Window(window) if wanted(window) => Some(window.clone()),
            _ => None,
        })
    }

    pub(crate) fn damage(&mut self, track: TrackId) -> (Size<Pixels>, Region, Option<Cause>) {
        self.wait("damage", |event| match event {
            media::Event::Damaged { track: damaged, size, region, cause, .. } if *damaged == track => {
                Some((*size, region.clone(), *cause))
            }
            _ => None,
        })
    }

    pub(crate) fn gone(&mut self, track: TrackId) {
        self.wait("end of a window", |event| (*event == media::Event::WindowGone(track)).then_some(()));
    }

    /// The pixel of a track, B G R A.
    pub(crate) fn pixel(&mut self, track: TrackId, at: Point<Pixels>) -> [u8; 4] {
        self.canvases[&track].read(|frame| {
            let start = at.y as usize * frame.stride() + at.x as usize * 4;
            frame.data()[start..start + 4].try_into().expect("4 bytes")
        })
    }

    pub(crate) fn canvas_size(&self, track: TrackId) -> Size<Pixels> {
        self.canvases[&track].read(|frame| frame.size())
    }

    /// Waits until the compositor has logged a line with these words.
    pub(crate) fn logs(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !crate::log::has(self.thread, words) {
            assert!(Instant::now() < deadline, "never logged: {words}");
            thread::yield_now();
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Canvas { track, canvas } => {
                self.canvases.insert(track, canvas);
            }
            Event::Source(event) => {
                if let media::Event::Window(window) = &event {
                    assert!(self.canvases.contains_key(&window.track), "a window before its canvas");
                }
                self.seen.push(event);
            }
            Event::Ended { failure } => panic!("the compositor ended: {failure:?}"),
            Event::Ready(_) => panic!("ready twice"),
        }
    }
}

/// Input of just now: what is said to be later is taken for that.
pub(crate) fn cause(input: u64) -> Cause {
    Cause { viewer: ViewerId(3), input: InputId(input), at: Timestamp(u64::MAX) }
}
