//! Many large windows of X11 apps, on a machine that is busy with other things.

use std::{
    process::{Child, Command as Process, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use media::{Command, Configure, Event, Logical, Scale, Size, TrackId};

use crate::{
    app::{App, Wish},
    host::Host,
};

const LARGE: Size<Logical> = Size::new(3840, 2160);

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

fn configure(serial: u32, size: Size<Logical>) -> Configure {
    Configure {
        serial,
        size: Some(size),
        scale: Scale::ONE,
        maximized: false,
        fullscreen: false,
        resizing: false,
    }
}

/// Asks all windows for a size and waits until all have answered.
fn resize(host: &mut Host, tracks: &[TrackId], serial: u32, size: Size<Logical>) {
    for &track in tracks {
        host.send(Command::Configure { track, configure: configure(serial, size) });
    }
    let mut open = tracks.to_vec();
    while !open.is_empty() {
        let answered = host.wait("resized windows", |event| match event {
            Event::Window(window) if window.configured == serial => Some(window.track),
            Event::WindowGone(track) => panic!("{track} is lost"),
            _ => None,
        });
        open.retain(|track| *track != answered);
    }
}

/// An app that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn eleven_terminals_become_as_large_as_a_large_screen() {
    let Some(mut host) = Host::start() else { return };
    let display = format!(":{}", host.display);
    let terminals: Vec<_> = (0..11)
        .map(|_| {
            let child = Process::new("xterm")
                .args(["-e", "cat"])
                .env("DISPLAY", &display)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            Running(child.expect("xterm is installed with the test packages"))
        })
        .collect();
    let mut tracks: Vec<TrackId> = Vec::new();
    while tracks.len() < terminals.len() {
        let track = host.window("terminal", |_| true).track;
        if !tracks.contains(&track) {
            tracks.push(track);
        }
    }
    let _load = Load::start();
    resize(&mut host, &tracks, 1, LARGE);
    resize(&mut host, &tracks, 2, Size::new(800, 600));
}

#[test]
fn a_window_for_which_there_is_no_room_stays_as_it_is_and_its_app_lives() {
    // Room for one picture of 600×400, three times.
    let bytes = 3 * 600 * 400 * 4;
    let Some(mut host) = Host::with(|config| config.limits.session_bytes = bytes) else { return };
    let app = App::connect(host.display);
    app.toplevel("window", 300, 200, 0);
    let track = host.window("window", |_| true).track;
    host.send(Command::Configure { track, configure: configure(7, Size::new(2000, 1000)) });
    let window = host.window("answer", |window| window.configured == 7);
    assert_eq!(window.size, Size::new(300, 200));
    resize(&mut host, &[track], 8, Size::new(400, 300));
    // A new one is made smaller.
    let large = app.window(&Wish { x: 0, y: 0, w: 3000, h: 2000, override_redirect: false, colour: 0 });
    app.map(large);
    let window = host.window("another", |window| window.track != track);
    assert!(window.size.w < 600 && window.size.h < 400, "{:?}", window.size);
    host.send(Command::Close(window.track));
}
