//! ICCCM 4.1.5: who asks for another place or size hears where the window is, always, and last of all the
//! truth.

use media::{Command, Configure, Scale, Size, TrackId};
use proptest::prelude::*;
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            AtomEnum, ConfigureNotifyEvent, ConfigureWindowAux, ConnectionExt as _, StackMode,
            Window as WindowId,
        },
    },
};

use crate::{
    app::{App, Wish},
    host::Host,
};

#[derive(Clone, Copy, Debug)]
enum Act {
    /// The app asks for what is given.
    Ask { x: Option<i16>, y: Option<i16>, w: Option<u16>, h: Option<u16>, border: Option<u16>, raise: bool },
    /// A viewer gives the window a size, or the whole screen.
    Give { w: u16, h: u16, maximized: bool },
}

fn act() -> impl Strategy<Value = Act> {
    let place = || prop::option::of(prop_oneof![Just(0_i16), Just(-40), Just(300)]);
    let side = || prop::option::of(prop_oneof![Just(200_u16), Just(300), Just(411)]);
    let border = prop::option::weighted(0.3, 0..3_u16);
    let ask = (place(), place(), side(), side(), border, any::<bool>())
        .prop_map(|(x, y, w, h, border, raise)| Act::Ask { x, y, w, h, border, raise });
    let give = (200..203_u16, 200..203_u16, prop::bool::weighted(0.2))
        .prop_map(|(w, h, maximized)| Act::Give { w, h, maximized });
    prop_oneof![4 => ask, 1 => give]
}

/// A window of an app, and viewers who give it sizes.
struct World {
    host: Host,
    app: App,
    id: WindowId,
    track: Option<TrackId>,
    fence: u32,
}

impl World {
    fn start() -> Option<Self> {
        let host = Host::start()?;
        let app = App::connect(host.display);
        let id = app.window(&Wish { x: 5, y: 6, w: 300, h: 200, override_redirect: false, colour: 0 });
        Some(Self { host, app, id, track: None, fence: 0 })
    }

    fn map(&mut self) {
        self.app.map(self.id);
        self.track = Some(self.host.window("window", |window| window.title.is_empty()).track);
    }

    fn ask(&self, act: Act) {
        match act {
            Act::Ask { x, y, w, h, border, raise } => {
                let aux = ConfigureWindowAux::new()
                    .x(x.map(i32::from))
                    .y(y.map(i32::from))
                    .width(w.map(u32::from))
                    .height(h.map(u32::from))
                    .border_width(border.map(u32::from))
                    .stack_mode(raise.then_some(StackMode::ABOVE));
                self.app.conn.configure_window(self.id, &aux).unwrap();
            }
            Act::Give { w, h, maximized } => {
                let Some(track) = self.track else { return };
                let size = Some(Size::new(u32::from(w), u32::from(h)));
                let (scale, serial) = (Scale::ONE, 1);
                let configure =
                    Configure { serial, size, scale, maximized, fullscreen: false, resizing: false };
                self.host.send(Command::Configure { track, configure });
            }
        }
    }

    /// What the app was told of its window until the window manager has done all that was asked of it before.
    fn told(&mut self) -> Vec<ConfigureNotifyEvent> {
        // A window is shown by its manager in the order of what is asked.
        self.fence += 1;
        let title = format!("fence {}", self.fence);
        let wish = Wish { x: 0, y: 0, w: 10, h: 10, override_redirect: false, colour: 0 };
        let mark = self.app.window(&wish);
        self.app.set_text(mark, AtomEnum::WM_NAME.into(), AtomEnum::STRING.into(), title.as_bytes());
        self.app.map(mark);
        self.host.window("fence", |window| window.title == title);
        self.app.conn.get_input_focus().unwrap().reply().unwrap();
        let mut told = Vec::new();
        while let Some(event) = self.app.conn.poll_for_event().unwrap() {
            match event {
                Event::ConfigureNotify(e) if e.window == self.id => told.push(e),
                _ => (),
            }
        }
        self.app.conn.destroy_window(mark).unwrap();
        self.app.conn.flush().unwrap();
        told
    }

    /// Where the window is on the root, by X itself.
    fn truth(&self) -> (i16, i16, u16, u16) {
        let geometry = self.app.conn.get_geometry(self.id).unwrap().reply().unwrap();
        let place =
            self.app.conn.translate_coordinates(self.id, self.app.root, 0, 0).unwrap().reply().unwrap();
        let border = geometry.border_width as i16;
        (place.dst_x - border, place.dst_y - border, geometry.width, geometry.height)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_asks_is_answered(
        before in prop::collection::vec(act(), 0..4),
        after in prop::collection::vec(prop::collection::vec(act(), 1..4), 1..6),
    ) {
        let Some(mut world) = World::start() else { return Ok(()) };
        let bursts = before.into_iter().map(|act| (false, vec![act])).chain(after.into_iter().map(|b| (true, b)));
        for (mapped, burst) in bursts {
            if mapped && world.track.is_none() {
                world.map();
                world.told();
            }
            let asked = burst.iter().filter(|act| matches!(act, Act::Ask { .. })).count();
            burst.iter().for_each(|&act| world.ask(act));
            let told = world.told();
            prop_assert!(told.len() >= asked, "{:?} was answered by {:?}", burst, told);
            if let Some(last) = told.last() {
                let said = (last.x, last.y, last.width, last.height);
                prop_assert_eq!(said, world.truth(), "after {:?}: {:?}", burst, told);
            }
        }
    }
}

#[test]
fn a_window_has_no_frame_and_that_is_told_before_it_is_mapped() {
    use x11rb::protocol::xproto::{ClientMessageEvent, EventMask};
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let extents = app.atom("_NET_FRAME_EXTENTS");
    let of = |id| {
        let reply = app.conn.get_property(false, id, extents, AtomEnum::CARDINAL, 0, 4).unwrap();
        reply.reply().unwrap().value32().map(|values| values.collect::<Vec<_>>())
    };
    let id = app.window(&Wish { x: 0, y: 0, w: 30, h: 20, override_redirect: false, colour: 0 });
    let asked = ClientMessageEvent::new(32, id, app.atom("_NET_REQUEST_FRAME_EXTENTS"), [0_u32; 5]);
    let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    app.conn.send_event(false, app.root, mask, asked).unwrap();
    app.wait("its frame", |event| match event {
        Event::PropertyNotify(e) if e.window == id && e.atom == extents => Some(()),
        _ => None,
    });
    assert_eq!(of(id), Some(vec![0; 4]));

    let unasked = app.toplevel("window", 30, 20, 0);
    host.window("window", |_| true);
    assert_eq!(of(unasked), Some(vec![0; 4]));
}
