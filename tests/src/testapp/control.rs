//! Commands to the test app over a socket: one JSON line each way, in order. Both ends live here.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::scene::Scene;
use crate::Code;

/// What can be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Command {
    /// Write the window's own pixels to a PNG file.
    Dump(PathBuf),
    /// Say what is painted.
    State,
    /// Start or stop moving.
    Motion(Option<u32>),
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    input: u32,
    frame: u32,
    width: u32,
    height: u32,
    error: Option<String>,
}

/// The test's end.
#[derive(Debug)]
pub struct Remote {
    stream: BufReader<UnixStream>,
}

impl Remote {
    /// Connects to an app that was started with `--control socket` and waits until it runs.
    pub fn connect(socket: &Path, deadline: Duration) -> Result<Self> {
        let stream = crate::wait::until(deadline, "the test app's control socket", || {
            Ok(UnixStream::connect(socket).ok())
        })?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Writes the app's own pixels to a PNG file; answers the code that they show.
    pub fn dump(&mut self, file: &Path) -> Result<Code> {
        self.ask(&Command::Dump(file.to_owned())).map(|state| state.code())
    }

    /// The code that the app painted last.
    pub fn code(&mut self) -> Result<Code> {
        self.ask(&Command::State).map(|state| state.code())
    }

    /// The size that the app has now.
    pub fn size(&mut self) -> Result<(u32, u32)> {
        self.ask(&Command::State).map(|state| (state.width, state.height))
    }

    /// Starts moving content, or stops it.
    pub fn motion(&mut self, fps: Option<u32>) -> Result<Code> {
        self.ask(&Command::Motion(fps)).map(|state| state.code())
    }

    fn ask(&mut self, command: &Command) -> Result<State> {
        let mut line = serde_json::to_vec(command)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).context("the test app does not answer")?;
        let state: State = serde_json::from_str(&answer).context("the test app is gone")?;
        ensure!(state.error.is_none(), "the test app says: {}", state.error.unwrap_or_default());
        Ok(state)
    }
}

impl State {
    fn code(&self) -> Code {
        Code { input: self.input, frame: self.frame }
    }
}

/// The app's end.
#[derive(Debug, Default)]
pub(super) struct Control {
    listener: Option<UnixListener>,
    stream: Option<BufReader<UnixStream>>,
}

impl Control {
    /// Listens on `socket`, or on nothing.
    pub(super) fn new(socket: Option<&Path>) -> Result<Self> {
        let listener = socket.map(UnixListener::bind).transpose().context("the control socket")?;
        Ok(Self { listener, stream: None })
    }

    /// What to poll for reading.
    pub(super) fn sources(&self) -> impl Iterator<Item = &dyn std::os::fd::AsFd> {
        let stream = self.stream.as_ref().map(|stream| stream.get_ref() as &dyn std::os::fd::AsFd);
        let listener = self.listener.as_ref().map(|listener| listener as &dyn std::os::fd::AsFd);
        // One peer at a time; the next is accepted when it has gone.
        stream.or(listener).into_iter()
    }

    /// Serves what is readable, after a poll said that something is.
    pub(super) fn serve(&mut self, scene: &mut Scene) -> Result<()> {
        let Some(stream) = &mut self.stream else {
            let listener = self.listener.as_ref().expect("only a listener can have been readable");
            self.stream = Some(BufReader::new(listener.accept()?.0));
            return Ok(());
        };
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            self.stream = None;
            return Ok(());
        }
        let done = obey(serde_json::from_str(&line)?, scene);
        let (code, size) = (scene.code(), scene.size());
        let error = done.err().map(|error| format!("{error:#}"));
        let state = State { input: code.input, frame: code.frame, width: size.w, height: size.h, error };
        let mut answer = serde_json::to_vec(&state)?;
        answer.push(b'\n');
        // A peer that went away meanwhile is noticed at the next read.
        stream.get_mut().write_all(&answer).or(Ok(()))
    }
}

fn obey(command: Command, scene: &mut Scene) -> Result<()> {
    match command {
        Command::Dump(file) => scene.picture().save(&file),
        Command::State => Ok(()),
        Command::Motion(fps) => {
            scene.set_motion(fps);
            Ok(())
        }
    }
}
