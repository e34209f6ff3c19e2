//! Whatever a host says, in whatever order: the viewer's core does not fail, and what front ends hear can be
//! shown.

use std::collections::BTreeMap;

use bytes::Bytes;
use dormer_session as session;
use media::{
    InputId, MAX_DIMENSION, Notice, NoticeKind, Op, Point, Rect, Scale, Size, SizeLimits, States, TextInput,
    TextPurpose, TileCoding, Timestamp, Timing, TrackId, Update, UpdateId, ViewerId, Window, WindowKind,
};
use proptest::prelude::*;
use protocol::{
    Version,
    control::{Clipboard, Role, ToViewer, Welcome},
};
use session::viewer::{Action, Config, Event, State, Viewer};

#[derive(Clone, Debug)]
enum Step {
    Control(ToViewer),
    Update(Update),
    /// What was handed out of a track is applied and shown.
    Apply(TrackId, UpdateId),
    Reset,
    Wait,
}

fn track() -> impl Strategy<Value = TrackId> {
    prop_oneof![12 => 0..12u32, 1 => Just(u32::MAX)].prop_map(TrackId)
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(1), Just(640), Just(8192), Just(65_536), Just(u32::MAX), any::<u32>()]
}

fn side() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(MAX_DIMENSION), 1 => 0..=MAX_DIMENSION]
}

fn place() -> impl Strategy<Value = i32> {
    prop_oneof![Just(0), Just(i32::MIN), Just(i32::MAX), any::<i32>()]
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![Just(0), Just(u64::MAX), 0..10_000_000u64].prop_map(Timestamp)
}

fn text() -> impl Strategy<Value = String> {
    const PARTS: [&str; 9] =
        ["bank", "\0", "\u{1b}[31m", "\u{202e}", "\u{2067}", "\n", "\u{9b}", "漢", "\u{7f}"];
    let long = Just("ä".repeat(3000));
    prop_oneof![
        proptest::collection::vec(proptest::sample::select(&PARTS[..]), 0..6).prop_map(|it| it.concat()),
        long
    ]
}

prop_compose! {
    fn size()(w in number(), h in number()) -> Size<media::Logical> { Size::new(w, h) }
}

prop_compose! {
    fn limits()(
        min in proptest::option::of(size()), max in proptest::option::of(size()),
        increment in proptest::option::of(size()), base in proptest::option::of(size()),
    ) -> SizeLimits {
        SizeLimits { min, max, increment, base }
    }
}

/// As it comes from the wire, where a scale may be any number.
fn scale() -> impl Strategy<Value = Scale> {
    number().prop_map(|n| serde_json::from_value(n.into()).expect("a scale"))
}

prop_compose! {
    fn window()(track in track(), parent in proptest::option::of(track()), is_popup: bool, title in text(),
                app_id in text(), (x, y) in (place(), place()), size in size(), scale in scale(),
                limits in limits(), configured in number(), stacking in number()) -> Window {
        let kind = if is_popup { WindowKind::Popup } else { WindowKind::Toplevel };
        let (position, states, icon) = (Point::new(x, y), States::default(), None);
        Window {
            track, kind, parent, title, app_id, icon, position, size, scale,
            limits, states, configured, stacking,
        }
    }
}

prop_compose! {
    fn update()(track in track(), id in prop_oneof![6 => Just(1), 6 => 0..6u64, 1 => Just(u64::MAX)],
                (w, h) in (side(), side()), cause in proptest::option::of(0..4u64),
                (a, b, c) in (time(), time(), time())) -> Update {
        let rect = Rect::new(0, 0, w, h);
        let ops = vec![Op::Tile { rect, coding: TileCoding::Solid, data: Bytes::from_static(&[0; 4]) }];
        let timing = Timing {
            input_received: Some(a), input_dispatched: Some(b),
            captured: c, encode_started: b, encoded: a, sent: c,
        };
        let (id, size, caused_by_input) = (UpdateId(id), Size::new(w, h), cause.map(InputId));
        Update { track, id, size, ops, exact: true, caused_by_input, timing }
    }
}

fn message() -> impl Strategy<Value = ToViewer> {
    let welcome = (text(), time(), proptest::option::of(prop_oneof![0..3u64, Just(u64::MAX)]));
    let rect = (place(), place(), place(), place());
    prop_oneof![
        1 => welcome.prop_map(|(session, now, resumed)| ToViewer::Welcome(Welcome {
            version: Version::NEWEST, session, viewer: ViewerId(1), role: Role::Control, now,
            resumed: resumed.map(InputId),
        })),
        12 => window().prop_map(ToViewer::Window),
        3 => track().prop_map(|track| ToViewer::WindowGone { track }),
        1 => any::<bool>().prop_map(|held| ToViewer::Seat { held }),
        1 => track().prop_map(|track| ToViewer::Bell { track }),
        1 => proptest::option::of(track()).prop_map(|track| ToViewer::PointerLock { track }),
        1 => (time(), time()).prop_map(|(viewer, host)| ToViewer::Pong { viewer, host }),
        1 => text().prop_map(|app| ToViewer::Notice(Notice { app, kind: NoticeKind::Ended })),
        1 => text().prop_map(|mime| ToViewer::Clipboard(Clipboard::Offer { mimes: vec![mime] })),
        2 => (track(), rect).prop_map(|(track, (x, y, w, h))| {
            let caret = Rect::new(x, y, w.unsigned_abs(), h.unsigned_abs());
            let input = TextInput { caret, purpose: TextPurpose::Normal, multiline: false };
            ToViewer::TextInput { track, input: Some(input) }
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => message().prop_map(Step::Control),
        8 => update().prop_map(Step::Update),
        4 => (track(), 0..6u64).prop_map(|(track, id)| Step::Apply(track, UpdateId(id))),
        1 => Just(Step::Reset),
        2 => Just(Step::Wait),
    ]
}

fn fits(text: &str) -> bool {
    text.len() <= Window::MAX_TEXT && !text.chars().any(|c| c.is_control() || "\u{202e}\u{2067}".contains(c))
}

/// What front ends know.
#[derive(Default)]
struct Front {
    windows: BTreeMap<TrackId, Window>,
}

impl Front {
    fn hear(&mut self, action: Action) {
        match action {
            Action::Tell(Event::Window(window)) => {
                assert!(fits(&window.title) && fits(&window.app_id), "{window:?}");
                let sides = [window.size.w, window.size.h];
                assert!(sides.into_iter().all(|side| (1..=2 * MAX_DIMENSION).contains(&side)), "{window:?}");
                if let (Some(min), Some(max)) = (window.limits.min, window.limits.max) {
                    assert!(0 < min.w && min.w <= max.w && 0 < min.h && min.h <= max.h, "{window:?}");
                }
                assert!((60..=960).contains(&window.scale.in_120ths()), "{window:?}");
                self.windows.insert(window.track, window);
            }
            Action::Tell(Event::WindowGone(track)) => {
                self.windows.remove(&track);
            }
            Action::Tell(Event::Notice(notice)) => assert!(fits(&notice.app)),
            Action::Tell(Event::TextInput(Some((track, _)))) => assert!(self.windows.contains_key(&track)),
            Action::Tell(Event::ClipboardOffered { mimes }) => assert!(mimes.iter().all(|mime| fits(mime))),
            Action::Apply(update) => {
                assert!(self.windows.contains_key(&update.track), "pixels of no window");
            }
            Action::Tell(_) | Action::Send(_) | Action::State(_) => {}
        }
        for track in self.windows.keys() {
            let above = |track: &TrackId| self.windows.get(track).and_then(|window| window.parent);
            let depth = std::iter::successors(Some(*track), above).take(self.windows.len() + 2).count();
            assert!(depth <= self.windows.len() + 1, "a circle of parents");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_a_host_says_can_be_shown_and_ends_nothing_but_its_link(
        steps in proptest::collection::vec(step(), 1..160),
    ) {
        let (ticket, agent) = ("ticket".to_owned(), "viewer".to_owned());
        let mut viewer = Viewer::new(Config { ticket, agent, video: Vec::new(), resume: None });
        let (mut front, mut now) = (Front::default(), Timestamp(1_000_000));
        viewer.handle_connected(now);
        let (session, role) = ("session".to_owned(), Role::Control);
        let (version, viewer_id) = (Version::NEWEST, ViewerId(1));
        let welcome = Welcome { version, session, viewer: viewer_id, role, now, resumed: None };
        viewer.handle_control(now, ToViewer::Welcome(welcome));
        for step in steps {
            now = now + std::time::Duration::from_millis(7);
            let was_over = matches!(viewer.state(), State::Closed(_));
            match step {
                Step::Control(message) => viewer.handle_control(now, message),
                Step::Update(update) => viewer.handle_update(now, update),
                Step::Apply(track, id) => {
                    viewer.handle_applied(now, track, id, now);
                    viewer.handle_presented(now, track, id);
                }
                Step::Reset => {
                    viewer.reset_link(now);
                    viewer.handle_connected(now);
                }
                Step::Wait => viewer.handle_timeout(now),
            }
            while let Some(action) = viewer.poll_action() {
                let shows = matches!(action, Action::Apply(_) | Action::Tell(Event::Window(_)));
                assert!(!(was_over && shows), "something of a host that was left");
                front.hear(action);
            }
            viewer.poll_timeout();
        }
    }
}
