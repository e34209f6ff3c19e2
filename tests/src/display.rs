//! A virtual X display, looked at from outside.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use tempfile::TempDir;
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, ImageFormat},
    rust_connection::RustConnection,
};

use crate::{Picture, Process};

/// An X server that lives as long as this value.
#[derive(Debug)]
pub struct Display {
    process: Process,
    number: u32,
    // Dropped last: the process writes here.
    _directory: TempDir,
}

impl Display {
    /// Starts Xvfb with a screen of that size.
    pub fn xvfb(width: u32, height: u32) -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-screen", "0", &format!("{width}x{height}x24"), "-nolisten", "tcp", "-noreset"]);
        Self::start("xvfb", command)
    }

    /// Starts any X server that understands `-displayfd`.
    pub fn start(name: &str, mut command: Command) -> Result<Self> {
        let directory = TempDir::with_prefix("dormer-x-")?;
        command.args(["-displayfd", "1"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process::start(name, &mut command, directory.path())?;
        let output = process.child().stdout.take().context("stdout is a pipe")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let number =
            line.trim().parse().with_context(|| format!("{name} does not start: {}", process.log()))?;
        Ok(Self { process, number, _directory: directory })
    }

    /// Its name, for `DISPLAY`.
    pub fn name(&self) -> String {
        format!(":{}", self.number)
    }

    /// The server's process.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A connection to it.
    pub fn connect(&self) -> Result<RustConnection> {
        Ok(RustConnection::connect(Some(&self.name()))?.0)
    }

    /// All that is on the screen.
    pub fn grab(&self) -> Result<Picture> {
        let connection = self.connect()?;
        let screen = &connection.setup().roots[0];
        let (w, h) = (screen.width_in_pixels, screen.height_in_pixels);
        let image =
            connection.get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, w, h, u32::MAX)?.reply()?;
        Ok(Picture::from_bgra(w.into(), h.into(), image.data))
    }
}
