//! Waits for orphans: processes whose parent ended before them. They come to a container's first process, and
//! elsewhere to the nearest subreaper, which a host is as well; those that nobody waits for stay in the
//! process table for good.
//!
//! Invariant: nobody's child is taken away. The runtime waits for apps, and the compositor for Xwayland.
//! Linux gives orphans to the first thread of a process, and a thread can wait for its own children alone. So
//! the first thread does nothing but this, and all processes are started by others.

use std::{panic, thread};

use anyhow::{Context, Result};
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    sync::{oneshot, watch},
};
use tracing::{debug, warn};

use crate::processes;

/// Changes whenever orphans ended.
pub(crate) type OrphanEnds = watch::Receiver<()>;

/// `__WNOTHREAD` of `wait4(2)`: children of other threads of this process do not count.
const OWN_THREAD: WaitOptions = WaitOptions::from_bits_retain(0x2000_0000);

/// Runs `host` on a thread of its own and waits for orphans on this one, which must be the process's first
/// and start no processes. What still runs of all that was started is killed in the end.
pub(crate) fn run_with_reaper<T: Send>(host: impl FnOnce(OrphanEnds) -> Result<T> + Send) -> Result<T> {
    if let Err(error) = set_child_subreaper(Some(getpid())) {
        warn!(%error, "what apps leave behind will not end with the host");
    }
    let (ends, heard) = watch::channel(());
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the reaper")?;
    let outcome = thread::scope(|scope| {
        let (running, ended) = oneshot::channel::<()>();
        let host = thread::Builder::new().name("host".to_owned()).spawn_scoped(scope, move || {
            let outcome = host(heard);
            drop(running);
            outcome
        });
        let host = host.context("cannot start the host's thread")?;
        let reaped = runtime.block_on(reap_until(ended, &ends));
        match host.join() {
            Ok(outcome) => reaped.and(outcome),
            Err(panicked) => panic::resume_unwind(panicked),
        }
    });
    processes::kill_all_that_is_left();
    reap();
    outcome
}

async fn reap_until(mut ended: oneshot::Receiver<()>, ends: &watch::Sender<()>) -> Result<()> {
    let mut children = signal(SignalKind::child()).context("cannot hear of orphans")?;
    loop {
        if reap() {
            ends.send_replace(());
        }
        tokio::select! {
            // It is dropped, not sent.
            _ = &mut ended => return Ok(()),
            _ = children.recv() => {}
        }
    }
}

/// Waits for all orphans that have ended. Whether there were any.
fn reap() -> bool {
    let mut reaped = 0_u64;
    // An error is that there are no orphans at all.
    while let Ok(Some((pid, _))) = wait(WaitOptions::NOHANG | OWN_THREAD) {
        debug!(pid = pid.as_raw_nonzero(), "an orphan ended");
        reaped += 1;
    }
    reaped > 0
}
