//! The native viewer on a desktop: its clipboard, its pointer, its input method.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use dormer_tests::{
    Code, Display, Host, Process, Session, Until, Viewer, binaries,
    testapp::Entry,
    tools,
    wait::{self, PATIENCE},
};

/// A desktop without a window manager.
struct Desktop {
    display: Display,
    directory: tempfile::TempDir,
}

impl Desktop {
    fn start() -> Result<Self> {
        Ok(Self { display: Display::xvfb(1024, 768)?, directory: tempfile::tempdir()? })
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("DISPLAY", self.display.name()).env("LC_ALL", "C.UTF-8");
        command.env_remove("WAYLAND_DISPLAY").env_remove("XMODIFIERS");
        command
    }

    fn view(&self, host: &Host) -> Result<Process> {
        let mut command = self.command(&binaries()?.view);
        Process::start("native", command.arg(host.link()), self.directory.path())
    }

    fn xdotool(&self, arguments: &[&str]) -> Result<()> {
        let status = self.command("xdotool").args(arguments).status()?;
        ensure!(status.success(), "xdotool {arguments:?}: {status}");
        Ok(())
    }

    /// Waits for the test app's window and gives it the keyboard: nobody else does. Answers where it is.
    fn use_test_app(&self) -> Result<(i32, i32)> {
        let (x, y, _) =
            wait::until(PATIENCE, "the window on the display", || Ok(Code::find(&self.display.grab()?)))?;
        self.xdotool(&["search", "--onlyvisible", "--name", "Dormer test app", "windowfocus", "--sync"])?;
        Ok((i32::try_from(x)?, i32::try_from(y)?))
    }
}

#[test]
fn pictures_and_html_go_between_the_desktop_and_the_session() -> Result<()> {
    if !tools::present("the native viewer's clipboard", &["Xvfb", "xclip"]) {
        return Ok(());
    }
    let session = Session::start(&[])?;
    let desktop = Desktop::start()?;
    let _native = desktop.view(&session.host)?;
    let (mut other, _) = Viewer::with_window(session.host.link())?;
    for mime in ["image/png", "text/html"] {
        let content: Vec<u8> = (0..300_000_u32).map(|n| (n / 256 * 7 + n % 251) as u8).collect();
        let file = desktop.directory.path().join("content");
        std::fs::write(&file, &content)?;
        let arguments = ["-selection", "clipboard", "-t", mime, "-i"];
        let copied = desktop.command("xclip").args(arguments).arg(&file).stdout(Stdio::null()).status()?;
        ensure!(copied.success(), "xclip: {copied}");
        wait::until(PATIENCE, "what was copied on the desktop", || {
            Ok(other.clipboard_get_as(mime).is_ok_and(|data| data == content).then_some(()))
        })
        .context(mime)?;

        let reversed: Vec<u8> = content.into_iter().rev().collect();
        other.clipboard_set_as(mime, &reversed)?;
        wait::until(PATIENCE, "what was copied in the session", || {
            let pasted = desktop.directory.path().join("pasted");
            let arguments = ["-selection", "clipboard", "-t", mime, "-o"];
            let mut paste = desktop.command("xclip");
            paste.args(arguments).stdout(File::create(&pasted)?).stderr(Stdio::null()).status()?;
            Ok((std::fs::read(&pasted)? == reversed).then_some(()))
        })
        .context(mime)?;
    }
    Ok(())
}

#[test]
fn an_app_that_locks_the_pointer_has_all_of_its_motion() -> Result<()> {
    if !tools::present("the native viewer's pointer lock", &["Xvfb", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&["--lock-pointer"])?;
    let desktop = Desktop::start()?;
    let _native = desktop.view(&session.host)?;
    let (x, y) = desktop.use_test_app()?;
    desktop.xdotool(&["mousemove", &(x + 300).to_string(), &(y + 200).to_string(), "click", "1"])?;
    session.reported("the lock", |entry| *entry == Entry::Lock { held: true })?;
    // Further than the window is wide: a pointer that is only kept within would stop.
    let pushed = || -> Result<(i32, i32)> {
        let sum = |(x, y), entry: &Entry| match entry {
            Entry::Pushed { dx, dy } => (x + dx, y + dy),
            _ => (x, y),
        };
        Ok(session.entries()?.iter().fold((0, 0), sum))
    };
    // The desktop's lock follows the app's; until then motion goes by places.
    wait::until(PATIENCE, "motion", || {
        desktop.xdotool(&["mousemove_relative", "--", "0", "1"])?;
        Ok((pushed()?.1 > 5 * 256).then_some(()))
    })?;
    let before = pushed()?;
    for _ in 0..40 {
        desktop.xdotool(&["mousemove_relative", "--", "50", "0"])?;
    }
    wait::until(PATIENCE, "all of the way", || Ok((pushed()?.0 - before.0 >= 40 * 50 * 256).then_some(())))?;
    ensure!(pushed()?.0 - before.0 == 40 * 50 * 256, "{:?}", pushed()?);
    Ok(())
}

#[test]
fn the_desktops_input_method_composes_at_the_apps_caret() -> Result<()> {
    if !tools::present("the native viewer's input method", &["Xvfb", "xdotool"]) {
        return Ok(());
    }
    let session = Session::start(&["--text-input"])?;
    let desktop = Desktop::start()?;
    let _native = desktop.view(&session.host)?;
    let (mut other, window) = Viewer::with_window(session.host.link())?;
    desktop.use_test_app()?;
    other.wait(Until::TextInput(window.track))?;
    // X11's own input method composes by dead keys.
    let inserted = Entry::Inserted { text: "é".into() };
    wait::until(PATIENCE, "the composed letter", || {
        desktop.xdotool(&["key", "dead_acute", "e"])?;
        Ok(session.entries()?.contains(&inserted).then_some(()))
    })
}
