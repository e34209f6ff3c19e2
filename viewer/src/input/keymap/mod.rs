//! The user's own keyboard layout, as xkb text: the host installs it, so that every key means there what it
//! means here.

mod group;
mod wayland;
mod x11;

use std::{io, thread};

use wayland_client::Connection;
use xkbcommon::xkb;

/// Starts a thread that tells the layout as soon as it is known, and again whenever it changes, until `tell`
/// says no. `windows` is the thread's share of the connection that has the windows, on a Wayland desktop.
pub(crate) fn watch(
    windows: Option<Connection>,
    tell: impl Fn(String) -> bool + Send + 'static,
) -> io::Result<()> {
    thread::Builder::new().name("keymap".into()).spawn(move || {
        let result = match &windows {
            Some(connection) => wayland::watch(connection, &tell),
            None => x11::watch(&tell),
        };
        if let Err(error) = result {
            tracing::warn!(
                "the desktop does not tell its keyboard layout ({error}); using XKB_DEFAULT_LAYOUT or us"
            );
            if let Some(text) = of_environment() {
                tell(text);
            }
        }
    })?;
    Ok(())
}

/// Why the layout is not known.
type WatchError = Box<dyn std::error::Error>;

/// The layout that `XKB_DEFAULT_*` names, as xkbcommon does by itself.
fn of_environment() -> Option<String> {
    let context = xkb::Context::new(xkb::CONTEXT_NO_FLAGS);
    let keymap = xkb::Keymap::new_from_names(&context, "", "", "", "", None, xkb::KEYMAP_COMPILE_NO_FLAGS)?;
    Some(keymap.get_as_string(xkb::KEYMAP_FORMAT_TEXT_V1))
}
