//! Videos on RTP, beside the updates that they belong to.

pub(crate) mod head;
pub(crate) mod reassemble;
pub(crate) mod rtcp;
pub(crate) mod send;
