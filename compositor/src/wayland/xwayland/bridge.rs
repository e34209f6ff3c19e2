//! X11 apps as the Wayland app that they are to one whose drag is over them: all of them are one app with one
//! surface. It is a client of our own compositor, since Smithay lets a drag end well with clients alone; it
//! shows nothing.

use std::os::{
    fd::{AsFd, OwnedFd},
    unix::net::UnixStream,
};

use smithay::reexports::{
    calloop::{Interest, Mode, PostAction, generic::Generic},
    wayland_server::{Client, DisplayHandle, protocol::wl_surface::WlSurface as Served},
};
use wayland_client::{
    Connection, Dispatch, EventQueue, Proxy, QueueHandle, WEnum, delegate_noop, event_created_child,
    protocol::{
        wl_compositor::WlCompositor,
        wl_data_device::{self, WlDataDevice},
        wl_data_device_manager::{DndAction, WlDataDeviceManager},
        wl_data_offer::{self, WlDataOffer},
        wl_registry::{self, WlRegistry},
        wl_seat::WlSeat,
        wl_surface::WlSurface,
    },
};

use crate::wayland::State;
use crate::wayland::quota::clients::Origin;
use crate::x11::drag::message::Action;

/// The client, at both of its ends.
#[derive(Debug)]
pub(in crate::wayland) struct Bridge {
    served: Client,
    connection: Connection,
    queue: EventQueue<Half>,
    half: Half,
}

/// What the client knows.
#[derive(Debug, Default)]
struct Half {
    compositor: Option<WlCompositor>,
    manager: Option<WlDataDeviceManager>,
    seat: Option<WlSeat>,
    surface: Option<WlSurface>,
    /// Types of the newest offer, and what may be done with it.
    mimes: Vec<String>,
    actions: Option<DndAction>,
    /// The drag that is over the surface.
    offer: Option<(u32, WlDataOffer)>,
    /// That which was dropped.
    dropped: Option<WlDataOffer>,
    /// What the X11 app under the pointer would do with it.
    answer: Option<Action>,
    /// What became of what was dropped, said before this client heard of the drop.
    done: Option<Option<Action>>,
}

impl Bridge {
    /// The surface that stands for all windows of X11.
    pub(super) fn surface(&self, display: &DisplayHandle) -> Option<Served> {
        let id = self.half.surface.as_ref()?.id().protocol_id();
        self.served.object_from_protocol_id(display, id).ok()
    }

    /// The X11 app under the pointer would take what is dragged, by this action, or would not.
    pub(super) fn answer(&mut self, answer: Option<Action>) {
        self.half.answer = answer;
        self.half.tell_answer();
        self.flush();
    }

    /// An X11 app has taken what was dropped, by this action, or has not.
    pub(super) fn finish(&mut self, done: Option<Action>) {
        match self.half.dropped.take() {
            Some(offer) => end(&offer, done),
            None => self.half.done = Some(done),
        }
        self.flush();
    }

    fn read(&mut self) -> bool {
        let read = self.queue.prepare_read().map(|guard| guard.read());
        let alive = match read {
            None | Some(Ok(_)) => true,
            Some(Err(wayland_client::backend::WaylandError::Io(error))) => {
                error.kind() == std::io::ErrorKind::WouldBlock
            }
            Some(Err(_)) => false,
        };
        let alive = alive && self.queue.dispatch_pending(&mut self.half).is_ok();
        self.flush();
        alive
    }

    /// What cannot be sent now is sent after the next event.
    fn flush(&self) {
        if let Err(error) = self.connection.flush() {
            tracing::debug!(%error, "what X11 apps say of a drag is late");
        }
    }
}

impl Half {
    fn tell_answer(&self) {
        let Some((serial, offer)) = &self.offer else { return };
        match self.answer {
            Some(action) => {
                let action = self.allowed(action);
                offer.accept(*serial, self.mimes.first().cloned());
                offer.set_actions(action, action);
            }
            None => {
                offer.accept(*serial, None);
                offer.set_actions(DndAction::None, DndAction::None);
            }
        }
    }

    /// What comes next to it among what may be done.
    fn allowed(&self, action: Action) -> DndAction {
        let allowed = self.actions.unwrap_or(DndAction::None);
        let wanted = flag(action);
        let all = [wanted, DndAction::Copy, DndAction::Move, DndAction::Ask];
        all.into_iter().find(|action| allowed.contains(*action)).unwrap_or(wanted)
    }

    /// Once all is there that it takes.
    fn set_up(&mut self, handle: &QueueHandle<Self>) {
        if self.surface.is_none()
            && let (Some(compositor), Some(manager), Some(seat)) =
                (&self.compositor, &self.manager, &self.seat)
        {
            let _device = manager.get_data_device(seat, handle, ());
            self.surface = Some(compositor.create_surface(handle, ()));
        }
    }
}

fn flag(action: Action) -> DndAction {
    match action {
        Action::Copy => DndAction::Copy,
        Action::Move => DndAction::Move,
        Action::Ask => DndAction::Ask,
    }
}

fn end(offer: &WlDataOffer, done: Option<Action>) {
    if done.is_some() {
        offer.finish();
    }
    offer.destroy();
}

impl Dispatch<WlRegistry, ()> for Half {
    fn event(
        half: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        let wl_registry::Event::Global { name, interface, .. } = event else { return };
        if interface == WlCompositor::interface().name {
            half.compositor = Some(registry.bind(name, 1, handle, ()));
        } else if interface == WlDataDeviceManager::interface().name {
            half.manager = Some(registry.bind(name, 3, handle, ()));
        } else if interface == WlSeat::interface().name && half.seat.is_none() {
            half.seat = Some(registry.bind(name, 1, handle, ()));
        }
        half.set_up(handle);
    }
}

impl Dispatch<WlDataDevice, ()> for Half {
    #[cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the protocol's"))]
    fn event(
        half: &mut Self,
        _: &WlDataDevice,
        event: wl_data_device::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            wl_data_device::Event::DataOffer { .. } => (half.mimes, half.actions) = (Vec::new(), None),
            wl_data_device::Event::Enter { serial, id, .. } => {
                half.done = None;
                half.offer = id.map(|offer| (serial, offer));
                half.tell_answer();
            }
            wl_data_device::Event::Leave => half.offer.take().iter().for_each(|(_, offer)| offer.destroy()),
            wl_data_device::Event::Drop => {
                let offer = half.offer.take().map(|(_, offer)| offer);
                match half.done.take() {
                    Some(done) => offer.iter().for_each(|offer| end(offer, done)),
                    None => half.dropped = offer,
                }
            }
            _ => (),
        }
    }

    event_created_child!(Half, WlDataDevice, [
        wl_data_device::EVT_DATA_OFFER_OPCODE => (WlDataOffer, ()),
    ]);
}

impl Dispatch<WlDataOffer, ()> for Half {
    #[cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events are the protocol's"))]
    fn event(
        half: &mut Self,
        _: &WlDataOffer,
        event: wl_data_offer::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        match event {
            wl_data_offer::Event::Offer { mime_type } => half.mimes.push(mime_type),
            wl_data_offer::Event::SourceActions { source_actions: WEnum::Value(actions) } => {
                half.actions = Some(actions);
            }
            _ => (),
        }
    }
}

delegate_noop!(Half: ignore WlCompositor);
delegate_noop!(Half: ignore WlDataDeviceManager);
delegate_noop!(Half: ignore WlSeat);
delegate_noop!(Half: ignore WlSurface);

impl State {
    /// Makes the bridge, if there is none.
    pub(super) fn build_bridge(&mut self) {
        if self.drags.bridge.is_some() {
            return;
        }
        match self.bridge() {
            Ok(bridge) => self.drags.bridge = Some(bridge),
            Err(error) => tracing::warn!(error, "nothing can be dragged from Wayland apps to X11 apps"),
        }
    }

    fn bridge(&mut self) -> Result<Bridge, String> {
        let failed = |error: &dyn std::fmt::Display| error.to_string();
        let (ours, theirs) = UnixStream::pair().map_err(|e| failed(&e))?;
        let data = self.clients.admit(Origin::Session, None, None).map_err(|e| failed(&e))?;
        let served = self.display.insert_client(ours, data.clone()).map_err(|e| failed(&e))?;
        self.clients.connected(served.id(), None, data);
        let connection = Connection::from_socket(theirs).map_err(|e| failed(&e))?;
        let queue = connection.new_event_queue();
        connection.display().get_registry(&queue.handle(), ());
        let readable: OwnedFd = connection.as_fd().try_clone_to_owned().map_err(|e| failed(&e))?;
        let source = Generic::new(readable, Interest::READ, Mode::Level);
        let inserted = self.events.insert_source(source, |_, _, state| {
            if state.drags.bridge.as_mut().is_some_and(Bridge::read) {
                return Ok(PostAction::Continue);
            }
            state.drags.bridge = None;
            Ok(PostAction::Remove)
        });
        inserted.map_err(|e| failed(&e.error))?;
        let bridge = Bridge { served, connection, queue, half: Half::default() };
        bridge.flush();
        Ok(bridge)
    }
}
