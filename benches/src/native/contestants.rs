//! Who takes part: the same app at the end of different roads.

use std::process::Command;

use anyhow::Result;
use dormer_tests::{Display, Process, Session, binaries};
use tempfile::TempDir;

use super::{
    HEIGHT, WIDTH,
    eye::{Eye, Shown},
};

/// One road, and the window at its end.
pub(super) struct Contestant {
    pub(super) window: Shown,
    // All that must live as long as the window.
    _processes: Vec<Process>,
    _session: Option<Session>,
    _server: Option<Display>,
    _directory: TempDir,
}

impl Contestant {
    /// The app draws into the display itself.
    pub(super) fn direct(display: &Display, eye: &mut Eye) -> Result<Self> {
        let directory = TempDir::new()?;
        let known = eye.windows()?;
        let app = Process::start("direct", &mut x11_app(&display.name())?, directory.path())?;
        let window = eye.place(&known, slot(0))?;
        Ok(Self { window, _processes: vec![app], _session: None, _server: None, _directory: directory })
    }

    /// The app in a session of ours, and the native viewer.
    pub(super) fn dormer(display: &Display, eye: &mut Eye) -> Result<Self> {
        let directory = TempDir::new()?;
        let session = Session::start(&["--size", &format!("{WIDTH}x{HEIGHT}")])?;
        let known = eye.windows()?;
        let mut command = Command::new(&binaries()?.view);
        command.arg(session.host.link()).env("DISPLAY", display.name()).env_remove("WAYLAND_DISPLAY");
        let viewer = Process::start("dormer-view", &mut command, directory.path())?;
        let window = eye.place(&known, slot(1))?;
        Ok(Self {
            window,
            _processes: vec![viewer],
            _session: Some(session),
            _server: None,
            _directory: directory,
        })
    }

    /// The app in an Xvnc, and TigerVNC's viewer, both with their own defaults.
    pub(super) fn tigervnc(display: &Display, eye: &mut Eye) -> Result<Self> {
        let directory = TempDir::new()?;
        let mut command = Command::new("Xvnc");
        command.args(["-geometry", &format!("{WIDTH}x{HEIGHT}"), "-depth", "24"]);
        command.args(["-SecurityTypes", "None", "-localhost", "-AlwaysShared"]);
        let server = Display::start("xvnc", command)?;
        let app = Process::start("vnc-app", x11_app(&server.name())?.arg("--take-focus"), directory.path())?;
        let known = eye.windows()?;
        let mut command = Command::new("xtigervncviewer");
        command.args(["-SecurityTypes", "None", "-RemoteResize=0", &format!("127.0.0.1{}", server.name())]);
        command.env("DISPLAY", display.name()).env("HOME", directory.path()).env_remove("WAYLAND_DISPLAY");
        let viewer = Process::start("vncviewer", &mut command, directory.path())?;
        let window = eye.place(&known, slot(2))?;
        Ok(Self {
            window,
            _processes: vec![viewer, app],
            _session: None,
            _server: Some(server),
            _directory: directory,
        })
    }
}

fn x11_app(display: &str) -> Result<Command> {
    let mut command = Command::new(&binaries()?.testapp);
    command.args(["--x11", "--size", &format!("{WIDTH}x{HEIGHT}")]).env("DISPLAY", display);
    Ok(command)
}

/// How far below the screen's top the window of a number lies.
fn slot(number: i32) -> i32 {
    number * HEIGHT as i32
}
