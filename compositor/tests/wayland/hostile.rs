//! Apps that mean harm, harm themselves.

use std::os::fd::AsFd;

use media::Size;
use wayland_client::{
    Proxy,
    backend::protocol::ProtocolError,
    protocol::{
        wl_compositor::WlCompositor, wl_data_device_manager::WlDataDeviceManager, wl_shm::Format,
        wl_subcompositor::WlSubcompositor,
    },
};
use wayland_protocols::wp::{
    presentation_time::client::wp_presentation::WpPresentation,
    single_pixel_buffer::v1::client::wp_single_pixel_buffer_manager_v1::WpSinglePixelBufferManagerV1,
};

use crate::{
    app::{App, AppWindow},
    host::Host,
};

pub(crate) const RED: [u8; 4] = [0, 0, 255, 255];

/// A well-behaved app that must go on whatever the other does.
pub(crate) struct Bystander {
    app: App,
    window: AppWindow,
    track: media::TrackId,
}

impl Bystander {
    pub(crate) fn start(host: &mut Host) -> Self {
        let mut app = App::connect(host);
        let window = app.mapped(10, 10, RED);
        let track = host.window("bystander", |_| true).track;
        Self { app, window, track }
    }

    pub(crate) fn goes_on(mut self, host: &mut Host) {
        self.app.picture(33, 22, RED).show(&self.window.surface);
        self.app.sync();
        host.window("bystander's change", |seen| seen.track == self.track && seen.size == Size::new(33, 22));
    }
}

/// Runs `attack`, whose app must be cut off for a reason that is logged, while a bystander goes on.
pub(crate) fn is_cut_off(reason: &str, attack: impl FnOnce(&mut App, &AppWindow)) {
    let mut host = Host::start();
    let bystander = Bystander::start(&mut host);
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("attacker", |_| true).track;
    attack(&mut app, &window);
    let cut_off = (0..3).any(|_| app.try_sync().is_err());
    assert!(cut_off, "the app was let through");
    host.logs(reason);
    // An app that was cut off while it wrote never reads why.
    if let Some(error) = app.connection.protocol_error() {
        assert!(says(&error, reason), "{error}");
    }
    host.gone(track);
    bystander.goes_on(&mut host);
}

/// Runs `mistake`, which must end its app's connection with this protocol error, while a bystander goes on.
fn ends_in_error(message: &str, mistake: impl FnOnce(&mut App, &AppWindow)) {
    let mut host = Host::start();
    let bystander = Bystander::start(&mut host);
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    let track = host.window("a mistaken app", |_| true).track;
    mistake(&mut app, &window);
    // It only reads: who writes to a closed connection never hears why.
    while app.queue.blocking_dispatch(&mut app.memory).is_ok() {}
    let error = app.connection.protocol_error().expect("a protocol error");
    assert!(says(&error, message), "{error}");
    host.gone(track);
    bystander.goes_on(&mut host);
}

/// Where the whole workspace is built, the client's library is libwayland, which keeps no messages.
fn says(error: &ProtocolError, message: &str) -> bool {
    error.message.is_empty() || error.message.contains(message)
}

/// Runs `nonsense`, which may or may not cost the app its connection, but nobody else anything.
fn harms_nobody(nonsense: impl FnOnce(&mut App, &AppWindow)) {
    let mut host = Host::start();
    let bystander = Bystander::start(&mut host);
    let mut app = App::connect(&host);
    let window = app.mapped(10, 10, RED);
    nonsense(&mut app, &window);
    let _ = app.try_sync();
    bystander.goes_on(&mut host);
}

#[test]
fn ten_thousand_surfaces() {
    is_cut_off("it made too many surfaces", |app, _| {
        for n in 0..10_000 {
            app.compositor.create_surface(&app.qh(), ());
            if n % 50 == 0 && !app.push() {
                break;
            }
        }
    });
}

#[test]
fn a_thousand_windows() {
    is_cut_off("it made too many windows", |app, _| {
        for n in 0..300 {
            let surface = app.compositor.create_surface(&app.qh(), ());
            let shell = app.shell.get_xdg_surface(&surface, &app.qh(), surface.id());
            shell.get_toplevel(&app.qh(), ());
            if n % 50 == 0 && !app.push() {
                break;
            }
        }
    });
}

#[test]
fn frame_callbacks_without_end() {
    is_cut_off("too many frame callbacks wait on one of its surfaces", |app, window| {
        for n in 0..20_000 {
            window.surface.frame(&app.qh(), ());
            window.surface.commit();
            if n % 50 == 0 && !app.push() {
                break;
            }
        }
    });
}

#[test]
fn damage_without_a_commit() {
    is_cut_off("one of its surfaces got too many requests without a commit", |app, window| {
        for n in 0..100_000 {
            window.surface.damage(n, n, 1, 1);
            if n % 50 == 0 && !app.push() {
                break;
            }
        }
    });
}

/// It is cut off only if it is faster than the compositor, which depends on the machine.
#[test]
fn titles_faster_than_they_can_be_read() {
    harms_nobody(|app, window| {
        for n in 0..500_000 {
            window.toplevel.set_title(n.to_string());
            if n % 50 == 0 && !app.push() {
                break;
            }
        }
    });
}

#[test]
fn commits_faster_than_they_can_be_copied() {
    harms_nobody(|app, window| {
        let picture = app.picture(2000, 2000, RED);
        let surface = window.surface.clone();
        for _ in 0..2000 {
            picture.show(&surface);
            if !app.push() {
                break;
            }
        }
    });
}

#[test]
fn a_pool_resized_to_nothing() {
    ends_in_error("a pool's size must be positive", |app, _| {
        let fd = rustix::fs::memfd_create("pool", rustix::fs::MemfdFlags::CLOEXEC).expect("memory");
        let pool = app.shm.create_pool(fd.as_fd(), 4096, &app.qh(), ());
        pool.resize(0);
        pool.resize(-1);
    });
}

#[test]
fn a_pool_that_is_cut_short_after_its_buffer_was_made() {
    ends_in_error("Bad pool size", |app, window| {
        let picture = app.picture(512, 512, RED);
        picture.file.set_len(4096).expect("memory");
        picture.show(&window.surface);
    });
}

#[test]
fn windows_larger_than_memory() {
    let mut host = Host::with(|config| config.limits.canvas_bytes = 300 << 20);
    let bystander = Bystander::start(&mut host);
    let mut app = App::connect(&host);
    {
        let app = &mut app;
        // Nothing is written to the pools: the app pays nothing for them.
        for _ in 0..4 {
            let fd = rustix::fs::memfd_create("pool", rustix::fs::MemfdFlags::CLOEXEC).expect("memory");
            let bytes = 8192 * 8192 * 4;
            rustix::fs::ftruncate(&fd, bytes).expect("memory");
            let pool = app.shm.create_pool(fd.as_fd(), bytes as i32, &app.qh(), ());
            let buffer = pool.create_buffer(0, 8192, 8192, 8192 * 4, Format::Argb8888, &app.qh(), ());
            let surface = app.compositor.create_surface(&app.qh(), ());
            let shell = app.shell.get_xdg_surface(&surface, &app.qh(), surface.id());
            shell.get_toplevel(&app.qh(), ());
            surface.commit();
            if app.try_sync().is_err() {
                return;
            }
            let serial = app.configured(&surface);
            shell.ack_configure(serial);
            surface.attach(Some(&buffer), 0, 0);
            surface.commit();
        }
    }
    app.sync();
    host.logs("its windows would need more than 314572800 bytes of pixels");
    let shown = host.drain().iter().filter(|event| matches!(event, media::Event::Window(_))).count();
    assert!(shown <= 1, "there is room for one of them: {shown}");
    bystander.goes_on(&mut host);
}

#[test]
fn absurd_numbers() {
    harms_nobody(|app, window| {
        window.shell.set_window_geometry(i32::MIN, i32::MAX, i32::MAX, i32::MAX);
        window.surface.commit();
        let _ = app.try_sync();
    });
    harms_nobody(|app, window| {
        let positioner = app.shell.create_positioner(&app.qh(), ());
        positioner.set_size(i32::MAX, i32::MAX);
        positioner.set_offset(i32::MIN, i32::MIN);
        positioner.set_anchor_rect(i32::MAX, i32::MAX, i32::MAX, i32::MAX);
        let surface = app.compositor.create_surface(&app.qh(), ());
        let shell = app.shell.get_xdg_surface(&surface, &app.qh(), surface.id());
        shell.get_popup(Some(&window.shell), &positioner, &app.qh(), surface.id());
    });
    harms_nobody(|_, window| {
        window.toplevel.set_min_size(i32::MAX, 3);
        window.toplevel.set_max_size(2, i32::MAX);
        window.surface.set_buffer_scale(i32::MAX);
        window.surface.damage(i32::MIN, i32::MIN, i32::MIN, i32::MIN);
        window.surface.commit();
    });
}

#[test]
fn popups_nested_without_end() {
    is_cut_off("nested too deep", |app, window| {
        let mut parent = window.shell.clone();
        for _ in 0..40 {
            let surface = app.compositor.create_surface(&app.qh(), ());
            let shell = app.shell.get_xdg_surface(&surface, &app.qh(), surface.id());
            shell.get_popup(Some(&parent), &app.positioner((1, 1), (9, 9)), &app.qh(), surface.id());
            parent = shell;
        }
    });
}

#[test]
fn connections_without_end() {
    let mut host = Host::with(|config| config.limits.clients = 3);
    let bystander = Bystander::start(&mut host);
    let others: Vec<_> = (0..2).map(|_| App::connect(&host)).collect();
    let refused =
        std::os::unix::net::UnixStream::connect(host.dir.path().join(&host.display)).expect("a socket");
    let ended = std::io::Read::read(&mut &refused, &mut [0; 1]).map_or(true, |n| n == 0);
    assert!(ended, "the fourth connection is closed");
    drop(others);
    bystander.goes_on(&mut host);
}

#[test]
fn subsurfaces_nested_without_end() {
    is_cut_off("its subsurfaces are nested too deep", |app, window| {
        let subcompositor: WlSubcompositor =
            app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
        let mut parent = window.surface.clone();
        for _ in 0..40 {
            let child = app.compositor.create_surface(&app.qh(), ());
            subcompositor.get_subsurface(&child, &parent, &app.qh(), ());
            parent = child;
        }
    });
}

#[test]
fn subsurfaces_at_the_ends_of_the_world() {
    harms_nobody(|app, window| {
        let subcompositor: WlSubcompositor =
            app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
        for at in [i32::MIN, i32::MAX] {
            let child = app.compositor.create_surface(&app.qh(), ());
            let role = subcompositor.get_subsurface(&child, &window.surface, &app.qh(), ());
            role.set_position(at, at);
            app.picture(3, 3, RED).show(&child);
            window.surface.commit();
            let _ = app.try_sync();
        }
    });
}

#[test]
fn a_subsurface_that_jumps_where_nobody_sees_it_changes_nothing() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(500, 400, RED);
    let track = host.window("window", |_| true).track;
    let subcompositor: WlSubcompositor = app.globals.bind(&app.qh(), 1..=1, ()).expect("wl_subcompositor");
    let child = app.compositor.create_surface(&app.qh(), ());
    let role = subcompositor.get_subsurface(&child, &window.surface, &app.qh(), ());
    role.set_position(i32::MIN, i32::MAX);
    app.picture(3, 3, RED).show(&child);
    window.surface.commit();
    app.sync();
    host.settle();
    host.drain();
    for n in 0..500 {
        let far = [i32::MIN, i32::MAX, 1 << 20, 1 << 28][n % 4];
        role.set_position(far, -far.saturating_add(1));
        window.surface.commit();
        app.sync();
    }
    host.settle();
    let changed = |event: &media::Event| match event {
        media::Event::Damaged { track: changed, region, .. } => *changed == track && !region.is_empty(),
        media::Event::Window(window) => window.size != Size::new(500, 400),
        _ => false,
    };
    let changes = host.drain().into_iter().filter(changed).count();
    assert_eq!(changes, 0);
}

/// Makes objects until the app is cut off.
pub(crate) fn hoard(app: &mut App, one: impl Fn(&App)) {
    for n in 0..100_000 {
        one(app);
        // A round trip now and then: it is no flood.
        let goes_on = if n % 1000 == 0 { app.try_sync().is_ok() } else { n % 50 != 0 || app.push() };
        if !goes_on {
            break;
        }
    }
}

#[test]
fn presentation_feedback_without_a_commit() {
    is_cut_off("it made too many objects", |app, window| {
        let presentation: WpPresentation = app.globals.bind(&app.qh(), 1..=1, ()).expect("wp_presentation");
        let surface = window.surface.clone();
        hoard(app, |app| drop(presentation.feedback(&surface, &app.qh(), ())));
    });
}

#[test]
fn buffers_of_one_pixel_without_end() {
    is_cut_off("it made too many objects", |app, _| {
        let pixels: WpSinglePixelBufferManagerV1 = app.globals.bind(&app.qh(), 1..=1, ()).expect("pixels");
        hoard(app, |app| drop(pixels.create_u32_rgba_buffer(0, 0, 0, 0, &app.qh(), ())));
    });
}

#[test]
fn pointers_keyboards_and_touch_devices_without_end() {
    is_cut_off("it made too many pointers, keyboards, outputs or the like", |app, _| {
        hoard(app, |app| drop(app.seat.get_touch(&app.qh(), ())));
    });
}

#[test]
fn globals_bound_without_end() {
    is_cut_off("it made too many objects", |app, _| {
        let name = app.globals.contents().with_list(|list| {
            list.iter().find(|global| global.interface == "wl_compositor").map(|global| global.name)
        });
        let name = name.expect("wl_compositor");
        hoard(app, |app| {
            let _: WlCompositor = app.globals.registry().bind(name, 1, &app.qh(), ());
        });
    });
}

#[test]
fn registries_without_end() {
    is_cut_off("it made too many registries", |app, _| {
        // Each is answered with all globals, which must be read.
        while app.try_sync().is_ok() {
            (0..10).for_each(|_| drop(app.connection.display().get_registry(&app.qh(), ())));
        }
    });
}

#[test]
fn types_of_one_content_without_end() {
    is_cut_off("it offers too many types of one content", |app, _| {
        let devices: WlDataDeviceManager = app.globals.bind(&app.qh(), 1..=3, ()).expect("data devices");
        let source = devices.create_data_source(&app.qh(), ());
        hoard(app, |_| source.offer("text/plain".into()));
    });
}

#[test]
fn data_sources_without_end() {
    is_cut_off("it made too many objects", |app, _| {
        let devices: WlDataDeviceManager = app.globals.bind(&app.qh(), 1..=3, ()).expect("data devices");
        hoard(app, |app| drop(devices.create_data_source(&app.qh(), ())));
    });
}

#[test]
fn regions_without_end() {
    is_cut_off("it made too many regions", |app, _| {
        hoard(app, |app| drop(app.compositor.create_region(&app.qh(), ())));
    });
}

#[test]
fn a_region_of_rectangles_without_end() {
    is_cut_off("one of its regions has too many rectangles", |app, _| {
        let region = app.compositor.create_region(&app.qh(), ());
        hoard(app, |_| region.add(0, 0, 1, 1));
    });
}

#[test]
fn connections_of_one_process_without_end() {
    let mut host = Host::with(|config| config.limits.process_clients = 3);
    let bystander = Bystander::start(&mut host);
    let others: Vec<_> = (0..2).map(|_| App::connect(&host)).collect();
    let refused =
        std::os::unix::net::UnixStream::connect(host.dir.path().join(&host.display)).expect("a socket");
    let ended = std::io::Read::read(&mut &refused, &mut [0; 1]).map_or(true, |n| n == 0);
    assert!(ended, "the fourth connection is closed");
    host.logs("its process has too many connections");
    drop(others);
    bystander.goes_on(&mut host);
}

#[test]
fn pixels_of_all_apps_together_are_bounded_and_the_newest_stays_unseen() {
    // Room for two windows of 100×100 beside the bystander's.
    let mut host = Host::with(|config| config.limits.session_bytes = 2 * 40_000 + 10_000);
    let bystander = Bystander::start(&mut host);
    let mut first = App::connect(&host);
    first.mapped(100, 100, RED);
    let mut second = App::connect(&host);
    let leaves = second.mapped(100, 100, RED);
    let mut third = App::connect(&host);
    let window = third.toplevel();
    third.picture(100, 100, RED).show(&window.surface);
    third.sync();
    host.logs("all windows together would need more than 90000 bytes of pixels");
    first.sync();
    leaves.surface.attach(None, 0, 0);
    leaves.surface.commit();
    second.sync();
    App::connect(&host).mapped(100, 100, RED);
    bystander.goes_on(&mut host);
}
