//! Buttons and wheels.

use media::{Axis, Button, Modality, Scale};
use winit::event::{MouseButton, MouseScrollDelta, TouchPhase};

/// The evdev code of a button.
pub(crate) fn button(button: MouseButton) -> Option<Button> {
    let code = match button {
        MouseButton::Left => return Some(Button::LEFT),
        MouseButton::Right => return Some(Button::RIGHT),
        MouseButton::Middle => return Some(Button::MIDDLE),
        MouseButton::Back => BTN_SIDE,
        MouseButton::Forward => BTN_EXTRA,
        // Wayland has evdev codes; X11 counts on from its ninth button, which is BTN_EXTRA.
        MouseButton::Other(code @ 0x110..=0x11f) => code,
        MouseButton::Other(n @ 10..=17) => BTN_EXTRA + (n - 9),
        MouseButton::Other(_) => return None,
    };
    Some(Button(code))
}

/// What a turn of the wheel or a movement of fingers means. Positive is right and down here, and left and up
/// in winit.
pub(crate) fn axis(delta: MouseScrollDelta, phase: TouchPhase, scale: Scale) -> Axis {
    match delta {
        MouseScrollDelta::LineDelta(x, y) => {
            let in_120ths = |lines: f32| (-lines * 120.0).round() as i32;
            let units = |lines: f32| -f64::from(lines) * UNITS_OF_A_DETENT;
            Axis {
                modality: Modality::Wheel,
                dx: units(x),
                dy: units(y),
                detents_x: in_120ths(x),
                detents_y: in_120ths(y),
            }
        }
        MouseScrollDelta::PixelDelta(delta) => {
            let lifted = matches!(phase, TouchPhase::Ended | TouchPhase::Cancelled);
            let units = |pixels: f64| if lifted { 0.0 } else { -pixels / scale.factor() };
            Axis {
                modality: Modality::Finger,
                dx: units(delta.x),
                dy: units(delta.y),
                detents_x: 0,
                detents_y: 0,
            }
        }
    }
}

/// Tells turns of a wheel from echoes of them.
///
/// On X11 a wheel may be a device with an axis or four buttons; those of remote desktops and of tools that
/// click are buttons, and winit takes the release of such a button for another turn.
#[derive(Debug, Default)]
pub(crate) struct Wheel {
    /// A button of a wheel is being released: the next turn is none.
    released: bool,
}

impl Wheel {
    /// A device's button, as X11 numbers them, went down or up. The turn that winit makes of it comes next.
    pub(crate) fn on_button(&mut self, number: u32, pressed: bool) {
        if X11_WHEEL.contains(&number) {
            self.released = !pressed;
        }
    }

    /// Whether what winit calls a turn is one.
    pub(crate) fn is_turn(&mut self, delta: MouseScrollDelta) -> bool {
        let of_button = matches!(delta, MouseScrollDelta::LineDelta(..));
        !(of_button && std::mem::take(&mut self.released))
    }
}

/// Up, down, left, right.
const X11_WHEEL: std::ops::RangeInclusive<u32> = 4..=7;

/// How far one detent scrolls in logical units: what desktops have agreed on.
const UNITS_OF_A_DETENT: f64 = 15.0;

const BTN_SIDE: u16 = 0x113;
const BTN_EXTRA: u16 = 0x114;

#[cfg(test)]
mod tests {
    use winit::dpi::PhysicalPosition;

    use super::*;

    #[test]
    fn a_detent_down_is_120_down() {
        let axis = axis(MouseScrollDelta::LineDelta(0.0, -1.0), TouchPhase::Moved, Scale::ONE);
        assert_eq!((axis.modality, axis.detents_y, axis.dy), (Modality::Wheel, 120, 15.0));
    }

    #[test]
    fn fine_wheels_turn_by_parts_of_a_detent() {
        assert_eq!(
            axis(MouseScrollDelta::LineDelta(0.25, 0.0), TouchPhase::Moved, Scale::ONE).detents_x,
            -30
        );
    }

    #[test]
    fn fingers_scroll_in_logical_units_and_are_lifted() {
        let delta = MouseScrollDelta::PixelDelta(PhysicalPosition::new(0.0, -30.0));
        let moved = axis(delta, TouchPhase::Moved, Scale::from_120ths(240));
        assert_eq!((moved.modality, moved.dy, moved.detents_y), (Modality::Finger, 15.0, 0));
        let lifted = axis(delta, TouchPhase::Ended, Scale::ONE);
        assert_eq!((lifted.dx, lifted.dy), (0.0, 0.0));
    }

    #[test]
    fn a_wheel_of_buttons_turns_when_they_go_down_and_not_when_they_go_up() {
        let down = MouseScrollDelta::LineDelta(0.0, -1.0);
        let mut wheel = Wheel::default();
        assert!(wheel.is_turn(down), "an axis has no buttons");
        wheel.on_button(5, true);
        assert!(wheel.is_turn(down));
        wheel.on_button(5, false);
        assert!(!wheel.is_turn(down));
        assert!(wheel.is_turn(down), "only what belongs to the release is none");
        wheel.on_button(5, false);
        wheel.on_button(4, true);
        assert!(wheel.is_turn(down), "the release was over another window");
        wheel.on_button(1, false);
        assert!(wheel.is_turn(down));
    }

    #[test]
    fn side_buttons_have_one_code_on_both_window_systems() {
        assert_eq!(button(MouseButton::Back), Some(Button(0x113)));
        assert_eq!(button(MouseButton::Other(0x115)), Some(Button(0x115)));
        assert_eq!(button(MouseButton::Other(10)), Some(Button(0x115)));
        assert_eq!(button(MouseButton::Other(60)), None);
    }
}
