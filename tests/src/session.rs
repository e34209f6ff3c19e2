//! A host with the test app, and what the app says about itself.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{
    Code, Host, HostOptions, Picture, binaries,
    testapp::{Entry, Remote},
    wait,
};

/// A running session whose guest is the test app.
#[derive(Debug)]
pub struct Session {
    /// The app, to ask.
    pub app: Remote,
    /// The host, to join.
    pub host: Host,
    report: PathBuf,
    // Dropped last: the app writes here.
    _directory: TempDir,
}

impl Session {
    /// Starts a host with the test app; `arguments` are the app's.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let directory = TempDir::with_prefix("dormer-app-")?;
        let (report, control) = (directory.path().join("report"), directory.path().join("control"));
        let mut command = vec![text(&binaries()?.testapp)?];
        command.extend(["--report".to_owned(), text(&report)?, "--control".to_owned(), text(&control)?]);
        command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let host = HostOptions::command(command).start()?;
        let app = Remote::connect(&control, wait::PATIENCE)
            .with_context(|| format!("the test app; the host said:\n{}", host.log()))?;
        Ok(Self { app, host, report, _directory: directory })
    }

    /// All that the app has reported.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        Entry::read_all(&self.report)
    }

    /// Waits until the app has reported something.
    pub fn reported(&self, what: &str, wanted: impl Fn(&Entry) -> bool) -> Result<()> {
        wait::until(wait::PATIENCE, what, || Ok(self.entries()?.iter().any(&wanted).then_some(())))
    }

    /// The app's own picture, and the code that it shows.
    pub fn dump(&mut self) -> Result<(Code, Picture)> {
        let file = self.host.file("dump.png");
        let code = self.app.dump(&file)?;
        Ok((code, Picture::load(&file)?))
    }
}

fn text(path: &std::path::Path) -> Result<String> {
    Ok(path.to_str().context("test paths are text")?.to_owned())
}
