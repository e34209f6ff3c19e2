//! All other interfaces: each object that an app asks for is counted while it lives.
//!
//! Invariant: whatever an app makes or binds passes [`guarded!`] or [`global!`], so no kind of object is
//! without a bound. What no handler sees are `wl_display.sync`, whose callbacks are gone at once, and
//! `wl_registry` objects.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "requests are the protocol's"))]

use smithay::{
    input::SeatState,
    reexports::{
        wayland_protocols::{
            wp::{
                cursor_shape::v1::server::{
                    wp_cursor_shape_device_v1::WpCursorShapeDeviceV1,
                    wp_cursor_shape_manager_v1::{self, WpCursorShapeManagerV1},
                },
                fractional_scale::v1::server::{
                    wp_fractional_scale_manager_v1::{self, WpFractionalScaleManagerV1},
                    wp_fractional_scale_v1::WpFractionalScaleV1,
                },
                pointer_constraints::zv1::server::zwp_pointer_constraints_v1::ZwpPointerConstraintsV1,
                presentation_time::server::{
                    wp_presentation::{self, WpPresentation},
                    wp_presentation_feedback::WpPresentationFeedback,
                },
                relative_pointer::zv1::server::zwp_relative_pointer_manager_v1::ZwpRelativePointerManagerV1,
                single_pixel_buffer::v1::server::wp_single_pixel_buffer_manager_v1::{
                    self, WpSinglePixelBufferManagerV1,
                },
                viewporter::server::{
                    wp_viewport::WpViewport,
                    wp_viewporter::{self, WpViewporter},
                },
            },
            xdg::{
                activation::v1::server::{
                    xdg_activation_token_v1::XdgActivationTokenV1,
                    xdg_activation_v1::{self, XdgActivationV1},
                },
                decoration::zv1::server::{
                    zxdg_decoration_manager_v1::{self, ZxdgDecorationManagerV1},
                    zxdg_toplevel_decoration_v1::ZxdgToplevelDecorationV1,
                },
                dialog::v1::server::{
                    xdg_dialog_v1::XdgDialogV1,
                    xdg_wm_dialog_v1::{self, XdgWmDialogV1},
                },
                shell::server::xdg_wm_base::XdgWmBase,
                system_bell::v1::server::xdg_system_bell_v1::XdgSystemBellV1,
                xdg_output::zv1::server::{
                    zxdg_output_manager_v1::{self, ZxdgOutputManagerV1},
                    zxdg_output_v1::ZxdgOutputV1,
                },
            },
        },
        wayland_protocols_misc::server_decoration::server::{
            org_kde_kwin_server_decoration::OrgKdeKwinServerDecoration,
            org_kde_kwin_server_decoration_manager::{self, OrgKdeKwinServerDecorationManager},
        },
        wayland_server::{
            Client, Resource, Weak,
            protocol::{
                wl_buffer::WlBuffer,
                wl_callback::WlCallback,
                wl_compositor::WlCompositor,
                wl_keyboard::WlKeyboard,
                wl_output::WlOutput,
                wl_pointer::WlPointer,
                wl_seat::{self, WlSeat},
                wl_shm::WlShm,
                wl_subcompositor::WlSubcompositor,
                wl_surface::WlSurface,
                wl_touch::WlTouch,
            },
        },
    },
    wayland::{
        compositor::CompositorState,
        cursor_shape::{CursorShapeDeviceUserData, CursorShapeManagerState},
        fractional_scale::FractionalScaleManagerState,
        output::{OutputManagerState, OutputUserData, WlOutputData, XdgOutputUserData},
        pointer_constraints::PointerConstraintsState,
        presentation::{PresentationFeedbackState, PresentationState},
        relative_pointer::RelativePointerManagerState,
        seat::{KeyboardUserData, PointerUserData, SeatGlobalData, SeatUserData, TouchUserData},
        shell::{
            kde::decoration::{KdeDecorationManagerGlobalData, KdeDecorationState},
            xdg::{
                ToplevelSurface, XdgShellState,
                decoration::{XdgDecorationManagerGlobalData, XdgDecorationState},
                dialog::XdgDialogState,
            },
        },
        shm::ShmState,
        single_pixel_buffer::{SinglePixelBufferState, SinglePixelBufferUserData},
        viewporter::{ViewportState, ViewporterState},
        xdg_activation::{ActivationTokenData, XdgActivationState},
        xdg_system_bell::XdgSystemBellState,
    },
};

use crate::wayland::State;
use crate::wayland::quota::clients::Usage;
use crate::wayland::quota::requests::{
    Verdict, guarded, one_listener_less, one_listener_more, one_object_less, one_object_more,
};

/// An interface whose objects are counted, and of its requests those that make others.
macro_rules! counted {
    ($interface:ty, $data:ty => $smithay:ty) => {
        guarded!($interface, $data => $smithay, destroyed: one_object_less, |_, _, _, _| Verdict::Pass);
    };
    ($interface:ty, $data:ty => $smithay:ty, $made:pat => $count:expr) => {
        guarded!($interface, $data => $smithay, destroyed: one_object_less, |state, client, _, request| {
            match request {
                $made => $count(state, client),
                _ => Verdict::Pass,
            }
        });
    };
}

/// An interface whose objects are walked through whenever something happens.
macro_rules! listener {
    ($interface:ty, $data:ty => $smithay:ty) => {
        guarded!($interface, $data => $smithay, destroyed: one_listener_less, |_, _, _, _| Verdict::Pass);
    };
}

/// A global, each binding of which is an object as well.
macro_rules! global {
    ($interface:ty, $data:ty => $smithay:ty, $count:expr) => {
        impl smithay::reexports::wayland_server::GlobalDispatch<$interface, $data> for State {
            fn bind(
                state: &mut Self,
                display: &smithay::reexports::wayland_server::DisplayHandle,
                client: &Client,
                resource: smithay::reexports::wayland_server::New<$interface>,
                data: &$data,
                init: &mut smithay::reexports::wayland_server::DataInit<'_, Self>,
            ) {
                let floods = state.clients.floods(&client.id());
                let count: fn(&mut State, &Client) -> Verdict = $count;
                let verdict = count(state, client);
                <$smithay as smithay::reexports::wayland_server::GlobalDispatch<$interface, $data, Self>>::bind(
                    state, display, client, resource, data, init,
                );
                if floods {
                    state.cut_off(client, "it sends requests faster than they can be handled");
                } else if let Verdict::CutOff(reason) = verdict {
                    state.cut_off(client, reason);
                }
            }

            fn can_view(client: Client, data: &$data) -> bool {
                <$smithay as smithay::reexports::wayland_server::GlobalDispatch<$interface, $data, Self>>::can_view(
                    client, data,
                )
            }
        }
    };
}

global!(WlCompositor, () => CompositorState, one_object_more);
global!(WlSubcompositor, () => CompositorState, one_object_more);
global!(WlShm, () => ShmState, one_object_more);
global!(XdgWmBase, () => XdgShellState, one_object_more);
global!(ZwpPointerConstraintsV1, () => PointerConstraintsState, one_object_more);
global!(ZwpRelativePointerManagerV1, () => RelativePointerManagerState, one_object_more);
counted!(WlCallback, () => CompositorState);

global!(WlOutput, WlOutputData => OutputManagerState, one_listener_more);
listener!(WlOutput, OutputUserData => OutputManagerState);
global!(ZxdgOutputManagerV1, () => OutputManagerState, one_object_more);
counted!(ZxdgOutputManagerV1, () => OutputManagerState,
    zxdg_output_manager_v1::Request::GetXdgOutput { .. } => one_listener_more);
listener!(ZxdgOutputV1, XdgOutputUserData => OutputManagerState);

global!(WpViewporter, () => ViewporterState, one_object_more);
counted!(WpViewporter, () => ViewporterState, wp_viewporter::Request::GetViewport { .. } => one_object_more);
counted!(WpViewport, ViewportState => ViewportState);

global!(WpFractionalScaleManagerV1, () => FractionalScaleManagerState, one_object_more);
counted!(WpFractionalScaleManagerV1, () => FractionalScaleManagerState,
    wp_fractional_scale_manager_v1::Request::GetFractionalScale { .. } => one_object_more);
counted!(WpFractionalScaleV1, Weak<WlSurface> => FractionalScaleManagerState);

global!(XdgWmDialogV1, () => XdgDialogState, one_object_more);
counted!(XdgWmDialogV1, () => XdgDialogState, xdg_wm_dialog_v1::Request::GetXdgDialog { .. } => one_object_more);
counted!(XdgDialogV1, ToplevelSurface => XdgDialogState);

global!(WpCursorShapeManagerV1, () => CursorShapeManagerState, one_object_more);
counted!(WpCursorShapeManagerV1, () => CursorShapeManagerState,
    wp_cursor_shape_manager_v1::Request::GetPointer { .. }
    | wp_cursor_shape_manager_v1::Request::GetTabletToolV2 { .. } => one_object_more);
counted!(WpCursorShapeDeviceV1, CursorShapeDeviceUserData<State> => CursorShapeManagerState);

global!(WpPresentation, u32 => PresentationState, one_object_more);
counted!(WpPresentation, u32 => PresentationState, wp_presentation::Request::Feedback { .. } => one_object_more);
counted!(WpPresentationFeedback, () => PresentationFeedbackState);

global!(WpSinglePixelBufferManagerV1, () => SinglePixelBufferState, one_object_more);
counted!(WpSinglePixelBufferManagerV1, () => SinglePixelBufferState,
    wp_single_pixel_buffer_manager_v1::Request::CreateU32RgbaBuffer { .. } => one_object_more);
counted!(WlBuffer, SinglePixelBufferUserData => SinglePixelBufferState);

global!(XdgSystemBellV1, () => XdgSystemBellState, one_object_more);
counted!(XdgSystemBellV1, () => XdgSystemBellState);

global!(XdgActivationV1, () => XdgActivationState, one_object_more);
counted!(XdgActivationV1, () => XdgActivationState,
    xdg_activation_v1::Request::GetActivationToken { .. } => one_object_more);
counted!(XdgActivationTokenV1, ActivationTokenData => XdgActivationState);

global!(WlSeat, SeatGlobalData<State> => SeatState<State>, one_listener_more);
guarded!(WlSeat, SeatUserData<State> => SeatState<State>, destroyed: one_listener_less, |state, client, _, request| {
    match request {
        wl_seat::Request::GetPointer { .. }
        | wl_seat::Request::GetKeyboard { .. }
        | wl_seat::Request::GetTouch { .. } => one_listener_more(state, client),
        _ => Verdict::Pass,
    }
});
listener!(WlPointer, PointerUserData<State> => SeatState<State>);
listener!(WlKeyboard, KeyboardUserData<State> => SeatState<State>);
listener!(WlTouch, TouchUserData<State> => SeatState<State>);

global!(ZxdgDecorationManagerV1, XdgDecorationManagerGlobalData => XdgDecorationState, one_object_more);
counted!(ZxdgDecorationManagerV1, () => XdgDecorationState,
    zxdg_decoration_manager_v1::Request::GetToplevelDecoration { .. } => one_object_more);
counted!(ZxdgToplevelDecorationV1, ToplevelSurface => XdgDecorationState);

global!(OrgKdeKwinServerDecorationManager, KdeDecorationManagerGlobalData => KdeDecorationState, one_object_more);
counted!(OrgKdeKwinServerDecorationManager, () => KdeDecorationState,
    org_kde_kwin_server_decoration_manager::Request::Create { .. } => one_object_more);
counted!(OrgKdeKwinServerDecoration, WlSurface => KdeDecorationState);

pub(in crate::wayland) use {counted, global, listener};
