//! What X11 window managers must know of a window and winit does not tell them: whom it belongs to, and that
//! it is not to take the keyboard.

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
    user_time: u32,
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

    /// Keeps a window that is not shown yet from taking the keyboard.
    pub(crate) fn opens_by_itself(&self, window: WindowId) {
        let Some(told) = &self.0 else { return };
        if let Err(error) = told.untouched(xid(window)) {
            tracing::debug!("a window may take the keyboard: {error}");
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
        let user_time = atom(b"_NET_WM_USER_TIME")?;
        Ok(Told { connection, state, modal, user_time })
    }

    /// Says that no user has touched it: window managers do not give it the keyboard then.
    fn untouched(&self, window: Window) -> Result<(), ReplyError> {
        self.connection.change_property32(
            PropMode::REPLACE,
            window,
            self.user_time,
            AtomEnum::CARDINAL,
            &[0],
        )?;
        self.connection.sync()
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
