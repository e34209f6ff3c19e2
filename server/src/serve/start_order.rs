//! Commands that people want to have started in the session.

use std::{ffi::OsString, path::PathBuf};

use tokio::sync::oneshot;

use crate::{apps::Apps, catalogue, console::Answer};

/// A command to be started.
#[derive(Debug)]
pub(super) struct StartOrder {
    words: Vec<OsString>,
    directory: Option<PathBuf>,
    answer: oneshot::Sender<Answer>,
}

impl StartOrder {
    /// The words to start: a single one may be an app's id. Reads files.
    pub(super) fn look_up(
        command: Vec<String>,
        directory: Option<PathBuf>,
        answer: oneshot::Sender<Answer>,
    ) -> Self {
        let from_catalogue = match command.as_slice() {
            [id] => catalogue::find(id).map(|app| app.command),
            _ => None,
        };
        let words = from_catalogue.unwrap_or(command).into_iter().map(OsString::from).collect();
        Self { words, directory: directory.filter(|path| path.is_dir()), answer }
    }

    /// Starts it, and answers whether that went well.
    pub(super) fn carry_out(self, apps: &mut Apps) {
        let Self { words, directory, answer } = self;
        // An asker that went away needs no answer.
        let _ = answer.send(match apps.start(&words, directory) {
            Ok(pid) => Answer::Started { pid },
            Err(error) => Answer::Error(error.to_string()),
        });
    }
}
