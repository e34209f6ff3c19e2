//! The test app drawn straight through X11: the yardstick for remote windows, and an X11 guest.

use anyhow::{Context, Result};
use media::{Pixels, Rect};
use rustix::event::{PollFd, PollFlags, poll};
use x11rb::{
    connection::{Connection, RequestConnection},
    properties::WmSizeHints,
    protocol::{
        Event,
        xproto::{
            AtomEnum, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext, ImageFormat,
            InputFocus, PropMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use super::{Entry, Options, control::Control, now_us, report::Report, scene::Scene, ticker::Ticker};

x11rb::atom_manager! {
    /// What a window with a close button needs.
    Atoms: AtomsCookie { WM_PROTOCOLS, WM_DELETE_WINDOW, _NET_WM_NAME, _NET_WM_ICON, UTF8_STRING, }
}

/// X keycodes are evdev's and 8 more.
const KEYCODE_OFFSET: u32 = 8;

struct App {
    connection: RustConnection,
    atoms: Atoms,
    window: Window,
    gc: Gcontext,
    depth: u8,
    scene: Scene,
    report: Report,
    take_focus: bool,
    /// When the loop last woke: events read then arrived before.
    woke: u64,
    closed: bool,
}

/// Runs until the window is closed.
pub(super) fn run(options: Options) -> Result<()> {
    let mut control = Control::new(options.control.as_deref())?;
    let mut app = App::new(&options)?;
    let mut ticker = Ticker::default();
    while !app.closed {
        let timeout = ticker.until_due(app.scene.interval(), now_us());
        let command = {
            let mut fds = vec![PollFd::new(app.connection.stream(), PollFlags::IN)];
            fds.extend(
                control.sources().map(|source| PollFd::from_borrowed_fd(source.as_fd(), PollFlags::IN)),
            );
            poll(&mut fds, timeout.as_ref())?;
            fds.get(1).is_some_and(|fd| !fd.revents().is_empty())
        };
        app.woke = now_us();
        app.dispatch()?;
        if command {
            control.serve(&mut app.scene)?;
        }
        if ticker.take_due(app.scene.interval(), now_us()) {
            app.animate()?;
        }
        // Events that were read while a picture was written wake no poll.
        app.dispatch()?;
    }
    Ok(())
}

/// Tells window managers an icon and the sizes that the window takes.
fn hint(connection: &RustConnection, atoms: &Atoms, window: Window) -> Result<()> {
    let icon = super::icon();
    connection.change_property32(PropMode::REPLACE, window, atoms._NET_WM_ICON, AtomEnum::CARDINAL, &icon)?;
    let mut hints = WmSizeHints::new();
    hints.min_size = Some((325, 215));
    hints.max_size = Some((1200, 900));
    hints.base_size = Some((5, 15));
    hints.size_increment = Some((10, 20));
    hints.set_normal_hints(connection, window)?;
    Ok(())
}

impl App {
    fn new(options: &Options) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(None).context("no X display")?;
        let atoms = Atoms::new(&connection)?.reply()?;
        let root = &connection.setup().roots[screen];
        let (depth, parent) = (root.root_depth, root.root);
        let (window, gc) = (connection.generate_id()?, connection.generate_id()?);
        let events = EventMask::EXPOSURE
            | EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE
            | EventMask::FOCUS_CHANGE
            | EventMask::STRUCTURE_NOTIFY;
        let aux = CreateWindowAux::new().event_mask(events);
        let (w, h) = (u16::try_from(options.size.width)?, u16::try_from(options.size.height)?);
        connection.create_window(depth, window, parent, 0, 0, w, h, 0, WindowClass::INPUT_OUTPUT, 0, &aux)?;
        connection.create_gc(gc, window, &CreateGCAux::new().graphics_exposures(0))?;
        let title = options.title.as_bytes();
        connection.change_property8(
            PropMode::REPLACE,
            window,
            atoms._NET_WM_NAME,
            atoms.UTF8_STRING,
            title,
        )?;
        connection.change_property8(PropMode::REPLACE, window, AtomEnum::WM_NAME, AtomEnum::STRING, title)?;
        let class = b"dormer-testapp\0dormer-testapp\0";
        connection.change_property8(
            PropMode::REPLACE,
            window,
            AtomEnum::WM_CLASS,
            AtomEnum::STRING,
            class,
        )?;
        let protocols = [atoms.WM_DELETE_WINDOW];
        connection.change_property32(
            PropMode::REPLACE,
            window,
            atoms.WM_PROTOCOLS,
            AtomEnum::ATOM,
            &protocols,
        )?;
        if options.hints {
            hint(&connection, &atoms, window)?;
        }
        connection.map_window(window)?;
        connection.flush()?;
        Ok(Self {
            connection,
            atoms,
            window,
            gc,
            depth,
            scene: Scene::new(options),
            report: Report::new(options.report.as_deref())?,
            take_focus: options.take_focus,
            woke: 0,
            closed: false,
        })
    }

    fn dispatch(&mut self) -> Result<()> {
        while let Some(event) = self.connection.poll_for_event()? {
            self.handle(event)?;
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<()> {
        match event {
            Event::KeyPress(key) => self.key(key.detail, true),
            Event::KeyRelease(key) => self.key(key.detail, false),
            Event::ButtonPress(press) => self.button(press.detail, true, press.event_x, press.event_y),
            Event::ButtonRelease(press) => self.button(press.detail, false, press.event_x, press.event_y),
            Event::Expose(expose) => {
                let (x, y) = (i32::from(expose.x), i32::from(expose.y));
                self.show(Rect::new(x, y, expose.width.into(), expose.height.into()))
            }
            Event::ConfigureNotify(now) => self.resized(now.width.into(), now.height.into()),
            Event::MapNotify(_) if self.take_focus => {
                self.connection.set_input_focus(InputFocus::PARENT, self.window, x11rb::CURRENT_TIME)?;
                Ok(self.connection.flush()?)
            }
            Event::FocusIn(_) => self.report.add(&Entry::Focus { held: true }),
            Event::FocusOut(_) => self.report.add(&Entry::Focus { held: false }),
            Event::ClientMessage(message) if message.data.as_data32()[0] == self.atoms.WM_DELETE_WINDOW => {
                self.closed = true;
                self.report.add(&Entry::Close)
            }
            _ => Ok(()),
        }
    }

    fn key(&mut self, keycode: u8, pressed: bool) -> Result<()> {
        let key = u32::from(keycode).saturating_sub(KEYCODE_OFFSET);
        self.react(pressed)?;
        self.report.add(&Entry::Key { key, pressed, at: self.woke })
    }

    fn button(&mut self, detail: u8, pressed: bool, x: i16, y: i16) -> Result<()> {
        let button = match detail {
            1 => 0x110,
            2 => 0x112,
            3 => 0x111,
            // Wheels are buttons in X11, and no input that the app paints.
            wheel => return if pressed { self.scrolled(wheel) } else { Ok(()) },
        };
        self.react(pressed)?;
        self.report.add(&Entry::Button { button, pressed, x: x.into(), y: y.into(), at: self.woke })
    }

    fn scrolled(&mut self, wheel: u8) -> Result<()> {
        let (dx, dy) = match wheel {
            4 => (0, -120),
            5 => (0, 120),
            6 => (-120, 0),
            7 => (120, 0),
            _ => return Ok(()),
        };
        self.report.add(&Entry::Scrolled { dx, dy })
    }

    fn react(&mut self, pressed: bool) -> Result<()> {
        if !pressed {
            return Ok(());
        }
        let damage = self.scene.input();
        self.show(damage)?;
        let code = self.scene.code();
        let (received, committed) = (self.woke, now_us());
        self.report.add(&Entry::Reaction { input: code.input, frame: code.frame, received, committed })
    }

    fn resized(&mut self, width: u32, height: u32) -> Result<()> {
        let size = self.scene.size();
        if (size.w, size.h) == (width, height) {
            return Ok(());
        }
        let damage = self.scene.resize(width, height);
        self.report.add(&Entry::Size { width, height })?;
        self.show(damage)
    }

    fn animate(&mut self) -> Result<()> {
        for damage in self.scene.advance() {
            self.show(damage)?;
        }
        self.report.add(&Entry::Frame { frame: self.scene.code().frame, at: now_us() })
    }

    /// Draws a part of the scene, in as many requests as the server's limit asks for.
    fn show(&self, damage: Rect<Pixels>) -> Result<()> {
        let Some(damage) = damage.intersection(self.scene.size().to_rect()) else { return Ok(()) };
        let row_bytes = damage.w as usize * 4;
        let most = (self.connection.maximum_request_bytes().saturating_sub(64) / row_bytes).max(1);
        let rows: Vec<&[u8]> = self.scene.frame().rows(damage).collect();
        for (index, part) in rows.chunks(most).enumerate() {
            let y = damage.y as usize + index * most;
            self.connection.put_image(
                ImageFormat::Z_PIXMAP,
                self.window,
                self.gc,
                damage.w as u16,
                part.len() as u16,
                damage.x as i16,
                y as i16,
                0,
                self.depth,
                &part.concat(),
            )?;
        }
        Ok(self.connection.flush()?)
    }
}
