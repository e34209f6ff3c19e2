//! What X11 window managers must know of a window and winit does not tell them: whom it belongs to.

use winit::window::WindowId;
use x11rb::{
    errors::ReplyError,
    protocol::xproto::{AtomEnum, ConnectionExt, PropMode, Window},
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// Tells window managers; without a connection of its own it tells nothing.
#[derive(Debug)]
pub(crate) struct Hints(Option<Told>);

#[derive(Debug)]
struct Told {
    connection: RustConnection,
    state: u32,
    modal: u32,
}

impl Hints {
    /// Connects to the display that windows are on.
    pub(crate) fn connect() -> Hints {
        match Told::connect() {
            Ok(told) => Hints(Some(told)),
            Err(error) => {
                tracing::debug!("dialogs will not be tied to their windows: {error}");
                Hints(None)
            }
        }
    }

    /// Ties a window that is not shown yet to its parent.
    pub(crate) fn belongs_to(&self, window: WindowId, parent: Option<WindowId>, modal: bool) {
        let Some(told) = &self.0 else { return };
        if let Err(error) = told.tie(xid(window), parent.map(xid), modal) {
            tracing::debug!("a dialog is not tied to its window: {error}");
        }
    }
}

impl Told {
    fn connect() -> Result<Told, Box<dyn std::error::Error>> {
        let (connection, _) = x11rb::connect(None)?;
        let atom = |name: &[u8]| -> Result<u32, ReplyError> {
            Ok(connection.intern_atom(false, name)?.reply()?.atom)
        };
        let (state, modal) = (atom(b"_NET_WM_STATE")?, atom(b"_NET_WM_STATE_MODAL")?);
        Ok(Told { connection, state, modal })
    }

    fn tie(&self, window: Window, parent: Option<Window>, modal: bool) -> Result<(), ReplyError> {
        if let Some(parent) = parent {
            let property = AtomEnum::WM_TRANSIENT_FOR;
            self.connection.change_property32(
                PropMode::REPLACE,
                window,
                property,
                AtomEnum::WINDOW,
                &[parent],
            )?;
        }
        if modal {
            let property = self.state;
            self.connection.change_property32(
                PropMode::APPEND,
                window,
                property,
                AtomEnum::ATOM,
                &[self.modal],
            )?;
        }
        // The window manager looks when the window is shown, by another connection: this must be there by
        // then.
        self.connection.sync()
    }
}

/// On X11 a window's id is its XID.
fn xid(window: WindowId) -> Window {
    u64::from(window) as Window
}
