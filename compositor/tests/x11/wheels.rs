//! Pointers and wheels as XInput 2 tells them: one device that never changes, no motion without a change of
//! place, and valuators that add up to what was scrolled.

use media::{Axis, Command, Modality, TrackId};
use proptest::prelude::*;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xinput::{self, ConnectionExt as _, Fp3232, XIEventMask},
    },
};

use crate::{app::App, host::Host};

/// XInput's name for all pointers that a cursor belongs to.
const MASTERS: u16 = 1;

/// The valuators of a wheel.
const SIDEWAYS: usize = 2;
const DOWN: usize = 3;

/// What a viewer does, or says again.
#[derive(Clone, Copy, Debug)]
enum Act {
    Point(u8, u8),
    Button(bool),
    /// In 120ths of a detent, which comes with its place, as with a button.
    Wheel(i16, i16),
    /// By fingers, in tenths of what a detent is.
    Fingers(i8, i8),
}

fn act() -> impl Strategy<Value = Act> {
    let parts = || prop_oneof![Just(0_i16), Just(30), Just(-30), Just(120), Just(-120), Just(240), Just(-45)];
    prop_oneof![
        3 => (5..8_u8, 5..8_u8).prop_map(|(x, y)| Act::Point(x, y)),
        2 => any::<bool>().prop_map(Act::Button),
        4 => (parts(), parts()).prop_map(|(x, y)| Act::Wheel(x, y)),
        1 => (-20..20_i8, -20..20_i8).prop_map(|(x, y)| Act::Fingers(x, y)),
    ]
}

/// An app that hears of devices, and a window of it.
struct World {
    host: Host,
    app: App,
    track: TrackId,
    at: (f64, f64),
    pressed: bool,
    /// What was scrolled, in detents.
    scrolled: (f64, f64),
}

impl World {
    fn start() -> Option<Self> {
        let mut host = Host::start()?;
        let app = App::connect(host.display);
        app.conn.xinput_xi_query_version(2, 2).unwrap().reply().unwrap();
        let id = app.toplevel("wheel", 300, 200, 0);
        let wanted = XIEventMask::DEVICE_CHANGED
            | XIEventMask::MOTION
            | XIEventMask::BUTTON_PRESS
            | XIEventMask::BUTTON_RELEASE;
        let mask = xinput::EventMask { deviceid: MASTERS, mask: vec![wanted] };
        app.conn.xinput_xi_select_events(id, &[mask]).unwrap();
        app.conn.flush().unwrap();
        let track = host.window("window", |_| true).track;
        let mut world = Self { host, app, track, at: (20.0, 20.0), pressed: false, scrolled: (0.0, 0.0) };
        // Devices change once: when the first input comes.
        for x in [20.0, 21.0, 20.0] {
            world.host.point(world.track, x, 20.0);
        }
        world.tap();
        world.told();
        Some(world)
    }

    fn point(&mut self) {
        self.host.point(self.track, self.at.0, self.at.1);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Point(x, y) => {
                self.at = (f64::from(x), f64::from(y));
                self.point();
            }
            Act::Button(pressed) => {
                if pressed != self.pressed {
                    self.pressed = pressed;
                    self.point();
                    self.host.press(pressed);
                }
            }
            Act::Wheel(x, y) => {
                let parts = (f64::from(x) / 120.0, f64::from(y) / 120.0);
                let (dx, dy) = (parts.0 * 15.0, parts.1 * 15.0);
                let detents = (i32::from(x), i32::from(y));
                let axis =
                    Axis { modality: Modality::Wheel, dx, dy, detents_x: detents.0, detents_y: detents.1 };
                self.scroll(axis, parts);
            }
            Act::Fingers(x, y) => {
                let (dx, dy) = (f64::from(x), f64::from(y));
                let axis = Axis { modality: Modality::Finger, dx, dy, detents_x: 0, detents_y: 0 };
                self.scroll(axis, (dx / 10.0, dy / 10.0));
            }
        }
    }

    fn scroll(&mut self, axis: Axis, detents: (f64, f64)) {
        self.point();
        let cause = self.host.cause();
        self.host.send(Command::Scroll { cause, axis });
        self.scrolled = (self.scrolled.0 + detents.0, self.scrolled.1 + detents.1);
    }

    fn tap(&mut self) {
        self.host.press(true);
        self.host.press(false);
    }

    /// All that the app is told until a press of a button that nothing else presses.
    fn told(&mut self) -> Vec<Event> {
        let cause = self.host.cause();
        for pressed in [true, false] {
            self.host.send(Command::Button { cause, button: media::Button(0x113), pressed });
        }
        let mut told = Vec::new();
        self.app.wait("a mark", |event| {
            told.push(event.clone());
            matches!(event, Event::XinputButtonRelease(e) if e.detail > 7).then_some(())
        });
        told
    }
}

fn number(value: &Fp3232) -> f64 {
    f64::from(value.integral) + f64::from(value.frac) / 4_294_967_296.0
}

/// The values that an event names.
fn valuators(event: &xinput::MotionEvent) -> [Option<f64>; 4] {
    let mask = event.valuator_mask.first().copied().unwrap_or_default();
    let mut values = event.axisvalues.iter();
    std::array::from_fn(|n| (mask & 1 << n != 0).then(|| values.next().map(number)).flatten())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_pointer_moves_and_scrolls(acts in prop::collection::vec(act(), 1..40)) {
        let Some(mut world) = World::start() else { return Ok(()) };
        for &act in &acts {
            world.act(act);
        }
        if world.pressed {
            world.act(Act::Button(false));
        }
        let (mut place, mut wheel) = (None, (None, None));
        for event in world.told() {
            prop_assert!(!matches!(event, Event::XinputDeviceChanged(_)), "another device: {:?}", event);
            let Event::XinputMotion(motion) = event else { continue };
            let values = valuators(&motion);
            let scrolls = values[SIDEWAYS].is_some() || values[DOWN].is_some();
            let now = Some((motion.root_x, motion.root_y));
            prop_assert!(scrolls || now != place, "no motion: {:?}", motion);
            place = now;
            wheel = (values[SIDEWAYS].or(wheel.0), values[DOWN].or(wheel.1));
        }
        let near = |a: f64, b: f64| (a - b).abs() < 0.02;
        let sum = (wheel.0.unwrap_or(0.0), wheel.1.unwrap_or(0.0));
        prop_assert!(
            near(sum.0, world.scrolled.0) && near(sum.1, world.scrolled.1),
            "{:?} was scrolled, the app was told {:?}", world.scrolled, sum
        );
    }
}
