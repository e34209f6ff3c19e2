//! Runs one app in a compositor of its own, prints what happens and saves what it showed.
//!
//! `cargo run -p dormer-compositor --example try_app -- SECONDS TEXT COMMAND …` types TEXT into the first
//! window, then writes each window's picture as `tN.ppm` into the working directory.
#![expect(clippy::print_stdout, reason = "printing is what this is for")]

use std::{
    collections::BTreeMap,
    env, fs, io,
    process::Command as Process,
    sync::mpsc,
    time::{Duration, Instant},
};

use compositor::{Compositor, Config, Event};
use dormer_compositor as compositor;
use media::{Canvas, Cause, Command, InputId, Scale, Timestamp, TrackId, ViewerId};

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    let (Some(seconds), Some(text), Some(program)) = (args.next(), args.next(), args.next()) else {
        println!("usage: try_app SECONDS TEXT COMMAND …");
        return Ok(());
    };
    let seconds = seconds.parse().unwrap_or(3);
    let dir = tempfile::tempdir()?;
    let (sender, events) = mpsc::channel();
    let sink = move |event| {
        let _ = sender.send(event);
    };
    let handle = Compositor::spawn(Config::new(dir.path()), sink).map_err(io::Error::other)?;
    let Ok(Event::Ready(ready)) = events.recv() else { return Ok(()) };
    let wayland_display = ready.env.get("WAYLAND_DISPLAY").unwrap_or_default();
    let mut app = Process::new(program)
        .args(args)
        .env("XDG_RUNTIME_DIR", dir.path())
        .env("WAYLAND_DISPLAY", wayland_display)
        .env("GDK_BACKEND", "wayland")
        .env("QT_QPA_PLATFORM", "wayland")
        .env_remove("DISPLAY")
        .spawn()?;

    let started = Instant::now();
    let mut canvases: BTreeMap<TrackId, Canvas> = BTreeMap::new();
    let mut typed = false;
    while started.elapsed() < Duration::from_secs(seconds) {
        let Ok(event) = events.recv_timeout(Duration::from_millis(16)) else { continue };
        let at = started.elapsed().as_millis();
        match event {
            Event::Canvas { track, canvas } => {
                canvases.insert(track, canvas);
            }
            Event::Source(media::Event::Damaged { track, size, region, captured, cause }) => {
                println!(
                    "{at:5} damaged {track} {size:?} {:?} {} px {cause:?}",
                    region.bounds(),
                    region.area()
                );
                handle
                    .send(None, Command::FrameDone { track, at: Timestamp(captured.0) })
                    .map_err(io::Error::other)?;
            }
            Event::Source(media::Event::FrameWanted(track)) => {
                let done = Command::FrameDone { track, at: Timestamp(0) };
                handle.send(None, done).map_err(io::Error::other)?;
            }
            Event::Source(media::Event::Window(window)) => {
                println!("{at:5} {window:?}");
                if !std::mem::replace(&mut typed, true) {
                    let cause = Cause { viewer: ViewerId(1), input: InputId(1), at: Timestamp(u64::MAX) };
                    handle.send(None, Command::Focus(Some(window.track))).map_err(io::Error::other)?;
                    handle
                        .send(None, Command::Text { cause, track: window.track, text: text.clone() })
                        .map_err(io::Error::other)?;
                    if let Some(n) = env::var("SCALE").ok().and_then(|n| n.parse().ok()) {
                        let configure = media::Configure {
                            serial: 7,
                            size: Some(window.size),
                            scale: Scale::from_120ths(n),
                            maximized: false,
                            fullscreen: false,
                            resizing: false,
                        };
                        handle
                            .send(None, Command::Configure { track: window.track, configure })
                            .map_err(io::Error::other)?;
                    }
                }
            }
            other => println!("{at:5} {other:?}"),
        }
    }
    for (track, canvas) in canvases {
        canvas.read(|frame| {
            let mut ppm = format!("P6 {} {} 255\n", frame.size().w, frame.size().h).into_bytes();
            frame.data().as_chunks::<4>().0.iter().for_each(|&[b, g, r, _]| ppm.extend([r, g, b]));
            fs::write(format!("{track}.ppm"), ppm)
        })?;
    }
    app.kill()?;
    app.wait()?;
    Ok(())
}
