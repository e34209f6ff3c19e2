//! xwayland-shell-v1: Xwayland from version 23 on says by a serial which surface shows which window. Only
//! Xwayland sees this protocol.

use std::{
    cell::Cell,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use smithay::{
    reexports::{
        wayland_protocols::xwayland::shell::v1::server::{
            xwayland_shell_v1::{self, XwaylandShellV1},
            xwayland_surface_v1::{self, XwaylandSurfaceV1},
        },
        wayland_server::{
            Client, DataInit, Dispatch, DisplayHandle, GlobalDispatch, New, Resource, Weak,
            backend::ClientId, protocol::wl_surface::WlSurface,
        },
    },
    wayland::compositor,
};

use super::pairing::ROLE;
use crate::wayland::State;

const VERSION: u32 = 1;

/// Which client is Xwayland, shared with the protocol's filter.
pub(crate) type Xwaylands = Arc<Mutex<Option<ClientId>>>;

/// The surfaces that bear serials.
#[derive(Debug, Default)]
pub(crate) struct Serials {
    xwayland: Xwaylands,
    surfaces: HashMap<u64, Weak<WlSurface>>,
}

/// The serial that a surface bears.
#[derive(Default)]
struct Serial(Cell<Option<u64>>);

impl Serials {
    /// Offers the protocol.
    pub(crate) fn new(display: &DisplayHandle) -> Self {
        let serials = Self::default();
        display.create_global::<State, XwaylandShellV1, _>(VERSION, serials.xwayland.clone());
        serials
    }

    /// Says which client is Xwayland now; what an earlier one said is forgotten.
    pub(crate) fn set_client(&mut self, client: Option<ClientId>) {
        self.surfaces.clear();
        *self.xwayland.lock().unwrap_or_else(PoisonError::into_inner) = client;
    }

    /// The surface that bears a serial.
    pub(crate) fn find(&mut self, serial: u64) -> Option<WlSurface> {
        self.surfaces.remove(&serial)?.upgrade().ok()
    }
}

/// The serial that a surface bears, if any.
pub(super) fn serial(surface: &WlSurface) -> Option<u64> {
    compositor::with_states(surface, |states| {
        states.data_map.get::<Serial>().and_then(|serial| serial.0.get())
    })
}

impl GlobalDispatch<XwaylandShellV1, Xwaylands> for State {
    fn bind(
        _state: &mut State,
        _display: &DisplayHandle,
        _client: &Client,
        shell: New<XwaylandShellV1>,
        _data: &Xwaylands,
        init: &mut DataInit<'_, State>,
    ) {
        init.init(shell, ());
    }

    fn can_view(client: Client, xwayland: &Xwaylands) -> bool {
        *xwayland.lock().unwrap_or_else(PoisonError::into_inner) == Some(client.id())
    }
}

impl Dispatch<XwaylandShellV1, ()> for State {
    fn request(
        _state: &mut State,
        _client: &Client,
        shell: &XwaylandShellV1,
        request: xwayland_shell_v1::Request,
        _data: &(),
        _display: &DisplayHandle,
        init: &mut DataInit<'_, State>,
    ) {
        if let xwayland_shell_v1::Request::GetXwaylandSurface { id, surface } = request {
            if compositor::give_role(&surface, ROLE).is_err() {
                shell.post_error(xwayland_shell_v1::Error::Role, "the surface has another role");
            }
            init.init(id, surface.downgrade());
        }
    }
}

impl Dispatch<XwaylandSurfaceV1, Weak<WlSurface>> for State {
    fn request(
        state: &mut State,
        _client: &Client,
        _resource: &XwaylandSurfaceV1,
        request: xwayland_surface_v1::Request,
        surface: &Weak<WlSurface>,
        _display: &DisplayHandle,
        _init: &mut DataInit<'_, State>,
    ) {
        let xwayland_surface_v1::Request::SetSerial { serial_lo, serial_hi } = request else { return };
        let Ok(surface) = surface.upgrade() else { return };
        let serial = u64::from(serial_hi) << 32 | u64::from(serial_lo);
        compositor::with_states(&surface, |states| {
            states.data_map.get_or_insert(Serial::default).0.set(Some(serial));
        });
        // The window may be told of before or after; its surface is taken with its next commit at the latest.
        state.xwayland.serials.surfaces.retain(|_, surface| surface.is_alive());
        state.xwayland.serials.surfaces.insert(serial, surface.downgrade());
    }
}
