//! Commands that people want to have started in the session.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use tokio::{sync::oneshot, time::timeout};

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
        match (apps.start(&words, directory), apps.env().lacks) {
            (Ok(pid), Some(lacks)) => {
                let failed = apps.tell_of_failure(pid);
                tokio::spawn(answer_soon(pid, failed, lacks, answer));
            }
            // An asker that went away needs no answer.
            (Ok(pid), None) => drop(answer.send(Answer::Started { pid })),
            (Err(error), _) => drop(answer.send(Answer::Error(error.to_string()))),
        }
    }
}

/// How long an app that finds no display of its kind takes at most to give up.
const GIVES_UP: Duration = Duration::from_secs(1);

/// Nobody knows of a program whether it is one of those that cannot run here. It is seen whether it gives up
/// at once.
async fn answer_soon(
    pid: u32,
    failed: oneshot::Receiver<String>,
    lacks: &str,
    answer: oneshot::Sender<Answer>,
) {
    let answered = match timeout(GIVES_UP, failed).await {
        Ok(Ok(failure)) => Answer::Error(format!("{failure} at once. {lacks}")),
        Ok(Err(_)) | Err(_) => Answer::Started { pid },
    };
    let _ = answer.send(answered);
}
