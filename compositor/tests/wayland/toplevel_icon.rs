//! xdg-toplevel-icon: what apps give their windows reaches viewers, small and only once.

use media::{Event, Icon};
use wayland_protocols::xdg::toplevel_icon::v1::client::{
    xdg_toplevel_icon_manager_v1::XdgToplevelIconManagerV1, xdg_toplevel_icon_v1::XdgToplevelIconV1,
};

use crate::{
    app::{App, Seen},
    host::Host,
};

/// B G R A.
const RED: [u8; 4] = [0, 0, 255, 255];
const BLUE: [u8; 4] = [255, 0, 0, 255];

fn manager(app: &App) -> XdgToplevelIconManagerV1 {
    app.globals.bind(&app.qh(), 1..=1, ()).expect("xdg_toplevel_icon_manager_v1")
}

/// An icon with squares of these sizes and colours.
fn icon(app: &App, manager: &XdgToplevelIconManagerV1, pictures: &[(i32, [u8; 4])]) -> XdgToplevelIconV1 {
    let icon = manager.create_icon(&app.qh(), ());
    for &(side, colour) in pictures {
        icon.add_buffer(&app.picture(side, side, colour).buffer, 1);
    }
    icon
}

fn reported(host: &mut Host) -> Icon {
    host.wait("icon", |event| match event {
        Event::Icon(icon) => Some(icon.clone()),
        _ => None,
    })
}

#[test]
fn the_best_picture_is_reported_before_the_window_that_has_it() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let manager = manager(&app);
    app.wait("sizes", |seen| matches!(seen, Seen::IconSize(64)).then_some(()));
    let window = app.mapped(10, 10, RED);
    host.window("window", |window| window.icon.is_none());
    let first = icon(&app, &manager, &[(16, RED), (96, BLUE), (512, RED)]);
    manager.set_icon(&window.toplevel, Some(&first));
    app.sync();
    let shown = reported(&mut host);
    assert_eq!((shown.side, &shown.rgba[..4]), (96, &[0, 0, 255, 255][..]));
    host.window("window with its icon", |window| window.icon == Some(shown.id));

    // The same picture again, for another window.
    let second = app.mapped(10, 10, RED);
    let same = icon(&app, &manager, &[(96, BLUE)]);
    manager.set_icon(&second.toplevel, Some(&same));
    manager.set_icon(&window.toplevel, None);
    app.sync();
    host.wait("both windows", |event| {
        assert!(!matches!(event, Event::Icon(_)), "it is known already");
        matches!(event, Event::Window(window) if window.icon.is_none() && window.stacking == 1).then_some(())
    });
}

#[test]
fn more_new_icons_than_anybody_could_look_at_stay_unseen() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let manager = manager(&app);
    let window = app.mapped(10, 10, RED);
    for n in 0..60 {
        let icon = icon(&app, &manager, &[(1, [n, n, n, 255])]);
        manager.set_icon(&window.toplevel, Some(&icon));
        icon.destroy();
        app.sync();
    }
    let icons = host.drain().iter().filter(|event| matches!(event, Event::Icon(_))).count();
    assert!((32..60).contains(&icons), "{icons}");
}

#[test]
fn bad_icons_are_errors_of_their_app_alone() {
    let host = Host::start();
    type Crime = fn(&mut App, &XdgToplevelIconManagerV1);
    let crimes: [Crime; 3] = [
        |app, manager| {
            let icon = manager.create_icon(&app.qh(), ());
            icon.add_buffer(&app.picture(16, 8, RED).buffer, 1);
        },
        |app, manager| {
            let given = icon(app, manager, &[(16, RED)]);
            let window = app.mapped(10, 10, RED);
            manager.set_icon(&window.toplevel, Some(&given));
            given.add_buffer(&app.picture(16, 16, RED).buffer, 1);
        },
        |app, manager| {
            for _ in 0..65 {
                manager.create_icon(&app.qh(), ());
            }
        },
    ];
    for crime in crimes {
        let mut app = App::connect(&host);
        let manager = manager(&app);
        crime(&mut app, &manager);
        app.try_sync().expect_err("cut off");
    }
    App::connect(&host).sync();
}
