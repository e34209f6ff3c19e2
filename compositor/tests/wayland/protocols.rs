//! Small protocols, each with what apps rely on.

use std::{io::pipe, os::fd::AsFd};

use media::{Command, Event, Point, Size, Timestamp};
use wayland_client::{Proxy, protocol::wl_output::WlOutput};
use wayland_protocols::{
    wp::{
        presentation_time::client::wp_presentation::WpPresentation,
        primary_selection::zv1::client::zwp_primary_selection_device_manager_v1::ZwpPrimarySelectionDeviceManagerV1,
        single_pixel_buffer::v1::client::wp_single_pixel_buffer_manager_v1::WpSinglePixelBufferManagerV1,
        viewporter::client::wp_viewporter::WpViewporter,
    },
    xdg::{
        decoration::zv1::client::{
            zxdg_decoration_manager_v1::ZxdgDecorationManagerV1, zxdg_toplevel_decoration_v1::Mode,
        },
        system_bell::v1::client::xdg_system_bell_v1::XdgSystemBellV1,
        xdg_output::zv1::client::zxdg_output_manager_v1::ZxdgOutputManagerV1,
    },
};
use wayland_protocols_misc::server_decoration::client::org_kde_kwin_server_decoration_manager::OrgKdeKwinServerDecorationManager;

use crate::{
    app::{App, Seen, read_all, write_all},
    host::Host,
};

const RED: [u8; 4] = [0, 0, 255, 255];

#[test]
fn an_app_hears_on_the_monotonic_clock_when_its_picture_was_shown() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let presentation: WpPresentation = app.globals.bind(&app.qh(), 1..=1, ()).expect("wp_presentation");
    let clock = app.wait("the clock", |seen| match seen {
        Seen::Clock(clock) => Some(*clock),
        _ => None,
    });
    assert_eq!(clock, 1, "CLOCK_MONOTONIC");
    let window = app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    presentation.feedback(&window.surface, &app.qh(), ());
    window.surface.commit();
    let early = app.told().iter().any(|seen| matches!(seen, Seen::Presented));
    assert!(!early, "nobody has seen it yet");
    host.send(Command::FrameDone { track, at: Timestamp(1_000_000) });
    app.wait("presented", |seen| matches!(seen, Seen::Presented).then_some(()));
}

#[test]
fn one_pixel_fills_a_window() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let pixels: WpSinglePixelBufferManagerV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("pixels");
    let viewporter: WpViewporter = app.globals.bind(&app.qh(), 1..=1, ()).expect("wp_viewporter");
    let window = app.toplevel();
    let buffer = pixels.create_u32_rgba_buffer(u32::MAX, 0, 0, u32::MAX, &app.qh(), ());
    viewporter.get_viewport(&window.surface, &app.qh(), ()).set_destination(30, 20);
    window.surface.attach(Some(&buffer), 0, 0);
    window.surface.commit();
    app.sync();
    let track = host.window("window", |window| window.size == Size::new(30, 20)).track;
    host.damage(track);
    assert_eq!(host.pixel(track, Point::new(29, 19)), RED);
}

#[test]
fn viewers_draw_the_title_bar_unless_the_app_wants_to() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let decorations: ZxdgDecorationManagerV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("decorations");
    let window = app.toplevel();
    let decoration = decorations.get_toplevel_decoration(&window.toplevel, &app.qh(), ());
    let told = |app: &mut App| {
        let mode = app.wait("the mode", |seen| match seen {
            Seen::Decoration(mode) => Some(*mode),
            _ => None,
        });
        let serial = app.configured(&window.surface);
        window.shell.ack_configure(serial);
        app.picture(10, 10, RED).show(&window.surface);
        app.sync();
        mode
    };
    let own = |host: &mut Host, own| host.window("window", |window| window.states.client_decorated == own);
    assert_eq!(told(&mut app), Mode::ServerSide, "whoever says nothing has no title bar");
    own(&mut host, false);
    for (wish, is_own) in [(Mode::ClientSide, true), (Mode::ServerSide, false), (Mode::ClientSide, true)] {
        decoration.set_mode(wish);
        assert_eq!(told(&mut app), wish);
        own(&mut host, is_own);
    }
    decoration.unset_mode();
    assert_eq!(told(&mut app), Mode::ServerSide);
    own(&mut host, false);
}

/// GTK 3 commits, and says then who draws its title bar: a size that it is told before that is one with
/// another title bar.
#[test]
fn a_window_hears_its_size_after_its_decoration() {
    let host = Host::start();
    let mut app = App::connect(&host);
    let decorations: OrgKdeKwinServerDecorationManager =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("decorations");
    app.told();
    let surface = app.compositor.create_surface(&app.qh(), ());
    let shell = app.shell.get_xdg_surface(&surface, &app.qh(), surface.id());
    shell.get_toplevel(&app.qh(), ());
    surface.commit();
    decorations.create(&surface, &app.qh(), ());
    let mut mode = None;
    app.wait("a configure", |seen| match seen {
        Seen::KdeDecoration(told) => {
            mode = Some(*told);
            None
        }
        Seen::Configure { .. } => Some(()),
        _ => None,
    });
    assert_eq!(mode, Some(2), "the mode came first");
}

#[test]
fn viewers_draw_the_title_bar_of_an_app_that_asks_in_kdes_words() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let decorations: OrgKdeKwinServerDecorationManager =
        app.globals.bind(&app.qh(), 1..=1, ()).expect("decorations");
    let window = app.toplevel();
    decorations.create(&window.surface, &app.qh(), ());
    let mode = app.wait("the mode", |seen| match seen {
        Seen::KdeDecoration(mode) => Some(*mode),
        _ => None,
    });
    assert_eq!(mode, 2, "the server");
    app.picture(10, 10, RED).show(&window.surface);
    app.sync();
    assert!(!host.window("window", |_| true).states.client_decorated);
}

#[test]
fn a_bell_rings_in_its_window_or_in_the_one_with_the_focus() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let bell: XdgSystemBellV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_system_bell_v1");
    let window = app.mapped(10, 10, RED);
    let first = host.window("window", |_| true).track;
    app.mapped(20, 20, RED);
    let second = host.window("second window", |window| window.track != first).track;
    host.send(Command::Focus(Some(second)));
    app.wait("the keyboard", |seen| matches!(seen, Seen::KeyboardEnter(_)).then_some(()));
    let rung = |host: &mut Host| {
        host.wait("bell", |event| match event {
            Event::Bell(track) => Some(*track),
            _ => None,
        })
    };
    bell.ring(Some(&window.surface));
    app.sync();
    assert_eq!(rung(&mut host), first);
    bell.ring(None);
    app.sync();
    assert_eq!(rung(&mut host), second);
}

#[test]
fn what_is_selected_in_one_app_is_pasted_into_another_with_the_middle_button() {
    let mut host = Host::start();
    let mut from = App::connect(&host);
    from.mapped(10, 10, RED);
    let first = host.window("window", |_| true).track;
    let mut to = App::connect(&host);
    to.mapped(20, 20, RED);
    let second = host.window("second window", |window| window.track != first).track;

    host.send(Command::Focus(Some(first)));
    from.wait("the keyboard", |seen| matches!(seen, Seen::KeyboardEnter(_)).then_some(()));
    let devices = |app: &App| -> ZwpPrimarySelectionDeviceManagerV1 {
        app.globals.bind(&app.qh(), 1..=1, ()).expect("primary selection")
    };
    let manager = devices(&from);
    let source = manager.create_source(&from.qh(), ());
    source.offer("text/plain".into());
    manager.get_device(&from.seat, &from.qh(), ()).set_selection(Some(&source), 0);
    from.sync();

    let _device = devices(&to).get_device(&to.seat, &to.qh(), ());
    to.sync();
    host.send(Command::Focus(Some(second)));
    let offer = to.wait("a selection", |seen| match seen {
        Seen::Primary(Some(offer)) => Some(offer.clone()),
        _ => None,
    });
    let (content, theirs) = pipe().expect("a pipe");
    offer.receive("text/plain".into(), theirs.as_fd());
    to.sync();
    drop(theirs);
    let (mime, fd) = from.wait("a paste", |seen| match seen {
        Seen::Send { mime, fd } => Some((mime.clone(), fd.try_clone().expect("a pipe"))),
        _ => None,
    });
    assert_eq!(mime, "text/plain");
    write_all(fd, b"selected");
    assert_eq!(read_all(content.into()), b"selected");
    let told = host.drain().iter().any(|event| matches!(event, Event::ClipboardOffered { .. }));
    assert!(!told, "the primary selection stays among apps");
}

#[test]
fn there_is_one_screen_with_a_size() {
    let host = Host::with(|config| config.output = Size::new(1600, 900));
    let mut app = App::connect(&host);
    let output: WlOutput = app.globals.bind(&app.qh(), 2..=4, ()).expect("wl_output");
    let outputs: ZxdgOutputManagerV1 = app.globals.bind(&app.qh(), 3..=3, ()).expect("xdg_output");
    outputs.get_xdg_output(&output, &app.qh(), ());
    let told = app.told();
    let has = |wanted: fn(&Seen) -> bool| told.iter().any(wanted);
    assert!(has(|seen| matches!(seen, Seen::Mode { width: 1600, height: 900 })));
    assert!(has(|seen| matches!(seen, Seen::OutputScale(1))));
    assert!(has(|seen| matches!(seen, Seen::LogicalSize { width: 1600, height: 900 })));
    assert!(has(|seen| matches!(seen, Seen::OutputDone)));
}
