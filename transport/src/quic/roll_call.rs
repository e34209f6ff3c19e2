//! Are you all still there? Asked by the host of every link whenever somebody joins.
//!
//! A viewer that was killed says no goodbye, and silence alone tells so only after the idle time-out. Meanwhile it would
//! hold a place among the viewers, perhaps the seat, and whoever returns after a crash would find its own ghost there.
//! So a newcomer is the occasion to ask: each link gets an empty stream, which any living peer's QUIC acknowledges
//! without the peer's doing. Who has neither done that in time nor sent anything else is gone.

use std::time::Duration;

use protocol::Lane;
use quinn::Connection;
use tokio::{sync::watch, time::timeout};

use super::framing;
use crate::close::CloseReason;

/// The least time that a link has to answer: several retransmissions on a path of common length.
const PATIENCE: Duration = Duration::from_millis(250);

/// The same in round trips, for long paths.
const PATIENCE_IN_ROUND_TRIPS: u32 = 6;

/// Asks all links of a host.
#[derive(Clone, Debug)]
pub(super) struct RollCall(watch::Sender<u64>);

/// Hears when a link is asked.
pub(super) type RollCalls = watch::Receiver<u64>;

impl RollCall {
    /// Nobody was asked yet.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    /// Asks all who listen.
    pub(super) fn ask(&self) {
        self.0.send_modify(|calls| *calls += 1);
    }

    /// Hears what is asked from now on.
    pub(super) fn listen(&self) -> RollCalls {
        self.0.subscribe()
    }
}

/// Returns when the peer did not answer. Calls that come while one is under way become one more.
pub(super) async fn unanswered(connection: &Connection, calls: &mut RollCalls) -> CloseReason {
    loop {
        if calls.changed().await.is_err() {
            // The host closed: its links end by themselves.
            return std::future::pending().await;
        }
        let patience = PATIENCE.max(connection.rtt() * PATIENCE_IN_ROUND_TRIPS);
        let before = connection.stats().udp_rx.datagrams;
        let answered = timeout(patience, acknowledged(connection)).await.is_ok();
        if !answered && connection.stats().udp_rx.datagrams == before {
            return CloseReason::Silence(patience);
        }
    }
}

/// Sends an empty stream of the update lane, and waits until all of it was acknowledged.
async fn acknowledged(connection: &Connection) {
    // When the connection ends meanwhile, its own error says why: here that counts as an answer.
    let Ok(mut stream) = connection.open_uni().await else { return };
    if framing::write_nothing(&mut stream, Lane::Update).await.is_ok() && stream.finish().is_ok() {
        let _ = stream.stopped().await;
    }
}
