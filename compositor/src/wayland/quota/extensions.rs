//! Small protocols, most of them Smithay's: each object that an app asks for is counted while it lives.

use smithay::{
    reexports::{
        wayland_protocols::{
            ext::foreign_toplevel_list::v1::server::{
                ext_foreign_toplevel_handle_v1::ExtForeignToplevelHandleV1,
                ext_foreign_toplevel_list_v1::ExtForeignToplevelListV1,
            },
            wp::{
                alpha_modifier::v1::server::{
                    wp_alpha_modifier_surface_v1::WpAlphaModifierSurfaceV1,
                    wp_alpha_modifier_v1::{self, WpAlphaModifierV1},
                },
                content_type::v1::server::{
                    wp_content_type_manager_v1::{self, WpContentTypeManagerV1},
                    wp_content_type_v1::WpContentTypeV1,
                },
                idle_inhibit::zv1::server::{
                    zwp_idle_inhibit_manager_v1::{self, ZwpIdleInhibitManagerV1},
                    zwp_idle_inhibitor_v1::ZwpIdleInhibitorV1,
                },
                keyboard_shortcuts_inhibit::zv1::server::{
                    zwp_keyboard_shortcuts_inhibit_manager_v1::{self, ZwpKeyboardShortcutsInhibitManagerV1},
                    zwp_keyboard_shortcuts_inhibitor_v1::ZwpKeyboardShortcutsInhibitorV1,
                },
                pointer_gestures::zv1::server::{
                    zwp_pointer_gesture_hold_v1::ZwpPointerGestureHoldV1,
                    zwp_pointer_gesture_pinch_v1::ZwpPointerGesturePinchV1,
                    zwp_pointer_gesture_swipe_v1::ZwpPointerGestureSwipeV1,
                    zwp_pointer_gestures_v1::{self, ZwpPointerGesturesV1},
                },
                security_context::v1::server::{
                    wp_security_context_manager_v1::{self, WpSecurityContextManagerV1},
                    wp_security_context_v1::WpSecurityContextV1,
                },
                tablet::zv2::server::{
                    zwp_tablet_manager_v2::{self, ZwpTabletManagerV2},
                    zwp_tablet_seat_v2::ZwpTabletSeatV2,
                    zwp_tablet_tool_v2::ZwpTabletToolV2,
                    zwp_tablet_v2::ZwpTabletV2,
                },
            },
            xdg::foreign::{
                zv1::server::{
                    zxdg_exported_v1::ZxdgExportedV1,
                    zxdg_exporter_v1::{self, ZxdgExporterV1},
                    zxdg_imported_v1::ZxdgImportedV1,
                    zxdg_importer_v1::{self, ZxdgImporterV1},
                },
                zv2::server::{
                    zxdg_exported_v2::ZxdgExportedV2,
                    zxdg_exporter_v2::{self, ZxdgExporterV2},
                    zxdg_imported_v2::ZxdgImportedV2,
                    zxdg_importer_v2::{self, ZxdgImporterV2},
                },
            },
        },
        wayland_server::{Client, Resource},
    },
    wayland::{
        alpha_modifier::{AlphaModifierState, AlphaModifierSurfaceUserData},
        content_type::{ContentTypeState, ContentTypeUserData},
        foreign_toplevel_list::{
            ForeignToplevelHandle, ForeignToplevelListGlobalData, ForeignToplevelListState,
        },
        idle_inhibit::{IdleInhibitManagerState, inhibitor::IdleInhibitorState},
        keyboard_shortcuts_inhibit::{KeyboardShortcutsInhibitState, KeyboardShortcutsInhibitorUserData},
        pointer_gestures::{PointerGestureUserData, PointerGesturesState},
        security_context::{SecurityContextGlobalData, SecurityContextState, SecurityContextUserData},
        tablet_manager::{TabletManagerState, TabletSeatUserData, TabletToolUserData, TabletUserData},
    },
};

use crate::wayland::State;
use crate::wayland::quota::clients::Usage;
use crate::wayland::quota::objects::{counted, global, listener};
use crate::wayland::quota::requests::{
    Verdict, guarded, one_listener_less, one_listener_more, one_object_less, one_object_more,
};
use crate::wayland::quota::selections::{one_watcher_less, one_watcher_more};
use crate::wayland::windows::foreign::{Foreign, Handle};

global!(ZwpIdleInhibitManagerV1, () => IdleInhibitManagerState, one_object_more);
counted!(ZwpIdleInhibitManagerV1, () => IdleInhibitManagerState,
    zwp_idle_inhibit_manager_v1::Request::CreateInhibitor { .. } => one_object_more);
counted!(ZwpIdleInhibitorV1, IdleInhibitorState => IdleInhibitManagerState);

global!(ZwpKeyboardShortcutsInhibitManagerV1, () => KeyboardShortcutsInhibitState, one_object_more);
counted!(ZwpKeyboardShortcutsInhibitManagerV1, () => KeyboardShortcutsInhibitState,
    zwp_keyboard_shortcuts_inhibit_manager_v1::Request::InhibitShortcuts { .. } => one_listener_more);
listener!(ZwpKeyboardShortcutsInhibitorV1,
    KeyboardShortcutsInhibitorUserData => KeyboardShortcutsInhibitState);

global!(WpContentTypeManagerV1, () => ContentTypeState, one_object_more);
counted!(WpContentTypeManagerV1, () => ContentTypeState,
    wp_content_type_manager_v1::Request::GetSurfaceContentType { .. } => one_object_more);
counted!(WpContentTypeV1, ContentTypeUserData => ContentTypeState);

global!(WpAlphaModifierV1, () => AlphaModifierState, one_object_more);
counted!(WpAlphaModifierV1, () => AlphaModifierState,
    wp_alpha_modifier_v1::Request::GetSurface { .. } => one_object_more);
counted!(WpAlphaModifierSurfaceV1, AlphaModifierSurfaceUserData => AlphaModifierState);

global!(ZwpPointerGesturesV1, () => PointerGesturesState, one_object_more);
counted!(ZwpPointerGesturesV1, () => PointerGesturesState,
    zwp_pointer_gestures_v1::Request::GetSwipeGesture { .. }
    | zwp_pointer_gestures_v1::Request::GetPinchGesture { .. }
    | zwp_pointer_gestures_v1::Request::GetHoldGesture { .. } => one_listener_more);
listener!(ZwpPointerGestureSwipeV1, PointerGestureUserData<State> => PointerGesturesState);
listener!(ZwpPointerGesturePinchV1, PointerGestureUserData<State> => PointerGesturesState);
listener!(ZwpPointerGestureHoldV1, PointerGestureUserData<State> => PointerGesturesState);

global!(ZwpTabletManagerV2, () => TabletManagerState, one_object_more);
counted!(ZwpTabletManagerV2, () => TabletManagerState,
    zwp_tablet_manager_v2::Request::GetTabletSeat { .. } => one_listener_more);
listener!(ZwpTabletSeatV2, TabletSeatUserData => TabletManagerState);
guarded!(ZwpTabletV2, TabletUserData => TabletManagerState, destroyed: |_, _| (), |_, _, _, _| Verdict::Pass);
guarded!(ZwpTabletToolV2, TabletToolUserData => TabletManagerState,
    destroyed: |_, _| (), |_, _, _, _| Verdict::Pass);

global!(WpSecurityContextManagerV1, SecurityContextGlobalData => SecurityContextState, one_object_more);
counted!(WpSecurityContextManagerV1, () => SecurityContextState,
    wp_security_context_manager_v1::Request::CreateListener { .. } => one_listener_more);
listener!(WpSecurityContextV1, SecurityContextUserData => SecurityContextState);

global!(ExtForeignToplevelListV1,
    ForeignToplevelListGlobalData => ForeignToplevelListState, one_watcher_more);
guarded!(ExtForeignToplevelListV1, () => ForeignToplevelListState,
    destroyed: one_watcher_less, |_, _, _, _| Verdict::Pass);
guarded!(ExtForeignToplevelHandleV1, ForeignToplevelHandle => ForeignToplevelListState,
    destroyed: |_, _| (), |_, _, _, _| Verdict::Pass);

global!(ZxdgExporterV1, () => Foreign, one_object_more);
counted!(ZxdgExporterV1, () => Foreign, zxdg_exporter_v1::Request::Export { .. } => one_listener_more);
listener!(ZxdgExportedV1, Handle => Foreign);
global!(ZxdgImporterV1, () => Foreign, one_object_more);
counted!(ZxdgImporterV1, () => Foreign, zxdg_importer_v1::Request::Import { .. } => one_listener_more);
listener!(ZxdgImportedV1, () => Foreign);

global!(ZxdgExporterV2, () => Foreign, one_object_more);
counted!(ZxdgExporterV2, () => Foreign,
    zxdg_exporter_v2::Request::ExportToplevel { .. } => one_listener_more);
listener!(ZxdgExportedV2, Handle => Foreign);
global!(ZxdgImporterV2, () => Foreign, one_object_more);
counted!(ZxdgImporterV2, () => Foreign,
    zxdg_importer_v2::Request::ImportToplevel { .. } => one_listener_more);
listener!(ZxdgImportedV2, () => Foreign);
