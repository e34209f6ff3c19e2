//! An X11 desktop for the native viewer: what stands on it, and what people do there, from outside.

use std::{
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use x11rb::{
    connection::Connection,
    properties::{WmClass, WmSizeHints},
    protocol::{
        xfixes::ConnectionExt as _,
        xproto::{
            Atom, AtomEnum, CLIENT_MESSAGE_EVENT, ClientMessageEvent, ConnectionExt as _, CreateWindowAux,
            EventMask, InputFocus, MapState, PropMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use crate::{Code, Display, Host, Process, binaries, wait};

/// A display with nothing else on it, perhaps with a window manager.
#[derive(Debug)]
pub struct Desktop {
    _manager: Option<Process>,
    connection: RustConnection,
    display: Display,
    // Dropped last: processes write here.
    directory: TempDir,
}

/// Where a window's content is on the display, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a rectangle")]
pub struct Place {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

impl Desktop {
    /// A desktop without a window manager: nobody gives windows the keyboard.
    pub fn bare() -> Result<Self> {
        let display = Display::xvfb(1024, 768)?;
        let connection = display.connect()?;
        Ok(Self { _manager: None, connection, display, directory: TempDir::with_prefix("dormer-desktop-")? })
    }

    /// A desktop whose window manager is openbox.
    pub fn managed() -> Result<Self> {
        let mut desktop = Self::bare()?;
        let mut openbox = desktop.command("openbox");
        openbox.args(["--sm-disable"]).stdin(Stdio::null()).stdout(Stdio::null());
        desktop._manager = Some(Process::start("openbox", &mut openbox, desktop.directory.path())?);
        desktop.wait_for_manager()?;
        Ok(desktop)
    }

    /// Waits until windows are managed: openbox says that it is there before it listens.
    fn wait_for_manager(&self) -> Result<()> {
        let (window, root) = (self.connection.generate_id()?, self.root());
        let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
        self.connection.create_window(0, window, root, 0, 0, 10, 10, 0, class, 0, &aux)?;
        self.until("the window manager", || {
            if self.clients()?.contains(&window) {
                return Ok(Some(()));
            }
            self.connection.map_window(window)?;
            Ok(None)
        })?;
        self.connection.destroy_window(window)?;
        self.until("an empty desktop", || Ok(self.clients()?.is_empty().then_some(())))
    }

    /// Waits for a condition that the window manager may have to bring about. Events lie in openbox's queue
    /// at times until another one comes: a property of the root window that changes is one that means
    /// nothing.
    fn until<T>(&self, what: &str, mut condition: impl FnMut() -> Result<Option<T>>) -> Result<T> {
        let poke = self.atom("DORMER_TESTS_POKE")?;
        wait::until(wait::PATIENCE, what, || {
            let (replace, integer) = (PropMode::REPLACE, AtomEnum::INTEGER);
            self.connection.change_property32(replace, self.root(), poke, integer, &[0])?;
            condition()
        })
    }

    /// Its display.
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// A directory that lives as long as the desktop.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// A file in that directory.
    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A program that runs on this desktop.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", self.display.name()).env("LC_ALL", "C.UTF-8").env("HOME", self.directory());
        command.env_remove("WAYLAND_DISPLAY").env_remove("XMODIFIERS");
        command
    }

    /// The native viewer of a host on this desktop.
    pub fn view(&self, host: &Host) -> Result<Process> {
        self.view_with(host.link(), &[])
    }

    /// The native viewer with a link and further arguments. What it prints goes to the file `native.stdout`.
    pub fn view_with(&self, link: &str, arguments: &[&str]) -> Result<Process> {
        let mut command = self.command(&binaries()?.view);
        command.arg(link).args(arguments).stdout(File::create(self.file("native.stdout"))?);
        Process::start("native", &mut command, self.directory.path())
    }

    /// Runs a program to its end; what it printed.
    pub fn output(&self, program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self.command(program).args(arguments).stdin(Stdio::null()).output()?;
        ensure!(
            output.status.success(),
            "{program} {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(output.stdout)
    }

    /// Moves the pointer, clicks and types as people do.
    pub fn xdotool(&self, arguments: &[&str]) -> Result<()> {
        self.output("xdotool", arguments).map(drop)
    }

    /// Waits for the test app's window and gives it the keyboard. Answers where it is.
    pub fn use_test_app(&self) -> Result<(i32, i32)> {
        let (x, y, _) = wait::until(wait::PATIENCE, "the window on the display", || {
            Ok(Code::find(&self.display.grab()?))
        })?;
        self.xdotool(&["search", "--onlyvisible", "--name", "Dormer test app", "windowfocus", "--sync"])?;
        Ok((i32::try_from(x)?, i32::try_from(y)?))
    }

    /// Waits for a window whose title contains this.
    pub fn window(&self, title: &str) -> Result<Window> {
        self.until(&format!("a window with the title {title:?}"), || {
            let seen = self.viewable()?;
            Ok(seen.into_iter().find(|&window| self.title(window).is_ok_and(|found| found.contains(title))))
        })
    }

    /// Gives a window the keyboard, and waits until it has it.
    pub fn focus(&self, window: Window) -> Result<()> {
        self.until("the focus", || {
            if self.connection.get_input_focus()?.reply()?.focus == window {
                return Ok(Some(()));
            }
            // A window that is not shown yet refuses it.
            let _ = self.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check();
            Ok(None)
        })
    }

    /// All windows that the window manager manages.
    pub fn clients(&self) -> Result<Vec<Window>> {
        let bytes = self.property(self.root(), self.atom("_NET_CLIENT_LIST")?)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|&bytes| u32::from_ne_bytes(bytes)).collect())
    }

    /// Waits until a window is gone.
    pub fn gone(&self, window: Window) -> Result<()> {
        self.until("the end of a window", || Ok((!self.viewable()?.contains(&window)).then_some(())))
    }

    /// A window's title.
    pub fn title(&self, window: Window) -> Result<String> {
        Ok(String::from_utf8(self.property(window, self.atom("_NET_WM_NAME")?)?)?)
    }

    /// A window's class: instance and class.
    pub fn class(&self, window: Window) -> Result<(String, String)> {
        let class = WmClass::get(&self.connection, window)?.reply()?.context("no WM_CLASS")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((text(class.instance()), text(class.class())))
    }

    /// The sizes that a window takes.
    pub fn size_hints(&self, window: Window) -> Result<WmSizeHints> {
        let hints = WmSizeHints::get_normal_hints(&self.connection, window)?.reply()?;
        hints.context("no WM_NORMAL_HINTS")
    }

    /// A window's icon as X11 has it: width, height, then ARGB by rows. Empty if it has none.
    pub fn icon(&self, window: Window) -> Result<Vec<u32>> {
        let bytes = self.property(window, self.atom("_NET_WM_ICON")?)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|&bytes| u32::from_ne_bytes(bytes)).collect())
    }

    /// Where a window is.
    pub fn place(&self, window: Window) -> Result<Place> {
        let geometry = self.connection.get_geometry(window)?.reply()?;
        let at = self.connection.translate_coordinates(window, self.root(), 0, 0)?.reply()?;
        let (width, height) = (geometry.width.into(), geometry.height.into());
        Ok(Place { x: at.dst_x.into(), y: at.dst_y.into(), width, height })
    }

    /// Where all menus are that stand on the display.
    pub fn menus(&self) -> Result<Vec<Place>> {
        let (kind, menu) = (self.atom("_NET_WM_WINDOW_TYPE")?, self.atom("_NET_WM_WINDOW_TYPE_POPUP_MENU")?);
        let is_menu = |window: &Window| {
            let kinds = self.property(*window, kind).unwrap_or_default();
            kinds.as_chunks::<4>().0.contains(&menu.to_ne_bytes())
        };
        self.viewable()?.into_iter().filter(is_menu).map(|window| self.place(window)).collect()
    }

    /// What the close button of a window's frame does.
    pub fn close(&self, window: Window) -> Result<()> {
        let message = self.atom("_NET_CLOSE_WINDOW")?;
        let event = ClientMessageEvent {
            response_type: CLIENT_MESSAGE_EVENT,
            format: 32,
            sequence: 0,
            window,
            type_: message,
            data: [x11rb::CURRENT_TIME, 2, 0, 0, 0].into(),
        };
        let heard = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
        self.connection.send_event(false, self.root(), heard, event)?;
        Ok(self.connection.flush()?)
    }

    /// The pixels of the pointer's picture.
    pub fn cursor(&self) -> Result<Vec<u32>> {
        self.connection.xfixes_query_version(5, 0)?.reply()?;
        Ok(self.connection.xfixes_get_cursor_image()?.reply()?.cursor_image)
    }

    fn root(&self) -> Window {
        self.connection.setup().roots[0].root
    }

    fn atom(&self, name: &str) -> Result<Atom> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    /// A property's bytes; none if the window does not have it, or is gone.
    fn property(&self, window: Window, name: Atom) -> Result<Vec<u8>> {
        let cookie = self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 1 << 20)?;
        Ok(cookie.reply().map(|reply| reply.value).unwrap_or_default())
    }

    /// All windows that can be seen, frames and what is in them alike.
    fn viewable(&self) -> Result<Vec<Window>> {
        let mut found = vec![self.root()];
        let mut next = 0;
        while let Some(&parent) = found.get(next) {
            next += 1;
            // Windows may go while they are looked at.
            let Ok(tree) = self.connection.query_tree(parent)?.reply() else { continue };
            for child in tree.children {
                let attributes = self.connection.get_window_attributes(child)?.reply();
                if attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE) {
                    found.push(child);
                }
            }
        }
        Ok(found)
    }
}
