//! What of a QUIC connection is a link's: all of it, or one session within HTTP/3.

use std::{convert::Infallible, future::pending, time::Duration};

use bytes::Bytes;
use protocol::Lane;
use quinn::{Connection, RecvStream, VarInt};

use super::{failures::reason_of, framing};
use crate::close::{CloseReason, Farewell};

/// A QUIC connection that carries one link. Clones are the same connection.
pub(crate) trait QuicSession: Clone + Send + Sync + 'static {
    /// The transport's name in statistics.
    const NAME: &'static str;

    /// The connection itself.
    fn connection(&self) -> &Connection;

    /// What stands before the link's own bytes in each of its unidirectional streams.
    fn stream_prefix(&self) -> &[u8];

    /// What stands before the link's own bytes in each of its datagrams.
    fn datagram_prefix(&self) -> &[u8];

    /// Reads what stands before the link's own bytes in a stream of the peer's; `false` if the stream is not
    /// the link's.
    fn claim(&self, stream: &mut RecvStream) -> impl Future<Output = Result<bool, CloseReason>> + Send;

    /// The link's own bytes of a datagram; `None` if it is not the link's.
    fn own(&self, datagram: Bytes) -> Option<Bytes>;

    /// The least time that the peer has to answer when probed.
    const PROBE_TIMEOUT: Duration;

    /// Grows with every sign that the peer lives.
    fn signs_of_life(&self) -> u64;

    /// Asks whether the peer lives, and returns once it has answered.
    fn answered(&self) -> impl Future<Output = ()> + Send;

    /// Makes an idle peer show that it lives, again and again, if its transport does not by itself.
    fn beat(&self) -> impl Future<Output = Infallible> + Send;

    /// The peer's last word, if it says it otherwise than by closing the connection; else waits for ever.
    fn farewell(&self) -> impl Future<Output = CloseReason> + Send;

    /// What the end of a link means that seemed to end for `reason`: what the peer said is nearer to the
    /// truth than what a stream saw of it.
    fn explain(
        &self,
        reason: CloseReason,
        idle_timeout: Duration,
    ) -> impl Future<Output = CloseReason> + Send;

    /// Says the last word and closes the connection. May be cancelled: then the connection is still to be
    /// closed.
    fn close(&self, farewell: &Farewell) -> impl Future<Output = ()> + Send;
}

/// A connection that is a link's alone.
#[derive(Clone)]
pub(super) struct Plain(pub(super) Connection);

impl QuicSession for Plain {
    const NAME: &'static str = "quic";

    fn connection(&self) -> &Connection {
        &self.0
    }

    fn stream_prefix(&self) -> &[u8] {
        b""
    }

    fn datagram_prefix(&self) -> &[u8] {
        b""
    }

    async fn claim(&self, _: &mut RecvStream) -> Result<bool, CloseReason> {
        Ok(true)
    }

    fn own(&self, datagram: Bytes) -> Option<Bytes> {
        Some(datagram)
    }

    /// Several retransmissions on a path of common length.
    const PROBE_TIMEOUT: Duration = Duration::from_millis(250);

    fn signs_of_life(&self) -> u64 {
        self.0.stats().udp_rx.datagrams
    }

    /// An empty stream of the update lane, which any living peer's QUIC acknowledges without the peer's
    /// doing.
    async fn answered(&self) {
        // When the connection ends meanwhile, its own error says why: here that counts as an answer.
        let Ok(mut stream) = self.0.open_uni().await else { return };
        if framing::write_nothing(&mut stream, Lane::Update).await.is_ok() && stream.finish().is_ok() {
            let _ = stream.stopped().await;
        }
    }

    async fn beat(&self) -> Infallible {
        pending().await
    }

    async fn farewell(&self) -> CloseReason {
        pending().await
    }

    async fn explain(&self, reason: CloseReason, idle_timeout: Duration) -> CloseReason {
        self.0.close_reason().map_or(reason, |error| reason_of(error, idle_timeout))
    }

    async fn close(&self, farewell: &Farewell) {
        self.0.close(VarInt::from_u32(farewell.code as u32), farewell.message.as_bytes());
    }
}
