//! What the test app says about itself, one JSON line each.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One line of the report. Times are microseconds of CLOCK_MONOTONIC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Entry {
    /// A key went down or up.
    Key {
        /// The evdev code.
        key: u32,
        /// Down or up.
        pressed: bool,
        /// When the app read it.
        at: u64,
    },
    /// A button went down or up.
    Button {
        /// The evdev code.
        button: u32,
        /// Down or up.
        pressed: bool,
        /// Where.
        x: i32,
        /// Where.
        y: i32,
        /// When the app read it.
        at: u64,
    },
    /// A key or a button was answered by a picture.
    Reaction {
        /// The input's number, as painted.
        input: u32,
        /// The frame's number, as painted.
        frame: u32,
        /// When the app read the input.
        received: u64,
        /// When the commit was handed to the display.
        committed: u64,
    },
    /// Moving content: a frame was committed.
    Frame {
        /// Its number, as painted.
        frame: u32,
        /// When.
        at: u64,
    },
    /// The window got another size.
    Size {
        /// Width.
        width: u32,
        /// Height.
        height: u32,
    },
    /// The window got or lost the keyboard.
    Focus {
        /// Got.
        held: bool,
    },
    /// A popup was opened, or dismissed by the display.
    Popup {
        /// Open.
        open: bool,
    },
    /// The wheel was turned by this much: in 120ths of a detent.
    Scrolled {
        /// To the right.
        dx: i32,
        /// Down.
        dy: i32,
    },
    /// A finger came down, moved or left.
    Touched {
        /// Which finger.
        finger: i32,
        /// What it did.
        phase: media::TouchPhase,
        /// Where; 0 when it leaves.
        x: i32,
        /// Where; 0 when it leaves.
        y: i32,
    },
    /// An input method shows this, or nothing.
    Composed {
        /// What there is of the text.
        text: String,
        /// Where its selection begins, in bytes; -1: none is shown.
        begin: i32,
        /// Where it ends.
        end: i32,
    },
    /// An input method inserted a text.
    Inserted {
        /// Which.
        text: String,
    },
    /// The pointer was locked, or let go.
    Lock {
        /// Locked.
        held: bool,
    },
    /// A pointer was moved by this much: in 256ths of a unit, as Wayland has it.
    Pushed {
        /// To the right.
        dx: i32,
        /// Down.
        dy: i32,
    },
    /// The window was asked to close.
    Close,
}

impl Entry {
    /// All whole lines that were written to `file` so far; none if there is no file yet.
    pub fn read_all(file: &Path) -> Result<Vec<Entry>> {
        let Ok(text) = std::fs::read_to_string(file) else { return Ok(Vec::new()) };
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).with_context(|| line.to_owned())).collect()
    }
}

/// Where entries go.
#[derive(Debug)]
pub(super) struct Report(Option<File>);

impl Report {
    /// Appends to `file`, or says nothing.
    pub(super) fn new(file: Option<&Path>) -> Result<Self> {
        let open = |file: &Path| {
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(file)
                .with_context(|| file.display().to_string())
        };
        Ok(Self(file.map(open).transpose()?))
    }

    /// Adds one line.
    pub(super) fn add(&mut self, entry: &Entry) -> Result<()> {
        if let Some(file) = &mut self.0 {
            let mut line = serde_json::to_vec(entry)?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        Ok(())
    }
}
