//! What apps offer each other: sources, devices and offers of the clipboard, of the primary selection, and of
//! the two protocols by which tools reach both without a window.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "requests are the protocol's"))]

use smithay::{
    reexports::{
        wayland_protocols::{
            ext::{
                data_control::v1::server::{
                    ext_data_control_device_v1::{self, ExtDataControlDeviceV1},
                    ext_data_control_manager_v1::{self, ExtDataControlManagerV1},
                    ext_data_control_offer_v1::ExtDataControlOfferV1,
                    ext_data_control_source_v1::{self, ExtDataControlSourceV1},
                },
                foreign_toplevel_list::v1::server::ext_foreign_toplevel_handle_v1::ExtForeignToplevelHandleV1,
            },
            wp::primary_selection::zv1::server::{
                zwp_primary_selection_device_manager_v1::{self, ZwpPrimarySelectionDeviceManagerV1},
                zwp_primary_selection_device_v1::{self, ZwpPrimarySelectionDeviceV1},
                zwp_primary_selection_offer_v1::ZwpPrimarySelectionOfferV1,
                zwp_primary_selection_source_v1::{self, ZwpPrimarySelectionSourceV1},
            },
        },
        wayland_protocols_wlr::data_control::v1::server::{
            zwlr_data_control_device_v1::{self, ZwlrDataControlDeviceV1},
            zwlr_data_control_manager_v1::{self, ZwlrDataControlManagerV1},
            zwlr_data_control_offer_v1::ZwlrDataControlOfferV1,
            zwlr_data_control_source_v1::{self, ZwlrDataControlSourceV1},
        },
        wayland_server::{
            Client, Resource,
            backend::ObjectId,
            protocol::{
                wl_data_device::{self, WlDataDevice},
                wl_data_device_manager::{self, WlDataDeviceManager},
                wl_data_offer::WlDataOffer,
                wl_data_source::{self, WlDataSource},
            },
        },
    },
    wayland::selection::{
        data_device::{DataDeviceState, DataDeviceUserData, DataSourceUserData},
        ext_data_control::{
            DataControlState as ExtControlState, ExtDataControlDeviceUserData,
            ExtDataControlManagerGlobalData, ExtDataControlManagerUserData, ExtDataControlSourceUserData,
        },
        primary_selection::{
            PrimaryDeviceManagerGlobalData, PrimaryDeviceUserData, PrimarySelectionState,
            PrimarySourceUserData,
        },
        wlr_data_control::{
            DataControlDeviceUserData, DataControlManagerGlobalData, DataControlManagerUserData,
            DataControlSourceUserData, DataControlState as WlrControlState,
        },
    },
};

use crate::wayland::State;
use crate::wayland::quota::clients::Usage;
use crate::wayland::quota::objects::global;
use crate::wayland::quota::requests::{
    LISTENERS, Verdict, guarded, one_listener_less, one_listener_more, one_object_less, one_object_more,
};

/// Types that one source offers; more than anybody could choose from.
const TYPES: usize = 1024;

/// Offers that an app has been made and keeps, roughly. Each selection makes one for each of its data
/// devices.
const OFFERS: u32 = 4096;

/// Devices of one app that hear of all selections, whoever has the keyboard, and its lists of all windows.
const WATCHES: u32 = 16;

/// The first of the ids that the server gives.
const SERVER_IDS: u32 = 0xff00_0000;

/// A source: its types are counted, and its end is the end of what it offers.
macro_rules! source {
    ($interface:ty, $data:ty => $smithay:ty, $module:ident, destroyed: $destroyed:expr) => {
        guarded!($interface, $data => $smithay, destroyed: |usage, source| {
            usage.types.remove(&source.id());
            $destroyed(usage, source);
        },
        gone: |state, source| state.selection_source_gone(&source.id()),
        |state, client, source, request| match request {
            $module::Request::Offer { .. } => one_type_more(state, client, source.id()),
            _ => Verdict::Pass,
        });
    };
}

global!(WlDataDeviceManager, () => DataDeviceState, one_object_more);
guarded!(WlDataDeviceManager, () => DataDeviceState, destroyed: one_object_less, |state, client, _, request| {
    match request {
        wl_data_device_manager::Request::CreateDataSource { .. } => one_object_more(state, client),
        wl_data_device_manager::Request::GetDataDevice { .. } => one_listener_more(state, client),
        _ => Verdict::Pass,
    }
});
guarded!(WlDataDevice, DataDeviceUserData => DataDeviceState,
destroyed: one_listener_less, |state, client, _, request| {
    match request {
        wl_data_device::Request::SetSelection { source, .. } => {
            sets_selection(state, client, source.as_ref().map(Resource::id))
        }
        _ => Verdict::Pass,
    }
});
source!(WlDataSource, DataSourceUserData => DataDeviceState, wl_data_source, destroyed: one_object_less);

global!(ZwpPrimarySelectionDeviceManagerV1,
    PrimaryDeviceManagerGlobalData => PrimarySelectionState, one_object_more);
guarded!(ZwpPrimarySelectionDeviceManagerV1, () => PrimarySelectionState,
destroyed: one_object_less, |state, client, _, request| match request {
    zwp_primary_selection_device_manager_v1::Request::CreateSource { .. }
    | zwp_primary_selection_device_manager_v1::Request::GetDevice { .. } => one_listener_more(state, client),
    _ => Verdict::Pass,
});
guarded!(ZwpPrimarySelectionDeviceV1, PrimaryDeviceUserData => PrimarySelectionState,
destroyed: one_listener_less, |state, client, _, request| match request {
    zwp_primary_selection_device_v1::Request::SetSelection { source, .. } => {
        sets_selection(state, client, source.as_ref().map(Resource::id))
    }
    _ => Verdict::Pass,
});
source!(ZwpPrimarySelectionSourceV1, PrimarySourceUserData => PrimarySelectionState,
    zwp_primary_selection_source_v1, destroyed: one_listener_less);

global!(ExtDataControlManagerV1, ExtDataControlManagerGlobalData => ExtControlState, one_object_more);
guarded!(ExtDataControlManagerV1, ExtDataControlManagerUserData => ExtControlState,
destroyed: one_object_less, |state, client, _, request| match request {
    ext_data_control_manager_v1::Request::CreateDataSource { .. } => one_object_more(state, client),
    ext_data_control_manager_v1::Request::GetDataDevice { .. } => one_watcher_more(state, client),
    _ => Verdict::Pass,
});
guarded!(ExtDataControlDeviceV1, ExtDataControlDeviceUserData => ExtControlState,
destroyed: one_watcher_less, |state, client, _, request| match request {
    ext_data_control_device_v1::Request::SetSelection { source }
    | ext_data_control_device_v1::Request::SetPrimarySelection { source } => {
        sets_selection(state, client, source.as_ref().map(Resource::id))
    }
    _ => Verdict::Pass,
});
source!(ExtDataControlSourceV1, ExtDataControlSourceUserData => ExtControlState,
    ext_data_control_source_v1, destroyed: one_object_less);

global!(ZwlrDataControlManagerV1, DataControlManagerGlobalData => WlrControlState, one_object_more);
guarded!(ZwlrDataControlManagerV1, DataControlManagerUserData => WlrControlState,
destroyed: one_object_less, |state, client, _, request| match request {
    zwlr_data_control_manager_v1::Request::CreateDataSource { .. } => one_object_more(state, client),
    zwlr_data_control_manager_v1::Request::GetDataDevice { .. } => one_watcher_more(state, client),
    _ => Verdict::Pass,
});
guarded!(ZwlrDataControlDeviceV1, DataControlDeviceUserData => WlrControlState,
destroyed: one_watcher_less, |state, client, _, request| match request {
    zwlr_data_control_device_v1::Request::SetSelection { source }
    | zwlr_data_control_device_v1::Request::SetPrimarySelection { source } => {
        sets_selection(state, client, source.as_ref().map(Resource::id))
    }
    _ => Verdict::Pass,
});
source!(ZwlrDataControlSourceV1, DataControlSourceUserData => WlrControlState,
    zwlr_data_control_source_v1, destroyed: one_object_less);

/// An app says what it has from now on. All whose devices hear of it are made an offer each.
fn sets_selection(state: &mut State, client: &Client, source: Option<ObjectId>) -> Verdict {
    state.clipboard.begin_setting(source);
    state.end_hoarders();
    if keeps_offers(state, client) { Verdict::CutOff(HOARDS) } else { Verdict::Pass }
}

const HOARDS: &str = "it keeps too many offers of selections or handles of windows";

impl State {
    /// Ends apps that are told of all selections or windows and give back nothing of what stands for them.
    pub(in crate::wayland) fn end_hoarders(&mut self) {
        for client in self.watchers.clone() {
            if keeps_offers(self, &client) {
                self.cut_off(&client, HOARDS);
            }
        }
    }
}

/// Offers and handles are made and destroyed beside us; but ids are given lowest first, so high ones mean
/// that there are many.
fn keeps_offers(state: &State, client: &Client) -> bool {
    let backend = state.display.backend_handle();
    let is_offer = |id: u32| {
        let interfaces = [
            ExtForeignToplevelHandleV1::interface(),
            WlDataOffer::interface(),
            ZwpPrimarySelectionOfferV1::interface(),
            ExtDataControlOfferV1::interface(),
            ZwlrDataControlOfferV1::interface(),
        ];
        interfaces
            .into_iter()
            .any(|interface| backend.object_for_protocol_id(client.id(), interface, id).is_ok())
    };
    // As many ids as devices: an app that gives back one offer of each selection is noticed as well.
    let first = SERVER_IDS + OFFERS;
    (first..first + LISTENERS).any(is_offer)
}

fn one_type_more(state: &mut State, client: &Client, source: ObjectId) -> Verdict {
    let offered = state.clients.usage(&client.id()).types.entry(source).or_default();
    *offered += 1;
    if *offered > TYPES { Verdict::CutOff("it offers too many types of one content") } else { Verdict::Pass }
}

pub(in crate::wayland) fn one_watcher_more(state: &mut State, client: &Client) -> Verdict {
    let clients = &state.clients;
    state.watchers.retain(|known| clients.watches(&known.id()) > 0);
    if !state.watchers.contains(client) {
        state.watchers.push(client.clone());
    }
    let usage = state.clients.usage(&client.id());
    usage.watches += 1;
    if usage.watches > WATCHES {
        return Verdict::CutOff("it watches the clipboard or the windows by too many objects");
    }
    one_listener_more(state, client)
}

pub(in crate::wayland) fn one_watcher_less<I>(usage: &mut Usage, device: &I) {
    usage.watches = usage.watches.saturating_sub(1);
    one_listener_less(usage, device);
}
