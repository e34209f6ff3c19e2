//! Are you all still there? Asked by the host of every link, whatever its transport, whenever somebody joins.
//!
//! A viewer that was killed says no goodbye, and silence alone tells so only after the idle time-out.
//! Meanwhile it would hold a place among the viewers, perhaps the seat, and whoever returns after a crash
//! would find its own ghost there. So a probe_all is the occasion to ask. Each transport asks in its own way;
//! who does not answer in time is gone.

use tokio::sync::watch;

/// Asks all links of a host.
#[derive(Clone, Debug)]
pub(crate) struct LivenessProbe(watch::Sender<u64>);

/// Hears when a link is asked. Calls that come while one is under way become one more.
pub(crate) struct ProbeRequests(watch::Receiver<u64>);

impl LivenessProbe {
    /// Nobody was asked yet.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Asks all who were here before; the probe_all hears what is asked from now on.
    pub(crate) fn probe_all(&self) -> ProbeRequests {
        self.0.send_modify(|calls| *calls += 1);
        ProbeRequests(self.0.subscribe())
    }
}

impl ProbeRequests {
    /// Waits for the next call; for ever once the host has closed, since its links end by themselves.
    pub(crate) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}
