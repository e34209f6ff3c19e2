//! The matrix of real apps: what each can do here, written to docs/apps.md with a picture of each. It needs
//! programs that no other test does, so `make test-apps` installs them and runs it.

mod list;
mod report;

use std::{fs, io::Write, path::Path, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use dormer_tests::{Host, HostOptions, Kind, Picture, Press, Track, Until, Viewer, Window, tools, wait};

use crate::{
    list::{APPS, App, Text},
    report::{Column, Row, Verdict, write},
};

/// Letters on and off the keyboard, of one to three bytes.
const TEXT: &str = "Grüße 世界 €";

/// How long an app may take for its next step. Office programs start for a while.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
#[ignore = "it needs thirty apps: make test-apps"]
fn every_app_behaves() -> Result<()> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let wanted = std::env::var("APPS").unwrap_or_default();
    let wanted = |app: &App| wanted.is_empty() || wanted.split(';').any(|name| name == app.name);
    let mut rows = Vec::new();
    for app in APPS.iter().filter(|app| wanted(app)) {
        let Some(program) = tools::find(app.command[0]) else {
            bail!("not installed: {} (`make test-apps` installs it)", app.command[0]);
        };
        say(&format!("{} …", app.name))?;
        let row = Trial::run(app, &program, &docs.join("apps"))?;
        say(&row.to_string())?;
        rows.push(row);
    }
    if rows.len() == APPS.len() {
        write(&docs.join("apps.md"), &rows)?;
    }
    let failed: Vec<String> = rows.iter().flat_map(Row::faults).collect();
    ensure!(failed.is_empty(), "{}", failed.join("\n"));
    Ok(())
}

/// How far it is: all of it takes minutes.
fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{line}")?)
}

/// One app, tried by what a user does.
struct Trial<'a> {
    app: &'a App,
    /// It runs as long as the trial.
    _host: Host,
    viewer: Viewer,
    window: Window,
    row: Row,
}

impl<'a> Trial<'a> {
    fn run(app: &'a App, program: &Path, pictures: &Path) -> Result<Row> {
        let home = tempfile::tempdir()?;
        app.prepare(home.path())?;
        let mut options = HostOptions::command(app.command_line(program, home.path()))
            .variable("HOME", home.path().display().to_string())
            .variable("LANG", "C.UTF-8")
            .variable("DBUS_SESSION_BUS_ADDRESS", "");
        for (name, value) in app.environment {
            options = options.variable(name, *value);
        }
        let host = options.start()?;
        let mut viewer = Viewer::start(host.link())?;
        let mut row = Row::new(app);
        let window = match Self::window(app, &mut viewer) {
            Ok(window) => window,
            Err(error) => {
                row.set(Column::Starts, Verdict::No(format!("{error:#}\n{}", host.log())));
                return Ok(row);
            }
        };
        row.set(Column::Starts, Verdict::Yes);
        let mut trial = Self { app, _host: host, viewer, window, row };
        trial.judge(Column::Exact, |trial| trial.rests());
        let _ = trial.picture()?.save(&pictures.join(format!("{}.png", app.file_name())));
        if let Some(text) = app.text {
            trial.judge(Column::Types, |trial| trial.types(text, home.path()));
            if let (Text::Copied { .. }, true) = (text, app.can(Column::PastesIn)) {
                trial.judge(Column::PastesIn, |trial| trial.pastes(text));
            }
        }
        if app.scrolls {
            trial.judge(Column::Scrolls, Self::scrolls);
        }
        if app.menu.is_some() {
            trial.judge(Column::Menu, Self::opens_a_menu);
        }
        if app.resizes {
            trial.judge(Column::Resizes, Self::resizes);
        }
        trial.judge(Column::Closes, Self::closes);
        Ok(trial.row)
    }

    /// The app's window, once it is what it stays: some show a splash screen or a tip first.
    fn window(app: &App, viewer: &mut Viewer) -> Result<Window> {
        wait::until(PATIENCE, "the app's window", || {
            let windows = viewer.windows()?;
            for tip in
                windows.iter().filter(|window| app.in_the_way.iter().any(|tip| window.title.contains(tip)))
            {
                let _ = viewer.close(tip.track);
            }
            let own = |window: &Window| window.kind == Kind::Toplevel && window.title.contains(app.title);
            let found = windows.iter().rev().find(|window| own(window)).cloned();
            Ok(found.filter(|_| windows.iter().filter(|window| window.kind == Kind::Toplevel).count() == 1))
        })
    }

    fn judge(&mut self, column: Column, step: impl FnOnce(&mut Self) -> Result<()>) {
        let verdict = match step(self) {
            Ok(()) => Verdict::Yes,
            Err(error) => Verdict::No(format!("{error:#}")),
        };
        self.row.set(column, verdict);
    }

    fn track(&self) -> Track {
        self.window.track
    }

    fn picture(&mut self) -> Result<Picture> {
        self.viewer.screenshot(self.window.track)
    }

    /// It has drawn something, and the viewer holds exactly that.
    fn rests(&mut self) -> Result<()> {
        let track = self.track();
        self.viewer.activate(track)?;
        wait::until(PATIENCE, "a picture", || {
            Ok((self.viewer.screenshot(track)?.colours() > 1).then_some(()))
        })?;
        if self.app.moves {
            return Ok(());
        }
        self.viewer.wait_for(Until::Exact(track), PATIENCE)?;
        Ok(())
    }

    /// What is typed is what the app has.
    fn types(&mut self, text: Text, home: &Path) -> Result<()> {
        let track = self.track();
        if let Some((x, y)) = self.app.text_at {
            self.viewer.click(track, x, y, "left")?;
        }
        match text {
            Text::File => {
                self.viewer.type_text(track, TEXT)?;
                self.viewer.key(track, "Return", Press::Tap)?;
                let mut seen = String::new();
                wait::until(PATIENCE, "the text in the file", || {
                    seen = fs::read_to_string(home.join("typed")).unwrap_or_default();
                    Ok((seen.trim_end() == TEXT).then_some(()))
                })
                .with_context(|| format!("the file has {seen:?}"))
            }
            Text::Copied { keys } => {
                self.ready_for_keys(keys)?;
                self.viewer.type_text(track, TEXT)?;
                self.copies(keys, TEXT)
            }
        }
    }

    /// Some apps have a window before they take keys, and show nothing of that: a letter that comes back by
    /// their copy, and is taken away again.
    fn ready_for_keys(&mut self, keys: &[&str]) -> Result<()> {
        let track = self.track();
        let viewer = &mut self.viewer;
        wait::until(PATIENCE, "a key to be taken", || {
            viewer.key(track, "x", Press::Tap)?;
            viewer.keys(track, keys)?;
            let copied = wait::until(Duration::from_secs(2), "a copy", || {
                let seen = viewer.clipboard_get().unwrap_or_default();
                Ok(seen.trim_end().ends_with('x').then_some(()))
            });
            Ok(copied.ok())
        })?;
        self.slowly(self.app.clear)
    }

    /// Some apps carry out shortcuts later than what is typed behind them.
    fn slowly(&mut self, keys: &[&str]) -> Result<()> {
        let track = self.track();
        for key in keys {
            self.viewer.key(track, key, Press::Tap)?;
            let _ = self.viewer.wait_for(Until::Changed(track), Duration::from_secs(1));
        }
        Ok(())
    }

    /// All that is selected and copied is `wanted`.
    fn copies(&mut self, keys: &[&str], wanted: &str) -> Result<()> {
        let track = self.track();
        let mut seen = String::new();
        let viewer = &mut self.viewer;
        wait::until(PATIENCE, "the text on the clipboard", || {
            viewer.keys(track, keys)?;
            // An app that is asked again and again has no copy that lasts.
            let copied = wait::until(Duration::from_secs(4), "a copy", || {
                seen = viewer.clipboard_get().unwrap_or_else(|error| format!("{error:#}"));
                Ok((seen.replace("\r\n", "\n").trim_end() == wanted).then_some(()))
            });
            Ok(copied.ok())
        })
        .with_context(|| format!("the clipboard has {:?}…", seen.chars().take(80).collect::<String>()))
    }

    /// What the viewer copied comes in: many lines, which can be scrolled then.
    fn pastes(&mut self, text: Text) -> Result<()> {
        let Text::Copied { keys } = text else { return Ok(()) };
        let track = self.track();
        let lines: Vec<String> = (1..=120).map(|line| format!("Zeile {line} 行")).collect();
        let lines = lines.join("\n");
        self.viewer.clipboard_set(&lines)?;
        self.slowly(self.app.clear)?;
        let before = self.picture()?;
        self.viewer.key(track, "ctrl+v", Press::Tap)?;
        self.viewer.look_until(track, "pasted lines", |now| (now.differing(&before) > 1000).then_some(()))?;
        // The viewer's own copy is no proof: the app's is another.
        self.viewer.type_text(track, ".")?;
        self.copies(keys, &format!("{lines}."))
    }

    /// Down and up again by the wheel, and both are seen.
    fn scrolls(&mut self) -> Result<()> {
        let track = self.track();
        let window = self.viewer.window(track)?;
        let (x, y) = (f64::from(window.width) / 2.0, f64::from(window.height) * 0.6);
        self.viewer.keys(track, self.app.to_the_top)?;
        let viewer = &mut self.viewer;
        // Where it is when that begins, a slow app may not have shown yet.
        wait::until(PATIENCE, "two pictures by scrolling down and up", || {
            let mut seen = 0;
            for by in [5.0, -5.0] {
                let before = viewer.screenshot(track)?;
                viewer.scroll(track, x, y, by)?;
                let differs = |now: &Picture| (now.differing(&before) > 1000).then_some(());
                let shown = wait::until(Duration::from_secs(2), "another picture", || {
                    Ok(differs(&viewer.screenshot(track)?))
                });
                seen += u32::from(shown.is_ok());
            }
            Ok((seen == 2).then_some(()))
        })
    }

    /// A menu is a popup of the window, touches it, and has a picture.
    fn opens_a_menu(&mut self) -> Result<()> {
        let track = self.track();
        let menu = self.app.menu.context("it has one")?;
        // An app that still is busy with keys may miss the first click, as it does a person's.
        let windows = wait::until(PATIENCE, "a menu", || {
            menu.open(&mut self.viewer, track)?;
            Ok(self.viewer.wait_for(Until::Popups(1), Duration::from_secs(3)).ok())
        })?;
        let popup = windows.iter().find(|window| window.kind == Kind::Popup).context("waited for it")?;
        ensure!(popup.parent == Some(track), "the menu belongs to {:?}", popup.parent);
        let window = self.viewer.window(track)?;
        let near = |at: i32, length: u32, within: u32| {
            at < i32::try_from(within).unwrap_or(i32::MAX) + 40
                && at + i32::try_from(length).unwrap_or(0) > -40
        };
        ensure!(
            near(popup.x, popup.width, window.width) && near(popup.y, popup.height, window.height),
            "the menu is at {},{}, {}×{}",
            popup.x,
            popup.y,
            popup.width,
            popup.height
        );
        let drawn = |menu: &Picture| (menu.colours() > 1 && menu.width >= 20).then_some(());
        self.viewer.look_until(popup.track, "a drawn menu", drawn)?;
        menu.dismiss(&mut self.viewer, track)?;
        self.viewer.wait_for(Until::Popups(0), PATIENCE)?;
        Ok(())
    }

    /// It takes about the size that it is asked for, and draws in it.
    fn resizes(&mut self) -> Result<()> {
        let track = self.track();
        let window = self.viewer.window(track)?;
        let (width, height) = (window.width + 120, window.height + 90);
        self.viewer.resize(track, width, height)?;
        let near = |now: u32, wanted: u32| now.abs_diff(wanted) <= 40;
        // Terminals and editors end at whole characters, in a second step.
        wait::until(PATIENCE, "a picture of about the size that was asked for", || {
            let now = self.viewer.window(track)?;
            let picture = self.viewer.screenshot(track)?;
            let whole = (picture.width, picture.height) == (now.width as usize, now.height as usize);
            Ok((near(now.width, width) && near(now.height, height) && whole).then_some(()))
        })
    }

    /// It closes, or asks whether to save, is answered, and closes.
    fn closes(&mut self) -> Result<()> {
        let track = self.track();
        self.viewer.close(track)?;
        let mut asked = None;
        wait::until(PATIENCE, "the window's end", || {
            let windows = self.viewer.windows()?;
            if !windows.iter().any(|window| window.track == track) {
                return Ok(Some(()));
            }
            let other = |window: &&Window| window.kind == Kind::Toplevel && window.track != track;
            let dialog = windows.iter().rev().find(other);
            if let Some(dialog) = dialog.filter(|dialog| asked != Some(dialog.track)) {
                asked = Some(dialog.track);
                self.viewer.activate(dialog.track)?;
                self.viewer.wait_for(Until::Exact(dialog.track), PATIENCE)?;
                self.viewer.keys(dialog.track, self.app.discard)?;
            }
            Ok(None)
        })
        .with_context(|| match asked {
            Some(_) => "it asked, and was answered",
            None => "it asked nothing",
        })
    }
}
