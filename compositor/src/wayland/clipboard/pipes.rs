//! Pipes to and from apps that may be slow, silent or endless: never waited for, bounded in size and time.

use std::{
    cell::RefCell,
    io,
    os::fd::{AsFd, OwnedFd},
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use rustix::{
    fs::{OFlags, fcntl_getfl, fcntl_setfl},
    io::Errno,
};
use smithay::reexports::calloop::{
    Interest, LoopHandle, Mode, PostAction, RegistrationToken,
    generic::Generic,
    timer::{TimeoutAction, Timer},
};

use crate::wayland::State;

/// The longest content that goes through a pipe.
pub(in crate::wayland) const MAX_BYTES: usize = 16 << 20;

/// How long an app may take for all of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asked of one pipe at a time, so that a fast writer does not keep the loop from others.
const CHUNK: usize = 64 << 10;

type Events = LoopHandle<'static, State>;

/// The two sources of one transfer: the pipe and the clock. Whichever ends it removes the other.
#[derive(Default)]
struct Sources {
    pipe: Option<RegistrationToken>,
    timeout: Option<RegistrationToken>,
}

/// A pipe: its end to read and its end to write.
pub(in crate::wayland) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?)
}

/// Reads all that comes out of a pipe, then calls `done`: with `None` if it was too much or took too long.
pub(in crate::wayland) fn read(
    events: &Events,
    pipe: OwnedFd,
    done: impl FnOnce(&mut State, Option<Bytes>) + 'static,
) {
    let mut content = Vec::new();
    transfer(events, pipe, Interest::READ, done, move |pipe| {
        let mut chunk = vec![0; CHUNK];
        match rustix::io::read(pipe, &mut chunk) {
            Ok(0) => Step::Done(Some(std::mem::take(&mut content).into())),
            Ok(n) if content.len() + n > MAX_BYTES => {
                tracing::warn!(limit = MAX_BYTES, "an app's clipboard content is too long");
                Step::Done(None)
            }
            Ok(n) => {
                content.extend_from_slice(&chunk[..n]);
                Step::More
            }
            Err(Errno::AGAIN | Errno::INTR) => Step::More,
            Err(_) => Step::Done(None),
        }
    });
}

/// Writes `content` into a pipe and closes it.
pub(in crate::wayland) fn write(events: &Events, pipe: OwnedFd, content: Bytes) {
    let mut rest = content;
    transfer(
        events,
        pipe,
        Interest::WRITE,
        |_, _| (),
        move |pipe| {
            if rest.is_empty() {
                return Step::Done(None);
            }
            match rustix::io::write(pipe, &rest[..rest.len().min(CHUNK)]) {
                Ok(n) => {
                    let _ = rest.split_to(n);
                    if rest.is_empty() { Step::Done(None) } else { Step::More }
                }
                Err(Errno::AGAIN | Errno::INTR) => Step::More,
                // The app closed its end: it does not want the rest.
                Err(_) => Step::Done(None),
            }
        },
    );
}

enum Step {
    More,
    Done(Option<Bytes>),
}

fn transfer(
    events: &Events,
    pipe: OwnedFd,
    interest: Interest,
    done: impl FnOnce(&mut State, Option<Bytes>) + 'static,
    mut step: impl FnMut(&OwnedFd) -> Step + 'static,
) {
    if let Err(error) = unblock(&pipe) {
        tracing::debug!(%error, "an app's pipe cannot be used without blocking");
        events.insert_idle(move |state| done(state, None));
        return;
    }
    let sources = Rc::new(RefCell::new(Sources::default()));
    // Whoever comes first, pipe or clock, takes it.
    let done = Rc::new(RefCell::new(Some(done)));

    let (own, finish) = (sources.clone(), done.clone());
    let source = Generic::new(pipe, interest, Mode::Level);
    let inserted = events.insert_source(source, move |_, pipe, state: &mut State| match step(pipe) {
        Step::More => Ok(PostAction::Continue),
        Step::Done(content) => {
            if let Some(timeout) = own.borrow_mut().timeout.take() {
                state.events.remove(timeout);
            }
            if let Some(done) = finish.borrow_mut().take() {
                done(state, content);
            }
            Ok(PostAction::Remove)
        }
    });
    match inserted {
        Ok(token) => sources.borrow_mut().pipe = Some(token),
        Err(error) => {
            tracing::debug!(%error, "an app's pipe cannot be watched");
            if let Some(done) = done.borrow_mut().take() {
                events.insert_idle(move |state| done(state, None));
            }
            return;
        }
    }

    let own = sources.clone();
    let inserted = events.insert_source(Timer::from_duration(PATIENCE), move |_, (), state| {
        if let Some(pipe) = own.borrow_mut().pipe.take() {
            state.events.remove(pipe);
        }
        if let Some(done) = done.borrow_mut().take() {
            tracing::info!("a clipboard transfer took too long");
            done(state, None);
        }
        TimeoutAction::Drop
    });
    match inserted {
        Ok(token) => sources.borrow_mut().timeout = Some(token),
        Err(error) => tracing::warn!(%error, "a clipboard transfer has no time limit"),
    }
}

fn unblock(pipe: impl AsFd) -> rustix::io::Result<()> {
    let flags = fcntl_getfl(&pipe)?;
    fcntl_setfl(&pipe, flags | OFlags::NONBLOCK)
}
