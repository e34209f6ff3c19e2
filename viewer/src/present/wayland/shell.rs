//! What the desktop says about popups, in the order in which it does.

#![cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the protocol's"))]

use std::{
    collections::HashMap,
    rc::{Rc, Weak},
};

use media::{Size, TrackId};
use wayland_client::{
    Connection, Dispatch, QueueHandle, delegate_noop,
    globals::GlobalListContents,
    protocol::{
        wl_compositor::WlCompositor,
        wl_registry::{self, WlRegistry},
        wl_surface::{self, WlSurface},
    },
};
use wayland_protocols::{
    wp::viewporter::client::{wp_viewport::WpViewport, wp_viewporter::WpViewporter},
    xdg::shell::client::{
        xdg_popup::{self, XdgPopup},
        xdg_positioner::XdgPositioner,
        xdg_surface::{self, XdgSurface},
        xdg_wm_base::{self, XdgWmBase},
    },
};
use winit::{dpi::PhysicalSize, event::WindowEvent};

use super::{Globals, hands::Hands, popup::Popup};

/// Hears the desktop. Objects of a popup carry its track.
pub(super) struct Shell {
    pub(super) globals: Globals,
    pub(super) popups: HashMap<TrackId, Weak<Popup>>,
    pub(super) hands: Hands,
    /// What has not been told yet.
    pub(super) told: Vec<(TrackId, WindowEvent)>,
}

impl Shell {
    /// The popup of a track, if it still is one.
    pub(super) fn popup(&self, track: TrackId) -> Option<Rc<Popup>> {
        self.popups.get(&track)?.upgrade()
    }
}

impl Dispatch<XdgPopup, TrackId> for Shell {
    fn event(
        shell: &mut Self,
        _: &XdgPopup,
        event: xdg_popup::Event,
        &track: &TrackId,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            xdg_popup::Event::Configure { width, height, .. } => {
                let Some(popup) = shell.popup(track) else { return };
                let (width, height) = (width.max(1), height.max(1));
                popup.granted(width, height);
                let size = popup.scale().to_pixels(Size::new(width.unsigned_abs(), height.unsigned_abs()));
                shell.told.push((track, WindowEvent::Resized(PhysicalSize::new(size.w, size.h))));
            }
            xdg_popup::Event::PopupDone => shell.told.push((track, WindowEvent::Destroyed)),
            _ => {}
        }
    }
}

impl Dispatch<XdgSurface, TrackId> for Shell {
    fn event(
        _: &mut Self,
        surface: &XdgSurface,
        event: xdg_surface::Event,
        _: &TrackId,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_surface::Event::Configure { serial } = event {
            surface.ack_configure(serial);
        }
    }
}

impl Dispatch<XdgWmBase, ()> for Shell {
    fn event(
        _: &mut Self,
        base: &XdgWmBase,
        event: xdg_wm_base::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_wm_base::Event::Ping { serial } = event {
            base.pong(serial);
        }
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for Shell {
    fn event(
        shell: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        queue: &QueueHandle<Self>,
    ) {
        if let wl_registry::Event::Global { name, interface, version } = event {
            shell.hands.on_global(registry, name, &interface, version, queue);
        }
    }
}

impl Dispatch<WlSurface, TrackId> for Shell {
    fn event(
        _: &mut Self,
        _: &WlSurface,
        _: wl_surface::Event,
        _: &TrackId,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        // Which screens it is on and what scale they have is known of its toplevel.
    }
}

delegate_noop!(Shell: WlCompositor);
delegate_noop!(Shell: XdgPositioner);
delegate_noop!(Shell: WpViewporter);
delegate_noop!(Shell: WpViewport);
