//! The headless viewer, spoken to as scripts do.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use base64::{Engine, prelude::BASE64_STANDARD};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Code, Picture, Process, binaries, process::Usage, wait};

/// How much longer than its own time limit an answer may take.
const GRACE: Duration = Duration::from_secs(10);

/// One window's pictures, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Track(pub u64);

/// A window as the viewer lists it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "named as in the automation protocol")]
pub struct Window {
    pub track: Track,
    pub kind: Kind,
    pub parent: Option<Track>,
    pub title: String,
    pub app_id: String,
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
    pub scale: f64,
    pub states: Vec<String>,
    pub exact: bool,
    pub text_input: Option<TextInput>,
    pub locked: bool,
}

/// Where an app takes text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "named as in the automation protocol")]
pub struct TextInput {
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
    pub purpose: String,
    pub multiline: bool,
}

/// What kind of window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A window of its own.
    Toplevel,
    /// A popup of another.
    Popup,
}

/// What can be waited for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// So many toplevels.
    Windows(usize),
    /// So many popups.
    Popups(usize),
    /// A title that contains this.
    Title(String),
    /// The app's exact pixels.
    Exact(Track),
    /// Changed pixels since the last act or look.
    Changed(Track),
    /// The window's end.
    Closed(Track),
    /// The newest resize is answered and drawn.
    Configured(Track),
    /// The app takes text and says where.
    TextInput(Track),
    /// The app has locked the pointer.
    Locked(Track),
    /// Content is dragged, or not.
    Dragging(bool),
}

/// What to do with a key or a button.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// Down and up.
    Tap,
    /// Down.
    Press,
    /// Up.
    Release,
}

/// A headless viewer. Killed when dropped.
#[derive(Debug)]
pub struct Viewer {
    process: Process,
    requests: ChildStdin,
    answers: Receiver<String>,
    next_id: u64,
    /// Requests that were sent and not yet answered.
    open: VecDeque<u64>,
    // Dropped last: the process writes here.
    directory: TempDir,
}

impl Viewer {
    /// Starts a viewer; it joins meanwhile.
    pub fn start(link: &str) -> Result<Self> {
        let directory = TempDir::with_prefix("dormer-view-")?;
        let mut command = Command::new(&binaries()?.view);
        command.args(["--headless", link]).stdin(Stdio::piped()).stdout(Stdio::piped());
        for name in ["DISPLAY", "WAYLAND_DISPLAY"] {
            command.env_remove(name);
        }
        let mut process = Process::start("viewer", &mut command, directory.path())?;
        let requests = process.child().stdin.take().context("stdin is a pipe")?;
        let output = process.child().stdout.take().context("stdout is a pipe")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            // Ends with the viewer, or when nobody listens any more.
            BufReader::new(output).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Ok(Self { process, requests, answers, next_id: 1, open: VecDeque::new(), directory })
    }

    /// Starts a viewer and waits for the first window.
    pub fn with_window(link: &str) -> Result<(Self, Window)> {
        let mut viewer = Self::start(link)?;
        let windows = viewer.wait(Until::Windows(1))?;
        let window =
            windows.into_iter().find(|window| window.kind == Kind::Toplevel).context("waited for it")?;
        Ok((viewer, window))
    }

    /// All windows that have a picture.
    pub fn windows(&mut self) -> Result<Vec<Window>> {
        Ok(serde_json::from_value(self.ask(json!({"do": "windows"}))?)?)
    }

    /// One window.
    pub fn window(&mut self, track: Track) -> Result<Window> {
        let windows = self.windows()?;
        windows
            .into_iter()
            .find(|window| window.track == track)
            .with_context(|| format!("no window {track:?}"))
    }

    /// Waits for a condition.
    pub fn wait(&mut self, until: Until) -> Result<Vec<Window>> {
        self.wait_for(until, wait::PATIENCE)
    }

    /// Waits for a condition for so long.
    pub fn wait_for(&mut self, until: Until, deadline: Duration) -> Result<Vec<Window>> {
        let request = json!({"do": "wait", "until": until, "timeout_ms": deadline.as_millis() as u64});
        let answer = self.ask_within(request, deadline).with_context(|| format!("{until:?}"))?;
        Ok(serde_json::from_value(answer)?)
    }

    /// What a window shows.
    pub fn screenshot(&mut self, track: Track) -> Result<Picture> {
        let file = self.directory.path().join("screenshot.png");
        self.ask(json!({"do": "screenshot", "track": track, "file": file}))?;
        Picture::load(&file)
    }

    /// The code of the test app in a window; `None` while it is not readable.
    pub fn code(&mut self, track: Track) -> Result<Option<Code>> {
        Ok(Code::of(&self.screenshot(track)?))
    }

    /// Looks until a window's picture is as wanted; answers what was looked for.
    pub fn look_until<T>(
        &mut self,
        track: Track,
        what: &str,
        mut wanted: impl FnMut(&Picture) -> Option<T>,
    ) -> Result<T> {
        let end = Instant::now() + wait::PATIENCE;
        loop {
            let picture = self.screenshot(track)?;
            if let Some(found) = wanted(&picture) {
                return Ok(found);
            }
            let left = end.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "looked in vain for {what}");
            // An answer or none, the picture is looked at once more.
            let _ = self.wait_for(Until::Changed(track), left.min(Duration::from_secs(2)));
        }
    }

    /// Looks until the test app's code is as wanted.
    pub fn code_until(&mut self, track: Track, wanted: impl Fn(Code) -> bool) -> Result<Code> {
        self.look_until(track, "the code", |picture| Code::of(picture).filter(|code| wanted(*code)))
    }

    /// A key by its xkb name, also behind modifiers: `ctrl+c`.
    pub fn key(&mut self, track: Track, key: &str, state: Press) -> Result<()> {
        self.ask(json!({"do": "key", "track": track, "key": key, "state": state})).map(drop)
    }

    /// Presses and releases keys one after the other.
    pub fn keys(&mut self, track: Track, keys: &[&str]) -> Result<()> {
        keys.iter().try_for_each(|key| self.key(track, key, Press::Tap))
    }

    /// Types a text.
    pub fn type_text(&mut self, track: Track, text: &str) -> Result<()> {
        self.ask(json!({"do": "type", "track": track, "text": text})).map(drop)
    }

    /// Clicks a button: `left`, `middle`, `right`.
    pub fn click(&mut self, track: Track, x: f64, y: f64, button: &str) -> Result<()> {
        self.ask(json!({"do": "pointer", "track": track, "x": x, "y": y, "button": button, "state": "tap"}))
            .map(drop)
    }

    /// Moves the pointer.
    pub fn point(&mut self, track: Track, x: f64, y: f64) -> Result<()> {
        self.ask(json!({"do": "pointer", "track": track, "x": x, "y": y})).map(drop)
    }

    /// Turns the wheel down by so many detents.
    pub fn scroll(&mut self, track: Track, x: f64, y: f64, dy: f64) -> Result<()> {
        self.ask(json!({"do": "scroll", "track": track, "x": x, "y": y, "dx": 0, "dy": dy})).map(drop)
    }

    /// Asks a window for another size.
    pub fn resize(&mut self, track: Track, width: u32, height: u32) -> Result<()> {
        self.ask(json!({"do": "resize", "track": track, "width": width, "height": height})).map(drop)
    }

    /// Asks a window to close.
    pub fn close(&mut self, track: Track) -> Result<()> {
        self.ask(json!({"do": "close", "track": track})).map(drop)
    }

    /// Gives a window the keyboard.
    pub fn activate(&mut self, track: Track) -> Result<()> {
        self.ask(json!({"do": "activate", "track": track})).map(drop)
    }

    /// Says whether anybody can see a window.
    pub fn visible(&mut self, track: Track, visible: bool) -> Result<()> {
        self.ask(json!({"do": "visible", "track": track, "visible": visible})).map(drop)
    }

    /// Shows a text as an input method composes it.
    pub fn compose(&mut self, track: Track, text: &str) -> Result<()> {
        self.ask(json!({"do": "compose", "track": track, "text": text})).map(drop)
    }

    /// Inserts a text as an input method does.
    pub fn insert(&mut self, track: Track, text: &str) -> Result<()> {
        self.ask(json!({"do": "insert", "track": track, "text": text})).map(drop)
    }

    /// Moves a locked pointer.
    pub fn push(&mut self, track: Track, dx: f64, dy: f64) -> Result<()> {
        self.ask(json!({"do": "push", "track": track, "dx": dx, "dy": dy})).map(drop)
    }

    /// Waits until an app takes text in a window; where.
    pub fn text_input(&mut self, track: Track) -> Result<TextInput> {
        let windows = self.wait(Until::TextInput(track))?;
        let window = windows.into_iter().find(|window| window.track == track);
        window.and_then(|window| window.text_input).context("waited for it")
    }

    /// Puts text on the clipboard.
    pub fn clipboard_set(&mut self, text: &str) -> Result<()> {
        self.clipboard_set_as(TEXT, text.as_bytes())
    }

    /// Puts content of any type on the clipboard, and only that.
    pub fn clipboard_set_as(&mut self, mime: &str, data: &[u8]) -> Result<()> {
        let data = BASE64_STANDARD.encode(data);
        self.ask(json!({"do": "clipboard_set", "mime": mime, "data": data})).map(drop)
    }

    /// The text on the clipboard.
    pub fn clipboard_get(&mut self) -> Result<String> {
        Ok(String::from_utf8(self.clipboard_get_as(TEXT)?)?)
    }

    /// What is on the clipboard of this type.
    pub fn clipboard_get_as(&mut self, mime: &str) -> Result<Vec<u8>> {
        let answer = self.ask(json!({"do": "clipboard_get", "mime": mime}))?;
        let data = answer.get("data").unwrap_or(&answer).as_str().context("clipboard content is base64")?;
        Ok(BASE64_STANDARD.decode(data)?)
    }

    /// Figures, as `--stats` prints them.
    pub fn stats(&mut self) -> Result<Value> {
        self.ask(json!({"do": "stats"}))
    }

    /// One of the figures that only grow: `updates`, `presented`, `received_bytes`, …
    pub fn count(&mut self, figure: &str) -> Result<u64> {
        let stats = self.stats()?;
        stats[figure].as_u64().with_context(|| format!("no figure {figure} in {stats}"))
    }

    /// Leaves politely.
    pub fn quit(mut self) -> Result<ExitStatus> {
        self.send(json!({"do": "quit"}))?;
        self.process.wait(GRACE)
    }

    /// Waits until the viewer has ended by itself; answers how, and all that it said on standard error.
    pub fn ended(mut self, deadline: Duration) -> Result<(ExitStatus, String)> {
        let status = self.process.wait(deadline)?;
        Ok((status, self.process.log()))
    }

    /// Ends the viewer without a chance to say goodbye.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()
    }

    /// Stops the viewer, so that it neither reads nor answers, or lets it go on.
    pub fn freeze(&mut self, frozen: bool) -> Result<()> {
        self.process.signal(if frozen { Signal::STOP } else { Signal::CONT })
    }

    /// What the viewer uses now.
    pub fn usage(&self) -> Result<Usage> {
        self.process.usage()
    }

    /// Sends any request and waits for its answer.
    pub fn ask(&mut self, request: Value) -> Result<Value> {
        self.ask_within(request, wait::PATIENCE)
    }

    /// Sends any request; the answer must come within `deadline` and some grace.
    pub fn ask_within(&mut self, request: Value, deadline: Duration) -> Result<Value> {
        self.send(request)?;
        let mut answer = self.answer(deadline)?;
        while !self.open.is_empty() {
            answer = self.answer(deadline)?;
        }
        answer
    }

    /// Sends a request without waiting for its answer.
    pub fn send(&mut self, mut request: Value) -> Result<()> {
        let id = self.next_id;
        self.next_id += 1;
        request["id"] = id.into();
        let mut line = serde_json::to_vec(&request)?;
        line.push(b'\n');
        self.requests.write_all(&line).with_context(|| self.gone())?;
        self.open.push_back(id);
        Ok(())
    }

    /// The answer to the oldest open request. The outer error means that the viewer is broken, the inner that
    /// it refused.
    pub fn answer(&mut self, deadline: Duration) -> Result<Result<Value>> {
        let line = self.answers.recv_timeout(deadline + GRACE).with_context(|| self.gone())?;
        let mut answer: Value = serde_json::from_str(&line).with_context(|| format!("an answer: {line}"))?;
        let expected = self.open.pop_front();
        if answer["id"].as_u64() != expected {
            bail!("answer {line} came, an answer to {expected:?} was due");
        }
        match answer.get("error") {
            Some(error) => Ok(Err(anyhow::anyhow!("the viewer answered: {error}"))),
            None => Ok(Ok(answer["ok"].take())),
        }
    }

    fn gone(&self) -> String {
        format!("the viewer does not answer; it said:\n{}", self.process.log())
    }
}

const TEXT: &str = "text/plain;charset=utf-8";
