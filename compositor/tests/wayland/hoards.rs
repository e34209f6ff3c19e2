//! Apps that ask for what takes effect later, or never: it is bounded for each object and for all of an app's
//! together.

use media::Command;
use wayland_protocols::xdg::decoration::zv1::client::{
    zxdg_decoration_manager_v1::ZxdgDecorationManagerV1, zxdg_toplevel_decoration_v1::Mode,
};

use crate::{
    app::{App, Seen},
    host::Host,
    hostile::{RED, hoard, is_cut_off},
};

#[test]
fn states_that_are_asked_for_and_never_acknowledged() {
    is_cut_off("it asks for ever more configures and answers none", |app, window| {
        let toplevel = window.toplevel.clone();
        hoard(app, |_| toplevel.set_maximized());
    });
    is_cut_off("it asks for ever more configures and answers none", |app, window| {
        let toplevel = window.toplevel.clone();
        hoard(app, |_| {
            toplevel.set_fullscreen(None);
            toplevel.unset_fullscreen();
        });
    });
}

#[test]
fn decorations_that_are_asked_for_and_never_acknowledged() {
    is_cut_off("it asks for ever more configures and answers none", |app, window| {
        let decorations: ZxdgDecorationManagerV1 =
            app.globals.bind(&app.qh(), 1..=1, ()).expect("decorations");
        let decoration = decorations.get_toplevel_decoration(&window.toplevel, &app.qh(), ());
        hoard(app, |_| decoration.set_mode(Mode::ClientSide));
    });
}

#[test]
fn popups_that_are_moved_and_never_acknowledged() {
    is_cut_off("it asks for ever more configures and answers none", |app, window| {
        let popup = app.popup(&window.shell, (5, 5), (30, 30), None);
        let positioner = app.positioner((7, 8), (30, 30));
        hoard(app, |_| popup.popup.reposition(&positioner, 1));
    });
}

#[test]
fn damage_on_many_surfaces_without_a_commit() {
    is_cut_off("its surfaces got too many requests without a commit", |app, _| {
        let surfaces: Vec<_> = (0..100).map(|_| app.compositor.create_surface(&app.qh(), ())).collect();
        let next = std::cell::Cell::new(0);
        hoard(app, |_| {
            next.set(next.get() + 1);
            surfaces[next.get() % surfaces.len()].damage(1, 1, 1, 1);
        });
    });
}

#[test]
fn many_regions_of_many_rectangles() {
    is_cut_off("its regions have too many rectangles together", |app, _| {
        let regions: Vec<_> = (0..100).map(|_| app.compositor.create_region(&app.qh(), ())).collect();
        let next = std::cell::Cell::new(0);
        hoard(app, |_| {
            next.set(next.get() + 1);
            regions[next.get() % regions.len()].add(1, 1, 1, 1);
        });
    });
}

#[test]
fn many_surfaces_that_keep_a_region_of_many_rectangles() {
    is_cut_off("its regions have too many rectangles together", |app, _| {
        let region = app.compositor.create_region(&app.qh(), ());
        for n in 0..4000 {
            region.add(n, 0, 1, 1);
            assert!(n % 50 != 0 || app.push(), "one such region is allowed");
        }
        hoard(app, |app| app.compositor.create_surface(&app.qh(), ()).set_input_region(Some(&region)));
    });
}

#[test]
fn what_is_gone_is_not_counted() {
    let host = Host::start();
    let mut app = App::connect(&host);
    for _ in 0..100 {
        let region = app.compositor.create_region(&app.qh(), ());
        let surface = app.compositor.create_surface(&app.qh(), ());
        for n in 0..2000 {
            region.add(n, 0, 1, 1);
            surface.damage(n, 0, 1, 1);
            assert!(n % 50 != 0 || app.push(), "it goes on");
        }
        surface.set_input_region(Some(&region));
        surface.destroy();
        region.destroy();
        app.sync();
    }
}

#[test]
fn an_app_that_slept_is_not_told_of_every_focus_but_of_the_last() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(50, 50, RED);
    let track = host.window("window", |_| true).track;
    for _ in 0..30 {
        for _ in 0..10 {
            host.send(Command::Focus(Some(track)));
            host.send(Command::Focus(None));
        }
        // It reads all the same.
        app.sync();
    }
    host.send(Command::Focus(Some(track)));
    host.settle();
    app.sync();
    let told: Vec<u32> = app
        .memory
        .0
        .drain(..)
        .filter_map(|seen| match seen {
            Seen::Configure { serial, .. } => Some(serial),
            _ => None,
        })
        .collect();
    assert!(told.len() < 200, "{} configures wait for it", told.len());
    window.shell.ack_configure(*told.last().expect("it was told at first"));
    window.surface.commit();
    let serial = app.configured(&window.surface);
    window.shell.ack_configure(serial);
    window.surface.commit();
    app.sync();
    host.window("active in the end", |window| window.states.activated);
}

#[test]
fn an_app_that_reads_nothing_is_given_up_also_when_it_is_alone() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(50, 50, RED);
    let track = host.window("window", |_| true).track;
    // Some hundred bytes each; four MiB wait for an app.
    for _ in 0..1500 {
        for _ in 0..50 {
            host.send(Command::Focus(Some(track)));
            host.send(Command::Focus(None));
        }
        host.settle();
    }
    host.gone(track);
    assert!(app.try_sync().is_err(), "its connection is closed");
}
