//! From a connection to a viewer that was admitted: the same rules for every transport.
//!
//! 1. A pending peer says hello within a time, or it is gone.
//! 2. [`Admission::admit`] decides. What was wrong is counted against the peer's address prefix, and its
//!    place is given back before it is told, which may take a second. Where the prefix was wrong too often,
//!    the peer is told only to wait.
//! 3. A refused peer is told why on the control lane, then by the transport's own farewell.

use std::{net::SocketAddr, time::Instant};

use bytes::Bytes;
use protocol::{
    control::{Hello, Refusal, RefusalCode, ToViewer},
    encode,
};
use thiserror::Error;
use tokio::time::timeout_at;

use crate::{
    admission::{Admission, Grant, pre_auth::Permit},
    close::{CloseReason, Farewell},
    link::{HostLink, Joined},
    ticket::UnixSeconds,
};

/// A connection whose peer was not admitted yet: all that a transport does by itself.
pub(crate) trait PendingPeer: Send + Sized {
    /// Gets as far as the first message, and reads it. Called once.
    fn hello(&mut self) -> impl Future<Output = Result<Hello, NoHello>> + Send;

    /// What is still to be done before the link begins, within the same time.
    fn settle(&mut self) -> impl Future<Output = Result<(), NoHello>> + Send {
        std::future::ready(Ok(()))
    }

    /// Sends a last message on the control lane, then the farewell, and waits until it was heard, for about a
    /// second.
    fn refuse(self, message: Bytes, farewell: Farewell) -> impl Future<Output = ()> + Send;

    /// Ends the connection without a word.
    fn close(self);
}

/// Why there was no hello.
#[derive(Debug)]
pub(crate) enum NoHello {
    /// What came is none, or breaks the protocol: the peer is to be told.
    Breach(String),
    /// It had no right to come here, and was told by the transport.
    Told(String),
    /// It left.
    Lost(String),
}

/// A viewer that was admitted. Its ticket was taken out of the hello.
pub(crate) struct Admitted<P> {
    pub(crate) peer: P,
    pub(crate) hello: Hello,
    pub(crate) grant: Grant,
    /// Holding it while the host is busy keeps the queue of those who wait short.
    pub(crate) permit: Permit,
}

/// Why a pending peer did not join. It was told already.
#[derive(Debug, Error)]
pub enum Rejected {
    /// It has no right to.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// The transport did not let it in.
    #[error("{0}")]
    Told(String),
    /// It said nothing in time.
    #[error("it did not say hello in time")]
    Silence,
    /// It left.
    #[error("{0}")]
    Lost(String),
}

impl Admission {
    /// Hears and judges a pending peer until `deadline`.
    pub(crate) async fn receive<P: PendingPeer>(
        &self,
        mut peer: P,
        permit: Permit,
        deadline: Instant,
    ) -> Result<Admitted<P>, Rejected> {
        let judged = timeout_at(deadline.into(), self.hear(&mut peer)).await;
        let rejected = match judged {
            Ok(Ok((hello, grant))) => return Ok(Admitted { peer, hello, grant, permit }),
            Ok(Err(rejected)) => rejected,
            Err(_) => Rejected::Silence,
        };
        let counted =
            if matches!(rejected, Rejected::Lost(_)) { Ok(()) } else { permit.fail(Instant::now()) };
        drop(permit);
        let rejected = match (rejected, counted) {
            (Rejected::Refused(_), Err(wait)) => {
                Rejected::Refused(Refusal { code: RefusalCode::Full, message: wait.to_string() })
            }
            (rejected, _) => rejected,
        };
        match &rejected {
            Rejected::Refused(refusal) => tell(peer, refusal.clone()).await,
            Rejected::Told(_) | Rejected::Silence | Rejected::Lost(_) => peer.close(),
        }
        Err(rejected)
    }

    async fn hear(&self, peer: &mut impl PendingPeer) -> Result<(Hello, Grant), Rejected> {
        let mut hello = peer.hello().await?;
        let grant = self.admit(&hello, UnixSeconds::now()).map_err(Rejected::Refused)?;
        hello.ticket.clear();
        peer.settle().await?;
        Ok((hello, grant))
    }
}

/// Tells a peer why it does not join, and ends the connection.
pub(crate) async fn tell(peer: impl PendingPeer, refusal: Refusal) {
    let farewell = CloseReason::Refused(refusal.clone()).farewell();
    peer.refuse(encode(&ToViewer::Refused(refusal)).into(), farewell).await;
}

impl From<NoHello> for Rejected {
    fn from(reason: NoHello) -> Self {
        match reason {
            NoHello::Breach(message) => Rejected::Refused(Refusal { code: RefusalCode::Protocol, message }),
            NoHello::Told(reason) => Rejected::Told(reason),
            NoHello::Lost(reason) => Rejected::Lost(reason),
        }
    }
}

impl Rejected {
    /// Notes it: what somebody tried who has no right is of interest, who merely left is not.
    pub(crate) fn log(&self, address: SocketAddr) {
        match self {
            Rejected::Lost(_) => tracing::debug!(%address, reason = %self, "a pending peer left"),
            Rejected::Refused(_) | Rejected::Told(_) | Rejected::Silence => {
                tracing::info!(%address, reason = %self, "refused a viewer");
            }
        }
    }
}

/// The joined viewer whose link this is, as the host gets it.
pub(crate) fn joined(link: HostLink, hello: Hello, grant: Grant, address: SocketAddr) -> Joined {
    let Grant { version, role, right, ticket, expires } = grant;
    tracing::debug!(%address, ?role, ?ticket, agent = %crate::close::clean(&hello.agent), "a viewer joined");
    Joined { link, hello, version, role, right, ticket, expires, address }
}
