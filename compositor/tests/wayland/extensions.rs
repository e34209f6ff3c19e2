//! Small protocols that apps of today look for: what each does here, and what becomes of those who misuse it.

use std::{
    fs::File,
    io::Write,
    os::{
        fd::{AsFd, OwnedFd},
        unix::net::{UnixListener, UnixStream},
    },
};

use media::{Command, Point, TrackId};
use rustix::pipe::pipe;
use wayland_client::{Connection, Dispatch, Proxy, QueueHandle};
use wayland_protocols::{
    ext::{
        data_control::v1::client::ext_data_control_manager_v1::ExtDataControlManagerV1,
        foreign_toplevel_list::v1::client::{
            ext_foreign_toplevel_handle_v1::ExtForeignToplevelHandleV1,
            ext_foreign_toplevel_list_v1::{self, ExtForeignToplevelListV1},
        },
    },
    wp::{
        alpha_modifier::v1::client::{
            wp_alpha_modifier_surface_v1::WpAlphaModifierSurfaceV1, wp_alpha_modifier_v1::WpAlphaModifierV1,
        },
        content_type::v1::client::{
            wp_content_type_manager_v1::WpContentTypeManagerV1,
            wp_content_type_v1::{Type, WpContentTypeV1},
        },
        idle_inhibit::zv1::client::{
            zwp_idle_inhibit_manager_v1::ZwpIdleInhibitManagerV1, zwp_idle_inhibitor_v1::ZwpIdleInhibitorV1,
        },
        keyboard_shortcuts_inhibit::zv1::client::{
            zwp_keyboard_shortcuts_inhibit_manager_v1::ZwpKeyboardShortcutsInhibitManagerV1,
            zwp_keyboard_shortcuts_inhibitor_v1::ZwpKeyboardShortcutsInhibitorV1,
        },
        pointer_gestures::zv1::client::{
            zwp_pointer_gesture_hold_v1::ZwpPointerGestureHoldV1,
            zwp_pointer_gesture_pinch_v1::ZwpPointerGesturePinchV1,
            zwp_pointer_gesture_swipe_v1::ZwpPointerGestureSwipeV1,
            zwp_pointer_gestures_v1::ZwpPointerGesturesV1,
        },
        security_context::v1::client::{
            wp_security_context_manager_v1::WpSecurityContextManagerV1,
            wp_security_context_v1::WpSecurityContextV1,
        },
        tablet::zv2::client::{
            zwp_tablet_manager_v2::ZwpTabletManagerV2,
            zwp_tablet_seat_v2::{self, ZwpTabletSeatV2},
            zwp_tablet_tool_v2::ZwpTabletToolV2,
            zwp_tablet_v2::ZwpTabletV2,
        },
    },
    xdg::foreign::{
        zv1::client::{
            zxdg_exported_v1::ZxdgExportedV1, zxdg_exporter_v1::ZxdgExporterV1,
            zxdg_imported_v1::ZxdgImportedV1, zxdg_importer_v1::ZxdgImporterV1,
        },
        zv2::client::{
            zxdg_exported_v2::ZxdgExportedV2, zxdg_exporter_v2::ZxdgExporterV2,
            zxdg_imported_v2::ZxdgImportedV2, zxdg_importer_v2::ZxdgImporterV2,
        },
    },
};

use crate::{
    app::{App, AppWindow, Memory, Seen},
    host::Host,
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// Waits until the app was told something with these words.
fn said(app: &mut App, words: &str) -> String {
    app.wait(words, |seen| match seen {
        Seen::Said(said) if said.contains(words) => Some(said.clone()),
        _ => None,
    })
}

/// What stands between the first quotation marks.
fn quoted(said: &str) -> String {
    said.split('"').nth(1).expect("a text").to_owned()
}

fn shown(host: &mut Host, app: &mut App) -> (AppWindow, TrackId) {
    host.drain();
    let window = app.mapped(10, 10, RED);
    (window, host.window("window", |_| true).track)
}

/// The session still serves whoever behaves.
fn goes_on(host: &mut Host) {
    let mut app = App::connect(host);
    shown(host, &mut app);
}

#[test]
fn a_film_keeps_the_screen_on_until_it_is_over() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let manager: ZwpIdleInhibitManagerV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("idle-inhibit");
    let (window, track) = shown(&mut host, &mut app);
    let inhibitors = [(); 2].map(|()| manager.create_inhibitor(&window.surface, &app.qh(), ()));
    app.sync();
    host.window("awake", |window| window.track == track && window.states.awake);
    inhibitors[0].destroy();
    window.toplevel.set_title("one is left".into());
    app.sync();
    assert!(host.window("the title", |window| window.title == "one is left").states.awake);
    inhibitors[1].destroy();
    app.sync();
    host.window("asleep", |window| window.track == track && !window.states.awake);
}

#[test]
fn a_window_belongs_to_one_of_another_app_by_either_version() {
    let mut host = Host::start();
    let (mut parent, mut child) = (App::connect(&host), App::connect(&host));
    let (of_parent, parent_track) = shown(&mut host, &mut parent);
    let (of_child, child_track) = shown(&mut host, &mut child);
    let is_child = |host: &mut Host, expected: Option<TrackId>| {
        host.window("a parent", |window| window.track == child_track && window.parent == expected);
    };

    let exporter: ZxdgExporterV2 = parent.globals.bind(&parent.qh(), 1..=1, ()).expect("xdg-foreign v2");
    let importer: ZxdgImporterV2 = child.globals.bind(&child.qh(), 1..=1, ()).expect("xdg-foreign v2");
    let exported = exporter.export_toplevel(&of_parent.surface, &parent.qh(), ());
    let handle = quoted(&said(&mut parent, "Handle"));
    let imported = importer.import_toplevel(handle.clone(), &child.qh(), ());
    imported.set_parent_of(&of_child.surface);
    child.sync();
    is_child(&mut host, Some(parent_track));
    exported.destroy();
    parent.sync();
    said(&mut child, "Destroyed");
    is_child(&mut host, None);

    let exporter: ZxdgExporterV1 = parent.globals.bind(&parent.qh(), 1..=1, ()).expect("xdg-foreign v1");
    let importer: ZxdgImporterV1 = child.globals.bind(&child.qh(), 1..=1, ()).expect("xdg-foreign v1");
    importer.import(handle, &child.qh(), ());
    said(&mut child, "Destroyed");
    let _exported = exporter.export(&of_parent.surface, &parent.qh(), ());
    let handle = quoted(&said(&mut parent, "Handle"));
    let imported = importer.import(handle, &child.qh(), ());
    imported.set_parent_of(&of_child.surface);
    child.sync();
    is_child(&mut host, Some(parent_track));
    imported.destroy();
    child.sync();
    is_child(&mut host, None);
}

#[test]
fn no_window_becomes_its_own_ancestor() {
    let mut host = Host::start();
    let (mut one, mut other) = (App::connect(&host), App::connect(&host));
    let (of_one, _) = shown(&mut host, &mut one);
    let (of_other, _) = shown(&mut host, &mut other);
    let adopt = |parent: &mut App, surface, child: &mut App, of_child| {
        let exporter: ZxdgExporterV2 = parent.globals.bind(&parent.qh(), 1..=1, ()).expect("xdg-foreign");
        exporter.export_toplevel(surface, &parent.qh(), ());
        let handle = quoted(&said(parent, "Handle"));
        let importer: ZxdgImporterV2 = child.globals.bind(&child.qh(), 1..=1, ()).expect("xdg-foreign");
        importer.import_toplevel(handle, &child.qh(), ()).set_parent_of(of_child);
        child.try_sync()
    };
    adopt(&mut one, &of_one.surface, &mut other, &of_other.surface).expect("that is a parent");
    adopt(&mut other, &of_other.surface, &mut one, &of_one.surface).expect_err("that is a circle");
    goes_on(&mut host);
}

#[test]
fn an_app_gets_all_keys_and_asks_once() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let manager: ZwpKeyboardShortcutsInhibitManagerV1 =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("keyboard-shortcuts-inhibit");
    let (window, _) = shown(&mut host, &mut app);
    manager.inhibit_shortcuts(&window.surface, &app.seat, &app.qh(), ());
    said(&mut app, "Active");
    manager.inhibit_shortcuts(&window.surface, &app.seat, &app.qh(), ());
    app.try_sync().expect_err("that is against the protocol");
    goes_on(&mut host);
}

#[test]
fn an_app_finds_gestures_pens_and_content_types() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let qh = app.qh();
    let gestures: ZwpPointerGesturesV1 = app.globals.bind(&qh, 1..=3, ()).expect("pointer-gestures");
    gestures.get_swipe_gesture(&app.pointer, &qh, ());
    gestures.get_pinch_gesture(&app.pointer, &qh, ()).destroy();
    gestures.get_hold_gesture(&app.pointer, &qh, ());
    let tablets: ZwpTabletManagerV2 = app.globals.bind(&qh, 1..=1, ()).expect("tablet-v2");
    tablets.get_tablet_seat(&app.seat, &qh, ());
    app.sync();
    let types: WpContentTypeManagerV1 = app.globals.bind(&qh, 1..=1, ()).expect("content-type");
    let (window, _) = shown(&mut host, &mut app);
    types.get_surface_content_type(&window.surface, &qh, ()).set_content_type(Type::Video);
    window.surface.commit();
    app.sync();
    types.get_surface_content_type(&window.surface, &qh, ());
    app.try_sync().expect_err("one surface has one");
    goes_on(&mut host);
}

#[test]
fn a_surface_is_seen_as_much_as_its_app_wants() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let modifiers: WpAlphaModifierV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("alpha-modifier");
    let (window, track) = shown(&mut host, &mut app);
    host.damage(track);
    let modifier = modifiers.get_surface(&window.surface, &app.qh(), ());
    let corner = Point::new(9, 9);
    for (multiplier, pixel) in [(u32::MAX / 2 + 1, [0, 0, 128, 128]), (0, [0; 4]), (u32::MAX, RED)] {
        modifier.set_multiplier(multiplier);
        window.surface.commit();
        app.sync();
        host.damage(track);
        assert_eq!(host.pixel(track, corner), pixel);
    }
    modifier.set_multiplier(0);
    modifier.destroy();
    app.picture(10, 10, RED).show(&window.surface);
    app.sync();
    assert_eq!(host.pixel(track, corner), RED);
}

#[test]
fn a_tool_sees_which_windows_there_are() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.toplevel();
    window.toplevel.set_title("before".into());
    window.toplevel.set_app_id("org.example.Listed".into());
    app.picture(10, 10, RED).show(&window.surface);
    app.sync();
    host.window("window", |_| true);

    let mut tool = App::connect(&host);
    let list: ExtForeignToplevelListV1 =
        tool.globals.bind(&tool.qh(), 1..=1, ()).expect("ext-foreign-toplevel-list");
    assert_eq!(quoted(&said(&mut tool, "Title")), "before");
    assert_eq!(quoted(&said(&mut tool, "AppId")), "org.example.Listed");
    window.toplevel.set_title("after".into());
    app.sync();
    assert_eq!(quoted(&said(&mut tool, "Title")), "after");
    let (second, _) = shown(&mut host, &mut app);
    said(&mut tool, "Done");
    second.toplevel.destroy();
    app.sync();
    said(&mut tool, "Closed");
    list.stop();
    said(&mut tool, "Finished");
}

/// Makes a sandbox of which this is the socket.
fn sandbox(app: &App, socket: &OwnedFd, close: &OwnedFd) {
    let manager: WpSecurityContextManagerV1 =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("security-context");
    let context = manager.create_listener(socket.as_fd(), close.as_fd(), &app.qh(), ());
    context.set_sandbox_engine("org.example".into());
    context.commit();
}

#[test]
fn an_app_in_a_sandbox_shows_windows_and_sees_nothing_of_others() {
    let mut host = Host::start();
    let mut engine = App::connect(&host);
    let path = host.dir.path().join("sandbox");
    let listener = UnixListener::bind(&path).expect("a socket");
    let (close, held) = pipe().expect("a pipe");
    sandbox(&engine, &listener.into(), &close);
    engine.sync();
    let mut app = App::over(UnixStream::connect(&path).expect("the sandbox's socket"));
    shown(&mut host, &mut app);
    let qh = app.qh();
    app.globals
        .bind::<WpSecurityContextManagerV1, _, _>(&qh, 1..=1, ())
        .expect_err("no sandbox in a sandbox");
    app.globals.bind::<ExtDataControlManagerV1, _, _>(&qh, 1..=1, ()).expect_err("no clipboard of others");
    app.globals.bind::<ExtForeignToplevelListV1, _, _>(&qh, 1..=1, ()).expect_err("no windows of others");
    drop(held);
    app.sync();
}

#[test]
fn what_is_no_socket_is_no_sandbox_and_harms_nobody() {
    let mut host = Host::start();
    let mut engine = App::connect(&host);
    let mut file = File::create(host.dir.path().join("file")).expect("a file");
    file.write_all(b"no socket").expect("a file");
    let (readable, mut filled) = pipe().map(|(read, write)| (read, File::from(write))).expect("a pipe");
    filled.write_all(b"something to read").expect("a pipe");
    let (one, other) = UnixStream::pair().expect("sockets");
    drop(other);
    for socket in [file.into(), readable, one.into()] {
        let (close, _held) = pipe().expect("a pipe");
        sandbox(&engine, &socket, &close);
        engine.sync();
        goes_on(&mut host);
    }
    host.send(Command::PointerLeft);
    host.settle();
}

macro_rules! says {
    ($($interface:ty $({ $($opcode:path => $child:ty),+ })?),+ $(,)?) => { $(
        impl Dispatch<$interface, ()> for Memory {
            fn event(
                memory: &mut Self,
                _: &$interface,
                event: <$interface as Proxy>::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                memory.0.push(Seen::Said(format!("{event:?}")));
            }

            $(wayland_client::event_created_child!(Memory, $interface, [$($opcode => ($child, ())),+]);)?
        }
    )+ };
}

says!(
    ZwpIdleInhibitManagerV1,
    ZwpIdleInhibitorV1,
    ZxdgExporterV1,
    ZxdgExportedV1,
    ZxdgImporterV1,
    ZxdgImportedV1,
    ZxdgExporterV2,
    ZxdgExportedV2,
    ZxdgImporterV2,
    ZxdgImportedV2,
    ZwpKeyboardShortcutsInhibitManagerV1,
    ZwpKeyboardShortcutsInhibitorV1,
    ZwpPointerGesturesV1,
    ZwpPointerGestureSwipeV1,
    ZwpPointerGesturePinchV1,
    ZwpPointerGestureHoldV1,
    ZwpTabletManagerV2,
    ZwpTabletSeatV2 {
        zwp_tablet_seat_v2::EVT_TABLET_ADDED_OPCODE => ZwpTabletV2,
        zwp_tablet_seat_v2::EVT_TOOL_ADDED_OPCODE => ZwpTabletToolV2
    },
    ZwpTabletV2,
    ZwpTabletToolV2,
    WpContentTypeManagerV1,
    WpContentTypeV1,
    WpAlphaModifierV1,
    WpAlphaModifierSurfaceV1,
    ExtForeignToplevelListV1 {
        ext_foreign_toplevel_list_v1::EVT_TOPLEVEL_OPCODE => ExtForeignToplevelHandleV1
    },
    ExtForeignToplevelHandleV1,
    WpSecurityContextManagerV1,
    WpSecurityContextV1,
);
