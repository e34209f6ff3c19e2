//! Apps whose requests never end.
//!
//! The library below reads requests of one app until none is left, and some of them (`wl_display.sync`) no handler of
//! ours sees. So a second thread looks now and then whether the loop is still at the same app; then it shuts that
//! app's connection, which ends its requests.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use super::limits::ClientState;

/// Between two looks. No honest app is read for so long as several: it has to wait for answers.
const TICK: Duration = Duration::from_millis(500);

/// How many looks in a row meet the same app at the same turn before its connection is shut. Looks are counted, not time:
/// on a machine that stands still, neither thread goes on.
const PATIENCE: u32 = 4;

/// Which app is read now.
#[derive(Debug)]
pub(crate) struct Watch {
    read: Arc<Mutex<Reading>>,
    /// Its end ends the thread.
    _alive: Sender<()>,
}

#[derive(Debug, Default)]
struct Reading {
    app: Option<Arc<ClientState>>,
    /// How often the thread has met it.
    met: u32,
}

impl Watch {
    /// Begins to watch, on a thread of its own.
    pub(crate) fn start() -> std::io::Result<Self> {
        let read: Arc<Mutex<Reading>> = Arc::default();
        let (alive, ended) = mpsc::channel::<()>();
        let watched = read.clone();
        thread::Builder::new().name("compositor watch".into()).spawn(move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                look(&watched);
            }
        })?;
        Ok(Self { read, _alive: alive })
    }

    /// An app's requests are about to be read.
    pub(super) fn begin(&self, app: Arc<ClientState>) {
        self.set(Some(app));
    }

    /// They have been.
    pub(super) fn end(&self) {
        self.set(None);
    }

    /// Does what may take long and is not the app's fault.
    pub(super) fn aside<R>(&self, work: impl FnOnce() -> R) -> R {
        let app = self.set(None);
        let done = work();
        self.set(app);
        done
    }

    fn set(&self, app: Option<Arc<ClientState>>) -> Option<Arc<ClientState>> {
        let mut reading = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut *reading, Reading { app, met: 0 }).app
    }
}

fn look(reading: &Mutex<Reading>) {
    let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(app) = reading.app.clone() else { return };
    reading.met += 1;
    if reading.met == PATIENCE {
        app.shut("its requests never end");
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, os::unix::net::UnixStream};

    use super::*;

    #[test]
    fn an_app_at_which_the_loop_stays_has_its_connection_shut() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let watch = Watch::start().unwrap();
        watch.begin(Arc::new(ClientState::new(Some(ours), Arc::default())));
        assert_eq!(theirs.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn an_app_that_is_met_once_or_waits_for_others_goes_on() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.set_nonblocking(true).unwrap();
        let watch = Watch { read: Arc::default(), _alive: mpsc::channel().0 };
        let app = Arc::new(ClientState::new(Some(ours), Arc::default()));
        watch.begin(app.clone());
        look(&watch.read);
        watch.end();
        watch.begin(app.clone());
        watch.aside(|| (0..PATIENCE).for_each(|_| look(&watch.read)));
        watch.end();
        let open = (&theirs).read(&mut [0]).unwrap_err();
        assert_eq!(open.kind(), std::io::ErrorKind::WouldBlock);
    }
}
