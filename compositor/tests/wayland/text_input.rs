//! text-input-v3: where apps take text, and composed text on its way to them.

use media::{Command, Event, KeyCode, Rect, TextInput, TextPurpose, TrackId};
use wayland_protocols::wp::text_input::zv3::client::{
    zwp_text_input_manager_v3::ZwpTextInputManagerV3,
    zwp_text_input_v3::{ContentHint, ContentPurpose, ZwpTextInputV3},
};

use crate::{
    app::{App, AppWindow, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

struct Editor {
    app: App,
    input: ZwpTextInputV3,
    window: AppWindow,
    track: TrackId,
}

/// An app whose window has a shadow of 10 around it, with a text input and the keyboard.
fn editor(host: &mut Host) -> Editor {
    let mut app = App::connect(host);
    let manager: ZwpTextInputManagerV3 =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("zwp_text_input_manager_v3");
    let input = manager.get_text_input(&app.seat, &app.qh(), ());
    let window = app.toplevel();
    window.shell.set_window_geometry(10, 10, 80, 60);
    app.picture(100, 80, RED).show(&window.surface);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    let entered = app.wait("enter", |seen| match seen {
        Seen::TextEnter(surface) => Some(surface.clone()),
        _ => None,
    });
    assert_eq!(entered, wayland_client::Proxy::id(&window.surface));
    Editor { app, input, window, track }
}

fn enable(editor: &mut Editor) {
    editor.input.enable();
    editor.input.set_content_type(ContentHint::Multiline, ContentPurpose::Normal);
    editor.input.set_cursor_rectangle(30, 25, 1, 17);
    editor.input.commit();
    editor.app.sync();
}

fn reported(host: &mut Host) -> (TrackId, Option<TextInput>) {
    host.wait("text input", |event| match event {
        Event::TextInput { track, input } => Some((*track, *input)),
        _ => None,
    })
}

fn preedit(track: TrackId, text: &str, cursor: Option<(u32, u32)>) -> Command {
    Command::Preedit { cause: cause(1), track, text: text.into(), cursor }
}

/// What one `done` brought: the composed text with its cursor, the text to insert, and the serial.
type Step = (Option<(String, i32, i32)>, Option<String>, u32);

fn step(app: &mut App) -> Step {
    let (mut composed, mut inserted) = (None, None);
    app.wait("done", |seen| match seen {
        Seen::Preedit { text, begin, end } => {
            composed = text.clone().map(|text| (text, *begin, *end));
            None
        }
        Seen::Commit(text) => {
            inserted.clone_from(text);
            None
        }
        Seen::TextDone(serial) => Some((composed.clone(), inserted.clone(), *serial)),
        Seen::Key { .. } | Seen::Keymap(_) => panic!("no keys are needed"),
        _ => None,
    })
}

#[test]
fn the_caret_is_reported_in_the_windows_coordinates_and_follows_the_app() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    let caret = Rect::new(20, 15, 1, 17);
    let input = TextInput { caret, purpose: TextPurpose::Normal, multiline: true };
    assert_eq!(reported(&mut host), (editor.track, Some(input)));

    editor.input.set_cursor_rectangle(40, 25, -3, i32::MAX);
    editor.input.set_content_type(ContentHint::SensitiveData, ContentPurpose::Normal);
    editor.app.sync();
    editor.input.commit();
    editor.app.sync();
    let caret = Rect::between(30, 15, 30, TextInput::MAX_COORDINATE);
    let input = TextInput { caret, purpose: TextPurpose::Password, multiline: false };
    assert_eq!(reported(&mut host), (editor.track, Some(input)));

    editor.window.shell.set_window_geometry(20, 10, 70, 60);
    editor.window.surface.commit();
    editor.app.sync();
    let (_, moved) = reported(&mut host);
    assert_eq!(moved.map(|input| input.caret.x), Some(20), "the window's edge moved, the caret did not");

    editor.input.disable();
    editor.input.commit();
    editor.app.sync();
    assert_eq!(reported(&mut host), (editor.track, None));
}

#[test]
fn a_text_is_composed_and_inserted_without_keys() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    let track = editor.track;
    editor.app.told();
    host.send(preedit(track, "ni", Some((2, 2))));
    assert_eq!(step(&mut editor.app), (Some(("ni".into(), 2, 2)), None, 1));
    host.wait("dispatch", |event| matches!(event, Event::Dispatched { .. }).then_some(()));
    editor.input.commit();
    editor.app.sync();
    host.send(preedit(track, "你 h", None));
    assert_eq!(step(&mut editor.app), (Some(("你 h".into(), -1, -1)), None, 2), "the newest commit is named");
    host.send(Command::Text { cause: cause(2), track, text: "你好".into() });
    assert_eq!(step(&mut editor.app), (None, Some("你好".into()), 2), "it replaces what was composed");
    host.send(preedit(track, "x", None));
    step(&mut editor.app);
    host.send(preedit(track, "", None));
    assert_eq!(step(&mut editor.app), (None, None, 2), "nothing is left of it");
    host.send(preedit(track, "", None));
    let long: String = "世".repeat(1400);
    host.send(Command::Text { cause: cause(3), track, text: long.clone() });
    let (first, second) = (step(&mut editor.app), step(&mut editor.app));
    assert!(first.1.as_ref().is_some_and(|part| part.len() <= 4000), "no event is longer than is allowed");
    assert_eq!(first.1.unwrap_or_default() + &second.1.unwrap_or_default(), long);
}

#[test]
fn text_with_keys_in_it_or_right_before_it_is_typed() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    let track = editor.track;
    let mut typed = |host: &mut Host, text: &str, taps: usize| {
        host.send(Command::Text { cause: cause(1), track, text: text.into() });
        let mut seen_taps = 0;
        editor.app.wait("keys", |seen| {
            assert!(!matches!(seen, Seen::Commit(_)), "{text:?} is not inserted");
            seen_taps += usize::from(matches!(seen, Seen::Key { pressed: true, .. }));
            (seen_taps == taps).then_some(())
        });
    };
    typed(&mut host, "ab\nc", 4);
    host.send(Command::Key { cause: cause(2), track, key: KeyCode(30), pressed: true });
    host.send(Command::Key { cause: cause(3), track, key: KeyCode(30), pressed: false });
    typed(&mut host, "é", 2);
}

#[test]
fn a_line_end_ends_a_composition_and_is_a_key() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    let track = editor.track;
    host.send(preedit(track, "ni", None));
    step(&mut editor.app);
    host.send(Command::Text { cause: cause(2), track, text: "\n".into() });
    let mut ended = false;
    editor.app.wait("key", |seen| {
        ended |= matches!(seen, Seen::TextDone(_));
        matches!(seen, Seen::Key { pressed: true, .. }).then_some(())
    });
    assert!(ended, "what was composed goes before the key comes");
}

#[test]
fn nothing_is_composed_where_no_text_is_taken() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    let track = editor.track;
    host.send(preedit(track, "ni", None));
    enable(&mut editor);
    host.send(preedit(track, "hao", None));
    assert_eq!(step(&mut editor.app).0, Some(("hao".into(), -1, -1)), "the first was dropped");

    // The keyboard leaves: all that the app said is forgotten.
    host.send(Command::Focus(None));
    editor.app.wait("leave", |seen| matches!(seen, Seen::TextLeave).then_some(()));
    reported(&mut host);
    assert_eq!(reported(&mut host), (track, None));
    enable(&mut editor);
    host.send(Command::Focus(Some(track)));
    editor.app.wait("enter", |seen| matches!(seen, Seen::TextEnter(_)).then_some(()));
    host.send(preedit(track, "ni", None));
    enable(&mut editor);
    host.send(preedit(track, "hao", None));
    assert_eq!(step(&mut editor.app).0, Some(("hao".into(), -1, -1)), "it enabled itself too early");
}

#[test]
fn one_text_input_is_in_use_at_a_time_and_ends_with_its_object_and_window() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    assert_eq!(reported(&mut host).1.map(|input| input.multiline), Some(true));
    let manager: ZwpTextInputManagerV3 =
        editor.app.globals.bind(&editor.app.qh(), 1..=1, ()).expect("zwp_text_input_manager_v3");
    let second = manager.get_text_input(&editor.app.seat, &editor.app.qh(), ());
    editor.app.wait("enter", |seen| matches!(seen, Seen::TextEnter(_)).then_some(()));
    second.enable();
    second.commit();
    editor.app.sync();
    editor.input.destroy();
    editor.app.sync();
    assert_eq!(reported(&mut host), (editor.track, None), "the second was ignored beside the first");
    second.enable();
    second.commit();
    editor.app.sync();
    assert!(reported(&mut host).1.is_some());
    editor.window.surface.attach(None, 0, 0);
    editor.window.surface.commit();
    editor.app.sync();
    assert_eq!(reported(&mut host), (editor.track, None));
}

#[test]
fn a_caret_that_runs_about_does_not_flood_viewers() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    reported(&mut host);
    let started = std::time::Instant::now();
    for x in 0..2000 {
        editor.input.set_cursor_rectangle(x, 25, 1, 17);
        editor.input.commit();
        editor.app.sync();
    }
    let mut reports = 0;
    host.wait("the last place", |event| match event {
        Event::TextInput { input: Some(input), .. } => {
            reports += 1;
            (input.caret.x == 1999 - 10).then_some(())
        }
        _ => None,
    });
    let most = started.elapsed().as_millis() / 8 + 2;
    assert!(reports <= most, "{reports} reports where {most} do");
}

#[test]
fn an_app_with_too_many_text_inputs_is_cut_off() {
    let host = Host::start();
    let mut app = App::connect(&host);
    let manager: ZwpTextInputManagerV3 =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("zwp_text_input_manager_v3");
    for _ in 0..65 {
        manager.get_text_input(&app.seat, &app.qh(), ());
    }
    app.try_sync().expect_err("cut off");
    App::connect(&host).sync();
}

const ENTER: KeyCode = KeyCode(28);

fn tap(host: &Host, track: TrackId, key: KeyCode) {
    for pressed in [true, false] {
        host.send(Command::Key { cause: cause(9), track, key, pressed });
    }
}

/// Whether a key has come by now: what was sent before has been carried out. The app reads, and says nothing.
fn has_key(host: &mut Host, app: &mut App) -> bool {
    host.settle();
    if let Some(guard) = app.queue.prepare_read() {
        // It is an error that there is nothing to read.
        let _ = guard.read();
    }
    app.queue.dispatch_pending(&mut app.memory).expect("a living connection");
    app.memory.0.iter().any(|seen| matches!(seen, Seen::Key { .. }))
}

#[test]
fn a_key_behind_an_inserted_text_waits_until_the_app_has_taken_that_in() {
    for answers in [true, false] {
        let mut host = Host::start();
        let mut editor = editor(&mut host);
        enable(&mut editor);
        let track = editor.track;
        editor.app.told();
        host.send(preedit(track, "ni", None));
        step(&mut editor.app);
        host.send(Command::Text { cause: cause(2), track, text: "你".into() });
        tap(&host, track, ENTER);
        assert_eq!(step(&mut editor.app).1.as_deref(), Some("你"));
        assert!(!has_key(&mut host, &mut editor.app), "the app has said nothing since");
        if answers {
            // Its pong lies ready since it read the ping.
            editor.app.connection.flush().expect("a connection");
        } else {
            // Whoever goes to another window does not wait; keys go where they were meant to.
            host.send(Command::Focus(None));
        }
        editor
            .app
            .wait("the key", |seen| matches!(seen, Seen::Key { key: 28, pressed: true, .. }).then_some(()));
    }
}

#[test]
fn text_behind_a_key_is_typed_until_the_app_has_looked_at_the_key() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    enable(&mut editor);
    let track = editor.track;
    host.send(Command::Focus(Some(track)));
    tap(&host, track, KeyCode(30));
    // It composes on, and reads nothing of all that, however long.
    host.send(preedit(track, "ni", None));
    host.send(Command::Text { cause: cause(2), track, text: "你".into() });
    host.settle();
    let mut pressed = 0;
    editor.app.wait("both as keys", |seen| {
        assert!(!matches!(seen, Seen::Commit(_)), "it would come before the key in a toolkit's queue");
        pressed += usize::from(matches!(seen, Seen::Key { pressed: true, .. }));
        (pressed == 2).then_some(())
    });
    // It has turned its loop since.
    for _ in 0..4 {
        editor.app.sync();
    }
    host.send(preedit(track, "hao", None));
    editor.app.wait("composed text", |seen| matches!(seen, Seen::TextDone(_)).then_some(()));
    for _ in 0..4 {
        editor.app.sync();
    }
    editor.app.told();
    host.send(Command::Text { cause: cause(3), track, text: "好".into() });
    assert_eq!(step(&mut editor.app).1.as_deref(), Some("好"));
}

#[test]
fn a_terminal_gets_text_by_keys_and_is_told_of_composed_text_until_it_has_seen_it() {
    let mut host = Host::start();
    let mut editor = editor(&mut host);
    editor.input.enable();
    editor.input.set_content_type(ContentHint::None, ContentPurpose::Terminal);
    editor.input.commit();
    editor.app.sync();
    let track = editor.track;
    host.send(preedit(track, "ni", None));
    // Its caret moves before it has read that: foot takes the serial for an old one, and drops what names it.
    host.settle();
    editor.input.set_cursor_rectangle(50, 25, 1, 17);
    editor.input.commit();
    editor.app.connection.flush().expect("a connection");
    let mut told = Vec::new();
    editor.app.wait("the newest serial", |seen| {
        if let Seen::TextDone(serial) = seen {
            told.push(*serial);
        }
        (told.last() == Some(&2)).then_some(())
    });
    host.send(Command::Text { cause: cause(2), track, text: "你".into() });
    let (mut cleared, mut composed) = (false, true);
    editor.app.wait("the text", |seen| {
        match seen {
            Seen::Preedit { text, .. } => composed = text.is_some(),
            Seen::TextDone(_) => cleared |= !composed,
            Seen::Commit(_) => panic!("it could be dropped"),
            _ => {}
        }
        matches!(seen, Seen::Key { pressed: true, .. }).then_some(())
    });
    assert!(cleared, "nothing is composed any more when the text comes");
}
