//! Content dragged from one real app into another, over X11 and Wayland alike.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, HostOptions, Press, Track, Until, Viewer, tools,
    wait::{self, PATIENCE},
};
use serde_json::json;
use tempfile::TempDir;

#[test]
fn from_wayland_to_x11() -> Result<()> {
    drags("wayland", "x11")
}

#[test]
fn from_x11_to_wayland() -> Result<()> {
    drags("x11", "wayland")
}

#[test]
fn from_x11_to_x11() -> Result<()> {
    drags("x11", "x11")
}

#[test]
fn from_wayland_to_wayland() -> Result<()> {
    drags("wayland", "wayland")
}

/// Two apps, and what each noted.
struct Story {
    viewer: Viewer,
    from: Track,
    to: Track,
    source: PathBuf,
    target: PathBuf,
    _host: Host,
    _directory: TempDir,
}

/// A text is dragged from an app of one kind into one of another; before that, a drag is given up.
fn drags(from: &str, to: &str) -> Result<()> {
    let test = format!("dragging from {from} to {to}");
    if [from, to].contains(&"x11") && !tools::present(&test, &["Xwayland"]) {
        return Ok(());
    }
    let Some(python) = tools::python_with_gtk(&test) else { return Ok(()) };
    let mut story = Story::start(python, from, to)?;
    story.grab().context("the first drag")?;
    story.over()?;
    story.viewer.key(story.from, "Escape", Press::Tap)?;
    story.noted(&story.source, "end")?;
    story.button("release", story.to, 100.0)?;
    ensure!(!text(&story.target).contains("got"), "it was dropped after all");
    story.clear()?;

    story.grab().context("the second drag")?;
    story.over()?;
    story.button("release", story.to, 100.0)?;
    story.noted(&story.target, "got dragged text ä€")?;
    story.noted(&story.source, "end")?;
    ensure!(!text(&story.source).contains("failed"), "the source says that it failed");
    story.viewer.wait(Until::Dragging(false)).map(drop)
}

impl Story {
    fn start(python: &str, from: &str, to: &str) -> Result<Self> {
        let directory = TempDir::with_prefix("dormer-drag-")?;
        let (source, target) = (directory.path().join("source"), directory.path().join("target"));
        let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("probes/dnd.py");
        let app = |backend: &str, role: &str, log: &Path| {
            format!("GDK_BACKEND={backend} {python} {} {role} {}", probe.display(), log.display())
        };
        let script = format!("{} & exec env {}", app(to, "target", &target), app(from, "source", &source));
        let host = HostOptions::command(["sh", "-c", &script]).start()?;
        let (mut viewer, _) = Viewer::with_window(host.link())?;
        let find = |viewer: &mut Viewer, title: &str| {
            wait::until(PATIENCE, title, || {
                Ok(viewer.windows()?.into_iter().find(|window| window.title == title))
            })
        };
        let to = find(&mut viewer, "dnd target")?.track;
        let from = find(&mut viewer, "dnd source")?.track;
        for track in [to, from] {
            viewer.wait(Until::Exact(track))?;
        }
        viewer.activate(from)?;
        Ok(Self { viewer, from, to, source, target, _host: host, _directory: directory })
    }

    fn button(&mut self, state: &str, track: Track, x: f64) -> Result<()> {
        let (y, button) = (90.0, "left");
        let request =
            json!({"do": "pointer", "track": track, "x": x, "y": y, "button": button, "state": state});
        self.viewer.ask(request).map(drop)
    }

    /// Begins to drag.
    fn grab(&mut self) -> Result<()> {
        self.viewer.point(self.from, 60.0, 90.0)?;
        self.button("press", self.from, 60.0)?;
        // Apps take it for a drag once it is a few pixels away. Places may come before the press.
        let mut n = 0.0;
        let (viewer, from) = (&mut self.viewer, self.from);
        wait::until(PATIENCE, "a drag", || {
            n += 1.0;
            viewer.point(from, 70.0 + n % 50.0, 90.0)?;
            Ok(has(&self.source, "begin"))
        })?;
        self.viewer.wait(Until::Dragging(true)).map(drop)
    }

    /// Drags over the other app until both know that it can be dropped there.
    fn over(&mut self) -> Result<()> {
        let mut n = 0.0;
        let (viewer, to) = (&mut self.viewer, self.to);
        wait::until(PATIENCE, "the drag in its target", || {
            n += 1.0;
            viewer.point(to, 100.0 + n % 7.0, 90.0)?;
            Ok(has(&self.target, "motion").and(has(&self.source, "accepted")))
        })
        .with_context(|| format!("source {:?}, target {:?}", text(&self.source), text(&self.target)))
    }

    fn noted(&self, log: &Path, words: &str) -> Result<()> {
        wait::until(PATIENCE, words, || Ok(has(log, words)))
            .with_context(|| format!("source {:?}, target {:?}", text(&self.source), text(&self.target)))
    }

    fn clear(&self) -> Result<()> {
        for log in [&self.source, &self.target] {
            std::fs::OpenOptions::new().write(true).truncate(true).open(log)?;
        }
        Ok(())
    }
}

/// Whether an app noted this.
fn has(log: &Path, words: &str) -> Option<()> {
    text(log).lines().any(|line| line == words).then_some(())
}

fn text(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
