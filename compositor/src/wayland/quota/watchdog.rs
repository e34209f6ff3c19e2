//! Apps whose requests never end.
//!
//! The library below reads requests of one app until none is left, and some of them (`wl_display.sync`) no
//! handler of ours sees. So a second thread looks now and then whether the loop is still at the same app, and
//! how long it has worked on it; if that is very long, it shuts that app's connection, which ends its
//! requests.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use crate::clock::Worked;
use crate::wayland::quota::clients::ClientState;

/// Between two looks.
const TICK: Duration = Duration::from_millis(500);

/// How long the loop may work on one app's requests before its connection is shut. No honest app has so much
/// work done without waiting for anything; pictures do not count, and neither does time in which the loop has
/// no processor.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// How long the loop had worked when the thread met this app first.
    met: Option<Duration>,
}

impl Watch {
    /// Begins to watch the thread that asks, on one of its own.
    pub(crate) fn start() -> std::io::Result<Self> {
        let read: Arc<Mutex<Reading>> = Arc::default();
        let (alive, ended) = mpsc::channel::<()>();
        let (watched, work) = (read.clone(), Worked::of_this_thread());
        if work.look().is_none() {
            tracing::warn!(
                "/proc does not tell how long a thread has worked: apps whose requests never end stay"
            );
        }
        thread::Builder::new().name("compositor watch".into()).spawn(move || {
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                if let Some(work) = work.look() {
                    look(&watched, work.time);
                }
            }
        })?;
        Ok(Self { read, _alive: alive })
    }

    /// An app's requests are about to be read.
    pub(in crate::wayland) fn begin(&self, app: Arc<ClientState>) {
        self.set(Some(app));
    }

    /// They have been.
    pub(in crate::wayland) fn end(&self) {
        self.set(None);
    }

    /// Does what may take long and is not the app's fault.
    pub(in crate::wayland) fn aside<R>(&self, work: impl FnOnce() -> R) -> R {
        let app = self.set(None);
        let done = work();
        self.set(app);
        done
    }

    fn set(&self, app: Option<Arc<ClientState>>) -> Option<Arc<ClientState>> {
        let mut reading = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        mem::replace(&mut *reading, Reading { app, met: None }).app
    }
}

/// Looks at what is read now that the loop has worked for so long.
fn look(reading: &Mutex<Reading>, worked: Duration) {
    let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(app) = reading.app.clone() else { return };
    let met = *reading.met.get_or_insert(worked);
    if worked.saturating_sub(met) > PATIENCE {
        app.shut("its requests never end");
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read, os::unix::net::UnixStream};

    use super::*;
    use crate::wayland::quota::clients::Origin;

    fn open(socket: &UnixStream) -> bool {
        socket.set_nonblocking(true).unwrap();
        let read = (&mut &*socket).read(&mut [0]);
        read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    #[test]
    fn an_app_at_which_the_loop_stays_has_its_connection_shut() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let watch = Watch::start().unwrap();
        watch.begin(Arc::new(ClientState::new(Origin::Session, Some(ours), Arc::default())));
        // This thread is the loop.
        let shut = std::thread::spawn(move || theirs.read(&mut [0]).unwrap());
        while !shut.is_finished() {
            std::hint::spin_loop();
        }
        assert_eq!(shut.join().unwrap(), 0);
    }

    #[test]
    fn an_app_is_not_blamed_for_time_in_which_the_loop_does_not_work() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let watch = Watch { read: Arc::default(), _alive: mpsc::channel().0 };
        watch.begin(Arc::new(ClientState::new(Origin::Session, Some(ours), Arc::default())));
        (0..100_000).for_each(|_| look(&watch.read, Duration::from_secs(7)));
        look(&watch.read, Duration::from_secs(7) + PATIENCE);
        assert!(open(&theirs));
        look(&watch.read, Duration::from_secs(8) + PATIENCE);
        assert!(!open(&theirs));
    }

    #[test]
    fn an_app_that_waits_for_others_goes_on() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let watch = Watch { read: Arc::default(), _alive: mpsc::channel().0 };
        let app = Arc::new(ClientState::new(Origin::Session, Some(ours), Arc::default()));
        let hours = |n: u64| Duration::from_secs(3600 * n);
        watch.begin(app.clone());
        look(&watch.read, hours(1));
        watch.end();
        watch.begin(app.clone());
        look(&watch.read, hours(2));
        watch.aside(|| (3..9).for_each(|n| look(&watch.read, hours(n))));
        look(&watch.read, hours(9));
        watch.end();
        assert!(open(&theirs));
    }
}
