//! Apps are told what has happened, and nothing else, whatever viewers repeat: places come along with buttons
//! and wheels, the focus and the keymap with every change of viewer.

use std::collections::HashSet;

use media::{Axis, Button, Command, KeyCode, Modality, Position, TrackId};
use proptest::prelude::*;
use wayland_client::backend::ObjectId;
use wayland_protocols::wp::relative_pointer::zv1::client::zwp_relative_pointer_manager_v1::ZwpRelativePointerManagerV1;

use crate::{
    app::{App, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// What a viewer does, or says again.
#[derive(Clone, Copy, Debug)]
enum Act {
    Point { window: usize, x: u8, y: u8 },
    Leave,
    Button(bool),
    Scroll { dx: i8, dy: i8, modality: Modality },
    Key { window: usize, key: u16, pressed: bool },
    Focus(Option<usize>),
    Keymap(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let window = || 0..2_usize;
    let modality = prop_oneof![Just(Modality::Wheel), Just(Modality::Finger), Just(Modality::Continuous)];
    // Few places, so that many are repeated. A capital's key and a letter.
    prop_oneof![
        6 => (window(), 5..8_u8, 5..8_u8).prop_map(|(window, x, y)| Act::Point { window, x, y }),
        1 => Just(Act::Leave),
        3 => any::<bool>().prop_map(Act::Button),
        3 => (-1..2_i8, -1..2_i8, modality).prop_map(|(dx, dy, modality)| Act::Scroll { dx, dy, modality }),
        3 => (window(), prop_oneof![Just(42), Just(30)], any::<bool>())
            .prop_map(|(window, key, pressed)| Act::Key { window, key, pressed }),
        2 => prop::option::of(window()).prop_map(Act::Focus),
        1 => any::<bool>().prop_map(Act::Keymap),
    ]
}

fn keymap(other: bool) -> String {
    let letter = if other { "adiaeresis" } else { "a" };
    format!(
        "xkb_keymap {{
            xkb_keycodes \"t\" {{ minimum = 8; maximum = 255; indicator 1 = \"Caps Lock\";
                <AC01> = 38; <LFSH> = 50; <CAPS> = 66; }};
            xkb_types \"t\" {{ type \"ONE_LEVEL\" {{ modifiers = none; level_name[1] = \"Any\"; }}; }};
            xkb_compatibility \"t\" {{ interpret Shift_L {{ action = SetMods(modifiers=Shift); }};
                interpret Caps_Lock {{ action = LockMods(modifiers=Lock); }}; }};
            xkb_symbols \"t\" {{ key <AC01> {{ [ {letter} ] }}; key <LFSH> {{ [ Shift_L ] }};
                key <CAPS> {{ [ Caps_Lock ] }}; }};
        }};"
    )
}

/// Two windows of one app, and what the session core guarantees: only what is held is released.
struct World {
    host: Host,
    app: App,
    tracks: Vec<TrackId>,
    held: HashSet<u16>,
    pressed: bool,
}

impl World {
    fn new() -> Self {
        let mut host = Host::start();
        let mut app = App::connect(&host);
        let manager: ZwpRelativePointerManagerV1 =
            app.globals.bind(&app.qh(), 1..=1, ()).expect("zwp_relative_pointer_manager_v1");
        manager.get_relative_pointer(&app.pointer, &app.qh(), ());
        let mut tracks = Vec::new();
        for _ in 0..2 {
            app.mapped(60, 60, RED);
            tracks.push(host.window("window", |w| !tracks.contains(&w.track)).track);
        }
        Self { host, app, tracks, held: HashSet::new(), pressed: false }
    }

    fn act(&mut self, act: Act) {
        let cause = cause(1);
        let command = match act {
            Act::Point { window, x, y } => {
                let position = Position::new(f64::from(x), f64::from(y));
                Command::Motion { cause, track: self.tracks[window], position }
            }
            Act::Leave => Command::PointerLeft,
            Act::Button(pressed) if pressed != self.pressed => {
                self.pressed = pressed;
                Command::Button { cause, button: Button::LEFT, pressed }
            }
            Act::Key { window, key, pressed } => {
                let changed = if pressed { self.held.insert(key) } else { self.held.remove(&key) };
                if !changed {
                    return;
                }
                Command::Key { cause, track: self.tracks[window], key: KeyCode(key), pressed }
            }
            Act::Scroll { dx, dy, modality } => {
                let detents = |n: i8| if modality == Modality::Wheel { i32::from(n) * 120 } else { 0 };
                let (x, y) = (f64::from(dx) * 15.0, f64::from(dy) * 15.0);
                let axis = Axis { modality, dx: x, dy: y, detents_x: detents(dx), detents_y: detents(dy) };
                Command::Scroll { cause, axis }
            }
            Act::Focus(window) => Command::Focus(window.map(|window| self.tracks[window])),
            Act::Keymap(other) => Command::Keymap(keymap(other)),
            Act::Button(_) => return,
        };
        self.host.send(command);
        // The queue may join what follows with it.
        self.host.settle();
    }
}

/// What an app knows of its devices.
#[derive(Default)]
struct Known {
    pointer: Option<(ObjectId, f64, f64)>,
    /// Events since the last frame.
    unframed: usize,
    /// The way that was told and of which the place was not yet.
    way: Option<(f64, f64)>,
    keyboard: Option<ObjectId>,
    modifiers: Option<[u32; 4]>,
    keymap: Option<String>,
    keys: HashSet<u32>,
}

impl Known {
    /// Takes in what the app was told; what is wrong with it.
    fn take(&mut self, seen: &Seen) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{what}: {seen:?}"));
        match seen {
            Seen::PointerEnter { surface, x, y, .. } => {
                if self.pointer.replace((surface.clone(), *x, *y)).is_some() {
                    return wrong("it was there");
                }
                self.unframed += 1;
            }
            Seen::PointerLeave => {
                if self.pointer.take().is_none() {
                    return wrong("it was not there");
                }
                self.unframed += 1;
            }
            Seen::Motion { x, y } => {
                let Some((_, was_x, was_y)) = &mut self.pointer else { return wrong("it is elsewhere") };
                let way = (x - *was_x, y - *was_y);
                if way == (0.0, 0.0) {
                    return wrong("it did not move");
                }
                if self.way.take().is_some_and(|told| told != way) {
                    return wrong("it moved by another way");
                }
                (*was_x, *was_y) = (*x, *y);
                self.unframed += 1;
            }
            Seen::Relative { dx, dy } => {
                if (*dx, *dy) == (0.0, 0.0) || self.way.replace((*dx, *dy)).is_some() {
                    return wrong("no motion");
                }
                self.unframed += 1;
            }
            Seen::Button { .. } => self.unframed += 1,
            Seen::Axis(value) if *value == 0.0 => return wrong("nothing was scrolled"),
            Seen::Axis(_) | Seen::AxisStop => self.unframed += 1,
            Seen::PointerFrame => {
                let count = std::mem::take(&mut self.unframed);
                if count == 0 || self.way.is_some() {
                    return wrong("a frame of nothing");
                }
            }
            Seen::KeyboardEnter(surface) => {
                if self.keyboard.replace(surface.clone()).is_some() {
                    return wrong("it had the keyboard");
                }
                self.modifiers = None;
            }
            Seen::KeyboardLeave(surface) => {
                if self.keyboard.take().as_ref() != Some(surface) {
                    return wrong("it had no keyboard");
                }
                self.keys.clear();
            }
            Seen::Modifiers { held, latched, locked, group } => {
                let now = [*held, *latched, *locked, *group];
                if self.modifiers.replace(now) == Some(now) {
                    return wrong("no modifier changed");
                }
            }
            Seen::Keymap(text) => {
                if self.keymap.replace(text.clone()).as_ref() == Some(text) {
                    return wrong("it had this keymap");
                }
                // What bits mean is the keymap's.
                self.modifiers = None;
            }
            Seen::Key { key, pressed: true, .. } => {
                let is_new = self.keys.insert(*key);
                if !is_new {
                    return wrong("it was held");
                }
            }
            Seen::Key { key, pressed: false, .. } => {
                self.keys.remove(key);
            }
            _ => (),
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_app_is_told_what_has_happened_and_nothing_else(acts in prop::collection::vec(act(), 1..40)) {
        let mut world = World::new();
        let mut known = Known::default();
        for seen in world.app.told() {
            known.take(&seen).map_err(TestCaseError::fail)?;
        }
        for act in acts {
            world.act(act);
            let told = world.app.told();
            for seen in &told {
                known.take(seen).map_err(|wrong| TestCaseError::fail(format!("{act:?}: {wrong} in {told:?}")))?;
            }
            prop_assert_eq!(known.unframed, 0, "{:?} is left without a frame: {:?}", act, told);
        }
    }
}
