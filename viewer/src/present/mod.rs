//! The native viewer: one local window for each remote one.
//!
//! Everything happens on the thread of the window system's events. Updates wake it at once; there are no
//! ticks, and presenting waits for no display. What came together is painted together.

mod cursor;
mod desk;
mod face;
mod geometry;
mod ime;
mod lock;
mod open;
mod paint;
mod popups;
mod seat;
mod view;
mod wayland;
mod wishes;
mod x11;

use anyhow::{Context, Result, anyhow, bail};
use winit::event_loop::EventLoop;

use self::{
    desk::{Desk, Desktop},
    wayland::{Display, Popups},
    x11::Hints,
};
use crate::{
    clipboard,
    input::keymap,
    link::{self, End, Link},
};

/// What wakes the windows' thread from outside.
#[derive(Debug)]
pub(crate) enum Wake {
    /// The link.
    Link(link::Event),
    /// The keyboard's layout, when it is known and whenever it changes.
    Keymap(String),
    /// The desktop's clipboard.
    Clipboard(clipboard::Event),
    /// Something came from the desktop that may be about popups or the clipboard.
    Desktop,
}

/// Runs until the session or the user ends it.
pub(crate) fn run(address: transport::LinkAddress, stats: bool) -> Result<()> {
    let events = EventLoop::<Wake>::with_user_event()
        .build()
        // What winit says of it names its source files, not the reason.
        .map_err(|_| anyhow!("cannot open a display; start it on a desktop, or use --headless"))?;
    let proxy = events.create_proxy();
    let sink = move |event| {
        // The event loop is gone only while the process ends.
        let _ = proxy.send_event(Wake::Link(event));
    };
    let link = Link::start(address, stats, sink).context("cannot start a thread")?;
    let display = Display::new(events.owned_display_handle());
    let proxy = events.create_proxy();
    keymap::watch(display.share(), move |text| proxy.send_event(Wake::Keymap(text)).is_ok())
        .context("cannot start a thread")?;
    let windows = display.share();
    let proxy = events.create_proxy();
    let clipboard = clipboard::start(windows.as_ref(), move |event| {
        let _ = proxy.send_event(Wake::Clipboard(event));
    });
    let desktop = match windows {
        None => Desktop::X11(Box::new(Hints::connect())),
        Some(share) => {
            let popups = Popups::new(share).context("this desktop shows no menus")?;
            Desktop::Wayland(Box::new(popups))
        }
    };
    if let Some(share) = display.share() {
        let proxy = events.create_proxy();
        wayland::wake_for(share, move || proxy.send_event(Wake::Desktop).is_ok())
            .context("cannot start a thread")?;
    }
    let canvas = softbuffer::Context::new(events.owned_display_handle())
        .map_err(|error| anyhow::anyhow!("cannot draw on this display: {error}"))?;
    let mut desk = Desk::new(link, canvas, clipboard, desktop);
    events.run_app(&mut desk).context("the connection to the display broke")?;
    match desk.into_end() {
        Some(End::Failed(reason)) => bail!(reason),
        _ => Ok(()),
    }
}
