//! Popups: their place, their grabs, their end.

use media::{Button, Command, Point, Position, Size, WindowKind};
use wayland_client::Proxy;

use crate::{
    app::{App, AppPopup, AppWindow, Seen},
    host::{Host, cause},
};

const RED: [u8; 4] = [0, 0, 255, 255];

/// A focused window in which the user just pressed a button; with the press's serial.
fn pressed(host: &mut Host, app: &mut App) -> (AppWindow, media::TrackId, u32) {
    let window = app.mapped(100, 100, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    host.send(Command::Motion { cause: cause(1), track, position: Position::new(5.0, 5.0) });
    host.send(Command::Button { cause: cause(2), button: Button::LEFT, pressed: true });
    let serial = app.wait("button", |seen| match seen {
        Seen::Button { serial, .. } => Some(*serial),
        _ => None,
    });
    host.send(Command::Button { cause: cause(3), button: Button::LEFT, pressed: false });
    (window, track, serial)
}

#[test]
fn a_popup_is_a_track_of_its_own_at_its_place() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 100, RED);
    let parent = host.window("window", |_| true).track;
    let popup = app.popup(&window.shell, (30, 90), (50, 40), None);
    app.picture(50, 40, RED).show(&popup.surface);
    let seen = host.window("popup", |seen| seen.kind == WindowKind::Popup);
    assert_eq!(seen.parent, Some(parent));
    assert_eq!((seen.position, seen.size), (Point::new(30, 90), Size::new(50, 40)));
    assert_ne!(seen.track, parent);

    let nested = app.popup(&popup.shell, (10, 10), (20, 20), None);
    app.picture(20, 20, RED).show(&nested.surface);
    let seen_nested = host.window("nested popup", |inner| inner.parent == Some(seen.track));
    assert_eq!(seen_nested.position, Point::new(10, 10));

    // The parent goes: its popups go before it.
    window.surface.attach(None, 0, 0);
    window.surface.commit();
    app.sync();
    let gone: Vec<_> = std::iter::from_fn(|| {
        let track = host.wait("end", |event| match event {
            media::Event::WindowGone(track) => Some(*track),
            _ => None,
        });
        Some(track)
    })
    .take(3)
    .collect();
    assert_eq!(gone, [seen_nested.track, seen.track, parent]);
}

#[test]
fn popups_flip_and_slide_only_at_the_ends_of_a_generous_area() {
    use wayland_protocols::xdg::shell::client::xdg_positioner::ConstraintAdjustment;
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 100, RED);
    host.window("window", |_| true);
    let qh = app.qh();
    for (at, expected) in [((90, 95), (90, 95)), ((90, 3000), (90, 1180 - 40))] {
        let surface = app.compositor.create_surface(&qh, ());
        let shell = app.shell.get_xdg_surface(&surface, &qh, surface.id());
        let positioner = app.positioner(at, (50, 40));
        positioner.set_constraint_adjustment(ConstraintAdjustment::SlideY);
        let _popup = shell.get_popup(Some(&window.shell), &positioner, &qh, surface.id());
        surface.commit();
        let place = app.wait("place", |seen| match seen {
            Seen::Popup { x, y, .. } => Some((*x, *y)),
            _ => None,
        });
        assert_eq!(place, expected);
    }
}

#[test]
fn a_reposition_moves_the_popup_when_the_app_has_answered() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 100, RED);
    host.window("window", |_| true);
    let popup = app.popup(&window.shell, (30, 90), (50, 40), None);
    app.picture(50, 40, RED).show(&popup.surface);
    host.window("popup", |seen| seen.kind == WindowKind::Popup);
    popup.popup.reposition(&app.positioner((7, 8), (50, 40)), 77);
    app.wait("repositioned", |seen| matches!(seen, Seen::Repositioned(77)).then_some(()));
    let serial = app.configured(&popup.surface);
    popup.shell.ack_configure(serial);
    popup.surface.commit();
    app.sync();
    host.window("moved popup", |seen| seen.position == Point::new(7, 8));
}

#[test]
fn grabbing_popups_have_the_keyboard_and_are_dismissed_the_topmost_first() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let (window, track, serial) = pressed(&mut host, &mut app);
    let menu = app.popup(&window.shell, (5, 5), (30, 30), Some(serial));
    app.picture(30, 30, RED).show(&menu.surface);
    let menu_track = host.window("menu", |seen| seen.kind == WindowKind::Popup).track;
    let submenu = app.popup(&menu.shell, (5, 5), (30, 30), Some(serial));
    app.picture(30, 30, RED).show(&submenu.surface);
    let submenu_track = host.window("submenu", |seen| seen.parent == Some(menu_track)).track;

    host.send(Command::Key { cause: cause(4), track, key: media::KeyCode(30), pressed: true });
    let keyboard = app.wait("key", {
        let mut focus = None;
        move |seen| match seen {
            Seen::KeyboardEnter(surface) => {
                focus = Some(surface.clone());
                None
            }
            Seen::Key { .. } => Some(focus.clone()),
            _ => None,
        }
    });
    assert!(
        keyboard.is_none_or(|surface| surface == submenu.surface.id()),
        "the topmost popup has the keyboard"
    );

    app.told();
    host.send(Command::DismissPopups);
    let mut done = Vec::new();
    app.wait("both done", |seen| {
        if let Seen::PopupDone(surface) = seen {
            done.push(surface.clone());
        }
        (done.len() == 2).then_some(())
    });
    assert_eq!(done, [submenu.surface.id(), menu.surface.id()]);
    host.gone(submenu_track);
    host.gone(menu_track);
    app.sync();
    // What a dismissed popup still commits is not shown.
    app.picture(30, 30, RED).show(&menu.surface);
    app.sync();
    assert!(
        !host
            .drain()
            .iter()
            .any(|event| matches!(event, media::Event::Window(w) if w.kind == WindowKind::Popup))
    );
}

#[test]
fn a_menu_is_used_by_pressing_dragging_onto_an_entry_and_letting_go() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 100, RED);
    let track = host.window("window", |_| true).track;
    host.send(Command::Focus(Some(track)));
    let at = |track, x, y| Command::Motion { cause: cause(1), track, position: Position::new(x, y) };
    let left = |pressed| Command::Button { cause: cause(2), button: Button::LEFT, pressed };
    host.send(at(track, 5.0, 5.0));
    host.send(left(true));
    let serial = app.wait("press", |seen| match seen {
        Seen::Button { serial, .. } => Some(*serial),
        _ => None,
    });

    let menu = app.popup(&window.shell, (5, 10), (30, 30), Some(serial));
    app.picture(30, 30, RED).show(&menu.surface);
    let menu_track = host.window("menu", |seen| seen.kind == WindowKind::Popup).track;
    host.send(at(menu_track, 7.0, 8.0));
    enters(&mut app, &menu, (7.0, 8.0));

    // A submenu opens while the button is still down.
    let submenu = app.popup(&menu.shell, (30, 0), (30, 30), Some(serial));
    app.picture(30, 30, RED).show(&submenu.surface);
    let submenu_track = host.window("submenu", |seen| seen.parent == Some(menu_track)).track;
    host.send(at(submenu_track, 3.0, 4.0));
    enters(&mut app, &submenu, (3.0, 4.0));

    host.send(left(false));
    app.wait("release", |seen| {
        assert!(!matches!(seen, Seen::PointerLeave), "the entry under the pointer hears the release");
        matches!(seen, Seen::Button { .. }).then_some(())
    });
}

/// The pointer moves into a popup, to a place.
fn enters(app: &mut App, popup: &AppPopup, at: (f64, f64)) {
    app.wait("pointer in the popup", |seen| match seen {
        Seen::PointerEnter { surface, x, y, .. } if *surface == popup.surface.id() => {
            assert_eq!((*x, *y), at);
            Some(())
        }
        _ => None,
    });
}

#[test]
fn the_focus_moving_to_another_window_dismisses_menus() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let mut other = App::connect(&host);
    other.mapped(10, 10, RED);
    let other_track = host.window("other", |_| true).track;
    let (window, _, serial) = pressed(&mut host, &mut app);
    let menu = app.popup(&window.shell, (5, 5), (30, 30), Some(serial));
    app.picture(30, 30, RED).show(&menu.surface);
    host.window("menu", |seen| seen.kind == WindowKind::Popup);
    host.send(Command::Focus(Some(other_track)));
    app.wait("done", |seen| matches!(seen, Seen::PopupDone(_)).then_some(()));
}

#[test]
fn an_app_that_nobody_works_with_cannot_grab() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 100, RED);
    host.window("window", |_| true);
    let surface = app.compositor.create_surface(&app.qh(), ());
    let shell = app.shell.get_xdg_surface(&surface, &app.qh(), surface.id());
    let popup =
        shell.get_popup(Some(&window.shell), &app.positioner((1, 1), (9, 9)), &app.qh(), surface.id());
    popup.grab(&app.seat, 1);
    surface.commit();
    app.wait("done", |seen| matches!(seen, Seen::PopupDone(_)).then_some(()));
}

/// Toolkits scroll a menu that is too long for the place it is given. A window that fills the work area shows
/// where that is; elsewhere viewers move menus, and need only that they fit.
#[test]
fn no_menu_is_larger_than_the_work_area() {
    use wayland_protocols::xdg::shell::client::xdg_positioner::ConstraintAdjustment;
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(100, 100, RED);
    let track = host.window("window", |_| true).track;
    let qh = app.qh();
    let all = ConstraintAdjustment::SlideX
        | ConstraintAdjustment::SlideY
        | ConstraintAdjustment::FlipX
        | ConstraintAdjustment::FlipY
        | ConstraintAdjustment::ResizeX
        | ConstraintAdjustment::ResizeY;
    let placed = |app: &mut App, at, size| {
        let surface = app.compositor.create_surface(&qh, ());
        let shell = app.shell.get_xdg_surface(&surface, &qh, surface.id());
        let positioner = app.positioner(at, size);
        positioner.set_constraint_adjustment(all);
        let popup = shell.get_popup(Some(&window.shell), &positioner, &qh, surface.id());
        surface.commit();
        let place = app.wait("place", |seen| match seen {
            Seen::Popup { x, y, width, height } => Some((*x, *y, *width, *height)),
            _ => None,
        });
        popup.destroy();
        place
    };
    let fill = |host: &mut Host, app: &mut App, maximized, (w, h): (u32, u32), serial| {
        let scale = media::Scale::ONE;
        let size = Some(Size::new(w, h));
        let fullscreen = false;
        let configure = media::Configure { serial, size, scale, maximized, fullscreen, resizing: false };
        host.send(Command::Configure { track, configure });
        let serial = app.configured(&window.surface);
        window.shell.ack_configure(serial);
        app.picture(w as i32, h as i32, RED).show(&window.surface);
        app.sync();
        host.window("its size", |seen| seen.size == Size::new(w, h));
    };
    fill(&mut host, &mut app, true, (360, 640), 1);
    for (at, size) in
        [((350, 630), (200, 100)), ((10, 600), (300, 3000)), ((-50, -50), (900, 20)), ((0, 0), (360, 640))]
    {
        let (x, y, w, h) = placed(&mut app, at, size);
        assert!(x >= 0 && y >= 0 && x + w <= 360 && y + h <= 640, "{at:?} {size:?}: {x} {y} {w} {h}");
        assert!(w == size.0.min(360) || at.0 + w <= 360, "{w} of {size:?}");
    }
    fill(&mut host, &mut app, false, (200, 200), 2);
    assert_eq!(placed(&mut app, (190, 150), (100, 500)), (190, 150, 100, 500), "viewers have it elsewhere");
    let (_, _, w, h) = placed(&mut app, (190, 150), (100, 2000));
    assert_eq!((w, h), (100, 640));
}
