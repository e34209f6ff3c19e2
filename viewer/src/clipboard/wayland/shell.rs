//! What the desktop says about the clipboard.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the protocol's"))]

use wayland_client::{
    Connection, Dispatch, QueueHandle, WEnum, delegate_noop, event_created_child,
    globals::GlobalListContents,
    protocol::{
        wl_data_device::{self, WlDataDevice},
        wl_data_device_manager::WlDataDeviceManager,
        wl_data_offer::{self, WlDataOffer},
        wl_data_source::{self, WlDataSource},
        wl_keyboard::{self, WlKeyboard},
        wl_registry::WlRegistry,
        wl_seat::{self, WlSeat},
    },
};

use super::{Shell, offer::Offered};

impl Dispatch<WlDataDevice, ()> for Shell {
    fn event(
        shell: &mut Self,
        _: &WlDataDevice,
        event: wl_data_device::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            wl_data_device::Event::Selection { id } => shell.on_selection(id),
            // What is dragged over our windows is not taken.
            wl_data_device::Event::Enter { id: Some(offer), .. } => offer.destroy(),
            _ => {}
        }
    }

    event_created_child!(Shell, WlDataDevice, [
        wl_data_device::EVT_DATA_OFFER_OPCODE => (WlDataOffer, Offered::default()),
    ]);
}

impl Dispatch<WlDataOffer, Offered> for Shell {
    fn event(
        _: &mut Self,
        _: &WlDataOffer,
        event: wl_data_offer::Event,
        offered: &Offered,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_data_offer::Event::Offer { mime_type } = event {
            offered.add(mime_type);
        }
    }
}

impl Dispatch<WlDataSource, ()> for Shell {
    fn event(
        shell: &mut Self,
        source: &WlDataSource,
        event: wl_data_source::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            wl_data_source::Event::Send { mime_type, fd } if shell.source.as_ref() == Some(source) => {
                shell.on_pasting(&mime_type, fd);
            }
            wl_data_source::Event::Cancelled => {
                source.destroy();
                if shell.source.as_ref() == Some(source) {
                    shell.source = None;
                }
            }
            _ => {}
        }
    }
}

impl Dispatch<WlKeyboard, ()> for Shell {
    fn event(
        shell: &mut Self,
        _: &WlKeyboard,
        event: wl_keyboard::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_keyboard::Event::Enter { serial, .. } | wl_keyboard::Event::Key { serial, .. } = event {
            shell.serial = serial;
        }
    }
}

impl Dispatch<WlSeat, ()> for Shell {
    fn event(
        shell: &mut Self,
        seat: &WlSeat,
        event: wl_seat::Event,
        (): &(),
        _: &Connection,
        queue: &QueueHandle<Self>,
    ) {
        let wl_seat::Event::Capabilities { capabilities: WEnum::Value(capabilities) } = event else { return };
        if !capabilities.contains(wl_seat::Capability::Keyboard) {
            shell.keyboard = None;
        } else if shell.keyboard.is_none() {
            shell.keyboard = Some(seat.get_keyboard(queue, ()));
        }
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for Shell {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: <WlRegistry as wayland_client::Proxy>::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Shell: WlDataDeviceManager);
