//! Wheels of real apps: one detent is one step, whatever the viewer says between two, parts of detents add
//! up, and sideways stays sideways.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Track, Viewer, tools,
    wait::{self, PATIENCE},
};
use serde_json::json;
use tempfile::TempDir;

/// An app that writes how it was scrolled.
struct Story {
    viewer: Viewer,
    track: Track,
    _host: Host,
    log: PathBuf,
    _directory: TempDir,
}

#[test]
fn gtk3_scrolls_over_x11() -> Result<()> {
    if tools::present("GTK 3 over X11", &["Xwayland"]) { gtk3("x11") } else { Ok(()) }
}

#[test]
fn gtk3_scrolls_over_wayland() -> Result<()> {
    gtk3("wayland")
}

#[test]
fn tk_scrolls() -> Result<()> {
    if !tools::present("Tk", &["wish", "Xwayland"]) {
        return Ok(());
    }
    let probe = probe("wheel.tcl")?;
    let mut story = Story::start(&["wish", &probe], "x11")?;
    story.turns(0.0, 3.0)?;
    story.sum("button 5", 3)?;
    story.turns(0.0, -2.0)?;
    story.sum("button 4", 2)?;
    // Tk knows sideways as up and down with Shift.
    story.turns(2.0, 0.0)?;
    story.sum("sideways 5", 2)?;
    // Quarters of a detent, as fine wheels have them.
    for _ in 0..8 {
        story.turn(0.0, 0.25)?;
    }
    story.sum("button 5", 5)?;
    story.sum("button 4", 2)
}

fn gtk3(backend: &str) -> Result<()> {
    let Some(python) = tools::python_with_gtk("scrolling in GTK 3") else { return Ok(()) };
    let probe = probe("wheel.py")?;
    let mut story = Story::start(&[python, &probe], backend)?;
    story.turns(0.0, 5.0)?;
    story.scrolled((0.0, 5.0))?;
    story.turns(0.0, -3.0)?;
    story.scrolled((0.0, 2.0))?;
    story.turns(4.0, 0.0)?;
    story.scrolled((4.0, 2.0))?;
    // A real pointer moves a little while its wheel is turned.
    for n in 0..5 {
        story.viewer.point(story.track, 60.0 + f64::from(n), 70.0)?;
        story.ask(61.0 + f64::from(n), 71.0, 0.0, 1.0)?;
    }
    story.scrolled((4.0, 7.0))?;
    // Presses come from the same mouse.
    story.viewer.click(story.track, 65.0, 71.0, "left")?;
    story.turns(0.0, 2.0)?;
    story.scrolled((4.0, 9.0))?;
    for _ in 0..8 {
        story.turn(0.0, 0.25)?;
    }
    story.scrolled((4.0, 11.0))
}

fn probe(name: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("probes").join(name);
    Ok(path.to_str().context("a path")?.to_owned())
}

impl Story {
    fn start(command: &[&str], backend: &str) -> Result<Self> {
        let directory = TempDir::with_prefix("dormer-wheel-")?;
        let log = directory.path().join("log");
        let file = log.to_str().context("a path")?.to_owned();
        let command = command.iter().map(|word| (*word).to_owned()).chain([file]);
        let host = HostOptions::command(command).variable("GDK_BACKEND", backend).start()?;
        let (mut viewer, window) = Viewer::with_window(host.link())?;
        let track = window.track;
        viewer.activate(track)?;
        viewer.wait(dormer_tests::Until::Exact(track))?;
        Ok(Self { viewer, track, _host: host, log, _directory: directory })
    }

    fn ask(&mut self, x: f64, y: f64, dx: f64, dy: f64) -> Result<()> {
        let request = json!({"do": "scroll", "track": self.track, "x": x, "y": y, "dx": dx, "dy": dy});
        self.viewer.ask(request).map(drop)
    }

    fn turn(&mut self, dx: f64, dy: f64) -> Result<()> {
        self.ask(50.0, 60.0, dx, dy)
    }

    /// Turns the wheel by whole detents, one after the other.
    fn turns(&mut self, dx: f64, dy: f64) -> Result<()> {
        let count = dx.abs().max(dy.abs());
        for _ in 0..count as usize {
            self.turn(dx / count, dy / count)?;
        }
        Ok(())
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until an event has come so often, and no oftener.
    fn sum(&self, event: &str, count: usize) -> Result<()> {
        let so_far = || self.text().lines().filter(|line| *line == event).count();
        wait::until(PATIENCE, event, || Ok((so_far() >= count).then_some(())))
            .with_context(|| format!("the app saw {:?}", self.text()))?;
        ensure!(so_far() == count, "the app saw {:?}", self.text());
        Ok(())
    }

    /// Waits until all that was scrolled comes to so many steps to the right and down.
    fn scrolled(&self, wanted: (f64, f64)) -> Result<()> {
        let sums = || {
            let text = self.text();
            let smooth = text.lines().filter_map(|line| line.strip_prefix("scroll smooth "));
            let deltas = smooth.filter_map(|both| both.split_once(' '));
            deltas.fold((0.0, 0.0), |sum: (f64, f64), (dx, dy)| {
                let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
                (sum.0 + number(dx), sum.1 + number(dy))
            })
        };
        let near = |a: f64, b: f64| (a - b).abs() < 0.05;
        wait::until(PATIENCE, "all steps", || {
            let sums = sums();
            Ok((near(sums.0, wanted.0) && near(sums.1, wanted.1)).then_some(()))
        })
        .with_context(|| format!("{wanted:?} was wanted, the app saw {:?}", self.text()))
    }
}
