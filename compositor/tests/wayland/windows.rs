//! Windows: their state, their conversation about configures, their end.

use media::{Command, Configure, Scale, Size};
use wayland_client::Proxy;

use crate::{
    app::{App, Seen},
    host::Host,
};

const RED: [u8; 4] = [0, 0, 255, 255];

fn configure(serial: u32, w: u32, h: u32) -> Configure {
    Configure {
        serial,
        size: Some(Size::new(w, h)),
        scale: Scale::ONE,
        maximized: false,
        fullscreen: false,
        resizing: false,
    }
}

#[test]
fn a_resize_is_answered_with_its_serial_and_the_new_picture() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(40, 40, RED);
    let track = host.window("window", |_| true).track;
    host.damage(track);
    app.told();

    host.send(Command::Configure { track, configure: configure(9, 80, 50) });
    app.wait("the size", |seen| match seen {
        Seen::Toplevel { width: 80, height: 50 } => Some(()),
        _ => None,
    });
    let serial = app.configured(&window.surface);
    window.shell.ack_configure(serial);
    app.picture(80, 50, RED).show(&window.surface);
    let seen = host.window("answer", |window| window.configured == 9);
    assert_eq!(seen.size, Size::new(80, 50));
    let (size, region, _) = host.damage(track);
    assert_eq!((size, region.area()), (Size::new(80, 50), 80 * 50));
}

#[test]
fn an_app_that_does_not_answer_gets_few_configures_and_then_the_newest() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(40, 40, RED);
    let track = host.window("window", |_| true).track;
    app.told();
    for n in 1..=50 {
        host.send(Command::Configure { track, configure: configure(n, 100 + n, 100) });
        host.settle();
    }
    // Unchanged since: answered by the newest that is in flight.
    let serial = app.configured(&window.surface);
    let more = app.told().iter().filter(|seen| matches!(seen, Seen::Configure { .. })).count();
    assert!(more < 6, "{more} configures wait in the app");
    window.shell.ack_configure(serial);
    app.picture(101, 100, RED).show(&window.surface);
    app.wait("the newest size", |seen| matches!(seen, Seen::Toplevel { width: 150, .. }).then_some(()));
    let serial = app.configured(&window.surface);
    window.shell.ack_configure(serial);
    app.picture(150, 100, RED).show(&window.surface);
    let seen = host.window("answer", |window| window.configured == 50);
    assert_eq!(seen.size, Size::new(150, 100));
}

#[test]
fn a_configure_that_changes_nothing_is_answered_at_once() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(40, 40, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Configure { track, configure: Configure { size: None, ..configure(3, 1, 1) } });
    host.window("answer", |window| window.configured == 3);
}

#[test]
fn focus_activates_one_window_and_raises_it() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let windows = [app.mapped(10, 10, RED), app.mapped(10, 10, RED)];
    let tracks = [host.window("first", |_| true).track, host.window("second", |_| true).track];
    let mut stacking = 0;
    for n in 0..2 {
        host.send(Command::Focus(Some(tracks[n])));
        // The window that loses the focus is told first.
        for window in windows[..=n].iter() {
            let serial = app.configured(&window.surface);
            window.shell.ack_configure(serial);
            window.surface.commit();
        }
        let surface = windows[n].surface.id();
        app.wait("keyboard", |seen| match seen {
            Seen::KeyboardEnter(entered) if *entered == surface => Some(()),
            _ => None,
        });
        app.sync();
        if n == 1 {
            host.window("deactivated window", |seen| seen.track == tracks[0] && !seen.states.activated);
        }
        let seen = host.window("activated window", |seen| seen.track == tracks[n] && seen.states.activated);
        assert!(seen.stacking > stacking, "the focused window is on top");
        stacking = seen.stacking;
    }
}

#[test]
fn size_limits_titles_and_parents_are_reported_when_they_change_and_only_then() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let parent = app.mapped(10, 10, RED);
    let parent_track = host.window("parent", |_| true).track;
    let child = app.mapped(10, 10, RED);
    let track = host.window("child", |_| true).track;
    child.toplevel.set_parent(Some(&parent.toplevel));
    app.sync();
    host.window("parent of the child", |seen| seen.track == track && seen.parent == Some(parent_track));
    child.toplevel.set_min_size(5, 0);
    child.toplevel.set_max_size(500, 400);
    child.surface.commit();
    app.sync();
    let limits = host.window("limits", |seen| seen.limits.max.is_some()).limits;
    assert_eq!((limits.min, limits.max), (Some(Size::new(5, 1)), Some(Size::new(500, 400))));
    child.toplevel.set_title("x".repeat(2000));
    app.sync();
    let title = host.window("title", |seen| !seen.title.is_empty()).title;
    assert_eq!(title.len(), media::Window::MAX_TEXT);
    child.surface.commit();
    child.toplevel.set_title("x".repeat(2000));
    app.sync();
    assert!(host.drain().is_empty(), "nothing changed");
}

#[test]
fn closing_is_a_request() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Close(track));
    app.wait("close", |seen| matches!(seen, Seen::Close).then_some(()));
    window.toplevel.destroy();
    window.shell.destroy();
    window.surface.destroy();
    app.sync();
    host.gone(track);
}

#[test]
fn a_window_that_is_mapped_again_is_a_new_track() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    window.surface.attach(None, 0, 0);
    window.surface.commit();
    app.sync();
    host.gone(track);
    app.told();
    window.surface.commit();
    let serial = app.configured(&window.surface);
    window.shell.ack_configure(serial);
    app.picture(20, 20, RED).show(&window.surface);
    let again = host.window("window", |_| true);
    assert_ne!(again.track, track);
    assert_eq!(again.size, Size::new(20, 20));
}

#[test]
fn an_app_that_crashes_takes_its_windows_along_and_no_others() {
    let mut host = Host::start();
    let mut other = App::connect(&host);
    let other_window = other.mapped(10, 10, RED);
    let other_track = host.window("other window", |_| true).track;
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    let track = host.window("window", |_| true).track;
    drop(app);
    host.gone(track);
    other.picture(30, 30, RED).show(&other_window.surface);
    host.window("the other's change", |seen| seen.track == other_track && seen.size == Size::new(30, 30));
}

#[test]
fn an_app_that_wishes_to_be_maximized_gets_it_with_a_size() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    host.window("window", |_| true);
    app.told();
    window.toplevel.set_maximized();
    let size = app.wait("size", |seen| match seen {
        Seen::Toplevel { width, height } => Some((*width, *height)),
        _ => None,
    });
    assert_eq!(size, (1920, 1080));
    let serial = app.configured(&window.surface);
    window.shell.ack_configure(serial);
    app.picture(1920, 1080, RED).show(&window.surface);
    host.window("maximized window", |seen| seen.states.maximized);
    app.told();
    window.toplevel.unset_maximized();
    let size = app.wait("its own size", |seen| match seen {
        Seen::Toplevel { width, height } => Some((*width, *height)),
        _ => None,
    });
    assert_eq!(size, (10, 10));
}

#[test]
fn the_end_of_the_compositor_ends_connections_and_removes_the_socket() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    app.mapped(10, 10, RED);
    host.window("window", |_| true);
    let Host { handle, dir, display, .. } = host;
    handle.shutdown();
    assert!(app.try_sync().is_err(), "the connection is closed");
    assert!(!dir.path().join(display).exists(), "the socket is gone");
}
