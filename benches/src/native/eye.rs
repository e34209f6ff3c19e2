//! What looks at the display and presses keys on it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{Code, Display, Picture, code, wait};
use rustix::{
    event::{PollFd, PollFlags, poll},
    time::Timespec,
};
use x11rb::{
    connection::Connection,
    protocol::{
        damage::{ConnectionExt as _, ReportLevel},
        xproto::{
            ConfigureWindowAux, ConnectionExt as _, ImageFormat, InputFocus, KEY_PRESS_EVENT,
            KEY_RELEASE_EVENT, Window,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

/// The X keycode of the key `a`: evdev's 30 and 8 more.
const KEYCODE: u8 = 38;
/// A key without an answer for so long is lost.
const LOST: Duration = Duration::from_secs(3);

/// A window on the display that shows the test app.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    window: Window,
    /// Where the test app's top left corner is on the screen.
    x: i16,
    y: i16,
    /// What it showed last.
    code: Code,
}

/// One connection to the display.
pub(super) struct Eye {
    connection: RustConnection,
    root: Window,
}

impl Eye {
    pub(super) fn new(display: &Display) -> Result<Self> {
        let connection = display.connect()?;
        let root = connection.setup().roots[0].root;
        connection.xtest_get_version(2, 2)?.reply().context("the display has no XTEST")?;
        connection.damage_query_version(1, 1)?.reply().context("the display has no Damage")?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, root, ReportLevel::RAW_RECTANGLES)?;
        connection.flush()?;
        Ok(Self { connection, root })
    }

    /// The windows on the display.
    pub(super) fn windows(&self) -> Result<Vec<Window>> {
        Ok(self.connection.query_tree(self.root)?.reply()?.children)
    }

    /// Waits for a new window that shows the test app, and moves it so that the app lies `y` below the
    /// screen's top.
    pub(super) fn place(&mut self, known: &[Window], y: i32) -> Result<Shown> {
        let (window, inset) = wait::until(wait::PATIENCE, "a window with the test app", || self.find(known))?;
        let aux = ConfigureWindowAux::new().x(-inset.0).y(y - inset.1);
        self.connection.configure_window(window, &aux)?;
        self.connection.flush()?;
        let (x, y) = (0, i16::try_from(y)?);
        let code = wait::until(wait::PATIENCE, "the window in its place", || self.code(x, y))?;
        Ok(Shown { window, x, y, code })
    }

    /// Gives a window the keyboard and the pointer, and waits until all have come to rest.
    pub(super) fn turn_to(&mut self, shown: Shown) -> Result<()> {
        self.connection.set_input_focus(InputFocus::PARENT, shown.window, x11rb::CURRENT_TIME)?;
        self.connection.warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, shown.x + 600, shown.y + 400)?;
        self.connection.flush()?;
        while self.drawn(Duration::from_millis(300))? {}
        Ok(())
    }

    /// Presses the key and waits until the window shows another code, which must be that of the next input.
    pub(super) fn press_and_see(&mut self, shown: &mut Shown) -> Result<Duration> {
        while self.connection.poll_for_event()?.is_some() {}
        let row = self.input_row(*shown)?;
        let start = Instant::now();
        self.fake(KEY_PRESS_EVENT)?;
        let took = loop {
            let left = LOST.saturating_sub(start.elapsed());
            if !self.drawn(left)? {
                self.fake(KEY_RELEASE_EVENT)?;
                bail!("a key had no answer within {LOST:?}");
            }
            if self.input_row(*shown)? != row {
                break start.elapsed();
            }
        };
        self.fake(KEY_RELEASE_EVENT)?;
        let code = wait::until(LOST, "a whole code", || self.code(shown.x, shown.y))?;
        ensure!(code.input == shown.code.input + 1, "{code:?} followed {:?}", shown.code);
        shown.code = code;
        Ok(took)
    }

    fn fake(&self, event: u8) -> Result<()> {
        self.connection.xtest_fake_input(event, KEYCODE, 0, self.root, 0, 0, 0)?;
        Ok(self.connection.flush()?)
    }

    /// Waits until something is drawn.
    fn drawn(&self, limit: Duration) -> Result<bool> {
        let deadline = Instant::now() + limit;
        loop {
            let mut drawn = false;
            while self.connection.poll_for_event()?.is_some() {
                drawn = true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if drawn || left.is_zero() {
                return Ok(drawn);
            }
            let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() };
            poll(&mut [PollFd::new(self.connection.stream(), PollFlags::IN)], Some(&left))?;
        }
    }

    /// The one row of pixels whose cells change with every input.
    fn input_row(&self, shown: Shown) -> Result<Vec<u8>> {
        let (x, y) = (
            shown.x + code::ORIGIN as i16,
            shown.y + (code::ORIGIN + 2 * code::CELL + code::CELL / 2) as i16,
        );
        Ok(self.grab(self.root, x, y, code::WIDTH, 1)?.bgra)
    }

    fn code(&self, x: i16, y: i16) -> Result<Option<Code>> {
        let origin = code::ORIGIN as i16;
        let picture = self.grab(self.root, x + origin, y + origin, code::WIDTH, code::HEIGHT)?;
        Ok(Code::read(|x, y| picture.luma(x, y), 0, 0))
    }

    /// A new window that shows a code, and where in it the test app begins.
    fn find(&self, known: &[Window]) -> Result<Option<(Window, (i32, i32))>> {
        for window in self.windows()?.into_iter().filter(|window| !known.contains(window)) {
            // Windows may go away, or be out of sight, while they are looked at.
            let Ok(geometry) = self.connection.get_geometry(window)?.reply() else { continue };
            let (w, h) = (usize::from(geometry.width), usize::from(geometry.height));
            let Ok(picture) = self.grab(window, 0, 0, w, h) else { continue };
            if let Some((x, y, _)) = Code::find(&picture) {
                return Ok(Some((window, (x as i32, y as i32))));
            }
        }
        Ok(None)
    }

    fn grab(&self, window: Window, x: i16, y: i16, w: usize, h: usize) -> Result<Picture> {
        let (width, height) = (u16::try_from(w)?, u16::try_from(h)?);
        let image =
            self.connection.get_image(ImageFormat::Z_PIXMAP, window, x, y, width, height, u32::MAX)?;
        Ok(Picture::from_bgra(w, h, image.reply()?.data))
    }
}
