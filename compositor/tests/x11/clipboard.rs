//! Copy and paste between X11 apps and viewers, in one piece and in many.

use bytes::Bytes;
use media::{ClipboardRequest, Command};
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            Atom, AtomEnum, ConnectionExt as _, EventMask, Property, SELECTION_NOTIFY_EVENT,
            SelectionNotifyEvent, SelectionRequestEvent, Window,
        },
    },
};

use crate::{app::App, host::Host};

const TEXT: &str = "text/plain;charset=utf-8";

#[test]
fn viewers_paste_what_an_x11_app_copied() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("owner", 300, 200, 0);
    let clipboard = app.atom("CLIPBOARD");
    app.conn.set_selection_owner(id, clipboard, x11rb::CURRENT_TIME).unwrap();
    let utf8 = app.atom("UTF8_STRING");
    serve(&app, &Content::Whole("gr\u{fc}n".as_bytes()), app.atom("TARGETS"), utf8);
    let offered = host.wait("offer", |event| match event {
        media::Event::ClipboardOffered { mimes } => Some(mimes.clone()),
        _ => None,
    });
    assert!(offered.iter().any(|mime| mime == TEXT), "{offered:?}");

    read(&host, 1);
    serve(&app, &Content::Whole("gr\u{fc}n".as_bytes()), utf8, utf8);
    assert_eq!(content(&mut host, 1).as_deref(), Some("gr\u{fc}n".as_bytes()));

    let long = "0123456789abcdef".repeat(40_000);
    read(&host, 2);
    serve(&app, &Content::InParts(long.as_bytes()), utf8, utf8);
    assert_eq!(content(&mut host, 2).as_deref(), Some(long.as_bytes()));

    // An owner that has nothing after all.
    read(&host, 3);
    serve(&app, &Content::Nothing, utf8, utf8);
    assert!(content(&mut host, 3).is_none_or(|content| content.is_empty()));

    app.conn.destroy_window(id).unwrap();
    app.conn.flush().unwrap();
    host.wait("end of the offer", |event| {
        (*event == media::Event::ClipboardOffered { mimes: Vec::new() }).then_some(())
    });
}

#[test]
fn an_x11_app_pastes_what_a_viewer_copied() {
    let Some(mut host) = Host::start() else { return };
    // What was copied before Xwayland started is there, too.
    host.send(Command::OfferClipboard { mimes: vec![TEXT.into()] });
    let app = App::connect(host.display);
    let id = app.toplevel("paster", 300, 200, 0);
    host.window("window", |_| true);
    let (utf8, property) = (app.atom("UTF8_STRING"), app.atom("PASTED"));

    let paste = |target: Atom| {
        let clipboard = app.atom("CLIPBOARD");
        app.conn.convert_selection(id, clipboard, target, property, x11rb::CURRENT_TIME).unwrap();
        app.conn.flush().unwrap();
    };
    let answered = || {
        app.wait("answer", |event| match event {
            Event::SelectionNotify(e) => Some(e.property != x11rb::NONE),
            _ => None,
        })
    };
    // Tools need no keyboard for it, as on Wayland.
    paste(app.atom("TARGETS"));
    assert!(answered());
    let targets = value(&app, id, property);
    assert!(targets.chunks(4).any(|atom| atom == utf8.to_ne_bytes()));

    paste(utf8);
    fill(&mut host, Some("h\u{e9}\u{4e16}".into()));
    assert!(answered());
    assert_eq!(value(&app, id, property), "h\u{e9}\u{4e16}".as_bytes());

    paste(AtomEnum::STRING.into());
    fill(&mut host, Some("h\u{e9}\u{4e16}".into()));
    assert!(answered());
    assert_eq!(value(&app, id, property), b"h\xe9?", "old apps read Latin-1");

    paste(utf8);
    fill(&mut host, None);
    answered();

    let long = "0123456789abcdef".repeat(40_000);
    paste(utf8);
    fill(&mut host, Some(long.clone().into()));
    assert!(answered());
    let mut pasted = Vec::new();
    value(&app, id, property);
    loop {
        app.wait("part", |event| match event {
            Event::PropertyNotify(e) => (e.atom == property && e.state == Property::NEW_VALUE).then_some(()),
            _ => None,
        });
        let part = value(&app, id, property);
        if part.is_empty() {
            break;
        }
        pasted.extend(part);
    }
    assert!(pasted == long.as_bytes(), "{} of {} bytes", pasted.len(), long.len());

    // What the app copies itself replaces the viewer's.
    app.conn.set_selection_owner(id, app.atom("CLIPBOARD"), x11rb::CURRENT_TIME).unwrap();
    serve(&app, &Content::Nothing, app.atom("TARGETS"), utf8);
    host.send(Command::OfferClipboard { mimes: vec![TEXT.into()] });
    app.wait("loss of the selection", |event| matches!(event, Event::SelectionClear(_)).then_some(()));
}

#[test]
fn any_type_goes_both_ways() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("any", 300, 200, 0);
    let (clipboard, targets) = (app.atom("CLIPBOARD"), app.atom("TARGETS"));
    let (own, hint) = (app.atom("application/x-own"), app.atom("x-kde-passwordManagerHint"));
    app.conn.set_selection_owner(id, clipboard, x11rb::CURRENT_TIME).unwrap();
    app.conn.flush().unwrap();
    let request = |target: Atom| {
        let e = app.wait("request", |event| match event {
            Event::SelectionRequest(e) => Some(*e),
            _ => None,
        });
        assert_eq!(e.target, target);
        e
    };
    let e = request(targets);
    let all = [targets, app.atom("SAVE_TARGETS"), own, hint];
    app.set_values(e.requestor, e.property, AtomEnum::ATOM.into(), &all);
    answer(&app, e, true);
    host.wait("offer", |event| match event {
        media::Event::ClipboardOffered { mimes } => {
            assert_eq!(*mimes, ["application/x-own", "x-kde-passwordManagerHint"]);
            Some(())
        }
        _ => None,
    });
    let (first, mime) = (ClipboardRequest(1), "application/x-own".to_owned());
    host.send(Command::ReadClipboard { request: first, mime });
    let e = request(own);
    app.set_text(e.requestor, e.property, own, b"\0own");
    answer(&app, e, true);
    assert_eq!(content(&mut host, 1).as_deref(), Some(&b"\0own"[..]));

    host.send(Command::OfferClipboard { mimes: vec!["application/x-theirs".into()] });
    app.wait("loss of the selection", |event| matches!(event, Event::SelectionClear(_)).then_some(()));
    let property = app.atom("PASTED");
    let theirs = app.atom("application/x-theirs");
    for target in [targets, theirs] {
        app.conn.convert_selection(id, clipboard, target, property, x11rb::CURRENT_TIME).unwrap();
        app.conn.flush().unwrap();
        if target == theirs {
            fill(&mut host, Some(Bytes::from_static(b"\0theirs")));
        }
        let there = app.wait("answer", |event| match event {
            Event::SelectionNotify(e) => Some(e.property != x11rb::NONE),
            _ => None,
        });
        assert!(there);
        let value = value(&app, id, property);
        if target == theirs {
            assert_eq!(value, b"\0theirs");
        } else {
            assert!(value.chunks(4).any(|atom| atom == theirs.to_ne_bytes()));
        }
    }
}

#[test]
fn an_x11_app_clears_what_others_have() {
    let Some(mut host) = Host::start() else { return };
    let app = App::connect(host.display);
    let id = app.toplevel("clears", 300, 200, 0);
    host.window("window", |_| true);
    let clipboard = app.atom("CLIPBOARD");
    // Takes it, so that it hears when it loses it to the viewer, and empties what the viewer has.
    app.conn.set_selection_owner(id, clipboard, x11rb::CURRENT_TIME).unwrap();
    serve(&app, &Content::Whole(b""), app.atom("TARGETS"), app.atom("UTF8_STRING"));
    host.send(Command::OfferClipboard { mimes: vec![TEXT.into()] });
    app.wait("loss of the selection", |event| matches!(event, Event::SelectionClear(_)).then_some(()));
    app.conn.set_selection_owner(x11rb::NONE, clipboard, x11rb::CURRENT_TIME).unwrap();
    app.conn.flush().unwrap();
    host.wait("end of the offer", |event| {
        (*event == media::Event::ClipboardOffered { mimes: Vec::new() }).then_some(())
    });
}

/// What an owner answers.
enum Content<'a> {
    Nothing,
    Whole(&'a [u8]),
    InParts(&'a [u8]),
}

fn read(host: &Host, request: u32) {
    host.send(Command::ReadClipboard { request: ClipboardRequest(request), mime: TEXT.into() });
}

fn content(host: &mut Host, wanted: u32) -> Option<Bytes> {
    host.wait("content", |event| match event {
        media::Event::ClipboardContent { request, data } if *request == ClipboardRequest(wanted) => {
            Some(data.clone())
        }
        _ => None,
    })
}

fn fill(host: &mut Host, data: Option<Bytes>) {
    let request = host.wait("wish", |event| match event {
        media::Event::ClipboardWanted { request, .. } => Some(*request),
        _ => None,
    });
    host.send(Command::ClipboardContent { request, data });
}

/// Takes a property off a window.
fn value(app: &App, id: Window, property: Atom) -> Vec<u8> {
    let cookie = app.conn.get_property(true, id, property, AtomEnum::ANY, 0, u32::MAX / 4).unwrap();
    cookie.reply().unwrap().value
}

/// Answers the next request for a selection, which must be for `target`.
fn serve(app: &App, content: &Content<'_>, target: Atom, utf8: Atom) {
    let e = app.wait("request", |event| match event {
        Event::SelectionRequest(e) => Some(*e),
        _ => None,
    });
    assert_eq!(e.target, target);
    let targets = app.atom("TARGETS");
    match content {
        Content::Nothing => answer(app, e, false),
        Content::Whole(_) if target == targets => {
            app.set_values(e.requestor, e.property, AtomEnum::ATOM.into(), &[targets, utf8]);
            answer(app, e, true);
        }
        Content::Whole(content) => {
            app.set_text(e.requestor, e.property, target, content);
            answer(app, e, true);
        }
        Content::InParts(content) => {
            use x11rb::protocol::xproto::ChangeWindowAttributesAux;
            let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
            app.conn.change_window_attributes(e.requestor, &aux).unwrap();
            app.set_values(e.requestor, e.property, app.atom("INCR"), &[content.len() as u32]);
            answer(app, e, true);
            for part in content.chunks(100_000).chain([&[][..]]) {
                app.wait("place for a part", |event| match event {
                    Event::PropertyNotify(n) => {
                        (n.window == e.requestor && n.state == Property::DELETE).then_some(())
                    }
                    _ => None,
                });
                app.set_text(e.requestor, e.property, target, part);
            }
            app.conn.flush().unwrap();
        }
    }
}

fn answer(app: &App, e: SelectionRequestEvent, there: bool) {
    let event = SelectionNotifyEvent {
        response_type: SELECTION_NOTIFY_EVENT,
        sequence: 0,
        time: e.time,
        requestor: e.requestor,
        selection: e.selection,
        target: e.target,
        property: if there { e.property } else { x11rb::NONE },
    };
    app.conn.send_event(false, e.requestor, EventMask::NO_EVENT, event).unwrap();
    app.conn.flush().unwrap();
}
