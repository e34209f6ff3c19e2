//! A link's two handles, the same for every transport, and the border to the task that drives it.
//!
//! Overflow rules. Control, input and updates must not lose anything: when their queue is full the link
//! closes with [`CloseReason::Overflow`]. Motion and feedback may be lost: when their queue is full the
//! message is dropped. What arrives is held back by flow control while the receiver is busy, except motion
//! and feedback, which are dropped.

mod detached_video;
mod driver;
mod ends;
pub(crate) mod life;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use protocol::{
    Lane, Version,
    control::{Hello, Refusal, Role, ToHost, ToViewer},
    encode,
    feedback::Feedback,
    input::Input,
    lane::Overflow,
    update::Update,
};
use tokio::sync::{oneshot, watch};

#[cfg(test)]
pub(crate) use detached_video::AccessUnit;
pub(crate) use detached_video::DetachedVideo;
pub(crate) use driver::{
    Driver, Inbox, Outgoing, QueuedMessage, RequestReceiver, link, link_with_detached_video,
};
pub(crate) use ends::End;
pub use ends::{Host, HostIncoming, Viewer, ViewerIncoming};

use crate::{
    close::{CloseReason, Farewell},
    lane_queue::{PushError, QueueReceiver, QueueSender},
    stats::{LinkStats, Probe},
    ticket::{Right, TicketId, UnixSeconds},
};

/// The host's end of a link.
pub type HostLink = Link<Host>;
/// The viewer's end of a link.
pub type ViewerLink = Link<Viewer>;
/// What sends on the host's end.
pub type HostSender = Sender<Host>;
/// What sends on the viewer's end.
pub type ViewerSender = Sender<Viewer>;

/// A viewer that was let in. The host owes it a [`ToViewer::Welcome`] as its first message.
#[derive(Debug)]
pub struct Joined {
    /// The live connection.
    pub link: HostLink,
    /// What the viewer said of itself. The ticket was taken out.
    pub hello: Hello,
    /// The version both ends speak.
    pub version: Version,
    /// What the viewer may do.
    pub role: Role,
    /// What its ticket is good for.
    pub right: Right,
    /// Which ticket let it in.
    pub ticket: TicketId,
    /// When that is worth nothing any more.
    pub expires: UnixSeconds,
    /// Where it is, for logs.
    pub address: std::net::SocketAddr,
}

/// One end of a live connection. Dropping it closes the connection.
pub struct Link<E: End> {
    sender: Sender<E>,
    incoming: QueueReceiver<E::Incoming>,
    finished: oneshot::Receiver<()>,
}

impl<E: End> Link<E> {
    /// The next message. After [`Link::sender`]'s last word or the peer's, `Closed` with the reason, again
    /// and again.
    ///
    /// May be cancelled without loss.
    pub async fn recv(&mut self) -> E::Incoming {
        match self.incoming.pop().await {
            Some(message) => message.into_parts().0,
            None => self.sender.shared.reason().into(),
        }
    }

    /// What sends on this link. Clones may be used from any thread.
    pub fn sender(&self) -> &Sender<E> {
        &self.sender
    }

    /// Closes the link after what was sent on the control lane is through, for at most a second, and waits
    /// until the other end was told.
    pub async fn close(mut self, reason: &str) {
        self.sender.close(reason);
        // An error means that the driver is gone, which is what is waited for.
        let _ = (&mut self.finished).await;
    }
}

impl<E: End> std::ops::Deref for Link<E> {
    type Target = Sender<E>;

    fn deref(&self) -> &Sender<E> {
        &self.sender
    }
}

impl<E: End> Drop for Link<E> {
    fn drop(&mut self) {
        self.sender.close("");
    }
}

impl<E: End> std::fmt::Debug for Link<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("closed", &self.sender.shared.closed.get()).finish_non_exhaustive()
    }
}

/// Sends on one end of a link; never blocks. After the link closed, messages go nowhere: the reason comes
/// from [`Link::recv`].
pub struct Sender<E> {
    control: QueueSender<QueuedMessage>,
    input: QueueSender<QueuedMessage>,
    updates: QueueSender<QueuedMessage>,
    unreliable: QueueSender<QueuedMessage>,
    shared: Arc<Shared>,
    end: std::marker::PhantomData<fn(E)>,
}

/// What the handles of one link have in common.
pub(crate) struct Shared {
    /// How the transport is asked to close or to look at its network again.
    requests: watch::Sender<Requests>,
    closed: OnceLock<CloseReason>,
    probe: Box<dyn Probe>,
    /// Set if videos travel beside their updates: what the path takes, in bits a second.
    detached_video_rate: Option<AtomicU64>,
}

/// What the handles ask of the driver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    close: Option<(CloseReason, Farewell)>,
    network_changes: u64,
}

impl Shared {
    fn reason(&self) -> CloseReason {
        self.closed.get().cloned().unwrap_or_else(|| CloseReason::Lost("its task ended".to_owned()))
    }

    /// The first request to close counts.
    fn request_close(&self, reason: CloseReason, farewell: Farewell) {
        self.requests.send_if_modified(|requests| {
            let first = requests.close.is_none();
            if first {
                requests.close = Some((reason, farewell));
            }
            first
        });
    }
}

impl<E> Clone for Sender<E> {
    fn clone(&self) -> Self {
        Self {
            control: self.control.clone(),
            input: self.input.clone(),
            updates: self.updates.clone(),
            unreliable: self.unreliable.clone(),
            shared: Arc::clone(&self.shared),
            end: self.end,
        }
    }
}

impl<E> std::fmt::Debug for Sender<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("closed", &self.shared.closed.get()).finish_non_exhaustive()
    }
}

impl<E> Sender<E> {
    /// Closes the link after what was sent on the control lane is through, for at most a second. `reason` is
    /// shown to people at the other end.
    pub fn close(&self, reason: &str) {
        let farewell = Farewell { code: crate::close::CloseCode::Left, message: crate::close::clean(reason) };
        self.shared.request_close(CloseReason::Local, farewell);
    }

    /// What the link knows about its path.
    pub fn stats(&self) -> LinkStats {
        LinkStats { queued_bytes: self.updates.queued_bytes() as u64, ..self.shared.probe.stats() }
    }

    /// Whether the link has ended.
    pub fn is_closed(&self) -> bool {
        self.shared.closed.get().is_some()
    }

    fn send(&self, queue: &QueueSender<QueuedMessage>, lane: Lane, priority: i32, message: Vec<u8>) {
        self.send_frame(queue, QueuedMessage { lane, priority, bytes: message.into(), video: None });
    }

    fn send_frame(&self, queue: &QueueSender<QueuedMessage>, frame: QueuedMessage) {
        let (lane, length) = (frame.lane, frame.length());
        if length > lane.max_message() {
            return self.fail(CloseReason::Oversized { lane, length });
        }
        match queue.try_push(frame, length) {
            Ok(()) | Err(PushError::Closed) => {}
            Err(PushError::Full) => match lane.spec().overflow {
                Overflow::Drop => tracing::debug!(?lane, "dropped a message: the queue is full"),
                Overflow::Close => self.fail(CloseReason::Overflow(lane)),
            },
        }
    }

    fn fail(&self, reason: CloseReason) {
        let farewell = reason.farewell();
        self.shared.request_close(reason, farewell);
    }
}

impl Sender<Host> {
    /// Sends on the control lane: reliable, in order. A full queue closes the link.
    pub fn send_control(&self, message: &ToViewer) {
        self.send(&self.control, Lane::Control, 0, encode(message));
    }

    /// Sends an update; those of higher priority overtake. Once begun it is never taken back. A full queue
    /// closes the link.
    pub fn send_update(&self, update: &Update, priority: i32) {
        let rate = self.shared.detached_video_rate.as_ref().map(|rate| rate.load(Ordering::Relaxed));
        let Some((rest, video)) = rate.and_then(|rate| detached_video::detach(update, rate)) else {
            return self.send(&self.updates, Lane::Update, priority, encode(update));
        };
        let (bytes, video) = (encode(&rest).into(), Some(Box::new(video)));
        self.send_frame(&self.updates, QueuedMessage { lane: Lane::Update, priority, bytes, video });
    }

    /// What the path takes, in bits a second, as the viewer's feedback shows: for transports that pace video
    /// by it.
    pub fn set_rate(&self, rate: u64) {
        if let Some(known) = &self.shared.detached_video_rate {
            known.store(rate, Ordering::Relaxed);
        }
    }

    /// Tells the viewer why it is thrown out and closes the link.
    pub fn refuse(&self, refusal: Refusal) {
        self.send_control(&ToViewer::Refused(refusal.clone()));
        let reason = CloseReason::Refused(refusal);
        let farewell = reason.farewell();
        self.shared.request_close(reason, farewell);
    }
}

impl Sender<Viewer> {
    /// Sends on the control lane: reliable, in order. A full queue closes the link.
    pub fn send_control(&self, message: &ToHost) {
        self.send(&self.control, Lane::Control, 0, encode(message));
    }

    /// Sends input: motion may be lost, everything else is reliable and in order. A full queue closes the
    /// link.
    pub fn send_input(&self, input: &Input) {
        if input.event.is_motion() {
            self.send(&self.unreliable, Lane::Motion, 0, encode(input));
        } else {
            self.send(&self.input, Lane::Input, 0, encode(input));
        }
    }

    /// Sends feedback, which may be lost.
    pub fn send_feedback(&self, feedback: &Feedback) {
        self.send(&self.unreliable, Lane::Feedback, 0, encode(feedback));
    }

    /// The machine's network changed: a transport that can move to another address does so at once.
    pub fn network_changed(&self) {
        self.shared.requests.send_modify(|requests| requests.network_changes += 1);
    }
}
