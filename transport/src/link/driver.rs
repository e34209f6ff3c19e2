//! The border between a link's handles and the task that drives it over one transport.

use std::sync::{Arc, OnceLock, atomic::AtomicU64};

use bytes::Bytes;
use protocol::Lane;
use tokio::sync::{oneshot, watch};

use super::{DetachedVideo, End, Link, Requests, Sender, Shared};
use crate::{
    close::{CloseReason, Farewell},
    lane_queue::{Bound, PushError, QueueReceiver, QueueSender, Share, lane_queue},
    stats::Probe,
};

/// One encoded message on its way.
#[derive(Clone, Debug)]
pub(crate) struct QueuedMessage {
    pub(crate) lane: Lane,
    /// Among updates the higher goes first.
    pub(crate) priority: i32,
    pub(crate) bytes: Bytes,
    /// What travels beside it.
    pub(crate) video: Option<Box<DetachedVideo>>,
}

impl QueuedMessage {
    /// All its bytes.
    pub(crate) fn length(&self) -> usize {
        let units = self.video.iter().flat_map(|video| &video.units);
        self.bytes.len() + units.map(|unit| unit.data.len()).sum::<usize>()
    }
}

/// The most messages that have come in and were not taken yet.
const INBOX_ITEMS: usize = 512;

/// What the task that drives a link works with.
pub(crate) struct Driver<E: End> {
    pub(crate) outgoing: Outgoing,
    pub(crate) inbox: Inbox<E>,
    pub(crate) requests: RequestReceiver,
    end: LinkEnd,
}

/// What the handles sent. Queues that an end does not use stay empty.
pub(crate) struct Outgoing {
    pub(crate) control: QueueReceiver<QueuedMessage>,
    pub(crate) input: QueueReceiver<QueuedMessage>,
    pub(crate) updates: QueueReceiver<QueuedMessage>,
    pub(crate) unreliable: QueueReceiver<QueuedMessage>,
}

/// What is assumed of a path before anything was measured, in bits a second.
const UNKNOWN_RATE: u64 = 10_000_000;

/// Makes the two sides of one end of a link.
pub(crate) fn link<E: End>(probe: Box<dyn Probe>) -> (Link<E>, Driver<E>) {
    make(probe, None)
}

/// The same for a transport that has a way of its own for videos.
pub(crate) fn link_with_detached_video<E: End>(probe: Box<dyn Probe>) -> (Link<E>, Driver<E>) {
    make(probe, Some(AtomicU64::new(UNKNOWN_RATE)))
}

fn make<E: End>(probe: Box<dyn Probe>, detached_video_rate: Option<AtomicU64>) -> (Link<E>, Driver<E>) {
    let (control, control_out) = lane_queue(bound(Lane::Control));
    let (input, input_out) = lane_queue(bound(Lane::Input));
    let (updates, updates_out) = lane_queue(bound(Lane::Update));
    // Motion and feedback share one.
    let (unreliable, unreliable_out) = lane_queue(bound(Lane::Motion));
    let (inbox, incoming) = lane_queue(Bound { items: INBOX_ITEMS, bytes: E::INBOX_BYTES });
    let (requests, request_receiver) = watch::channel(Requests::default());
    let (finish, finished) = oneshot::channel();
    let shared = Arc::new(Shared { requests, closed: OnceLock::new(), probe, detached_video_rate });
    let sender = Sender {
        control,
        input,
        updates,
        unreliable,
        shared: Arc::clone(&shared),
        end: std::marker::PhantomData,
    };
    let driver = Driver {
        outgoing: Outgoing {
            control: control_out,
            input: input_out,
            updates: updates_out,
            unreliable: unreliable_out,
        },
        inbox: Inbox { queue: inbox },
        requests: RequestReceiver { requests: request_receiver, network_changes: 0 },
        end: LinkEnd { shared, finish },
    };
    (Link { sender, incoming, finished }, driver)
}

/// The bound of a lane's queue.
fn bound(lane: Lane) -> Bound {
    let spec = lane.spec();
    Bound { items: spec.max_queued, bytes: spec.max_queued_bytes }
}

impl<E: End> Driver<E> {
    /// Takes the driver apart: what the lanes need, and what ends the link.
    pub(crate) fn into_parts(self) -> (Outgoing, Inbox<E>, RequestReceiver, LinkEnd) {
        (self.outgoing, self.inbox, self.requests, self.end)
    }
}

/// Ends a link: first says why, later that nothing is left to do.
pub(crate) struct LinkEnd {
    shared: Arc<Shared>,
    finish: oneshot::Sender<()>,
}

impl LinkEnd {
    /// Says why the link ended. All clones of the inbox must be gone for the handle to hear it.
    pub(crate) fn closed(&self, reason: CloseReason) {
        // Only the first reason counts.
        let _ = self.shared.closed.set(reason);
    }

    /// The other end was told.
    pub(crate) fn finished(self) {
        // The handle may be gone: then nobody waits.
        let _ = self.finish.send(());
    }
}

/// Hears what the handles ask for.
#[derive(Clone)]
pub(crate) struct RequestReceiver {
    requests: watch::Receiver<Requests>,
    /// Changes of the network that were told already.
    network_changes: u64,
}

impl RequestReceiver {
    /// Waits until the handles want the link closed.
    pub(crate) async fn close(&mut self) -> (CloseReason, Farewell) {
        match self.requests.wait_for(|requests| requests.close.is_some()).await {
            Ok(requests) => requests.close.clone().expect("just waited for"),
            // The driver's end holds the other half as long as it lives.
            Err(_) => (CloseReason::Local, CloseReason::Local.farewell()),
        }
    }

    /// Waits for the next change of the network.
    pub(crate) async fn network_change(&mut self) {
        let seen = self.network_changes;
        let changes = self.requests.wait_for(|requests| requests.network_changes > seen).await;
        match changes.map(|requests| requests.network_changes) {
            Ok(changes) => self.network_changes = changes,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Where a transport puts what has come in.
pub(crate) struct Inbox<E: End> {
    queue: QueueSender<E::Incoming>,
}

impl<E: End> Clone for Inbox<E> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<E: End> Inbox<E> {
    /// Checks the length of a message that is announced on `lane`, and waits until there is room for it.
    pub(crate) async fn admit(&self, lane: Lane, length: usize) -> Result<Share, CloseReason> {
        self.check(lane, length)?;
        Ok(self.reserve(length).await)
    }

    /// Checks the length of a message that is announced on `lane`.
    pub(crate) fn check(&self, lane: Lane, length: usize) -> Result<(), CloseReason> {
        if !E::hears(lane) {
            return Err(CloseReason::Protocol(format!(
                "a message on the {lane:?} lane, which leads the other way"
            )));
        }
        if length > lane.max_message() {
            let oversized = protocol::DecodeError::TooLong { lane, length };
            return Err(CloseReason::Protocol(oversized.to_string()));
        }
        Ok(())
    }

    /// Waits until there is room for this many bytes of a message whose length was checked.
    pub(crate) async fn reserve(&self, bytes: usize) -> Share {
        self.queue.reserve(bytes).await
    }

    /// Hands a message to the link's owner; waits while the owner is busy.
    pub(crate) async fn deliver(&self, lane: Lane, bytes: &[u8], share: Share) -> Result<(), CloseReason> {
        let message = decode::<E>(lane, bytes)?;
        self.queue.push(message, share).await.map_err(|_| CloseReason::Local)
    }

    /// Hands over what the transport noticed by itself; it is dropped while the owner is busy.
    pub(crate) fn tell(&self, incoming: E::Incoming) {
        // Whoever wants it asks again.
        let _ = self.queue.try_push(incoming, 0);
    }

    /// Hands over a message that may be lost: it is dropped while the owner is busy.
    pub(crate) fn offer(&self, lane: Lane, bytes: &[u8]) -> Result<(), CloseReason> {
        let message = decode::<E>(lane, bytes)?;
        match self.queue.try_push(message, bytes.len()) {
            Ok(()) | Err(PushError::Full) => Ok(()),
            Err(PushError::Closed) => Err(CloseReason::Local),
        }
    }
}

fn decode<E: End>(lane: Lane, bytes: &[u8]) -> Result<E::Incoming, CloseReason> {
    E::decode(lane, bytes).map_err(|wrong| CloseReason::Protocol(wrong.to_string()))
}
