//! Somebody at a real Chromium, told what to do a line each: `tests/browser/src/person.ts`.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Process, tools};

/// How long one request may take: its own waits end before.
const PATIENCE: Duration = Duration::from_secs(240);

/// A browser with its user. Killed when dropped.
#[derive(Debug)]
pub struct Person {
    process: Process,
    requests: ChildStdin,
    answers: Receiver<String>,
    // Dropped last: the process writes here.
    _directory: TempDir,
}

impl Person {
    /// Starts Chromium; `None` where that cannot be, which is said.
    pub fn start(test: &str) -> Result<Option<Self>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
        let runner = folder.join("node_modules/.bin/vite-node");
        if !tools::present(test, &["chromium", "node"]) || !there(test, &runner) {
            return Ok(None);
        }
        let directory = TempDir::with_prefix("dormer-person-")?;
        let mut command = Command::new(runner);
        command.arg("src/person.ts").current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start("person", &mut command, directory.path())?;
        let requests = process.child().stdin.take().context("stdin is a pipe")?;
        let output = process.child().stdout.take().context("stdout is a pipe")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Some(Self { process, requests, answers, _directory: directory }))
    }

    /// Opens a link, and waits until the page is online; what it says of its link.
    pub fn open(&mut self, link: &str) -> Result<Value> {
        self.ask(&json!({"do": "open", "link": link}))
    }

    /// Starts an app from the menu, and waits for its window.
    pub fn start_app(&mut self, name: &str, app: &str) -> Result<()> {
        self.ask(&json!({"do": "start", "name": name, "app": app})).map(drop)
    }

    /// Types in an app's window.
    pub fn type_text(&mut self, app: &str, text: &str) -> Result<()> {
        self.ask(&json!({"do": "type", "app": app, "text": text})).map(drop)
    }

    /// Presses a chord there, such as `Control+c`.
    pub fn press(&mut self, app: &str, chord: &str) -> Result<()> {
        self.ask(&json!({"do": "press", "app": app, "chord": chord})).map(drop)
    }

    /// Waits until another page is given this text when it pastes.
    pub fn pasted(&mut self, text: &str) -> Result<()> {
        self.ask(&json!({"do": "pasted", "text": text})).map(drop)
    }

    /// A picture of the page, for people.
    pub fn screenshot(&mut self, file: &Path) -> Result<()> {
        self.ask(&json!({"do": "screenshot", "file": file})).map(drop)
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        let asked = writeln!(self.requests, "{request}");
        let answer = asked.ok().and_then(|()| self.answers.recv_timeout(PATIENCE).ok());
        let Some(answer) = answer else { bail!("{request}: no answer; {}", self.process.log()) };
        let mut answer: Value = serde_json::from_str(&answer).with_context(|| answer.clone())?;
        match answer.get("error") {
            Some(error) => bail!("{request}: {error}"),
            None => Ok(answer["ok"].take()),
        }
    }
}

/// Whether the tests of browsers are installed.
fn there(test: &str, runner: &Path) -> bool {
    runner.is_file() || tools::lacks(test, "tests/browser/node_modules (`make test` installs it)")
}
