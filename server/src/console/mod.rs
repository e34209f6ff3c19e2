//! The console: the socket on which `dormer run`, `apps`, `links` and others speak to a running host of the
//! same user.
//!
//! One JSON object a line in each direction. Only the user who owns the host may connect; the socket's
//! directory is closed to others, and the peer's user id is checked besides.

#![cfg_attr(
    not(test),
    expect(clippy::wildcard_enum_match_arm, reason = "kinds of errors are the standard library's")
)]

mod address;
mod request;
mod standing;

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::{fd::IntoRawFd, unix::net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
    sync::{mpsc, oneshot},
    time,
};
use tracing::warn;

use address::Address;
pub(crate) use request::{Request, Who};
pub(crate) use standing::{MadeLink, OpenLink, Present, Removed, Status};

use crate::{apps::Outcome, catalogue::App, health::Health};

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Answer {
    /// The app runs.
    Started {
        /// Its process.
        pid: u32,
    },
    /// The catalogue.
    Apps(Vec<App>),
    /// The links.
    Link {
        /// For the native viewer.
        native: MadeLink,
        /// For a browser, if those are served.
        browser: Option<MadeLink>,
    },
    /// How an app ended that was started here; nothing of one that is not known.
    Outcome(Option<Outcome>),
    /// How the session is.
    Health(Health),
    /// How the session stands.
    Status(Box<Status>),
    /// The app is offered what was dropped; whether it takes it is its own matter.
    Offered,
    /// Those that are open.
    Links(Vec<OpenLink>),
    /// Those that are here.
    Viewers(Vec<Present>),
    /// Those that had to go.
    Removed(Vec<Removed>),
    /// The session ends. The connection lasts as long as the host's process.
    Stopping {
        /// How many apps are asked to end.
        apps: usize,
    },
    /// It cannot be done.
    Error(String),
}

/// A request with the place for its answer.
pub(crate) type Order = (Request, oneshot::Sender<Answer>);

/// Asks the host whose state directory is `state_dir`.
pub(crate) fn ask(state_dir: &Path, request: &Request) -> Result<Answer> {
    let mut socket = BufReader::new(say(state_dir, request)?);
    hear(&mut socket)
}

/// Asks the host to end. How many apps that ends, and what waits until the host's process is gone.
pub(crate) fn stop(state_dir: &Path) -> Result<(usize, impl FnOnce() -> Result<()>)> {
    let mut socket = BufReader::new(say(state_dir, &Request::Stop)?);
    let answer = hear(&mut socket)?;
    let Answer::Stopping { apps } = answer else {
        return Err(anyhow!("the session gave an unexpected answer ({answer:?}); are both of one version?"));
    };
    let wait = move || {
        // Apps have their time to end, and the host with them.
        socket.get_ref().set_read_timeout(None).context("cannot wait")?;
        match socket.read_to_end(&mut Vec::new()) {
            Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(error).context("cannot wait"),
            _ => Ok(()),
        }
    };
    Ok((apps, wait))
}

fn say(state_dir: &Path, request: &Request) -> Result<UnixStream> {
    let path = crate::paths::console_socket(state_dir);
    let mut socket = Address::of(&path).and_then(UnixStream::connect).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => anyhow!(
            "no session is running with the state directory {}; start one with `dormer serve`, or name another with --session DIR",
            state_dir.display()
        ),
        _ => anyhow!("cannot reach the session at {}: {error}", path.display()),
    })?;
    socket.set_read_timeout(Some(Duration::from_secs(10))).context("cannot set a time-out")?;
    let line = serde_json::to_string(request).context("the request has no JSON form")?;
    writeln!(socket, "{line}").context("the session went away")?;
    Ok(socket)
}

fn hear(socket: &mut BufReader<UnixStream>) -> Result<Answer> {
    let mut answer = String::new();
    socket.read_line(&mut answer).context("the session did not answer")?;
    let answer = serde_json::from_str(&answer)
        .context("the session's answer is not understood; are both of one version?")?;
    if let Answer::Error(reason) = answer { Err(anyhow!(reason)) } else { Ok(answer) }
}

/// The host's end. Removes its socket when dropped.
#[derive(Debug)]
pub(crate) struct Console {
    path: PathBuf,
}

impl Console {
    /// Listens; orders arrive on `orders`. Refuses if another host uses the same state directory.
    pub(crate) fn listen(state_dir: &Path, orders: mpsc::Sender<Order>) -> Result<Self> {
        let path = crate::paths::console_socket(state_dir);
        let address = Address::of(&path).with_context(|| format!("cannot open {}", state_dir.display()))?;
        if UnixStream::connect(&address).is_ok() {
            bail!(
                "another session runs with the state directory {}; end it, or choose another with --state-dir DIR",
                state_dir.display()
            );
        }
        // A leftover of a host that was killed.
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&address);
        let listener = listener.with_context(|| format!("cannot listen on {}", path.display()))?;
        tokio::spawn(accept(listener, orders));
        Ok(Self { path })
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The longest request: a command line is at most as long as the kernel lets it be in one argument.
const MAX_REQUEST: u64 = 128 << 10;

/// How long an asker may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);

async fn accept(listener: UnixListener, orders: mpsc::Sender<Order>) {
    let owner = rustix::process::getuid().as_raw();
    loop {
        match listener.accept().await {
            Ok((socket, _))
                if socket.peer_cred().is_ok_and(|peer| peer.uid() == owner || peer.uid() == 0) =>
            {
                tokio::spawn(time::timeout(PATIENCE, serve(socket, orders.clone())));
            }
            Ok(_) => warn!("somebody else's process tried to use the console; refused"),
            Err(error) => {
                warn!(%error, "the console cannot accept");
                time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(mut socket: tokio::net::UnixStream, orders: mpsc::Sender<Order>) {
    let (reader, mut writer) = socket.split();
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(reader.take(MAX_REQUEST));
    if reader.read_line(&mut line).await.is_err() {
        return;
    }
    let answer = match Request::read(&line) {
        Ok(request) => pass_on(request, &orders).await,
        Err(error) => Answer::Error(format!("not understood: {error}")),
    };
    // Answers are plain data; an asker that went away needs none.
    if let Ok(text) = serde_json::to_string(&answer) {
        let _ = writer.write_all(format!("{text}\n").as_bytes()).await;
    }
    if matches!(answer, Answer::Stopping { .. }) {
        // Left to the system, which closes it when this process has ended: that is what the asker waits for.
        let _ = socket.into_std().map(IntoRawFd::into_raw_fd);
    }
}

async fn pass_on(request: Request, orders: &mpsc::Sender<Order>) -> Answer {
    let ending = || Answer::Error("the session is ending".into());
    let (answer, answered) = oneshot::channel();
    if orders.send((request, answer)).await.is_err() {
        return ending();
    }
    answered.await.unwrap_or_else(|_| ending())
}
