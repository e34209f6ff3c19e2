//! At least one of every message. Names become names of golden vectors: change none.

use bytes::Bytes;
use dormer_protocol::{
    Version,
    control::{Clipboard, Configure, Hello, Refusal, RefusalCode, Role, ToHost, ToViewer, Welcome},
    feedback::Feedback,
    input::{Input, InputEvent, MAX_COORDINATE},
    resume::{Resume, ResumeKey},
    version::VersionRange,
};
use media::{
    Axis, Button, ClipboardRequest, CursorImage, CursorShape, Drag, Icon, IconId, InputId, KeyCode, Modality,
    Notice, NoticeKind, Op, Point, Position, Rect, Scale, Size, SizeLimits, States, TextInput, TextPurpose,
    TileCoding, Timestamp, Timing, TouchPhase, TouchPoint, TrackId, Update, UpdateId, VideoCodec, ViewerId,
    Window, WindowGrab, WindowKind,
};

pub(crate) type Named<M> = Vec<(&'static str, M)>;

const TRACK: TrackId = TrackId(7);

pub(crate) fn to_host() -> Named<ToHost> {
    let hello = Hello {
        versions: VersionRange { oldest: Version(1), newest: Version(3) },
        ticket: "AQIAAAAA".to_owned(),
        agent: "dormer-view 0.1.0".to_owned(),
        video: vec![VideoCodec::H264],
        resume: None,
    };
    let key = ResumeKey([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 127, 128, 255]);
    let returning =
        Hello { resume: Some(Resume { key, began: Some(ViewerId(2)), since: InputId(40) }), ..hello.clone() };
    let configure = Configure {
        serial: 12,
        size: Some(Size::new(800, 600)),
        scale: Scale::from_120ths(180),
        maximized: true,
        fullscreen: false,
        resizing: true,
    };
    let free = Configure { size: None, scale: Scale::ONE, maximized: false, resizing: false, ..configure };
    vec![
        ("hello", ToHost::Hello(hello)),
        ("hello_again", ToHost::Hello(returning)),
        ("configure", ToHost::Configure { track: TRACK, configure }),
        ("configure_free", ToHost::Configure { track: TRACK, configure: free }),
        ("focus", ToHost::Focus { track: Some(TRACK) }),
        ("focus_none", ToHost::Focus { track: None }),
        ("dismiss_popups", ToHost::DismissPopups),
        ("take_seat", ToHost::TakeSeat),
        ("visible", ToHost::Visible { track: TRACK, visible: false }),
        ("keymap", ToHost::Keymap { text: "xkb_keymap { };\n".to_owned() }),
        ("clipboard_offer", ToHost::Clipboard(clipboard_offer())),
        ("ping", ToHost::Ping { viewer: Timestamp(1_234_567) }),
        ("goodbye", ToHost::Goodbye),
    ]
}

pub(crate) fn to_viewer() -> Named<ToViewer> {
    let request = ClipboardRequest(3);
    let welcome = Welcome {
        version: Version(1),
        session: "main".to_owned(),
        viewer: ViewerId(2),
        role: Role::View,
        now: Timestamp(987_654_321),
        resumed: None,
    };
    let again = Welcome { role: Role::Control, resumed: Some(InputId(41)), ..welcome.clone() };
    let mut messages = vec![
        ("welcome", ToViewer::Welcome(welcome)),
        ("welcome_again", ToViewer::Welcome(again)),
        ("window", ToViewer::Window(window())),
        ("popup", ToViewer::Window(popup())),
        ("window_gone", ToViewer::WindowGone { track: TRACK }),
        ("icon", ToViewer::Icon(Icon { id: IconId(9), side: 1, rgba: Bytes::from_static(&[1, 2, 3, 255]) })),
        ("cursor_hidden", ToViewer::Cursor(CursorImage::Hidden)),
        ("cursor_named", ToViewer::Cursor(CursorImage::Named(CursorShape::NwResize))),
        ("cursor_picture", ToViewer::Cursor(cursor_picture())),
        ("seat", ToViewer::Seat { held: true }),
        ("clipboard_offer", ToViewer::Clipboard(clipboard_offer())),
        (
            "clipboard_request",
            ToViewer::Clipboard(Clipboard::Request { request, mime: "text/plain;charset=utf-8".to_owned() }),
        ),
        (
            "clipboard_content",
            ToViewer::Clipboard(Clipboard::Content {
                request,
                data: Bytes::from_static(b"h\xc3\xa9"),
                last: true,
            }),
        ),
        ("clipboard_unavailable", ToViewer::Clipboard(Clipboard::Unavailable { request })),
        ("bell", ToViewer::Bell { track: TRACK }),
        ("grabbed_move", ToViewer::Grabbed { track: TRACK, grab: WindowGrab::Move }),
        ("grabbed_resize", ToViewer::Grabbed { track: TRACK, grab: WindowGrab::ResizeBottomRight }),
        ("text_input", ToViewer::TextInput { track: TRACK, input: Some(text_input()) }),
        ("text_input_none", ToViewer::TextInput { track: TRACK, input: None }),
        ("pointer_lock", ToViewer::PointerLock { track: Some(TRACK) }),
        ("pointer_lock_none", ToViewer::PointerLock { track: None }),
        (
            "drag",
            ToViewer::Drag { drag: Some(Drag { picture: Some(CursorImage::Named(CursorShape::Grabbing)) }) },
        ),
        ("drag_plain", ToViewer::Drag { drag: Some(Drag { picture: None }) }),
        ("drag_over", ToViewer::Drag { drag: None }),
        ("notice_ended", ToViewer::Notice(notice("kitchen", NoticeKind::Ended))),
        ("notice_no_room", ToViewer::Notice(notice("", NoticeKind::NoRoom))),
        ("notice_x11_ended", ToViewer::Notice(notice("", NoticeKind::X11Ended))),
        ("pong", ToViewer::Pong { viewer: Timestamp(1), host: Timestamp(2) }),
        ("goodbye", ToViewer::Goodbye { reason: "the session ends".to_owned() }),
    ];
    for (name, code) in [
        ("refused_version", RefusalCode::Version),
        ("refused_ticket_invalid", RefusalCode::TicketInvalid),
        ("refused_ticket_expired", RefusalCode::TicketExpired),
        ("refused_protocol", RefusalCode::Protocol),
        ("refused_full", RefusalCode::Full),
        ("refused_overflow", RefusalCode::Overflow),
        ("refused_replaced", RefusalCode::Replaced),
        ("refused_removed", RefusalCode::Removed),
    ] {
        messages.push((name, ToViewer::Refused(Refusal { code, message: "what to do".to_owned() })));
    }
    messages
}

fn notice(app: &str, kind: NoticeKind) -> Notice {
    Notice { app: app.to_owned(), kind }
}

fn text_input() -> TextInput {
    TextInput { caret: Rect::new(-3, 40, 1, 18), purpose: TextPurpose::DateTime, multiline: true }
}

fn clipboard_offer() -> Clipboard {
    Clipboard::Offer { mimes: vec!["text/plain;charset=utf-8".to_owned(), "UTF8_STRING".to_owned()] }
}

fn cursor_picture() -> CursorImage {
    CursorImage::Picture {
        size: Size::new(1, 2),
        hotspot: Point::new(0, 1),
        scale: Scale::ONE,
        rgba: Bytes::from_static(&[1, 2, 3, 4, 5, 6, 7, 8]),
    }
}

fn window() -> Window {
    Window {
        track: TRACK,
        kind: WindowKind::Toplevel,
        parent: None,
        title: "Text – öäü".to_owned(),
        app_id: "org.example.Editor".to_owned(),
        icon: Some(IconId(9)),
        position: Point::new(0, 0),
        size: Size::new(640, 480),
        scale: Scale::from_120ths(150),
        limits: SizeLimits {
            min: Some(Size::new(100, 50)),
            max: Some(Size::new(4000, 3000)),
            increment: Some(Size::new(8, 16)),
            base: Some(Size::new(4, 4)),
        },
        states: States { activated: true, client_decorated: true, awake: true, ..States::default() },
        configured: 12,
        stacking: 1,
    }
}

fn popup() -> Window {
    Window {
        track: TrackId(8),
        kind: WindowKind::Popup,
        parent: Some(TRACK),
        title: String::new(),
        app_id: String::new(),
        icon: None,
        position: Point::new(-20, 35),
        size: Size::new(120, 300),
        scale: Scale::ONE,
        limits: SizeLimits::default(),
        states: States::default(),
        configured: 0,
        stacking: 2,
    }
}

pub(crate) fn inputs() -> Named<Input> {
    let position = Position::new(12.5, -3.25);
    let axis = |modality| Axis {
        modality,
        dx: 0.0,
        dy: 15.0,
        detents_x: 0,
        detents_y: if modality == Modality::Wheel { 120 } else { 0 },
    };
    let point = |id, phase| TouchPoint { id, phase, position };
    let events = vec![
        ("key", InputEvent::Key { key: KeyCode(30), pressed: true }),
        ("locks", InputEvent::Locks { caps: true, num: false }),
        ("text", InputEvent::Text { text: "héßλ世界€".to_owned() }),
        ("preedit", InputEvent::Preedit { text: "世界".to_owned(), cursor: Some((3, 6)) }),
        ("preedit_end", InputEvent::Preedit { text: String::new(), cursor: None }),
        ("motion", InputEvent::Motion { position }),
        ("relative_motion", InputEvent::RelativeMotion { dx: -7.25, dy: 3.0 }),
        ("leave", InputEvent::Leave),
        ("close", InputEvent::Close),
        ("force_quit", InputEvent::ForceQuit),
        ("button", InputEvent::Button { position, button: Button::RIGHT, pressed: false }),
        ("scroll_wheel", InputEvent::Scroll { position, axis: axis(Modality::Wheel) }),
        ("scroll_finger", InputEvent::Scroll { position, axis: axis(Modality::Finger) }),
        ("scroll_continuous", InputEvent::Scroll { position, axis: axis(Modality::Continuous) }),
        (
            "touch",
            InputEvent::Touch {
                points: vec![
                    point(0, TouchPhase::Down),
                    point(1, TouchPhase::Move),
                    point(2, TouchPhase::Up),
                    point(3, TouchPhase::Cancel),
                ],
            },
        ),
    ];
    let input = |event| Input { id: InputId(41), at: Timestamp(5_000_000), after: 3, track: TRACK, event };
    events.into_iter().map(|(name, event)| (name, input(event))).collect()
}

/// Events at the protocol's bounds and over them: the names of those begin with "over".
pub(crate) fn judged_inputs() -> Named<InputEvent> {
    let at = |x, y| InputEvent::Motion { position: Position::new(x, y) };
    let relative = |dx, dy| InputEvent::RelativeMotion { dx, dy };
    let axis = |dx, dy| Axis { modality: Modality::Finger, dx, dy, detents_x: 0, detents_y: 0 };
    let scroll = |x, dx, dy| InputEvent::Scroll { position: Position::new(x, 0.0), axis: axis(dx, dy) };
    let button =
        |x, pressed| InputEvent::Button { position: Position::new(x, 0.0), button: Button::LEFT, pressed };
    let touch = |count, x, phase| InputEvent::Touch {
        points: (0..count).map(|id| TouchPoint { id, phase, position: Position::new(x, 0.0) }).collect(),
    };
    let text = |characters| InputEvent::Text { text: "é".repeat(characters) };
    let preedit = |text: &str, cursor| InputEvent::Preedit { text: text.to_owned(), cursor };
    let far = MAX_COORDINATE;
    let beyond = far + 0.5;
    vec![
        ("key down", InputEvent::Key { key: KeyCode(30), pressed: true }),
        ("key up", InputEvent::Key { key: KeyCode(30), pressed: false }),
        ("locks", InputEvent::Locks { caps: false, num: true }),
        ("leave", InputEvent::Leave),
        ("close", InputEvent::Close),
        ("force quit", InputEvent::ForceQuit),
        ("motion at the corner", at(far, -far)),
        ("over by x", at(beyond, 0.0)),
        ("over by y", at(0.0, -beyond)),
        ("far relative motion", relative(-far, far)),
        ("over by dx", relative(-beyond, 0.0)),
        ("over by dy", relative(0.0, beyond)),
        ("button down", button(far, true)),
        ("button up", button(-far, false)),
        ("over by the place of a button", button(beyond, false)),
        ("far scroll", scroll(0.0, far, -far)),
        ("over by the place of a scroll", scroll(-beyond, 0.0, 1.0)),
        ("over by the way of a scroll", scroll(0.0, 0.0, beyond)),
        ("fingers down", touch(16, far, TouchPhase::Down)),
        ("fingers up", touch(16, 0.0, TouchPhase::Up)),
        ("fingers cancelled", touch(1, 0.0, TouchPhase::Cancel)),
        ("over by a finger", touch(17, 0.0, TouchPhase::Move)),
        ("over by the place of a finger", touch(1, beyond, TouchPhase::Move)),
        ("long text", text(2048)),
        ("over by two bytes of text", text(2049)),
        ("preedit end", preedit("", None)),
        ("preedit with a caret", preedit("aé世", Some((3, 3)))),
        ("preedit with a selection", preedit("aé世", Some((1, 6)))),
        ("over by a cursor in a character", preedit("aé世", Some((2, 3)))),
        ("over by a cursor backwards", preedit("aé世", Some((3, 1)))),
        ("over by a cursor behind the end", preedit("aé世", Some((0, 7)))),
    ]
}

pub(crate) fn feedback() -> Named<Feedback> {
    let shown = Feedback {
        track: TRACK,
        update: UpdateId(1000),
        received_at: Timestamp(10),
        decoded_at: Timestamp(20),
        presented_at: Some(Timestamp(30)),
    };
    vec![("shown", shown), ("not_shown", Feedback { presented_at: None, ..shown })]
}

pub(crate) fn updates() -> Named<Update> {
    let rect = Rect::new(10, 20, 30, 40);
    let tile = |coding, data| Op::Tile { rect, coding, data: Bytes::from_static(data) };
    let timing = Timing {
        input_received: Some(Timestamp(1)),
        input_dispatched: Some(Timestamp(2)),
        captured: Timestamp(3),
        encode_started: Timestamp(4),
        encoded: Timestamp(5),
        sent: Timestamp(6),
    };
    let video = Op::Video {
        rect,
        codec: VideoCodec::H264,
        stream: 2,
        keyframe: true,
        data: Bytes::from_static(&[0, 0, 0, 1, 0x65]),
    };
    let update = |ops| Update {
        track: TRACK,
        id: UpdateId(1),
        size: Size::new(640, 480),
        ops,
        exact: true,
        caused_by_input: Some(InputId(41)),
        timing,
    };
    let plain = Update { exact: false, caused_by_input: None, timing: Timing::default(), ..update(vec![]) };
    vec![
        ("empty", plain),
        ("copy", update(vec![Op::Copy { from: rect, to: Point::new(0, -5) }])),
        ("tile_solid", update(vec![tile(TileCoding::Solid, &[1, 2, 3, 255])])),
        ("tile_bands", update(vec![tile(TileCoding::Bands, b"not decoded here")])),
        ("tile_raw", update(vec![tile(TileCoding::Raw, b"not decoded here")])),
        ("video", update(vec![video.clone()])),
        (
            "several",
            update(vec![
                Op::Copy { from: rect, to: Point::new(1, 1) },
                video,
                tile(TileCoding::Solid, &[0; 4]),
            ]),
        ),
    ]
}
