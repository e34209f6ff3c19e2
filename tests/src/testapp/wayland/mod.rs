//! The test app as a Wayland guest.
//!
//! The loop wakes for the display, for a command or for the next moving picture. An input is answered within
//! the dispatch that read it; nothing waits for a frame callback but motion.

mod buffers;
mod events;
mod hostile;
mod lock;
mod popup;
mod text;

use anyhow::{Context, Result, bail};
use media::{Pixels, Rect};
use rustix::event::{PollFd, PollFlags, poll};
use wayland_client::{
    Connection, EventQueue, QueueHandle,
    backend::WaylandError,
    globals::{GlobalList, registry_queue_init},
    protocol::{wl_compositor::WlCompositor, wl_seat::WlSeat, wl_shm::WlShm, wl_surface::WlSurface},
};
use wayland_protocols::xdg::shell::client::{
    xdg_surface::XdgSurface, xdg_toplevel::XdgToplevel, xdg_wm_base::XdgWmBase,
};

use self::{buffers::Buffers, hostile::Hostile, lock::Lock, popup::Popup, text::Text};
use super::{Entry, Options, control::Control, now_us, report::Report, scene::Scene, ticker::Ticker};

/// What the window may do about its next picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawing {
    /// The first configure has not come.
    Unconfigured,
    /// Pictures can be committed.
    Ready,
    /// A moving picture was committed; the display has not asked for another. `due`: the beat has.
    Awaiting {
        /// Whether the next picture is overdue.
        due: bool,
    },
}

/// What an xdg_surface is for.
#[derive(Debug)]
enum Role {
    /// The window.
    Window,
    /// A popup; so many are beneath it.
    Popup(usize),
    /// One of very many.
    Extra(WlSurface),
}

struct App {
    queue: QueueHandle<App>,
    connection: Connection,
    compositor: WlCompositor,
    shm: WlShm,
    shell: XdgWmBase,
    seat: Option<WlSeat>,
    surface: WlSurface,
    xdg_surface: XdgSurface,
    toplevel: XdgToplevel,
    /// The lowest first.
    popups: Vec<Popup>,
    popup_allowed: bool,
    text: Option<Text>,
    lock: Option<Lock>,
    hostile: Hostile,
    buffers: Buffers,
    /// What was painted but could not be committed, since all buffers are held by the display.
    unshown: Vec<Rect<Pixels>>,
    scene: Scene,
    report: Report,
    drawing: Drawing,
    /// The size of the newest configure that was not acknowledged yet; zero: ours to choose.
    asked: (i32, i32),
    /// The surface that the pointer is in, and where.
    entered: Option<WlSurface>,
    pointer: (i32, i32),
    /// When the loop last woke: events read then arrived before.
    woke: u64,
    closed: bool,
}

/// Runs until the window is closed.
pub(super) fn run(options: Options) -> Result<()> {
    let mut control = Control::new(options.control.as_deref())?;
    let connection = Connection::connect_to_env().context("no Wayland display")?;
    let (globals, mut queue) = registry_queue_init::<App>(&connection)?;
    let mut app = App::new(&options, &connection, &globals, &queue.handle())?;
    let mut ticker = Ticker::default();
    while !app.closed {
        let interval = app.scene.interval();
        let timeout = match app.hostile.restless() {
            true => Some(rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 }),
            false => ticker.until_due(interval, now_us()),
        };
        let command = wait_and_dispatch(&mut queue, &mut app, &control, timeout.as_ref())?;
        if command {
            control.serve(&mut app.scene)?;
        }
        if ticker.take_due(app.scene.interval(), now_us()) {
            app.beat()?;
        }
        app.misbehave()?;
    }
    Ok(())
}

/// Waits until something is to do and handles the display's events. Answers whether a command waits.
fn wait_and_dispatch(
    queue: &mut EventQueue<App>,
    app: &mut App,
    control: &Control,
    timeout: Option<&rustix::time::Timespec>,
) -> Result<bool> {
    queue.dispatch_pending(app)?;
    let display_flags = if app.flush()? { PollFlags::IN } else { PollFlags::IN | PollFlags::OUT };
    let Some(read) = queue.prepare_read() else { return Ok(false) };
    let (display, command) = {
        let mut fds = vec![PollFd::from_borrowed_fd(read.connection_fd(), display_flags)];
        fds.extend(control.sources().map(|source| PollFd::from_borrowed_fd(source.as_fd(), PollFlags::IN)));
        match poll(&mut fds, timeout) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => bail!("poll: {error}"),
        }
        let readable = |fd: &PollFd<'_>| !fd.revents().difference(PollFlags::OUT).is_empty();
        (fds.first().is_some_and(readable), fds.get(1).is_some_and(readable))
    };
    app.woke = now_us();
    if display {
        read.read()?;
    }
    queue.dispatch_pending(app)?;
    Ok(command)
}

impl App {
    fn new(
        options: &Options,
        connection: &Connection,
        globals: &GlobalList,
        queue: &QueueHandle<App>,
    ) -> Result<Self> {
        let compositor: WlCompositor = globals.bind(queue, 4..=6, ()).context("wl_compositor")?;
        let shm: WlShm = globals.bind(queue, 1..=1, ()).context("wl_shm")?;
        let shell: XdgWmBase = globals.bind(queue, 1..=5, ()).context("xdg_wm_base")?;
        let seat: Option<WlSeat> = globals.bind(queue, 5..=8, ()).ok();
        let text = seat.as_ref().filter(|_| options.text_input);
        let text = text.map(|seat| Text::new(globals, seat, queue)).transpose()?;
        let surface = compositor.create_surface(queue, ());
        let xdg_surface = shell.get_xdg_surface(&surface, queue, Role::Window);
        let toplevel = xdg_surface.get_toplevel(queue, ());
        toplevel.set_title(options.title.clone());
        toplevel.set_app_id("dormer-testapp".to_owned());
        surface.commit();
        Ok(Self {
            queue: queue.clone(),
            connection: connection.clone(),
            compositor,
            shm,
            shell,
            seat,
            surface,
            xdg_surface,
            toplevel,
            popups: Vec::new(),
            entered: None,
            popup_allowed: options.popup,
            text,
            lock: options.lock_pointer.then(|| Lock::new(globals, queue)).transpose()?,
            hostile: Hostile::new(options),
            buffers: Buffers::default(),
            unshown: Vec::new(),
            scene: Scene::new(options),
            report: Report::new(options.report.as_deref())?,
            drawing: Drawing::Unconfigured,
            asked: (0, 0),
            pointer: (0, 0),
            woke: 0,
            closed: false,
        })
    }

    /// The window's configure: takes the size it asks for and shows all.
    fn configured(&mut self, serial: u32) -> Result<()> {
        if self.drawing != Drawing::Unconfigured && self.hostile.acknowledges_nothing() {
            return Ok(());
        }
        self.xdg_surface.ack_configure(serial);
        let size = self.scene.size();
        let (w, h) = (u32::try_from(self.asked.0)?, u32::try_from(self.asked.1)?);
        let damage = if w > 0 && h > 0 && (w, h) != (size.w, size.h) {
            let damage = self.scene.resize(w, h);
            self.report.add(&Entry::Size { width: damage.w, height: damage.h })?;
            damage
        } else if self.drawing == Drawing::Unconfigured {
            size.to_rect()
        } else {
            // Nothing to paint anew, but an acknowledged state takes effect with a commit.
            self.surface.commit();
            return Ok(());
        };
        if self.drawing == Drawing::Unconfigured {
            self.drawing = Drawing::Ready;
        }
        self.show(&[damage])
    }

    /// Hands everything to the display; answers whether it took all.
    fn flush(&self) -> Result<bool> {
        match self.connection.flush() {
            Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(false),
            flushed => Ok(flushed.map(|()| true)?),
        }
    }

    /// A key or a button went down: paints and commits at once.
    fn react(&mut self) -> Result<()> {
        let damage = self.scene.input();
        self.show(&[damage])?;
        self.flush()?;
        let code = self.scene.code();
        let (received, committed) = (self.woke, now_us());
        self.report.add(&Entry::Reaction { input: code.input, frame: code.frame, received, committed })
    }

    /// The next moving picture is due.
    fn beat(&mut self) -> Result<()> {
        match self.drawing {
            Drawing::Unconfigured => Ok(()),
            Drawing::Ready => self.animate(),
            Drawing::Awaiting { .. } => {
                self.drawing = Drawing::Awaiting { due: true };
                Ok(())
            }
        }
    }

    /// The display asks for the next picture.
    fn frame_done(&mut self) -> Result<()> {
        let due = self.drawing == Drawing::Awaiting { due: true } && self.scene.interval().is_some();
        self.drawing = Drawing::Ready;
        if due { self.animate() } else { Ok(()) }
    }

    fn animate(&mut self) -> Result<()> {
        let damage = self.scene.advance();
        self.surface.frame(&self.queue, ());
        self.drawing = Drawing::Awaiting { due: false };
        self.show(&damage)?;
        self.flush()?;
        self.report.add(&Entry::Frame { frame: self.scene.code().frame, at: now_us() })
    }

    /// Commits what was painted, or remembers it until a buffer is free.
    fn show(&mut self, damage: &[Rect<Pixels>]) -> Result<()> {
        self.unshown.extend_from_slice(damage);
        if self.drawing == Drawing::Unconfigured {
            return Ok(());
        }
        let Some(buffer) =
            self.buffers.filled(&self.shm, &self.queue, &self.scene, damage, self.hostile.restless())?
        else {
            return Ok(());
        };
        self.surface.attach(Some(buffer), 0, 0);
        let size = self.scene.size().to_rect();
        for rect in self.unshown.drain(..).filter_map(|rect| rect.intersection(size)) {
            self.surface.damage_buffer(rect.x, rect.y, rect.w as i32, rect.h as i32);
        }
        self.hostile.before_commit(&self.surface);
        self.surface.commit();
        Ok(())
    }

    /// A buffer came back: what waited for one is shown now.
    fn buffer_released(&mut self) -> Result<()> {
        if self.unshown.is_empty() { Ok(()) } else { self.show(&[]) }
    }
}
