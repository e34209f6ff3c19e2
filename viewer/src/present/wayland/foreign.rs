//! The borders to what winit gives as bare pointers of libwayland.
#![expect(unsafe_code, reason = "libraries hand each other Wayland's objects as pointers")]

use smithay_client_toolkit::shell::xdg::{XdgSurface as _, window::Window as Toplevel};
use wayland_client::{
    Connection, Proxy,
    backend::{Backend, ObjectId},
};
use wayland_protocols::xdg::shell::client::{xdg_surface::XdgSurface, xdg_toplevel::XdgToplevel};
use winit::{
    event_loop::OwnedDisplayHandle,
    platform::wayland::WindowExtWayland,
    raw_window_handle::{HasDisplayHandle, RawDisplayHandle},
    window::Window,
};

/// winit's connection, open until the process ends.
#[derive(Clone, Copy)]
pub(crate) struct Display(&'static OwnedDisplayHandle);

impl Display {
    /// Keeps it open: threads read from it.
    pub(crate) fn new(display: OwnedDisplayHandle) -> Display {
        Display(Box::leak(Box::new(display)))
    }

    /// A share of it for one thread; `None` if it is none to a Wayland desktop.
    ///
    /// Never for two: what one of them reads and sorts for the other, while that makes ready to wait for it,
    /// is waited for in vain.
    pub(crate) fn share(self) -> Option<Connection> {
        let RawDisplayHandle::Wayland(handle) = self.0.display_handle().ok()?.as_raw() else { return None };
        // SAFETY: winit says that this is a `wl_display`, which lives as long as its handle: for ever.
        let backend = unsafe { Backend::from_foreign_display(handle.display.as_ptr().cast()) };
        Some(Connection::from_backend(backend))
    }
}

/// What popups of a window of winit's name as their parent.
pub(super) fn xdg_surface(connection: &Connection, window: &Window) -> Option<XdgSurface> {
    let toplevel = window.xdg_toplevel()?;
    // SAFETY: winit says that this is an `xdg_toplevel`, which lives as long as `window`; the id does not
    // outlive this call.
    let id = unsafe { ObjectId::from_ptr(XdgToplevel::interface(), toplevel.as_ptr().cast()) }.ok()?;
    let toplevel = XdgToplevel::from_id(connection, id).ok()?;
    Some(Toplevel::from_xdg_toplevel(&toplevel)?.xdg_surface().clone())
}
