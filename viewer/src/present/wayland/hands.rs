//! Pointers and fingers over popups, told as winit tells them over windows.

use std::collections::HashMap;

use media::{Scale, TrackId};
use smithay_client_toolkit::{
    delegate_pointer, delegate_touch,
    seat::{
        pointer::{
            AxisScroll, PointerData, PointerEvent, PointerEventKind, PointerHandler,
            cursor_shape::CursorShapeManager,
        },
        touch::{TouchData, TouchHandler},
    },
};
use wayland_client::{
    Connection, Dispatch, Proxy, QueueHandle, WEnum,
    globals::GlobalList,
    protocol::{
        wl_pointer::WlPointer,
        wl_registry::WlRegistry,
        wl_seat::{self, Capability, WlSeat},
        wl_surface::WlSurface,
        wl_touch::WlTouch,
    },
};
use winit::{
    dpi::PhysicalPosition,
    event::{DeviceId, ElementState, MouseButton, MouseScrollDelta, Touch, TouchPhase, WindowEvent},
};

use super::{
    Globals,
    cursor::{Look, Pen},
    shell::Shell,
};
use crate::present::cursor::Cursor;

/// The seats' pointers and touch screens.
pub(super) struct Hands {
    pen: Pen,
    shapes: Option<CursorShapeManager>,
    pointers: HashMap<WlSeat, (WlPointer, Look)>,
    screens: HashMap<WlSeat, WlTouch>,
    /// The popup on which a finger came down, and where it is.
    fingers: HashMap<i32, (WlSurface, (f64, f64))>,
}

impl Hands {
    /// Asks for all seats.
    pub(super) fn new(list: &GlobalList, queue: &QueueHandle<Shell>, globals: &Globals) -> Hands {
        let hands = Hands {
            pen: Pen::new(queue, globals),
            shapes: CursorShapeManager::bind(list, queue).ok(),
            pointers: HashMap::new(),
            screens: HashMap::new(),
            fingers: HashMap::new(),
        };
        list.contents().with_list(|globals| {
            for global in globals {
                hands.on_global(list.registry(), global.name, &global.interface, global.version, queue);
            }
        });
        hands
    }

    /// The desktop has something: perhaps a seat.
    pub(super) fn on_global(
        &self,
        registry: &WlRegistry,
        name: u32,
        interface: &str,
        version: u32,
        queue: &QueueHandle<Shell>,
    ) {
        if interface == WlSeat::interface().name {
            // Version 8 tells parts of a detent, which winit does not know either.
            registry.bind::<WlSeat, _, _>(name, version.min(7), queue, ());
        }
    }

    /// How pointers look over popups from now on.
    pub(super) fn set_cursor(&mut self, connection: &Connection, cursor: &Cursor) {
        self.pen.cursor = cursor.clone();
        for (pointer, look) in self.pointers.values_mut() {
            self.pen.draw(connection, pointer, look);
        }
    }

    fn on_capabilities(&mut self, seat: &WlSeat, capabilities: Capability, queue: &QueueHandle<Shell>) {
        match (capabilities.contains(Capability::Pointer), self.pointers.contains_key(seat)) {
            (true, false) => {
                let pointer = seat.get_pointer(queue, PointerData::new(seat.clone()));
                let shape = self.shapes.as_ref().map(|shapes| shapes.get_shape_device(&pointer, queue));
                let look = Look::new(shape, self.pen.surface(queue));
                self.pointers.insert(seat.clone(), (pointer, look));
            }
            (false, true) => {
                if let Some((pointer, _)) = self.pointers.remove(seat).filter(|(it, _)| it.version() >= 3) {
                    pointer.release();
                }
            }
            _ => {}
        }
        match (capabilities.contains(Capability::Touch), self.screens.contains_key(seat)) {
            (true, false) => {
                let touch = seat.get_touch(queue, TouchData::new(seat.clone()));
                self.screens.insert(seat.clone(), touch);
            }
            (false, true) => {
                if let Some(touch) = self.screens.remove(seat).filter(|touch| touch.version() >= 3) {
                    touch.release();
                }
            }
            _ => {}
        }
    }

    fn on_entered(&mut self, connection: &Connection, entered: &WlPointer, serial: Option<u32>) {
        if let Some((pointer, look)) = self.pointers.values_mut().find(|(pointer, _)| pointer == entered) {
            look.entered = serial;
            self.pen.draw(connection, pointer, look);
        }
    }
}

impl Shell {
    /// The popup of a surface; the same connection has winit's windows too.
    fn shown(&self, surface: &WlSurface) -> Option<(TrackId, Scale)> {
        let &track = surface.data::<TrackId>()?;
        Some((track, self.popup(track)?.scale()))
    }

    fn on_pointer(&mut self, connection: &Connection, pointer: &WlPointer, event: &PointerEvent) {
        let Some((track, scale)) = self.shown(&event.surface) else { return };
        let position = physical(event.position, scale);
        let moved = WindowEvent::CursorMoved { device_id: DEVICE, position };
        match event.kind {
            PointerEventKind::Enter { serial } => {
                self.hands.on_entered(connection, pointer, Some(serial));
                self.told.push((track, WindowEvent::CursorEntered { device_id: DEVICE }));
                self.told.push((track, moved));
            }
            PointerEventKind::Leave { .. } => {
                self.hands.on_entered(connection, pointer, None);
                self.told.push((track, WindowEvent::CursorLeft { device_id: DEVICE }));
            }
            PointerEventKind::Motion { .. } => self.told.push((track, moved)),
            PointerEventKind::Press { button, .. } => {
                self.told.extend(clicked(button, ElementState::Pressed).map(|event| (track, event)));
            }
            PointerEventKind::Release { button, .. } => {
                self.told.extend(clicked(button, ElementState::Released).map(|event| (track, event)));
            }
            PointerEventKind::Axis { horizontal, vertical, .. } => {
                self.told.push((track, turned(horizontal, vertical, scale)));
            }
        }
    }

    fn on_finger(&mut self, id: i32, phase: TouchPhase) {
        let Some((surface, at)) = self.hands.fingers.get(&id).cloned() else { return };
        if matches!(phase, TouchPhase::Ended | TouchPhase::Cancelled) {
            self.hands.fingers.remove(&id);
        }
        let Some((track, scale)) = self.shown(&surface) else { return };
        let location = physical(at, scale);
        let id = u64::from(id.unsigned_abs());
        let touch = Touch { device_id: DEVICE, phase, location, force: None, id };
        self.told.push((track, WindowEvent::Touch(touch)));
    }
}

/// Nobody asks which one.
const DEVICE: DeviceId = DeviceId::dummy();

fn physical((x, y): (f64, f64), scale: Scale) -> PhysicalPosition<f64> {
    PhysicalPosition::new(x * scale.factor(), y * scale.factor())
}

/// A button by its evdev code; none has a code beyond 16 bits.
fn clicked(button: u32, state: ElementState) -> Option<WindowEvent> {
    let button = MouseButton::Other(u16::try_from(button).ok()?);
    Some(WindowEvent::MouseInput { device_id: DEVICE, state, button })
}

/// winit counts the other way round, and takes a wheel's detents rather than its way.
fn turned(horizontal: AxisScroll, vertical: AxisScroll, scale: Scale) -> WindowEvent {
    let by_detents = horizontal.discrete != 0 || vertical.discrete != 0;
    let delta = if by_detents {
        MouseScrollDelta::LineDelta(-horizontal.discrete as f32, -vertical.discrete as f32)
    } else {
        MouseScrollDelta::PixelDelta(physical((-horizontal.absolute, -vertical.absolute), scale))
    };
    let lifted = !by_detents && (horizontal.stop || vertical.stop);
    let phase = if lifted { TouchPhase::Ended } else { TouchPhase::Moved };
    WindowEvent::MouseWheel { device_id: DEVICE, delta, phase }
}

impl PointerHandler for Shell {
    fn pointer_frame(
        &mut self,
        connection: &Connection,
        _: &QueueHandle<Self>,
        pointer: &WlPointer,
        events: &[PointerEvent],
    ) {
        events.iter().for_each(|event| self.on_pointer(connection, pointer, event));
    }
}

impl TouchHandler for Shell {
    fn down(
        &mut self,
        _: &Connection,
        _: &QueueHandle<Self>,
        _: &WlTouch,
        _: u32,
        _: u32,
        surface: WlSurface,
        id: i32,
        position: (f64, f64),
    ) {
        self.hands.fingers.insert(id, (surface, position));
        self.on_finger(id, TouchPhase::Started);
    }

    fn up(&mut self, _: &Connection, _: &QueueHandle<Self>, _: &WlTouch, _: u32, _: u32, id: i32) {
        self.on_finger(id, TouchPhase::Ended);
    }

    fn motion(
        &mut self,
        _: &Connection,
        _: &QueueHandle<Self>,
        _: &WlTouch,
        _: u32,
        id: i32,
        position: (f64, f64),
    ) {
        if let Some((_, at)) = self.hands.fingers.get_mut(&id) {
            *at = position;
        }
        self.on_finger(id, TouchPhase::Moved);
    }

    fn shape(&mut self, _: &Connection, _: &QueueHandle<Self>, _: &WlTouch, _: i32, _: f64, _: f64) {}

    fn orientation(&mut self, _: &Connection, _: &QueueHandle<Self>, _: &WlTouch, _: i32, _: f64) {}

    fn cancel(&mut self, _: &Connection, _: &QueueHandle<Self>, _: &WlTouch) {
        let ids: Vec<i32> = self.hands.fingers.keys().copied().collect();
        ids.into_iter().for_each(|id| self.on_finger(id, TouchPhase::Cancelled));
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
        if let wl_seat::Event::Capabilities { capabilities: WEnum::Value(capabilities) } = event {
            shell.hands.on_capabilities(seat, capabilities, queue);
        }
    }
}

delegate_pointer!(Shell);
delegate_touch!(Shell);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::pointer;

    fn scroll(absolute: f64, discrete: i32, stop: bool) -> AxisScroll {
        AxisScroll { absolute, discrete, stop }
    }

    #[test]
    fn wheels_and_fingers_mean_over_popups_what_they_mean_over_windows() {
        let axis = |horizontal, vertical| match turned(horizontal, vertical, Scale::from_120ths(240)) {
            WindowEvent::MouseWheel { delta, phase, .. } => {
                pointer::axis(delta, phase, Scale::from_120ths(240))
            }
            other => panic!("{other:?}"),
        };
        let still = AxisScroll::default();
        let wheel = axis(still, scroll(15.0, 1, false));
        assert_eq!((wheel.modality, wheel.detents_y, wheel.dy), (media::Modality::Wheel, 120, 15.0));
        let fingers = axis(scroll(7.0, 0, false), still);
        assert_eq!((fingers.modality, fingers.dx), (media::Modality::Finger, 7.0));
        let lifted = axis(still, scroll(0.0, 0, true));
        assert_eq!((lifted.modality, lifted.dx, lifted.dy), (media::Modality::Finger, 0.0, 0.0));
    }

    #[test]
    fn buttons_have_evdev_codes() {
        let code = |button| match clicked(button, ElementState::Pressed) {
            Some(WindowEvent::MouseInput { button, .. }) => pointer::button(button),
            _ => None,
        };
        assert_eq!(code(0x110), Some(media::Button::LEFT));
        assert_eq!(code(0x113), pointer::button(MouseButton::Back));
        assert_eq!(code(0x1_0110), None);
    }
}
