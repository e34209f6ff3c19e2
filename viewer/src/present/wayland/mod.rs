//! Popups on Wayland desktops: winit has none, and nothing else can stand beside its window there.
//!
//! They are `xdg_popup`s on winit's own connection, since a popup and its parent must be of one. All who
//! share it read from it, and libwayland sorts: what concerns popups waits in a queue of our own until
//! [`Popups::dispatch`], which tells it as events of winit's, so that the rest of the viewer knows one kind
//! of window.
//!
//! Source: xdg-shell and viewporter of wayland-protocols.

mod cursor;
mod drawing;
mod foreign;
mod hands;
mod popup;
mod shell;
mod wake;

use std::{collections::HashMap, rc::Rc};

use anyhow::Result;
use media::TrackId;
use wayland_client::{
    Connection, EventQueue,
    globals::registry_queue_init,
    protocol::{wl_compositor::WlCompositor, wl_shm::WlShm},
};
use wayland_protocols::{
    wp::viewporter::client::wp_viewporter::WpViewporter,
    xdg::shell::client::{xdg_surface::XdgSurface, xdg_wm_base::XdgWmBase},
};
use winit::event::WindowEvent;

pub(crate) use self::{
    foreign::Display,
    popup::{Place, Popup},
    wake::wake_for,
};
use self::{hands::Hands, shell::Shell};
use super::{cursor::Cursor, face::Face};

/// All popups.
pub(crate) struct Popups {
    connection: Connection,
    queue: EventQueue<Shell>,
    shell: Shell,
}

/// What popups are made of.
#[derive(Debug)]
struct Globals {
    compositor: WlCompositor,
    base: XdgWmBase,
    shm: WlShm,
    viewporter: Option<WpViewporter>,
}

impl Popups {
    /// Joins winit's connection by this thread's share of it.
    pub(crate) fn new(connection: Connection) -> Result<Popups> {
        let (list, queue) = registry_queue_init::<Shell>(&connection)?;
        let handle = queue.handle();
        let globals = Globals {
            compositor: list.bind(&handle, 1..=6, ())?,
            base: list.bind(&handle, 1..=6, ())?,
            shm: list.bind(&handle, 1..=1, ())?,
            viewporter: list.bind(&handle, 1..=1, ()).ok(),
        };
        let hands = Hands::new(&list, &handle, &globals);
        let shell = Shell { globals, popups: HashMap::new(), hands, told: Vec::new() };
        Ok(Popups { connection, queue, shell })
    }

    /// A popup of `parent`, which must be on the desktop already.
    pub(crate) fn open(&mut self, track: TrackId, parent: &Face, place: Place) -> Option<Rc<Popup>> {
        let parent: XdgSurface = match parent {
            Face::Window(window) => foreign::xdg_surface(&self.connection, window)?,
            Face::Popup(popup) => popup.xdg().clone(),
        };
        let popup = Popup::new(&self.shell.globals, &self.queue.handle(), track, &parent, place);
        let popup = Rc::new(popup);
        self.shell.popups.retain(|_, popup| popup.strong_count() > 0);
        self.shell.popups.insert(track, Rc::downgrade(&popup));
        Some(popup)
    }

    /// How the pointer is to look over popups.
    pub(crate) fn set_cursor(&mut self, cursor: &Cursor) {
        self.shell.hands.set_cursor(&self.connection, cursor);
    }

    /// What has happened to popups, as winit would tell it of windows. [`WindowEvent::Destroyed`] says that
    /// the desktop has taken one down.
    pub(crate) fn dispatch(&mut self) -> Vec<(TrackId, WindowEvent)> {
        // An error ends the connection, and winit's loop with it.
        if let Err(error) = self.queue.dispatch_pending(&mut self.shell) {
            tracing::debug!("the desktop's word about popups is lost: {error}");
        }
        std::mem::take(&mut self.shell.told)
    }
}
