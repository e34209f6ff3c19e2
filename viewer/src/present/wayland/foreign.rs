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

/// winit's connection; `None` if that is none to a Wayland desktop. It stays open until the process ends: threads read from it.
pub(super) fn connection(display: OwnedDisplayHandle) -> Option<Connection> {
    let RawDisplayHandle::Wayland(handle) = display.display_handle().ok()?.as_raw() else { return None };
    std::mem::forget(display);
    // SAFETY: winit says that this is a `wl_display`, which lives as long as `display`: for ever.
    let backend = unsafe { Backend::from_foreign_display(handle.display.as_ptr().cast()) };
    Some(Connection::from_backend(backend))
}

/// What popups of a window of winit's name as their parent.
pub(super) fn xdg_surface(connection: &Connection, window: &Window) -> Option<XdgSurface> {
    let toplevel = window.xdg_toplevel()?;
    // SAFETY: winit says that this is an `xdg_toplevel`, which lives as long as `window`; the id does not outlive this call.
    let id = unsafe { ObjectId::from_ptr(XdgToplevel::interface(), toplevel.as_ptr().cast()) }.ok()?;
    let toplevel = XdgToplevel::from_id(connection, id).ok()?;
    Some(Toplevel::from_xdg_toplevel(&toplevel)?.xdg_surface().clone())
}
