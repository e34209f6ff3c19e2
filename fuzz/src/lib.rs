//! What the targets share: the law that whatever decodes survives the round trip.

use protocol::{Lane, decode, encode};
use serde::{Serialize, de::DeserializeOwned};

/// Decodes bytes as one message of a lane. What decodes must survive the round trip; compared as bytes, since
/// a NaN does not equal itself.
pub fn round_trip<M: Serialize + DeserializeOwned>(lane: Lane, bytes: &[u8]) {
    let Ok(message) = decode::<M>(lane, bytes) else { return };
    let ours = encode(&message);
    if ours.len() <= lane.max_message() {
        let again: M = decode(lane, &ours).expect("our own bytes decode");
        assert_eq!(encode(&again), ours);
    }
}
