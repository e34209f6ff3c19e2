//! What a busy professional has open, on a machine that is busy with other things: nothing of it is lost,
//! however long it takes.

use std::{
    os::fd::AsFd,
    process::{Child, Command as Process, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use media::{Command, Configure, Event, Logical, Scale, Size, TrackId};
use wayland_client::{
    Proxy,
    protocol::{wl_shm::Format, wl_shm_pool::WlShmPool},
};

use crate::{
    app::{App, AppWindow, Seen},
    apps::installed,
    host::{Host, PATIENCE},
};

/// Others who want the processors.
struct Load(Arc<AtomicBool>);

impl Load {
    fn start() -> Self {
        let on = Arc::new(AtomicBool::new(true));
        for _ in 0..2 {
            let on = on.clone();
            thread::spawn(move || {
                while on.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(on)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

const MONITOR: Size<Logical> = Size::new(2560, 1440);
const SMALL: Size<Logical> = Size::new(1280, 800);

/// Memory for the largest of the windows' pictures; all of them show the same, so that the test needs little.
fn memory(app: &App) -> WlShmPool {
    let fd = rustix::fs::memfd_create("picture", rustix::fs::MemfdFlags::CLOEXEC).expect("memory");
    let bytes = MONITOR.area() as i32 * 4 * 4;
    rustix::fs::ftruncate(&fd, bytes as u64).expect("memory");
    app.shm.create_pool(fd.as_fd(), bytes, &app.qh(), ())
}

fn show(app: &App, memory: &WlShmPool, window: &AppWindow, size: Size<Logical>, scale: u32) {
    let (w, h) = ((size.w * scale) as i32, (size.h * scale) as i32);
    let buffer = memory.create_buffer(0, w, h, w * 4, Format::Xrgb8888, &app.qh(), ());
    window.surface.set_buffer_scale(scale as i32);
    window.surface.attach(Some(&buffer), 0, 0);
    window.surface.damage_buffer(0, 0, w, h);
    window.surface.commit();
}

#[test]
fn twenty_five_windows_on_three_monitors_live_through_changes_of_scale() {
    let _load = Load::start();
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let sizes: Vec<_> = (0..25).map(|n| if n < 6 { MONITOR } else { SMALL }).collect();
    let memory = memory(&app);
    let windows: Vec<AppWindow> = sizes.iter().map(|_| app.toplevel()).collect();
    for scale in [1, 2, 1, 2, 1] {
        // All at once and several times over, as when windows wander from one monitor to another.
        for _ in 0..3 {
            for (window, size) in windows.iter().zip(&sizes) {
                show(&app, &memory, window, *size, scale);
                assert!(app.push(), "it is cut off");
            }
        }
        app.sync();
        let mut left: Vec<TrackId> = Vec::new();
        while left.len() < windows.len() {
            let window = host.window("window", |window| window.scale == Scale::from_120ths(120 * scale));
            left.retain(|track| *track != window.track);
            left.push(window.track);
        }
    }
}

#[test]
fn of_pictures_that_come_faster_than_they_are_copied_the_newest_is_shown() {
    let mut host = Host::start();
    let mut app = App::connect(&host);
    let window = app.mapped(1000, 1000, [0, 0, 255, 255]);
    let track = host.window("window", |_| true).track;
    let pictures: Vec<_> = (0..20u8).map(|n| app.picture(1000, 1000, [n, n, n, 255])).collect();
    for picture in &pictures {
        window.surface.attach(Some(&picture.buffer), 0, 0);
        // Together they have changed all of it.
        window.surface.damage_buffer(0, 0, 1000, 1000);
        window.surface.commit();
    }
    app.sync();
    host.settle();
    host.damage(track);
    assert_eq!(host.pixel(track, media::Point::new(999, 999)), [19, 19, 19, 255]);
    let released: Vec<_> = app.memory.0.iter().filter(|seen| matches!(seen, Seen::Released(_))).collect();
    assert!(released.len() >= pictures.len(), "each buffer is given back: {}", released.len());
}

/// An app that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn foot(host: &Host, program: &str, args: &[&str]) -> Running {
    let child = Process::new(program)
        .args(args)
        .env("XDG_RUNTIME_DIR", host.dir.path())
        .env("WAYLAND_DISPLAY", &host.display)
        .env("HOME", host.dir.path())
        .env_remove("DISPLAY")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Running(child.expect("foot"))
}

/// Programs that know nothing of fractions draw at the next whole scale.
fn is_drawn_at(drawn: Scale, wished: Scale) -> bool {
    [wished.factor(), wished.factor().ceil()].contains(&drawn.factor())
}

#[test]
fn one_terminal_server_with_many_large_windows_lives_through_changes_of_scale() {
    if installed("foot").is_none() {
        return crate::apps::skipped("foot");
    }
    let mut host = Host::start();
    let socket = host.dir.path().join("foot.sock");
    let server = format!("--server={}", socket.display());
    let _server = foot(&host, "foot", &["--config=/dev/null", &server]);
    while !socket.exists() {
        thread::yield_now();
    }
    let client = format!("--server-socket={}", socket.display());
    let _clients: Vec<_> = (0..5).map(|_| foot(&host, "footclient", &[&client, "sh", "-c", "cat"])).collect();
    let mut tracks: Vec<TrackId> = Vec::new();
    while tracks.len() < 5 {
        let window = host.window("terminal", |_| true);
        if !tracks.contains(&window.track) {
            tracks.push(window.track);
        }
    }
    let _load = Load::start();
    let scales = [Scale::ONE, Scale::from_120ths(180), Scale::from_120ths(240), Scale::ONE];
    for (serial, scale) in (1..).zip(scales) {
        for &track in &tracks {
            let configure = Configure {
                serial,
                size: Some(MONITOR),
                scale,
                maximized: false,
                fullscreen: false,
                resizing: false,
            };
            host.send(Command::Configure { track, configure });
        }
        let deadline = Instant::now() + PATIENCE;
        let mut open = tracks.clone();
        while !open.is_empty() {
            assert!(Instant::now() < deadline, "{open:?} never came to {scale:?}");
            // Viewers that take all they can get.
            tracks.iter().for_each(|&track| host.frame_done(track));
            host.settle();
            for event in host.drain() {
                match event {
                    Event::Window(window)
                        if window.configured == serial && is_drawn_at(window.scale, scale) =>
                    {
                        open.retain(|other| *other != window.track);
                    }
                    Event::WindowGone(track) => panic!("{track} is lost at {scale:?}"),
                    _ => (),
                }
            }
            thread::yield_now();
        }
    }
}

#[test]
fn a_window_that_finds_no_room_keeps_its_picture_and_grows_when_there_is_some() {
    // Room for two windows of 100×100 beside each other.
    let mut host = Host::with(|config| config.limits.session_bytes = 2 * 40_000 + 10_000);
    let mut first = App::connect(&host);
    let leaves = first.mapped(100, 100, [1, 1, 1, 255]);
    host.window("the first", |_| true);
    let mut second = App::connect(&host);
    let window = second.mapped(20, 20, [2, 2, 2, 255]);
    let track = host.window("the second", |_| true).track;
    let large = second.picture(150, 90, [3, 3, 3, 255]);
    large.show(&window.surface);
    window.surface.frame(&second.qh(), ());
    window.surface.commit();
    second.sync();
    host.logs("there is no room for the next");
    host.frame_done(track);
    second.wait("a frame", |seen| matches!(seen, Seen::Frame).then_some(()));
    assert_eq!(host.canvas_size(track), Size::new(20, 20));
    leaves.surface.attach(None, 0, 0);
    leaves.surface.commit();
    first.sync();
    host.window("it has grown", |seen| seen.track == track && seen.size == Size::new(150, 90));
    second.sync();
    let id = large.buffer.id();
    assert!(second.memory.0.iter().any(|seen| matches!(seen, Seen::Released(buffer) if *buffer == id)));
    assert_eq!(host.pixel(track, media::Point::new(149, 89)), [3, 3, 3, 255]);
}
