//! The roll call over QUIC: who has neither answered in time nor shown otherwise that it lives is gone.

use tokio::time::timeout;

use super::carrier::Carrier;
use crate::{close::CloseReason, roll_call::RollCalls};

/// The time to answer in round trips, for long paths.
const PATIENCE_IN_ROUND_TRIPS: u32 = 6;

/// Returns when the peer did not answer.
pub(super) async fn unanswered<C: Carrier>(carrier: &C, calls: &mut RollCalls) -> CloseReason {
    loop {
        calls.next().await;
        let patience = C::PATIENCE.max(carrier.connection().rtt() * PATIENCE_IN_ROUND_TRIPS);
        let before = carrier.signs_of_life();
        let answered = timeout(patience, carrier.answered()).await.is_ok();
        if !answered && carrier.signs_of_life() == before {
            return CloseReason::Silence(patience);
        }
    }
}
