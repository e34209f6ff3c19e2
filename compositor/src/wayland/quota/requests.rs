//! Requests that are looked at before Smithay sees them: those that would cost memory without bound, and
//! those whose numbers Smithay trusts although it must not.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "requests are the protocol's"))]

use smithay::{
    reexports::{
        wayland_protocols::wp::{
            pointer_constraints::zv1::server::{
                zwp_confined_pointer_v1::ZwpConfinedPointerV1,
                zwp_locked_pointer_v1::ZwpLockedPointerV1,
                zwp_pointer_constraints_v1::{self, ZwpPointerConstraintsV1},
            },
            relative_pointer::zv1::server::{
                zwp_relative_pointer_manager_v1::{self, ZwpRelativePointerManagerV1},
                zwp_relative_pointer_v1::ZwpRelativePointerV1,
            },
        },
        wayland_protocols::xdg::shell::server::{
            xdg_popup::XdgPopup,
            xdg_positioner::{self, XdgPositioner},
            xdg_surface::{self, XdgSurface},
            xdg_toplevel::{self, XdgToplevel},
            xdg_wm_base::{self, XdgWmBase},
        },
        wayland_server::{
            Client, Resource,
            protocol::{
                wl_buffer::WlBuffer,
                wl_compositor::{self, WlCompositor},
                wl_region::{self, WlRegion},
                wl_shm::{self, WlShm},
                wl_shm_pool::{self, WlShmPool},
                wl_subcompositor::WlSubcompositor,
                wl_subsurface::{self, WlSubsurface},
                wl_surface::{self, WlSurface},
            },
        },
    },
    wayland::{
        compositor::{CompositorState, RegionUserData, SubsurfaceUserData, SurfaceUserData},
        pointer_constraints::{PointerConstraintUserData, PointerConstraintsState},
        relative_pointer::{RelativePointerManagerState, RelativePointerUserData},
        shell::xdg::{
            XdgPositionerUserData, XdgShellState, XdgShellSurfaceUserData, XdgSurfaceUserData,
            XdgWmBaseUserData,
        },
        shm::{ShmBufferUserData, ShmPoolUserData, ShmState},
    },
};

use crate::wayland::State;
use crate::wayland::quota::clients::Usage;

/// No coordinate that an app names may be further away than this; sums of a few of them cannot overflow.
pub(in crate::wayland) const FAR: i32 = 1 << 20;

/// Objects of one app, of all kinds that it asks for and that have no limit of their own.
const OBJECTS: u32 = 65_536;

/// Those of them that are walked through whenever something happens: pointers, keyboards, outputs and the
/// like.
pub(in crate::wayland) const LISTENERS: u32 = 1024;

/// Regions of one app.
const REGIONS: u32 = 4096;

/// Guards the requests of an interface: the check says what becomes of each before Smithay sees it.
macro_rules! guarded {
    ($interface:ty, $data:ty => $smithay:ty, destroyed: $destroyed:expr, gone: $gone:expr, $check:expr) => {
        impl smithay::reexports::wayland_server::Dispatch<$interface, $data> for State {
            fn request(
                state: &mut Self,
                client: &Client,
                resource: &$interface,
                request: <$interface as Resource>::Request,
                data: &$data,
                display: &smithay::reexports::wayland_server::DisplayHandle,
                init: &mut smithay::reexports::wayland_server::DataInit<'_, Self>,
            ) {
                if state.clients.floods(&client.id()) {
                    return state.cut_off(client, "it sends requests faster than they can be handled");
                }
                let check: fn(
                    &mut State,
                    &Client,
                    &$interface,
                    &<$interface as Resource>::Request,
                ) -> Verdict = $check;
                match check(state, client, resource, &request) {
                    Verdict::Pass => {
                        <$smithay as smithay::reexports::wayland_server::Dispatch<$interface, $data, Self>>::request(
                            state, client, resource, request, data, display, init,
                        )
                    }
                    Verdict::Ignore => (),
                    Verdict::CutOff(reason) => state.cut_off(client, reason),
                    Verdict::Refuse(code, reason) => resource.post_error(code, reason),
                }
            }

            fn destroyed(
                state: &mut Self,
                client: smithay::reexports::wayland_server::backend::ClientId,
                resource: &$interface,
                data: &$data,
            ) {
                let destroyed: fn(&mut Usage, &$interface) = $destroyed;
                // An app that left is not counted any more.
                if let Some(usage) = state.clients.usage_if_known(&client) {
                    destroyed(usage, resource);
                }
                <$smithay as smithay::reexports::wayland_server::Dispatch<$interface, $data, Self>>::destroyed(
                    state, client, resource, data,
                );
                let gone: fn(&mut State, &$interface) = $gone;
                gone(state, resource);
            }
        }
    };
    ($interface:ty, $data:ty => $smithay:ty, destroyed: $destroyed:expr, $check:expr) => {
        guarded!($interface, $data => $smithay, destroyed: $destroyed, gone: |_, _| (), $check);
    };
}

pub(in crate::wayland) use guarded;

/// What becomes of a request.
pub(in crate::wayland) enum Verdict {
    /// It goes on to Smithay.
    Pass,
    /// It has no effect. Only for requests that make no object.
    Ignore,
    /// It asks for too much.
    CutOff(&'static str),
    /// It breaks the protocol, with this code of its interface.
    Refuse(u32, &'static str),
}

pub(in crate::wayland) fn one_object_more(state: &mut State, client: &Client) -> Verdict {
    let usage = state.clients.usage(&client.id());
    usage.objects = usage.objects.saturating_add(1);
    if usage.objects > OBJECTS { Verdict::CutOff("it made too many objects") } else { Verdict::Pass }
}

/// Like [`one_object_more`], of those that are walked through.
pub(in crate::wayland) fn one_listener_more(state: &mut State, client: &Client) -> Verdict {
    let usage = state.clients.usage(&client.id());
    usage.listeners = usage.listeners.saturating_add(1);
    if usage.listeners > LISTENERS {
        Verdict::CutOff("it made too many pointers, keyboards, outputs or the like")
    } else {
        Verdict::Pass
    }
}

pub(in crate::wayland) fn one_listener_less<I>(usage: &mut Usage, _: &I) {
    usage.listeners = usage.listeners.saturating_sub(1);
}

pub(in crate::wayland) fn one_object_less<I>(usage: &mut Usage, _: &I) {
    usage.objects = usage.objects.saturating_sub(1);
}

pub(in crate::wayland) fn nothing<I>(_: &mut Usage, _: &I) {}

fn far(numbers: &[i32]) -> bool {
    numbers.iter().any(|n| !(-FAR..=FAR).contains(n))
}

guarded!(WlCompositor, () => CompositorState, destroyed: one_object_less, |state, client, _, request| match request {
    wl_compositor::Request::CreateSurface { .. } => {
        let limit = state.surface_limit(client);
        let usage = state.clients.usage(&client.id());
        usage.surfaces += 1;
        if usage.surfaces > limit { Verdict::CutOff("it made too many surfaces") } else { Verdict::Pass }
    }
    wl_compositor::Request::CreateRegion { .. } => {
        let usage = state.clients.usage(&client.id());
        usage.regions += 1;
        if usage.regions > REGIONS { Verdict::CutOff("it made too many regions") } else { Verdict::Pass }
    }
    _ => Verdict::Pass,
});

guarded!(WlSurface, SurfaceUserData => CompositorState,
destroyed: |usage, _| usage.surfaces = usage.surfaces.saturating_sub(1),
|state, client, surface, request| {
    if let Err(reason) = state.count_request(client, surface) {
        return Verdict::CutOff(reason);
    }
    match request {
        wl_surface::Request::SetOpaqueRegion { region: Some(region) }
        | wl_surface::Request::SetInputRegion { region: Some(region) } => {
            let held = state.clients.usage(&client.id()).rects.of(region);
            state.keeps_rects(client, surface, held)
        }
        wl_surface::Request::Damage { width, height, .. }
        | wl_surface::Request::DamageBuffer { width, height, .. } if *width <= 0 || *height <= 0 => Verdict::Ignore,
        wl_surface::Request::Frame { .. } => one_object_more(state, client),
        wl_surface::Request::Offset { x, y } if far(&[*x, *y]) => Verdict::Ignore,
        wl_surface::Request::SetBufferScale { scale } if *scale > 16 => {
            Verdict::Refuse(wl_surface::Error::InvalidScale as u32, "no buffer scale over 16 is supported")
        }
        _ => Verdict::Pass,
    }
});

guarded!(WlRegion, RegionUserData => CompositorState,
destroyed: |usage, region| {
    usage.regions = usage.regions.saturating_sub(1);
    usage.rects.region_gone(region);
},
|state, client, region, request| match request {
    wl_region::Request::Add { width, height, .. } | wl_region::Request::Subtract { width, height, .. } => {
        if *width <= 0 || *height <= 0 {
            return Verdict::Ignore;
        }
        state.clients.usage(&client.id()).rects.added(region)
    }
    _ => Verdict::Pass,
});

guarded!(WlShm, () => ShmState, destroyed: one_object_less, |state, client, _, request| match request {
    wl_shm::Request::CreatePool { size, .. } => {
        let limits = state.clients.limits;
        let usage = state.clients.usage(&client.id());
        usage.pools += 1;
        if usage.pools > limits.pools {
            Verdict::CutOff("it made too many shared memory pools")
        } else {
            pool_size(*size, limits.pool_bytes)
        }
    }
    _ => Verdict::Pass,
});

guarded!(WlShmPool, ShmPoolUserData => ShmState,
destroyed: |usage, _| usage.pools = usage.pools.saturating_sub(1),
|state, client, _, request| match request {
    wl_shm_pool::Request::CreateBuffer { .. } => one_object_more(state, client),
    // Smithay panics on a size of zero.
    wl_shm_pool::Request::Resize { size } => pool_size(*size, state.clients.limits.pool_bytes),
    _ => Verdict::Pass,
});

guarded!(WlBuffer, ShmBufferUserData => ShmState, destroyed: one_object_less, |_, _, _, _| Verdict::Pass);

fn pool_size(size: i32, limit: u64) -> Verdict {
    match u64::try_from(size) {
        Ok(0) | Err(_) => {
            Verdict::Refuse(wl_shm::Error::InvalidStride as u32, "a pool's size must be positive")
        }
        Ok(bytes) if bytes > limit => Verdict::CutOff("one of its shared memory pools is too large"),
        Ok(_) => Verdict::Pass,
    }
}

guarded!(XdgWmBase, XdgWmBaseUserData => XdgShellState, destroyed: one_object_less, |state, client, _, request| match request {
    xdg_wm_base::Request::CreatePositioner { .. } | xdg_wm_base::Request::GetXdgSurface { .. } => one_object_more(state, client),
    _ => Verdict::Pass,
});

guarded!(XdgPositioner, XdgPositionerUserData => XdgShellState, destroyed: one_object_less, |_, _, _, request| {
    let (place, size) = match *request {
        xdg_positioner::Request::SetSize { width, height } => ([0, 0], [width, height]),
        xdg_positioner::Request::SetAnchorRect { x, y, width, height } => ([x, y], [width, height]),
        xdg_positioner::Request::SetOffset { x, y } => ([x, y], [0, 0]),
        xdg_positioner::Request::SetParentSize { parent_width, parent_height } => {
            ([0, 0], [parent_width, parent_height])
        }
        _ => return Verdict::Pass,
    };
    // Smithay panics on a size below zero.
    if far(&place) || far(&size) || size.iter().any(|side| *side < 0) {
        Verdict::Refuse(xdg_positioner::Error::InvalidInput as u32, "the positioner's numbers are absurd")
    } else {
        Verdict::Pass
    }
});

guarded!(XdgSurface, XdgSurfaceUserData => XdgShellState, destroyed: one_object_less, |_, _, _, request| match *request {
    xdg_surface::Request::SetWindowGeometry { x, y, width, height } => {
        if far(&[x, y, width, height]) || width <= 0 || height <= 0 {
            Verdict::Refuse(xdg_surface::Error::InvalidSize as u32, "the window geometry is empty or absurd")
        } else {
            Verdict::Pass
        }
    }
    _ => Verdict::Pass,
});

guarded!(WlSubcompositor, () => CompositorState, destroyed: one_object_less, |_, _, _, _| Verdict::Pass);
guarded!(WlSubsurface, SubsurfaceUserData => CompositorState, destroyed: nothing, |state, _, subsurface, request| {
    if let Some(data) = subsurface.data::<SubsurfaceUserData>() {
        let surface = data.surface().clone();
        match request {
            wl_subsurface::Request::SetDesync => state.let_go(&surface),
            wl_subsurface::Request::SetSync => state.frames.bound_to_parent(&surface),
            wl_subsurface::Request::Destroy => state.orphan(&surface),
            _ => (),
        }
    }
    Verdict::Pass
});
guarded!(XdgToplevel, XdgShellSurfaceUserData => XdgShellState, destroyed: nothing, |_, _, _, request| match *request {
    // Smithay panics on a size below zero.
    xdg_toplevel::Request::SetMinSize { width, height } | xdg_toplevel::Request::SetMaxSize { width, height }
        if width < 0 || height < 0 =>
    {
        Verdict::Refuse(xdg_toplevel::Error::InvalidSize as u32, "a window cannot be smaller than nothing")
    }
    _ => Verdict::Pass,
});
guarded!(XdgPopup, XdgShellSurfaceUserData => XdgShellState, destroyed: nothing, |_, _, _, _| Verdict::Pass);

guarded!(ZwpPointerConstraintsV1, () => PointerConstraintsState, destroyed: one_object_less, |state, client, _, request| match request {
    zwp_pointer_constraints_v1::Request::LockPointer { .. }
    | zwp_pointer_constraints_v1::Request::ConfinePointer { .. } => one_object_more(state, client),
    _ => Verdict::Pass,
});

guarded!(ZwpLockedPointerV1, PointerConstraintUserData<State> => PointerConstraintsState,
destroyed: one_object_less, |_, _, _, _| Verdict::Pass);

guarded!(ZwpConfinedPointerV1, PointerConstraintUserData<State> => PointerConstraintsState,
destroyed: one_object_less, |_, _, _, _| Verdict::Pass);

guarded!(ZwpRelativePointerManagerV1, () => RelativePointerManagerState, destroyed: one_object_less, |state, client, _, request| match request {
    zwp_relative_pointer_manager_v1::Request::GetRelativePointer { .. } => one_object_more(state, client),
    _ => Verdict::Pass,
});

guarded!(ZwpRelativePointerV1, RelativePointerUserData<State> => RelativePointerManagerState,
destroyed: one_object_less, |_, _, _, _| Verdict::Pass);
