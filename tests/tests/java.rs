//! Swing, which trusts no window manager that it does not know: the window is filled, every button is
//! reached, and menus, lists, tooltips and dialogs work, without a variable in the environment that helps it.

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Host, Kind, Press, Until, Viewer, Window, tools,
    wait::{self, PATIENCE},
};
use tempfile::TempDir;

/// A place in the window.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl Place {
    fn middle(self) -> (f64, f64) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

/// The Swing app in a session, a viewer of it, and what it wrote.
struct Story {
    viewer: Viewer,
    window: Window,
    _host: Host,
    log: std::path::PathBuf,
    _directory: TempDir,
}

#[test]
fn a_swing_window_is_filled_and_used_without_help_from_the_environment() -> Result<()> {
    let Some(mut story) = Story::start()? else { return Ok(()) };
    let (width, height) = (story.window.width, story.window.height);
    story.fills(width, height)?;
    story.every_button_is_reached()?;
    for (width, height) in [(760, 540), (420, 380), (1280, 720)] {
        story.viewer.resize(story.window.track, width, height)?;
        story.viewer.wait(Until::Configured(story.window.track))?;
        story.fills(width, height)?;
        story.every_button_is_reached()?;
    }
    story.the_menu_works()?;
    story.the_list_works()?;
    story.a_tooltip_comes()?;
    story.text_is_taken()?;
    story.the_dialog_is_answered()
}

impl Story {
    fn start() -> Result<Option<Self>> {
        if !tools::present("Swing", &["java", "javac", "Xwayland"]) {
            return Ok(None);
        }
        let directory = TempDir::with_prefix("dormer-java-")?;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("probes/Grid.java");
        let compiled = Command::new("javac").arg("-d").arg(directory.path()).arg(source).output()?;
        ensure!(compiled.status.success(), "javac: {}", String::from_utf8_lossy(&compiled.stderr));
        let log = directory.path().join("log");
        let (classes, file) = (directory.path().to_str().context("a path")?, log.to_str().context("a path")?);
        // The virtual machine starts sooner like this; all else is as it comes.
        let host = Host::start([
            "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            classes,
            "Grid",
            file,
        ])?;
        let (viewer, window) = Viewer::with_window(host.link())?;
        let mut story = Self { viewer, window, _host: host, log, _directory: directory };
        story.viewer.activate(story.window.track)?;
        Ok(Some(story))
    }

    fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until the app has said something, after the first `from` lines.
    fn said(&self, from: usize, line: &str) -> Result<()> {
        let all = || format!("{:?}", self.lines().get(from..).unwrap_or_default());
        wait::until(PATIENCE, line, || Ok(self.lines().iter().skip(from).any(|l| l == line).then_some(())))
            .with_context(|| format!("the app said {}", all()))
    }

    /// Where something is, by what was said last.
    fn place(&self, name: &str) -> Result<Place> {
        let lines = self.lines();
        let line = lines.iter().rev().find_map(|line| line.strip_prefix(&format!("at {name} ")));
        let numbers: Vec<f64> =
            line.with_context(|| format!("no place of {name}"))?.split(' ').flat_map(str::parse).collect();
        let [x, y, w, h] = numbers[..] else { anyhow::bail!("four numbers: {numbers:?}") };
        Ok(Place { x, y, w, h })
    }

    /// The window has this size to the app, and what is in it reaches to its edges.
    fn fills(&mut self, width: u32, height: u32) -> Result<()> {
        let size = format!("size {width} {height}");
        wait::until(PATIENCE, &size, || {
            let last = self.lines().iter().rev().find(|line| line.starts_with("size")).cloned();
            Ok((last.as_ref() == Some(&size)).then_some(()))
        })
        .with_context(|| format!("the app said {:?}", self.lines()))?;
        let content = self.place("content")?;
        let (right, bottom) = (content.x + content.w, content.y + content.h);
        ensure!(
            (content.x, right, bottom) == (0.0, f64::from(width), f64::from(height)),
            "no frame is around it, nor a gap in it: {content:?}"
        );
        self.viewer.wait(Until::Exact(self.window.track))?;
        Ok(())
    }

    fn click(&mut self, name: &str) -> Result<()> {
        let (x, y) = self.place(name)?.middle();
        self.viewer.click(self.window.track, x, y, "left")
    }

    fn every_button_is_reached(&mut self) -> Result<()> {
        for n in 0..9 {
            let from = self.lines().len();
            self.click(&format!("button{n}"))?;
            self.said(from, &format!("button {n}"))?;
            let pressed = self.lines()[from..].iter().filter(|line| line.starts_with("button")).count();
            ensure!(pressed == 1, "one click is one press");
        }
        Ok(())
    }

    /// The one popup that there is now.
    fn popup(&mut self) -> Result<Window> {
        let windows = self.viewer.wait(Until::Popups(1))?;
        let popup = windows.into_iter().find(|w| w.kind == Kind::Popup).context("waited for it")?;
        ensure!(popup.parent == Some(self.window.track), "it belongs to the window: {popup:?}");
        self.viewer.look_until(popup.track, "what is in it", |p| (p.colours() > 1).then_some(()))?;
        Ok(popup)
    }

    /// Chooses the `n`th of `count` rows of a popup.
    fn choose(&mut self, popup: &Window, n: u32, count: u32) -> Result<()> {
        let y = f64::from(popup.height) * (f64::from(n) + 0.5) / f64::from(count);
        self.viewer.click(popup.track, f64::from(popup.width) / 2.0, y, "left")?;
        self.viewer.wait(Until::Popups(0)).map(drop)
    }

    fn the_menu_works(&mut self) -> Result<()> {
        let from = self.lines().len();
        self.click("menu")?;
        let popup = self.popup()?;
        let menu = self.place("menu")?;
        ensure!(
            f64::from(popup.y).max(menu.y) <= menu.y + menu.h + 2.0 && f64::from(popup.x) <= menu.x + 2.0,
            "it hangs below its title: {popup:?}, {menu:?}"
        );
        self.choose(&popup, 1, 4)?;
        self.said(from, "menu two")?;
        // And it goes away when the user presses elsewhere.
        self.click("menu")?;
        self.popup()?;
        self.viewer.key(self.window.track, "Escape", Press::Tap)?;
        self.viewer.wait(Until::Popups(0)).map(drop)
    }

    fn the_list_works(&mut self) -> Result<()> {
        let from = self.lines().len();
        self.click("combo")?;
        let popup = self.popup()?;
        self.choose(&popup, 2, 3)?;
        self.said(from, "combo blue")
    }

    fn a_tooltip_comes(&mut self) -> Result<()> {
        let (x, y) = self.place("text")?.middle();
        self.viewer.point(self.window.track, x, y)?;
        self.viewer.point(self.window.track, x + 3.0, y)?;
        let tip = self.popup()?;
        ensure!(f64::from(tip.y) > y && f64::from(tip.x) < x + 50.0, "it is at the pointer: {tip:?}");
        let (x, y) = self.place("button0")?.middle();
        self.viewer.point(self.window.track, x, y)?;
        self.viewer.wait(Until::Popups(0)).map(drop)
    }

    fn text_is_taken(&mut self) -> Result<()> {
        let from = self.lines().len();
        self.click("text")?;
        self.viewer.keys(self.window.track, &["h", "shift+e", "l", "l", "o", "1", "Return"])?;
        self.said(from, "text hEllo1")
    }

    fn the_dialog_is_answered(&mut self) -> Result<()> {
        let from = self.lines().len();
        self.click("menu")?;
        let popup = self.popup()?;
        self.choose(&popup, 3, 4)?;
        let windows = self.viewer.wait(Until::Windows(2))?;
        let dialog = windows.iter().find(|w| w.kind == Kind::Toplevel && w.track != self.window.track);
        let dialog = dialog.context("waited for it")?.clone();
        ensure!(dialog.parent == Some(self.window.track), "it belongs to the window: {dialog:?}");
        self.viewer.activate(dialog.track)?;
        self.viewer.wait(Until::Exact(dialog.track))?;
        // Java drops keys while it hands its own focus over, and shows nothing of that.
        wait::until(PATIENCE, "an answer", || {
            let pressed = self.viewer.key(dialog.track, "Return", Press::Tap);
            let gone = self.viewer.wait_for(Until::Closed(dialog.track), Duration::from_secs(1));
            Ok((pressed.is_err() || gone.is_ok()).then_some(()))
        })?;
        self.said(from, "answered")?;
        self.viewer.wait(Until::Closed(dialog.track)).map(drop)
    }
}
