//! The roll call over QUIC: each link gets an empty stream, which any living peer's QUIC acknowledges without the peer's
//! doing. Who has neither done that in time nor sent anything else is gone.

use std::time::Duration;

use protocol::Lane;
use tokio::time::timeout;

use super::{carrier::Carrier, framing};
use crate::{close::CloseReason, roll_call::RollCalls};

/// The least time that a link has to answer: several retransmissions on a path of common length.
const PATIENCE: Duration = Duration::from_millis(250);

/// The same in round trips, for long paths.
const PATIENCE_IN_ROUND_TRIPS: u32 = 6;

/// Returns when the peer did not answer.
pub(super) async fn unanswered(carrier: &impl Carrier, calls: &mut RollCalls) -> CloseReason {
    let connection = carrier.connection();
    loop {
        calls.next().await;
        let patience = PATIENCE.max(connection.rtt() * PATIENCE_IN_ROUND_TRIPS);
        let before = connection.stats().udp_rx.datagrams;
        let answered = timeout(patience, acknowledged(carrier)).await.is_ok();
        if !answered && connection.stats().udp_rx.datagrams == before {
            return CloseReason::Silence(patience);
        }
    }
}

/// Sends an empty stream of the update lane, and waits until all of it was acknowledged.
async fn acknowledged(carrier: &impl Carrier) {
    // When the connection ends meanwhile, its own error says why: here that counts as an answer.
    let Ok(mut stream) = carrier.connection().open_uni().await else { return };
    if framing::write_nothing(&mut stream, carrier.stream_prefix(), Lane::Update).await.is_ok()
        && stream.finish().is_ok()
    {
        let _ = stream.stopped().await;
    }
}
